//! The uint8 passes in vectors. A sum takes its terms two by two: centre and first neighbours,
//! second and third, ...; of an odd last one, both sides are a pair. Sums use all 32 bits,
//! so that adding wraps and the shift is that of unsigned numbers.

use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use super::BORDER;
use crate::error::Result;
use crate::image::{Shape, View, ViewMut};
use crate::kernels::window::{Line, ROWS, continued};
use crate::memory;
use crate::simd::Vocab;

/// Vectors that are summed side by side.
const VECTORS: usize = 4;

/// Samples that rows are a multiple of: the vectors of the widest level.
const BLOCK: usize = 32 * VECTORS;

/// Samples of a line of the cache.
const CACHED: usize = 32;

/// Bytes that the rows of a window may take in a stripe of columns: they stay in the first cache.
const WINDOW: usize = 5 << 13;

/// `weights` are those of one half, the centre first, and sum to 2^bits with both sides counted.
#[simd]
pub fn convolve<S: Vocab>(
    simd: S,
    bits: u32,
    weights: &[u16],
    src: View<u8>,
    mut dst: ViewMut<u8>,
) -> Result<()> {
    let shape @ Shape { height, width, channels } = src.shape();
    assert_eq!(dst.shape(), shape);
    let radius = weights.len() - 1;
    let pairs: Vec<i32> = weights
        .chunks(2)
        .map(|pair| i32::from(pair[0]) | i32::from(*pair.get(1).unwrap_or(&pair[0])) << 16)
        .collect();
    let (mut across, mut down) = (Terms::default(), Terms::default());
    let xs = memory::collect(continued(BORDER, width, radius, radius), ROWS)?;

    // The rows that a window spans, row y at slot y mod held, in stripes of columns.
    let held = height.min(2 * radius + 1);
    let longest = (WINDOW / 2 / held / BLOCK).max(4) * BLOCK;
    let columns = (longest / channels).clamp(1, width);
    let stride = (columns * channels).next_multiple_of(BLOCK);
    // Vectors that begin where a line of the cache does cross none.
    let aligned = |values: &[i16]| values.as_ptr().align_offset(64).min(CACHED);
    let mut line = memory::vec(stride + 2 * radius * channels + CACHED, 0, ROWS)?;
    let mut ring = memory::vec(held * stride + CACHED, 0_i16, ROWS)?;
    let origin = aligned(&ring);
    let slots = continued(BORDER, height, radius, radius);
    let slots = slots.map(|y| origin + y % held * stride);
    let slots = memory::collect(slots, ROWS)?;

    let n = S::i16s::LEN;
    assert!(slots.iter().all(|&slot| slot + stride <= ring.len()));
    for left in (0..width).step_by(columns) {
        let count = columns.min(width - left);
        let used = (count * channels).next_multiple_of(VECTORS * n);
        let wanted = left..left + count + 2 * radius;
        let margin = radius.saturating_sub(left) * channels;
        let start = aligned(&line[margin..]);
        across.set(radius, |x| start + x * channels);
        assert!(start + 2 * radius * channels + stride <= line.len());
        let mut ready = 0;
        for y in 0..height {
            while ready < height.min(y + radius + 1) {
                let (row, wanted) = (src.row(ready), wanted.clone());
                let part = Line { row, xs: &xs, wanted, radius, channels };
                part.map(&mut line[start..], i16::from);
                let slot = &mut ring[slots[radius + ready]..][..used];
                for (block, out) in slot.chunks_exact_mut(VECTORS * n).enumerate() {
                    let at = block * VECTORS * n;
                    // SAFETY: the assertions above; `used` is at most `stride`, as the vectors
                    // divide a block.
                    let made = unsafe { sums(simd, &line, &across, &pairs, bits - 6, at) };
                    for (v, made) in made.into_iter().enumerate() {
                        made.store_slice(&mut out[v * n..][..n]);
                    }
                }
                ready += 1;
            }
            down.set(radius, |i| slots[y + i]);
            let out = &mut dst.row(y)[left * channels..][..count * channels];
            for (block, out) in out.chunks_mut(VECTORS * n).enumerate() {
                let at = block * VECTORS * n;
                // SAFETY: as above.
                let made = unsafe { sums(simd, &ring, &down, &pairs, bits + 6, at) };
                let [a, b, c, d] = made;
                let bytes = [simd.clamp_u8(a, b), simd.clamp_u8(c, d)];
                if out.len() == VECTORS * n {
                    for (out, bytes) in out.chunks_exact_mut(2 * n).zip(bytes) {
                        bytes.store_slice(out);
                    }
                } else {
                    for (out, bytes) in out.chunks_mut(2 * n).zip(bytes) {
                        out.copy_from_slice(&bytes.as_slice()[..out.len()]);
                    }
                }
            }
        }
    }
    Ok(())
}

