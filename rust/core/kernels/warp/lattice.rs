//! Coordinates of a field of displacements, given at the nodes of a lattice.
//!
//! Node (i, j) lies at the edge coordinates (0.5 + i h, 0.5 + j h), i = 0 .. ceil((W - 1) / h), j
//! likewise, h = 2^k, k = 0 .. 8; its displacements n along x and y are in Q16 pixels. Between them
//! they are bilinear. For pixel (x, y), i = x >> k, u = x & (h - 1), j and v likewise, all exact:
//!
//! ```text
//! D = (n[j][i] (h-u) + n[j][i+1] u) (h-v) + (n[j+1][i] (h-u) + n[j+1][i+1] u) v    Q(16 + 2k)
//! sx = (x << 32) + (D << (16 - 2k))                                                the same for sy
//! ```
//!
//! Elsewhere, for points, the displacement d(p) is the same in f64, and goes on beyond the nodes as
//! it is at the last of them: with tx = clamp((p.x - 0.5) / h, 0, nodes - 1), the cell
//! i = min(floor(tx), nodes - 2), u = tx - i, the rows n[i] (1 - u) + n[i + 1] u, then along y, then
//! times 2^-16. The map from the output to the input is g(p) = p + d(p).
//!
//! Its inverse F(p) is a y with g(y) = p. From y = p - d(p) on, up to 12 of Newton's steps: with
//! r = (p - y) - d(y), until |rx|, |ry| <= 2^-16,
//!
//! ```text
//! [A B] = [1 + dxx, dxy]    the slope of the cell; that along an axis is 0 where y lies outside
//! [C E]   [dyx, 1 + dyy]    the nodes along it
//! det = max(A E - B C, 1/8)
//! y.x += clamp((E rx - B ry) / det, -8, 8)    y.y += clamp((A ry - C rx) / det, -8, 8)
//! ```
//!
//! If |rx| or |ry| is still above 2^-8 (the field folds): of the centres of the output's pixels
//! within max|n| 2^-16 + 1 of p along each axis, the one whose g is nearest to p, the first in
//! row order; without any, y.

use fearless_simd::{Simd, dispatch};
use fearless_simd_macros::simd;

use super::affine::Path;
use super::{Coordinates, RUN};
use crate::simd::level::Level;
use crate::targets::map::Field;

#[derive(Debug)]
pub struct Lattice {
    /// Displacements along x and y in Q16, row by row; below 2^30.
    nodes: Vec<[i32; 2]>,
    /// Columns and rows of nodes.
    count: [usize; 2],
    /// Of the distance between nodes.
    log2: u32,
    /// Width and height of the output.
    size: [usize; 2],
    /// Over such a length the field is nearly straight.
    smooth: f64,
    /// How far a pixel is moved at most.
    reach: f64,
}

/// Of steps to the inverse.
const STEPS: usize = 12;
const CLOSE: f64 = 1.0 / (1 << 16) as f64;
const CLOSE_ENOUGH: f64 = 1.0 / (1 << 8) as f64;
/// The Q16 of a node.
const UNIT: f64 = 1.0 / (1 << 16) as f64;

/// Nodes at a distance of 2^`log2` along a side of n pixels.
pub fn nodes(n: usize, log2: u32) -> usize {
    (n - 1).div_ceil(1 << log2) + 1
}

impl Lattice {
    /// `size`: height and width of the output; `smooth`: a length over which the field is nearly
    /// straight.
    pub fn new(nodes: Vec<[i32; 2]>, log2: u32, [height, width]: [usize; 2], smooth: f64) -> Self {
        let size = [width, height];
        let count = size.map(|n| self::nodes(n, log2));
        assert!(log2 <= 8 && nodes.len() == count[0] * count[1], "nodes of another image");
        let most = nodes.as_flattened().iter().fold(0, |most, n| most.max(n.unsigned_abs()));
        assert!(most < 1 << 30, "a displacement that overflows");
        Lattice { nodes, count, log2, size, smooth, reach: f64::from(most) * UNIT }
    }

    /// The four nodes around a point, rows of columns, and where it lies between them.
    fn cell(&self, point: [f64; 2]) -> ([[[f64; 2]; 2]; 2], [f64; 2]) {
        let (mut cell, mut next, mut part) = ([0; 2], [0; 2], [0.0; 2]);
        for k in 0..2 {
            let last = self.count[k] - 1;
            let t = self.along(point[k]).clamp(0.0, last as f64);
            cell[k] = (t as usize).min(last.saturating_sub(1));
            next[k] = (cell[k] + 1).min(last);
            part[k] = t - cell[k] as f64;
        }
        let node = |i: usize, j: usize| self.nodes[j * self.count[0] + i].map(f64::from);
        let row = |j: usize| [node(cell[0], j), node(next[0], j)];
        ([row(cell[1]), row(next[1])], part)
    }

    /// A coordinate, in nodes.
    fn along(&self, v: f64) -> f64 {
        (v - 0.5) / f64::from(1 << self.log2)
    }

