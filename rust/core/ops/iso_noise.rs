//! Adds the noise of a sensitive sensor: specks of other hues, and brighter ones.
//!
//! On bytes. With c = `color_shift`, i = `intensity`, and for each pixel S = max + min of its
//! channels, twice its lightness:
//!
//! ```text
//! sigma = sqrt(N sum(S^2) - sum(S)^2) / (2 N)       of the N pixels of the image, in levels
//! t     = the noise of random/normal.rs with 24576 c i for its deviation, Gain::uint16
//! k     = the number of thresholds T[0], T[1], ... that are at most h, 255 at most
//! T[n]  = floor(65536 C[n] + 0.5)                   C: sums of a Poisson distribution of mean
//!         l = sigma i: p[0] = exp(-l), p[n+1] = p[n] (l / (n + 1)), added in order, in f64
//! ```
//!
//! The pixel's hue is turned by t / 24576 as ColorJitter's of uint8 is, but that its channels stay in
//! sixteenths, x = X + 16 min. Then its lightness goes k / 255 of the way to white, while saturation
//! and hue stay:
//!
//! ```text
//! w = min(S, 510 - S)      S' = 255 S + (510 - S) k      w' = min(S', 130050 - S')
//! (2 (16 S' w + (2 x - 16 S) w') + 8160 w) div 16320 w,  or of w = 0 (S' + 255) div 510
//! ```
//!
//! Other types take the noise of the nearest byte q, d = out - q of it: uint16 becomes
//! clamp(v + floor((2 M d + 255) / 510)), M the value of white, float32 clamp(v + d / 255 * M), clamp
//! is to 0..M. v is brought into 0..M first.
//!
//! Draws: `color_shift`, `intensity`. Elements: H x W. Planes 0 and 1: the body and the tail of t, as
//! GaussNoise has them. Plane 2: h of element e is the low (e even) or high half of the word of
//! element e >> 1. Source: Albumentations' op of this name up to 1.4, but for its rounding.

use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Range, Within, bounds};
use crate::error::Result;
use crate::image::{Shape, View, ViewMut};
use crate::kernels::colour::{Colour, check_rgb};
use crate::kernels::elements::{self, CHUNK};
use crate::kernels::hexagon::{hexagon, sector};
use crate::kernels::kernel::Kernel;
use crate::kernels::step::{Site, Step, Steps};
use crate::maths::detmath;
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::random::normal::{Gain, deviate};
use crate::random::philox::Field;
use crate::simd::level::Level;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ISONoise {
    pub color_shift: Range<Shift>,
    pub intensity: Range<Intensity>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub color_shift: Within<Shift>,
    pub intensity: Within<Intensity>,
}

bounds! {
    Shift: f64 = 0.0..=1.0, "turns";
    /// Larger ones would leave the noise's 16 bits.
    Intensity: f64 = 0.0..=2.0;
}

/// Of a hue.
const TURN: i32 = 24576;

impl Op for ISONoise {
    const NAME: &'static str = "ISONoise";
    const FLOW: Flow = Flow::Nominal;
    const PLANES: u32 = 3;
    type Params = Params;

    fn fits(&self, site: &Site) -> Result<()> {
        check_rgb(Self::NAME, "hue", site.shape)
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let color_shift = self.color_shift.draw(draws);
        Ok(Params { color_shift, intensity: self.intensity.draw(draws) })
    }

