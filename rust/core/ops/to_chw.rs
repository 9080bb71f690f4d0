//! Gives channels first: output (c, y, x) is input (y, x, c). Must come last. No draws.

use serde::{Deserialize, Serialize};

use super::{Flow, Nothing, Op};
use crate::error::Result;
use crate::image::Shape;
use crate::plan::step::{Site, Step};
use crate::random::draws::Draws;
use crate::random::philox::Field;

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

    fn apply(&self, _: Nothing, _: &Site, _: &[Field]) -> Result<Step> {
        Ok(Step::Planar)
    }

    fn examples(_: Shape) -> Vec<Self> {
        vec![ToCHW {}]
    }
}
