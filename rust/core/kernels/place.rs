//! Moving whole pixels: flips, quarter turns, crops and pads are all one index map.
//!
//! Output (y, x) is input (rows[y], cols[x]), or input (cols[x], rows[y]) when transposed, or the
//! fill value where either is `OUTSIDE`. Any sequence of such maps is again one.

use crate::image::{Element, View, ViewMut};
use crate::kernel::{Fill, FromFill, Geometry, Kernel, MaskKind, MaskView, MaskViewMut, Reach};
use crate::level::Level;
use crate::map::Map;
use crate::pick_mask;

pub const OUTSIDE: u32 = u32::MAX;

#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    rows: Vec<u32>,
    cols: Vec<u32>,
    transposed: bool,
    /// Needed where a row or column is `OUTSIDE`.
    fill: Option<Fill>,
    map: Map,
}

impl Place {
    /// Input rows and columns in the order in which the output has them.
    pub fn new(rows: Vec<u32>, cols: Vec<u32>, map: Map) -> Self {
        Place { rows, cols, transposed: false, fill: None, map }
    }

    /// The output's rows are the input's columns: output (y, x) is input (cols[x], rows[y]).
    pub fn transposed(rows: Vec<u32>, cols: Vec<u32>, map: Map) -> Self {
        Place { rows, cols, transposed: true, fill: None, map }
    }

    /// The window of `height` x `width` at (top, left).
    pub fn crop(top: usize, left: usize, height: usize, width: usize) -> Self {
        let range = |start, len| (start as u32..(start + len) as u32).collect();
        let map = Map([1.0, 0.0, -(left as f64), 0.0, 1.0, -(top as f64)]);
        Place::new(range(top, height), range(left, width), map)
    }

    pub fn with_fill(self, fill: Fill) -> Self {
        Place { fill: Some(fill), ..self }
    }

    /// First `self`, then `next`, as one map; None if they would need two fill values.
    pub fn then(&self, next: &Place) -> Option<Place> {
        let fill = match (&self.fill, &next.fill) {
            (Some(a), Some(b)) if a != b => return None,
            (a, b) => a.as_ref().or(b.as_ref()).cloned(),
        };
        let through = |inner: &[u32], outer: &[u32]| {
            outer.iter().map(|&i| if i == OUTSIDE { i } else { inner[i as usize] }).collect()
        };
        let (rows, cols) = if next.transposed {
            (through(&self.cols, &next.rows), through(&self.rows, &next.cols))
        } else {
            (through(&self.rows, &next.rows), through(&self.cols, &next.cols))
        };
        let transposed = self.transposed != next.transposed;
        Some(Place { rows, cols, transposed, fill, map: self.map.then(&next.map) })
    }

    fn pick<T: Element>(&self, fill: &[T], src: View<T>, mut dst: ViewMut<T>, first: usize) {
        let channels = src.shape().channels;
        for (y, &row) in self.rows[first..][..dst.shape().height].iter().enumerate() {
            for (out, &col) in dst.row(y).chunks_exact_mut(channels).zip(&self.cols) {
                let (sy, sx) = if self.transposed { (col, row) } else { (row, col) };
                out.copy_from_slice(if row == OUTSIDE || col == OUTSIDE {
                    fill
                } else {
                    src.pixel(sy as usize, sx as usize)
                });
            }
        }
    }

    fn image<T: FromFill>(&self, src: View<T>, dst: ViewMut<T>, first: usize) {
        let channels = src.shape().channels;
        let fill = self.fill.as_ref().map(|fill| fill.pixel::<T>(channels)).unwrap_or_default();
        self.pick(&fill, src, dst, first);
    }
}

impl Kernel for Place {
    fn reach(&self) -> Reach {
        Reach::Bands
    }

    fn uint8(&self, _: Level, src: View<u8>, dst: ViewMut<u8>, first: usize) {
        self.image(src, dst, first);
    }

    fn uint16(&self, _: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) {
        self.image(src, dst, first);
    }

    fn float32(&self, _: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) {
        self.image(src, dst, first);
    }
}

impl Geometry for Place {
    fn size(&self) -> [usize; 2] {
        [self.rows.len(), self.cols.len()]
    }

    fn map(&self) -> Map {
        self.map
    }

    fn mask(&self, kind: MaskKind, src: MaskView, dst: MaskViewMut) {
        pick_mask!(src, dst, |src, dst| {
            let channels = src.shape().channels;
            let fill = self.fill.as_ref().map(|fill| fill.mask_pixel(kind, channels));
            self.pick(&fill.unwrap_or_default(), src, dst, 0);
        });
    }
}
