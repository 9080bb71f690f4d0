//! Moving whole pixels: flips, quarter turns, crops and pads are all one index map.
//!
//! Output (y, x) is input (rows[y], cols[x]), or input (cols[x], rows[y]) when transposed, or the
//! fill value where either is outside. Any sequence of such maps is again one.

use fearless_simd::prelude::*;
use fearless_simd::u8x16;
use fearless_simd_macros::simd;

use crate::image::{View, ViewMut, bytes};
use crate::kernel::{
    Fill, FromFill, Geometry, Kernel, MaskElement, MaskKind, MaskView, MaskViewMut, Reach,
};
use crate::level::Level;
use crate::map::Map;
use crate::simd::Vocab;
use crate::{pick_mask, vectors};

/// Rows and columns of a tile of a transposition: both sides of it fit the first cache.
const TILE: usize = 32;

#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    rows: Line,
    cols: Line,
    transposed: bool,
    /// Needed where a row or column is outside.
    fill: Option<Fill>,
    map: Map,
}

/// The positions along one axis of the input, or None for outside, in the order in which the
/// output has them: as stretches that move as one.
#[derive(Debug, Clone, PartialEq)]
pub struct Line(Vec<Run>);

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

impl Line {
    pub fn forward(start: usize, len: usize) -> Line {
        Line(vec![Run { kind: Kind::Forward, start, len }])
    }

    pub fn backward(start: usize, len: usize) -> Line {
        Line(vec![Run { kind: Kind::Backward, start, len }])
    }

    fn len(&self) -> usize {
        self.0.iter().fold(0, |len, run| len + run.len)
    }

    fn iter(&self) -> impl Iterator<Item = Option<usize>> {
        self.0.iter().flat_map(|&Run { kind, start, len }| {
            (0..len).map(move |i| match kind {
                Kind::Forward => Some(start + i),
                Kind::Backward => Some(start + len - 1 - i),
                Kind::Outside => None,
            })
        })
    }

    /// First `self`, then `next`: a position of `next` is one of `self`.
    fn then(&self, next: &Line) -> Line {
        let inner: Vec<_> = self.iter().collect();
        next.iter().map(|at| inner[at?]).collect()
    }
}

impl FromIterator<Option<usize>> for Line {
    fn from_iter<I: IntoIterator<Item = Option<usize>>>(positions: I) -> Line {
        let mut runs: Vec<Run> = Vec::new();
        for position in positions {
            let (lone, at) = match position {
                Some(at) => (Kind::Forward, at),
                None => (Kind::Outside, 0),
            };
            match runs.last_mut() {
                Some(Run { kind: Kind::Outside, len, .. }) if position.is_none() => *len += 1,
                Some(Run { kind: Kind::Forward, start, len })
                    if position == Some(*start + *len) =>
                {
                    *len += 1;
                }
                Some(Run { kind: kind @ (Kind::Forward | Kind::Backward), start, len })
                    if (*kind == Kind::Backward || *len == 1)
                        && position.is_some_and(|at| at + 1 == *start) =>
                {
                    (*kind, *start, *len) = (Kind::Backward, at, *len + 1);
                }
                _ => runs.push(Run { kind: lone, start: at, len: 1 }),
            }
        }
        Line(runs)
    }
}

impl Place {
    pub fn new(rows: Line, cols: Line, map: Map) -> Self {
        Place { rows, cols, transposed: false, fill: None, map }
    }

    /// The output's rows are the input's columns: output (y, x) is input (cols[x], rows[y]).
    pub fn transposed(rows: Line, cols: Line, map: Map) -> Self {
        Place { transposed: true, ..Place::new(rows, cols, map) }
    }

    /// The window of `height` x `width` at (top, left).
    pub fn crop(top: usize, left: usize, height: usize, width: usize) -> Self {
        let map = Map([1.0, 0.0, -(left as f64), 0.0, 1.0, -(top as f64)]);
        Place::new(Line::forward(top, height), Line::forward(left, width), map)
    }