    fn displacement(&self, point: [f64; 2]) -> [f64; 2] {
        let ([top, bottom], [u, v]) = self.cell(point);
        [0, 1].map(|k| {
            let across = |[a, b]: [[f64; 2]; 2]| a[k] * (1.0 - u) + b[k] * u;
            (across(top) * (1.0 - v) + across(bottom) * v) * UNIT
        })
    }

    /// The centre of a pixel that is read nearest to a point, if there is any near it.
    fn nearest(&self, point: [f64; 2]) -> Option<[f64; 2]> {
        let [columns, rows] = [0, 1].map(|k| {
            let within = self.reach + 1.0;
            // `as` saturates.
            let first = (point[k] - within - 0.5).ceil().max(0.0) as usize;
            let end = (point[k] + within - 0.5).floor() + 1.0;
            first..(end.max(0.0) as usize).min(self.size[k])
        });
        let centres =
            rows.flat_map(|y| columns.clone().map(move |x| [x, y].map(|v| v as f64 + 0.5)));
        let mut best = None;
        let mut least = f64::INFINITY;
        for centre in centres {
            let at = self.inverse(centre);
            let [x, y] = [at[0] - point[0], at[1] - point[1]];
            if x * x + y * y < least {
                (best, least) = (Some(centre), x * x + y * y);
            }
        }
        best
    }
}

impl Coordinates for Lattice {
    fn run(
        &self,
        level: Level,
        half: i64,
        x: usize,
        y: usize,
        out: &mut [[i64; 2]],
    ) -> Option<Path> {
        let [columns, rows] = self.count;
        let (i, j) = (x >> self.log2, y >> self.log2);
        let row = |j: usize| &self.nodes[j.min(rows - 1) * columns..][i..columns];
        let rows = [row(j), row(j + 1)];
        dispatch!(level, simd => fill(simd, rows, self.log2, half, [x, y], out));
        None
    }
}

/// `nodes` are those above and below the pixels, from the first one on: a run starts at a node.
#[simd]
fn fill<S: Simd>(
    _: S,
    nodes: [&[[i32; 2]]; 2],
    log2: u32,
    half: i64,
    [x, y]: [usize; 2],
    out: &mut [[i64; 2]],
) {
    let h = 1 << log2;
    let base = [((x as i64) << 32) + half, ((y as i64) << 32) + half];
    let [above, below] = nodes;
    if log2 == 0 {
        for (i, (out, n)) in out.iter_mut().zip(above).enumerate() {
            let n = [i64::from(n[0]) << 16, i64::from(n[1]) << 16];
            *out = [base[0] + ((i as i64) << 32) + n[0], base[1] + n[1]];
        }
        return;
    }
    // The nodes on the row of pixels, Q32 over h. Behind the last there is no pixel.
    let mut line = [[0; 2]; RUN / 2 + 1];
    let mut count = out.len().div_ceil(h) + 1;
    let v = (y % h) as i64;
    let (above, below) = (above.as_flattened().iter(), below.as_flattened().iter());
    for (line, (a, b)) in line[..count].as_flattened_mut().iter_mut().zip(above.zip(below)) {
        *line = (i64::from(*a) * (h as i64 - v) + i64::from(*b) * v) << (16 - 2 * log2);
    }
    // Each time twice as dense and twice as large.
    for _ in 1..log2 {
        let last = count - 1;
        line[2 * last] = [2 * line[last][0], 2 * line[last][1]];
        for i in (0..last).rev() {
            let (a, b) = (line[i], line[i + 1]);
            line[2 * i] = [a[0] + a[0], a[1] + a[1]];
            line[2 * i + 1] = [a[0] + b[0], a[1] + b[1]];
        }
        count += last;
    }
    for (i, out) in out.chunks_mut(2).enumerate() {
        let (a, b) = (line[i], line[i + 1]);
        let base = [base[0] + ((i as i64) << 33), base[1]];
        out[0] = [a[0] + a[0] + base[0], a[1] + a[1] + base[1]];
        if let Some(out) = out.get_mut(1) {
            *out = [a[0] + b[0] + base[0] + (1 << 32), a[1] + b[1] + base[1]];
        }
    }
}

impl Field for Lattice {
    fn inverse(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [dx, dy] = self.displacement([x, y]);
        [x + dx, y + dy]
    }

    fn forward(&self, point: [f64; 2]) -> [f64; 2] {
        let mut at = {
            let [dx, dy] = self.displacement(point);
            [point[0] - dx, point[1] - dy]
        };
        for step in 0.. {
            let [dx, dy] = self.displacement(at);
            let [x, y] = [(point[0] - at[0]) - dx, (point[1] - at[1]) - dy];
            let error = x.abs().max(y.abs());
            if error <= CLOSE || step == STEPS {
                return if error > CLOSE_ENOUGH { self.nearest(point).unwrap_or(at) } else { at };
            }
            let [[a, b], [c, e]] = self.slope(at);
            let determinant = (a * e - b * c).max(0.125);
            at[0] += ((e * x - b * y) / determinant).clamp(-8.0, 8.0);
            at[1] += ((a * y - c * x) / determinant).clamp(-8.0, 8.0);
        }
        unreachable!("it ends after so many steps")
    }

