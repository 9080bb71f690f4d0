//! Resizes, keeping its ratio, so that the shorter side has a random length.
//!
//! The shorter side of the image of W x H becomes s pixels: w = max(1, floor((2 W s + b) / (2 b)))
//! in whole numbers, b = min(W, H), that is W s / b with halves rounded up; h likewise. The rest as
//! Resize. Draws: s, an integer of `size`. Source: torchvision's op of this name, which leaves out
//! the upper end and truncates.

use serde::{Deserialize, Serialize};

use super::Op;
use crate::bounds::{Pixels, Range};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::resample::Interpolation;
use crate::kernels::sizes::{Ratio, Size, resize};
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomResize {
    /// Of the shorter side of the output.
    pub size: Range<Pixels>,
    pub interpolation: Interpolation,
    pub antialias: bool,
}

impl Op for RandomResize {
    const NAME: &'static str = "RandomResize";
    type Params = Size;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        None
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Size> {
        let ratio =
            Ratio::new(self.size.draw(draws).get(), site.shape.height.min(site.shape.width));
        Size::new(Self::NAME, ratio.size(site.shape))
    }

    fn apply(&self, size: Size, site: &Site, _: Noise) -> Result<Steps> {
        resize(Self::NAME, size.get(), self.interpolation, self.antialias, site)
    }

    fn examples(Shape { height, width, .. }: Shape) -> Vec<Self> {
        let side = height.min(width);
        let to = |size, interpolation, antialias| RandomResize {
            size: Range::new(size),
            interpolation,
            antialias,
        };
        vec![
            to([side.div_ceil(2), 2 * side], Interpolation::Bilinear, true),
            to([side + 1, side + 5], Interpolation::Bicubic, false),
            to([side.div_ceil(2), side], Interpolation::Nearest, true),
        ]
    }
}
