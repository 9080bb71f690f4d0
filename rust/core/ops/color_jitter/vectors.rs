//! The uint8 sub-ops on vectors of a channel each, in lanes of 16 bits: the same arithmetic, with
//! x(v) = (v F + 64) >> 7 as hrs(256 (v - 128), F) + F. Loops, as an array's own `map` is compiled
//! without the level's instructions.

use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use super::{Constants, LUMA};
use crate::image::{View, ViewMut};
use crate::kernels::colour::Channels;
use crate::simd::Vocab;

/// Writes the pixels after all stages.
#[simd]
pub fn write<S: Vocab>(simd: S, stages: &[Constants<u8>], src: View<u8>, mut dst: ViewMut<u8>) {
    let channels = Channels::new(simd);
    let step = 3 * S::u8s::LEN;
    for (y, row) in src.rows().enumerate() {
        let (vectors, tail) = row.split_at(row.len() / step * step);
        let (out, out_tail) = dst.row(y).split_at_mut(vectors.len());
        for (pixels, out) in vectors.chunks_exact(step).zip(out.chunks_exact_mut(step)) {
            let rgb = through(simd, stages, channels.split(simd, pixels));
            channels.join(simd, rgb, out);
        }
        if tail.is_empty() {
            continue;
        }
        let mut pixels = padded(tail);
        let rgb = through(simd, stages, channels.split(simd, &pixels));
        channels.join(simd, rgb, &mut pixels);
        out_tail.copy_from_slice(&pixels[..tail.len()]);
    }
}

/// The sums of the channels after the stages.
#[simd]
pub fn sum<S: Vocab>(simd: S, stages: &[Constants<u8>], src: View<u8>) -> [u64; 3] {
    let channels = Channels::new(simd);
    let step = 3 * S::u8s::LEN;
    let mut lanes = [S::u64s::splat(simd, 0); 3];
    let mut sums = [0; 3];
    for row in src.rows() {
        let (vectors, tail) = row.split_at(row.len() / step * step);
        for pixels in vectors.chunks_exact(step) {
            let rgb = through(simd, stages, channels.split(simd, pixels));
            for (lanes, channel) in lanes.iter_mut().zip(rgb) {
                *lanes += simd.sum8(channel);
            }
        }
        let rgb = through(simd, stages, channels.split(simd, &padded(tail)));
        for (sum, channel) in sums.iter_mut().zip(&rgb) {
            let values = &channel.as_slice()[..tail.len() / 3];
            *sum = values.iter().fold(*sum, |sum, &value| sum + u64::from(value));
        }
    }
    for (sum, lanes) in sums.iter_mut().zip(&lanes) {
        *sum = lanes.as_slice().iter().fold(*sum, |sum, lane| sum + lane);
    }
    sums
}

/// Fewer pixels than a vector holds, and behind them others.
#[inline(always)]
fn padded(tail: &[u8]) -> [u8; 192] {
    let mut pixels = [0; 192];
    pixels[..tail.len()].copy_from_slice(tail);
    pixels
}

#[inline(always)]
fn through<S: Vocab>(simd: S, stages: &[Constants<u8>], mut rgb: [S::u8s; 3]) -> [S::u8s; 3] {
    for stage in stages {
        rgb = match *stage {
            Constants::Linear { factor, offset } => linear(simd, rgb, factor, offset),
            Constants::Saturation { factor, rest } => saturation(simd, rgb, factor, rest),
            Constants::Hue { turns } => hue(simd, rgb, turns),
        };
    }
    rgb
}

#[inline(always)]
fn splat<S: Vocab>(simd: S, v: i32) -> S::i16s {
    S::i16s::splat(simd, v as i16)
}

/// 256 (v - 128), of either half of the lanes.
#[inline(always)]
fn centred<S: Vocab>(simd: S, v: S::u8s) -> [S::i16s; 2] {
    let (zero, v) = (S::u8s::splat(simd, 0), v ^ 0x80);
    [simd.pair_first(zero, v).bitcast(), simd.pair_second(zero, v).bitcast()]
}

