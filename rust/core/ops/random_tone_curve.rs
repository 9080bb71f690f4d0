//! Bends the tones: darks and lights move apart or together, black and white stay.
//!
//! A cubic Bezier curve with the heights 0, low, high, 1 of its four points, read as a function of
//! its own parameter t = v / M, v clamped to 0..M, M the value of white:
//!
//! ```text
//! c1 = 3 low      c2 = 3 high - 2 c1      c3 = (1 + c1) - 3 high
//! out = M (t (c1 + t (c2 + t c3)))
//! ```
//!
//! uint8 and uint16: f64 in this order, floor(x + 0.5), clamped to 0..M. float32: the constants
//! rounded to f32, then f32. low = 0.25 and high = 0.75, about which is drawn, are not the identity
//! (1/3 and 2/3 are): they darken the lower half by up to 6 levels and lift the upper as much.
//!
//! Draws: `low` = 0.25 + scale normal, `high` = 0.75 + scale normal, clamped to 0..1; with
//! `per_channel` both for each channel in turn. Source: Albumentations' op of this name: equal at
//! uint8 but for its rounding of halves to even.

use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Within, bounds};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::colour::Colour;
use crate::kernels::curves::Curve;
use crate::kernels::step::{Site, Step, Steps};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;

bounds! {
    /// Of the deviates that move a height.
    Scale: f64 = 0.0..=1.0;
    Height: f64 = 0.0..=1.0, "parts of white";
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomToneCurve {
    pub scale: Within<Scale>,
    pub per_channel: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// One of each for all channels, or one for each channel.
    pub low: Vec<Within<Height>>,
    pub high: Vec<Within<Height>>,
}

impl RandomToneCurve {
    fn count(&self, site: &Site) -> usize {
        if self.per_channel { site.shape.channels } else { 1 }
    }

    fn height(&self, middle: f64, draws: &mut Draws) -> Within<Height> {
        let scale = self.scale.get();
        let deviate = draws.mattering(scale != 0.0, Draws::normal);
        Within::new((middle + scale * deviate).clamp(0.0, 1.0))
    }
}

impl Op for RandomToneCurve {
    const NAME: &'static str = "RandomToneCurve";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let (mut low, mut high) = (Vec::new(), Vec::new());
        for _ in 0..self.count(site) {
            memory::push(&mut low, self.height(0.25, draws), WHAT)?;
            memory::push(&mut high, self.height(0.75, draws), WHAT)?;
        }
        Ok(Params { low, high })
    }

    fn apply(&self, Params { low, high }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let count = self.count(site);
        for (name, heights) in [("low", &low), ("high", &high)] {
            if heights.len() != count {
                let value = format!("{} values", heights.len());
                let allowed = format!("as many as there are curves, {count}");
                return Err(Error::argument(Self::NAME, name, value, allowed));
            }
        }
        let mut bent =
            low.iter().zip(&high).map(|(low, high)| Bent::new(low.get(), high.get(), site.white));
        if !self.per_channel {
            return Ok(Step::curve(bent.next().expect("there is one")).into());
        }
        let each = bent.map(|bent| Box::new(bent) as Box<dyn Curve>);
        Ok(Step::curves(memory::collect(each, WHAT)?).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let fields = [(0.1, false), (0.5, true), (0.0, false)];
        let op = |(scale, per_channel)| RandomToneCurve { scale: Within::new(scale), per_channel };
        fields.map(op).into()
    }
}

const WHAT: &str = "the curves of the channels";

struct Bent {
    by: [f64; 3],
    white: f64,
}

impl Bent {
    fn new(low: f64, high: f64, white: f64) -> Bent {
        let c1 = 3.0 * low;
        Bent { by: [c1, 3.0 * high - 2.0 * c1, (1.0 + c1) - 3.0 * high], white }
    }

    fn integer(&self, value: f64) -> f64 {
        let ([c1, c2, c3], t) = (self.by, value / self.white);
        (self.white * (t * (c1 + t * (c2 + t * c3))) + 0.5).floor().clamp(0.0, self.white)
    }
}

impl Curve for Bent {
    fn uint8(&self, value: u8) -> u8 {
        self.integer(value.into()) as u8
    }

    fn uint16(&self, value: u16) -> u16 {
        self.integer(value.limit(self.white as u16).into()) as u16
    }

    fn float32(&self, value: f32) -> f32 {
        let white = self.white as f32;
        let [c1, c2, c3] = self.by.map(|c| c as f32);
        let t = value.limit(white) / white;
        (white * (t * (c1 + t * (c2 + t * c3)))).limit(white)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::edited;

    #[test]
    fn thirds_are_the_identity() {
        let bent = Bent::new(1.0 / 3.0, 2.0 / 3.0, 65535.0);
        assert!((0..=65535).all(|v| bent.uint16(v) == v));
        let bent = Bent::new(0.25, 0.75, 255.0);
        assert_eq!([0, 54, 128, 201, 255].map(|v| bent.uint8(v)), [0, 48, 128, 207, 255]);
    }

    #[test]
    fn edited_parameters_are_checked() {
        let op = RandomToneCurve { scale: Within::new(0.1), per_channel: true };
        let site = Site::new(Shape::new(4, 4, 3), DType::U8);
        let params = json!({"low": [0.2, 0.2, 0.2], "high": [0.7]});
        let refused = edited(&op, &site, params).err().unwrap().to_string();
        let said = "RandomToneCurve: high=1 values: as many as there are curves, 3";
        assert_eq!(refused, said);
    }
}
