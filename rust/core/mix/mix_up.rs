//! The weighted mean of an image and another one.
//!
//! With L = floor(65536 weight + 0.5), weight that of the image itself, v its value and w the
//! other's: uint8 and uint16 (v L + w (65536 - L) + 32768) >> 16, float32 v l + w k of l = L / 65536
//! and k = (65536 - L) / 65536, all in f32. Both images are of one shape and type. Boxes and points
//! of both are there; masks are the image's own.
//!
//! Draws: the other, a position below n - 1 (and one more from the own one on); the weight, a beta
//! deviate of `alpha` (random/beta.rs). Source: Zhang et al., "mixup: Beyond Empirical Risk
//! Minimization", 2018.

use serde::{Deserialize, Serialize};

use super::{Canvas, Mix, Placed, another, same_size, weight};
use crate::bounds::{Pair, Within, bounds};
use crate::error::Result;
use crate::image::{Shape, Site};
use crate::random::beta::{Alpha, Beta};
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MixUp {
    pub alpha: Pair<Alpha>,
    pub masks: Masks,
}

/// What is done about masks, of which there is no mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Masks {
    Refuse,
    Own,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Of the image itself.
    pub weight: Within<Part>,
}

bounds! {
    Part: f64 = 0.0..=1.0, "parts of the whole";
}

impl Mix for MixUp {
    const NAME: &'static str = "MixUp";
    type Params = Params;

    fn masks(&self) -> bool {
        self.masks == Masks::Own
    }

    fn others(&self, own: u64, size: u64, draws: &mut Draws) -> Vec<u64> {
        vec![another(own, size, draws)]
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Params {
        Params { weight: Within::new(Beta::new(self.alpha).at(draws.unit())) }
    }

    fn apply(&self, params: Params, sites: &[Site]) -> Result<Canvas> {
        let size = same_size(Self::NAME, sites)?;
        let whole = || Placed { steps: Vec::new(), at: [0, 0], size };
        let own = weight(params.weight.get());
        let weights = vec![own, 65536 - own];
        Ok(Canvas { size, parts: vec![whole(), whole()], weights, blend: true })
    }

    fn examples(_: Shape) -> Vec<Self> {
        let mix = |alpha| MixUp { alpha: Pair::new(alpha), masks: Masks::Own };
        vec![mix([0.2, 0.2]), mix([1.0, 1.0]), mix([32.0, 32.0]), mix([0.05, 2.0])]
    }
}
