//! Moving whole pixels: flips, quarter turns, crops and pads are all one index map.
//!
//! Output (y, x) is input (rows[y], cols[x]), or input (cols[x], rows[y]) when transposed, or the
//! fill value where either is outside. Any sequence of such maps is again one.

use std::sync::OnceLock;

use fearless_simd::prelude::*;
use fearless_simd::{u8x16, u32x4};
use fearless_simd_macros::simd;

use crate::error::Result;
use crate::image::{View, ViewMut, bytes};
use crate::kernels::border::Border;
use crate::kernels::fill::{Fill, FromFill};
use crate::kernels::kernel::{Geometry, Kernel, Reach};
use crate::kernels::step::Step;
use crate::memory;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::targets::map::{Affine, Map};
use crate::targets::masks::MaskType;
use crate::vectors;

/// Rows and columns that are transposed at a time, of pixels of so many bytes: what the first cache
/// holds of both sides.
const fn side(pixel: usize) -> usize {
    match pixel {
        1 => 128,
        3 | 4 => 64,
        _ => 32,
    }
}

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

/// The positions along one axis of the input, or None for outside, in the order in which the
/// output has them: as stretches that move as one, worked out when they are first asked for.
#[derive(Debug, Clone)]
pub struct Line {
    len: usize,
    of: Of,
    runs: OnceLock<Vec<Run>>,
}

#[derive(Debug, Clone, Copy)]
enum Of {
    Runs,
    /// Of `n` positions from `start` on the one that is nearest to the centre of each.
    Nearest {
        start: usize,
        n: usize,
    },
    /// `n` positions, of which `before` are in front.
    Bordered {
        border: Border,
        before: usize,
        n: usize,
    },
}

/// `len` neighbours, the lowest of them at `start`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Run {
    kind: Kind,
    start: usize,
    len: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Forward,
    Backward,
    Outside,
}

impl Run {
    fn positions(self) -> impl Iterator<Item = Option<usize>> {
        let Run { kind, start, len } = self;
        (0..len).map(move |i| match kind {
            Kind::Forward => Some(start + i),
            Kind::Backward => Some(start + len - 1 - i),
            Kind::Outside => None,
        })
    }
}

impl Line {
    fn of_runs(runs: Vec<Run>) -> Line {
        let len = runs.iter().fold(0, |len, run| len + run.len);
        Line { len, of: Of::Runs, runs: runs.into() }
    }

    pub fn forward(start: usize, len: usize) -> Line {
        Line::of_runs(vec![Run { kind: Kind::Forward, start, len }])
    }

    pub fn backward(start: usize, len: usize) -> Line {
        Line::of_runs(vec![Run { kind: Kind::Backward, start, len }])
    }

    /// `n` positions from `start` on, resized to `len`: sample floor(x_i), at most n - 1, x_0 =
    /// step * 0.5, x_(i+1) = x_i + step, step = n / len.
    pub fn nearest(start: usize, n: usize, len: usize) -> Result<Line> {
        memory::check_table::<Run>(len, RUNS)?;
        Ok(Line { len, of: Of::Nearest { start, n }, runs: OnceLock::new() })
    }

    /// `n` positions, continued by a border.
    pub fn bordered(border: Border, before: usize, n: usize, after: usize) -> Result<Line> {
        // Outside, a run is at least so long; but a constant is one, as is what it frames.
        let least = match border {
            Border::Constant => usize::MAX,
            Border::Edge => 1,
            Border::Reflect | Border::Wrap => n,
            Border::Reflect101 => (n - 1).max(1),
        };
        memory::check_table::<Run>((before + after) / least + 3, RUNS)?;
        let of = Of::Bordered { border, before, n };
        Ok(Line { len: before + n + after, of, runs: OnceLock::new() })
    }

    fn runs(&self) -> Result<&[Run]> {
        if let Some(runs) = self.runs.get() {
            return Ok(runs);
        }
        let runs = match self.of {
            Of::Runs => unreachable!("it has its runs"),
            Of::Nearest { start, n } => {
                let step = n as f64 / self.len as f64;
                let mut center = step * 0.5;
                runs((0..self.len).map(|_| {
                    let i = (center as usize).min(n - 1);
                    center += step;
                    Some(start + i)
                }))
            }
            Of::Bordered { border, before, n } => {
                let first = -(before as i64);
                let resolve = |i| border.resolve(i, n as i64).map(|at| at as usize);
                runs((first..first + self.len as i64).map(resolve))
            }
        }?;
        Ok(self.runs.get_or_init(|| runs))
    }

    fn iter(&self) -> Result<impl Iterator<Item = Option<usize>>> {
        Ok(self.runs()?.iter().flat_map(|run| run.positions()))
    }

