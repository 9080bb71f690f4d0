//! Turns by 0, 1, 2 or 3 quarters counter-clockwise.
//!
//! Output (y, x) for one quarter is input (x, W - 1 - y). Draws: `turns` = below(4).
//! Source: NumPy's `rot90`: equal.

use serde::{Deserialize, Serialize};

use super::Op;
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::place::{Place, Symmetry};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomRotate90 {}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub turns: u8,
}

impl Op for RandomRotate90 {
    const NAME: &'static str = "RandomRotate90";
    type Params = Params;

    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        input.filter(|[height, width]| height == width)
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { turns: draws.below(4) as u8 })
    }

    fn apply(&self, Params { turns }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        let (transposed, up, left) = match turns {
            0 => (false, false, false),
            1 => (true, true, false),
            2 => (false, true, true),
            3 => (true, false, true),
            _ => return Err(Error::argument(Self::NAME, "turns", turns, "0, 1, 2 or 3")),
        };
        let symmetry = Symmetry { transposed, up, left };
        Ok(Step::Place(Place::symmetry([height, width], symmetry)).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        vec![RandomRotate90 {}]
    }
}
