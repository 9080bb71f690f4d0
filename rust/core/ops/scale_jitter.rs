//! Resizes, keeping its ratio, to a random part of what fits into a height and a width.
//!
//! The image of W x H becomes w x h by the factor r = min(height / H, width / W) f: w = max(1,
//! floor(W r + 0.5)), h likewise, f64. The rest as Resize. Draws: f, a range of `scale`. Source:
//! Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method for Instance
//! Segmentation" (2021), whose large-scale jitter is this and a crop; torchvision's op of this
//! name.

use serde::{Deserialize, Serialize};

use super::Op;
use super::random_scale::Scale;
use crate::bounds::{Pair, Pixels, Range};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::resample::Interpolation;
use crate::kernels::sizes::{Size, resize, scaled};
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleJitter {
    /// Height and width into which a factor of 1 fits the image.
    pub size: Pair<Pixels>,
    /// Of the factor.
    pub scale: Range<Scale>,
    pub interpolation: Interpolation,
    pub antialias: bool,
}

impl Op for ScaleJitter {
    const NAME: &'static str = "ScaleJitter";
    type Params = Size;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        None
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Size> {
        let Shape { height, width, .. } = site.shape;
        let [most_height, most_width] = self.size.get().map(|n| n as f64);
        let fit = (most_height / height as f64).min(most_width / width as f64);
        Size::new(Self::NAME, scaled(fit * self.scale.draw(draws).get(), site.shape))
    }

    fn apply(&self, size: Size, site: &Site, _: Noise) -> Result<Steps> {
        resize(Self::NAME, size.get(), self.interpolation, self.antialias, site)
    }

    fn examples(Shape { height, width, .. }: Shape) -> Vec<Self> {
        let jitter = |size, scale, interpolation, antialias| ScaleJitter {
            size: Pair::new(size),
            scale: Range::new(scale),
            interpolation,
            antialias,
        };
        vec![
            jitter([height, width], [0.5, 2.0], Interpolation::Bilinear, true),
            jitter([height + 9, width + 7], [0.8, 1.2], Interpolation::Bicubic, false),
            jitter([height * 2, width], [0.6, 0.9], Interpolation::Nearest, true),
        ]
    }
}
