//! The coordinate map of a geometric step: where a point of the input comes to lie in the output,
//! and back. Coordinates are those of edges: pixel (x, y) covers [x, x+1) x [y, y+1), its centre is
//! at +0.5.

use std::fmt::Debug;
use std::sync::Arc;

/// x' = m[0] x + m[1] y + m[2],  y' = m[3] x + m[4] y + m[5]; each sum from left to right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine(pub [f64; 6]);

impl Affine {
    pub const IDENTITY: Affine = Affine([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);

    pub fn forward(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let m = &self.0;
        [m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5]]
    }

    /// First `self`, then `next`.
    pub fn then(&self, next: &Affine) -> Affine {
        let (a, b) = (&self.0, &next.0);
        Affine([
            b[0] * a[0] + b[1] * a[3],
            b[0] * a[1] + b[1] * a[4],
            b[0] * a[2] + b[1] * a[5] + b[2],
            b[3] * a[0] + b[4] * a[3],
            b[3] * a[1] + b[4] * a[4],
            b[3] * a[2] + b[4] * a[5] + b[5],
        ])
    }

    /// None where the map is not invertible.
    pub fn inverse(&self) -> Option<Affine> {
        let m = &self.0;
        let determinant = m[0] * m[4] - m[1] * m[3];
        let [a, b, d, e] = [m[4], -m[1], -m[3], m[0]].map(|v| v / determinant);
        let inverse = [a, b, -(a * m[2] + b * m[5]), d, e, -(d * m[2] + e * m[5])];
        inverse.iter().all(|v| v.is_finite()).then_some(Affine(inverse))
    }
}

/// X = (m[0] x + m[1] y + m[2]) / w, Y = (m[3] x + m[4] y + m[5]) / w, w = m[6] x + m[7] y + m[8];
/// each sum from left to right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Projective(pub [f64; 9]);

/// Points behind the horizon are taken to lie at this depth in front of it.
const HORIZON: f64 = 1.0 / (1 << 20) as f64;
/// A polygon is cut where it comes so near the horizon: nothing that is seen is lost.
const NEAR: f64 = 1.0 / (1 << 10) as f64;

impl Projective {
    /// Depth above 0 lies in front of the horizon.
    pub fn depth(&self, [x, y]: [f64; 2]) -> f64 {
        let m = &self.0;
        m[6] * x + m[7] * y + m[8]
    }

    pub fn forward(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let m = &self.0;
        let w = self.depth([x, y]).max(HORIZON);
        [(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w]
    }

    /// An inverse, but for a factor.
    pub fn adjugate(&self) -> Projective {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        Projective([
            e * i - f * h,
            c * h - b * i,
            b * f - c * e,
            f * g - d * i,
            a * i - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ])
    }

    /// The adjugate over the determinant; None where the map is not invertible.
    pub fn inverse(&self) -> Option<Projective> {
        let adjugate = self.adjugate().0;
        let [a, b, c, ..] = self.0;
        let determinant = a * adjugate[0] + b * adjugate[3] + c * adjugate[6];
        let inverse = adjugate.map(|v| v / determinant);
        inverse.iter().all(|v| v.is_finite()).then_some(Projective(inverse))
    }

    fn slope(&self, point: [f64; 2]) -> [[f64; 2]; 2] {
        let m = &self.0;
        let w = self.depth(point).max(HORIZON);
        let [x, y] = self.forward(point);
        let row = |a: f64, b: f64, at: f64| [(a - m[6] * at) / w, (b - m[7] * at) / w];
        [row(m[0], m[1], x), row(m[3], m[4], y)]
    }

    /// The images of a polygon's corners, once what lies behind the horizon is cut off.
    fn polygon(&self, corners: [[f64; 2]; 4], mut visit: impl FnMut([f64; 2])) {
        for (i, &from) in corners.iter().enumerate() {
            let to = corners[(i + 1) % 4];
            let depths = [self.depth(from), self.depth(to)];
            if depths[0] >= NEAR {
                visit(self.forward(from));
            }
            if (depths[0] >= NEAR) != (depths[1] >= NEAR) {
                let t = (NEAR - depths[0]) / (depths[1] - depths[0]);
                visit(self.forward([0, 1].map(|k| from[k] + (to[k] - from[k]) * t)));
            }
        }
    }
}

/// A map that is given backwards: where each point of the output is read.
pub trait Field: Debug + Send + Sync {
    fn inverse(&self, point: [f64; 2]) -> [f64; 2];
    fn forward(&self, point: [f64; 2]) -> [f64; 2];
    /// d in / d out at a point of the output.
    fn slope(&self, point: [f64; 2]) -> [[f64; 2]; 2];
    /// Into how many parts a side of a box is divided before its points are mapped.
    fn parts(&self, length: f64) -> usize;
}

/// A rectangle of the input, moved by whole pixels: its top, left, height and width, and its top
/// and left in the output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tile(pub [usize; 4], pub [usize; 2]);

#[derive(Debug, Clone)]
pub enum Map {
    Affine(Affine),
    /// Forward, and back.
    Projective(Projective, Projective),
    Field(Arc<dyn Field>),
    Tiles(Arc<[Tile]>),
}

impl Map {
    pub fn forward(&self, point: [f64; 2]) -> [f64; 2] {
        match self {
            Map::Affine(affine) => affine.forward(point),
            Map::Projective(there, _) => there.forward(point),
            Map::Field(field) => field.forward(point),
            Map::Tiles(tiles) => {
                let tile = |Tile([top, left, height, width], _): &&Tile| {
                    let within = |v: f64, start: usize, len: usize| {
                        start as f64 <= v && v < (start + len) as f64
                    };
                    within(point[0], *left, *width) && within(point[1], *top, *height)
                };
                // What lies in no tile lies outside the image, and stays.
                tiles.iter().find(tile).map_or(point, |Tile([top, left, ..], to)| {
                    let [x, y] = point;
                    [x - *left as f64 + to[1] as f64, y - *top as f64 + to[0] as f64]
                })
            }
        }
    }

