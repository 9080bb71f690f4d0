//! Resizes by a random factor.
//!
//! The image of W x H becomes w x h: w = max(1, floor(W f + 0.5)), h likewise, f64. The rest as
//! Resize. Draws: f, a range of `scale`. Source: Albumentations' op of this name, which adds 1 to
//! its range and truncates.

use serde::{Deserialize, Serialize};

use super::Op;
use crate::bounds::{Range, bounds};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::resample::Interpolation;
use crate::kernels::sizes::{Size, resize, scaled};
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomScale {
    /// Of the factor; over 1 enlarges.
    pub scale: Range<Scale>,
    pub interpolation: Interpolation,
    pub antialias: bool,
}

bounds! {
    /// Of an image's sides.
    Scale: f64 = 1e-6..=1e6;
}

impl Op for RandomScale {
    const NAME: &'static str = "RandomScale";
    type Params = Size;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        None
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Size> {
        Size::new(Self::NAME, scaled(self.scale.draw(draws).get(), site.shape))
    }

    fn apply(&self, size: Size, site: &Site, _: Noise) -> Result<Steps> {
        resize(Self::NAME, size.get(), self.interpolation, self.antialias, site)
    }

    fn examples(_: Shape) -> Vec<Self> {
        let by = |scale, interpolation, antialias| RandomScale {
            scale: Range::new(scale),
            interpolation,
            antialias,
        };
        vec![
            by([0.5, 2.0], Interpolation::Bilinear, true),
            by([0.6, 0.9], Interpolation::Bicubic, false),
            by([1.5, 1.5], Interpolation::Nearest, true),
            by([1.0, 1.0], Interpolation::Lanczos, true),
        ]
    }
}
