//! Mirrors left and right: output (y, x) is input (y, W - 1 - x).
//!
//! Draws: none but `p`. Source: NumPy's `image[:, ::-1]`, Pillow's FLIP_LEFT_RIGHT: equal.

use serde::{Deserialize, Serialize};

use super::{Nothing, Op};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::place::Place;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HorizontalFlip {}

impl Op for HorizontalFlip {
    const NAME: &'static str = "HorizontalFlip";
    type Params = Nothing;

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        Ok(Step::Place(Place::mirror([height, width])).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        vec![HorizontalFlip {}]
    }
}
