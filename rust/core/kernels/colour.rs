//! What colour ops share: the range of a sample, and luma.
//!
//! Luma is (9798 R + 19235 G + 3735 B) / 32768, Rec. 601's weights in fifteen bits; they sum to 1
//! and are exact in float32, so they are the same for every type. uint8 and uint16: the weighted
//! sum + 16384, shifted right by 15, all within 32 bits. float32: (r R + g G) + b B, each product
//! and sum rounded.
//!
//! A float32 sample is brought into 0..1 before an op and after each of its steps: `v + 0.0`, then
//! clamped. The addition makes -0.0 into 0.0; which zero a clamp alone returns is unspecified, and
//! platforms differ.

use fearless_simd::prelude::*;

use crate::canonical;
use crate::error::{Error, Result};
use crate::image::{Element, Shape};
use crate::simd::Vocab;

pub const LUMA: [u16; 3] = [9798, 19235, 3735];

/// A sample of an image, as colour ops see it.
pub trait Colour: Element + Into<f64> {
    /// In the nominal range, and not -0.0; a NaN is the canonical one.
    fn limit(self) -> Self;

    fn luma(rgb: [Self; 3]) -> Self;
}

macro_rules! integer {
    ($($t:ty),*) => {$(
        impl Colour for $t {
            #[inline(always)]
            fn limit(self) -> Self {
                self
            }

            #[inline(always)]
            fn luma(rgb: [Self; 3]) -> Self {
                let [r, g, b] = [0, 1, 2].map(|c| u32::from(rgb[c]) * u32::from(LUMA[c]));
                ((r + g + b + 16384) >> 15) as $t
            }
        }
    )*};
}
integer!(u8, u16);

impl Colour for f32 {
    #[inline(always)]
    fn limit(self) -> Self {
        canonical((self + 0.0).clamp(0.0, 1.0))
    }

    #[inline(always)]
    fn luma(rgb: [Self; 3]) -> Self {
        let [r, g, b] = [0, 1, 2].map(|c| rgb[c] * (f32::from(LUMA[c]) * (1.0 / 32768.0)));
        (r + g) + b
    }
}

/// Pixels of three bytes as three vectors, one per channel, and back, by shuffles. Only where
/// there are any: [`Vocab::SHUFFLES`].
pub struct Channels<S: Vocab> {
    /// Where in its vector a channel's byte is, and whether that vector is the first or second.
    split: [(S::u8s, [S::mask8s; 2]); 3],
    /// Which pixel a byte belongs to, and whether it is red or green.
    join: [(S::u8s, [S::mask8s; 2]); 3],
}

impl<S: Vocab> Channels<S> {
    #[inline(always)]
    pub fn new(simd: S) -> Self {
        let tables = if S::u8s::LEN == 64 { &SHUFFLES_64 } else { &SHUFFLES_16 };
        let n = S::u8s::LEN;
        let shuffle = |[index, first, second]: &[[u8; 64]; 3]| {
            let mask = |lanes: &[u8; 64]| S::u8s::from_slice(simd, &lanes[..n]).simd_ne(0);
            (S::u8s::from_slice(simd, &index[..n]), [mask(first), mask(second)])
        };
        let [a, b, c, d, e, f] = tables;
        Channels {
            split: [shuffle(a), shuffle(b), shuffle(c)],
            join: [shuffle(d), shuffle(e), shuffle(f)],
        }
    }

    /// The channels of as many pixels as a vector has bytes.
    #[inline(always)]
    pub fn split(&self, simd: S, pixels: &[u8]) -> [S::u8s; 3] {
        let n = S::u8s::LEN;
        let vector = |v: usize| S::u8s::from_slice(simd, &pixels[v * n..][..n]);
        let vectors = simd.thirds([vector(0), vector(1), vector(2)]);
        let [r, g, b] = &self.split;
        [shuffled::<S>(vectors, r), shuffled::<S>(vectors, g), shuffled::<S>(vectors, b)]
    }

    /// Writes as many pixels.
    #[inline(always)]
    pub fn join(&self, simd: S, channels: [S::u8s; 3], pixels: &mut [u8]) {
        let n = S::u8s::LEN;
        let [a, b, c] = &self.join;
        let vectors =
            [shuffled::<S>(channels, a), shuffled::<S>(channels, b), shuffled::<S>(channels, c)];
        for (v, vector) in simd.unthirds(vectors).into_iter().enumerate() {
            vector.store_slice(&mut pixels[v * n..][..n]);
        }
    }
}

static SHUFFLES_16: [[[u8; 64]; 3]; 6] = shuffles(16);
static SHUFFLES_64: [[[u8; 64]; 3]; 6] = shuffles(64);

/// The tables of `split` and `join` for shuffles that reach across `span` bytes.
const fn shuffles(span: usize) -> [[[u8; 64]; 3]; 6] {
    let mut tables = [[[0; 64]; 3]; 6];
    let mut at = 0;
    while at < 3 * 64 {
        let (k, i) = (at / 64, at % 64);
        // Byte 3 i + k is the channel k of pixel i; byte i of vector k is one of pixel `pixel`.
        let byte = 3 * (i % span) + k;
        let (pixel, channel) = ((k * span + i % span) / 3, (k * span + i % span) % 3);
        tables[k][0][i] = (byte % span) as u8;
        tables[3 + k][0][i] = pixel as u8;
        let mut which = 0;
        while which < 2 {
            tables[k][1 + which][i] = (byte / span == which) as u8;
            tables[3 + k][1 + which][i] = (channel == which) as u8;
            which += 1;
        }
        at += 1;
    }
    tables
}

#[inline(always)]
fn shuffled<S: Vocab>(
    [a, b, c]: [S::u8s; 3],
    (index, [first, second]): &(S::u8s, [S::mask8s; 2]),
) -> S::u8s {
    let (a, b, c) = (shuffle::<S>(a, *index), shuffle::<S>(b, *index), shuffle::<S>(c, *index));
    first.select(a, second.select(b, c))
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

/// Refuses an image without red, green and blue; `what` needs them.
pub fn check_rgb(op: &str, what: &str, shape: Shape) -> Result<()> {
    if shape.channels == 3 {
        return Ok(());
    }
    let message = format!("{what} needs 3 channels, the image has {}", shape.channels);
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
    fn limits() {
        assert_eq!([-1.0, 0.25, f32::INFINITY].map(Colour::limit), [0.0, 0.25, 1.0]);
        assert_eq!((-f32::NAN).limit().to_bits(), 0x7fc0_0000);
        assert_eq!((-0.0f32).limit().to_bits(), 0);
    }
}
