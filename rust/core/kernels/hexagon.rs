//! Hues as places on a hexagon: what ops share that turn them.
//!
//! With max and min of a colour, d = max - min, sector j and n are 0, g - b if r is max, else
//! 1, b - r if g is max, else 2, r - g. Of sides of length D the colour is at H = D n / d + 2 D j,
//! 6 D once around; there the channels are |H - 3 D| - D, 2 D - |H - 2 D|, 2 D - |H - 4 D|, clamped
//! to 0..D, above the smallest.

use std::ops::{Add, Sub};

use fearless_simd::prelude::*;

use crate::simd::Vocab;

/// How far a turn by this moves what is in each sector, by integer sides of a length; once around
/// is 0.
pub fn turns(hue: f64, side: i64) -> [i64; 3] {
    let around = 6 * side;
    let turn = (around as f64 * hue + 0.5).floor() as i64;
    [0, 1, 2].map(|j| (turn + 2 * side * j).rem_euclid(around))
}

/// The same by sides of 1.
pub fn float_turns(hue: f64) -> [f32; 3] {
    [0.0, 2.0, 4.0].map(|start| {
        let turn = 6.0 * (hue - hue.floor()) + start;
        (if turn < 6.0 { turn } else { turn - 6.0 }) as f32
    })
}

/// A colour's place: its largest and smallest value, the difference that says where in its sector
/// it is, and that sector's turn.
#[inline(always)]
pub fn sector<W: Copy + PartialOrd + Sub<Output = W>>(
    [r, g, b]: [W; 3],
    turns: [W; 3],
) -> (W, W, W, W) {
    let larger = |a, b| if a > b { a } else { b };
    let smaller = |a, b| if a < b { a } else { b };
    let (max, min) = (larger(larger(r, g), b), smaller(smaller(r, g), b));
    let (numerator, turn) = if r == max {
        (g - b, turns[0])
    } else if g == max {
        (b - r, turns[1])
    } else {
        (r - g, turns[2])
    };
    (max, min, numerator, turn)
}

/// How far each channel is above the smallest, at the place `h` of a hexagon whose sides are `d`.
#[inline(always)]
pub fn hexagon<W>(h: W, d: W) -> [W; 3]
where
    W: Copy + Default + PartialOrd + Add<Output = W> + Sub<Output = W>,
{
    let zero = W::default();
    let d2 = d + d;
    let d3 = d2 + d;
    let d6 = d3 + d3;
    let h = if h < zero {
        h + d6
    } else if h >= d6 {
        h - d6
    } else {
        h
    };
    let distance = |to: W| if h < to { to - h } else { h - to };
    let within = |x: W| {
        if x < zero {
            zero
        } else if x > d {
            d
        } else {
            x
        }
    };
    [distance(d3) - d, d2 - distance(d2), d2 - distance(d2 + d2)].map(within)
}

/// [`sector`] of many.
#[inline(always)]
pub fn sectors<S: Vocab>(
    [r, g, b]: [S::i16s; 3],
    turns: [S::i16s; 3],
) -> (S::i16s, S::i16s, S::i16s, S::i16s) {
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    let (is_r, is_g) = (r.simd_eq(max), g.simd_eq(max));
    let numerator = is_r.select(g - b, is_g.select(b - r, r - g));
    let turn = is_r.select(turns[0], is_g.select(turns[1], turns[2]));
    (max, min, numerator, turn)
}

/// [`hexagon`] of many.
#[inline(always)]
pub fn hexagons<S: Vocab>(simd: S, h: S::i16s, d: S::i16s) -> [S::i16s; 3] {
    let zero = S::i16s::splat(simd, 0);
    let d2 = d + d;
    let d3 = d2 + d;
    let d6 = d3 + d3;
    let h = h.simd_lt(zero).select(h + d6, h.simd_ge(d6).select(h - d6, h));
    let mut out = [(h - d3).abs() - d, d2 - (h - d2).abs(), d2 - (h - (d2 + d2)).abs()];
    for x in &mut out {
        *x = x.max(zero).min(d);
    }
    out
}
