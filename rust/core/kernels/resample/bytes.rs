//! The passes over uint8 in native vectors: dot products of pairs of samples in 16 bits.

use fearless_simd::prelude::*;
use fearless_simd::u8x16;
use fearless_simd_macros::simd;

use super::{HALF, Taps};
use crate::simd::Vocab;

/// Bytes of the widest vector, of which the horizontal pass may read one beyond its row.
pub const WIDEST: usize = 64;

/// Sums that are made at once: four vectors of the widest.
const LANES: usize = 64;

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

/// The taps of a horizontal pass as its vectors take them. A lane is a sample of the output, in
/// their order; with 3 channels a fourth, which is dropped, follows each pixel. 64 lanes are a
/// group.
pub struct Lanes {
    channels: usize,
    /// Pairs of taps per output.
    pairs: usize,
    /// Where the taps of four lanes are: four taps of each within 16 bytes.
    blocks: Vec<Blocks<16, 16>>,
    /// The same for 16 lanes, within 64 bytes; empty where they are further apart.
    wide: Vec<Blocks<64, 4>>,
    /// Each lane's pair of weights: per group the first pairs, then the second ...
    weights: Vec<Pairs>,
}

/// A pair of weights for each lane of a group.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Pairs([[i16; 2]; LANES]);

/// A group's lanes in blocks: the byte of the row that a block starts at, and the indices from
/// there that bring each lane its first two taps, as 16 bits each.
#[repr(C, align(64))]
struct Blocks<const BYTES: usize, const COUNT: usize> {
    indices: [[u8; BYTES]; COUNT],
    starts: [u32; COUNT],
}

impl<const BYTES: usize, const COUNT: usize> Blocks<BYTES, COUNT> {
    /// From each lane's first tap; None if the first four are further apart than a block.
    fn new(lanes: &[u32; LANES], channels: usize) -> Option<Self> {
        let mut blocks = Blocks { starts: [0; COUNT], indices: [[ZERO; BYTES]; COUNT] };
        for (block, lanes) in lanes.chunks_exact(BYTES / 4).enumerate() {
            let start = lanes.iter().fold(u32::MAX, |least, &at| least.min(at));
            let last = lanes.iter().fold(0, |most, &at| most.max(at)) + 3 * channels as u32;
            if (last - start) as usize >= BYTES {
                return None;
            }
            blocks.starts[block] = start;
            for (indices, at) in blocks.indices[block].chunks_exact_mut(4).zip(lanes) {
                indices[0] = (at - start) as u8;
                indices[2] = (at - start) as u8 + channels as u8;
            }
        }
        Some(blocks)
    }
}

/// The index of a byte that is to be 0.
const ZERO: u8 = 128;

impl Lanes {
    /// None where there are other channels than 1, 3 or 4, or taps too far apart. `n` samples.
    pub fn new(taps: &Taps<i16>, n: usize, channels: usize) -> Option<Lanes> {
        match channels {
            1 => Lanes::arrange::<1>(taps, n, 1),
            3 | 4 => Lanes::arrange::<4>(taps, n, channels),
            _ => None,
        }
    }

    /// With so many lanes per pixel.
    fn arrange<const N: usize>(taps: &Taps<i16>, n: usize, channels: usize) -> Option<Lanes> {
        let longest = taps.iter().fold(0, |longest, (_, weights)| longest.max(weights.len()));
        let pairs = longest.div_ceil(2);
        let groups = taps.outputs.len().div_ceil(LANES / N);
        let mut firsts = vec![[0; LANES]; groups];
        let mut weights = vec![Pairs([[0; 2]; LANES]); groups * pairs];
        // The last output stands for those that fill up its group.
        let end = taps.outputs.len() - 1;
        for (group, firsts) in firsts.iter_mut().enumerate() {
            let weights = &mut weights[group * pairs..][..pairs];
            for (i, firsts) in firsts.as_chunks_mut::<N>().0.iter_mut().enumerate() {
                let (start, line) = taps.at(end.min(group * (LANES / N) + i));
                // The pairs end with the row, unless it is shorter than they are.
                let first = start.min(n.saturating_sub(2 * pairs));
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
        let blocks: Option<_> = firsts.iter().map(|lanes| Blocks::new(lanes, channels)).collect();
        let wide: Option<_> = firsts.iter().map(|lanes| Blocks::new(lanes, channels)).collect();
        let (blocks, wide) = (blocks?, wide.unwrap_or_default());
        Some(Lanes { channels, pairs, blocks, wide, weights })
    }
}

/// Where the bytes of the output are among those of four vectors of `vector` bytes, packed within
/// blocks: block b of the k-th is four bytes from 16 b + 4 k on.
const fn order(vector: usize, channels: usize) -> [u8; WIDEST] {
    let mut order = [0; WIDEST];
    let mut i = 0;
    while i < vector / 4 * if channels == 3 { 3 } else { 4 } {
        let lane = if channels == 3 { i / 3 * 4 + i % 3 } else { i };
        let (k, lane) = (lane / (vector / 4), lane % (vector / 4));
        order[i] = (lane / 4 * 16 + 4 * k + lane % 4) as u8;
        i += 1;
    }
    order
}

/// [`super::across`].
#[simd]
pub fn across<S: Vocab>(simd: S, line: &[u8], lanes: &Lanes, out: &mut [u8]) {
    match lanes.channels {
        1 => groups::<S, 1>(simd, line, lanes, out),
        3 => groups::<S, 3>(simd, line, lanes, out),
        _ => groups::<S, 4>(simd, line, lanes, out),
    }
}

/// A vector's pairs of weights of the lanes from `lane` on.
#[inline(always)]
fn pairs<S: Vocab>(simd: S, weights: &Pairs, lane: usize) -> S::i16s {
    S::i16s::from_slice(simd, weights.0[lane..][..S::i32s::LEN].as_flattened())
}

/// Four taps of a vector's lanes: the bytes, and the indices of the first two there.
trait Reach<S: Vocab, const C: usize> {
    fn load(&self, simd: S, line: &[u8], lane: usize) -> (S::u8s, S::u8s);
    /// Two taps of each lane in 16 bits each.
    fn shuffle(&self, simd: S, bytes: S::u8s, indices: S::u8s) -> S::i16s;
}

impl<S: Vocab, const C: usize> Reach<S, C> for Blocks<16, 16> {
    #[inline(always)]
    fn load(&self, simd: S, line: &[u8], lane: usize) -> (S::u8s, S::u8s) {
        let n = S::u8s::LEN / 16;
        let bytes = simd.gather_blocks(line, &self.starts[lane / 4..][..n]);
        let indices = if C == 1 {
            S::u8s::from_slice(simd, self.indices[lane / 4..][..n].as_flattened())
        } else {
            S::u8s::block_splat(u8x16::from_slice(simd, &const { pattern(C) }))
        };
        (bytes, indices)
    }

    #[inline(always)]
    fn shuffle(&self, simd: S, bytes: S::u8s, indices: S::u8s) -> S::i16s {
        simd.shuffle_within_blocks(bytes, indices).bitcast()
    }
}

/// For vectors of 64 bytes: one load, and a shuffle across blocks.
struct Wide<'a, S: Vocab> {
    blocks: &'a Blocks<64, 4>,
    /// The bytes that are not to be 0. Known only at run time, it is a part of the shuffle; a
    /// constant becomes an `and` after it.
    kept: S::mask8s,
}

impl<S: Vocab, const C: usize> Reach<S, C> for Wide<'_, S> {
    #[inline(always)]
    fn load(&self, simd: S, line: &[u8], lane: usize) -> (S::u8s, S::u8s) {
        let start = self.blocks.starts[lane / 16] as usize;
        let bytes = S::u8s::from_slice(simd, &line[start..start + S::u8s::LEN]);
        (bytes, S::u8s::from_slice(simd, &self.blocks.indices[lane / 16][..S::u8s::LEN]))
    }

