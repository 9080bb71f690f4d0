//! The coordinate map of a geometric step: where a point of the input comes to lie in the output.
//! Coordinates are those of edges: pixel (x, y) covers [x, x+1) x [y, y+1), its centre is at +0.5.

/// x' = m[0] x + m[1] y + m[2],  y' = m[3] x + m[4] y + m[5]; each sum from left to right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Map(pub [f64; 6]);

impl Map {
    pub const IDENTITY: Map = Map([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);

    pub fn forward(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let m = &self.0;
        [m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5]]
    }

    /// First `self`, then `next`.
    pub fn then(&self, next: &Map) -> Map {
        let (a, b) = (&self.0, &next.0);
        Map([
            b[0] * a[0] + b[1] * a[3],
            b[0] * a[1] + b[1] * a[4],
            b[0] * a[2] + b[1] * a[5] + b[2],
            b[3] * a[0] + b[4] * a[3],
            b[3] * a[1] + b[4] * a[4],
            b[3] * a[2] + b[4] * a[5] + b[5],
        ])
    }

    /// None where the map is not invertible.
    pub fn inverse(&self) -> Option<Map> {
        let m = &self.0;
        let determinant = m[0] * m[4] - m[1] * m[3];
        let [a, b, d, e] = [m[4], -m[1], -m[3], m[0]].map(|v| v / determinant);
        let inverse = [a, b, -(a * m[2] + b * m[5]), d, e, -(d * m[2] + e * m[5])];
        inverse.iter().all(|v| v.is_finite()).then_some(Map(inverse))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_then_its_inverse_is_the_identity() {
        let map = Map([1.5, 0.25, 3.0, -0.5, 2.0, -7.0]);
        let there = map.then(&map.inverse().unwrap());
        for (got, want) in there.0.iter().zip(Map::IDENTITY.0) {
            assert!((got - want).abs() < 1e-12, "{there:?}");
        }
        assert_eq!(Map([1.0, 2.0, 0.0, 2.0, 4.0, 0.0]).inverse(), None);
    }
}