    /// Whether left and right change places.
    pub fn mirrors(&self) -> bool {
        let determinant = |[[a, b], [d, e]]: [[f64; 2]; 2]| a * e - b * d;
        match self {
            Map::Affine(Affine([a, b, _, d, e, _])) => determinant([[*a, *b], [*d, *e]]) < 0.0,
            // Of one sign wherever the depth is.
            Map::Projective(there, _) => {
                let [a, b, c, d, e, f, g, h, i] = there.0;
                a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) < 0.0
            }
            Map::Field(_) | Map::Tiles(_) => false,
        }
    }

    /// d out / d in at a point of the input.
    pub fn slope(&self, point: [f64; 2]) -> [[f64; 2]; 2] {
        match self {
            Map::Affine(Affine([a, b, _, d, e, _])) => [[*a, *b], [*d, *e]],
            Map::Projective(there, _) => there.slope(point),
            Map::Field(field) => {
                let [[a, b], [d, e]] = field.slope(field.forward(point));
                let determinant = a * e - b * d;
                [[e / determinant, -b / determinant], [-d / determinant, a / determinant]]
            }
            Map::Tiles(_) => [[1.0, 0.0], [0.0, 1.0]],
        }
    }

    /// The upright box around what becomes of a box: of its corners where lines stay straight, else
    /// of points along its sides; where it falls to pieces, of all of them. None where all of it
    /// lies behind the horizon, or it has no area that could be a piece.
    pub fn around(&self, [l, t, r, b]: [f64; 4]) -> Option<[f64; 4]> {
        let corners = [[l, t], [r, t], [r, b], [l, b]];
        let mut hull: Option<[f64; 4]> = None;
        let mut visit = |[x, y]: [f64; 2]| {
            hull = Some(
                hull.map_or([x, y, x, y], |[l, t, r, b]| [l.min(x), t.min(y), r.max(x), b.max(y)]),
            );
        };
        match self {
            Map::Affine(affine) => corners.into_iter().for_each(|at| visit(affine.forward(at))),
            Map::Projective(there, _) => there.polygon(corners, visit),
            Map::Field(field) => {
                for (i, from) in corners.into_iter().enumerate() {
                    let to = corners[(i + 1) % 4];
                    let length = (to[0] - from[0]).abs() + (to[1] - from[1]).abs();
                    let parts = field.parts(length);
                    for part in 0..parts {
                        let t = part as f64 / parts as f64;
                        visit(field.forward([0, 1].map(|k| from[k] + (to[k] - from[k]) * t)));
                    }
                }
            }
            Map::Tiles(tiles) => {
                let within = |Tile([top, left, height, width], _): &Tile| {
                    let (right, bottom) = (left + width, top + height);
                    [*left as f64, *top as f64, right as f64, bottom as f64]
                };
                for tile @ Tile([top, left, ..], to) in tiles.iter() {
                    let edges = within(tile);
                    let piece =
                        [l.max(edges[0]), t.max(edges[1]), r.min(edges[2]), b.min(edges[3])];
                    if piece[0] < piece[2] && piece[1] < piece[3] {
                        let (x, y) = (to[1] as f64 - *left as f64, to[0] as f64 - *top as f64);
                        visit([piece[0] + x, piece[1] + y]);
                        visit([piece[2] + x, piece[3] + y]);
                    }
                }
                // What lies outside the image stays.
                let holds = |[x, y]: [f64; 2], [left, top, right, bottom]: [f64; 4]| {
                    left <= x && x <= right && top <= y && y <= bottom
                };
                let outside = |at: &[f64; 2]| !tiles.iter().any(|tile| holds(*at, within(tile)));
                corners.into_iter().filter(outside).for_each(visit);
            }
        }
        hull
    }
}

