//! Pixels of three bytes by vectors of a channel each, in lanes of 16 bits where bytes are not
//! enough: what ops share whose output's pixels are made of the same pixels of the input. Only
//! where there are shuffles: [`Vocab::SHUFFLES`].
//!
//! They are loops, as an array's own `map` is compiled without the level's instructions.

use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use crate::image::{View, ViewMut};
use crate::kernels::colour::Channels;
use crate::simd::Vocab;

/// What becomes of pixels.
pub trait Pixels {
    fn pixels<S: Vocab>(&self, simd: S, rgb: [S::u8s; 3]) -> [S::u8s; 3];
}

/// Writes what becomes of an image.
#[simd]
pub fn write<S: Vocab, P: Pixels + ?Sized>(simd: S, by: &P, src: View<u8>, mut dst: ViewMut<u8>) {
    let channels = Channels::new(simd);
    let step = 3 * S::u8s::LEN;
    for (y, row) in src.rows().enumerate() {
        let (vectors, tail) = row.split_at(row.len() / step * step);
        let (out, out_tail) = dst.row(y).split_at_mut(vectors.len());
        for (pixels, out) in vectors.chunks_exact(step).zip(out.chunks_exact_mut(step)) {
            let rgb = by.pixels(simd, channels.split(simd, pixels));
            channels.join(simd, rgb, out);
        }
        if tail.is_empty() {
            continue;
        }
        let mut pixels = padded(tail);
        let rgb = by.pixels(simd, channels.split(simd, &pixels));
        channels.join(simd, rgb, &mut pixels);
        out_tail.copy_from_slice(&pixels[..tail.len()]);
    }
}

/// Fewer pixels than a vector holds, and behind them others.
#[inline(always)]
pub fn padded(tail: &[u8]) -> [u8; 192] {
    let mut pixels = [0; 192];
    pixels[..tail.len()].copy_from_slice(tail);
    pixels
}

/// [`Vocab::mulhrs`] of one lane.
#[inline(always)]
pub fn hrs(a: i32, b: i32) -> i32 {
    (a * b + 16384) >> 15
}

#[inline(always)]
pub fn splat<S: Vocab>(simd: S, v: i32) -> S::i16s {
    S::i16s::splat(simd, v as i16)
}

/// v, of either half of the lanes.
#[inline(always)]
pub fn wide<S: Vocab>(simd: S, v: S::u8s) -> [S::i16s; 2] {
    let zero = S::u8s::splat(simd, 0);
    [simd.pair_first(v, zero).bitcast(), simd.pair_second(v, zero).bitcast()]
}

/// Of each channel both halves, clamped to bytes.
#[inline(always)]
pub fn narrow<S: Vocab>(simd: S, [r, g, b]: [[S::i16s; 2]; 3]) -> [S::u8s; 3] {
    [
        simd.clamp_u8_within_blocks(r[0], r[1]),
        simd.clamp_u8_within_blocks(g[0], g[1]),
        simd.clamp_u8_within_blocks(b[0], b[1]),
    ]
}