    /// First `self`, then `next`: a position of `next` is one of `self`.
    fn then(&self, next: &Line) -> Result<Line> {
        let inner = memory::collect(self.iter()?, RUNS)?;
        Ok(Line::of_runs(runs(next.iter()?.map(|at| inner[at?]))?))
    }
}

/// Whether they are the same positions.
impl PartialEq for Line {
    fn eq(&self, other: &Line) -> bool {
        matches!((self.runs(), other.runs()), (Ok(a), Ok(b)) if a == b)
    }
}

const RUNS: &str = "the positions of rows or columns";

fn runs(positions: impl Iterator<Item = Option<usize>>) -> Result<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    for position in positions {
        let (lone, at) = match position {
            Some(at) => (Kind::Forward, at),
            None => (Kind::Outside, 0),
        };
        match runs.last_mut() {
            Some(Run { kind: Kind::Outside, len, .. }) if position.is_none() => *len += 1,
            Some(Run { kind: Kind::Forward, start, len }) if position == Some(*start + *len) => {
                *len += 1;
            }
            Some(Run { kind: kind @ (Kind::Forward | Kind::Backward), start, len })
                if (*kind == Kind::Backward || *len == 1)
                    && position.is_some_and(|at| at + 1 == *start) =>
            {
                (*kind, *start, *len) = (Kind::Backward, at, *len + 1);
            }
            _ => memory::push(&mut runs, Run { kind: lone, start: at, len: 1 }, RUNS)?,
        }
    }
    Ok(runs)
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

/// The run that positions are, if they are one within the image.
fn straight(positions: &[Option<usize>]) -> Option<Run> {
    let (len, first, last) = (positions.len(), (*positions.first()?)?, (*positions.last()?)?);
    let (kind, start) = if first <= last { (Kind::Forward, first) } else { (Kind::Backward, last) };
    let run = Run { kind, start, len };
    run.positions().eq(positions.iter().copied()).then_some(run)
}

/// side(P) lines of at most as many pixels of P bytes, with room behind those of three.
#[repr(C, align(64))]
struct Tile([u8; Tile::BYTES]);

impl Tile {
    const BYTES: usize = 1 << 14;

    fn new() -> Tile {
        Tile([0; Tile::BYTES])
    }

    /// Bytes from one line to the next.
    const fn pitch(pixel: usize) -> usize {
        Tile::BYTES / side(pixel)
    }

    fn lines<const P: usize>(&mut self) -> impl Iterator<Item = &mut [u8]> {
        self.0.chunks_exact_mut(Tile::pitch(P))
    }
}

/// As many bytes as the shorter has: mostly a line of a tile, whose length the compiler knows.
#[inline(always)]
fn copy<const P: usize>(from: &[u8], to: &mut [u8]) {
    let len = from.len().min(to.len());
    let len = if len == side(P) * P { side(P) * P } else { len };
    to[..len].copy_from_slice(&from[..len]);
}

/// Puts the columns of `rows` within the rows `cols` of the input, of pixels of P bytes, as rows
/// into the output, from a row and column on: by way of a tile of either.
#[simd]
fn transpose<S: Vocab, const P: usize>(
    simd: S,
    [from, to]: &mut [Tile; 2],
    src: View<u8>,
    rows: Run,
    cols: &[Option<usize>],
    dst: &mut ViewMut<u8>,
    [top, left]: [usize; 2],
) {
    for (line, col) in from.lines::<P>().zip(cols.iter().flatten()) {
        copy::<P>(&src.row(*col)[rows.start * P..][..rows.len * P], line);
    }
    let size = [rows.len, cols.len()];
    match P {
        1 => transpose_lanes::<S, u8x16<S>, P, 16, { Tile::pitch(1) }>(simd, size, from, to),
        4 => transpose_lanes::<S, u32x4<S>, P, 4, { Tile::pitch(4) }>(simd, size, from, to),
        3 if S::SHUFFLES => {
            transpose_lanes::<S, u32x4<S>, P, 4, { Tile::pitch(4) }>(simd, size, from, to)
        }
        _ => {
            for (y, line) in to.lines::<P>().take(rows.len).enumerate() {
                for (x, out) in line[..cols.len() * P].chunks_exact_mut(P).enumerate() {
                    out.copy_from_slice(&from.0[x * Tile::pitch(P) + y * P..][..P]);
                }
            }
        }
    }
    for (y, line) in to.lines::<P>().take(rows.len).enumerate() {
        let y = if rows.kind == Kind::Backward { rows.len - 1 - y } else { y };
        copy::<P>(line, &mut dst.row(top + y)[left * P..][..cols.len() * P]);
    }
}