impl From<Affine> for Map {
    fn from(affine: Affine) -> Map {
        Map::Affine(affine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_then_its_inverse_is_the_identity() {
        let map = Affine([1.5, 0.25, 3.0, -0.5, 2.0, -7.0]);
        let there = map.then(&map.inverse().unwrap());
        for (got, want) in there.0.iter().zip(Affine::IDENTITY.0) {
            assert!((got - want).abs() < 1e-12, "{there:?}");
        }
        assert_eq!(Affine([1.0, 2.0, 0.0, 2.0, 4.0, 0.0]).inverse(), None);
    }

    fn projective(m: [f64; 9]) -> Map {
        Map::Projective(Projective(m), Projective(m).inverse().unwrap())
    }

    #[test]
    fn a_projective_map_leads_back() {
        let map = projective([1.5, 0.25, 3.0, -0.5, 2.0, -7.0, 0.01, -0.02, 1.0]);
        let Map::Projective(there, back) = &map else { unreachable!() };
        for point in [[0.0, 0.0], [10.0, 3.0], [-4.0, 8.0]] {
            let [x, y] = back.forward(there.forward(point));
            assert!((x - point[0]).abs() < 1e-12 && (y - point[1]).abs() < 1e-12);
            let [[a, b], [d, e]] = map.slope(point);
            let step = 1e-6;
            let near = |dx, dy| map.forward([point[0] + dx, point[1] + dy]);
            let (x, y, at) = (near(step, 0.0), near(0.0, step), near(0.0, 0.0));
            for (got, want) in
                [(a, x[0] - at[0]), (b, y[0] - at[0]), (d, x[1] - at[1]), (e, y[1] - at[1])]
            {
                assert!((got - want / step).abs() < 1e-5);
            }
        }
        assert!(!map.mirrors());
        assert!(projective([-1.0, 0.0, 4.0, 0.0, 1.0, 0.0, 0.01, 0.0, 1.0]).mirrors());
    }

    /// A box that reaches behind the horizon: what can be seen of it is without bounds only to one
    /// side.
    #[test]
    fn a_box_is_cut_at_the_horizon() {
        let map = projective([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, -0.1, 0.0, 1.0]);
        let [l, t, r, b] = map.around([0.0, 0.0, 20.0, 4.0]).unwrap();
        assert_eq!([l, t], [0.0, 0.0]);
        assert!(r > 9000.0 && b > 4000.0 && r.is_finite());
        assert_eq!(map.around([12.0, 0.0, 20.0, 4.0]), None);
    }

    #[test]
    fn tiles_move_by_whole_pixels() {
        let tiles = [Tile([0, 0, 2, 2], [0, 2]), Tile([0, 2, 2, 2], [0, 0])];
        let map = Map::Tiles(tiles.into());
        assert_eq!(map.forward([0.5, 1.5]), [2.5, 1.5]);
        assert_eq!(map.forward([2.0, 0.0]), [0.0, 0.0]);
        assert_eq!(map.forward([9.0, 0.0]), [9.0, 0.0]);
        assert_eq!(map.around([0.5, 0.0, 1.5, 2.0]), Some([2.5, 0.0, 3.5, 2.0]));
        assert_eq!(map.around([2.0, 1.0, 4.0, 2.0]), Some([0.0, 1.0, 2.0, 2.0]));
        assert_eq!(map.around([1.0, 0.0, 3.0, 1.0]), Some([0.0, 0.0, 4.0, 1.0]));
        assert_eq!(map.around([-5.0, 0.0, 1.0, 1.0]), Some([-5.0, 0.0, 3.0, 1.0]));
        assert_eq!(map.around([5.0, 0.0, 6.0, 1.0]), Some([5.0, 0.0, 6.0, 1.0]));
        assert_eq!(map.around([1.0, 1.0, 1.0, 2.0]), None);
    }
}
