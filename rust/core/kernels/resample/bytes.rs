//! The passes over uint8 in native vectors: dot products of pairs of samples in 16 bits.

use fearless_simd::prelude::*;
use fearless_simd::u8x16;
use fearless_simd_macros::simd;

use super::{HALF, Taps};
use crate::simd::Vocab;

/// Pixels that are made at once: as many as the widest vector has bytes, 4 of them per pixel.
const GROUP: usize = 16;

/// Lanes of such a group: four vectors of 16 at most.
const LANES: usize = 64;

/// Bytes of the widest vector.
pub const WIDEST: usize = 64;

/// What the horizontal pass may read beyond its row.
pub const BEYOND: usize = 64;

/// Sums to bytes, within blocks.
#[inline(always)]
fn bytes<S: Vocab>(simd: S, sums: [S::i32s; 4]) -> S::u8s {
    let [a, b, c, d] = sums.map(|sum| sum >> 14);
    let low = simd.clamp_i16_within_blocks(a, b);
    simd.clamp_u8_within_blocks(low, simd.clamp_i16_within_blocks(c, d))
}

/// Adds the bytes of two rows, times their weights.
#[inline(always)]
fn add<S: Vocab>(simd: S, sums: &mut [S::i32s; 4], [a, b]: [S::u8s; 2], weights: [i16; 2]) {
    let zero = S::u8s::splat(simd, 0);
    let pair = i32::from(weights[0] as u16) | i32::from(weights[1]) << 16;
    let pair: S::i16s = S::i32s::splat(simd, pair).bitcast();
    let low = simd.zip_low_within_blocks(a, b);
    let high = simd.zip_high_within_blocks(a, b);
    let wide = [
        simd.zip_low_within_blocks(low, zero),
        simd.zip_high_within_blocks(low, zero),
        simd.zip_low_within_blocks(high, zero),
        simd.zip_high_within_blocks(high, zero),
    ];
    for (sum, wide) in sums.iter_mut().zip(wide) {
        *sum = simd.dot_add(*sum, wide.bitcast(), pair);
    }
}

#[inline(always)]
fn load<S: Vocab>(simd: S, line: &impl AsRef<[u8]>, x: usize) -> S::u8s {
    S::u8s::from_slice(simd, &line.as_ref()[x..x + S::u8s::LEN])
}

/// [`super::down`].
#[simd]
pub fn down<S: Vocab, L: AsRef<[u8]>>(simd: S, weights: &[i16], lines: &[L], out: &mut [u8]) {
    let n = S::u8s::LEN;
    let (weights, odd_weight) = weights.as_chunks::<2>();
    let (lines, odd_line) = lines.as_chunks::<2>();
    let mut x = 0;
    while x < out.len() {
        // The last vector overlaps the one before.
        x = x.min(out.len() - n);
        let mut sums = [S::i32s::splat(simd, HALF); 4];
        for (&weights, [a, b]) in weights.iter().zip(lines) {
            add(simd, &mut sums, [load(simd, a, x), load(simd, b, x)], weights);
        }
        if let ([weight], [line]) = (odd_weight, odd_line) {
            let zero = S::u8s::splat(simd, 0);
            add(simd, &mut sums, [load(simd, line, x), zero], [*weight, 0]);
        }
        bytes(simd, sums).store_slice(&mut out[x..x + n]);
        x += n;
    }
}

/// The taps of a horizontal pass as its vectors take them, for 3 or 4 channels, 16 pixels at a
/// time. Four vectors of sums, each of up to 4 blocks of 4 lanes, a lane per channel, become one of
/// bytes, whose block b is made of the blocks b of the four: so block b of vector k is pixel
/// 4 b + k.
pub struct Lanes {
    channels: usize,
    /// Pairs of taps per output.
    pairs: usize,
    /// Where each block's taps begin, in bytes.
    starts: Vec<[u32; GROUP]>,
    /// Each lane's pair of weights: per group the first pairs, then the second ...
    weights: Vec<[[i16; 2]; LANES]>,
}

