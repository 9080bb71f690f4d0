//! Embosses: lights edges from one corner, shades those from the other.
//!
//! The sum of the 3 x 3 samples around each, with s = `strength` and a = `alpha`, weighted
//!
//! ```text
//!               [0 0 0]       [-1 - s   -s     0  ]
//! (1 - a)   *   [0 1 0] + a * [  -s      1     s  ]
//!               [0 0 0]       [   0      s   1 + s]
//! ```
//!
//! each `a w`, the middle `(1 - a) + a w`, in f64: kernels/taps.rs, with values in range.
//!
//! Draws: `alpha`, `strength`. Source: Albumentations' op of this name; imgaug's.

use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Range, Within, bounds};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::taps::Taps;
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emboss {
    pub alpha: Range<Alpha>,
    pub strength: Range<Strength>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub alpha: Within<Alpha>,
    pub strength: Within<Strength>,
}

bounds! {
    /// How much of a filter shows.
    Alpha: f64 = 0.0..=1.0;
    /// Larger ones would leave the integer arithmetic's 32 bits.
    Strength: f64 = 0.0..=8.0;
}

/// A window of 3 x 3 of which so much shows.
pub fn shown(alpha: f64, effect: [f64; 9], white: f64) -> Taps {
    let mut weights = effect.map(|weight| alpha * weight);
    weights[4] = (1.0 - alpha) + alpha * effect[4];
    Taps::weighted(3, &weights, Some(white))
}

impl Op for Emboss {
    const NAME: &'static str = "Emboss";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { alpha: self.alpha.draw(draws), strength: self.strength.draw(draws) })
    }

    fn apply(&self, Params { alpha, strength }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let s = strength.get();
        let effect = [-1.0 - s, -s, 0.0, -s, 1.0, s, 0.0, s, 1.0 + s];
        Ok(Step::Pixels(Box::new(shown(alpha.get(), effect, site.white))).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        [([0.2, 0.5], [0.2, 0.7]), ([0.0, 0.0], [1.0, 1.0]), ([1.0, 1.0], [1.0, 8.0])]
            .map(|(alpha, strength)| Emboss {
                alpha: Range::new(alpha),
                strength: Range::new(strength),
            })
            .into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::{AnyView, AnyViewMut, DType, Image};
    use crate::ops::{edited, refusal};
    use crate::simd::level::Level;

    #[test]
    fn light_comes_from_one_corner() {
        let [op, ..] = &Emboss::examples(Shape::new(1, 1, 1))[..] else { panic!() };
        let shape = Shape::new(3, 3, 1);
        let made = |params, data: [u8; 9]| {
            let step = edited(op, &Site::new(shape, DType::U8), params).unwrap().only();
            let image = Image { data: data.into(), shape };
            let mut out = Image::new(shape);
            let (src, dst) = (AnyView::U8(image.view()), AnyViewMut::U8(out.view_mut()));
            step.run(Level::new(), src, dst, 0).unwrap();
            out.data
        };
        // -2 (10) - 20 - 40 + 50 + 60 + 80 + 2 (90) = 290; a tenth of it and nine of 50 are 74.
        let ramp = [10, 20, 30, 40, 50, 60, 70, 80, 90];
        assert_eq!(made(json!({"alpha": 1.0, "strength": 1.0}), ramp)[4], 255);
        assert_eq!(made(json!({"alpha": 0.1, "strength": 1.0}), ramp)[4], 74);
        assert_eq!(made(json!({"alpha": 0.0, "strength": 1.0}), ramp), ramp);
        for value in 0..=255 {
            assert_eq!(made(json!({"alpha": 0.73, "strength": 0.31}), [value; 9]), [value; 9]);
        }
    }

    #[test]
    fn refuses() {
        let [op, ..] = &Emboss::examples(Shape::new(1, 1, 1))[..] else { panic!() };
        for (field, value) in [("alpha", json!([0.0, 1.1])), ("strength", json!([0.0, 8.1]))] {
            let message = refusal(op, field, value);
            assert!(message.starts_with(&format!("Emboss: {field}=(0, ")), "{message}");
        }
    }
}
