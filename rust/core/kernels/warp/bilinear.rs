//! Bilinear interpolation of bytes in vectors: pixels of 1, 3 or 4 channels, eight bytes of either
//! source row at a time, which hold both neighbours.
//!
//! With t above u, V = (t << 8) + (u - t) fy is exact in 16 bits. The sum of the left V (256 - fx)
//! and the right V fx is taken of V - 2^15, which is signed, so 2^23 is added to it with the 2^15
//! of the rounding.

use std::ops::Range;

use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use super::Warp;
use crate::image::{Shape, View};
use crate::simd::Vocab;

/// Pixels at a time.
const BLOCK: usize = 64;

/// A word for each pixel, where vectors cross no line of the cache.
#[repr(align(64))]
struct Words([u64; BLOCK]);

impl Words {
    const NEW: Words = Words([0; BLOCK]);
}

/// Pixels of a row, C channels each, from coordinates `start` on. The taps of those within
/// `inside` are all in the image.
#[simd]
pub fn run<S: Vocab, const C: usize>(
    simd: S,
    warp: &Warp,
    fill: &[u8],
    src: View<u8>,
    [start, step]: [[i64; 2]; 2],
    inside: Range<usize>,
    out: &mut [u8],
) {
    let (data, stride) = src.samples();
    let shuffles = Shuffles::<S>::new::<C>(simd);
    let (mut offsets, mut weights) = (Words::NEW, Words::NEW);
    let mut rows = [Words::NEW, Words::NEW];
    let mut line = [0; 4 * BLOCK + 64];
    for (block, out) in out.chunks_mut(BLOCK * C).enumerate() {
        let first = block * BLOCK;
        let count = out.len() / C;
        let at =
            |k: usize, i: usize| start[k].wrapping_add(step[k].wrapping_mul((first + i) as i64));
        locate(simd, [at(0, 0), at(1, 0)], step, stride, C, &mut offsets, &mut weights);
        let begin = inside.start.clamp(first, first + count) - first;
        let end = inside.end.clamp(first, first + count) - first;
        if begin < end {
            // Coordinates rise or fall all along: an end of the range is the farthest.
            let far = |k: usize| (at(k, begin).max(at(k, end - 1)) >> 32) as usize;
            let farthest = far(1) * stride + far(0) * C;
            fetch(simd, data, stride, farthest, &offsets, begin..end, &mut rows);
        }
        for i in (0..begin).chain(end..count) {
            (rows[0].0[i], rows[1].0[i]) = outside::<C>(warp, fill, src, at(0, i), at(1, i));
        }
        mix::<S, C>(simd, &shuffles, &rows, &weights, &mut line);
        out.copy_from_slice(&line[..out.len()]);
    }
}

/// Eight bytes from each of both rows on, for the pixels whose taps are in the image.
#[inline(always)]
fn fetch<S: Vocab>(
    simd: S,
    data: &[u8],
    stride: usize,
    farthest: usize,
    Words(offsets): &Words,
    within: Range<usize>,
    rows: &mut [Words; 2],
) {
    let [Words(top), Words(bottom)] = rows;
    let lanes = S::u64s::LEN;
    let mut i = within.start;
    // Only the last pixels of the last row have less than eight bytes.
    let all = farthest + stride + 8 <= data.len();
    while i < within.end {
        if all && i + lanes <= within.end {
            let offset = S::u64s::from_slice(simd, &offsets[i..][..lanes]);
            // SAFETY: eight bytes from the farthest of these offsets, a row further down, are
            // within the data, by the check above.
            let (t, b) = unsafe {
                (simd.gather_eight(data, offset), simd.gather_eight(data, offset + stride as u64))
            };
            t.store_slice(&mut top[i..][..lanes]);
            b.store_slice(&mut bottom[i..][..lanes]);
            i += lanes;
        } else {
            let offset = offsets[i] as usize;
            (top[i], bottom[i]) = (load(data, offset), load(data, offset + stride));
            i += 1;
        }
    }
}

/// The same where the border has a say.
#[inline(always)]
fn outside<const C: usize>(warp: &Warp, fill: &[u8], src: View<u8>, x: i64, y: i64) -> (u64, u64) {
    let Shape { height, width, .. } = src.shape();
    let (data, stride) = src.samples();
    let cols = warp.resolve::<2>(x, width as i64);
    let lines = warp.resolve::<2>(y, height as i64);
    if let ([Some(left), Some(right)], [Some(top), Some(bottom)]) = (cols, lines)
        && right == left + 1
    {
        return (load(data, top * stride + left * C), load(data, bottom * stride + left * C));
    }
    let mask = u64::MAX >> (64 - 8 * C);
    let tap = |line: Option<usize>, col: Option<usize>| match (line, col) {
        (Some(line), Some(col)) => load(data, line * stride + col * C) & mask,
        _ => load(fill, 0),
    };
    let row = |line| tap(line, cols[0]) | tap(line, cols[1]) << (8 * C);
    (row(lines[0]), row(lines[1]))
}

