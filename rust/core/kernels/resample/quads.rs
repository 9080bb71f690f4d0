//! The horizontal pass over uint8 in vectors of 64 bytes: one load holds the taps of 16 sums, one
//! shuffle brings each of them four.

use fearless_simd::prelude::*;

use super::bytes::{LANES, LONGEST, Row, WIDEST, bytes, full, halves, order};
use super::{HALF, Taps};
use crate::memory;
use crate::simd::Vocab;

/// The taps arranged for the vectors. A lane is a sample of the output, in their order; 64 lanes
/// are a group of four vectors.
pub struct Quads {
    /// Bytes of the row from four taps to the next four.
    stride: usize,
    /// Quads of taps per lane.
    count: usize,
    /// Bytes of the output per group.
    step: usize,
    /// Groups whose vector the output holds in full.
    full: usize,
    order: [u8; WIDEST],
    /// Where the last vector loaded ends.
    reach: usize,
    groups: Vec<Group>,
    /// Per group its first quads, then the second ...
    weights: Vec<Weights>,
}

/// The byte of the row that each vector starts at, and the indices from there of its lanes' taps.
#[derive(Clone)]
#[repr(C, align(64))]
struct Group {
    indices: [[u8; WIDEST]; 4],
    starts: [u32; 4],
}

/// [`halves`].
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Weights {
    high: [[i8; 4]; LANES],
    low: [[i8; 4]; LANES],
}

impl Quads {
    /// None where taps are too far apart, or a row too long. `n` samples.
    pub fn new(taps: &Taps<i16>, n: usize, channels: usize) -> Option<Quads> {
        if n * channels > LONGEST {
            return None;
        }
        let dense = Quads::arrange(taps, n, channels, channels);
        // Twelve samples of whole pixels lie closer together than 16 samples do.
        dense.or_else(|| (channels == 3).then(|| Quads::arrange(taps, n, 3, 4))?)
    }

    /// With so many lanes per pixel; those beyond its channels are dropped.
    fn arrange(taps: &Taps<i16>, n: usize, channels: usize, lanes: usize) -> Option<Quads> {
        let (stride, count) = (4 * channels, taps.longest().div_ceil(4));
        let groups = (taps.outputs.len() * lanes).div_ceil(LANES);
        // Without memory for them the plain loop does, which needs none.
        let mut firsts = memory::room(groups * LANES, "").ok()?;
        let none = Weights { high: [[0; 4]; LANES], low: [[0; 4]; LANES] };
        let mut weights = memory::vec(groups * count, none, "").ok()?;
        for (start, line) in taps.iter() {
            // The quads end with the row, unless it is shorter than they are.
            let first = start.min(n.saturating_sub(4 * count));
            let weight = |tap: usize| {
                let weight = (first + tap).checked_sub(start).and_then(|tap| line.get(tap));
                weight.copied().unwrap_or_default()
            };
            for quad in 0..count {
                let [high, low] = halves(std::array::from_fn(|i| weight(4 * quad + i)));
                for lane in firsts.len()..firsts.len() + lanes {
                    let weights = &mut weights[lane / LANES * count + quad];
                    weights.high[lane % LANES] = high;
                    weights.low[lane % LANES] = low;
                }
            }
            firsts.extend((0..lanes).map(|c| (first * channels + c.min(channels - 1)) as u32));
        }
        // The last lane stands for those that fill up its group.
        firsts.resize(groups * LANES, firsts[firsts.len() - 1]);
        let mut groups = memory::room(firsts.len() / LANES, "").ok()?;
        for lanes in firsts.chunks(LANES) {
            groups.push(Group::new(lanes, channels)?);
        }
        let last = groups.iter().flat_map(|group| group.starts).fold(0, u32::max) as usize;
        let reach = last + (count - 1) * stride + WIDEST;
        let step = if lanes == channels { LANES } else { LANES / lanes * channels };
        let full = full(taps.outputs.len() * channels, WIDEST, step);
        let order = order(WIDEST, lanes, channels);
        Some(Quads { stride, count, step, full, order, reach, groups, weights })
    }
}

