//! Makes some pixels black and some white.
//!
//! With a = `amount` and s = `salt`, in f64: an element becomes 0 with a probability of a (1 - s), M,
//! the value of white, with one of a s, and stays otherwise: kernels/hits.rs, from below and from
//! above. All values are brought into 0..M.
//!
//! Draws: a = range of `amount`, s = range of `salt_vs_pepper`. Elements: H x W, or H x W x C with
//! `per_channel`. Source: Albumentations' op of this name, but that the number of pixels is a draw
//! too.

use fearless_simd::Simd;
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Range, Within, bounds};
use crate::error::Result;
use crate::image::{Shape, View, ViewMut};
use crate::kernels::colour::Colour;
use crate::kernels::elements;
use crate::kernels::hits::{self, ABOVE, BELOW, Hits};
use crate::kernels::kernel::{Kernel, Reach};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::level::Level;
use crate::vectors;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaltAndPepper {
    /// Of all elements.
    pub amount: Range<Share>,
    /// Of those that change.
    pub salt_vs_pepper: Range<Share>,
    pub per_channel: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub amount: Within<Share>,
    pub salt: Within<Share>,
}

bounds! {
    /// A probability.
    Share: f64 = 0.0..=1.0;
}

impl Op for SaltAndPepper {
    const NAME: &'static str = "SaltAndPepper";
    const FLOW: Flow = Flow::Nominal;
    const PLANES: u32 = hits::PLANES;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let amount = self.amount.draw(draws);
        Ok(Params { amount, salt: self.salt_vs_pepper.draw(draws) })
    }

    fn apply(&self, Params { amount, salt }: Params, site: &Site, noise: Noise) -> Result<Steps> {
        let (amount, salt) = (amount.get(), salt.get());
        let hits = Hits::new(noise, amount * (1.0 - salt), amount * salt);
        let group = if self.per_channel { 1 } else { site.shape.channels };
        Ok(Step::Pixels(Box::new(Strewn { hits, group, white: site.white })).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let strew = |amount, salt, per_channel| SaltAndPepper {
            amount: Range::new(amount),
            salt_vs_pepper: Range::new(salt),
            per_channel,
        };
        vec![
            strew([0.01, 0.06], [0.4, 0.6], false),
            strew([0.3, 0.5], [0.0, 1.0], true),
            strew([1.0, 1.0], [0.3, 0.3], true),
            strew([0.0, 0.0], [0.5, 0.5], false),
        ]
    }
}

struct Strewn {
    hits: Hits,
    /// Samples that share an element.
    group: usize,
    white: f64,
}

impl Strewn {
    fn run<T: Colour>(&self, level: Level, src: View<T>, dst: ViewMut<T>, first: usize) {
        let white = T::from_fill(self.white);
        let make = |first, hits: &mut [u8]| self.hits.fill(level, first, hits);
        let put = |_, values: &[T], hits: &[u8], out: &mut [T]| {
            vectors!(level, simd => strew(simd, self.group, values, hits, white, out));
        };
        elements::each(src, dst, first, self.group, make, put);
    }
}

#[simd]
fn strew<S: Simd, T: Colour>(
    _: S,
    group: usize,
    values: &[T],
    hits: &[u8],
    white: T,
    out: &mut [T],
) {
    let one = |value: T, hit: u8| match hit {
        BELOW => T::default(),
        ABOVE => white,
        _ => value.limit(white),
    };
    if group == 1 {
        for ((out, &value), &hit) in out.iter_mut().zip(values).zip(hits) {
            *out = one(value, hit);
        }
    } else {
        let pixels = out.chunks_exact_mut(group).zip(values.chunks_exact(group));
        for ((out, values), &hit) in pixels.zip(hits) {
            for (out, &value) in out.iter_mut().zip(values) {
                *out = one(value, hit);
            }
        }
    }
}

impl Kernel for Strewn {
    fn reach(&self) -> Reach {
        Reach::Rows
    }

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, first: usize) -> Result<()> {
        self.run(level, src, dst, first);
        Ok(())
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) -> Result<()> {
        self.run(level, src, dst, first);
        Ok(())
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) -> Result<()> {
        self.run(level, src, dst, first);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};

    #[test]
    fn refuses() {
        let [op, ..] = &SaltAndPepper::examples(Shape::new(1, 1, 1))[..] else { panic!() };
        for field in ["amount", "salt_vs_pepper"] {
            let message = refusal(op, field, json!([0.5, 1.5]));
            assert!(message.starts_with(&format!("SaltAndPepper: {field}=(0.5, 1.5): ")));
        }
        let site = Site::new(Shape::new(4, 4, 3), DType::U8);
        assert!(edited(op, &site, json!({"amount": 1.1, "salt": 0.5})).is_err());
    }
}
