//! Mirrors top and bottom: output (y, x) is input (H - 1 - y, x).
//!
//! Draws: none but `p`. Source: NumPy's `image[::-1]`, Pillow's FLIP_TOP_BOTTOM: equal.

use serde::{Deserialize, Serialize};

use super::{Nothing, Op};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::place::{Place, Symmetry};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerticalFlip {}

impl Op for VerticalFlip {
    const NAME: &'static str = "VerticalFlip";
    type Params = Nothing;

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        let symmetry = Symmetry { transposed: false, up: true, left: false };
        Ok(Step::Place(Place::symmetry([height, width], symmetry)).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        vec![VerticalFlip {}]
    }
}
