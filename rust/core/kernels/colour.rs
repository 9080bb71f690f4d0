//! What colour ops share: the range of a sample, and luma.
//!
//! Luma is (9798 R + 19235 G + 3735 B) / 32768, Rec. 601's weights in fifteen bits; they sum to 1
//! and are exact in float32, so they are the same for every type. uint8 and uint16: the weighted
//! sum + 16384, shifted right by 15, all within 32 bits. float32: (r R + g G) + b B, each product
//! and sum rounded.
//!
//! A sample is brought into 0..M, M the value of white, before an op and after each of its steps:
//! uint16 by `min(v, M)`; float32 by `v + 0.0`, then clamped. The addition makes -0.0 into 0.0;
//! which zero a clamp alone returns is unspecified, and platforms differ.

use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::fill::FromFill;
use crate::maths::canonical;
use crate::maths::within;
use crate::simd::Vocab;

pub const LUMA: [u16; 3] = [9798, 19235, 3735];

/// A sample of an image, as colour ops see it.
pub trait Colour: FromFill + Into<f64> {
    /// Within 0 to white, and not -0.0; a NaN is the canonical one.
    fn limit(self, white: Self) -> Self;

    fn luma(rgb: [Self; 3]) -> Self;

    /// The nearest of 256 levels of 0 to white for one that is within them, 0 for NaN.
    fn byte(self, white: Self) -> u8;

    /// So many of those levels more, within 0 to white: integers rounded, halves up.
    fn plus(self, levels: i32, white: Self) -> Self;

    /// A sum with weights in 32768ths, as luma is one; at most the largest value of the type.
    fn weigh(rgb: [Self; 3], weights: [u16; 3]) -> Self;
}

macro_rules! integer {
    ($($t:ty),*) => {$(
        impl Colour for $t {
            #[inline(always)]
            fn limit(self, white: Self) -> Self {
                // Every byte is at most its white.
                if size_of::<Self>() == 1 { self } else { self.min(white) }
            }

            #[inline(always)]
            fn luma(rgb: [Self; 3]) -> Self {
                let [r, g, b] = [0, 1, 2].map(|c| u32::from(rgb[c]) * u32::from(LUMA[c]));
                ((r + g + b + 16384) >> 15) as $t
            }

            #[inline(always)]
            fn byte(self, white: Self) -> u8 {
                let [value, white] = [self, white].map(u32::from);
                ((510 * value + white) / (2 * white)) as u8
            }

            #[inline(always)]
            fn plus(self, levels: i32, white: Self) -> Self {
                let more = (2 * i64::from(white) * i64::from(levels) + 255).div_euclid(510);
                (i64::from(self) + more).clamp(0, white.into()) as $t
            }

            #[inline(always)]
            fn weigh(rgb: [Self; 3], weights: [u16; 3]) -> Self {
                let [r, g, b] = [0, 1, 2].map(|c| u32::from(rgb[c]) * u32::from(weights[c]));
                ((r + g + b + 16384) >> 15).min(<$t>::MAX.into()) as $t
            }
        }
    )*};
}
integer!(u8, u16);

impl Colour for f32 {
    #[inline(always)]
    fn limit(self, white: f32) -> Self {
        canonical(within(self + 0.0, white))
    }

    #[inline(always)]
    fn luma(rgb: [Self; 3]) -> Self {
        Self::weigh(rgb, LUMA)
    }

    #[inline(always)]
    fn weigh(rgb: [Self; 3], weights: [u16; 3]) -> Self {
        let [r, g, b] = [0, 1, 2].map(|c| rgb[c] * (f32::from(weights[c]) * (1.0 / 32768.0)));
        (r + g) + b
    }

    #[inline(always)]
    fn byte(self, white: f32) -> u8 {
        // `as` makes 0 of NaN.
        (255.0 * (self / white) + 0.5) as u8
    }

    #[inline(always)]
    fn plus(self, levels: i32, white: f32) -> f32 {
        (self + levels as f32 / 255.0 * white).limit(white)
    }
}

/// Pixels of three bytes as three vectors, one per channel, and back, by shuffles. Only where
/// there are any: [`Vocab::SHUFFLES`].
///
/// Of three vectors of pixels, the second begins with green and the third with blue, as 16 and 64
/// leave 1 when divided by 3. So a channel has other lanes in each, and one shuffle orders what is
/// picked from all three.
pub struct Channels<S: Vocab> {
    /// Ones in the lanes whose number leaves 0, and 1, when divided by 3.
    lanes: [S::u8s; 2],
    /// Where a pixel's byte is, of each channel.
    split: [S::u8s; 3],
    /// Which pixel's byte goes to a lane, of each channel.
    join: [S::u8s; 3],
    /// Which pixel a lane belongs to, in each vector.
    pixel: [S::u8s; 3],
}

