//! Multiplies each value by a factor: 0 is black, 1 the image itself.
//!
//! v f, rounded and clamped as kernels/linear.rs has it with o = 0, of v clamped to 0..M, M the
//! value of white. It is ColorJitter's brightness.
//!
//! Draws: `factor`. Source: Pillow's ImageEnhance.Brightness, which truncates: within 1 at uint8.

use serde::{Deserialize, Serialize};

use super::{Factor, Flow, Op};
use crate::bounds::Range;
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::linear::{self, Line};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brightness {
    pub factor: Range<linear::Factor>,
}

impl Op for Brightness {
    const NAME: &'static str = "Brightness";
    const FLOW: Flow = Flow::Nominal;
    type Params = Factor;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Factor> {
        Ok(Factor { factor: self.factor.draw(draws) })
    }

    fn apply(&self, Factor { factor }: Factor, site: &Site, _: Noise) -> Result<Steps> {
        Ok(Step::curve(Line { factor: factor.get(), mean: None, white: site.white }).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let factors = [[0.1, 1.9], [0.0, 0.0], [1.0, 1.0], [2.0, 8.0]];
        factors.map(|factor| Brightness { factor: Range::new(factor) }).into()
    }
}
