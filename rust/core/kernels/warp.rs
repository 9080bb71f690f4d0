//! Reading an image through an affine map, with interpolation: docs/spec/warp.md.
//!
//! The map m leads from the output back to the input, in edge coordinates. Output pixel (x, y)
//! reads at pixel index
//!
//! ```text
//! X(x, y) = m0 (x + 0.5) + m1 (y + 0.5) + m2 - 0.5    Y(x, y) = the same with m3, m4, m5
//! ```
//!
//! in Q32 fixed point: with fix(v) = floor(v 2^32 + 0.5) and x0 = x rounded down to a multiple of
//! 256, it is s = fix(X(x0, y)) + (x - x0) fix(m0), X in f64 from left to right. Refused unless
//! |m0| W + |m1| H + |m2| <= 2^30, and the same for Y, W and H the output's size: so nothing
//! overflows, and a coordinate is within 2^-25 plus 2^-50 times that sum of the exact one.
//!
//! An interpolation keeps n bits of the fraction, rounded: t = s + 2^(31 - n), index t >> 32,
//! fraction f = (t >> (32 - n)) & (2^n - 1), in units of 2^-n. A tap outside the image is resolved
//! by the border; one that is the fill value is mixed as any other.
//!
//! ```text
//!             n             taps at index
//! nearest     0             0               copied
//! bilinear    uint8    8    0, 1            weights products (256 - fx | fx) (256 - fy | fy):
//!                                           (sum + 2^15) >> 16
//!             uint16  16    0, 1            the same with 65536: (sum + 2^31) >> 32
//!             float32 24    0, 1            lerp(a, b, f) = a + (b - a) f: along x, then along y
//! bicubic     uint8   10    -1, 0, 1, 2     weights Q14 of the table CUBIC; along x
//!                                           h = (sum + 2^7) >> 8, along y (sum + 2^19) >> 20
//!             uint16  24    -1, 0, 1, 2     weights Q30 of `cubic_q30`; along x
//!                                           h = (sum + 2^17) >> 18, along y (sum + 2^41) >> 42
//!             float32 24    -1, 0, 1, 2     p1 + ((w0 (p0 - p1) + w2 (p2 - p1)) + w3 (p3 - p1)),
//!                                           weights `cubic_f32`: along x, then along y
//! ```
//!
//! Integers are clamped to their type, float32 is not. Bicubic is the convolution of Keys, "Cubic
//! convolution interpolation for digital image processing" (1981), a = -0.5. Masks: nearest.

mod bilinear;

use std::ops::{Add, Mul, Range};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::image::{Element, Shape, View, ViewMut};
use crate::kernels::border::Border;
use crate::kernels::fill::{Fill, FromFill};
use crate::kernels::kernel::{Geometry, Kernel, Reach};
use crate::kernels::step::Step;
use crate::maths::canonical;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::targets::map::{Affine, Map};
use crate::targets::masks::MaskType;
use crate::vectors;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    Nearest,
    Bilinear,
    Bicubic,
}

/// Pixels from one exact start to the next, so that the rounding of the step does not add up.
const RUN: usize = 256;

#[derive(Debug, Clone)]
pub struct Warp {
    inverse: Affine,
    map: Affine,
    size: [usize; 2],
    interpolation: Interpolation,
    border: Border,
    fill: Fill,
    /// Whether it is the input's mirror image, left and right exchanged, that is read.
    mirrored: bool,
}

