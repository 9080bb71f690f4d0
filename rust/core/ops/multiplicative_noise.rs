//! Multiplies by random factors.
//!
//! One factor, or with `per_channel` one for each channel: Brightness of it, kernels/linear.rs.
//!
//! With `elementwise`, one for each element, of 16 bits h and of lo and hi, the ends of `multiplier`;
//! v is in 0..M, M the value of white, clamp is to 0..M:
//!
//! ```text
//! integers  A = floor(2^13 lo + 0.5), D = floor(2^13 (hi - lo) + 0.5), m = A + (h D >> 16)
//!           clamp((v m + 2^12) >> 13)
//! float32   m = f32(lo) + f32(hi - lo) (h + 0.5) 2^-16;  clamp(v m)
//! ```
//!
//! Draws: without `elementwise` a range, or one for each channel. Elements: H x W, or H x W x C with
//! `per_channel`. Plane 0: element e has the low (e even) or high half of the word of element
//! e >> 1. Source: Albumentations' op of this name.

use fearless_simd::Simd;
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Range, Within, bounds};
use crate::error::{Error, Result};
use crate::image::{Shape, View, ViewMut};
use crate::kernels::colour::Colour;
use crate::kernels::curves::Curve;
use crate::kernels::elements;
use crate::kernels::kernel::{Kernel, Reach};
use crate::kernels::linear::{Line, round};
use crate::kernels::step::{Site, Step, Steps};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::random::philox::Field;
use crate::simd::level::Level;
use crate::vectors;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MultiplicativeNoise {
    pub multiplier: Range<Multiplier>,
    pub per_channel: bool,
    pub elementwise: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// None where each element has its own.
    pub multipliers: Vec<Within<Multiplier>>,
}

bounds! {
    /// Larger ones would leave the 32 bits of the integer arithmetic.
    Multiplier: f64 = 0.0..=4.0;
}

impl MultiplicativeNoise {
    /// Multipliers that are drawn.
    fn count(&self, site: &Site) -> usize {
        match (self.elementwise, self.per_channel) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => site.shape.channels,
        }
    }
}

impl Op for MultiplicativeNoise {
    const NAME: &'static str = "MultiplicativeNoise";
    const FLOW: Flow = Flow::Nominal;
    const PLANES: u32 = 1;
    type Params = Params;

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let multipliers = (0..self.count(site)).map(|_| self.multiplier.draw(draws));
        Ok(Params { multipliers: memory::collect(multipliers, "multipliers")? })
    }

    fn apply(&self, Params { multipliers }: Params, site: &Site, noise: Noise) -> Result<Steps> {
        if multipliers.len() != self.count(site) {
            let value = format!("{} values", multipliers.len());
            let allowed = format!("{} values", self.count(site));
            return Err(Error::argument(Self::NAME, "multipliers", value, allowed));
        }
        let white = site.white;
        let line = |factor: &Within<_>| Line { factor: factor.get(), mean: None, white };
        Ok(match &multipliers[..] {
            [] => {
                let group = if self.per_channel { 1 } else { site.shape.channels };
                let [lo, hi] = self.multiplier.ends();
                let field = noise.plane(0);
                Step::Pixels(Box::new(Multiplied { lo, hi, white, group, field }))
            }
            [one] => Step::curve(line(one)),
            each => {
                let curve = |factor| -> Box<dyn Curve> { Box::new(line(factor)) };
                Step::curves(memory::collect(each.iter().map(curve), "multipliers")?)
            }
        }
        .into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let noise = |ends, per_channel, elementwise| MultiplicativeNoise {
            multiplier: Range::new(ends),
            per_channel,
            elementwise,
        };
        vec![
            noise([0.9, 1.1], false, false),
            noise([0.0, 2.0], true, false),
            noise([0.9, 1.1], false, true),
            noise([0.0, 4.0], true, true),
            noise([1.0, 1.0], true, true),
        ]
    }
}

struct Multiplied {
    lo: f64,
    hi: f64,
    white: f64,
    /// Samples that share an element.
    group: usize,
    field: Field,
}

