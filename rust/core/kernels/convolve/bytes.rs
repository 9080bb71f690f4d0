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
    let (mut across, mut down) = (Terms::default(), Terms::default());
    across.set(radius, |x| x * channels);

    // The rows that a window spans, row y at slot y mod held.
    let held = height.min(2 * radius + 1);
    let mut ring = vec![0_i16; held * stride + BLOCK];
    // Vectors that begin where a line of the cache does cross none.
    let start = ring.as_ptr().align_offset(64).min(BLOCK);
    let slot = |y: usize| start + y % held * stride;
    let slots: Vec<usize> = reflected(height, radius).map(slot).collect();

    let n = S::u8s::LEN;
    assert!(
        across.last + stride <= line.len() && slots.iter().all(|&slot| slot + stride <= ring.len())
    );
    let mut ready = 0;
    for y in 0..height {
        while ready < height.min(y + radius + 1) {
            extend(src.row(ready), &xs, radius, channels, &mut line);
            let slot = &mut ring[slots[radius + ready]..][..stride];
            for at in (0..stride).step_by(n) {
                // SAFETY: the assertion above; a vector of bytes divides a block.
                let [a, b] = unsafe { sums(simd, &line, &across, &pairs, bits - 6, at) };
                a.store_slice(&mut slot[at..][..n / 2]);
                b.store_slice(&mut slot[at + n / 2..][..n / 2]);
            }
            ready += 1;
        }
        down.set(radius, |i| slots[y + i]);
        for (block, out) in dst.row(y).chunks_mut(n).enumerate() {
            // SAFETY: as above.
            let [a, b] = unsafe { sums(simd, &ring, &down, &pairs, bits + 6, n * block) };
            let (a, b): (S::u16s, S::u16s) = (a.bitcast(), b.bitcast());
            let bytes = a.narrow(b);
            match out.len() {
                len if len == n => bytes.store_slice(out),
                len => out.copy_from_slice(&bytes.as_slice()[..len]),
            }
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
#[derive(Default)]
struct Terms {
    centre: usize,
    first: [usize; 2],
    others: Vec<[usize; 4]>,
    /// The last of all.
    last: usize,
}

impl Terms {
    /// `tap` is where the i-th of 2 radius + 1 samples begins.
    #[inline(always)]
    fn set(&mut self, radius: usize, tap: impl Fn(usize) -> usize) {
        // Any sample does where the weight is zero.
        let sides = |d: usize| {
            if d > radius { [tap(radius); 2] } else { [tap(radius - d), tap(radius + d)] }
        };
        self.centre = tap(radius);
        self.first = sides(1);
        self.others.clear();
        for d in (2..=radius).step_by(2) {
            let ([a, b], [c, e]) = (sides(d), sides(d + 1));
            self.others.push([a, b, c, e]);
        }
        self.last = (0..=2 * radius).fold(0, |last, i| last.max(tap(i)));
    }
}

/// What two vectors of samples become: sums of the terms from each sample on, rounded and shifted.
///
/// # Safety
/// `at` and two vectors of samples lie in the buffer from any of the terms on.
#[inline(always)]
unsafe fn sums<S: Vocab>(
    simd: S,
    buffer: &[i16],
    terms: &Terms,
    pairs: &[i32],
    shift: u32,
    at: usize,
) -> [S::i16s; 2] {
    let round = S::i32s::splat(simd, 1 << (shift - 1));
    let mut sums = [[round; 2]; 2];
    let [left, right] = terms.first;
    // SAFETY: the caller's.
    let (centre, left, right) = (
        unsafe { two(simd, buffer, terms.centre + at) },
        unsafe { two(simd, buffer, left + at) },
        unsafe { two(simd, buffer, right + at) },
    );
    for v in 0..2 {
        add(simd, &mut sums[v], centre[v], left[v] + right[v], pairs[0]);
    }
    for (&[a, b, c, d], &weights) in terms.others.iter().zip(&pairs[1..]) {
        // SAFETY: the caller's.
        let (a, b, c, d) = (
            unsafe { two(simd, buffer, a + at) },
            unsafe { two(simd, buffer, b + at) },
            unsafe { two(simd, buffer, c + at) },
            unsafe { two(simd, buffer, d + at) },
        );
        for v in 0..2 {
            add(simd, &mut sums[v], a[v] + b[v], c[v] + d[v], weights);
        }
    }
    [done::<S>(simd, sums[0], shift), done::<S>(simd, sums[1], shift)]
}

/// # Safety
/// Two vectors of samples lie in the buffer from `at` on.
#[inline(always)]
unsafe fn two<S: Vocab>(simd: S, buffer: &[i16], at: usize) -> [S::i16s; 2] {
    // SAFETY: the caller's.
    let samples = unsafe { buffer.get_unchecked(at..at + 2 * S::i16s::LEN) };
    let (a, b) = samples.split_at(S::i16s::LEN);
    [S::i16s::from_slice(simd, a), S::i16s::from_slice(simd, b)]
}

#[inline(always)]
fn done<S: Vocab>(simd: S, [low, high]: [S::i32s; 2], shift: u32) -> S::i16s {
    let (low, high): (S::u32s, S::u32s) = (low.bitcast(), high.bitcast());
    simd.clamp_i16_within_blocks((low >> shift).bitcast(), (high >> shift).bitcast())
}

/// a times the low and b times the high half of `weights`, added.
#[inline(always)]
fn add<S: Vocab>(simd: S, sums: &mut [S::i32s; 2], a: S::i16s, b: S::i16s, weights: i32) {
    let weights: S::i16s = S::i32s::splat(simd, weights).bitcast();
    sums[0] = simd.dot_add(sums[0], simd.zip16_low_within_blocks(a, b), weights);
    sums[1] = simd.dot_add(sums[1], simd.zip16_high_within_blocks(a, b), weights);
}
