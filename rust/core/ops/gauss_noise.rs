//! Adds normal noise; its standard deviation and mean are fractions of white.
//!
//! With S = std M and U = mean M, M the value of white (f64 products), an element of the noise has
//! 16 bits h, their sign s (all ones if h >= 2^15, else 0) and their deviate z in Q16
//! (random/normal.rs). >> is arithmetic, all of it fits i32 but |z| g.
//!
//! ```text
//! uint8    g, j = Gain::uint8(S);   q = 18      k = 16 + j - q, so that n has k fraction bits
//! uint16   g, j = Gain::uint16(S);  q = 5
//!          u = round(U 2^k), half away from zero
//!          n = (|z| g >> q) ^ s;    out = clamp(v + ((n + u + 2^(k-1)) >> k))
//! float32  a = float_gain(S), u = U as f32, M as f32
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

use fearless_simd::prelude::*;
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Part, Range, Shift, Within};
use crate::error::Result;
use crate::image::{Aligned, Shape, View, ViewMut};
use crate::kernels::elements::{self, CHUNK};
use crate::kernels::fill::FromFill;
use crate::kernels::kernel::{Kernel, Reach};
use crate::kernels::step::{Site, Step, Steps};
use crate::maths::canonical;
use crate::maths::within;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::random::normal::{Gain, Z_BITS, deviate, float_gain, magnitudes, rare, sign};
use crate::random::philox::Field;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::vectors;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GaussNoise {
    pub std_range: Range<Part>,
    pub mean_range: Range<Shift>,
    pub per_channel: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub std: Within<Part>,
    pub mean: Within<Shift>,
}

impl Op for GaussNoise {
    const NAME: &'static str = "GaussNoise";
    const FLOW: Flow = Flow::Nominal;
    const PLANES: u32 = 2;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let std = self.std_range.draw(draws);
        let mean = self.mean_range.draw(draws);
        Ok(Params { std, mean })
    }

    fn apply(&self, Params { std, mean }: Params, site: &Site, noise: Noise) -> Result<Steps> {
        let group = if self.per_channel { 1 } else { site.shape.channels };
        let (body, tail) = (noise.plane(0), noise.plane(1));
        let white = site.white;
        let (std, mean) = (std.get() * white, mean.get() * white);
        Ok(Step::Pixels(Box::new(Added { std, mean, white, group, body, tail })).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let noise = |std, mean, per_channel| GaussNoise {
            std_range: Range::new(std),
            mean_range: Range::new(mean),
            per_channel,
        };
        vec![
            noise([0.2, 0.44], [0.0, 0.0], true),
            noise([0.003, 0.02], [-0.1, 0.1], false),
            noise([1.0, 1.0], [-1.0, 1.0], true),
            noise([0.0, 0.0], [0.0, 0.0], false),
        ]
    }
}

struct Added {
    /// In levels, as the mean is.
    std: f64,
    mean: f64,
    white: f64,
    /// Samples that share an element.
    group: usize,
    body: Field,
    tail: Field,
}

impl Kernel for Added {
    fn reach(&self) -> Reach {
        Reach::Rows
    }

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, first: usize) -> Result<()> {
        let levels = Levels::new(Gain::uint8(self.std), 18, self.mean);
        self.run(level, &Narrow::new(levels), src, dst, first);
        Ok(())
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) -> Result<()> {
        let levels = Levels::new(Gain::uint16(self.std), 5, self.mean);
        self.run(level, &Wide(levels), src, dst, first);
        Ok(())
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) -> Result<()> {
        let floats = Floats { gain: float_gain(self.std), mean: self.mean as f32 };
        self.run(level, &floats, src, dst, first);
        Ok(())
    }
}