impl<S: Vocab> Channels<S> {
    #[inline(always)]
    pub fn new(simd: S) -> Self {
        let tables = if S::u8s::LEN == 64 { &SHUFFLES_64 } else { &SHUFFLES_16 };
        let table = |t: usize| S::u8s::from_slice(simd, &tables[t][..S::u8s::LEN]);
        // A shuffle within blocks has the lanes of each block count from 0.
        let span = if S::u8s::LEN == 64 { 64 } else { 16 };
        let lanes = |k: usize| S::u8s::from_fn(simd, |i| if i % span % 3 == k { 255 } else { 0 });
        Channels {
            lanes: [lanes(0), lanes(1)],
            split: [table(0), table(1), table(2)],
            join: [table(3), table(4), table(5)],
            pixel: [table(6), table(7), table(8)],
        }
    }

    /// The channels of as many pixels as a vector has bytes.
    #[inline(always)]
    pub fn split(&self, simd: S, pixels: &[u8]) -> [S::u8s; 3] {
        let n = S::u8s::LEN;
        let vector = |v: usize| S::u8s::from_slice(simd, &pixels[v * n..][..n]);
        let [a, b, c] = simd.thirds([vector(0), vector(1), vector(2)]);
        let [red, green, blue] = self.split;
        [
            shuffle::<S>(self.pick([a, c, b]), red),
            shuffle::<S>(self.pick([b, a, c]), green),
            shuffle::<S>(self.pick([c, b, a]), blue),
        ]
    }

    /// Writes as many pixels.
    #[inline(always)]
    pub fn join(&self, simd: S, [r, g, b]: [S::u8s; 3], pixels: &mut [u8]) {
        let [red, green, blue] = self.join;
        let [r, g, b] = [shuffle::<S>(r, red), shuffle::<S>(g, green), shuffle::<S>(b, blue)];
        let vectors = [self.pick([r, g, b]), self.pick([g, b, r]), self.pick([b, r, g])];
        store(simd, vectors, pixels);
    }

    /// Writes as many pixels that are this in all channels.
    #[inline(always)]
    pub fn repeat(&self, simd: S, gray: S::u8s, pixels: &mut [u8]) {
        let [a, b, c] = self.pixel;
        let vectors = [shuffle::<S>(gray, a), shuffle::<S>(gray, b), shuffle::<S>(gray, c)];
        store(simd, vectors, pixels);
    }

    /// Lanes 0, 3, ... of the first vector, 1, 4, ... of the second and 2, 5, ... of the third.
    #[inline(always)]
    fn pick(&self, [first, second, third]: [S::u8s; 3]) -> S::u8s {
        let [zeros, ones] = self.lanes;
        let others = (second & ones) | (third & !ones);
        (first & zeros) | (others & !zeros)
    }
}

#[inline(always)]
fn store<S: Vocab>(simd: S, vectors: [S::u8s; 3], pixels: &mut [u8]) {
    let n = S::u8s::LEN;
    for (v, vector) in simd.unthirds(vectors).into_iter().enumerate() {
        vector.store_slice(&mut pixels[v * n..][..n]);
    }
}

static SHUFFLES_16: [[u8; 64]; 9] = shuffles(16);
static SHUFFLES_64: [[u8; 64]; 9] = shuffles(64);

/// The tables of `split`, `join` and `pixel` for shuffles that reach across `span` bytes.
const fn shuffles(span: usize) -> [[u8; 64]; 9] {
    let mut tables = [[0; 64]; 9];
    let mut at = 0;
    while at < 3 * 64 {
        let (channel, i) = (at / 64, at % 64);
        let lane = i % span;
        tables[channel][i] = ((3 * lane + channel) % span) as u8;
        // The vector that has this channel in this lane.
        let vector = (channel + 3 - lane % 3) % 3;
        tables[3 + channel][i] = ((vector * span + lane) / 3) as u8;
        tables[6 + channel][i] = ((channel * span + lane) / 3) as u8;
        at += 1;
    }
    tables
}

#[inline(always)]
fn shuffle<S: Vocab>(v: S::u8s, index: S::u8s) -> S::u8s {
    if S::BLOCKS { v.swizzle_dyn_within_blocks(index) } else { v.swizzle_dyn(index) }
}

/// The luma of pixels.
#[inline(always)]
pub fn luma<S: Vocab>(simd: S, [r, g, b]: [S::u8s; 3]) -> S::u8s {
    let zero = S::u8s::splat(simd, 0);
    simd.unpair(
        luma_half::<S>(
            simd.pair_first(r, zero),
            simd.pair_first(g, zero),
            simd.pair_first(b, zero),
        ),
        luma_half::<S>(
            simd.pair_second(r, zero),
            simd.pair_second(g, zero),
            simd.pair_second(b, zero),
        ),
    )
}

/// With weights 256 h + l, luma is (H + 64 + (L >> 8)) >> 7, H and L the sums of h and l times the
/// channels, all within 16 bits.
#[inline(always)]
fn luma_half<S: Vocab>(r: S::u16s, g: S::u16s, b: S::u16s) -> S::u16s {
    let [wr, wg, wb] = LUMA;
    let high = r * (wr >> 8) + g * (wg >> 8) + b * (wb >> 8);
    let low = r * (wr & 255) + g * (wg & 255) + b * (wb & 255);
    (high + 64 + (low >> 8)) >> 7
}

