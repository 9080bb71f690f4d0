//! Resizes to a fixed height and width.
//!
//! Formula, border rule and rounding per type: kernels/resample.rs. `antialias` widens the filter
//! with the step, so that every input pixel counts when the image shrinks; nearest does not heed
//! it. Values are not clamped at float32. No draws. Source: Pillow's `resize`.

use serde::{Deserialize, Serialize};

use super::{Nothing, Op};
use crate::bounds::{Pixels, Within};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::resample::Interpolation;
use crate::kernels::sizes;
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resize {
    pub height: Within<Pixels>,
    pub width: Within<Pixels>,
    pub interpolation: Interpolation,
    pub antialias: bool,
}

impl Op for Resize {
    const NAME: &'static str = "Resize";
    type Params = Nothing;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Some([self.height.get(), self.width.get()])
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        let Resize { height, width, interpolation, antialias } = *self;
        sizes::resize(Self::NAME, [height.get(), width.get()], interpolation, antialias, site)
    }

    fn examples(Shape { height, width, .. }: Shape) -> Vec<Self> {
        let resize = |height, width, interpolation, antialias| Resize {
            height: Within::new(height),
            width: Within::new(width),
            interpolation,
            antialias,
        };
        let mut all = Vec::new();
        for filter in Interpolation::ALL {
            all.push(resize(height * 3 / 2 + 1, width.div_ceil(2), filter, true));
            all.push(resize(height.div_ceil(3), width * 2 + 1, filter, false));
        }
        all.push(resize(height + 2, width, Interpolation::Bicubic, true));
        all.push(resize(height, width + 3, Interpolation::Bilinear, true));
        all.push(resize(height, width, Interpolation::Lanczos, true));
        all.push(resize(1, 1, Interpolation::Lanczos, true));
        all.push(resize(1, 2, Interpolation::Box, true));
        all
    }
}
