//! The horizontal pass over uint8 in native vectors: each 16 bytes loaded hold the taps of four
//! sums, which are dot products of pairs of samples in 16 bits.

use fearless_simd::prelude::*;
use fearless_simd::u8x16;
use fearless_simd_macros::simd;

use super::bytes::{LANES, LONGEST, Row, bytes, full, order};
use super::{HALF, Taps};
use crate::memory;
use crate::simd::Vocab;

/// The taps arranged for the vectors. A lane is a sample of the output, in their order; with 3
/// channels a fourth, which is dropped, follows each pixel. 64 lanes are a group.
pub struct Pairs {
    channels: usize,
    /// Pairs of taps per lane.
    count: usize,
    /// Where the last 16 bytes loaded end.
    reach: usize,
    groups: Vec<Group>,
    /// Per group its first pairs, then the second ...
    weights: Vec<Weights>,
}

/// A pair of weights for each lane of a group.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Weights([[i16; 2]; LANES]);

/// Per four lanes the byte of the row that they start at, and the indices from there that bring
/// each lane its first two taps, as 16 bits each.
#[repr(C, align(64))]
struct Group {
    indices: [[u8; 16]; 16],
    starts: [u32; 16],
}

/// The index of a byte that is to be 0.
const ZERO: u8 = 128;

impl Group {
    /// From each lane's first tap; None if the first four of four lanes are not within 16 bytes.
    fn new(lanes: &[u32; LANES], channels: usize) -> Option<Self> {
        let mut group = Group { starts: [0; 16], indices: [[ZERO; 16]; 16] };
        for (block, lanes) in lanes.chunks_exact(4).enumerate() {
            let start = lanes.iter().fold(u32::MAX, |least, &at| least.min(at));
            let last = lanes.iter().fold(0, |most, &at| most.max(at)) + 3 * channels as u32;
            if last - start >= 16 {
                return None;
            }
            group.starts[block] = start;
            for (indices, at) in group.indices[block].chunks_exact_mut(4).zip(lanes) {
                indices[0] = (at - start) as u8;
                indices[2] = (at - start) as u8 + channels as u8;
            }
        }
        Some(group)
    }
}

impl Pairs {
    /// None where there are other channels than 1, 3 or 4, taps too far apart, or a row too long.
    /// `n` samples.
    pub fn new(taps: &Taps<i16>, n: usize, channels: usize) -> Option<Pairs> {
        if n * channels > LONGEST {
            return None;
        }
        match channels {
            1 => Pairs::arrange::<1>(taps, n, 1),
            3 | 4 => Pairs::arrange::<4>(taps, n, channels),
            _ => None,
        }
    }

    /// With so many lanes per pixel.
    fn arrange<const N: usize>(taps: &Taps<i16>, n: usize, channels: usize) -> Option<Pairs> {
        let count = taps.longest().div_ceil(2);
        let groups = taps.outputs.len().div_ceil(LANES / N);
        // Without memory for them the plain loop does, which needs none.
        let mut firsts = memory::vec(groups, [0; LANES], "").ok()?;
        let mut weights = memory::vec(groups * count, Weights([[0; 2]; LANES]), "").ok()?;
        // The last output stands for those that fill up its group.
        let end = taps.outputs.len() - 1;
        for (group, firsts) in firsts.iter_mut().enumerate() {
            let weights = &mut weights[group * count..][..count];
            for (i, firsts) in firsts.as_chunks_mut::<N>().0.iter_mut().enumerate() {
                let (start, line) = taps.at(end.min(group * (LANES / N) + i));
                // The pairs end with the row, unless it is shorter than they are.
                let first = start.min(n.saturating_sub(2 * count));
                for (c, at) in firsts.iter_mut().enumerate() {
                    *at = (first * channels + c.min(channels - 1)) as u32;
                }
                for (tap, &weight) in (start - first..).zip(line) {
                    for lane in &mut weights[tap / 2].0[i * N..][..N] {
                        lane[tap % 2] = weight;
                    }
                }
            }
        }
        let mut groups = memory::room(firsts.len(), "").ok()?;
        for lanes in &firsts {
            groups.push(Group::new(lanes, channels)?);
        }
        let last = groups.iter().flat_map(|group| group.starts).fold(0, u32::max) as usize;
        let reach = last + (count - 1) / 2 * 4 * channels + 16;
        Some(Pairs { channels, count, reach, groups, weights })
    }
}