impl Lanes {
    pub fn new(taps: &Taps<i16>, channels: usize) -> Option<Lanes> {
        if !matches!(channels, 3 | 4) {
            return None;
        }
        let longest = taps.iter().fold(0, |longest, (_, weights)| longest.max(weights.len()));
        let pairs = longest.div_ceil(2);
        let groups = taps.outputs.len().div_ceil(GROUP);
        let mut starts = vec![[0; GROUP]; groups];
        let mut weights = vec![[[0; 2]; LANES]; groups * pairs];
        for (i, (start, line)) in taps.iter().enumerate() {
            let (group, pixel) = (i / GROUP, i % GROUP);
            let block = pixel % 4 * 4 + pixel / 4;
            starts[group][block] = (start * channels) as u32;
            for (k, pair) in line.chunks(2).enumerate() {
                let pair = [pair[0], pair.get(1).copied().unwrap_or(0)];
                weights[group * pairs + k][4 * block..][..4].fill(pair);
            }
        }
        Some(Lanes { channels, pairs, starts, weights })
    }
}

/// The bytes of a block that are the first or second pair of taps, zero-extended, lane by lane.
const fn pattern(channels: usize, pair: usize) -> [u8; 16] {
    let mut indices = [0x80; 16];
    let mut c = 0;
    while c < channels {
        indices[4 * c] = (c + 2 * pair * channels) as u8;
        indices[4 * c + 2] = (c + (2 * pair + 1) * channels) as u8;
        c += 1;
    }
    indices
}

/// [`super::across`].
#[simd]
pub fn across<S: Vocab>(simd: S, line: &[u8], lanes: &Lanes, out: &mut [u8]) {
    match lanes.channels {
        3 => groups::<S, 3>(simd, line, lanes, out),
        _ => groups::<S, 4>(simd, line, lanes, out),
    }
}

#[inline(always)]
fn blocks<S: Vocab>(simd: S, taps: &[u8], starts: &[u32; GROUP], k: usize, part: usize) -> S::u8s {
    let n = S::u8s::LEN / 16;
    simd.gather_blocks(taps, &starts[4 * k + part * n..][..n])
}

#[inline(always)]
fn pair<S: Vocab>(simd: S, weights: &[[i16; 2]; LANES], k: usize, part: usize) -> S::i16s {
    let n = S::u8s::LEN / 4;
    S::i16s::from_slice(simd, weights[16 * k + part * n..][..n].as_flattened())
}

#[inline(always)]
fn groups<S: Vocab, const C: usize>(simd: S, line: &[u8], lanes: &Lanes, out: &mut [u8]) {
    let n = S::u8s::LEN;
    let patterns = const { [pattern(C, 0), pattern(C, 1)] };
    let [first, second] =
        patterns.map(|pattern| S::u8s::block_splat(u8x16::from_slice(simd, &pattern)));
    // With 3 channels the fourth lane of each pixel is left out.
    let dense = S::u8s::from_fn(simd, |i| (i / 3 * 4 + i % 3) as u8);
    let step = n / 4 * C;

    // Bytes of `out` that are made, and those of them that are there; the last wait in `tail`.
    let (mut made, mut there) = (0, 0);
    let mut tail = [0; 2 * WIDEST];
    for (starts, weights) in lanes.starts.iter().zip(lanes.weights.chunks_exact(lanes.pairs)) {
        let (quads, odd) = weights.as_chunks::<2>();
        for part in 0..LANES / n {
            if made >= out.len() {
                break;
            }
            let mut sums = [S::i32s::splat(simd, HALF); 4];
            let mut taps = line;
            for weights in quads {
                for k in 0..4 {
                    let values = blocks(simd, taps, starts, k, part);
                    let a = simd.shuffle_within_blocks(values, first).bitcast();
                    let b = simd.shuffle_within_blocks(values, second).bitcast();
                    sums[k] = simd.dot_add(sums[k], a, pair(simd, &weights[0], k, part));
                    sums[k] = simd.dot_add(sums[k], b, pair(simd, &weights[1], k, part));
                }
                taps = &taps[4 * C..];
            }
            for weights in odd {
                for k in 0..4 {
                    let values = blocks(simd, taps, starts, k, part);
                    let a = simd.shuffle_within_blocks(values, first).bitcast();
                    sums[k] = simd.dot_add(sums[k], a, pair(simd, weights, k, part));
                }
            }
            let mut bytes = bytes(simd, sums);
            if C == 3 {
                bytes = bytes.swizzle_dyn(dense);
            }
            match out.get_mut(made..made + n) {
                Some(out) => {
                    bytes.store_slice(out);
                    there += step;
                }
                None => bytes.store_slice(&mut tail[made - there..][..n]),
            }
            made += step;
        }
    }
    if let Some(rest) = out.get_mut(there..) {
        rest.copy_from_slice(&tail[..rest.len()]);
    }
}
