//! Coordinates that lie farther from the centre, or nearer to it, by a function of the distance.
//!
//! For a place (px, py) of the output, in edge coordinates, with the centre (cx, cy) of the image,
//! all f64:
//!
//! ```text
//! dx = px - cx      dy = py - cy      q = dx dx a + dy dy b      f = (q k2 + k1) q + 1
//! g(px, py) = (dx f + cx, dy f + cy)
//! ```
//!
//! The pixel at (px - 0.5, py - 0.5) reads at the index g - 0.5, clamped to -2^18 .. 2^18 and
//! rounded to a multiple of 2^-32, ties to even. Refused: a side above 2^17.
//!
//! Its inverse F: with rho = sqrt(q) of a place of the input, r is where r ((r r k2 + k1) r r + 1)
//! is rho: the middle after 52 halvings of 0 .. e, each keeping the half in which the values go
//! from below rho to rho or more; e = sqrt(q) of the image's corner. Beyond the value at e, r = e +
//! (rho - that value) / s, s = (5 e e k2 + 3 k1) e e + 1, its slope there. F = (dx (r / rho) + cx,
//! dy (r / rho) + cy), and the centre itself for rho = 0. Boxes: 16 parts of each side.

use fearless_simd::dispatch;
use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use super::Coordinates;
use super::affine::Path;
use super::projective::{check_sides, fixed};
use crate::error::Result;
use crate::simd::level::Level;
use crate::targets::map::Field;

#[derive(Debug)]
pub struct Radial {
    /// x and y, as all pairs here.
    center: [f64; 2],
    /// a and b.
    weights: [f64; 2],
    /// k1 and k2, by which the function rises up to the image's corners.
    bend: [f64; 2],
    /// The corners' distance.
    end: f64,
}

impl Radial {
    /// Of an image of `size` (height, width).
    pub fn new(op: &str, size: [usize; 2], weights: [f64; 2], bend: [f64; 2]) -> Result<Radial> {
        check_sides(op, size)?;
        let [height, width] = size.map(|n| n as f64 / 2.0);
        let mut radial = Radial { center: [width, height], weights, bend, end: 0.0 };
        radial.end = radial.square(radial.center).sqrt();
        Ok(radial)
    }

    /// q of a difference.
    fn square(&self, [dx, dy]: [f64; 2]) -> f64 {
        let [a, b] = self.weights;
        dx * dx * a + dy * dy * b
    }

    /// f at a q.
    fn factor(&self, q: f64) -> f64 {
        let [k1, k2] = self.bend;
        (q * k2 + k1) * q + 1.0
    }

    /// How far from the centre of the output it is that the input is seen so far from it.
    fn distance(&self, rho: f64) -> f64 {
        let seen = |r: f64| r * self.factor(r * r);
        let (end, [k1, k2]) = (self.end, self.bend);
        if rho > seen(end) {
            let slope = (5.0 * (end * end) * k2 + 3.0 * k1) * (end * end) + 1.0;
            return end + (rho - seen(end)) / slope;
        }
        let (mut low, mut high) = (0.0, end);
        for _ in 0..52 {
            let middle = (low + high) / 2.0;
            if seen(middle) < rho {
                low = middle;
            } else {
                high = middle;
            }
        }
        (low + high) / 2.0
    }

    fn from_center(&self, point: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|k| point[k] - self.center[k])
    }
}

impl Coordinates for Radial {
    fn run(
        &self,
        level: Level,
        half: i64,
        x: usize,
        y: usize,
        out: &mut [[i64; 2]],
    ) -> Option<Path> {
        dispatch!(level, simd => fill(simd, self, half, [x, y], out));
        None
    }
}

#[simd]
fn fill<S: Simd>(simd: S, radial: &Radial, half: i64, [x, y]: [usize; 2], out: &mut [[i64; 2]]) {
    let lanes = S::f64s::LEN;
    let dy = y as f64 + 0.5 - radial.center[1];
    let row = [dy, dy * dy * radial.weights[1]];
    let mut px = S::f64s::from_fn(simd, |i| i as f64) + (x as f64 + 0.5);
    let mut runs = out.as_flattened_mut().chunks_exact_mut(2 * lanes);
    for out in &mut runs {
        let [low, high] = pixels::<S>(radial, row, half, px);
        low.store_slice(&mut out[..lanes]);
        high.store_slice(&mut out[lanes..]);
        px += lanes as f64;
    }
    let [low, high] = pixels::<S>(radial, row, half, px);
    let last = low.as_slice().iter().chain(high.as_slice());
    runs.into_remainder().iter_mut().zip(last).for_each(|(out, at)| *out = *at);
}

