//! Bilinear interpolation of bytes in vectors: pixels of 1, 3 or 4 channels, each in a block of 16
//! bytes, eight from either source row, which hold both neighbours.
//!
//! Of each row h = (256 - fx) left + fx right, less 2^15, fits 16 bits with its sign: it is the
//! same of pixels less 2^7. As 256 - fx may not fit a byte, the sum is taken with 255 - fx, and
//! left added once more. In (256 - fy) upper + fy lower the 2^15 come to 2^23, which is added
//! with the 2^15 of the rounding.

use std::ops::Range;

use fearless_simd::prelude::*;
use fearless_simd::u32x4;
use fearless_simd_macros::simd;

use super::{RUN, Warp, inside};
use crate::image::{View, ViewMut};
use crate::kernels::border::Border;
use crate::simd::Vocab;

/// Pixels at a time.
const BLOCK: usize = 64;

/// What is known of a block's pixels; no vector crosses a line of the cache.
#[repr(align(64))]
struct Block {
    /// Of the first tap in the source.
    offsets: [u64; BLOCK],
    /// Of left and right taps the columns, of upper and lower ones the rows; -1 is the fill value.
    found: [[[i32; BLOCK]; 2]; 2],
    /// Eight bytes of the upper row, eight of the lower.
    taps: [[u8; 16]; BLOCK],
}

/// The longest row, in bytes, and column whose positions fit what holds them here.
pub const LONGEST: usize = 1 << 30;

/// An image of C channels.
#[simd]
pub fn image<S: Vocab, const C: usize>(
    simd: S,
    warp: &Warp,
    src: View<u8>,
    mut dst: ViewMut<u8>,
    first: usize,
) {
    let mut fill = [0; 4];
    fill[..C].copy_from_slice(&warp.fill.pixel(C));
    let shuffles = Shuffles::<S>::new::<C>(simd);
    let mut block =
        Block { offsets: [0; BLOCK], found: [[[0; BLOCK]; 2]; 2], taps: [[0; 16]; BLOCK] };
    for y in 0..dst.shape().height {
        for (run, out) in dst.row(y).chunks_mut(RUN * C).enumerate() {
            let (at, count) = ([run * RUN, first + y], out.len() / C);
            let (start, inside) = warp.run_of(8, at, count, src.shape(), inside::<2>);
            let mut touched = 0..count;
            if warp.border == Border::Constant && inside != touched {
                touched = warp.run_of(8, at, count, src.shape(), |n| [-1 << 32, (n << 32) - 1]).1;
                let (left, rest) = out.split_at_mut(touched.start * C);
                let right = &mut rest[touched.len() * C..];
                for pixel in left.chunks_exact_mut(C).chain(right.chunks_exact_mut(C)) {
                    pixel.copy_from_slice(&fill[..C]);
                }
            }
            let path = Path { start, step: warp.step() };
            for first in touched.clone().step_by(BLOCK) {
                let path = Path { start: path.at(first), ..path };
                let count = (touched.end - first).min(BLOCK);
                let begin = inside.start.clamp(first, first + count) - first;
                let end = inside.end.clamp(first, first + count) - first;
                fetch::<S, C>(simd, src, path, begin..end, &mut block);
                if end - begin < count {
                    let [x, y] = &mut block.found;
                    find(warp.border, src.shape().width, path, 0, count, x);
                    find(warp.border, src.shape().height, path, 1, count, y);
                    outside::<C>(src, &fill, 0..begin, &mut block);
                    outside::<C>(src, &fill, end..count, &mut block);
                }
                let out = &mut out[first * C..touched.end * C];
                mix::<S, C>(simd, &shuffles, path, &block.taps, count, out);
            }
        }
    }
}

/// The coordinates of pixels in a row. (Not by arrays' own `map`, which is not inlined.)
#[derive(Clone, Copy)]
struct Path {
    start: [i64; 2],
    step: [i64; 2],
}

impl Path {
    #[inline(always)]
    fn along(self, k: usize, i: usize) -> i64 {
        self.start[k].wrapping_add(self.step[k].wrapping_mul(i as i64))
    }

    #[inline(always)]
    fn at(self, i: usize) -> [i64; 2] {
        [self.along(0, i), self.along(1, i)]
    }
}

/// The taps of the pixels within a range, which have them all in the image.
#[inline(always)]
fn fetch<S: Vocab, const C: usize>(
    simd: S,
    src: View<u8>,
    path: Path,
    within: Range<usize>,
    block: &mut Block,
) {
    let (data, stride) = src.samples();
    let lanes = S::u64s::LEN;
    let times = |k: usize, n: usize| (path.step[k] as u64).wrapping_mul(n as u64);
    let along = |k: usize| S::u64s::from_fn(simd, |i| times(k, i)) + path.start[k] as u64;
    let [mut x, mut y] = [along(0), along(1)];
    let (pixel, row) = (S::u64s::splat(simd, C as u64), S::u64s::splat(simd, stride as u64));
    for offsets in block.offsets.chunks_exact_mut(lanes) {
        (simd.mul_halves(y >> 32, row) + simd.mul_halves(x >> 32, pixel)).store_slice(offsets);
        x += times(0, lanes);
        y += times(1, lanes);
    }

    let (offsets, odd) = block.offsets[within.clone()].as_chunks::<8>();
    let (taps, rest) = block.taps[within].as_chunks_mut::<8>();
    for (taps, offsets) in taps.iter_mut().zip(offsets) {
        for (taps, &at) in taps.iter_mut().zip(offsets) {
            pair(data, stride, at as usize, taps);
        }
    }
    for (taps, &at) in rest.iter_mut().zip(odd) {
        pair(data, stride, at as usize, taps);
    }
}

