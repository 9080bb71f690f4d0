//! Resizes, keeping its ratio, so that the image covers a height and a width.
//!
//! The image of W x H becomes w x h at the ratio a / b, the larger of height / H and width / W, at
//! most 1 without `upscale`: h = max(1, floor((2 H a + b) / (2 b))) in whole numbers, that is H a /
//! b with halves rounded up; w likewise. The rest as Resize. No draws. Source: Albumentations' op
//! of this name, which rounds halves to even; torchvision's Resize of one number, which truncates.

use serde::{Deserialize, Serialize};

use super::{Nothing, Op};
use crate::bounds::{Pair, Pixels};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::resample::Interpolation;
use crate::kernels::sizes::{Ratio, resize};
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmallestMaxSize {
    /// Height and width that the output reaches.
    pub size: Pair<Pixels>,
    pub upscale: bool,
    pub interpolation: Interpolation,
    pub antialias: bool,
}

impl SmallestMaxSize {
    fn output(&self, shape: Shape) -> [usize; 2] {
        let ratio = Ratio::around(self.size.get(), shape);
        if self.upscale { ratio } else { ratio.shrinking() }.size(shape)
    }
}

impl Op for SmallestMaxSize {
    const NAME: &'static str = "SmallestMaxSize";
    type Params = Nothing;

    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        input.map(|[height, width]| self.output(Shape::new(height, width, 1)))
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        resize(Self::NAME, self.output(site.shape), self.interpolation, self.antialias, site)
    }

    fn examples(Shape { height, width, .. }: Shape) -> Vec<Self> {
        let fit = |size, upscale, interpolation, antialias| SmallestMaxSize {
            size: Pair::new(size),
            upscale,
            interpolation,
            antialias,
        };
        let less = [height.div_ceil(2), width.div_ceil(3)];
        vec![
            fit([24, 24], true, Interpolation::Bilinear, true),
            fit([9, 30], false, Interpolation::Bicubic, false),
            fit(less, true, Interpolation::Nearest, true),
            fit([height + 3, width + 4], false, Interpolation::Lanczos, true),
        ]
    }
}
