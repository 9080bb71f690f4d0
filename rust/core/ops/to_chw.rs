//! Gives channels first: output (c, y, x) is input (y, x, c). Must come last. No draws.

use serde::{Deserialize, Serialize};

use super::{Flow, Nothing, Op};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToCHW {}

impl Op for ToCHW {
    const NAME: &'static str = "ToCHW";
    const FLOW: Flow = Flow::Planar;
    type Params = Nothing;

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, _: &Site, _: Noise) -> Result<Steps> {
        Ok(Step::Planar.into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        vec![ToCHW {}]
    }
}