/// Where the samples of a sum's terms begin: the centre, and left and right neighbours in pairs of
/// distances, the first of which shares its pair with the centre.
#[derive(Default)]
struct Terms {
    centre: usize,
    first: [usize; 2],
    others: Vec<[usize; 4]>,
    /// Both sides of the last distance, if it has no other to pair with.
    odd: Option<[usize; 2]>,
}

impl Terms {
    /// `tap` is where the i-th of 2 radius + 1 samples begins.
    #[inline(always)]
    fn set(&mut self, radius: usize, tap: impl Fn(usize) -> usize) {
        let sides = |d: usize| [tap(radius - d), tap(radius + d)];
        self.centre = tap(radius);
        self.first = sides(1);
        self.others.clear();
        for d in (2..radius).step_by(2) {
            let ([a, b], [c, e]) = (sides(d), sides(d + 1));
            self.others.push([a, b, c, e]);
        }
        self.odd = radius.is_multiple_of(2).then(|| sides(radius));
    }
}

/// What vectors of samples become: sums of the terms from each sample on, rounded and shifted.
///
/// # Safety
/// `at` and `VECTORS` of samples lie in the buffer from any of the terms on.
#[inline(always)]
unsafe fn sums<S: Vocab>(
    simd: S,
    buffer: &[i16],
    terms: &Terms,
    pairs: &[i32],
    shift: u32,
    at: usize,
) -> [S::i16s; VECTORS] {
    let round = S::i32s::splat(simd, 1 << (shift - 1));
    let mut sums = [[round; 2]; VECTORS];
    let [left, right] = terms.first;
    for (v, sums) in sums.iter_mut().enumerate() {
        let at = at + v * S::i16s::LEN;
        // SAFETY: the caller's.
        let (centre, sides) = unsafe {
            (sample(simd, buffer, terms.centre + at), both(simd, buffer, left + at, right + at))
        };
        add(simd, sums, centre, sides, pairs[0]);
    }
    for (&[a, b, c, d], &weights) in terms.others.iter().zip(&pairs[1..]) {
        for (v, sums) in sums.iter_mut().enumerate() {
            let at = at + v * S::i16s::LEN;
            // SAFETY: the caller's.
            let (near, far) =
                unsafe { (both(simd, buffer, a + at, b + at), both(simd, buffer, c + at, d + at)) };
            add(simd, sums, near, far, weights);
        }
    }
    if let (Some([a, b]), Some(&weights)) = (terms.odd, pairs.last()) {
        for (v, sums) in sums.iter_mut().enumerate() {
            let at = at + v * S::i16s::LEN;
            // SAFETY: the caller's.
            let (a, b) = unsafe { (sample(simd, buffer, a + at), sample(simd, buffer, b + at)) };
            add(simd, sums, a, b, weights);
        }
    }
    let mut made = [S::i16s::splat(simd, 0); VECTORS];
    for v in 0..VECTORS {
        made[v] = done::<S>(simd, sums[v], shift);
    }
    made
}

/// # Safety
/// A vector of samples lies in the buffer from `at` on.
#[inline(always)]
unsafe fn sample<S: Vocab>(simd: S, buffer: &[i16], at: usize) -> S::i16s {
    // SAFETY: the caller's.
    S::i16s::from_slice(simd, unsafe { buffer.get_unchecked(at..at + S::i16s::LEN) })
}

/// # Safety
/// As for `sample`, at a and at b.
#[inline(always)]
unsafe fn both<S: Vocab>(simd: S, buffer: &[i16], a: usize, b: usize) -> S::i16s {
    // SAFETY: the caller's.
    unsafe { sample(simd, buffer, a) + sample(simd, buffer, b) }
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
