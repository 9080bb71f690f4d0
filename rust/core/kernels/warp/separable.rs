//! Coordinates of which x depends on the column alone, and y on the row.

use super::affine::Path;
use super::{Coordinates, fixed};
use crate::error::Result;
use crate::memory;
use crate::simd::level::Level;

/// Those of the columns, and of the rows.
#[derive(Debug)]
pub struct Separable {
    columns: Vec<i64>,
    rows: Vec<i64>,
}

impl Separable {
    /// Of an output of `size` (height, width), `back` says where a coordinate along x (0) or y (1)
    /// is read, both in edge coordinates: Q32, floor(v 2^32 + 0.5), of the centres, less 0.5.
    pub fn new([height, width]: [usize; 2], back: impl Fn(usize, f64) -> f64) -> Result<Self> {
        let table = |k: usize, n: usize| {
            memory::check_table::<i64>(n, TABLE)?;
            memory::collect((0..n).map(|i| fixed(back(k, i as f64 + 0.5) - 0.5)), TABLE)
        };
        Ok(Separable { columns: table(0, width)?, rows: table(1, height)? })
    }
}

const TABLE: &str = "the coordinates of a warp";

impl Coordinates for Separable {
    fn run(&self, _: Level, half: i64, x: usize, y: usize, out: &mut [[i64; 2]]) -> Option<Path> {
        let row = self.rows[y] + half;
        for (at, &column) in out.iter_mut().zip(&self.columns[x..]) {
            *at = [column + half, row];
        }
        None
    }
}
