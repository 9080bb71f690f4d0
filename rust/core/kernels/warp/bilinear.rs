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

use super::affine::{Path, both};
use super::{RUN, Warp, half, inside};
use crate::image::{Shape, View, ViewMut};
use crate::kernels::border::Border;
use crate::simd::Vocab;
use crate::simd::level::Level;

/// What is known of the pixels of a run; no vector crosses a line of the cache.
///
/// The taps of a run are all written before the first is read, as a vector that is read too soon
/// waits for the smaller stores that it is made of (a sixth of the time with runs of 64).
#[repr(align(64))]
struct Taps {
    /// Of the first tap in the source.
    offsets: [u64; RUN],
    /// Of left and right taps the columns, of upper and lower ones the rows; -1 is the fill value.
    found: [[[i32; RUN]; 2]; 2],
    /// Eight bytes of the upper row, eight of the lower.
    bytes: [[u8; 16]; RUN],
}

/// The longest row, in bytes, and column whose positions fit what holds them here.
pub const LONGEST: usize = 1 << 30;

/// An image of C channels.
#[simd]
pub fn image<S: Vocab, const C: usize>(
    simd: S,
    level: Level,
    warp: &Warp,
    pixel: &[u8],
    src: View<u8>,
    mut dst: ViewMut<u8>,
    first: usize,
) {
    let (from, to) = (src.shape(), dst.shape());
    let mut fill = [0; 4];
    fill[..C].copy_from_slice(pixel);
    let turns = [[false, false], [true, false], [false, true], [true, true]];
    let shuffles = turns.map(|turned| Shuffles::<S>::new::<C>(simd, turned));
    let mut taps = Taps { offsets: [0; RUN], found: [[[0; RUN]; 2]; 2], bytes: [[0; 16]; RUN] };
    let mut given = [[0; 2]; RUN];
    for y in 0..to.height {
        let row = dst.row(y);
        for x in (0..to.width).step_by(RUN) {
            let (out, count) = (&mut row[x * C..], (to.width - x).min(RUN));
            let path = warp.coordinates.run(level, half(8), x, first + y, &mut given[..count]);
            let Some(path) = path else {
                fetch_given::<S, C>(simd, warp, src, &fill, &given, count, &mut taps);
                let fractions = Given::new(simd, given.as_flattened());
                let shuffles = &shuffles[usize::from(warp.mirrored)];
                mix::<S, C>(simd, shuffles, fractions, &taps.bytes, count, out);
                continue;
            };
            let spans = path.spans(count, from, inside::<2>);
            let inside = both(spans.clone());
            let whole = inside == (0..count);
            let mirrored = !whole && warp.border == Border::Reflect101 && path.is_near(count, from);
            let touched = if !whole && warp.border == Border::Constant {
                both(path.spans(count, from, |n| -1 << 32..n << 32))
            } else {
                0..count
            };
            let mut at = touched.start;
            while at < touched.end {
                let path = path.from(at);
                let ((mut reads, mut turned), end, within) = if mirrored {
                    let end = cut(&spans, at, count);
                    (path.mirrored(from), end, 0..end - at)
                } else {
                    let [begin, end] = [inside.start, inside.end].map(|i| i.clamp(at, touched.end));
                    ((path, [false; 2]), touched.end, begin - at..end - at)
                };
                if warp.mirrored {
                    reads = reads.turned(0, period(from.width) - 1);
                    turned[0] ^= true;
                }
                let (out, count) = (&mut out[at * C..], end - at);
                fetch::<S, C>(simd, src, reads, within.clone(), &mut taps);
                for outside in [0..within.start, within.end..count] {
                    if !outside.is_empty() {
                        let [x, y] = &mut taps.found;
                        find(warp.border, from.width, path, 0, outside.clone(), x);
                        find(warp.border, from.height, path, 1, outside.clone(), y);
                        if warp.mirrored {
                            x.iter_mut().for_each(|x| mirror(&mut x[outside.clone()], from.width));
                        }
                        copy_found::<C>(src, &fill, outside, turned[0], &mut taps);
                    }
                }
                let shuffles = &shuffles[usize::from(turned[0]) + 2 * usize::from(turned[1])];
                mix::<S, C>(simd, shuffles, Even::new(simd, path), &taps.bytes, count, out);
                at = end;
            }
            for pixels in [0..touched.start, touched.end..count] {
                for pixel in out[pixels.start * C..pixels.end * C].chunks_exact_mut(C) {
                    pixel.copy_from_slice(&fill[..C]);
                }
            }
        }
    }
}

