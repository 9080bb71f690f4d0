//! Cuts a window of a fixed size from the middle.
//!
//! Output (y, x) is input (top + y, left + x) with top = floor((H - height) / 2), left =
//! floor((W - width) / 2): an odd rest is larger at the bottom and right. No draws. Refused where
//! the window is larger than the image.

use serde::{Deserialize, Serialize};

use super::random_crop::check_fits;
use super::{Nothing, Op};
use crate::bounds::{Pixels, Within};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::place::Place;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CenterCrop {
    pub height: Within<Pixels>,
    pub width: Within<Pixels>,
}

impl Op for CenterCrop {
    const NAME: &'static str = "CenterCrop";
    type Params = Nothing;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Some([self.height.get(), self.width.get()])
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        let [rows, columns] = [self.height.get(), self.width.get()];
        check_fits(Self::NAME, [rows, columns], site.shape)?;
        let (top, left) = ((height - rows) / 2, (width - columns) / 2);
        Ok(Step::Place(Place::crop(top, left, rows, columns)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let (height, width) = (shape.height.div_ceil(2), shape.width.div_ceil(3));
        vec![CenterCrop { height: Within::new(height), width: Within::new(width) }]
    }
}