/// One row.
#[simd]
pub fn across<S: Vocab>(simd: S, line: &[u8], pairs: &Pairs, out: &mut [u8]) {
    match pairs.channels {
        1 => rows::<S, 1>(simd, line, pairs, out),
        3 => rows::<S, 3>(simd, line, pairs, out),
        _ => rows::<S, 4>(simd, line, pairs, out),
    }
}

#[inline(always)]
fn rows<S: Vocab, const C: usize>(simd: S, line: &[u8], pairs: &Pairs, out: &mut [u8]) {
    assert!(line.len() >= pairs.reach);
    let n = S::u8s::LEN;
    let order = const { order(S::u8s::LEN, if C == 3 { 4 } else { C }, C) };
    let order = S::u8s::from_slice(simd, &order[..n]);
    let step = if C == 3 { n / 4 * 3 } else { n };
    let (vectors, full) = (out.len().div_ceil(step), full(out.len(), n, step));
    let mut row = Row::new(out, step, full);
    for i in 0..vectors {
        let (group, part) = (i / (LANES / n), i % (LANES / n));
        let weights = &pairs.weights[group * pairs.count..][..pairs.count];
        let sums = sums::<S, C>(simd, line, &pairs.groups[group], weights, part * n);
        row.put::<S>(i, bytes(simd, sums).swizzle_dyn(order));
    }
    row.finish();
}

/// Of four vectors of lanes from `first` on.
#[inline(always)]
fn sums<S: Vocab, const C: usize>(
    simd: S,
    line: &[u8],
    group: &Group,
    weights: &[Weights],
    first: usize,
) -> [S::i32s; 4] {
    let mut sums = [S::i32s::splat(simd, HALF); 4];
    let (quads, odd) = weights.as_chunks::<2>();
    for (i, [even, odd]) in quads.iter().enumerate() {
        let line = &line[4 * C * i..];
        for (k, sum) in sums.iter_mut().enumerate() {
            let lane = first + k * S::i32s::LEN;
            let (bytes, indices) = load::<S, C>(simd, line, group, lane);
            let taps = simd.shuffle_within_blocks(bytes, indices).bitcast();
            *sum = simd.dot_add(*sum, taps, pair(simd, even, lane));
            let taps = simd.shuffle_within_blocks(bytes, indices + 2 * C as u8).bitcast();
            *sum = simd.dot_add(*sum, taps, pair(simd, odd, lane));
        }
    }
    for weights in odd {
        let line = &line[4 * C * quads.len()..];
        for (k, sum) in sums.iter_mut().enumerate() {
            let lane = first + k * S::i32s::LEN;
            let (bytes, indices) = load::<S, C>(simd, line, group, lane);
            let taps = simd.shuffle_within_blocks(bytes, indices).bitcast();
            *sum = simd.dot_add(*sum, taps, pair(simd, weights, lane));
        }
    }
    sums
}

/// Four taps of a vector's lanes: the bytes, and the indices of the first two there.
#[inline(always)]
fn load<S: Vocab, const C: usize>(
    simd: S,
    line: &[u8],
    group: &Group,
    lane: usize,
) -> (S::u8s, S::u8s) {
    let n = S::u8s::LEN / 16;
    // SAFETY: `rows` has checked that the line reaches beyond the last block.
    let bytes = unsafe { simd.gather_blocks(line, &group.starts[lane / 4..][..n]) };
    let indices = if C == 1 {
        S::u8s::from_slice(simd, group.indices[lane / 4..][..n].as_flattened())
    } else {
        S::u8s::block_splat(u8x16::from_slice(simd, &const { pattern(C) }))
    };
    (bytes, indices)
}

/// A vector's pairs of weights of the lanes from `lane` on.
#[inline(always)]
fn pair<S: Vocab>(simd: S, weights: &Weights, lane: usize) -> S::i16s {
    S::i16s::from_slice(simd, weights.0[lane..][..S::i32s::LEN].as_flattened())
}

/// The indices of a pixel's lanes: [`Group::indices`], the same for each.
const fn pattern(channels: usize) -> [u8; 16] {
    let mut indices = [ZERO; 16];
    let mut c = 0;
    while c < channels {
        indices[4 * c] = c as u8;
        indices[4 * c + 2] = (c + channels) as u8;
        c += 1;
    }
    indices
}