/// N x N pixels at a time, each in a lane: one of three bytes in a lane of four. What is beyond the
/// size is made too, and stands for nothing.
#[inline(always)]
fn transpose_lanes<S: Simd, V, const P: usize, const N: usize, const PITCH: usize>(
    simd: S,
    [rows, cols]: [usize; 2],
    from: &Tile,
    to: &mut Tile,
) where
    V: SimdBase<S, ByteVector = u8x16<S>>,
{
    let widen = u8x16::from_fn(simd, |i| (i / 4 * 3 + i % 4) as u8);
    let narrow = u8x16::from_fn(simd, |i| if i < 12 { (i / 3 * 4 + i % 3) as u8 } else { 0 });
    let (from, to) = (from.0.as_chunks::<PITCH>().0, to.0.as_chunks_mut::<PITCH>().0);
    let (from, to) = (from.as_chunks::<N>().0, to.as_chunks_mut::<N>().0);
    for (y, to) in to.iter_mut().take(rows.div_ceil(N)).enumerate() {
        for (x, from) in from.iter().take(cols.div_ceil(N)).enumerate() {
            let mut lanes = [V::splat(simd, Default::default()); N];
            for (lanes, line) in lanes.iter_mut().zip(from) {
                let pixels = u8x16::from_slice(simd, &line[y * N * P..][..16]);
                *lanes = V::from_bytes(if P == 3 { pixels.swizzle_dyn(widen) } else { pixels });
            }
            // A zip puts a lane's row behind its column, bit by bit: after log2 N of them the two
            // have changed places.
            let mut round = 1;
            while round < N {
                let before = lanes;
                for i in 0..N / 2 {
                    let (a, b) = (before[i], before[i + N / 2]);
                    (lanes[2 * i], lanes[2 * i + 1]) = (a.zip_low(b), a.zip_high(b));
                }
                round *= 2;
            }
            for (lanes, line) in lanes.iter().zip(&mut *to) {
                let pixels = lanes.to_bytes();
                let pixels = if P == 3 { pixels.swizzle_dyn(narrow) } else { pixels };
                // Four pixels of three bytes are followed by four bytes that the next overwrite.
                pixels.store_slice(&mut line[x * N * P..][..16]);
            }
        }
    }
}

/// Bytes that are turned at a time, and written, though a few of the last stand for nothing.
const WINDOW: usize = 64;

/// Pixels of `size` bytes, P if that is not 0, from right to left.
#[simd]
fn reverse<S: Vocab, const P: usize>(simd: S, size: usize, src: &[u8], dst: &mut [u8]) {
    let at = match P {
        0 => 0,
        // a wider shuffle crosses the blocks of an AVX2 vector, which is several there
        _ if S::u8s::LEN == WINDOW => reverse_windows::<S, S::u8s, P>(simd, src, dst),
        _ if S::SHUFFLES => reverse_windows::<S, u8x16<S>, P>(simd, src, dst),
        _ => 0,
    };
    let size = if P == 0 { size } else { P };
    let rest = &src[..src.len() - at];
    for (out, pixel) in dst[at..].chunks_exact_mut(size).zip(rest.rchunks_exact(size)) {
        out.copy_from_slice(pixel);
    }
}

/// How many bytes it has done. The last pixels of each vector loaded are whole; behind what is made
/// of them stand bytes that the next store overwrites.
#[inline(always)]
fn reverse_windows<S: Simd, V: SimdBase<S, Element = u8, ByteVector = V>, const P: usize>(
    simd: S,
    src: &[u8],
    dst: &mut [u8],
) -> usize {
    let whole = V::LEN / P * P;
    let order =
        V::from_fn(simd, |i| if i < whole { (V::LEN - P - i / P * P + i % P) as u8 } else { 0 });
    let mut at = 0;
    while let (Some(from), Some(into)) =
        (src[..src.len() - at].last_chunk::<WINDOW>(), dst[at..].first_chunk_mut::<WINDOW>())
    {
        for done in (0..WINDOW / V::LEN).map(|i| i * whole) {
            let pixels = V::from_slice(simd, &from[WINDOW - V::LEN - done..][..V::LEN]);
            pixels.swizzle_dyn(order).store_slice(&mut into[done..][..V::LEN]);
        }
        at += WINDOW / V::LEN * whole;
    }
    at
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

    /// Images smaller and larger than a tile, turned and mirrored, in bands that begin and end
    /// within tiles, with rows and columns of no straight order and outside: at all levels.
    #[test]
    fn transposed_pixels_are_where_the_lines_say() {
        let line = |n, kind| match kind {
            0 => Line::forward(0, n),
            1 => Line::backward(0, n),
            2 => Line::bordered(Border::Reflect, n / 2, n, 3).unwrap(),
            _ => Line::bordered(Border::Constant, 5, n, 70).unwrap(),
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
