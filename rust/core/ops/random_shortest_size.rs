//! Resizes, keeping its ratio, so that the shorter side has one of some lengths, and the longer
//! side at most another.
//!
//! With s of `sizes` the ratio a / b is s / min(W, H), or `max_size` / max(W, H) where that is
//! smaller: w = max(1, floor((2 W a + b) / (2 b))) in whole numbers, that is W a / b with halves
//! rounded up; h likewise. The rest as Resize. Draws: s, the one at below(their number). Source:
//! detectron2's ResizeShortestEdge; torchvision's op of this name, which truncates.

use serde::{Deserialize, Serialize};

use super::Op;
use crate::bounds::{List, Pixels, Within};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::resample::Interpolation;
use crate::kernels::sizes::{Ratio, Size, resize};
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomShortestSize {
    /// Of the shorter side of the output.
    pub sizes: List<Pixels>,
    /// Of the longer side.
    #[serde(deserialize_with = "Option::deserialize")] // or it could be left out
    pub max_size: Option<Within<Pixels>>,
    pub interpolation: Interpolation,
    pub antialias: bool,
}

impl Op for RandomShortestSize {
    const NAME: &'static str = "RandomShortestSize";
    type Params = Size;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        None
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Size> {
        let Shape { height, width, .. } = site.shape;
        let size = self.sizes[draws.below(self.sizes.len() as u64) as usize];
        let ratio = Ratio::new(size, height.min(width));
        let most = self.max_size.map(|most| Ratio::new(most.get(), height.max(width)));
        let ratio = most.filter(|most| most.is_at_most(ratio)).unwrap_or(ratio);
        Size::new(Self::NAME, ratio.size(site.shape))
    }

    fn apply(&self, size: Size, site: &Site, _: Noise) -> Result<Steps> {
        resize(Self::NAME, size.get(), self.interpolation, self.antialias, site)
    }

    fn examples(Shape { height, width, .. }: Shape) -> Vec<Self> {
        let (short, long) = (height.min(width), height.max(width));
        let to = |sizes: &[usize], max_size: Option<usize>, interpolation, antialias| {
            let (sizes, max_size) = (List::new(sizes.to_vec()), max_size.map(Within::new));
            RandomShortestSize { sizes, max_size, interpolation, antialias }
        };
        vec![
            to(&[short.div_ceil(2), short, 2 * short], None, Interpolation::Bilinear, true),
            to(&[short + 3, short + 8], Some(long + 2), Interpolation::Bicubic, false),
            to(&[2 * short], Some(long.div_ceil(2)), Interpolation::Nearest, true),
        ]
    }
}
