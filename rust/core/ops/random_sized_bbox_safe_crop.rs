//! Cuts a random window that holds all boxes, or most of them, and resizes it.
//!
//! The window is that of [`BBoxSafeRandomCrop`](super::bbox_safe_random_crop), the rest as Resize.
//! Draws: those of BBoxSafeRandomCrop. Source: Albumentations' op of this name.

use serde::{Deserialize, Serialize};

use super::bbox_safe_random_crop::window;
use super::{Op, Sees};
use crate::bounds::{Fraction, Pixels, Within};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::resample::{self, Interpolation, Window};
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::targets::Seen;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomSizedBBoxSafeCrop {
    pub height: Within<Pixels>,
    pub width: Within<Pixels>,
    pub erosion_rate: Within<Fraction>,
    pub interpolation: Interpolation,
    pub antialias: bool,
}

impl Op for RandomSizedBBoxSafeCrop {
    const NAME: &'static str = "RandomSizedBBoxSafeCrop";
    const SEES: Sees = Sees::Boxes;
    type Params = Window;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Some([self.height.get(), self.width.get()])
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Window> {
        self.sample_seeing(site, &Seen::default(), draws)
    }

    fn sample_seeing(&self, site: &Site, seen: &Seen, draws: &mut Draws) -> Result<Window> {
        Ok(window(self.erosion_rate.get(), site.shape, seen, draws))
    }

    fn apply(&self, window: Window, site: &Site, _: Noise) -> Result<Steps> {
        let size = [self.height.get(), self.width.get()];
        resample::step(Self::NAME, window, size, self.interpolation, self.antialias, site)
            .map(Steps::from)
    }

    fn examples(_: Shape) -> Vec<Self> {
        let crop =
            |[height, width]: [usize; 2], rate, interpolation, antialias| RandomSizedBBoxSafeCrop {
                height: Within::new(height),
                width: Within::new(width),
                erosion_rate: Within::new(rate),
                interpolation,
                antialias,
            };
        vec![
            crop([8, 7], 0.0, Interpolation::Bilinear, true),
            crop([9, 11], 0.3, Interpolation::Bicubic, false),
            crop([5, 6], 1.0, Interpolation::Nearest, true),
        ]
    }
}
