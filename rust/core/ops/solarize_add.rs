//! Brightens what is dark: adds to the values below a threshold; both are parts of white.
//!
//! out = v < T ? min(M, v + A) : v, v clamped to 0..M, M the value of white, T = M threshold and
//! A = M add in f64. uint8 and uint16: A is rounded by floor(x + 0.5); float32: T and A to f32.
//!
//! Draws: `add`. Source: timm's op of this name: equal at uint8 for its thresh T and add A.

use serde::{Deserialize, Serialize};

use super::solarize::Threshold;
use super::{Flow, Op};
use crate::bounds::{Part, Range, Within};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::colour::Colour;
use crate::kernels::curves::Curve;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SolarizeAdd {
    pub add_range: Range<Part>,
    pub threshold: Within<Threshold>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub add: Within<Part>,
}

impl Op for SolarizeAdd {
    const NAME: &'static str = "SolarizeAdd";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { add: self.add_range.draw(draws) })
    }

    fn apply(&self, Params { add }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let white = site.white;
        let (threshold, add) = (white * self.threshold.get(), white * add.get());
        let whole = [threshold.ceil() as u32, (add + 0.5) as u32];
        let part = [threshold, add].map(|v| v as f32);
        Ok(Step::curve(Lifted { whole, part, white }).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let fields = [([0.0, 0.43], 0.5), ([1.0, 1.0], 1.0), ([0.1, 0.2], 2.0)];
        fields
            .map(|(add, threshold)| SolarizeAdd {
                add_range: Range::new(add),
                threshold: Within::new(threshold),
            })
            .into()
    }
}

struct Lifted {
    /// The first level that is not dark, and the levels that are added: whole, and as they are.
    whole: [u32; 2],
    part: [f32; 2],
    white: f64,
}

impl Lifted {
    fn integer(&self, value: u32) -> u32 {
        let [first, add] = self.whole;
        (value + if value < first { add } else { 0 }).min(self.white as u32)
    }
}

impl Curve for Lifted {
    fn uint8(&self, value: u8) -> u8 {
        self.integer(value.into()) as u8
    }

    fn uint16(&self, value: u16) -> u16 {
        self.integer(value.into()) as u16
    }

    fn float32(&self, value: f32) -> f32 {
        let white = self.white as f32;
        let value = value.limit(white);
        let [first, add] = self.part;
        (if value < first { value + add } else { value }).limit(white)
    }
}
