//! Gives float32 in 0..1: f32(v) / f32(M), M the value of white. No draws.

use serde::{Deserialize, Serialize};

use super::{Flow, Nothing, Op};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::floats::Floats;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToFloat {}

impl Op for ToFloat {
    const NAME: &'static str = "ToFloat";
    const FLOW: Flow = Flow::Floats;
    type Params = Nothing;

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        Ok(Step::Floats(Floats::Divide(site.white as f32)).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        vec![ToFloat {}]
    }
}
