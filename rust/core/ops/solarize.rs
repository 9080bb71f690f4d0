//! Makes a negative of what is bright: of values from a threshold on, which is a part of white.
//!
//! out = v >= T ? M - v : v, v clamped to 0..M, M the value of white, T = M threshold in f64; of
//! float32 T is rounded to f32. Above 1, nothing reaches the threshold.
//!
//! Draws: `threshold`. Source: Pillow's ImageOps.solarize: equal at uint8 for its threshold T.

use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Range, Within, bounds, levels};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::colour::Colour;
use crate::kernels::curves::Curve;
use crate::kernels::step::{Site, Step, Steps};
use crate::maths::canonical;
use crate::random::address::Noise;
use crate::random::draws::Draws;

bounds! {
    Threshold: f64 = 0.0..=2.0, "parts of white", levels;
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Solarize {
    pub threshold_range: Range<Threshold>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub threshold: Within<Threshold>,
}

impl Op for Solarize {
    const NAME: &'static str = "Solarize";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { threshold: self.threshold_range.draw(draws) })
    }

    fn apply(&self, Params { threshold }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let white = site.white;
        let threshold = white * threshold.get();
        let first = threshold.ceil() as u32;
        Ok(Step::curve(Turned { threshold: threshold as f32, first, white }).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let ranges = [[0.5, 0.5], [0.0, 1.0], [0.0, 0.0], [1.1, 2.0]];
        ranges.map(|range| Solarize { threshold_range: Range::new(range) }).into()
    }
}

struct Turned {
    /// In levels.
    threshold: f32,
    /// The first whole level from it on.
    first: u32,
    white: f64,
}

impl Curve for Turned {
    fn uint8(&self, value: u8) -> u8 {
        if u32::from(value) >= self.first { 255 - value } else { value }
    }

    fn uint16(&self, value: u16) -> u16 {
        let white = self.white as u16;
        let value = value.limit(white);
        if u32::from(value) >= self.first { white - value } else { value }
    }

    fn float32(&self, value: f32) -> f32 {
        let white = self.white as f32;
        let value = value.limit(white);
        canonical(if value >= self.threshold { white - value } else { value })
    }
}
