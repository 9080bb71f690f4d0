//! Raises each value, as a part of white, to a power: below 1 it brightens.
//!
//! uint8: floor(255 pow(v / 255, gamma) + 0.5), pow of maths/detmath.rs, in f64. With P of
//! kernels/power.rs, M the value of white and x = v / M in f32 of v clamped to 0..M: uint16
//! floor(P(x) M + 0.5) in f64, float32 P(x) M. Where gamma is 1 the clamped v stays.
//!
//! Draws: `gamma`, range(gamma_limit) / 100. Source: Albumentations' op of this name and
//! torchvision's adjust_gamma, but rounding where they truncate.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Flow, Op};
use crate::bounds::{Range, Within, bounds};
use crate::error::Result;
use crate::image::{DType, Shape};
use crate::kernels::colour::Colour;
use crate::kernels::curves::Curve;
use crate::kernels::power::Power;
use crate::kernels::step::{Site, Step, Steps};
use crate::maths::detmath;
use crate::random::address::Noise;
use crate::random::draws::Draws;

bounds! {
    Limit: f64 = 10.0..=1000.0, "percent", exponents;
    Exponent: f64 = 0.1..=10.0;
}

/// What exponents are in percent.
fn exponents(given: &[f64]) -> Option<String> {
    let range: Range<Exponent> = serde_json::from_value(json!(given)).ok()?;
    let [lo, hi] = range.ends().map(|end| 100.0 * end);
    Some(format!("those of these exponents are ({lo}, {hi})"))
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomGamma {
    pub gamma_limit: Range<Limit>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub gamma: Within<Exponent>,
}

impl Op for RandomGamma {
    const NAME: &'static str = "RandomGamma";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { gamma: Within::new(self.gamma_limit.draw(draws).get() / 100.0) })
    }

    fn apply(&self, Params { gamma }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let gamma = gamma.get();
        let power = (site.dtype != DType::U8 && gamma != 1.0).then(|| Power::new(gamma));
        Ok(Step::curve(Gamma { gamma, power, white: site.white }).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let limits = [[80.0, 120.0], [10.0, 10.0], [100.0, 100.0], [220.0, 1000.0]];
        limits.map(|limit| RandomGamma { gamma_limit: Range::new(limit) }).into()
    }
}

struct Gamma {
    gamma: f64,
    /// Of uint16 and float32; None where gamma is 1.
    power: Option<Power>,
    white: f64,
}

/// ln(v / 255), which pow begins with.
static LOGARITHMS: LazyLock<[f64; 256]> =
    LazyLock::new(|| std::array::from_fn(|v| detmath::ln(v as f64 / 255.0)));

impl Curve for Gamma {
    fn uint8(&self, value: u8) -> u8 {
        let power = detmath::exp(self.gamma * LOGARITHMS[usize::from(value)]);
        (255.0 * power + 0.5) as u8
    }

    fn uint16(&self, value: u16) -> u16 {
        let white = self.white as u16;
        let value = value.limit(white);
        let Some(power) = &self.power else { return value };
        let part = power.at(f32::from(value) / f32::from(white));
        (f64::from(part) * self.white + 0.5) as u16
    }

    fn float32(&self, value: f32) -> f32 {
        let white = self.white as f32;
        let value = value.limit(white);
        let Some(power) = &self.power else { return value };
        (power.at(value / white) * white).limit(white)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_give_powers() {
        for gamma in [0.1, 0.8, 1.0, 2.2, 10.0] {
            let curve = Gamma { gamma, power: None, white: 255.0 };
            for value in 0..=255 {
                let exact = 255.0 * detmath::pow(f64::from(value) / 255.0, gamma);
                assert_eq!(f64::from(curve.uint8(value)), (exact + 0.5).floor(), "{gamma} {value}");
            }
        }
    }
}
