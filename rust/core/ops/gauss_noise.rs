//! Adds normal noise; its standard deviation and mean are fractions of white.
//!
//! With S = std M and U = mean M, M the nominal maximum (255, 65535, 1; f64 products), an element
//! of the noise has 16 bits h, their sign s (all ones if h >= 2^15, else 0) and their deviate z in
//! Q16 (crate::normal). >> is arithmetic, all of it fits i32 but |z| g.
//!
//! ```text
//! uint8    g, j = Gain::uint8(S);   q = 18      k = 16 + j - q, so that n has k fraction bits
//! uint16   g, j = Gain::uint16(S);  q = 5
//!          u = round(U 2^k), half away from zero
//!          n = (|z| g >> q) ^ s;    out = clamp(v + ((n + u + 2^(k-1)) >> k))
//! float32  a = float_gain(S), u = U as f32
//!          n = z as f32 * a + u;    out = clamp(v + n)     product and sums each rounded
//! ```
//!
//! clamp is to 0..M. Exactly odd: h, u and ~h, -u give opposite noise before the clamp. uint8 fits
//! i16 lanes, uint16 u32 and i32 lanes (`narrow_arithmetic_suffices`).
//!
//! Draws: `std`, `mean`. Elements: H x W x C, or H x W if the channels of a pixel share theirs.
//! Plane 0: element e has the low (e even) or high half of the word of element e >> 1. Plane 1:
//! the tail word of element e, read where the deviate asks for it.
//!
//! Source: Albumentations' op of this name, but rounding where it truncates.

use fearless_simd::{Simd, dispatch};
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use super::{Flow, Op, check_range};
use crate::canonical;
use crate::draws::Draws;
use crate::error::{Error, Result};
use crate::image::{DType, Element, Shape, View, ViewMut};
use crate::kernel::{Kernel, Reach};
use crate::level::Level;
use crate::normal::{Gain, Z_BITS, body, deviate, float_gain, high};
use crate::philox::{Field, GROUP};
use crate::step::{Site, Step};
use crate::vectors;

const STD: [f64; 2] = [0.0, 1.0];
const MEAN: [f64; 2] = [-1.0, 1.0];

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GaussNoise {
    pub std_range: [f64; 2],
    pub mean_range: [f64; 2],
    pub per_channel: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub std: f64,
    pub mean: f64,
}

impl Op for GaussNoise {
    const NAME: &'static str = "GaussNoise";
    const FLOW: Flow = Flow::Nominal;
    const PLANES: u32 = 2;
    type Params = Params;

    fn check(&self) -> Result<()> {
        check_range(Self::NAME, "std_range", self.std_range, STD)?;
        check_range(Self::NAME, "mean_range", self.mean_range, MEAN)
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let std = draws.range(self.std_range);
        let mean = draws.range(self.mean_range);
        Ok(Params { std, mean })
    }

    fn apply(&self, Params { std, mean }: Params, site: &Site, noise: &[Field]) -> Result<Step> {
        check_value("std", std, STD)?;
        check_value("mean", mean, MEAN)?;
        let group = if self.per_channel { 1 } else { site.shape.channels };
        let &[body, tail] = noise else { unreachable!("as many fields as planes") };
        Ok(Step::Pixels(Box::new(Noise { std, mean, group, body, tail })))
    }

    fn examples(_: Shape) -> Vec<Self> {
        let noise =
            |std_range, mean_range, per_channel| GaussNoise { std_range, mean_range, per_channel };
        vec![
            noise([0.2, 0.44], [0.0, 0.0], true),
            noise([0.003, 0.02], [-0.1, 0.1], false),
            noise([1.0, 1.0], [-1.0, 1.0], true),
            noise([0.0, 0.0], [0.0, 0.0], false),
        ]
    }
}

fn check_value(field: &str, value: f64, [least, most]: [f64; 2]) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let allowed = format!("a number within {least} to {most}");
    Err(Error::argument(GaussNoise::NAME, field, value, allowed))
}

/// Elements at a time: their words and their noise stay in the first cache.
const CHUNK: usize = 4096;

struct Noise {
    std: f64,
    mean: f64,
    /// Samples that share an element.
    group: usize,
    body: Field,
    tail: Field,
}

impl Kernel for Noise {
    fn reach(&self) -> Reach {
        Reach::Rows
    }

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, first: usize) {
        let max = DType::U8.nominal_max();
        self.run(
            level,
            &Levels::new(Gain::uint8(self.std * max), 18, self.mean * max),
            src,
            dst,
            first,
        );
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) {
        let max = DType::U16.nominal_max();
        self.run(
            level,
            &Levels::new(Gain::uint16(self.std * max), 5, self.mean * max),
            src,
            dst,
            first,
        );
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) {
        let floats = Floats { gain: float_gain(self.std), mean: self.mean as f32 };
        self.run(level, &floats, src, dst, first);
    }
}

