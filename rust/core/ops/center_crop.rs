//! Cuts a window of a fixed size from the middle.
//!
//! Output (y, x) is input (top + y, left + x) with top = floor((H - height) / 2), left =
//! floor((W - width) / 2): an odd rest is larger at the bottom and right. No draws. Refused where
//! the window is larger than the image.

use serde::{Deserialize, Serialize};

use super::random_crop::check_fits;
use super::{Nothing, Op, check_size};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::place::Place;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CenterCrop {
    pub height: usize,
    pub width: usize,
}

impl Op for CenterCrop {
    const NAME: &'static str = "CenterCrop";
    type Params = Nothing;

    fn check(&self) -> Result<()> {
        check_size(Self::NAME, "height, width", [self.height, self.width])
    }

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Some([self.height, self.width])
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        check_fits(Self::NAME, [self.height, self.width], site.shape)?;
        let (top, left) = ((height - self.height) / 2, (width - self.width) / 2);
        Ok(Step::Place(Place::crop(top, left, self.height, self.width)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        vec![CenterCrop { height: shape.height.div_ceil(2), width: shape.width.div_ceil(3) }]
    }
}