/// The first of `count` pixels behind `at` that lies within other spans.
#[inline(always)]
fn cut(spans: &[Range<usize>; 2], at: usize, count: usize) -> usize {
    let mut next = count;
    for span in spans {
        for cut in [span.start, span.end] {
            if cut > at {
                next = next.min(cut);
            }
        }
    }
    next
}

impl Path {
    /// Whether each of `count` pixels has its taps in the image or in one of its mirror images
    /// beside it.
    #[inline(always)]
    fn is_near(self, count: usize, shape: Shape) -> bool {
        let mut near = true;
        for (k, n) in [shape.width, shape.height].into_iter().enumerate() {
            let (period, ends) = (period(n), [self.along(k, 0), self.along(k, count - 1)]);
            near &= -period <= ends[0].min(ends[1]) && ends[0].max(ends[1]) < 2 * period;
        }
        near
    }

    /// Where reflect101 has the taps of the first pixel and its like read, and whether, along x and
    /// y, they are found turned round: what is left of 0 lies at -1 - t, what is right of the
    /// image at 2 `period` - 1 - t.
    #[inline(always)]
    fn mirrored(mut self, shape: Shape) -> (Path, [bool; 2]) {
        let mut turned = [false; 2];
        for (k, n) in [shape.width, shape.height].into_iter().enumerate() {
            let (t, period) = (self.start[k], period(n));
            turned[k] = t < 0 || t >= period;
            if turned[k] {
                self = self.turned(k, if t < 0 { -1 } else { 2 * period - 1 });
            }
        }
        (self, turned)
    }

    /// With `sum` - t for each t along an axis.
    #[inline(always)]
    fn turned(mut self, k: usize, sum: i64) -> Path {
        self.start[k] = sum.wrapping_sub(self.start[k]);
        self.step[k] = self.step[k].wrapping_neg();
        self
    }
}

/// Of n pixels, the positions that have a right neighbour, in Q32: after so many, reflect101 turns.
#[inline(always)]
fn period(n: usize) -> i64 {
    (n as i64 - 1) << 32
}

/// The taps of the pixels within a range, which have them all in the image.
#[inline(always)]
fn fetch<S: Vocab, const C: usize>(
    simd: S,
    src: View<u8>,
    path: Path,
    within: Range<usize>,
    taps: &mut Taps,
) {
    if within.is_empty() {
        return;
    }
    let (data, stride) = src.samples();
    let lanes = S::u64s::LEN;
    let times = |k: usize, n: usize| (path.step[k] as u64).wrapping_mul(n as u64);
    let along = |k: usize| S::u64s::from_fn(simd, |i| times(k, i)) + path.start[k] as u64;
    let [mut x, mut y] = [along(0), along(1)];
    let (pixel, row) = (S::u64s::splat(simd, C as u64), S::u64s::splat(simd, stride as u64));
    for offsets in taps.offsets[..within.end.next_multiple_of(lanes)].chunks_exact_mut(lanes) {
        (simd.mul_halves(y >> 32, row) + simd.mul_halves(x >> 32, pixel)).store_slice(offsets);
        x += times(0, lanes);
        y += times(1, lanes);
    }

    // Coordinates go one way, so that no pixel's are beyond those of both ends.
    let mut last_tap = [0; 2];
    for (k, n) in [src.shape().width, src.shape().height].into_iter().enumerate() {
        let ends = [path.along(k, within.start), path.along(k, within.end - 1)];
        assert!(0 <= ends[0].min(ends[1]) && ends[0].max(ends[1]) < period(n), "taps outside");
        last_tap[k] = (ends[0].max(ends[1]) >> 32) as usize;
    }
    let end = last_tap[1] * stride + last_tap[0] * C + stride + 8;
    let (offsets, taps) = (&taps.offsets[within.clone()], &mut taps.bytes[within]);
    if end > data.len() {
        for (taps, &at) in taps.iter_mut().zip(offsets) {
            last(data, stride, at as usize, taps);
        }
        return;
    }
    let ((taps, rest), (offsets, odd)) = (taps.as_chunks_mut::<8>(), offsets.as_chunks::<8>());
    for (taps, offsets) in taps.iter_mut().zip(offsets) {
        for (taps, &at) in taps.iter_mut().zip(offsets) {
            // SAFETY: by the assertion above, at + stride + 8 is at most `end`.
            unsafe { pair(data, stride, at as usize, taps) }
        }
    }
    for (taps, &at) in rest.iter_mut().zip(odd) {
        // SAFETY: as above.
        unsafe { pair(data, stride, at as usize, taps) }
    }
}

