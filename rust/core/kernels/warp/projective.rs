//! Coordinates of a projective map.
//!
//! The map m leads from the output back to the input, in edge coordinates, and has depth 1 at the
//! output's centre. For the centre (cx, cy) = (x + 0.5, y + 0.5) of an output pixel, all f64:
//!
//! ```text
//! w = m6 cx + (m7 cy + m8)        w = max(w, 2^-20)        r = 1 / w
//! X = (m0 cx + (m1 cy + m2)) r - 0.5      Y = (m3 cx + (m4 cy + m5)) r - 0.5
//! ```
//!
//! each clamped to -2^18 .. 2^18 and rounded to a multiple of 2^-32, ties to even. What lies beyond
//! the horizon, where w <= 0, so lies far outside the image. Refused: a side of the output above
//! 2^17; w <= 0 at its centre; a sum |m0| W + |m1| H + |m2| above 2^30, and the same for Y.

use fearless_simd::dispatch;
use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use super::Coordinates;
use super::affine::{Path, is_near};
use crate::error::{Error, Result};
use crate::simd::level::Level;
use crate::targets::map::{Map, Projective};

/// The map from the output back to the input.
#[derive(Debug)]
pub struct Receding(Projective);

const LONGEST: usize = 1 << 17;
const HORIZON: f64 = 1.0 / (1 << 20) as f64;
const FARTHEST: f64 = (1 << 18) as f64;

impl Receding {
    /// And the map from the input to an output of `size` (height, width).
    pub fn new(op: &str, inverse: Projective, size: [usize; 2]) -> Result<(Receding, Map)> {
        let [height, width] = size;
        if size.iter().any(|&n| n > LONGEST) {
            let value = format!("{height} x {width}");
            let allowed = format!("sides of at most {LONGEST} pixels");
            return Err(Error::argument(op, "size", value, allowed));
        }
        let refused = |m: Projective, allowed: &str| {
            Err(Error::argument(op, "map", format!("{:?}", m.0), allowed))
        };
        let [.., g, h, i] = inverse.0;
        let depth = g * (width as f64 / 2.0) + (h * (height as f64 / 2.0) + i);
        if !(depth > 0.0) {
            return refused(inverse, "the centre of the output in front of the horizon");
        }
        let inverse = Projective(inverse.0.map(|m| m / depth));
        let [a, b, c, d, e, f, ..] = inverse.0;
        if !(is_near([a, b, c], size) && is_near([d, e, f], size)) {
            let allowed = "|a| width + |b| height + |c| <= 2^30 in the first two rows [a, b, c] of \
                           the map from output to input, whose depth is 1 at the output's centre";
            return refused(inverse, allowed);
        }
        match inverse.inverse() {
            Some(map) => Ok((Receding(inverse), Map::Projective(map, inverse))),
            None => refused(inverse, "a map that can be inverted"),
        }
    }
}

impl Coordinates for Receding {
    fn run(
        &self,
        level: Level,
        half: i64,
        x: usize,
        y: usize,
        out: &mut [[i64; 2]],
    ) -> Option<Path> {
        dispatch!(level, simd => fill(simd, &self.0.0, half, [x, y], out));
        None
    }
}

#[simd]
fn fill<S: Simd>(simd: S, m: &[f64; 9], half: i64, [x, y]: [usize; 2], out: &mut [[i64; 2]]) {
    let lanes = S::f64s::LEN;
    let cy = y as f64 + 0.5;
    let rows = [m[1] * cy + m[2], m[4] * cy + m[5], m[7] * cy + m[8]];
    let mut cx = S::f64s::from_fn(simd, |i| i as f64) + (x as f64 + 0.5);
    let mut runs = out.as_flattened_mut().chunks_exact_mut(2 * lanes);
    for out in &mut runs {
        let [low, high] = pixels(simd, m, rows, half, cx);
        low.store_slice(&mut out[..lanes]);
        high.store_slice(&mut out[lanes..]);
        cx += lanes as f64;
    }
    let [low, high] = pixels(simd, m, rows, half, cx);
    let last = low.as_slice().iter().chain(high.as_slice());
    runs.into_remainder().iter_mut().zip(last).for_each(|(out, at)| *out = *at);
}

/// x and y of the pixels whose centres these are; what is the same in a row is given.
#[inline(always)]
fn pixels<S: Simd>(simd: S, m: &[f64; 9], rows: [f64; 3], half: i64, cx: S::f64s) -> [S::i64s; 2] {
    let r = S::f64s::splat(simd, 1.0) / (cx * m[6] + rows[2]).max(HORIZON);
    let x = fixed::<S>((cx * m[0] + rows[0]) * r - 0.5, half);
    let y = fixed::<S>((cx * m[3] + rows[1]) * r - 0.5, half);
    [x.zip_low(y), x.zip_high(y)]
}

/// Q32, to within 2^18, and `half`: the sum, of which a unit in the last place is 2^-32, rounds as
/// it should and has the result in its low bits, so that no conversion is needed.
#[inline(always)]
fn fixed<S: Simd>(v: S::f64s, half: i64) -> S::i64s {
    const MIDDLE: f64 = 1.5 * (1 << 20) as f64;
    let sum = v.max(-FARTHEST).min(FARTHEST) + MIDDLE;
    sum.bitcast::<S::i64s>() + (half - MIDDLE.to_bits() as i64)
}
