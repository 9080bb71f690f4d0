//! Turns by 0, 1, 2 or 3 quarters counter-clockwise.
//!
//! Output (y, x) for one quarter is input (x, W - 1 - y). Draws: `turns` = below(4).
//! Source: NumPy's `rot90`: equal.

use serde::{Deserialize, Serialize};

use super::Op;
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::place::{Line, Place};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::targets::map::Affine;

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
        let (h, w) = (height as f64, width as f64);
        let up = |n| Line::forward(0, n);
        let down = |n| Line::backward(0, n);
        Ok(Step::Place(match turns {
            0 => Place::new(up(height), up(width), Affine::IDENTITY),
            1 => Place::transposed(down(width), up(height), Affine([0.0, 1.0, 0.0, -1.0, 0.0, w])),
            2 => Place::new(down(height), down(width), Affine([-1.0, 0.0, w, 0.0, -1.0, h])),
            3 => Place::transposed(up(width), down(height), Affine([0.0, -1.0, h, 1.0, 0.0, 0.0])),
            _ => return Err(Error::argument(Self::NAME, "turns", turns, "0, 1, 2 or 3")),
        })
        .into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        vec![RandomRotate90 {}]
    }
}
