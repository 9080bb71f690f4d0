//! Moving whole pixels: flips, quarter turns, crops and pads are all one index map.
//!
//! Output (y, x) is input (rows[y], cols[x]), or input (cols[x], rows[y]) when transposed, or the
//! fill value where either is outside. Any sequence of such maps is again one.

mod line;
mod tiles;

pub use line::Line;

use line::{Kind, RUNS, Run, straight};
use tiles::{Tile, reverse, side, transpose};

use crate::error::Result;
use crate::image::{View, ViewMut, bytes};
use crate::kernels::fill::{Fill, FromFill};
use crate::kernels::kernel::{Geometry, Kernel, Reach};
use crate::kernels::step::Step;
use crate::memory;
use crate::simd::level::Level;
use crate::targets::map::{Affine, Map};
use crate::targets::masks::MaskType;
use crate::vectors;

#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    rows: Line,
    cols: Line,
    transposed: bool,
    /// Needed where a row or column is outside.
    fill: Option<Fill>,
    map: Affine,
}

/// One of the eight symmetries of a rectangle: transposed or not, then with the rows or the columns
/// of the output, or both, in reverse order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Symmetry {
    pub transposed: bool,
    /// Whether the output's rows run upwards.
    pub up: bool,
    /// Whether its columns run to the left.
    pub left: bool,
}

impl Place {
    pub fn new(rows: Line, cols: Line, map: Affine) -> Self {
        Place { rows, cols, transposed: false, fill: None, map }
    }

    /// The output's rows are the input's columns: output (y, x) is input (cols[x], rows[y]).
    pub fn transposed(rows: Line, cols: Line, map: Affine) -> Self {
        Place { transposed: true, ..Place::new(rows, cols, map) }
    }

    /// The window of `height` x `width` at (top, left).
    pub fn crop(top: usize, left: usize, height: usize, width: usize) -> Self {
        let map = Affine([1.0, 0.0, -(left as f64), 0.0, 1.0, -(top as f64)]);
        Place::new(Line::forward(top, height), Line::forward(left, width), map)
    }

    /// Left and right exchanged, in an image of that height and width.
    pub fn mirror(size: [usize; 2]) -> Self {
        Place::symmetry(size, Symmetry { transposed: false, up: false, left: true })
    }

    /// An image of that height and width, turned or mirrored or both.
    pub fn symmetry([height, width]: [usize; 2], symmetry: Symmetry) -> Self {
        let Symmetry { transposed, up, left } = symmetry;
        let line = |back, n| if back { Line::backward(0, n) } else { Line::forward(0, n) };
        let axis = |back, n| if back { (-1.0, n as f64) } else { (1.0, 0.0) };
        let (rows, cols) = if transposed { (width, height) } else { (height, width) };
        let ((x, to_x), (y, to_y)) = (axis(left, cols), axis(up, rows));
        let [rows, cols] = [line(up, rows), line(left, cols)];
        if transposed {
            Place::transposed(rows, cols, Affine([0.0, x, to_x, y, 0.0, to_y]))
        } else {
            Place::new(rows, cols, Affine([x, 0.0, to_x, 0.0, y, to_y]))
        }
    }

    pub fn with_fill(self, fill: Fill) -> Self {
        Place { fill: Some(fill), ..self }
    }

    /// First `self`, then `next`, as one map; None if they would need two fill values.
    pub fn then(&self, next: &Place) -> Result<Option<Place>> {
        let fill = match (&self.fill, &next.fill) {
            (Some(a), Some(b)) if a != b => return Ok(None),
            (a, b) => a.as_ref().or(b.as_ref()).cloned(),
        };
        let (rows, cols) = if next.transposed {
            (self.cols.then(&next.rows)?, self.rows.then(&next.cols)?)
        } else {
            (self.rows.then(&next.rows)?, self.cols.then(&next.cols)?)
        };
        let (transposed, map) = (self.transposed != next.transposed, self.map.then(&next.map));
        Ok(Some(Place { rows, cols, transposed, fill, map }))
    }