impl Warp {
    /// `inverse` leads from an output of `size` (height, width) back to the input.
    pub fn new(
        op: &str,
        inverse: Affine,
        size: [usize; 2],
        interpolation: Interpolation,
        border: Border,
        fill: Fill,
    ) -> Result<Warp> {
        let [height, width] = size.map(|n| n as f64);
        let bounded = |[a, b, c]: [f64; 3]| {
            a.abs() * width + b.abs() * height + c.abs() <= f64::from(1 << 30)
        };
        let [a, b, c, d, e, f] = inverse.0;
        if !(bounded([a, b, c]) && bounded([d, e, f])) {
            let value = format!("{:?}", inverse.0);
            let allowed = "|a| width + |b| height + |c| <= 2^30 in each row [a, b, c] of the map \
                           from output to input";
            return Err(Error::argument(op, "map", value, allowed));
        }
        let Some(map) = inverse.inverse() else {
            let value = format!("{:?}", inverse.0);
            return Err(Error::argument(op, "map", value, "a map that can be inverted"));
        };
        Ok(Warp { inverse, map, size, interpolation, border, fill, mirrored: false })
    }

    /// The coordinates of output pixel (x, y).
    #[inline(always)]
    fn start(&self, x: usize, y: usize) -> [i64; 2] {
        let [x, y] = self.inverse.forward([x as f64 + 0.5, y as f64 + 0.5]);
        [fixed(x - 0.5), fixed(y - 0.5)]
    }

    fn run<I, T, const N: usize>(&self, fill: &[T], src: View<T>, dst: ViewMut<T>, first: usize)
    where
        T: Element,
        I: Interpolate<T, N>,
    {
        match src.shape().channels {
            1 => self.rows::<I, T, N, 1>(fill, src, dst, first),
            3 => self.rows::<I, T, N, 3>(fill, src, dst, first),
            4 => self.rows::<I, T, N, 4>(fill, src, dst, first),
            _ => self.rows::<I, T, N, 0>(fill, src, dst, first),
        }
    }

    /// With C channels known to the compiler, or any number if C is 0.
    fn rows<I, T, const N: usize, const C: usize>(
        &self,
        fill: &[T],
        src: View<T>,
        mut dst: ViewMut<T>,
        first: usize,
    ) where
        T: Element,
        I: Interpolate<T, N>,
    {
        let Shape { height, width, channels } = src.shape();
        let channels = if C == 0 { channels } else { C };
        let limits = [width, height].map(|n| n as i64);
        let step = self.step();
        for y in 0..dst.shape().height {
            for (run, out) in dst.row(y).chunks_mut(RUN * channels).enumerate() {
                let count = out.len() / channels;
                let start = self.rounded_start(I::BITS, run * RUN, first + y);
                let Range { start: begin, end } =
                    both(self.spans(start, count, src.shape(), inside::<N>));
                let at = |k: usize, i: usize| start[k] + step[k] * i as i64;

                let (left, rest) = out.split_at_mut(begin * channels);
                let (middle, right) = rest.split_at_mut((end - begin) * channels);
                for (i, out) in middle.chunks_exact_mut(channels).enumerate() {
                    let (x, y) = (at(0, begin + i), at(1, begin + i));
                    let weights = I::weights(fraction(x, I::BITS), fraction(y, I::BITS));
                    let (mut col, row) = (corner::<N>(x) as usize, corner::<N>(y) as usize);
                    if self.mirrored {
                        col = width - N - col;
                    }
                    let mut rows: [&[T]; N] = [&[]; N];
                    for (j, pixels) in rows.iter_mut().enumerate() {
                        *pixels = &src.row(row + j)[col * channels..][..N * channels];
                    }
                    for (c, out) in out.iter_mut().enumerate() {
                        let at = |i: usize| if self.mirrored { N - 1 - i } else { i };
                        *out = I::mix(weights, grid(|j, i| rows[j][at(i) * channels + c]));
                    }
                }
                for (begin, part) in [(0, left), (end, right)] {
                    for (i, out) in part.chunks_exact_mut(channels).enumerate() {
                        let (x, y) = (at(0, begin + i), at(1, begin + i));
                        let weights = I::weights(fraction(x, I::BITS), fraction(y, I::BITS));
                        let rows = self.resolve::<N>(y, limits[1]);
                        let mut cols = self.resolve::<N>(x, limits[0]);
                        if self.mirrored {
                            cols = cols.map(|col| Some(width - 1 - col?));
                        }
                        for (c, out) in out.iter_mut().enumerate() {
                            let tap = |j: usize, i: usize| match (rows[j], cols[i]) {
                                (Some(row), Some(col)) => src.row(row)[col * channels + c],
                                _ => fill[c],
                            };
                            *out = I::mix(weights, grid(tap));
                        }
                    }
                }
            }
        }
    }

