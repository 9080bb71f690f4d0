//! Multiplies each value by a factor: 0 is black, 1 the image itself.
//!
//! v f, rounded and clamped as kernels/linear.rs has it with o = 0, of v clamped to 0..M, M the
//! value of white. It is ColorJitter's brightness.
//!
//! Draws: `factor`. Source: Pillow's ImageEnhance.Brightness, which truncates: within 1 at uint8.

use serde::{Deserialize, Serialize};

use super::{Factor, Flow, Op, check_range, check_value};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::linear::{FACTORS, Line};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brightness {
    pub factor: [f64; 2],
}

impl Op for Brightness {
    const NAME: &'static str = "Brightness";
    const FLOW: Flow = Flow::Nominal;
    type Params = Factor;

    fn check(&self) -> Result<()> {
        check_range(Self::NAME, "factor", self.factor, FACTORS)
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Factor> {
        Ok(Factor { factor: draws.range(self.factor) })
    }

    fn apply(&self, Factor { factor }: Factor, site: &Site, _: Noise) -> Result<Steps> {
        check_value(Self::NAME, "factor", factor, FACTORS)?;
        Ok(Step::curve(Line { factor, mean: None, white: site.white }).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        [[0.1, 1.9], [0.0, 0.0], [1.0, 1.0], [2.0, 8.0]].map(|factor| Brightness { factor }).into()
    }
}