    fn slope(&self, point: [f64; 2]) -> [[f64; 2]; 2] {
        let ([[a, b], [c, d]], [u, v]) = self.cell(point);
        let within = [0, 1].map(|k| {
            let last = (self.count[k] - 1) as f64;
            f64::from(u8::from((0.0..=last).contains(&self.along(point[k]))))
        });
        let scale = UNIT / f64::from(1 << self.log2);
        let [x, y] = [0, 1].map(|k| {
            let along_x = (b[k] - a[k]) * (1.0 - v) + (d[k] - c[k]) * v;
            let along_y = (c[k] - a[k]) * (1.0 - u) + (d[k] - b[k]) * u;
            [along_x * scale * within[0], along_y * scale * within[1]]
        });
        [[1.0 + x[0], x[1]], [y[0], 1.0 + y[1]]]
    }

    fn parts(&self, length: f64) -> usize {
        (4.0 * length / self.smooth).ceil().clamp(8.0, 64.0) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lattice(log2: u32, size: [usize; 2]) -> Lattice {
        let [rows, columns] = size.map(|n| nodes(n, log2));
        let hash = |i: usize| (i as u32).wrapping_mul(0x9e37_79b9) as i32;
        // A few as large as may be.
        let node = |i: usize| [hash(i) >> (1 + i % 5), hash(i + 999) >> (1 + i % 7)];
        let nodes =
            (0..rows * columns).map(|i| node(i).map(|n| n.clamp(1 - (1 << 30), (1 << 30) - 1)));
        Lattice::new(nodes.collect(), log2, size, 8.0)
    }

    /// As the formula says, in wide integers.
    fn formula(lattice: &Lattice, x: usize, y: usize) -> [i64; 2] {
        let (k, h) = (lattice.log2, 1 << lattice.log2);
        let [columns, rows] = lattice.count;
        let (i, j, u, v) = (x >> k, y >> k, (x % h) as i128, (y % h) as i128);
        let h = h as i128;
        [0, 1].map(|axis| {
            let node = |i: usize, j: usize| {
                i128::from(lattice.nodes[j.min(rows - 1) * columns + i.min(columns - 1)][axis])
            };
            let row = |j| node(i, j) * (h - u) + node(i + 1, j) * u;
            let d = row(j) * (h - v) + row(j + 1) * v;
            let at = ([x, y][axis] as i128) << 32;
            i64::try_from(at + (d << (16 - 2 * k))).unwrap()
        })
    }

    #[test]
    fn coordinates_are_their_formula_at_every_level() {
        for log2 in 0..=8 {
            for size in [[1, 1], [3, 300], [40, 257], [300, 2], [33, 64], [5, 513]] {
                let lattice = lattice(log2, size);
                for level in crate::simd::level::available() {
                    for y in 0..size[0] {
                        for x in (0..size[1]).step_by(RUN) {
                            let mut out = vec![[0; 2]; (size[1] - x).min(RUN)];
                            assert!(lattice.run(level, 9, x, y, &mut out).is_none());
                            for (i, at) in out.iter().enumerate() {
                                let want = formula(&lattice, x + i, y).map(|v| v + 9);
                                assert_eq!(*at, want, "{level:?} {log2} {size:?} {} {y}", x + i);
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_slope_is_a_difference() {
        let mut lattice = lattice(3, [30, 40]);
        lattice.nodes.iter_mut().for_each(|n| *n = n.map(|n| n >> 14));
        let h = 1e-6;
        for point in [[12.3, 9.1], [33.0, 20.2], [-7.0, 12.0], [20.0, 99.0], [-1.0, -1.0]] {
            let [[a, b], [c, d]] = lattice.slope(point);
            let at = |dx: f64, dy: f64| lattice.inverse([point[0] + dx, point[1] + dy]);
            let (x, y) = ([at(h, 0.0), at(-h, 0.0)], [at(0.0, h), at(0.0, -h)]);
            let difference = |ends: [[f64; 2]; 2], k: usize| (ends[0][k] - ends[1][k]) / (2.0 * h);
            for (got, want) in [
                (a, difference(x, 0)),
                (b, difference(y, 0)),
                (c, difference(x, 1)),
                (d, difference(y, 1)),
            ] {
                assert!((got - want).abs() < 1e-6, "{point:?} {got} {want}");
            }
        }
    }

    /// Far away, and of no number at all, it ends.
    #[test]
    fn every_point_is_answered() {
        let lattice = lattice(0, [20, 20]);
        for v in [0.0, -1e300, 1e300, 5.0, 1e9] {
            let [x, y] = lattice.forward([v, 3.0]);
            assert!(x.is_finite() && y.is_finite());
        }
    }
}