    fn bytes<S: Vocab>(
        &self,
        simd: S,
        src: View<u8>,
        dst: ViewMut<u8>,
        first: usize,
    ) -> Result<()> {
        let longest = src.shape().height.max(src.samples().1);
        let fast = S::SHUFFLES
            && self.interpolation == Interpolation::Bilinear
            && longest <= bilinear::LONGEST;
        let fill = &self.fill.pixel::<u8>(src.shape().channels)?;
        match src.shape().channels {
            1 if fast => bilinear::image::<S, 1>(simd, self, fill, src, dst, first),
            3 if fast => bilinear::image::<S, 3>(simd, self, fill, src, dst, first),
            4 if fast => bilinear::image::<S, 4>(simd, self, fill, src, dst, first),
            _ => self.image(src, dst, first)?,
        }
        Ok(())
    }

    /// How far the taps move from one pixel to the next.
    #[inline(always)]
    fn step(&self) -> [i64; 2] {
        [fixed(self.inverse.0[0]), fixed(self.inverse.0[3])]
    }

    /// The coordinates of output pixel (x, y), rounded to `bits` bits.
    #[inline(always)]
    fn rounded_start(&self, bits: u32, x: usize, y: usize) -> [i64; 2] {
        let [x, y] = self.start(x, y);
        [x + (1 << (31 - bits)), y + (1 << (31 - bits))]
    }

    /// Of `count` pixels from a position on, those within the limits along x, and along y; limits
    /// depend on the axis's length.
    #[inline(always)]
    fn spans(
        &self,
        start: [i64; 2],
        count: usize,
        shape: Shape,
        limits: impl Fn(i64) -> [i64; 2],
    ) -> [Range<usize>; 2] {
        let step = self.step();
        [
            span(start[0], step[0], limits(shape.width as i64), count),
            span(start[1], step[1], limits(shape.height as i64), count),
        ]
    }

    /// Where the N taps at a position are found along an axis of n pixels.
    #[inline(always)]
    fn resolve<const N: usize>(&self, t: i64, n: i64) -> [Option<usize>; N] {
        let mut taps = [None; N];
        for (i, tap) in taps.iter_mut().enumerate() {
            *tap = self.border.resolve(corner::<N>(t) + i as i64, n).map(|at| at as usize);
        }
        taps
    }

    fn image<T: FromFill>(&self, src: View<T>, dst: ViewMut<T>, first: usize) -> Result<()>
    where
        Bilinear: Interpolate<T, 2>,
        Bicubic: Interpolate<T, 4>,
    {
        let fill = &self.fill.pixel::<T>(src.shape().channels)?;
        match self.interpolation {
            Interpolation::Nearest => self.run::<Nearest, T, 1>(fill, src, dst, first),
            Interpolation::Bilinear => self.run::<Bilinear, T, 2>(fill, src, dst, first),
            Interpolation::Bicubic => self.run::<Bicubic, T, 4>(fill, src, dst, first),
        }
        Ok(())
    }
}

impl Kernel for Warp {
    fn reach(&self) -> Reach {
        Reach::Bands
    }

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, first: usize) -> Result<()> {
        vectors!(level, simd => self.bytes(simd, src, dst, first))
    }

    fn uint16(&self, _: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) -> Result<()> {
        self.image(src, dst, first)
    }

    fn float32(&self, _: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) -> Result<()> {
        self.image(src, dst, first)
    }
}