/// Eight bytes from an offset on and eight a row further down; 0 for what is beyond the end.
#[inline(always)]
fn pair(data: &[u8], stride: usize, at: usize, taps: &mut [u8; 16]) {
    if at >= (data.len() + 1).saturating_sub(stride + 8) {
        return last(data, stride, at, taps);
    }
    // SAFETY: at + stride + 8 is at most the length.
    unsafe {
        taps[..8].copy_from_slice(data.get_unchecked(at..at + 8));
        taps[8..].copy_from_slice(data.get_unchecked(at + stride..at + stride + 8));
    }
}

#[cold]
#[inline(never)]
fn last(data: &[u8], stride: usize, at: usize, taps: &mut [u8; 16]) {
    *taps = [0; 16];
    for (taps, at) in taps.chunks_exact_mut(8).zip([at, at + stride]) {
        let n = (data.len() - at).min(8);
        taps[..n].copy_from_slice(&data[at..at + n]);
    }
}

/// The columns, or the rows, of both taps of `count` pixels, in an image that has n.
#[inline(always)]
fn find(
    border: Border,
    n: usize,
    path: Path,
    k: usize,
    count: usize,
    [left, right]: &mut [[i32; BLOCK]; 2],
) {
    let (n, left, right) = (n as i32, &mut left[..count], &mut right[..count]);
    for (i, left) in left.iter_mut().enumerate() {
        *left = (path.along(k, i) >> 32) as i32;
    }
    let ends = [left[0], left[count - 1]];
    if 1 - n <= ends[0].min(ends[1]) && ends[0].max(ends[1]) < 2 * n - 2 {
        // One loop for each border has vectors; a loop over all of them has not.
        match border {
            Border::Constant => each(left, right, |i| Border::Constant.near(i, n)),
            Border::Edge => each(left, right, |i| Border::Edge.near(i, n)),
            Border::Reflect => each(left, right, |i| Border::Reflect.near(i, n)),
            Border::Reflect101 => each(left, right, |i| Border::Reflect101.near(i, n)),
            Border::Wrap => each(left, right, |i| Border::Wrap.near(i, n)),
        }
    } else {
        each(left, right, |i| border.resolve(i.into(), n.into()).map_or(-1, |at| at as i32));
    }
}

#[inline(always)]
fn each(left: &mut [i32], right: &mut [i32], resolve: impl Fn(i32) -> i32) {
    for (left, right) in left.iter_mut().zip(right) {
        *right = resolve(*left + 1);
        *left = resolve(*left);
    }
}

/// The taps of the pixels within a range, where the border has a say.
#[inline(always)]
fn outside<const C: usize>(src: View<u8>, fill: &[u8; 4], within: Range<usize>, block: &mut Block) {
    let (data, stride) = src.samples();
    let [[left, right], [top, bottom]] = &block.found;
    for i in within {
        let tap = |row: i32, col: i32| {
            if row | col < 0 { *fill } else { four(data, row as usize * stride + col as usize * C) }
        };
        let taps = &mut block.taps[i];
        // Of three channels, the fourth byte gives way to the next tap.
        taps[..4].copy_from_slice(&tap(top[i], left[i]));
        taps[C..C + 4].copy_from_slice(&tap(top[i], right[i]));
        taps[8..12].copy_from_slice(&tap(bottom[i], left[i]));
        taps[8 + C..12 + C].copy_from_slice(&tap(bottom[i], right[i]));
    }
}

/// Four bytes from an offset on; 0 for what is beyond the end.
#[inline(always)]
fn four(data: &[u8], at: usize) -> [u8; 4] {
    match data[at..].first_chunk() {
        Some(bytes) => *bytes,
        None => {
            let mut bytes = [0; 4];
            bytes[..data.len() - at].copy_from_slice(&data[at..]);
            bytes
        }
    }
}

/// The low halves of x, !x, y and !y for the pixel of each block: as bits of !x are those of x
/// flipped, its top byte is 255 - fx.
struct Weights<S: Vocab> {
    at: S::u32s,
    step: S::u32s,
}

impl<S: Vocab> Weights<S> {
    #[inline(always)]
    fn new(simd: S, path: Path) -> Self {
        let [x, y] = [path.start[0] as u32, path.start[1] as u32];
        let [dx, dy] = [path.step[0] as u32, path.step[1] as u32];
        let lanes = |of: [u32; 4]| S::u32s::block_splat(u32x4::from_slice(simd, &of));
        let step = lanes([dx, dx.wrapping_neg(), dy, dy.wrapping_neg()]);
        let pixel = S::u32s::from_fn(simd, |i| i as u32 / 4);
        Weights { at: lanes([x, !x, y, !y]) + step * pixel, step: step * (S::u8s::LEN as u32 / 16) }
    }
}