impl Added {
    fn run<T: Sample, A: Amplitude<Noise = T::Noise>>(
        &self,
        level: Level,
        amplitude: &A,
        src: View<T>,
        dst: ViewMut<T>,
        first: usize,
    ) {
        let white = T::from_fill(self.white);
        let Aligned(words) = &mut Aligned([0; CHUNK / 2]);
        let make = |first, noise: &mut [_]| self.fill(level, amplitude, first, words, noise);
        let put = |_, values: &[T], noise: &[_], sums: &mut [T]| {
            vectors!(level, simd => add(simd, self.group, values, noise, white, sums));
        };
        elements::each(src, dst, first, self.group, make, put);
    }

    /// The noise of the elements from `first`, a multiple of [`elements::ALIGN`], on.
    fn fill<A: Amplitude>(
        &self,
        level: Level,
        amplitude: &A,
        first: u64,
        words: &mut [u32],
        out: &mut [A::Noise],
    ) {
        let words = &mut words[..out.len() / 2];
        self.body.fill(level, first / 2, words);
        let tail = |i: usize| self.tail.word(first + i as u64);
        vectors!(level, simd => scale(simd, amplitude, words, tail, out));
    }
}

/// The noise of the elements of `words`: in lanes, or where these cannot give it by its definition.
#[simd]
fn scale<S: Vocab, A: Amplitude>(
    simd: S,
    amplitude: &A,
    words: &[u32],
    tail: impl Fn(usize) -> u32,
    out: &mut [A::Noise],
) {
    let n = S::u16s::LEN;
    // Set aside: a branch that is rarely taken stalls what goes on around it.
    let (mut left, mut count) = ([0; CHUNK / 16], 0);
    for (at, (words, out)) in words.chunks_exact(n).zip(out.chunks_exact_mut(2 * n)).enumerate() {
        let h = [bits(simd, &words[..n / 2]), bits(simd, &words[n / 2..])];
        let (z, some_rare) = magnitudes(simd, h);
        for (v, out) in out.chunks_exact_mut(n).enumerate() {
            amplitude.body(simd, h[v], z[v], out);
        }
        left[count] = at;
        count += usize::from(some_rare);
    }
    for at in &left[..count] {
        let (words, out) = (&words[at * n..][..n], &mut out[2 * n * at..][..2 * n]);
        for v in 0..2 {
            let mut rare = rare::<S>(bits(simd, &words[v * n / 2..][..n / 2])).to_bitmask();
            while rare != 0 {
                let i = v * n + rare.trailing_zeros() as usize;
                let h = (words[i / 2] >> (16 * (i % 2))) as u16;
                out[i] = amplitude.at(h, deviate(h, || tail(2 * n * at + i)));
                rare &= rare - 1;
            }
        }
    }
}

/// The 16 bits of every element, the low half of a word first.
#[inline(always)]
fn bits<S: Simd>(simd: S, words: &[u32]) -> S::u16s {
    let words = S::u32s::from_slice(simd, words);
    if cfg!(target_endian = "big") { words << 16 | words >> 16 } else { words }.bitcast()
}

#[simd]
fn add<S: Vocab, T: Sample>(
    simd: S,
    group: usize,
    src: &[T],
    noise: &[T::Noise],
    white: T,
    dst: &mut [T],
) {
    match group {
        1 => T::sum(simd, src, noise, white, dst),
        3 => add_spread::<S, T, 3>(simd, src, noise, white, dst),
        4 => add_spread::<S, T, 4>(simd, src, noise, white, dst),
        _ => {
            let pixels = dst.chunks_exact_mut(group).zip(src.chunks_exact(group));
            for ((out, pixel), &noise) in pixels.zip(noise) {
                for (out, &value) in out.iter_mut().zip(pixel) {
                    *out = value.plus(noise, white);
                }
            }
        }
    }
}

#[inline(always)]
fn add_spread<S: Vocab, T: Sample, const G: usize>(
    simd: S,
    src: &[T],
    noise: &[T::Noise],
    white: T,
    dst: &mut [T],
) {
    const PIXELS: usize = 256;
    let mut buffer = [[T::Noise::default(); G]; PIXELS];
    let samples = dst.chunks_mut(G * PIXELS).zip(src.chunks(G * PIXELS));
    for ((dst, src), noise) in samples.zip(noise.chunks(PIXELS)) {
        let spread = buffer[..noise.len()].as_flattened_mut();
        spread_noise::<S, T::Noise, G>(simd, noise, spread);
        T::sum(simd, src, spread, white, dst);
    }
}

