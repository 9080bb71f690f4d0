//! How a value is made of the pixels about a place: the interpolations of docs/spec/warp.md.

use std::ops::{Add, Mul};

use crate::image::Element;
use crate::maths::canonical;

/// N x N values, rows of columns. Loops, as not every level inlines the arrays' own `map`.
#[inline(always)]
pub fn grid<T: Element, const N: usize>(tap: impl Fn(usize, usize) -> T) -> [[T; N]; N] {
    let mut taps = [[T::default(); N]; N];
    for (j, row) in taps.iter_mut().enumerate() {
        for (i, value) in row.iter_mut().enumerate() {
            *value = tap(j, i);
        }
    }
    taps
}

/// How one value is made of N x N taps.
pub trait Interpolate<T, const N: usize> {
    const BITS: u32;
    type Weights: Copy;

    /// Of fractions along x and y.
    fn weights(x: u32, y: u32) -> Self::Weights;
    fn mix(weights: Self::Weights, taps: [[T; N]; N]) -> T;
}

pub struct Nearest;
pub struct Bilinear;
pub struct Bicubic;

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
}
