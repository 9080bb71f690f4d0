//! The uint8 passes in vectors. A sum takes its terms two by two: centre and first neighbours,
//! second and third, ...; an odd last one is paired with a weight of zero. Sums use all 32 bits,
//! so that adding wraps and the shift is that of unsigned numbers.

use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use super::reflected;
use crate::image::{Shape, View, ViewMut};
use crate::simd::Vocab;

/// Samples that rows are a multiple of: two vectors of the widest level.
const BLOCK: usize = 64;

/// `weights` are those of one half, the centre first, and sum to 2^bits with both sides counted.
#[simd]
pub fn convolve<S: Vocab>(
    simd: S,
    bits: u32,
    weights: &[u16],
    src: View<u8>,
    mut dst: ViewMut<u8>,
) {
    let shape @ Shape { height, width, channels } = src.shape();
    let radius = weights.len() - 1;
    let stride = shape.row().next_multiple_of(BLOCK);
    let pairs: Vec<i32> = weights
        .chunks(2)
        .map(|pair| i32::from(pair[0]) | i32::from(*pair.get(1).unwrap_or(&0)) << 16)
        .collect();

    let xs: Vec<usize> = reflected(width, radius).collect();
    let mut line = vec![0; stride + 2 * radius * channels];
    let across = Terms::new(radius, |x| x * channels);
    let mut sums = vec![0; stride];

    // The rows that a window spans, row y at slot y mod held.
    let held = height.min(2 * radius + 1);
    let mut ring = vec![0; held * stride];
    let slots: Vec<usize> = reflected(height, radius).map(|y| y % held * stride).collect();

    let mut ready = 0;
    for y in 0..height {
        while ready < height.min(y + radius + 1) {
            extend(src.row(ready), &xs, radius, channels, &mut line);
            let slot = &mut ring[slots[radius + ready]..][..stride];
            pass(simd, &line, &across, &pairs, bits - 6, slot);
            ready += 1;
        }
        let down = Terms::new(radius, |i| slots[y + i]);
        pass(simd, &ring, &down, &pairs, bits + 6, &mut sums);
        for (out, &sum) in dst.row(y).iter_mut().zip(&sums) {
            *out = sum as u8;
        }
    }
}

/// The row between its margins of `radius` pixels.
#[inline(always)]
fn extend(row: &[u8], xs: &[usize], radius: usize, channels: usize, line: &mut [i16]) {
    for (out, &value) in line[radius * channels..].iter_mut().zip(row) {
        *out = value.into();
    }
    for x in (0..radius).chain(xs.len() - radius..xs.len()) {
        for c in 0..channels {
            line[x * channels + c] = row[xs[x] * channels + c].into();
        }
    }
}

/// Where the samples of a sum's terms begin: the centre, and left and right neighbours in pairs of
/// distances, the first of which shares its pair with the centre.
struct Terms {
    centre: usize,
    first: [usize; 2],
    others: Vec<[usize; 4]>,
}

impl Terms {
    /// `tap` is where the i-th of 2 radius + 1 samples begins.
    #[inline(always)]
    fn new(radius: usize, tap: impl Fn(usize) -> usize) -> Self {
        // Any sample does where the weight is zero.
        let sides = |d: usize| {
            if d > radius { [tap(radius); 2] } else { [tap(radius - d), tap(radius + d)] }
        };
        let pair = |d: usize| {
            let ([a, b], [c, e]) = (sides(d), sides(d + 1));
            [a, b, c, e]
        };
        Terms {
            centre: tap(radius),
            first: sides(1),
            others: (2..=radius).step_by(2).map(pair).collect(),
        }
    }
}

/// Sums of the terms from each sample on, rounded and shifted.
#[inline(always)]
fn pass<S: Vocab>(
    simd: S,
    buffer: &[i16],
    terms: &Terms,
    pairs: &[i32],
    shift: u32,
    out: &mut [i16],
) {
    let lanes = S::i16s::LEN;
    let round = S::i32s::splat(simd, 1 << (shift - 1));
    for at in (0..out.len()).step_by(2 * lanes) {
        let mut sums = [[round; 2]; 2];
        for (v, sums) in sums.iter_mut().enumerate() {
            let at = at + v * lanes;
            let centre = load(simd, buffer, terms.centre + at);
            let [a, b] = terms.first;
            let sides = load(simd, buffer, a + at) + load(simd, buffer, b + at);
            add(simd, sums, centre, sides, pairs[0]);
        }
        for (&[a, b, c, d], &weights) in terms.others.iter().zip(&pairs[1..]) {
            for (v, sums) in sums.iter_mut().enumerate() {
                let at = at + v * lanes;
                let near = load(simd, buffer, a + at) + load(simd, buffer, b + at);
                let far = load(simd, buffer, c + at) + load(simd, buffer, d + at);
                add(simd, sums, near, far, weights);
            }
        }
        for (v, [low, high]) in sums.into_iter().enumerate() {
            let (low, high): (S::u32s, S::u32s) = (low.bitcast(), high.bitcast());
            let (low, high) = ((low >> shift).bitcast(), (high >> shift).bitcast());
            let done = simd.clamp_i16_within_blocks(low, high);
            done.store_slice(&mut out[at + v * lanes..][..lanes]);
        }
    }
}

#[inline(always)]
fn load<S: Vocab>(simd: S, buffer: &[i16], at: usize) -> S::i16s {
    S::i16s::from_slice(simd, &buffer[at..][..S::i16s::LEN])
}

/// a times the low and b times the high half of `weights`, added.
#[inline(always)]
fn add<S: Vocab>(simd: S, sums: &mut [S::i32s; 2], a: S::i16s, b: S::i16s, weights: i32) {
    let weights: S::i16s = S::i32s::splat(simd, weights).bitcast();
    sums[0] = simd.dot_add(sums[0], simd.zip16_low_within_blocks(a, b), weights);
    sums[1] = simd.dot_add(sums[1], simd.zip16_high_within_blocks(a, b), weights);
}