/// Eight bytes from an offset on and eight a row further down.
///
/// # Safety
/// `at + stride + 8` is at most the length of the data.
#[inline(always)]
unsafe fn pair(data: &[u8], stride: usize, at: usize, taps: &mut [u8; 16]) {
    // SAFETY: the caller's.
    unsafe {
        taps[..8].copy_from_slice(data.get_unchecked(at..at + 8));
        taps[8..].copy_from_slice(data.get_unchecked(at + stride..at + stride + 8));
    }
}

/// The same; 0 for what is beyond the end.
#[cold]
#[inline(never)]
fn last(data: &[u8], stride: usize, at: usize, taps: &mut [u8; 16]) {
    *taps = [0; 16];
    for (taps, at) in taps.chunks_exact_mut(8).zip([at, at + stride]) {
        let n = (data.len() - at).min(8);
        taps[..n].copy_from_slice(&data[at..at + n]);
    }
}

/// The columns, or the rows, of both taps of the pixels within a range, in an image that has n.
#[inline(always)]
fn find(
    border: Border,
    n: usize,
    path: Path,
    k: usize,
    within: Range<usize>,
    [left, right]: &mut [[i32; RUN]; 2],
) {
    let (n, left, right) = (n as i32, &mut left[within.clone()], &mut right[within.clone()]);
    for (left, i) in left.iter_mut().zip(within) {
        *left = (path.along(k, i) >> 32) as i32;
    }
    let ends = [left[0], left[left.len() - 1]];
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

/// The columns in the mirror image; the fill value's stay.
#[inline(always)]
fn mirror(columns: &mut [i32], width: usize) {
    for column in columns.iter_mut().filter(|column| **column >= 0) {
        *column = width as i32 - 1 - *column;
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
fn copy_found<const C: usize>(
    src: View<u8>,
    fill: &[u8; 4],
    within: Range<usize>,
    turned: bool,
    taps: &mut Taps,
) {
    let (data, stride) = src.samples();
    let Taps { found: [[left, right], [top, bottom]], bytes, .. } = taps;
    let (left, right) = if turned { (right, left) } else { (left, right) };
    for i in within {
        let tap = |row: i32, col: i32| {
            if row | col < 0 { *fill } else { four(data, row as usize * stride + col as usize * C) }
        };
        let taps = |row| [tap(row, left[i]), tap(row, right[i])];
        put::<C>(&mut bytes[i], [taps(top[i]), taps(bottom[i])]);
    }
}

/// Rows of a left and a right tap, of C bytes each.
#[inline(always)]
fn put<const C: usize>(bytes: &mut [u8; 16], taps: [[[u8; 4]; 2]; 2]) {
    for (bytes, [left, right]) in bytes.chunks_exact_mut(8).zip(taps) {
        // Of three channels, the fourth byte gives way to the next tap.
        bytes[..4].copy_from_slice(&left);
        bytes[C..C + 4].copy_from_slice(&right);
    }
}

/// Pixels that are looked at together.
const BLOCK: usize = 8;

/// The taps of the first pixels of a run at given positions.
#[inline(always)]
fn fetch_given<S: Vocab, const C: usize>(
    simd: S,
    warp: &Warp,
    src: View<u8>,
    fill: &[u8; 4],
    at: &[[i64; 2]; RUN],
    count: usize,
    taps: &mut Taps,
) {
    let shape = src.shape();
    let (data, stride) = src.samples();
    // Of each pair of halves the low one is a column or row whose neighbour, and eight bytes from
    // it on, are in the row; the high one is 0.
    let columns = (shape.width + 1).saturating_sub(8_usize.div_ceil(C).max(2)) as u32;
    let ends = [columns, 1, shape.height as u32 - 1, 1];
    let ends = S::u32s::block_splat(u32x4::from_slice(simd, &ends));
    // Of x, then of y.
    let pairs = |x: u64, y: u64| S::u64s::from_fn(simd, |i| if i % 2 == 0 { x } else { y });
    let (flip, last) = (pairs(u64::MAX, 0), pairs(shape.width as u64 - 1, 0));
    let (strides, mirrored) = (pairs(C as u64, stride as u64), warp.mirrored);
    let lanes = S::u64s::LEN;
    let blocks = count.div_ceil(BLOCK);
    let mut outside = [false; RUN / BLOCK];
    for (block, outside) in outside[..blocks].iter_mut().enumerate() {
        let at = at[block * BLOCK..][..BLOCK].as_flattened().chunks_exact(2 * lanes);
        let offsets = taps.offsets[block * BLOCK..][..BLOCK].chunks_exact_mut(lanes);
        let mut beyond = S::u32s::splat(simd, 0).simd_gt(0);
        for (at, offsets) in at.zip(offsets) {
            let mut part = |at: &[i64]| {
                let at: S::u64s = S::i64s::from_slice(simd, at).bitcast();
                let index = if mirrored { ((at >> 32) ^ flip) + last } else { at >> 32 };
                beyond |= index.bitcast::<S::u32s>().simd_ge(ends);
                simd.mul_halves(index, strides)
            };
            let (a, b) = (part(&at[..lanes]), part(&at[lanes..]));
            (a.unzip_low(b) + a.unzip_high(b)).store_slice(offsets);
        }
        *outside = beyond.any_true();
    }
    for block in 0..blocks {
        let at = &at[block * BLOCK..][..BLOCK];
        let offsets = &taps.offsets[block * BLOCK..][..BLOCK];
        let bytes = &mut taps.bytes[block * BLOCK..][..BLOCK];
        if !outside[block] {
            for (bytes, &offset) in bytes.iter_mut().zip(offsets) {
                // SAFETY: eight bytes from the column on are in the row, and there is a row below.
                unsafe { pair(data, stride, offset as usize, bytes) }
            }
            continue;
        }
        for (at, bytes) in at.iter().zip(bytes) {
            let [mut cols, rows] = warp.resolve::<2>(*at, shape);
            if warp.mirrored {
                cols.swap(0, 1);
            }
            let tap = |row: Option<usize>, col: Option<usize>| match (row, col) {
                (Some(row), Some(col)) => four(data, row * stride + col * C),
                _ => *fill,
            };
            let taps = |row| [tap(row, cols[0]), tap(row, cols[1])];
            put::<C>(bytes, [taps(rows[0]), taps(rows[1])]);
        }
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

/// Where pixels lie between their taps: the low halves of x, !x, y and !y for the pixel of each
/// block. As bits of !x are those of x flipped, its top byte is 255 - fx.
trait Fractions<S: Vocab> {
    /// Of the next pixels, as many as a vector has blocks.
    fn next(&mut self) -> S::u8s;
}

/// Of pixels on a line.
struct Even<S: Vocab> {
    at: S::u32s,
    step: S::u32s,
}

impl<S: Vocab> Even<S> {
    #[inline(always)]
    fn new(simd: S, path: Path) -> Self {
        let [x, y] = [path.start[0] as u32, path.start[1] as u32];
        let [dx, dy] = [path.step[0] as u32, path.step[1] as u32];
        let lanes = |of: [u32; 4]| S::u32s::block_splat(u32x4::from_slice(simd, &of));
        let step = lanes([dx, dx.wrapping_neg(), dy, dy.wrapping_neg()]);
        let pixel = S::u32s::from_fn(simd, |i| i as u32 / 4);
        Even { at: lanes([x, !x, y, !y]) + step * pixel, step: step * (S::u8s::LEN as u32 / 16) }
    }
}

impl<S: Vocab> Fractions<S> for Even<S> {
    #[inline(always)]
    fn next(&mut self) -> S::u8s {
        let at = self.at.bitcast();
        self.at += self.step;
        at
    }
}

/// Of pixels whose positions are given.
struct Given<'a, S: Vocab> {
    simd: S,
    at: &'a [i64],
    low: S::u8s,
    flip: S::u8s,
}

impl<'a, S: Vocab> Given<'a, S> {
    #[inline(always)]
    fn new(simd: S, at: &'a [i64]) -> Self {
        // The low half of each number twice, the second one flipped.
        let low = S::u8s::from_fn(simd, |i| (i % 16 / 8 * 8 + i % 4) as u8);
        let flip = S::u8s::from_fn(simd, |i| if i % 8 < 4 { 0 } else { 255 });
        Given { simd, at, low, flip }
    }
}

impl<S: Vocab> Fractions<S> for Given<'_, S> {
    #[inline(always)]
    fn next(&mut self) -> S::u8s {
        let (at, rest) = self.at.split_at(S::i64s::LEN);
        self.at = rest;
        let at = S::i64s::from_slice(self.simd, at).bitcast();
        self.simd.shuffle_within_blocks(at, self.low) ^ self.flip
    }
}

/// Bytes within a block.
#[derive(Clone, Copy)]
struct Shuffles<S: Vocab> {
    /// Right and left neighbour of each channel side by side, of the upper row, then the lower;
    /// where the taps are turned, the ones for the others.
    taps: S::u8s,
    /// fx and 255 - fx, of the top bytes of x and !x.
    across: S::u8s,
    /// 255 - fy and fy, in 16 bits.
    down: S::u8s,
    close: S::u8s,
}

impl<S: Vocab> Shuffles<S> {
    #[inline(always)]
    fn new<const C: usize>(simd: S, turned: [bool; 2]) -> Self {
        let [x, y] = turned.map(usize::from);
        let pick = |f: &dyn Fn(usize) -> usize| S::u8s::from_fn(simd, |i| f(i % 16) as u8);
        let pixels = S::u8s::LEN / 16;
        Shuffles {
            taps: pick(&|i| i / 4 + ((i / 2 % 2) ^ y) * 8 + ((1 - i % 2) ^ x) * C),
            across: pick(&|i| 3 + i % 2 * 4),
            down: pick(&|i| if i % 2 == 1 { 128 } else { 15 - i / 2 % 2 * 4 }),
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
    mut fractions: impl Fractions<S>,
    taps: &[[u8; 16]; RUN],
    count: usize,
    out: &mut [u8],
) {
    let n = S::u8s::LEN;
    let size = if n == 64 { 8 * C + n } else { n };
    for i in (0..count).step_by(n / 4) {
        let bytes = taps[i..][..n / 4].as_flattened();
        let a = one(simd, shuffles, fractions.next(), &bytes[..n]);
        let b = one(simd, shuffles, fractions.next(), &bytes[n..]);
        let c = one(simd, shuffles, fractions.next(), &bytes[2 * n..]);
        let d = one(simd, shuffles, fractions.next(), &bytes[3 * n..]);
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
fn one<S: Vocab>(simd: S, shuffles: &Shuffles<S>, at: S::u8s, taps: &[u8]) -> S::i32s {
    let taps = S::u8s::from_slice(simd, &taps[..S::u8s::LEN]);
    let taps: S::i16s = (taps.swizzle_dyn_within_blocks(shuffles.taps) ^ 0x80).bitcast();
    let across = simd.shuffle_within_blocks(at, shuffles.across);
    let down: S::u32s = simd.shuffle_within_blocks(at, shuffles.down).bitcast();
    let h = simd.dot_bytes(across, taps.bitcast()) + (taps >> 8);
    let round = S::i32s::splat(simd, (1 << 23) + (1 << 15));
    simd.dot_add(round, h, (down + 1).bitcast())
}