    /// Top and left of the output in the input, if it is a window of it.
    pub fn window(&self) -> Result<Option<[usize; 2]>> {
        Ok(match (self.rows.runs()?, self.cols.runs()?) {
            (
                &[Run { kind: Kind::Forward, start: top, .. }],
                &[Run { kind: Kind::Forward, start: left, .. }],
            ) if !self.transposed => Some([top, left]),
            _ => None,
        })
    }

    /// Pixels are so many bytes as the views have channels.
    fn pick(
        &self,
        level: Level,
        fill: &[u8],
        src: View<u8>,
        dst: ViewMut<u8>,
        first: usize,
    ) -> Result<()> {
        match src.shape().channels {
            1 => self.moved::<1>(level, fill, src, dst, first),
            3 => self.moved::<3>(level, fill, src, dst, first),
            4 => self.moved::<4>(level, fill, src, dst, first),
            12 => self.moved::<12>(level, fill, src, dst, first),
            _ => self.moved::<0>(level, fill, src, dst, first),
        }
    }

    /// With pixels of P bytes, or of any number if P is 0.
    fn moved<const P: usize>(
        &self,
        level: Level,
        fill: &[u8],
        src: View<u8>,
        mut dst: ViewMut<u8>,
        first: usize,
    ) -> Result<()> {
        if self.transposed {
            return self.turned::<P>(level, fill, src, dst, first);
        }
        let size = if P == 0 { src.shape().channels } else { P };
        let outside = memory::repeat(fill, self.cols.len, "a row of fill values")?;
        let (cols, height) = (self.cols.runs()?, dst.shape().height);
        for (y, row) in self.rows.iter()?.skip(first).take(height).enumerate() {
            let mut out = dst.row(y);
            let Some(row) = row else {
                out.copy_from_slice(&outside);
                continue;
            };
            let row = src.row(row);
            for Run { kind, start, len } in cols {
                let (run, rest) = out.split_at_mut(len * size);
                let from = start * size..(start + len) * size;
                match kind {
                    Kind::Forward => run.copy_from_slice(&row[from]),
                    Kind::Backward => {
                        vectors!(level, simd => reverse::<_, P>(simd, size, &row[from], run));
                    }
                    Kind::Outside => run.copy_from_slice(&outside[from]),
                }
                out = rest;
            }
        }
        Ok(())
    }

    fn turned<const P: usize>(
        &self,
        level: Level,
        fill: &[u8],
        src: View<u8>,
        mut dst: ViewMut<u8>,
        first: usize,
    ) -> Result<()> {
        let size = if P == 0 { src.shape().channels } else { P };
        let height = dst.shape().height;
        let rows = memory::collect(self.rows.iter()?.skip(first).take(height), RUNS)?;
        let cols = memory::collect(self.cols.iter()?, RUNS)?;
        let mut tiles = [Tile::new(), Tile::new()];
        for (top, rows) in rows.chunks(side(P)).enumerate() {
            let run = straight(rows).filter(|_| P == 1 || P == 3 || P == 4);
            for (left, cols) in cols.chunks(side(P)).enumerate() {
                let (top, left) = (top * side(P), left * side(P));
                if let Some(run) = run
                    && cols.iter().all(Option::is_some)
                {
                    let (tiles, dst, at) = (&mut tiles, &mut dst, [top, left]);
                    vectors!(level, simd => {
                        transpose::<_, P>(simd, tiles, src, run, cols, dst, at)
                    });
                    continue;
                }
                for (y, &row) in rows.iter().enumerate() {
                    let out = dst.row(top + y)[left * size..].chunks_exact_mut(size);
                    for (out, &col) in out.zip(cols) {
                        out.copy_from_slice(match (row, col) {
                            (Some(row), Some(col)) => &src.row(col)[row * size..][..size],
                            _ => fill,
                        });
                    }
                }
            }
        }
        Ok(())
    }