impl Noise {
    fn run<T: Sample, A: Amplitude<T::Noise>>(
        &self,
        level: Level,
        amplitude: &A,
        src: View<T>,
        mut dst: ViewMut<T>,
        first: usize,
    ) {
        let shape = src.shape();
        let begin = first * shape.row() / self.group;
        let end = begin + shape.len() / self.group;
        let mut chunk = Chunk::new();
        // What is made starts at a multiple of ALIGN; the first may be entered in the middle.
        let mut next = begin - begin % ALIGN;
        let mut ready = 0..0;
        for y in 0..shape.height {
            let (mut row, mut out) = (src.row(y), dst.row(y));
            while !row.is_empty() {
                if ready.is_empty() {
                    let count = CHUNK.min(end - next);
                    self.fill(level, amplitude, next as u64, count, &mut chunk);
                    ready = begin.saturating_sub(next)..count;
                    next += count;
                }
                let count = ready.len().min(row.len() / self.group);
                let (values, rest) = row.split_at(count * self.group);
                let (sums, rest_out) = out.split_at_mut(values.len());
                let noise = &chunk.noise[ready.start..][..count];
                dispatch!(level, simd => add(simd, self.group, values, noise, sums));
                (row, out, ready.start) = (rest, rest_out, ready.start + count);
            }
        }
    }

    /// The noise of the elements from `first`, a multiple of [`ALIGN`], on.
    fn fill<N: Copy, A: Amplitude<N>>(
        &self,
        level: Level,
        amplitude: &A,
        first: u64,
        count: usize,
        chunk: &mut Chunk<N>,
    ) {
        let count = count.next_multiple_of(ALIGN);
        let Chunk { words, h, z, tail, noise } = chunk;
        let (words, h, z, noise) =
            (&mut words[..count / 2], &mut h[..count], &mut z[..count], &mut noise[..count]);
        self.body.fill(level, first / 2, words);
        tail.clear();
        vectors!(level, simd => body(simd, words, h, z, tail));
        dispatch!(level, simd => scale(simd, amplitude, h, z, noise));
        for &mut i in tail {
            let z = deviate(h[i], || self.tail.word(first + i as u64));
            noise[i] = amplitude.tail(h[i], z);
        }
    }
}

/// Elements whose words are whole groups.
const ALIGN: usize = 2 * GROUP;

struct Chunk<N> {
    words: [u32; CHUNK / 2],
    h: [u16; CHUNK],
    z: [u16; CHUNK],
    tail: Vec<usize>,
    noise: [N; CHUNK],
}

impl<N: Copy + Default> Chunk<N> {
    fn new() -> Self {
        Chunk {
            words: [0; CHUNK / 2],
            h: [0; CHUNK],
            z: [0; CHUNK],
            tail: Vec::with_capacity(CHUNK),
            noise: [N::default(); CHUNK],
        }
    }
}

#[simd]
fn scale<S: Simd, N, A: Amplitude<N>>(_: S, amplitude: &A, h: &[u16], z: &[u16], out: &mut [N]) {
    for ((out, &h), &z) in out.iter_mut().zip(h).zip(z) {
        *out = amplitude.body(h, z);
    }
}

#[simd]
fn add<S: Simd, T: Sample>(_: S, group: usize, src: &[T], noise: &[T::Noise], dst: &mut [T]) {
    if group == 1 {
        for ((out, &value), &noise) in dst.iter_mut().zip(src).zip(noise) {
            *out = value.plus(noise);
        }
        return;
    }
    let pixels = dst.chunks_exact_mut(group).zip(src.chunks_exact(group));
    for ((out, pixel), &noise) in pixels.zip(noise) {
        for (out, &value) in out.iter_mut().zip(pixel) {
            *out = value.plus(noise);
        }
    }
}

/// What noise can be added to.
trait Sample: Element {
    type Noise: Copy + Default;
    fn plus(self, noise: Self::Noise) -> Self;
}

impl Sample for u8 {
    type Noise = i16;
    #[inline(always)]
    fn plus(self, noise: i16) -> u8 {
        (i16::from(self) + noise).clamp(0, 255) as u8
    }
}

impl Sample for u16 {
    type Noise = i32;
    #[inline(always)]
    fn plus(self, noise: i32) -> u16 {
        (i32::from(self) + noise).clamp(0, 65535) as u16
    }
}

