//! Coordinates of an affine map.
//!
//! The map m leads from the output back to the input, in edge coordinates. Output pixel (x, y)
//! reads at pixel index
//!
//! ```text
//! X(x, y) = m0 (x + 0.5) + m1 (y + 0.5) + m2 - 0.5    Y(x, y) = the same with m3, m4, m5
//! ```
//!
//! in Q32 fixed point: with fix(v) = floor(v 2^32 + 0.5) and x0 = x rounded down to a multiple of
//! 256, it is s = fix(X(x0, y)) + (x - x0) fix(m0), X in f64 from left to right: it starts anew with
//! each run, so that the rounding of the step does not add up. Refused unless
//! |m0| W + |m1| H + |m2| <= 2^30, and the same for Y, W and H the output's size: so nothing
//! overflows, and a coordinate is within 2^-25 plus 2^-50 times that sum of the exact one.

use std::ops::Range;

use super::{Coordinates, fixed};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::simd::level::Level;
use crate::targets::map::Affine;

/// The map from the output back to the input.
#[derive(Debug)]
pub struct Straight(Affine);

impl Straight {
    /// And the map from the input to an output of `size` (height, width).
    pub fn new(op: &str, inverse: Affine, size: [usize; 2]) -> Result<(Straight, Affine)> {
        let [a, b, c, d, e, f] = inverse.0;
        if !(is_near([a, b, c], size) && is_near([d, e, f], size)) {
            let value = format!("{:?}", inverse.0);
            let allowed = "|a| width + |b| height + |c| <= 2^30 in each row [a, b, c] of the map \
                           from output to input";
            return Err(Error::argument(op, "map", value, allowed));
        }
        let Some(map) = inverse.inverse() else {
            let value = format!("{:?}", inverse.0);
            return Err(Error::argument(op, "map", value, "a map that can be inverted"));
        };
        Ok((Straight(inverse), map))
    }
}

/// Whether what a row of a map makes of an output's pixels can be held.
pub fn is_near([a, b, c]: [f64; 3], [height, width]: [usize; 2]) -> bool {
    a.abs() * width as f64 + b.abs() * height as f64 + c.abs() <= f64::from(1 << 30)
}

impl Coordinates for Straight {
    fn run(&self, _: Level, half: i64, x: usize, y: usize, _: &mut [[i64; 2]]) -> Option<Path> {
        let [a, _, _, d, ..] = self.0.0;
        let [x, y] = self.0.forward([x as f64 + 0.5, y as f64 + 0.5]);
        let start = [fixed(x - 0.5) + half, fixed(y - 0.5) + half];
        Some(Path { start, step: [fixed(a), fixed(d)] })
    }
}

/// The coordinates of pixels in a row. (Not by arrays' own `map`, which is not inlined.)
#[derive(Debug, Clone, Copy)]
pub struct Path {
    pub start: [i64; 2],
    pub step: [i64; 2],
}

impl Path {
    #[inline(always)]
    pub fn along(self, k: usize, i: usize) -> i64 {
        self.start[k].wrapping_add(self.step[k].wrapping_mul(i as i64))
    }

    /// The same coordinates, pixel i the first.
    #[inline(always)]
    pub fn from(self, i: usize) -> Path {
        Path { start: [self.along(0, i), self.along(1, i)], ..self }
    }

    /// Of `count` pixels those within the limits along x, and along y; limits depend on the axis's
    /// length.
    #[inline(always)]
    pub fn spans(
        self,
        count: usize,
        shape: Shape,
        limits: impl Fn(i64) -> Range<i64>,
    ) -> [Range<usize>; 2] {
        let along = |k: usize, n: usize| {
            let limits = limits(n as i64);
            span(self.start[k], self.step[k], [limits.start, limits.end - 1], count)
        };
        [along(0, shape.width), along(1, shape.height)]
    }
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
pub fn both([a, b]: [Range<usize>; 2]) -> Range<usize> {
    let start = a.start.max(b.start);
    start..a.end.min(b.end).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