/// Eight bytes from `at` on as a little-endian word; 0 for those beyond the end.
#[inline(always)]
fn load(data: &[u8], at: usize) -> u64 {
    match data[at..].first_chunk() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => data[at..].iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

/// Where in the source the pixels' first taps are, and their weights: 256 - fx, fx and fy in 16
/// bits each.
#[inline(always)]
fn locate<S: Vocab>(
    simd: S,
    start: [i64; 2],
    step: [i64; 2],
    stride: usize,
    channels: usize,
    Words(offsets): &mut Words,
    Words(weights): &mut Words,
) {
    let lanes = S::u64s::LEN;
    let [mut x, mut y] =
        [S::u64s::splat(simd, start[0] as u64), S::u64s::splat(simd, start[1] as u64)];
    x += S::u64s::from_fn(simd, |i| (step[0] as u64).wrapping_mul(i as u64));
    y += S::u64s::from_fn(simd, |i| (step[1] as u64).wrapping_mul(i as u64));
    let next = [0, 1].map(|k| (step[k] as u64).wrapping_mul(lanes as u64));
    for i in (0..BLOCK).step_by(lanes) {
        let (fx, fy) = (x >> 24 & 255, y >> 24 & 255);
        let offset = (y >> 32) * stride as u64 + (x >> 32) * channels as u64;
        offset.store_slice(&mut offsets[i..][..lanes]);
        let weight = (fx << 16 | fy << 32) + 256 - fx;
        weight.store_slice(&mut weights[i..][..lanes]);
        x += next[0];
        y += next[1];
    }
}

/// Bytes within a block of two pixels, eight each.
struct Shuffles<S: Vocab> {
    /// Left and right neighbour of each channel side by side.
    pairs: S::u8s,
    /// Of the first and the second pixel: 256 - fx and fx four times, fy eight times.
    across: [S::u8s; 2],
    down: [S::u8s; 2],
    close: S::u8s,
}

impl<S: Vocab> Shuffles<S> {
    #[inline(always)]
    fn new<const C: usize>(simd: S) -> Self {
        let pick = |f: fn(usize) -> usize| S::u8s::from_fn(simd, |i| f(i % 16) as u8);
        Shuffles {
            pairs: pick(|i| {
                let (pixel, i) = (i / 8, i % 8);
                8 * pixel + (i / 2 + i % 2 * C) % 8
            }),
            across: [pick(|i| i % 4), pick(|i| 8 + i % 4)],
            down: [pick(|i| 4 + i % 2), pick(|i| 12 + i % 2)],
            close: S::u8s::from_fn(simd, |i| {
                let (pixel, channel) = (i / C, i % C);
                let at = if S::u8s::LEN == 64 {
                    pixel / 2 * 16 + pixel % 2 * 64 + channel * 4 + 2
                } else {
                    pixel / 2 * 16 + pixel % 2 * 4 + channel
                };
                (at % (2 * S::u8s::LEN)) as u8
            }),
        }
    }

    /// Byte 2 of the lanes, those of the first and the second pixel of each block in turn.
    #[inline(always)]
    fn close<const C: usize>(&self, simd: S, first: S::i32s, second: S::i32s) -> S::u8s {
        if S::u8s::LEN == 64 {
            let (first, second): (S::u8s, S::u8s) = (first.bitcast(), second.bitcast());
            return first.concat_swizzle_dyn(second, self.close);
        }
        let pixels = simd.clamp_i16_within_blocks(first >> 16, second >> 16);
        simd.clamp_u8_within_blocks(pixels, pixels).swizzle_dyn(self.close)
    }
}

/// The pixels, and behind them bytes of no meaning.
#[inline(always)]
fn mix<S: Vocab, const C: usize>(
    simd: S,
    shuffles: &Shuffles<S>,
    rows: &[Words; 2],
    weights: &Words,
    line: &mut [u8; 4 * BLOCK + 64],
) {
    let lanes = S::u64s::LEN;
    let zero = S::u8s::splat(simd, 0);
    for i in (0..BLOCK).step_by(lanes) {
        let weight: S::u8s = S::u64s::from_slice(simd, &weights.0[i..][..lanes]).bitcast();
        let top: S::u8s = S::u64s::from_slice(simd, &rows[0].0[i..][..lanes]).bitcast();
        let bottom: S::u8s = S::u64s::from_slice(simd, &rows[1].0[i..][..lanes]).bitcast();
        let top = top.swizzle_dyn_within_blocks(shuffles.pairs);
        let bottom = bottom.swizzle_dyn_within_blocks(shuffles.pairs);
        let first = one(
            simd,
            simd.pair_first(top, zero),
            simd.pair_first(bottom, zero),
            weight.swizzle_dyn_within_blocks(shuffles.across[0]),
            weight.swizzle_dyn_within_blocks(shuffles.down[0]),
        );
        let second = one(
            simd,
            simd.pair_second(top, zero),
            simd.pair_second(bottom, zero),
            weight.swizzle_dyn_within_blocks(shuffles.across[1]),
            weight.swizzle_dyn_within_blocks(shuffles.down[1]),
        );
        // What is written behind these pixels, the next ones overwrite.
        shuffles.close::<C>(simd, first, second).store_slice(&mut line[i * C..][..S::u8s::LEN]);
    }
}

#[inline(always)]
fn one<S: Vocab>(simd: S, top: S::u16s, bottom: S::u16s, across: S::u8s, down: S::u8s) -> S::i32s {
    let (across, down): (S::i16s, S::u16s) = (across.bitcast(), down.bitcast());
    let v: S::i16s = (((top << 8) + (bottom - top) * down) ^ 0x8000).bitcast();
    let round = S::i32s::splat(simd, (1 << 23) + (1 << 15));
    simd.dot_add(round, v, across)
}