    #[inline(always)]
    fn shuffle(&self, simd: S, bytes: S::u8s, indices: S::u8s) -> S::i16s {
        self.kept.select(bytes.swizzle_dyn(indices), S::u8s::splat(simd, 0)).bitcast()
    }
}

/// The sums of four vectors of lanes from `first` on.
#[inline(always)]
fn sums<S: Vocab, B: Reach<S, C>, const C: usize>(
    simd: S,
    line: &[u8],
    blocks: &B,
    weights: &[Pairs],
    first: usize,
) -> [S::i32s; 4] {
    let mut sums = [S::i32s::splat(simd, HALF); 4];
    let (quads, odd) = weights.as_chunks::<2>();
    for (i, weights) in quads.iter().enumerate() {
        let line = &line[4 * C * i..];
        for (k, sum) in sums.iter_mut().enumerate() {
            let lane = first + k * S::i32s::LEN;
            let (bytes, indices) = blocks.load(simd, line, lane);
            let taps = blocks.shuffle(simd, bytes, indices);
            *sum = simd.dot_add(*sum, taps, pairs(simd, &weights[0], lane));
            let taps = blocks.shuffle(simd, bytes, indices + 2 * C as u8);
            *sum = simd.dot_add(*sum, taps, pairs(simd, &weights[1], lane));
        }
    }
    for weights in odd {
        let line = &line[4 * C * quads.len()..];
        for (k, sum) in sums.iter_mut().enumerate() {
            let lane = first + k * S::i32s::LEN;
            let (bytes, indices) = blocks.load(simd, line, lane);
            let taps = blocks.shuffle(simd, bytes, indices);
            *sum = simd.dot_add(*sum, taps, pairs(simd, weights, lane));
        }
    }
    sums
}

/// The indices of a pixel's lanes: [`Blocks::indices`], the same for each.
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

#[inline(always)]
fn groups<S: Vocab, const C: usize>(simd: S, line: &[u8], lanes: &Lanes, out: &mut [u8]) {
    let n = S::u8s::LEN;
    let order = const { order(S::u8s::LEN, C) };
    let order = S::u8s::from_slice(simd, &order[..n]);
    let step = if C == 3 { n / 4 * 3 } else { n };

    // See [`Wide`].
    let indices = lanes.wide.first().map(|wide| S::u8s::from_slice(simd, &wide.indices[0][..n]));
    let kept = indices.map(|indices| indices.simd_lt(ZERO));

    // Bytes of `out` that are made, and those of them that are there; the last wait in `tail`.
    let (mut made, mut there) = (0, 0);
    let mut tail = [0; 2 * WIDEST];
    for (i, weights) in lanes.weights.chunks_exact(lanes.pairs).enumerate() {
        for part in 0..WIDEST / n {
            if made >= out.len() {
                break;
            }
            let sums = match kept {
                Some(kept) if n == WIDEST => {
                    let wide = Wide { blocks: &lanes.wide[i], kept };
                    sums::<S, _, C>(simd, line, &wide, weights, 0)
                }
                _ => sums::<S, _, C>(simd, line, &lanes.blocks[i], weights, part * n),
            };
            let bytes = bytes(simd, sums).swizzle_dyn(order);
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