/// Each value `G` times.
#[inline(always)]
fn spread_noise<S: Simd, N: Lane, const G: usize>(simd: S, noise: &[N], out: &mut [N]) {
    let (n, size) = (N::Lanes::<S>::LEN, size_of::<N>());
    let mut index = [S::u8s::splat(simd, 0); G];
    for (v, index) in index.iter_mut().enumerate() {
        *index = S::u8s::from_fn(simd, |b| ((v * n + b / size) / G * size + b % size) as u8);
    }
    let whole = noise.len() - noise.len() % n;
    let (out, out_rest) = out.split_at_mut(G * whole);
    for (noise, out) in noise.chunks_exact(n).zip(out.chunks_exact_mut(G * n)) {
        let noise = N::Lanes::<S>::from_slice(simd, noise);
        for v in 0..G {
            noise.swizzle_dyn(index[v]).store_slice(&mut out[v * n..][..n]);
        }
    }
    for (out, &noise) in out_rest.chunks_exact_mut(G).zip(&noise[whole..]) {
        out.fill(noise);
    }
}

/// What noise is made of.
trait Lane: Copy + Default {
    type Lanes<S: Simd>: SimdBase<S, Element = Self, ByteVector = S::u8s>;
}

impl Lane for i16 {
    type Lanes<S: Simd> = S::i16s;
}

impl Lane for i32 {
    type Lanes<S: Simd> = S::i32s;
}

impl Lane for f32 {
    type Lanes<S: Simd> = S::f32s;
}

/// What noise can be added to.
trait Sample: FromFill {
    type Noise: Lane;
    /// The sum, clamped to 0..white.
    fn plus(self, noise: Self::Noise, white: Self) -> Self;

    #[inline(always)]
    fn sum<S: Vocab>(_: S, src: &[Self], noise: &[Self::Noise], white: Self, dst: &mut [Self]) {
        for ((out, &value), &noise) in dst.iter_mut().zip(src).zip(noise) {
            *out = value.plus(noise, white);
        }
    }
}

impl Sample for u8 {
    type Noise = i16;
    #[inline(always)]
    fn plus(self, noise: i16, _: u8) -> u8 {
        (i16::from(self) + noise).clamp(0, 255) as u8
    }

    #[inline(always)]
    fn sum<S: Vocab>(simd: S, src: &[u8], noise: &[i16], white: u8, dst: &mut [u8]) {
        let n = S::u8s::LEN;
        let whole = dst.len() - dst.len() % n;
        let (out, out_rest) = dst.split_at_mut(whole);
        for ((out, src), noise) in
            out.chunks_exact_mut(n).zip(src.chunks_exact(n)).zip(noise.chunks_exact(n))
        {
            let (low, high) = S::u8s::from_slice(simd, src).widen();
            let low = low.bitcast::<S::i16s>() + S::i16s::from_slice(simd, &noise[..n / 2]);
            let high = high.bitcast::<S::i16s>() + S::i16s::from_slice(simd, &noise[n / 2..]);
            simd.clamp_u8(low, high).store_slice(out);
        }
        for ((out, &value), &noise) in out_rest.iter_mut().zip(&src[whole..]).zip(&noise[whole..]) {
            *out = value.plus(noise, white);
        }
    }
}

impl Sample for u16 {
    type Noise = i32;
    #[inline(always)]
    fn plus(self, noise: i32, white: u16) -> u16 {
        (i32::from(self) + noise).max(0).min(i32::from(white)) as u16
    }
}

impl Sample for f32 {
    type Noise = f32;
    #[inline(always)]
    fn plus(self, noise: f32, white: f32) -> f32 {
        canonical(within(self + noise, white))
    }
}

