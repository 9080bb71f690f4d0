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

/// Refuses sides along which coordinates could be beyond what `fixed` holds.
pub(super) fn check_sides(op: &str, [height, width]: [usize; 2]) -> Result<()> {
    if height.max(width) <= LONGEST {
        return Ok(());
    }
    let allowed = format!("sides of at most {LONGEST} pixels");
    Err(Error::argument(op, "size", format!("{height} x {width}"), allowed))
}

impl Receding {
    /// And the map from the input to an output of `size` (height, width).
    pub fn new(op: &str, inverse: Projective, size: [usize; 2]) -> Result<(Receding, Map)> {
        check_sides(op, size)?;
        let [height, width] = size;
        let refused = |m: Projective, allowed: &str| {
            Err(Error::argument(op, "map", format!("{:?}", m.0), allowed))
        };
        let [.., g, h, i] = inverse.0;
        let depth = g * (width as f64 / 2.0) + (h * (height as f64 / 2.0) + i);
        if depth.is_nan() || depth <= 0.0 {
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
pub(super) fn fixed<S: Simd>(v: S::f64s, half: i64) -> S::i64s {
    const MIDDLE: f64 = 1.5 * (1 << 20) as f64;
    let sum = v.max(-FARTHEST).min(FARTHEST) + MIDDLE;
    sum.bitcast::<S::i64s>() + (half - MIDDLE.to_bits() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the formula says, each in its turn.
    fn formula(m: &[f64; 9], x: usize, y: usize) -> [i64; 2] {
        let (cx, cy) = (x as f64 + 0.5, y as f64 + 0.5);
        let w = (m[6] * cx + (m[7] * cy + m[8])).max(HORIZON);
        [0, 3].map(|k| {
            let v = (m[k] * cx + (m[k + 1] * cy + m[k + 2])) * (1.0 / w) - 0.5;
            (v.clamp(-FARTHEST, FARTHEST) * 4_294_967_296.0).round_ties_even() as i64
        })
    }

    #[test]
    fn coordinates_are_their_formula_at_every_level() {
        let maps = [
            [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            [0.9, 0.1, -3.0, 0.05, 1.2, 7.0, 1e-4, -3e-4, 1.0],
            [30.0, -4.0, 2e4, 17.0, 5.0, -5000.0, -0.004, 0.001, 1.9],
            [1.0, 0.0, 0.25, 0.0, 1.0, 0.5, 0.0, 0.0, 1.0],
            [1e6, 0.0, 0.0, 0.0, -1e6, 0.0, 0.0, 0.0, 1.0],
        ];
        let mut beyond = 0;
        for m in maps {
            let coordinates = Receding(Projective(m));
            for level in crate::simd::level::available() {
                for (x, y, count) in [(0, 0, 256), (256, 3, 101), (512, 90, 1), (0, 7, 7)] {
                    let mut out = [[0; 2]; 256];
                    let line = coordinates.run(level, 5, x, y, &mut out[..count]);
                    assert!(line.is_none());
                    for (i, at) in out[..count].iter().enumerate() {
                        let want = formula(&m, x + i, y);
                        assert_eq!(at.map(|v| v - 5), want, "{level:?} {m:?} {x} {y}");
                        beyond += usize::from(want.contains(&(1 << 50)));
                    }
                }
            }
        }
        assert!(beyond > 100);
    }

    #[test]
    fn what_cannot_be_held_is_refused() {
        let made = |change: &dyn Fn(&mut [f64; 9]), size| {
            let mut m = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
            change(&mut m);
            let found = Receding::new("T", Projective(m), size);
            found.map(|_| ()).map_err(|e| e.to_string())
        };
        assert_eq!(made(&|_| (), [1 << 17, 1]), Ok(()));
        assert!(made(&|_| (), [1, (1 << 17) + 1]).unwrap_err().contains("sides of at most 131072"));
        assert_eq!(made(&|m| m[6] = -0.1, [9, 9]), Ok(()));
        for (place, value) in [(8, 0.0), (8, f64::NAN), (6, -1.0), (2, 2e9), (3, f64::INFINITY)] {
            assert!(made(&|m| m[place] = value, [9, 9]).unwrap_err().starts_with("T: map="));
        }
        assert!(made(&|m| m[0] = 0.0, [9, 9]).unwrap_err().contains("can be inverted"));
        // The scale is no part of what a map is.
        assert_eq!(made(&|m| m.iter_mut().for_each(|m| *m *= 1e20), [9, 9]), Ok(()));
    }
}