impl Geometry for Warp {
    fn size(&self) -> [usize; 2] {
        self.size
    }

    fn map(&self) -> Map {
        self.map.into()
    }

    fn mirror_input(&mut self) -> bool {
        self.mirrored ^= true;
        true
    }

    fn mask(&self, mask: MaskType, channels: usize) -> Result<Step> {
        let fill = mask.fill(self.fill.mask, channels)?;
        let interpolation = Interpolation::Nearest;
        Ok(Step::Move(Box::new(Warp { fill, interpolation, ..self.clone() })))
    }
}

/// Q32, rounded.
#[inline(always)]
fn fixed(v: f64) -> i64 {
    (v * 4_294_967_296.0 + 0.5).floor() as i64
}

/// The index of the first of N taps.
#[inline(always)]
fn corner<const N: usize>(t: i64) -> i64 {
    (t >> 32) - (N as i64 - 1) / 2
}

#[inline(always)]
fn fraction(t: i64, bits: u32) -> u32 {
    (t as u32).checked_shr(32 - bits).unwrap_or(0)
}

/// The positions, first and last, whose N taps all lie within 0..n.
fn inside<const N: usize>(n: i64) -> [i64; 2] {
    let before = (N as i64 - 1) / 2;
    [before << 32, ((n - N as i64 + before + 1) << 32) - 1]
}

/// The i in 0..count with start + step i within first..=last.
fn span(start: i64, step: i64, [first, last]: [i64; 2], count: usize) -> Range<usize> {
    if step < 0 {
        return span(-start, -step, [-last, -first], count);
    }
    // Most runs lie within, or beside, and need no division.
    let end = start.saturating_add(step.saturating_mul(count as i64 - 1));
    if end < first || last < start {
        return 0..0;
    }
    // Saturation can only shorten the span, and costs speed alone. A step of 0 has returned, or
    // divides nothing: all of its pixels are within.
    let ceil = |distance: i64| (distance as u64).div_ceil(step as u64);
    let from = if first <= start { 0 } else { ceil(first.saturating_sub(start)) };
    let to =
        if end <= last { count as u64 } else { ceil(last.saturating_sub(start).saturating_add(1)) };
    let [from, to] = [from, to].map(|i| i.min(count as u64) as usize);
    from..to.max(from)
}

/// What two ranges share.
#[inline(always)]
fn both([a, b]: [Range<usize>; 2]) -> Range<usize> {
    let start = a.start.max(b.start);
    start..a.end.min(b.end).max(start)
}

/// N x N values, rows of columns. Loops, as not every level inlines the arrays' own `map`.
#[inline(always)]
fn grid<T: Element, const N: usize>(tap: impl Fn(usize, usize) -> T) -> [[T; N]; N] {
    let mut taps = [[T::default(); N]; N];
    for (j, row) in taps.iter_mut().enumerate() {
        for (i, value) in row.iter_mut().enumerate() {
            *value = tap(j, i);
        }
    }
    taps
}

/// How one value is made of N x N taps.
trait Interpolate<T, const N: usize> {
    const BITS: u32;
    type Weights: Copy;

    /// Of fractions along x and y.
    fn weights(x: u32, y: u32) -> Self::Weights;
    fn mix(weights: Self::Weights, taps: [[T; N]; N]) -> T;
}

struct Nearest;
struct Bilinear;
struct Bicubic;

impl<T: Element> Interpolate<T, 1> for Nearest {
    const BITS: u32 = 0;
    type Weights = ();

    #[inline(always)]
    fn weights(_: u32, _: u32) {}

    #[inline(always)]
    fn mix(_: (), [[tap]]: [[T; 1]; 1]) -> T {
        tap
    }
}

impl Interpolate<u8, 2> for Bilinear {
    const BITS: u32 = 8;
    type Weights = [u32; 4];