impl Multiplied {
    fn run<T: Depth>(&self, level: Level, src: View<T>, dst: ViewMut<T>, first: usize) {
        let (white, factors) = (T::from_fill(self.white), T::factors(self.lo, self.hi));
        let make = |first, halves: &mut [u16]| elements::halves(level, self.field, first, halves);
        let put = |_, values: &[T], halves: &[u16], out: &mut [T]| {
            vectors!(level, simd => multiply(simd, self.group, factors, values, halves, white, out));
        };
        elements::each(src, dst, first, self.group, make, put);
    }
}

#[simd]
fn multiply<S: Simd, T: Depth>(
    _: S,
    group: usize,
    factors: T::Factors,
    values: &[T],
    halves: &[u16],
    white: T,
    out: &mut [T],
) {
    if group == 1 {
        for ((out, &value), &half) in out.iter_mut().zip(values).zip(halves) {
            *out = value.limit(white).times(factors, half, white);
        }
    } else {
        let pixels = out.chunks_exact_mut(group).zip(values.chunks_exact(group));
        for ((out, values), &half) in pixels.zip(halves) {
            for (out, &value) in out.iter_mut().zip(values) {
                *out = value.limit(white).times(factors, half, white);
            }
        }
    }
}

impl Kernel for Multiplied {
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

/// A sample type with its arithmetic.
trait Depth: Colour {
    /// The least, and how much more there may be.
    type Factors: Copy;

    fn factors(lo: f64, hi: f64) -> Self::Factors;
    fn times(self, factors: Self::Factors, half: u16, white: Self) -> Self;
}

macro_rules! integer {
    ($($t:ty),*) => {$(
        impl Depth for $t {
            type Factors = [u32; 2];

            fn factors(lo: f64, hi: f64) -> [u32; 2] {
                [lo, hi - lo].map(|part| round(8192.0 * part) as u32)
            }

            #[inline(always)]
            fn times(self, [least, more]: [u32; 2], half: u16, white: $t) -> $t {
                let factor = least + ((u32::from(half) * more) >> 16);
                ((u32::from(self) * factor + (1 << 12)) >> 13).min(white.into()) as $t
            }
        }
    )*};
}
integer!(u8, u16);

impl Depth for f32 {
    type Factors = [f32; 2];

    fn factors(lo: f64, hi: f64) -> [f32; 2] {
        [lo as f32, (hi - lo) as f32]
    }

    #[inline(always)]
    fn times(self, [least, more]: [f32; 2], half: u16, white: f32) -> f32 {
        let part = (f32::from(half) + 0.5) * (1.0 / 65536.0);
        (self * (least + more * part)).limit(white)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};

    #[test]
    fn products_are_rounded_and_clamped() {
        let factors = u8::factors(0.5, 1.5);
        assert_eq!(factors, [4096, 8192]);
        assert_eq!([0, 32768, 65535].map(|half| 101.times(factors, half, 255_u8)), [51, 101, 151]);
        let factors = u16::factors(4.0, 4.0);
        assert_eq!([3, 65535].map(|v: u16| v.times(factors, 65535, 65535)), [12, 65535]);
        assert_eq!(0.5.times(f32::factors(0.5, 0.5), 7, 1.0), 0.25);
        // The largest product of all.
        let [least, more] = u16::factors(0.0, 4.0);
        let largest = least + ((65535 * more) >> 16);
        assert!(65535_u32.checked_mul(largest).unwrap().checked_add(1 << 12).is_some());
    }

    #[test]
    fn refuses() {
        let examples = MultiplicativeNoise::examples(Shape::new(1, 1, 3));
        for range in [json!([-0.1, 1.0]), json!([1.0, 4.1])] {
            let message = refusal(&examples[0], "multiplier", range);
            assert!(message.contains("multiplier="), "{message}");
        }
        let site = Site::new(Shape::new(4, 4, 3), DType::U8);
        for (op, counts) in examples.iter().zip([[1, 0], [3, 1], [0, 3], [0, 1]]) {
            let params = |count| json!({"multipliers": vec![1.0; count]});
            assert!(edited(op, &site, params(counts[0])).is_ok());
            assert!(edited(op, &site, params(counts[1])).is_err());
        }
    }
}