impl Group {
    /// From each lane's first tap; None if the first four are further apart than a vector.
    fn new(lanes: &[u32], channels: usize) -> Option<Self> {
        let mut group = Group { indices: [[0; WIDEST]; 4], starts: [0; 4] };
        for (vector, lanes) in lanes.chunks_exact(16).enumerate() {
            let start = lanes.iter().fold(u32::MAX, |least, &at| least.min(at));
            let last = lanes.iter().fold(0, |most, &at| most.max(at)) as usize + 3 * channels;
            if last - start as usize >= WIDEST {
                return None;
            }
            group.starts[vector] = start;
            let indices = group.indices[vector].as_chunks_mut::<4>().0;
            for (indices, at) in indices.iter_mut().zip(lanes) {
                *indices = std::array::from_fn(|tap| (at - start) as u8 + (tap * channels) as u8);
            }
        }
        Some(group)
    }
}

/// One row, at levels whose vectors are that wide.
#[inline(always)]
pub fn across<S: Vocab>(simd: S, line: &[u8], quads: &Quads, out: &mut [u8]) {
    assert!(line.len() >= quads.reach);
    let order = S::u8s::from_slice(simd, &quads.order[..S::u8s::LEN]);
    let mut row = Row::new(out, quads.step, quads.full);
    for (i, group) in quads.groups.iter().enumerate() {
        let weights = &quads.weights[i * quads.count..][..quads.count];
        let sums = sums(simd, line, quads.stride, group, weights);
        row.put::<S>(i, bytes(simd, sums).swizzle_dyn(order));
    }
    row.finish();
}

/// A group's. The line reaches as far as `reach` says.
#[inline(always)]
fn sums<S: Vocab>(
    simd: S,
    line: &[u8],
    stride: usize,
    group: &Group,
    weights: &[Weights],
) -> [S::i32s; 4] {
    let zero = S::i32s::splat(simd, 0);
    let (first, more) = weights.split_first().expect("every output has a tap");
    let mut quads = [S::u8s::splat(simd, 0); 4];
    let mut high = [S::i32s::splat(simd, HALF >> 8); 4];
    for k in 0..4 {
        quads[k] = taps(simd, line, group, 0, k);
        high[k] = simd.dot4_add(high[k], quads[k], part(simd, &first.high, k));
    }
    let mut low = [zero; 4];
    if more.is_empty() {
        for k in 0..4 {
            low[k] = simd.dot4_add(high[k] << 8, quads[k], part(simd, &first.low, k));
        }
        return low;
    }
    for k in 0..4 {
        low[k] = simd.dot4_add(zero, quads[k], part(simd, &first.low, k));
    }
    for (i, weights) in more.iter().enumerate() {
        for k in 0..4 {
            let quad = taps(simd, line, group, (i + 1) * stride, k);
            high[k] = simd.dot4_add(high[k], quad, part(simd, &weights.high, k));
            low[k] = simd.dot4_add(low[k], quad, part(simd, &weights.low, k));
        }
    }
    for (low, high) in low.iter_mut().zip(high) {
        *low += high << 8;
    }
    low
}

/// Four taps of each of the k-th vector's lanes.
#[inline(always)]
fn taps<S: Vocab>(simd: S, line: &[u8], group: &Group, offset: usize, k: usize) -> S::u8s {
    let start = group.starts[k] as usize + offset;
    // SAFETY: `across` has checked that the line reaches beyond the last vector.
    let bytes = unsafe { line.get_unchecked(start..start + S::u8s::LEN) };
    S::u8s::from_slice(simd, bytes).swizzle_dyn(S::u8s::from_slice(simd, &group.indices[k]))
}

/// Half of the weights of the k-th vector's lanes.
#[inline(always)]
fn part<S: Vocab>(simd: S, half: &[[i8; 4]; LANES], k: usize) -> S::i8s {
    S::i8s::from_slice(simd, half[16 * k..][..16].as_flattened())
}
