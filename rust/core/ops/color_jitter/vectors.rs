//! The uint8 sub-ops on vectors of a channel each, in lanes of 16 bits: the same arithmetic, with
//! x(v) = (v F + 64) >> 7 as hrs(256 (v - 128), F) + F.

use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use super::{Constants, LUMA};
use crate::image::View;
use crate::kernels::colour::Channels;
use crate::kernels::hexagon::{hexagons, sectors};
use crate::kernels::rgb::{Pixels, narrow, padded, splat, wide};
use crate::simd::Vocab;

impl Pixels for [Constants<u8>] {
    /// After all stages.
    #[inline(always)]
    fn pixels<S: Vocab>(&self, simd: S, mut rgb: [S::u8s; 3]) -> [S::u8s; 3] {
        for stage in self {
            rgb = match *stage {
                Constants::Linear { factor, offset } => linear(simd, rgb, factor, offset),
                Constants::Saturation { factor, rest } => saturation(simd, rgb, factor, rest),
                Constants::Hue { turns } => hue(simd, rgb, turns),
            };
        }
        rgb
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
            let rgb = stages.pixels(simd, channels.split(simd, pixels));
            for (lanes, channel) in lanes.iter_mut().zip(rgb) {
                *lanes += simd.sum8(channel);
            }
        }
        let rgb = stages.pixels(simd, channels.split(simd, &padded(tail)));
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

/// 256 (v - 128), of either half of the lanes.
#[inline(always)]
fn centred<S: Vocab>(simd: S, v: S::u8s) -> [S::i16s; 2] {
    let (zero, v) = (S::u8s::splat(simd, 0), v ^ 0x80);
    [simd.pair_first(zero, v).bitcast(), simd.pair_second(zero, v).bitcast()]
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

/// The difference times the turn is hrs(128 d, turn).
#[inline(always)]
fn turn<S: Vocab>(simd: S, rgb: [S::i16s; 3], turns: [S::i16s; 3]) -> [S::i16s; 3] {
    let (max, min, numerator, turn) = sectors::<S>(rgb, turns);
    let d = max - min;
    let h = (numerator << 4) + simd.mulhrs(d << 7, turn);
    let base = (min << 4) + 8;
    let mut out = hexagons(simd, h, d << 4);
    for x in &mut out {
        *x = (*x + base) >> 4;
    }
    out
}
