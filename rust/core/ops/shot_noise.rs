//! Counts photons: the fewer there are, the more their number varies.
//!
//! On bytes, of which 255 stand for 1 / s photons, s = `scale`, and others for as many as their
//! linear light:
//!
//! ```text
//! l    = pow(v / 255, 2.2) / s                       of a level v
//! T[n] = floor(65536 C[n] + 0.5)                     C: sums of a Poisson distribution of mean l:
//!        p[0] = exp(-l), p[n+1] = p[n] (l / (n + 1)), added in order
//! k    = the number of T[0], T[1], ... that are at most h, 16 bits of the element
//! out  = 255 if k s >= 1, else floor(255 pow(k s, 1 / 2.2) + 0.5)
//! ```
//!
//! in f64 with detmath's pow and exp. Tails below 2^-17 are cut, as 16 bits end there.
//!
//! Other types take the noise of the nearest byte q, d = out - q of it, as ISONoise has it: uint16
//! becomes clamp(v + floor((2 M d + 255) / 510)), M the value of white, float32
//! clamp(v + d / 255 * M), clamp is to 0..M. v is brought into 0..M first.
//!
//! Draws: `scale` = range of `scale_range`. Elements: H x W x C. Plane 0: h of element e is the low (e
//! even) or high half of the word of element e >> 1. Source: Albumentations' op of this name.

use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Range, Within, bounds};
use crate::error::Result;
use crate::image::{Shape, View, ViewMut};
use crate::kernels::colour::Colour;
use crate::kernels::elements;
use crate::kernels::kernel::Kernel;
use crate::kernels::step::{Site, Step, Steps};
use crate::maths::detmath::{exp, pow};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::random::philox::Field;
use crate::simd::level::Level;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShotNoise {
    pub scale_range: Range<Scale>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub scale: Within<Scale>,
}

bounds! {
    /// Smaller ones would leave f64 where white has too many photons.
    Scale: f64 = 0.0015..=1.0;
}

const GAMMA: f64 = 2.2;

impl Op for ShotNoise {
    const NAME: &'static str = "ShotNoise";
    const FLOW: Flow = Flow::Nominal;
    const PLANES: u32 = 1;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { scale: self.scale_range.draw(draws) })
    }

    fn apply(&self, Params { scale }: Params, site: &Site, noise: Noise) -> Result<Steps> {
        let counted = Counted { scale: scale.get(), white: site.white, field: noise.plane(0) };
        Ok(Step::Pixels(Box::new(counted)).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        [[0.005, 0.05], [0.0015, 0.0015], [1.0, 1.0], [0.1, 0.5]]
            .map(|scale| ShotNoise { scale_range: Range::new(scale) })
            .into()
    }
}

struct Counted {
    scale: f64,
    white: f64,
    field: Field,
}

impl Counted {
    fn run<T: Colour>(&self, level: Level, src: View<T>, dst: ViewMut<T>) -> Result<()> {
        let white = T::from_fill(self.white);
        let counts = Counts::new(self.scale)?;
        let make = |first, halves: &mut [u16]| elements::halves(level, self.field, first, halves);
        let put = |_, values: &[T], halves: &[u16], out: &mut [T]| {
            for ((out, &value), &half) in out.iter_mut().zip(values).zip(halves) {
                let value = value.limit(white);
                let byte = value.byte(white);
                *out = value.plus(i32::from(counts.draw(byte, half)) - i32::from(byte), white);
            }
        };
        elements::each(src, dst, 0, 1, make, put);
        Ok(())
    }
}

/// What 16 bits make of each level.
struct Counts {
    /// Of all levels, one after the other: where the next outcome begins, and that before it.
    steps: Vec<(u32, u8)>,
    /// Of each level and each high byte, the step that it begins in.
    guide: Vec<u32>,
}

const WHAT: &str = "counts of photons";

impl Counts {
    fn new(scale: f64) -> Result<Counts> {
        let mut counts = Counts { steps: Vec::new(), guide: memory::room(1 << 16, WHAT)? };
        for level in 0..256_u32 {
            let mean = pow(f64::from(level) / 255.0, GAMMA) / scale;
            let start = counts.steps.len();
            let (mut p, mut sum, mut last) = (exp(-mean), 0.0, 0);
            let mut n = 0.0;
            // Sums end at 1 but for their rounding, which is far below 2^-17.
            while last < 1 << 16 {
                sum += p;
                n += 1.0;
                p *= mean / n;
                let end = (65536.0 * sum + 0.5).floor() as u32;
                if end > last {
                    memory::push(&mut counts.steps, (end, outcome((n - 1.0) * scale)), WHAT)?;
                    last = end;
                }
            }
            let mut at = start;
            for high in 0..256_u32 {
                while counts.steps[at].0 <= high << 8 {
                    at += 1;
                }
                counts.guide.push(at as u32);
            }
        }
        Ok(counts)
    }

    #[inline(always)]
    fn draw(&self, level: u8, half: u16) -> u8 {
        let mut at = self.guide[usize::from(level) << 8 | usize::from(half >> 8)] as usize;
        while self.steps[at].0 <= u32::from(half) {
            at += 1;
        }
        self.steps[at].1
    }
}

/// The level of so much linear light.
fn outcome(light: f64) -> u8 {
    if light >= 1.0 { 255 } else { (255.0 * pow(light, 1.0 / GAMMA) + 0.5).floor() as u8 }
}

impl Kernel for Counted {
    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, _: usize) -> Result<()> {
        self.run(level, src, dst)
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) -> Result<()> {
        self.run(level, src, dst)
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) -> Result<()> {
        self.run(level, src, dst)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};

    /// The mean of all that can be drawn of each level.
    #[test]
    fn light_is_kept_and_varies_as_it_should() {
        for scale in [0.0015, 0.02, 0.3] {
            let counts = Counts::new(scale).unwrap();
            for level in (0..=255_u8).step_by(17) {
                let light = pow(f64::from(level) / 255.0, GAMMA);
                // Where nothing is cut off at white.
                if light + 5.0 * (light * scale).sqrt() > 1.0 {
                    continue;
                }
                let drawn = (0..=u16::MAX).map(|half| counts.draw(level, half));
                assert!(drawn.clone().is_sorted());
                let found = drawn.map(|level| pow(f64::from(level) / 255.0, GAMMA));
                let (sum, squares) = found.fold((0.0, 0.0), |(a, b), v| (a + v, b + v * v));
                let mean = sum / 65536.0;
                let variance = squares / 65536.0 - mean * mean;
                assert!((mean - light).abs() < 0.003, "{scale} {level} {mean} {light}");
                let expected = light * scale;
                assert!((variance - expected).abs() < 0.05 * expected + 1e-5, "{scale} {level}");
            }
        }
    }

    #[test]
    fn refuses() {
        let [op, ..] = &ShotNoise::examples(Shape::new(1, 1, 1))[..] else { panic!() };
        for range in [json!([0.001, 0.1]), json!([0.1, 1.1])] {
            assert!(refusal(op, "scale_range", range).contains("within 0.0015 to 1"));
        }
        let site = Site::new(Shape::new(4, 4, 3), DType::U8);
        assert!(edited(op, &site, json!({"scale": 0.0})).is_err());
    }
}