/// What makes noise of 16 bits and their deviate.
trait Amplitude {
    type Noise;
    fn at(&self, h: u16, z: i32) -> Self::Noise;
    /// The same in lanes for a deviate of the body, |z| in Q14.
    fn body<S: Vocab>(&self, simd: S, h: S::u16s, z: S::u16s, out: &mut [Self::Noise]);
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

    #[inline(always)]
    fn at(&self, h: u16, z: i32) -> i32 {
        let sign = i32::from(h as i16 >> 15);
        let size = (u64::from(z.unsigned_abs()) * u64::from(self.g)) >> self.q;
        (((size as i32 ^ sign) + self.bias) >> self.k) + self.mean
    }
}

/// In u16 lanes that hold what i16 lanes would and 2^15, so that a product shifts by k.
struct Narrow {
    levels: Levels,
    g: u16,
    bias: u16,
    shift: u16,
    mean: u16,
}

impl Narrow {
    fn new(levels: Levels) -> Self {
        let Levels { g, k, bias, mean, .. } = levels;
        let offset = 1 << 15;
        Narrow {
            g: g as u16,
            bias: (bias + offset) as u16,
            shift: 1 << (16 - k),
            mean: (mean - (offset >> k)) as u16,
            levels,
        }
    }
}

impl Amplitude for Narrow {
    type Noise = i16;

    fn at(&self, h: u16, z: i32) -> i16 {
        self.levels.at(h, z) as i16
    }

    #[inline(always)]
    fn body<S: Vocab>(&self, simd: S, h: S::u16s, z: S::u16s, out: &mut [i16]) {
        let size = simd.mulhi(z, S::u16s::splat(simd, self.g));
        let n = (size ^ sign::<S>(h)) + self.bias;
        let noise = simd.mulhi(n, S::u16s::splat(simd, self.shift)) + self.mean;
        noise.bitcast::<S::i16s>().store_slice(out);
    }
}

struct Wide(Levels);

impl Amplitude for Wide {
    type Noise = i32;

    fn at(&self, h: u16, z: i32) -> i32 {
        self.0.at(h, z)
    }

    #[inline(always)]
    fn body<S: Vocab>(&self, _: S, h: S::u16s, z: S::u16s, out: &mut [i32]) {
        let Levels { g, q, k, bias, mean } = self.0;
        for ((out, &h), &z) in out.iter_mut().zip(h.as_slice()).zip(z.as_slice()) {
            let size = ((u32::from(z) * g) >> (q - 2)) as i32;
            *out = (((size ^ i32::from(h as i16 >> 15)) + bias) >> k) + mean;
        }
    }
}

struct Floats {
    gain: f32,
    mean: f32,
}

impl Amplitude for Floats {
    type Noise = f32;

    #[inline(always)]
    fn at(&self, _: u16, z: i32) -> f32 {
        z as f32 * self.gain + self.mean
    }