    #[inline(always)]
    fn weights(x: u32, y: u32) -> [u32; 4] {
        [(256 - x) * (256 - y), x * (256 - y), (256 - x) * y, x * y]
    }

    #[inline(always)]
    fn mix(w: [u32; 4], taps: [[u8; 2]; 2]) -> u8 {
        let [top, bottom] = taps;
        let top = w[0] * u32::from(top[0]) + w[1] * u32::from(top[1]);
        let bottom = w[2] * u32::from(bottom[0]) + w[3] * u32::from(bottom[1]);
        ((top + bottom + (1 << 15)) >> 16) as u8
    }
}

impl Interpolate<u16, 2> for Bilinear {
    const BITS: u32 = 16;
    type Weights = [u32; 2];

    #[inline(always)]
    fn weights(x: u32, y: u32) -> [u32; 2] {
        [x, y]
    }

    #[inline(always)]
    fn mix([x, y]: [u32; 2], taps: [[u16; 2]; 2]) -> u16 {
        let across = |[a, b]: [u16; 2]| u32::from(a) * (65536 - x) + u32::from(b) * x;
        let top = u64::from(across(taps[0])) * u64::from(65536 - y);
        let bottom = u64::from(across(taps[1])) * u64::from(y);
        ((top + bottom + (1 << 31)) >> 32) as u16
    }
}

/// 24 bits of fraction: exact.
#[inline(always)]
fn unit(fraction: u32) -> f32 {
    fraction as f32 * (1.0 / 16_777_216.0)
}

impl Interpolate<f32, 2> for Bilinear {
    const BITS: u32 = 24;
    type Weights = [f32; 2];

    #[inline(always)]
    fn weights(x: u32, y: u32) -> [f32; 2] {
        [unit(x), unit(y)]
    }

    #[inline(always)]
    fn mix([x, y]: [f32; 2], taps: [[f32; 2]; 2]) -> f32 {
        let lerp = |[a, b]: [f32; 2], f: f32| a + (b - a) * f;
        canonical(lerp([lerp(taps[0], x), lerp(taps[1], x)], y))
    }
}

/// Keys' four weights at k / 1024 in Q14, each the nearest; what their sum lacks of 16384 goes to
/// the nearer of the two in the middle.
const fn cubic_table() -> [[i16; 4]; 1024] {
    let mut table = [[0; 4]; 1024];
    let mut k: i64 = 0;
    while k < 1024 {
        let (f, ff, fff) = (k << 20, (k * k) << 10, k * k * k); // Q30
        // Twice the weights in Q30 are the weights in Q31.
        let exact =
            [2 * ff - f - fff, (1 << 31) - 5 * ff + 3 * fff, f + 4 * ff - 3 * fff, fff - ff];
        let mut rest = 1 << 14;
        let mut i = 0;
        while i < 4 {
            let weight = ((exact[i] + (1 << 16)) >> 17) as i16;
            table[k as usize][i] = weight;
            rest -= weight;
            i += 1;
        }
        table[k as usize][if k <= 512 { 1 } else { 2 }] += rest;
        k += 1;
    }
    table
}

static CUBIC: [[i16; 4]; 1024] = cubic_table();

#[inline(always)]
fn dot<T: Copy + Mul<Output = T> + Add<Output = T>>(w: [T; 4], v: [T; 4]) -> T {
    w[0] * v[0] + w[1] * v[1] + w[2] * v[2] + w[3] * v[3]
}

impl Interpolate<u8, 4> for Bicubic {
    const BITS: u32 = 10;
    type Weights = [[i32; 4]; 2];

    #[inline(always)]
    fn weights(x: u32, y: u32) -> [[i32; 4]; 2] {
        let wide = |[a, b, c, d]: [i16; 4]| [a.into(), b.into(), c.into(), d.into()];
        [wide(CUBIC[x as usize]), wide(CUBIC[y as usize])]
    }

