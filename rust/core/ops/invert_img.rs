//! Makes a negative: black white and white black.
//!
//! uint8 and uint16: M - min(v, M), M the value of white; float32: M - v, v clamped to 0..M. No
//! draws. Source: Pillow's ImageOps.invert: equal at uint8.

use serde::{Deserialize, Serialize};

use super::{Flow, Nothing, Op};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::colour::Colour;
use crate::kernels::curves::Curve;
use crate::kernels::step::{Site, Step, Steps};
use crate::maths::canonical;
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvertImg {}

impl Op for InvertImg {
    const NAME: &'static str = "InvertImg";
    const FLOW: Flow = Flow::Nominal;
    type Params = Nothing;

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        Ok(Step::curve(Negative { white: site.white }).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        vec![InvertImg {}]
    }
}

struct Negative {
    white: f64,
}

impl Curve for Negative {
    fn uint8(&self, value: u8) -> u8 {
        255 - value
    }

    fn uint16(&self, value: u16) -> u16 {
        let white = self.white as u16;
        white - value.limit(white)
    }

    fn float32(&self, value: f32) -> f32 {
        let white = self.white as f32;
        canonical(white - value.limit(white))
    }
}