/// Bytes within a block.
struct Shuffles<S: Vocab> {
    /// Right and left neighbour of each channel side by side, of the upper row, then the lower.
    taps: S::u8s,
    /// fx and 255 - fx, of the top bytes of x and !x.
    across: S::u8s,
    /// 255 - fy and fy, in 16 bits.
    down: S::u8s,
    close: S::u8s,
}

impl<S: Vocab> Shuffles<S> {
    #[inline(always)]
    fn new<const C: usize>(simd: S) -> Self {
        let pick = |f: fn(usize) -> usize| S::u8s::from_fn(simd, |i| f(i % 16) as u8);
        let pixels = S::u8s::LEN / 16;
        Shuffles {
            taps: pick(|i| i / 4 + i / 2 % 2 * 8 + (1 - i % 2) * C),
            across: pick(|i| 3 + i % 2 * 4),
            down: pick(|i| if i % 2 == 1 { 128 } else { 15 - i / 2 % 2 * 4 }),
            close: S::u8s::from_fn(simd, |i| {
                let (pixel, channel) = (i / C, i % C);
                let at = if S::u8s::LEN == 64 {
                    pixel * 16 + channel * 4 + 2
                } else {
                    pixel % pixels * 16 + pixel / pixels * 4 + channel
                };
                (at % (2 * S::u8s::LEN)) as u8
            }),
        }
    }
}

/// The pixels of `out`.
#[inline(always)]
fn mix<S: Vocab, const C: usize>(
    simd: S,
    shuffles: &Shuffles<S>,
    path: Path,
    taps: &[[u8; 16]; BLOCK],
    count: usize,
    out: &mut [u8],
) {
    let mut weights = Weights::new(simd, path);
    let n = S::u8s::LEN;
    let size = if n == 64 { 8 * C + n } else { n };
    for i in (0..count).step_by(n / 4) {
        let bytes = taps[i..][..n / 4].as_flattened();
        let a = one(simd, shuffles, &mut weights, &bytes[..n]);
        let b = one(simd, shuffles, &mut weights, &bytes[n..]);
        let c = one(simd, shuffles, &mut weights, &bytes[2 * n..]);
        let d = one(simd, shuffles, &mut weights, &bytes[3 * n..]);
        // What is written behind these pixels, the next ones overwrite.
        let pixels = close(simd, shuffles, [a, b, c, d]);
        match out.get_mut(i * C..i * C + size) {
            Some(out) => store::<S, C>(pixels, out),
            None => {
                let mut line = [0; 128];
                store::<S, C>(pixels, &mut line);
                copy(&line, &mut out[i * C..]);
            }
        }
    }
}

#[inline(always)]
fn store<S: Vocab, const C: usize>([x, y]: [S::u8s; 2], out: &mut [u8]) {
    let n = S::u8s::LEN;
    x.store_slice(&mut out[..n]);
    if n == 64 {
        y.store_slice(&mut out[8 * C..][..n]);
    }
}

#[cold]
#[inline(never)]
fn copy(line: &[u8; 128], out: &mut [u8]) {
    let n = out.len().min(128);
    out[..n].copy_from_slice(&line[..n]);
}

#[inline(always)]
fn close<S: Vocab>(simd: S, shuffles: &Shuffles<S>, [a, b, c, d]: [S::i32s; 4]) -> [S::u8s; 2] {
    if S::u8s::LEN == 64 {
        let [a, b, c, d]: [S::u8s; 4] = [a.bitcast(), b.bitcast(), c.bitcast(), d.bitcast()];
        return [a.concat_swizzle_dyn(b, shuffles.close), c.concat_swizzle_dyn(d, shuffles.close)];
    }
    let ab = simd.clamp_i16_within_blocks(a >> 16, b >> 16);
    let cd = simd.clamp_i16_within_blocks(c >> 16, d >> 16);
    [simd.clamp_u8_within_blocks(ab, cd).swizzle_dyn(shuffles.close); 2]
}

#[inline(always)]
fn one<S: Vocab>(
    simd: S,
    shuffles: &Shuffles<S>,
    weights: &mut Weights<S>,
    taps: &[u8],
) -> S::i32s {
    let taps = S::u8s::from_slice(simd, &taps[..S::u8s::LEN]);
    let taps: S::i16s = (taps.swizzle_dyn_within_blocks(shuffles.taps) ^ 0x80).bitcast();
    let at: S::u8s = weights.at.bitcast();
    weights.at += weights.step;
    let across = simd.shuffle_within_blocks(at, shuffles.across);
    let down: S::u32s = simd.shuffle_within_blocks(at, shuffles.down).bitcast();
    let h = simd.dot_bytes(across, taps.bitcast()) + (taps >> 8);
    let round = S::i32s::splat(simd, (1 << 23) + (1 << 15));
    simd.dot_add(round, h, (down + 1).bitcast())
}