    #[inline(always)]
    fn mix([x, y]: [[i32; 4]; 2], taps: [[u8; 4]; 4]) -> u8 {
        let across = |[a, b, c, d]: [u8; 4]| {
            (dot(x, [a.into(), b.into(), c.into(), d.into()]) + (1 << 7)) >> 8
        };
        let rows = [across(taps[0]), across(taps[1]), across(taps[2]), across(taps[3])];
        ((dot(y, rows) + (1 << 19)) >> 20).clamp(0, 255) as u8
    }
}

/// Keys' weights in Q30 of f in Q24: made of f, f^2 and f^3 in Q29, they sum to 2^30.
#[inline(always)]
fn cubic_q30(f: u32) -> [i64; 4] {
    let f = i64::from(f);
    let a = f << 5;
    let b = (f * f + (1 << 18)) >> 19;
    let c = (b * f + (1 << 23)) >> 24;
    [2 * b - a - c, (1 << 30) - 5 * b + 3 * c, a + 4 * b - 3 * c, c - b]
}

impl Interpolate<u16, 4> for Bicubic {
    const BITS: u32 = 24;
    type Weights = [[i64; 4]; 2];

    #[inline(always)]
    fn weights(x: u32, y: u32) -> [[i64; 4]; 2] {
        [cubic_q30(x), cubic_q30(y)]
    }

    #[inline(always)]
    fn mix([x, y]: [[i64; 4]; 2], taps: [[u16; 4]; 4]) -> u16 {
        let across = |[a, b, c, d]: [u16; 4]| {
            (dot(x, [a.into(), b.into(), c.into(), d.into()]) + (1 << 17)) >> 18
        };
        let rows = [across(taps[0]), across(taps[1]), across(taps[2]), across(taps[3])];
        ((dot(y, rows) + (1 << 41)) >> 42).clamp(0, 65535) as u16
    }
}

/// Keys' weights but for the second, which is 1 minus the others.
#[inline(always)]
fn cubic_f32(f: u32) -> [f32; 3] {
    let f = unit(f);
    [f * (f * (1.0 - 0.5 * f) - 0.5), f * (f * (2.0 - 1.5 * f) + 0.5), (f * f) * (0.5 * f - 0.5)]
}

impl Interpolate<f32, 4> for Bicubic {
    const BITS: u32 = 24;
    type Weights = [[f32; 3]; 2];

    #[inline(always)]
    fn weights(x: u32, y: u32) -> [[f32; 3]; 2] {
        [cubic_f32(x), cubic_f32(y)]
    }