/// The luma of each pixel of a row.
#[simd]
pub fn luma_row<S: Vocab>(simd: S, row: &[u8], lumas: &mut [u8]) {
    let n = S::u8s::LEN;
    let whole = if S::SHUFFLES { lumas.len() - lumas.len() % n } else { 0 };
    let (pixels, pixels_left) = row.split_at(3 * whole);
    let (out, out_left) = lumas.split_at_mut(whole);
    let channels = Channels::new(simd);
    for (out, pixels) in out.chunks_exact_mut(n).zip(pixels.chunks_exact(3 * n)) {
        luma(simd, channels.split(simd, pixels)).store_slice(out);
    }
    for (out, &rgb) in out_left.iter_mut().zip(pixels_left.as_chunks().0) {
        *out = u8::luma(rgb);
    }
}

/// All channels of a row's pixels as much brighter or darker as `to` is than `from`, clamped.
#[simd]
pub fn shift_row<S: Vocab>(simd: S, from: &[u8], to: &[u8], row: &[u8], out: &mut [u8]) {
    let n = S::u8s::LEN;
    let whole = if S::SHUFFLES { from.len() - from.len() % n } else { 0 };
    let channels = Channels::new(simd);
    for at in (0..whole).step_by(n) {
        let from = S::u8s::from_slice(simd, &from[at..][..n]);
        let to = S::u8s::from_slice(simd, &to[at..][..n]);
        // No pixel becomes both.
        let (more, less) = (to.saturating_sub(from), from.saturating_sub(to));
        let mut shifted = channels.split(simd, &row[3 * at..][..3 * n]);
        for channel in &mut shifted {
            *channel = channel.saturating_add(more).saturating_sub(less);
        }
        channels.join(simd, shifted, &mut out[3 * at..][..3 * n]);
    }
    let pixels =
        row[3 * whole..].as_chunks::<3>().0.iter().zip(from[whole..].iter().zip(&to[whole..]));
    for (out, (rgb, (&from, &to))) in out[3 * whole..].as_chunks_mut::<3>().0.iter_mut().zip(pixels)
    {
        let (more, less) = (to.saturating_sub(from), from.saturating_sub(to));
        *out = rgb.map(|v| v.saturating_add(more).saturating_sub(less));
    }
}

/// Refuses an image without red, green and blue; `what` needs them.
pub fn check_rgb(op: &str, what: &str, shape: Shape) -> Result<()> {
    if shape.channels == 3 {
        return Ok(());
    }
    let message = format!("{what} needs 3 channels, the image has {}", shape.channels);
    Err(Error::refused(op, message))
}

/// Refuses an image that is neither gray nor red, green and blue; `what` needs either.
pub fn check_gray_or_rgb(op: &str, what: &str, shape: Shape) -> Result<()> {
    if matches!(shape.channels, 1 | 3) {
        return Ok(());
    }
    let message = format!("{what} needs 1 or 3 channels, the image has {}", shape.channels);
    Err(Error::refused(op, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_stays_white() {
        assert_eq!(u8::luma([255; 3]), 255);
        assert_eq!(u16::luma([65535; 3]), 65535);
        assert_eq!(f32::luma([1.0; 3]), 1.0);
    }

    #[test]
    fn bytes_are_the_nearest() {
        for byte in 0..=255_u8 {
            assert_eq!(byte.byte(255), byte);
            assert_eq!((257 * u16::from(byte)).byte(65535), byte);
            assert_eq!((f32::from(byte) / 255.0).byte(1.0), byte);
        }
        assert_eq!([127, 128, 129].map(|v: u16| v.byte(65535)), [0, 0, 1]);
        assert_eq!(4095_u16.byte(4095), 255);
        assert_eq!(f32::NAN.byte(1.0), 0);
    }

    #[test]
    fn levels_are_added_within_the_range() {
        for levels in -255..=255 {
            let expected = (100 + levels).clamp(0, 255);
            assert_eq!(i32::from(100_u8.plus(levels, 255)), expected);
            assert_eq!(i32::from(25_700_u16.plus(levels, 65535)), 257 * expected);
            assert_eq!(0.0.plus(levels, 1.0), levels.max(0) as f32 / 255.0);
        }
        assert_eq!([-1, 1].map(|levels| 7_u16.plus(levels, 1)), [1, 1]);
    }

    #[test]
    fn limits() {
        assert_eq!([-1.0, 0.25, f32::INFINITY].map(|v: f32| v.limit(1.0)), [0.0, 0.25, 1.0]);
        assert_eq!([-1.0, 0.25, 9.0].map(|v: f32| v.limit(4.0)), [0.0, 0.25, 4.0]);
        assert_eq!([7, 65535].map(|v: u16| v.limit(4095)), [7, 4095]);
        assert_eq!((-f32::NAN).limit(1.0).to_bits(), 0x7fc0_0000);
        assert_eq!((-0.0f32).limit(1.0).to_bits(), 0);
    }
}