    #[inline(always)]
    fn body<S: Vocab>(&self, _: S, h: S::u16s, z: S::u16s, out: &mut [f32]) {
        for ((out, &h), &z) in out.iter_mut().zip(h.as_slice()).zip(z.as_slice()) {
            let sign = i32::from(h as i16 >> 15);
            *out = self.at(h, (i32::from(z) << 2 ^ sign) - sign);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::{DType, Image};
    use crate::ops::edited;
    use crate::random::normal::magnitude;

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

    /// Every deviate of the body in the lanes of every level.
    #[test]
    fn lanes_equal_the_definition() {
        fn check<A: Amplitude<Noise: PartialEq + Default + std::fmt::Debug>>(amplitude: &A) {
            let words: Vec<u32> = (0..1 << 15).map(|i| (2 * i) | ((2 * i + 1) << 16)).collect();
            for level in crate::simd::level::available() {
                let mut out: Vec<A::Noise> = (0..1 << 16).map(|_| Default::default()).collect();
                let tail = |_| 0x1234_5678;
                vectors!(level, simd => scale(simd, amplitude, &words, tail, &mut out));
                for (h, got) in (0..).zip(out) {
                    assert_eq!(got, amplitude.at(h, z(h)), "{level:?} {h}");
                }
            }
        }
        for (sigma, mean) in
            [(0.0, 0.0), (0.003, -0.2), (25.0, 0.0), (127.99, 37.26), (255.0, -255.0)]
        {
            let [narrow, wide] = levels(sigma, mean);
            check(&Narrow::new(narrow));
            check(&Wide(wide));
            check(&Floats { gain: float_gain(sigma / 255.0), mean: (mean / 255.0) as f32 });
        }
    }

    /// Chunks, rows with gaps, bands and shared deviates, against element by element.
    #[test]
    fn every_element_has_its_address() {
        fn check<T: Sample + std::fmt::Debug, A: Amplitude<Noise = T::Noise>>(
            value: impl Fn(usize) -> T,
            amplitude: &A,
        ) {
            let field = |key| Field { key, epoch: 3, index: 1 << 40 };
            for (shape, group) in [
                (Shape::new(61, 67, 3), 1),
                (Shape::new(61, 67, 3), 3),
                (Shape::new(9, 331, 4), 4),
                (Shape::new(5, 401, 2), 2),
                (Shape::new(301, 1, 1), 1),
            ] {
                let stride = shape.row() + 5;
                let memory: Vec<T> = (0..shape.height * stride).map(&value).collect();
                let (std, mean, white) = (0.0, 0.0, 200.0);
                let (body, tail) = (field(7), field(8));
                let noise = Added { std, mean, white, group, body, tail };
                let deviate_of = |e: u64| {
                    let h = (noise.body.word(e / 2) >> (16 * (e % 2))) as u16;
                    amplitude.at(h, deviate(h, || noise.tail.word(e)))
                };
                for (level, rows) in crate::simd::level::available()
                    .into_iter()
                    .flat_map(|level| [shape.height, 7, 4].map(|rows| (level, rows)))
                {
                    for first in (0..shape.height).step_by(rows) {
                        let band = shape.sized(rows.min(shape.height - first), shape.width);
                        let src = View::new(&memory[first * stride..], band, stride);
                        let mut out = Image::new(band);
                        noise.run(level, amplitude, src, out.view_mut(), first);
                        for (i, (value, &got)) in src.rows().flatten().zip(&out.data).enumerate() {
                            let e = ((first * shape.row() + i) / group) as u64;
                            let expected = value.plus(deviate_of(e), T::from_fill(white));
                            assert_eq!(got, expected, "{level:?} {group} {e}");
                        }
                    }
                }
            }
        }
        let [narrow, wide] = levels(60.0, 10.0);
        check(|i| (i % 251) as u8, &Narrow::new(narrow));
        check(|i| (i * 257 % 65521) as u16, &Wide(wide));
        check(|i| (i % 251) as f32 / 250.0, &Floats { gain: float_gain(0.3), mean: 0.1 });
    }

    #[test]
    fn floats_are_clamped_and_nan_is_canonical() {
        let nan = f32::from_bits(0xffc1_2345);
        assert_eq!(nan.plus(0.1, 1.0).to_bits(), 0x7fc0_0000);
        assert_eq!([f32::INFINITY.plus(-3.0, 1.0), f32::NEG_INFINITY.plus(3.0, 1.0)], [1.0, 0.0]);
        assert_eq!([0.9_f32.plus(0.2, 1.0), 0.1_f32.plus(-0.2, 1.0)], [1.0, 0.0]);
    }

    #[test]
    fn edited_parameters_are_checked() {
        let site = Site::new(Shape::new(2, 2, 1), DType::U8);
        let [op, ..] = &GaussNoise::examples(site.shape)[..] else { unreachable!() };
        for (std, mean) in [(-0.1, 0.0), (1.1, 0.0), (0.1, -1.5), (0.1, f64::NAN)] {
            let params = json!({"std": std, "mean": mean});
            assert!(edited(op, &site, params).is_err(), "{std} {mean}");
        }
    }
}