    #[inline(always)]
    fn mix([x, y]: [[f32; 3]; 2], taps: [[f32; 4]; 4]) -> f32 {
        let cubic = |w: [f32; 3], p: [f32; 4]| {
            p[1] + ((w[0] * (p[0] - p[1]) + w[1] * (p[2] - p[1])) + w[2] * (p[3] - p[1]))
        };
        let across = |row: [f32; 4]| cubic(x, row);
        let rows = [across(taps[0]), across(taps[1]), across(taps[2]), across(taps[3])];
        canonical(cubic(y, rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Image;
    use crate::kernels::place::Place;

    const BORDERS: [Border; 5] =
        [Border::Constant, Border::Edge, Border::Reflect, Border::Reflect101, Border::Wrap];
    const INTERPOLATIONS: [Interpolation; 3] =
        [Interpolation::Nearest, Interpolation::Bilinear, Interpolation::Bicubic];

    fn warp(m: [f64; 6], size: [usize; 2], interpolation: Interpolation, border: Border) -> Warp {
        let fill = Fill { image: vec![77.0], mask: 3.0 };
        Warp::new("Test", Affine(m), size, interpolation, border, fill).unwrap()
    }

    fn image(shape: Shape) -> Image<u8> {
        let data = (0..shape.len()).map(|i| (i * i * 31 % 251) as u8).collect();
        Image { data, shape }
    }

    fn warped(warp: &Warp, src: &Image<u8>) -> Image<u8> {
        let mut out = Image::new(src.shape.sized(warp.size[0], warp.size[1]));
        warp.uint8(Level::fallback(), src.view(), out.view_mut(), 0).unwrap();
        out
    }

    #[test]
    fn whole_pixels_move_unchanged() {
        let src = image(Shape::new(9, 9, 3));
        for interpolation in INTERPOLATIONS {
            for border in BORDERS {
                let run = |m| warped(&warp(m, [9, 9], interpolation, border), &src);
                assert_eq!(run(Affine::IDENTITY.0), src);
                let turned = run([0.0, -1.0, 9.0, 1.0, 0.0, 0.0]);
                let shifted = run([1.0, 0.0, -2.0, 0.0, 1.0, 3.0]);
                for y in 0..9 {
                    for x in 0..9 {
                        assert_eq!(turned.view().pixel(y, x), src.view().pixel(x, 8 - y));
                        let at = [y as i64 + 3, x as i64 - 2].map(|i| border.resolve(i, 9));
                        let want = match at {
                            [Some(y), Some(x)] => src.view().pixel(y as usize, x as usize),
                            _ => &[77; 3],
                        };
                        assert_eq!(shifted.view().pixel(y, x), want);
                    }
                }
            }
        }
    }

    /// Rows of several runs, whose pixels leave the image on all sides and come back; images of one
    /// pixel, row or column.
    #[test]
    fn levels_equal_scalar_on_long_rows() {
        let sizes = [[70, 610], [1, 1], [1, 600], [60, 1], [2, 2], [3, 40], [300, 20]];
        let maps = [
            [0.9, 0.4, -20.0, -0.1, 0.8, 40.0],
            [1.0, 0.0, -0.3, 0.0, 1.0, 0.4],
            [-2.5, 0.1, 900.0, 0.02, -0.9, 60.0],
            [0.001, 0.0, 608.6, 0.0, 0.01, 68.6],
            [40.0, -3.0, -9000.0, 17.0, 5.0, -5000.0],
        ];
        for (channels, [height, width]) in
            [1, 3, 4].into_iter().flat_map(|c| sizes.map(|size| (c, size)))
        {
            let src = image(Shape::new(height, width, channels));
            for (border, m) in BORDERS.into_iter().flat_map(|b| maps.map(|m| (b, m))) {
                let mut warp = warp(m, [33, 777], Interpolation::Bilinear, border);
                for mirrored in [false, true] {
                    warp.mirrored = mirrored;
                    let expected = warped(&warp, &src);
                    for level in crate::simd::level::available() {
                        let mut out = Image::new(expected.shape);
                        warp.uint8(level, src.view(), out.view_mut(), 0).unwrap();
                        assert!(out == expected, "{level:?} {channels} {border:?} {m:?}");
                    }
                }
            }
        }
    }

    /// With all interpolations and borders, reading the mirror image is reading the flipped one.
    #[test]
    fn a_flip_before_is_taken_in() {
        let src = image(Shape::new(11, 17, 3));
        let mut flipped = Image::new(src.shape);
        let flip = Place::mirror([11, 17]);
        flip.uint8(Level::fallback(), src.view(), flipped.view_mut(), 0).unwrap();
        for (border, interpolation) in
            BORDERS.into_iter().flat_map(|b| INTERPOLATIONS.map(|i| (b, i)))
        {
            let mut warp = warp([0.9, 0.4, -3.0, -0.3, 0.8, 4.0], [30, 40], interpolation, border);
            let expected = warped(&warp, &flipped);
            assert!(warp.mirror_input());
            assert_eq!(warped(&warp, &src), expected, "{border:?} {interpolation:?}");
        }
    }

    #[test]
    fn a_span_is_what_a_search_finds() {
        for step in -7..8 {
            for start in -40..40 {
                for bounds in [[0, 20], [5, 5], [3, 2], [-9, -1]] {
                    let within = |i: usize| {
                        let at = start + step * i as i64;
                        bounds[0] <= at && at <= bounds[1]
                    };
                    let got = span(start, step, bounds, 12);
                    assert!(got.end <= 12);
                    for i in 0..12 {
                        assert_eq!(got.contains(&i), within(i), "{start} {step} {bounds:?} {i}");
                    }
                }
            }
        }
        let far = 1 << 62;
        assert_eq!(span(-far, far / 4, [0, i64::MAX], 8), 4..8);
        assert_eq!(span(far, -far / 4, [0, i64::MAX], 9), 0..5);
        assert_eq!(span(-far, -1, [0, i64::MAX], 9), 0..0);
    }

    #[test]
    fn the_cubic_weights_sum_to_one_and_mirror() {
        for (k, weights) in CUBIC.iter().enumerate() {
            assert_eq!(weights.iter().fold(0, |sum, w| sum + i32::from(*w)), 16384);
            if k > 0 {
                let [a, b, c, d] = CUBIC[1024 - k];
                assert_eq!(*weights, [d, c, b, a]);
            }
        }
        for f in (0..1 << 24).step_by(997) {
            let [a, b, c, d] = cubic_q30(f);
            assert_eq!(a + b + c + d, 1 << 30);
        }
    }

    #[test]
    fn no_extreme_overflows_an_integer() {
        for dark in [0, 1] {
            let board = |j: usize, i: usize| (i + j) % 2 * dark;
            for f in (0..1 << 24).step_by(99_991) {
                let white = |j, i| u16::MAX - u16::MAX * board(j, i) as u16;
                let mix = <Bicubic as Interpolate<u16, 4>>::mix;
                let cubic = mix(<Bicubic as Interpolate<u16, 4>>::weights(f, f), grid(white));
                let linear = <Bilinear as Interpolate<u16, 2>>::mix([f >> 8; 2], grid(white));
                assert!(dark == 1 || (cubic, linear) == (u16::MAX, u16::MAX));
                let white = |j, i| u8::MAX - u8::MAX * board(j, i) as u8;
                let weights = <Bicubic as Interpolate<u8, 4>>::weights(f >> 14, f >> 14);
                let cubic = <Bicubic as Interpolate<u8, 4>>::mix(weights, grid(white));
                assert!(dark == 1 || cubic == u8::MAX);
            }
        }
    }

    #[test]
    fn far_and_singular_maps_are_refused_others_run() {
        let src = image(Shape::new(3, 4, 1));
        let limit = f64::from(1 << 30);
        for value in [0.0, 1e-300, 1e-9, 1.0, limit / 8.0, limit, 1e300, f64::INFINITY, f64::NAN] {
            for place in 0..6 {
                for sign in [1.0, -1.0] {
                    let mut m = [1.0, 0.5, 0.0, -0.25, 1.0, 0.0];
                    m[place] = value * sign;
                    let fill = Fill { image: vec![1.0], mask: 0.0 };
                    for border in BORDERS {
                        for interpolation in INTERPOLATIONS {
                            let fill = fill.clone();
                            let warp =
                                Warp::new("T", Affine(m), [2, 600], interpolation, border, fill);
                            let reach = value * [600.0, 2.0, 1.0][place % 3];
                            let far = reach.is_nan() || reach > limit - 601.0;
                            assert_eq!(warp.is_err(), far, "{m:?}");
                            warp.iter().for_each(|warp| drop(warped(warp, &src)));
                        }
                    }
                }
            }
        }
        let fill = Fill { image: vec![1.0], mask: 0.0 };
        let flat = Affine([1.0, 2.0, 0.0, 2.0, 4.0, 0.0]);
        let singular = Warp::new("T", flat, [2, 2], Interpolation::Nearest, Border::Edge, fill);
        assert!(singular.unwrap_err().to_string().contains("can be inverted"));
    }
}
