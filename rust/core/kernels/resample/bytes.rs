//! The vertical pass over uint8 in native vectors, and what the horizontal ones share: sums of 14
//! bits, made by dot products, to rows of bytes.

use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use super::HALF;
use crate::simd::Vocab;

/// Bytes of the widest vector, of which the horizontal pass may read one beyond its row.
pub const WIDEST: usize = 64;

/// Sums that are made at once: four vectors of the widest.
pub const LANES: usize = 64;

/// The longest row, in samples, whose positions fit what the horizontal passes hold them in.
pub const LONGEST: usize = 1 << 31;

/// Sums to bytes, within blocks.
#[inline(always)]
pub fn bytes<S: Vocab>(simd: S, sums: [S::i32s; 4]) -> S::u8s {
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

/// A row of the output: the sum of `lines`, each with its weight.
#[simd]
pub fn down<S: Vocab, L: AsRef<[u8]>>(simd: S, weights: &[i16], lines: &[L], out: &mut [u8]) {
    if S::u8s::LEN == WIDEST && weights.len() <= 4 {
        return down_four(simd, weights, lines, out);
    }
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

/// A weight is 256 high + low: eight bits each, as dot products of bytes take them.
pub fn halves(weights: [i16; 4]) -> [[i8; 4]; 2] {
    [
        weights.map(|weight| ((i32::from(weight) + 128) >> 8) as i8),
        weights.map(|weight| weight as i8),
    ]
}

/// Up to four lines.
#[inline(always)]
fn down_four<S: Vocab, L: AsRef<[u8]>>(simd: S, weights: &[i16], lines: &[L], out: &mut [u8]) {
    let n = S::u8s::LEN;
    let line = |i: usize| &lines[i.min(lines.len() - 1)].as_ref()[..out.len()];
    let [a, b, c, d] = [line(0), line(1), line(2), line(3)];
    let mut four = [0; 4];
    four[..weights.len()].copy_from_slice(weights);
    let [high, low] = halves(four)
        .map(|half| S::i32s::splat(simd, i32::from_ne_bytes(half.map(i8::cast_unsigned))));
    let (high, low): (S::i8s, S::i8s) = (high.bitcast(), low.bitcast());
    let mut x = 0;
    while x < out.len() {
        // The last vector overlaps the one before.
        x = x.min(out.len() - n);
        let [a, b, c, d] =
            [load(simd, &a, x), load(simd, &b, x), load(simd, &c, x), load(simd, &d, x)];
        let ab = [simd.zip_low_within_blocks(a, b), simd.zip_high_within_blocks(a, b)];
        let cd = [simd.zip_low_within_blocks(c, d), simd.zip_high_within_blocks(c, d)];
        let mut sums = [S::i32s::splat(simd, HALF >> 8); 4];
        for i in 0..2 {
            let (ab, cd) = (ab[i].bitcast(), cd[i].bitcast());
            let quads =
                [simd.zip16_low_within_blocks(ab, cd), simd.zip16_high_within_blocks(ab, cd)];
            for (sum, quad) in sums[2 * i..][..2].iter_mut().zip(quads) {
                let quad = quad.bitcast();
                *sum = simd.dot4_add(simd.dot4_add(*sum, quad, high) << 8, quad, low);
            }
        }
        bytes(simd, sums).store_slice(&mut out[x..x + n]);
        x += n;
    }
}

/// Where the bytes of the output are among those of four vectors of `vector` bytes, packed within
/// blocks: block b of the k-th is four bytes from 16 b + 4 k on. Of each pixel's `lanes` the first
/// `channels` are kept.
pub const fn order(vector: usize, lanes: usize, channels: usize) -> [u8; WIDEST] {
    let mut order = [0; WIDEST];
    let mut i = 0;
    while i < vector {
        let lane = i / channels * lanes + i % channels;
        if lane < vector {
            let (k, lane) = (lane / (vector / 4), lane % (vector / 4));
            order[i] = (lane / 4 * 16 + 4 * k + lane % 4) as u8;
        }
        i += 1;
    }
    order
}

/// A row of the output, made vector by vector, of whose bytes the first `step` count.
pub struct Row<'a> {
    out: &'a mut [u8],
    step: usize,
    /// Vectors that `out` holds in full; the others wait in `tail`.
    full: usize,
    tail: [u8; 2 * WIDEST],
}

/// So many vectors of `vector` bytes, `step` bytes apart, fit into `len` bytes.
#[inline(always)]
pub fn full(len: usize, vector: usize, step: usize) -> usize {
    len.checked_sub(vector).map_or(0, |room| room / step + 1)
}

impl<'a> Row<'a> {
    #[inline(always)]
    pub fn new(out: &'a mut [u8], step: usize, full: usize) -> Self {
        Row { out, step, full, tail: [0; 2 * WIDEST] }
    }

    #[inline(always)]
    pub fn put<S: Vocab>(&mut self, i: usize, bytes: S::u8s) {
        let to = match i.checked_sub(self.full) {
            None => &mut self.out[i * self.step..],
            Some(i) => &mut self.tail[i * self.step..],
        };
        bytes.store_slice(&mut to[..S::u8s::LEN]);
    }

    #[inline(always)]
    pub fn finish(self) {
        let rest = &mut self.out[self.full * self.step..];
        rest.copy_from_slice(&self.tail[..rest.len()]);
    }
}