    /// Left and right exchanged, in an image of that height and width.
    pub fn mirror([height, width]: [usize; 2]) -> Self {
        let map = Map([-1.0, 0.0, width as f64, 0.0, 1.0, 0.0]);
        Place::new(Line::forward(0, height), Line::backward(0, width), map)
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
        let (rows, cols) = if next.transposed {
            (self.cols.then(&next.rows), self.rows.then(&next.cols))
        } else {
            (self.rows.then(&next.rows), self.cols.then(&next.cols))
        };
        let (transposed, map) = (self.transposed != next.transposed, self.map.then(&next.map));
        Some(Place { rows, cols, transposed, fill, map })
    }

    /// Top and left of the output in the input, if it is a window of it.
    pub fn window(&self) -> Option<[usize; 2]> {
        let start = |line: &Line| match line.0[..] {
            [Run { kind: Kind::Forward, start, .. }] => Some(start),
            _ => None,
        };
        (!self.transposed).then_some([start(&self.rows)?, start(&self.cols)?])
    }

    /// Pixels are so many bytes as the views have channels.
    fn pick(&self, level: Level, fill: &[u8], src: View<u8>, dst: ViewMut<u8>, first: usize) {
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
    ) {
        if self.transposed {
            return self.turned::<P>(fill, src, dst, first);
        }
        let size = if P == 0 { src.shape().channels } else { P };
        let outside = fill.repeat(self.cols.len());
        let height = dst.shape().height;
        for (y, row) in self.rows.iter().skip(first).take(height).enumerate() {
            let mut out = dst.row(y);
            let Some(row) = row else {
                out.copy_from_slice(&outside);
                continue;
            };
            let row = src.row(row);
            for Run { kind, start, len } in &self.cols.0 {
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
    }

    fn turned<const P: usize>(
        &self,
        fill: &[u8],
        src: View<u8>,
        mut dst: ViewMut<u8>,
        first: usize,
    ) {
        let size = if P == 0 { src.shape().channels } else { P };
        let height = dst.shape().height;
        let rows: Vec<_> = self.rows.iter().skip(first).take(height).collect();
        let cols: Vec<_> = self.cols.iter().collect();
        for top in (0..height).step_by(TILE) {
            for (tile, cols) in cols.chunks(TILE).enumerate() {
                for (y, &row) in rows.iter().enumerate().skip(top).take(TILE) {
                    let out = &mut dst.row(y)[tile * TILE * size..];
                    for (out, &col) in out.chunks_exact_mut(size).zip(cols) {
                        out.copy_from_slice(match (row, col) {
                            (Some(row), Some(col)) => &src.row(col)[row * size..][..size],
                            _ => fill,
                        });
                    }
                }
            }
        }
    }

    fn masked<T: MaskElement>(&self, kind: MaskKind, src: View<T>, dst: ViewMut<T>) {
        let channels = src.shape().channels;
        let fill = self.fill.as_ref().map(|fill| fill.mask_pixel::<T>(kind, channels));
        let fill = fill.unwrap_or_default();
        self.pick(Level::fallback(), bytes(&fill), src.bytes(), dst.bytes(), 0);
    }

    fn image<T: FromFill>(&self, level: Level, src: View<T>, dst: ViewMut<T>, first: usize) {
        let channels = src.shape().channels;
        let fill = self.fill.as_ref().map(|fill| fill.pixel::<T>(channels)).unwrap_or_default();
        self.pick(level, bytes(&fill), src.bytes(), dst.bytes(), first);
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

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, first: usize) {
        self.image(level, src, dst, first);
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) {
        self.image(level, src, dst, first);
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) {
        self.image(level, src, dst, first);
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
        pick_mask!(src, dst, |src, dst| self.masked(kind, src, dst));
    }
}