/// v, of either half of the lanes.
#[inline(always)]
fn wide<S: Vocab>(simd: S, v: S::u8s) -> [S::i16s; 2] {
    let zero = S::u8s::splat(simd, 0);
    [simd.pair_first(v, zero).bitcast(), simd.pair_second(v, zero).bitcast()]
}

#[inline(always)]
fn narrow<S: Vocab>(simd: S, [r, g, b]: [[S::i16s; 2]; 3]) -> [S::u8s; 3] {
    [
        simd.clamp_u8_within_blocks(r[0], r[1]),
        simd.clamp_u8_within_blocks(g[0], g[1]),
        simd.clamp_u8_within_blocks(b[0], b[1]),
    ]
}

#[inline(always)]
fn linear<S: Vocab>(simd: S, mut rgb: [S::u8s; 3], factor: i32, offset: i32) -> [S::u8s; 3] {
    let (by, plus) = (splat(simd, factor), splat(simd, factor + offset + 8));
    for v in &mut rgb {
        let [a, b] = centred(simd, *v);
        *v = simd.clamp_u8_within_blocks(
            (simd.mulhrs(a, by) + plus) >> 4,
            (simd.mulhrs(b, by) + plus) >> 4,
        );
    }
    rgb
}

#[inline(always)]
fn saturation<S: Vocab>(simd: S, rgb: [S::u8s; 3], factor: i32, rest: i32) -> [S::u8s; 3] {
    let [r, g, b] = rgb;
    let [r, g, b] = [centred(simd, r), centred(simd, g), centred(simd, b)];
    let [by, plus, rest] = [splat(simd, factor), splat(simd, factor + rest + 8), splat(simd, rest)];
    let [lr, lg, lb] =
        [splat(simd, LUMA[0].into()), splat(simd, LUMA[1].into()), splat(simd, LUMA[2].into())];
    let mut out = [r, g, b];
    for half in 0..2 {
        let luma = simd.mulhrs(r[half], lr) + simd.mulhrs(g[half], lg) + simd.mulhrs(b[half], lb);
        let offset = simd.mulhrs(luma, rest) + plus;
        for channel in &mut out {
            channel[half] = (simd.mulhrs(channel[half], by) + offset) >> 4;
        }
    }
    narrow(simd, out)
}

#[inline(always)]
fn hue<S: Vocab>(simd: S, rgb: [S::u8s; 3], turns: [i32; 3]) -> [S::u8s; 3] {
    let [r, g, b] = rgb;
    let [r, g, b] = [wide(simd, r), wide(simd, g), wide(simd, b)];
    let turns = [splat(simd, turns[0]), splat(simd, turns[1]), splat(simd, turns[2])];
    let mut out = [r, g, b];
    for half in 0..2 {
        let turned = turn(simd, [r[half], g[half], b[half]], turns);
        for (channel, turned) in out.iter_mut().zip(turned) {
            channel[half] = turned;
        }
    }
    narrow(simd, out)
}

/// As `sector` and `hexagon`, the difference times the turn by hrs(128 d, turn).
#[inline(always)]
fn turn<S: Vocab>(simd: S, [r, g, b]: [S::i16s; 3], turns: [S::i16s; 3]) -> [S::i16s; 3] {
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    let d = max - min;
    let (is_r, is_g) = (r.simd_eq(max), g.simd_eq(max));
    let numerator = is_r.select(g - b, is_g.select(b - r, r - g));
    let turn = is_r.select(turns[0], is_g.select(turns[1], turns[2]));
    let h = (numerator << 4) + simd.mulhrs(d << 7, turn);
    let d = d << 4;
    let d2 = d + d;
    let d3 = d2 + d;
    let d6 = d3 + d3;
    let zero = S::i16s::splat(simd, 0);
    let h = h.simd_lt(zero).select(h + d6, h.simd_ge(d6).select(h - d6, h));
    let base = (min << 4) + 8;
    let mut out = [(h - d3).abs() - d, d2 - (h - d2).abs(), d2 - (h - (d2 + d2)).abs()];
    for x in &mut out {
        *x = (x.max(zero).min(d) + base) >> 4;
    }
    out
}
