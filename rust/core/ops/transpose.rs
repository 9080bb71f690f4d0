//! Exchanges rows and columns: output (y, x) is input (x, y), W x H pixels become H x W.
//!
//! Draws: none but `p`. Source: NumPy's `swapaxes`, Pillow's TRANSPOSE: equal.

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
pub struct Transpose {}

impl Op for Transpose {
    const NAME: &'static str = "Transpose";
    type Params = Nothing;

    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        input.map(|[height, width]| [width, height])
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        let symmetry = Symmetry { transposed: true, up: false, left: false };
        Ok(Step::Place(Place::symmetry([height, width], symmetry)).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        vec![Transpose {}]
    }
}