    fn image<T: FromFill>(
        &self,
        level: Level,
        src: View<T>,
        dst: ViewMut<T>,
        first: usize,
    ) -> Result<()> {
        let channels = src.shape().channels;
        let fill = self.fill.as_ref().map(|fill| fill.pixel::<T>(channels));
        let fill = fill.transpose()?.unwrap_or_default();
        self.pick(level, bytes(&fill), src.bytes(), dst.bytes(), first)
    }
}

impl Kernel for Place {
    fn reach(&self) -> Reach {
        Reach::Bands
    }

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, first: usize) -> Result<()> {
        self.image(level, src, dst, first)
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) -> Result<()> {
        self.image(level, src, dst, first)
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) -> Result<()> {
        self.image(level, src, dst, first)
    }
}

impl Geometry for Place {
    fn size(&self) -> [usize; 2] {
        [self.rows.len, self.cols.len]
    }

    fn map(&self) -> Map {
        self.map.into()
    }

    fn mask(&self, mask: MaskType, channels: usize) -> Result<Step> {
        let fill = self.fill.as_ref().map(|fill| mask.fill(fill.mask, channels)).transpose()?;
        Ok(Step::Place(Place { fill, ..self.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Image, Shape};
    use crate::kernels::border::Border;

    /// Images smaller and larger than a tile, turned and mirrored, in bands that begin and end
    /// within tiles, with rows and columns of no straight order and outside: at all levels.
    #[test]
    fn transposed_pixels_are_where_the_lines_say() {
        let line = |n, kind| match kind {
            0 => Line::forward(0, n),
            1 => Line::backward(0, n),
            2 => Line::bordered(Border::Reflect, -(n as i64 / 2), n / 2 + n + 3, n).unwrap(),
            _ => Line::bordered(Border::Constant, -5, 5 + n + 70, n).unwrap(),
        };
        for channels in [1, 2, 3, 4, 5, 12] {
            for [height, width] in [[1, 1], [3, 200], [130, 17], [64, 128], [150, 260]] {
                let shape = Shape::new(height, width, channels);
                let data = (0..shape.len()).map(|i| (i * i * 31 % 251) as u8).collect();
                let src = Image { data, shape };
                for (a, b) in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (1, 3), (3, 1)] {
                    let (rows, cols) = (line(width, a), line(height, b));
                    let fill = Fill { image: vec![9.0], mask: 0.0 };
                    let place = Place::transposed(rows, cols, Affine::IDENTITY).with_fill(fill);
                    let [rows, cols] = [&place.rows, &place.cols]
                        .map(|line| line.iter().unwrap().collect::<Vec<_>>());
                    let first = rows.len() / 3;
                    for level in crate::simd::level::available() {
                        let size = shape.sized(rows.len() - first, cols.len());
                        let mut out = Image::new(size);
                        place.uint8(level, src.view(), out.view_mut(), first).unwrap();
                        for (y, row) in rows[first..].iter().enumerate() {
                            for (x, col) in cols.iter().enumerate() {
                                let want = match (row, col) {
                                    (Some(row), Some(col)) => src.view().pixel(*col, *row),
                                    _ => &[9; 12][..channels],
                                };
                                let what = (level, shape, a, b, y, x);
                                assert_eq!(out.view().pixel(y, x), want, "{what:?}");
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_map_of_a_symmetry_leads_where_its_pixels_go() {
        let (height, width) = (3, 5);
        let mut src = Image::new(Shape::new(height, width, 1));
        src.data = (0..15).collect();
        for bits in 0..8 {
            let [transposed, up, left] = [1, 2, 4].map(|bit| bits & bit > 0);
            let place = Place::symmetry([height, width], Symmetry { transposed, up, left });
            let [rows, cols] = place.size();
            let mut out = Image::new(Shape::new(rows, cols, 1));
            place.uint8(Level::fallback(), src.view(), out.view_mut(), 0).unwrap();
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let [to_x, to_y] = place.map.forward([x as f64 + 0.5, y as f64 + 0.5]);
                let got = out.view().pixel(to_y as usize, to_x as usize);
                assert_eq!(got, src.view().pixel(y, x), "{bits}");
                assert_eq!([to_x.fract(), to_y.fract()], [0.5, 0.5]);
            }
        }
    }
}