    fn apply(&self, params: Params, site: &Site, noise: Noise) -> Result<Steps> {
        let (shift, intensity) = (params.color_shift.get(), params.intensity.get());
        let noisy = Noisy {
            gain: Gain::uint16(f64::from(TURN) * shift * intensity),
            intensity,
            white: site.white,
            planes: [0, 1, 2].map(|plane| noise.plane(plane)),
        };
        Ok(Step::Pixels(Box::new(noisy)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let noise = |(color_shift, intensity)| ISONoise {
            color_shift: Range::new(color_shift),
            intensity: Range::new(intensity),
        };
        let examples = [
            ([0.01, 0.05], [0.1, 0.5]),
            ([0.0, 1.0], [1.0, 2.0]),
            ([0.0, 0.0], [0.0, 0.0]),
            ([1.0, 1.0], [2.0, 2.0]),
        ];
        if shape.channels == 3 { examples.map(noise).into() } else { vec![] }
    }
}

struct Noisy {
    gain: Gain,
    intensity: f64,
    white: f64,
    planes: [Field; 3],
}

/// Of a pixel: by how much its hue turns, and its lightness goes up.
type Specks = (i32, u8);

impl Noisy {
    fn run<T: Colour>(&self, level: Level, src: View<T>, dst: ViewMut<T>) -> Result<()> {
        let white = T::from_fill(self.white);
        let counts = counts(deviation(src, white) * self.intensity)?;
        let [body, tail, light] = self.planes;
        let make = |first: u64, out: &mut [Specks]| {
            let halves = &mut [0; CHUNK][..out.len()];
            elements::halves(level, light, first, halves);
            out.iter_mut().zip(&*halves).for_each(|(out, &h)| out.1 = counts[usize::from(h)]);
            elements::halves(level, body, first, halves);
            for ((e, out), &half) in (first..).zip(out).zip(&*halves) {
                out.0 = self.gain.noise(deviate(half, || tail.word(e)));
            }
        };
        let put = |_, values: &[T], specks: &[Specks], out: &mut [T]| {
            let pixels = out.as_chunks_mut::<3>().0.iter_mut().zip(values.as_chunks::<3>().0);
            for ((out, values), &specks) in pixels.zip(specks) {
                let values = values.map(|value| value.limit(white));
                let bytes = values.map(|value| value.byte(white));
                let made = specked(bytes, specks);
                *out = std::array::from_fn(|c| {
                    values[c].plus(i32::from(made[c]) - i32::from(bytes[c]), white)
                });
            }
        };
        elements::each(src, dst, 0, 3, make, put);
        Ok(())
    }
}

/// Twice the lightness.
fn lightness(rgb: [u8; 3]) -> i32 {
    let [r, g, b] = rgb.map(i32::from);
    r.max(g).max(b) + r.min(g).min(b)
}

/// Of the lightness, in levels.
fn deviation<T: Colour>(image: View<T>, white: T) -> f64 {
    let (mut sum, mut squares) = (0_u64, 0_u64);
    for rgb in image.rows().flat_map(|row| row.as_chunks::<3>().0) {
        let s = lightness(rgb.map(|value| value.limit(white).byte(white))) as u64;
        (sum, squares) = (sum + s, squares + s * s);
    }
    let pixels = (image.shape().height * image.shape().width) as u64;
    let square = |n: u64| u128::from(n) * u128::from(n);
    let variance = u128::from(pixels) * u128::from(squares) - square(sum);
    (variance as f64).sqrt() / (2.0 * pixels as f64)
}

/// What is drawn by each of 16 bits, of a Poisson distribution of this mean.
fn counts(mean: f64) -> Result<Vec<u8>> {
    let mut counts = memory::vec(1 << 16, u8::MAX, "counts of a distribution")?;
    let (mut start, mut p, mut sum) = (0, detmath::exp(-mean), 0.0);
    for n in 0..u8::MAX {
        sum += p;
        let end = ((65536.0 * sum + 0.5).floor() as usize).clamp(start, counts.len());
        counts[start..end].fill(n);
        start = end;
        p *= mean / f64::from(n + 1);
    }
    Ok(counts)
}

fn specked(rgb: [u8; 3], (turn, more): Specks) -> [u8; 3] {
    let turns = [0, 1, 2].map(|j| (turn + 8192 * j).rem_euclid(TURN));
    let (max, min, numerator, turn) = sector(rgb.map(i32::from), turns);
    let d = max - min;
    let turned = hexagon(16 * numerator + ((d * turn + 128) >> 8), 16 * d);
    let s = i64::from(lightness(rgb));
    let (w, after) = (s.min(510 - s), 255 * s + (510 - s) * i64::from(more));
    let reach = after.min(130_050 - after);
    turned.map(|x| {
        if w == 0 {
            return ((after + 255) / 510) as u8;
        }
        let x = i64::from(x + 16 * min);
        let sum = 2 * (16 * after * w + (2 * x - 16 * s) * reach) + 8160 * w;
        (sum / (16320 * w)) as u8
    })
}

impl Kernel for Noisy {
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
    use crate::image::{DType, Image};
    use crate::ops::{edited, refusal};

    #[test]
    fn nothing_is_done_without_noise_and_nothing_leaves_the_range() {
        for i in 0..4096_u32 {
            let rgb = [i, i * 7 + 3, i * i + 11].map(|v| v as u8);
            assert_eq!(specked(rgb, (0, 0)), rgb);
            assert_eq!(specked(rgb, (TURN, 0)), rgb);
            assert_eq!(specked(rgb, (i as i32 * 31 - 9000, 255)), [255; 3]);
            let s = lightness(rgb);
            // As light as it should be, whatever the turn: half the range is a level of rounding.
            for (turn, more) in [(5000, 0), (-9000, 31), (24000, 140)] {
                let expected = 255 * s + (510 - s) * i32::from(more);
                let found = lightness(specked(rgb, (turn, more))) * 255;
                assert!((found - expected).abs() <= 2 * 255, "{rgb:?} {turn} {more}");
            }
        }
    }

    #[test]
    fn counts_are_those_of_poisson() {
        for mean in [0.0, 0.01, 1.0, 17.3, 150.0] {
            let counts = counts(mean).unwrap();
            assert!(counts.is_sorted());
            let average = counts.iter().map(|&n| f64::from(n)).sum::<f64>() / 65536.0;
            assert!((average - mean).abs() <= 1e-3 * mean + 1e-4, "{mean} {average}");
        }
        assert!(counts(0.0).unwrap().iter().all(|&n| n == 0));
    }

    #[test]
    fn deviations_are_of_the_lightness() {
        let image = Image { data: vec![0_u8, 0, 0, 200, 100, 100], shape: Shape::new(1, 2, 3) };
        assert_eq!(deviation(image.view(), 255), 75.0);
        let image =
            Image { data: vec![0.0_f32, 0.0, 0.0, 1.0, 1.0, 1.0], ..Image::new(image.shape) };
        assert_eq!(deviation(image.view(), 1.0), 127.5);
    }

    #[test]
    fn refuses() {
        let [op, ..] = &ISONoise::examples(Shape::new(1, 1, 3))[..] else { panic!() };
        assert!(refusal(op, "color_shift", json!([0.0, 1.1])).contains("turns"));
        assert!(refusal(op, "intensity", json!([0.0, 2.1])).contains("intensity=(0, 2.1)"));
        let site = |channels| Site::new(Shape::new(4, 4, channels), DType::U8);
        let message = op.fits(&site(1)).unwrap_err().to_string();
        assert_eq!(message, "ISONoise: hue needs 3 channels, the image has 1");
        assert!(edited(op, &site(3), json!({"color_shift": 0.1, "intensity": 3.0})).is_err());
    }
}