impl Sample for f32 {
    type Noise = f32;
    #[inline(always)]
    fn plus(self, noise: f32) -> f32 {
        canonical((self + noise).clamp(0.0, 1.0))
    }
}

/// What makes noise of 16 bits and their deviate: |z| in Q14 in the body, z in Q16 in the tail.
trait Amplitude<N> {
    fn body(&self, h: u16, z: u16) -> N;
    fn tail(&self, h: u16, z: i32) -> N;
}

/// Whole levels. `mean + bias 2^-k` is the op's mean and the half that rounds; 0 <= bias < 2^k.
struct Levels {
    g: u32,
    q: u32,
    k: u32,
    bias: i32,
    mean: i32,
}

impl Levels {
    fn new(gain: Gain, q: u32, mean: f64) -> Self {
        let k = Z_BITS + gain.j - q;
        let size = (mean.abs() * f64::from(1_u32 << k) + 0.5).floor() as i64;
        let u = if mean < 0.0 { -size } else { size };
        let rounded = u + (1 << (k - 1));
        let bias = (rounded & ((1 << k) - 1)) as i32;
        Levels { g: gain.g, q, k, bias, mean: (rounded >> k) as i32 }
    }
}

impl Levels {
    #[inline(always)]
    fn at(&self, h: u16, z: i32) -> i32 {
        let sign = i32::from(h as i16 >> 15);
        let size = (u64::from(z.unsigned_abs()) * u64::from(self.g)) >> self.q;
        (((size as i32 ^ sign) + self.bias) >> self.k) + self.mean
    }
}

impl Amplitude<i16> for Levels {
    #[inline(always)]
    fn body(&self, h: u16, z: u16) -> i16 {
        let n = high(z, self.g as u16) as i16 ^ (h as i16 >> 15);
        ((n + self.bias as i16) >> self.k) + self.mean as i16
    }

    fn tail(&self, h: u16, z: i32) -> i16 {
        self.at(h, z) as i16
    }
}

impl Amplitude<i32> for Levels {
    #[inline(always)]
    fn body(&self, h: u16, z: u16) -> i32 {
        let n = ((u32::from(z) * self.g) >> 3) as i32 ^ i32::from(h as i16 >> 15);
        ((n + self.bias) >> self.k) + self.mean
    }

    fn tail(&self, h: u16, z: i32) -> i32 {
        self.at(h, z)
    }
}

struct Floats {
    gain: f32,
    mean: f32,
}

impl Amplitude<f32> for Floats {
    #[inline(always)]
    fn body(&self, h: u16, z: u16) -> f32 {
        let sign = i32::from(h as i16 >> 15);
        self.tail(h, (i32::from(z) << 2 ^ sign) - sign)
    }