/// x and y of the pixels with these px; what is the same in a row is given.
#[inline(always)]
fn pixels<S: Simd>(
    radial: &Radial,
    [dy, of_row]: [f64; 2],
    half: i64,
    px: S::f64s,
) -> [S::i64s; 2] {
    let ([cx, cy], [k1, k2]) = (radial.center, radial.bend);
    let dx = px - cx;
    let q = dx * dx * radial.weights[0] + of_row;
    let f = (q * k2 + k1) * q + 1.0;
    let x = fixed::<S>(dx * f + cx - 0.5, half);
    let y = fixed::<S>(f * dy + cy - 0.5, half);
    [x.zip_low(y), x.zip_high(y)]
}

impl Field for Radial {
    fn inverse(&self, point: [f64; 2]) -> [f64; 2] {
        let d = self.from_center(point);
        let f = self.factor(self.square(d));
        [0, 1].map(|k| d[k] * f + self.center[k])
    }

    fn forward(&self, point: [f64; 2]) -> [f64; 2] {
        let d = self.from_center(point);
        let rho = self.square(d).sqrt();
        if rho == 0.0 {
            return point;
        }
        let part = self.distance(rho) / rho;
        [0, 1].map(|k| d[k] * part + self.center[k])
    }

    fn slope(&self, point: [f64; 2]) -> [[f64; 2]; 2] {
        let (d, [k1, k2]) = (self.from_center(point), self.bend);
        let q = self.square(d);
        let (f, rise) = (self.factor(q), 2.0 * (2.0 * q * k2 + k1));
        let along = |k: usize, by: usize| d[k] * (rise * self.weights[by] * d[by]);
        [[f + along(0, 0), along(0, 1)], [along(1, 0), f + along(1, 1)]]
    }

    fn parts(&self, _: f64) -> usize {
        16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Vec<Radial> {
        let made = |size, weights, bend| Radial::new("T", size, weights, bend).unwrap();
        vec![
            made([90, 700], [1.0 / (700.0 * 700.0), 1.0 / (90.0 * 90.0)], [0.0, 0.0]),
            made([90, 700], [1.0 / (700.0 * 700.0), 1.0 / (90.0 * 90.0)], [4.0, 4.0]),
            made([91, 701], [1.0 / (701.0 * 701.0), 1.0 / (91.0 * 91.0)], [-0.33, -0.33]),
            made([301, 700], [4.0 / 580_601.0; 2], [-0.33, 0.0]),
            made([1 << 17, 1], [4.0 / (1.0 + 2.0_f64.powi(34)); 2], [3.0, 0.0]),
        ]
    }

    #[test]
    fn coordinates_are_those_of_points_at_every_level() {
        for radial in some() {
            for level in crate::simd::level::available() {
                for (x, y, count) in [(0, 0, 256), (256, 3, 101), (512, 90, 1), (0, 7, 7)] {
                    let mut out = [[0; 2]; 256];
                    let line = radial.run(level, 5, x, y, &mut out[..count]);
                    assert!(line.is_none());
                    for (i, at) in out[..count].iter().enumerate() {
                        let read = radial.inverse([(x + i) as f64 + 0.5, y as f64 + 0.5]);
                        let want = read.map(|v| {
                            let v = (v - 0.5).clamp(-262_144.0, 262_144.0);
                            (v * 4_294_967_296.0).round_ties_even() as i64 + 5
                        });
                        assert_eq!(*at, want, "{level:?} {radial:?} {x} {y}");
                    }
                }
            }
        }
    }

    #[test]
    fn points_go_where_pixels_are_read_from() {
        for radial in some() {
            let [width, height] = radial.center.map(|c| 2.0 * c);
            let longest = width.max(height);
            for (i, j) in (0..=12).flat_map(|i| (0..=12).map(move |j| (i, j))) {
                let at = [width * f64::from(i) / 12.0, height * f64::from(j) / 12.0];
                let back = radial.forward(radial.inverse(at));
                let error = (back[0] - at[0]).abs().max((back[1] - at[1]).abs());
                assert!(error <= 4e-14 * longest, "{radial:?} {at:?} {error}");
                let [[a, b], [d, e]] = radial.slope(at);
                let step = 1e-6 * longest;
                let read = |dx, dy| radial.inverse([at[0] + dx, at[1] + dy]);
                let (x, y) =
                    ([read(-step, 0.0), read(step, 0.0)], [read(0.0, -step), read(0.0, step)]);
                let near = |want: f64, ends: [[f64; 2]; 2], k: usize| {
                    let got = (ends[1][k] - ends[0][k]) / (2.0 * step);
                    assert!((got - want).abs() <= 1e-4 * want.abs().max(1.0), "{radial:?} {at:?}");
                };
                near(a, x, 0);
                near(d, x, 1);
                near(b, y, 0);
                near(e, y, 1);
            }
            // Beyond the corners it goes on as steeply as it is there.
            let far = radial.forward([-longest, -longest]);
            assert!(far.iter().all(|v| v.is_finite() && *v < 0.0), "{far:?}");
        }
    }
}