    #[inline(always)]
    fn tail(&self, _: u16, z: i32) -> f32 {
        z as f32 * self.gain + self.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Image;
    use crate::normal::magnitude;

    const SIGMAS: [f64; 8] = [0.0, 0.003, 0.5, 1.9999, 2.0, 25.0, 127.99, 255.0];
    const MEANS: [f64; 7] = [0.0, 0.2, 0.4999, 0.5, 0.7, 37.26, 255.0];

    fn levels(sigma: f64, mean: f64) -> [Levels; 2] {
        let wide = Gain::uint16(sigma * 257.0);
        [Levels::new(Gain::uint8(sigma), 18, mean), Levels::new(wide, 5, mean * 257.0)]
    }

    fn z(h: u16) -> i32 {
        deviate(h, || 0x1234_5678)
    }

    #[test]
    fn without_a_mean_it_is_the_noise_of_the_gain() {
        for sigma in SIGMAS {
            let [narrow, wide] = levels(sigma, 0.0);
            for h in 0..=u16::MAX {
                assert_eq!(narrow.at(h, z(h)), Gain::uint8(sigma).noise(z(h)), "{sigma} {h}");
                let gain = Gain::uint16(sigma * 257.0);
                assert_eq!(wide.at(h, z(h)), gain.noise(z(h)), "{sigma} {h}");
            }
        }
    }

    #[test]
    fn odd_and_near_sigma_z_plus_mean() {
        for (sigma, mean) in SIGMAS.iter().flat_map(|&s| MEANS.iter().map(move |&m| (s, m))) {
            for ((up, down), scale) in
                levels(sigma, mean).iter().zip(&levels(sigma, -mean)).zip([1.0, 257.0])
            {
                let step = 1.0 / f64::from(1_u32 << up.k);
                // half a level, what g rounds (8 deviations away), and a step each of n and u
                let gain = 8.0 * (0.5 / f64::from(1_u32 << (up.k + up.q - Z_BITS)));
                let bound = 0.5 + gain.min(8.0 * sigma * scale) + 2.0 * step;
                for h in 0..=u16::MAX {
                    let noise = up.at(h, z(h));
                    assert_eq!(down.at(!h, z(!h)), -noise, "{sigma} {mean} {h}");
                    let exact = (f64::from(z(h)) / 65536.0 * sigma + mean) * scale;
                    assert!((f64::from(noise) - exact).abs() <= bound, "{sigma} {mean} {h}");
                }
            }
        }
    }

    /// The lanes promised above, for all but the tail, with z in Q14.
    #[test]
    fn narrow_arithmetic_suffices() {
        for (sigma, mean) in SIGMAS.iter().flat_map(|&s| MEANS.iter().map(move |&m| (s, m))) {
            let [narrow, wide] = levels(sigma, mean);
            for t in 16..0x8000_u16 {
                for (h, sign) in [(0x7fff - t, 0_i16), (0x8000 + t, -1)] {
                    let high = ((u32::from(magnitude(t)) * narrow.g) >> 16) as i16;
                    let n = (high ^ sign).checked_add(narrow.bias as i16).unwrap() >> narrow.k;
                    assert_eq!(narrow.at(h, z(h)), i32::from(n) + narrow.mean);
                    let high = (u32::from(magnitude(t)).checked_mul(wide.g).unwrap() >> 3) as i32;
                    let n = (high ^ i32::from(sign)).checked_add(wide.bias).unwrap() >> wide.k;
                    assert_eq!(wide.at(h, z(h)), n + wide.mean);
                }
            }
        }
    }

    #[test]
    fn the_largest_tail_fits() {
        let z = deviate(0x7fff, || 0);
        for (level, max) in levels(255.0, 255.0).iter().zip([255.0, 65535.0]) {
            let exact = (f64::from(z) / 65536.0 + 1.0) * max;
            assert!((f64::from(level.at(0x7fff, z)) - exact).abs() < 1.0);
            assert_eq!(level.at(0x8000, -z), -level.at(0x7fff, z) + 2 * max as i32);
        }
    }

    /// Chunks, rows with gaps and shared deviates, against element by element.
    #[test]
    fn every_element_has_its_address() {
        let shape = Shape::new(61, 67, 3);
        let stride = shape.row() + 5;
        let memory: Vec<f32> =
            (0..shape.height * stride).map(|i| (i % 251) as f32 / 250.0).collect();
        let src = View::new(&memory, shape, stride);
        let field = |key| Field { key, epoch: 3, index: 1 << 40 };
        for level in crate::level::available() {
            for group in [1, 3] {
                let noise = Noise { std: 0.3, mean: 0.1, group, body: field(7), tail: field(8) };
                let mut out = Image::new(shape);
                noise.float32(level, src, out.view_mut(), 0);
                let floats = Floats { gain: float_gain(0.3), mean: 0.1 };
                for (i, (value, &got)) in src.rows().flatten().zip(&out.data).enumerate() {
                    let e = (i / group) as u64;
                    let h = (noise.body.word(e / 2) >> (16 * (e % 2))) as u16;
                    let z = deviate(h, || noise.tail.word(e));
                    assert_eq!(got, value.plus(floats.tail(h, z)), "{level:?} {group} {i}");
                }
            }
        }
    }

    #[test]
    fn floats_are_clamped_and_nan_is_canonical() {
        let nan = f32::from_bits(0xffc1_2345);
        assert_eq!(nan.plus(0.1).to_bits(), 0x7fc0_0000);
        assert_eq!([f32::INFINITY.plus(-3.0), f32::NEG_INFINITY.plus(3.0)], [1.0, 0.0]);
        assert_eq!([0.9_f32.plus(0.2), 0.1_f32.plus(-0.2)], [1.0, 0.0]);
    }

    #[test]
    fn edited_parameters_are_checked() {
        let site = Site { shape: Shape::new(2, 2, 1), dtype: DType::U8 };
        let [op, ..] = &GaussNoise::examples(site.shape)[..] else { unreachable!() };
        let fields = [Field { key: 0, epoch: 0, index: 0 }; 2];
        for (std, mean) in [(f64::NAN, 0.0), (-0.1, 0.0), (1.1, 0.0), (0.1, -1.5), (0.1, f64::NAN)]
        {
            assert!(op.apply(Params { std, mean }, &site, &fields).is_err(), "{std} {mean}");
        }
    }
}
