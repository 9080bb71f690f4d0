//! Moving whole pixels: flips, quarter turns, crops and pads are all one index map.
//!
//! Output (y, x) is input (rows[y], cols[x]), or input (cols[x], rows[y]) when transposed, or the
//! fill value where either is `OUTSIDE`. Any sequence of such maps is again one.

use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use crate::image::{View, ViewMut, bytes};
use crate::kernel::{
    Fill, FromFill, Geometry, Kernel, MaskElement, MaskKind, MaskView, MaskViewMut, Reach,
};
use crate::level::Level;
use crate::map::Map;
use crate::simd::Vocab;
use crate::{pick_mask, vectors};

pub const OUTSIDE: u32 = u32::MAX;

/// Rows and columns of a tile of a transposition: both sides of it fit the first cache.
const TILE: usize = 32;

#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    rows: Vec<u32>,
    cols: Vec<u32>,
    /// `cols` in stretches that move as one.
    runs: Vec<Run>,
    transposed: bool,
    /// Needed where a row or column is `OUTSIDE`.
    fill: Option<Fill>,
    map: Map,
}

/// Neighbouring output columns whose input columns are neighbours too, the leftmost of them at
/// `start`; or all of them `OUTSIDE`.
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

impl Place {
    /// Input rows and columns in the order in which the output has them.
    pub fn new(rows: Vec<u32>, cols: Vec<u32>, map: Map) -> Self {
        let runs = runs(&cols);
        Place { rows, cols, runs, transposed: false, fill: None, map }
    }

    /// The output's rows are the input's columns: output (y, x) is input (cols[x], rows[y]).
    pub fn transposed(rows: Vec<u32>, cols: Vec<u32>, map: Map) -> Self {
        Place { transposed: true, ..Place::new(rows, cols, map) }
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
        Some(Place { transposed, fill, ..Place::new(rows, cols, self.map.then(&next.map)) })
    }

    /// Top and left of the output in the input, if it is a window of it.
    pub fn window(&self) -> Option<[usize; 2]> {
        let [Run { kind: Kind::Forward, start: left, .. }] = self.runs[..] else { return None };
        let top = self.rows[0];
        let upright = top != OUTSIDE && (top..).zip(&self.rows).all(|(at, &row)| at == row);
        (upright && !self.transposed).then_some([top as usize, left])
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
        let rows = &self.rows[first..][..dst.shape().height];
        if self.transposed {
            return self.turned::<P>(fill, rows, src, dst);
        }
        let size = if P == 0 { src.shape().channels } else { P };
        let outside = fill.repeat(self.cols.len());
        for (y, &row) in rows.iter().enumerate() {
            let mut out = dst.row(y);
            if row == OUTSIDE {
                out.copy_from_slice(&outside);
                continue;
            }
            let row = src.row(row as usize);
            for Run { kind, start, len } in &self.runs {
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
        rows: &[u32],
        src: View<u8>,
        mut dst: ViewMut<u8>,
    ) {
        let size = if P == 0 { src.shape().channels } else { P };
        for top in (0..rows.len()).step_by(TILE) {
            for (tile, cols) in self.cols.chunks(TILE).enumerate() {
                for (y, &row) in rows.iter().enumerate().skip(top).take(TILE) {
                    let out = &mut dst.row(y)[tile * TILE * size..];
                    for (out, &col) in out.chunks_exact_mut(size).zip(cols) {
                        out.copy_from_slice(if row == OUTSIDE || col == OUTSIDE {
                            fill
                        } else {
                            &src.row(col as usize)[row as usize * size..][..size]
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

fn runs(cols: &[u32]) -> Vec<Run> {
    let kind = |a: u32, b: u32| match (a, b) {
        (OUTSIDE, OUTSIDE) => Some(Kind::Outside),
        (OUTSIDE, _) | (_, OUTSIDE) => None,
        _ if b == a + 1 => Some(Kind::Forward),
        _ if a == b + 1 => Some(Kind::Backward),
        _ => None,
    };
    let mut runs = Vec::new();
    let mut at = 0;
    while at < cols.len() {
        let mut steps = cols[at..].windows(2).map(|pair| kind(pair[0], pair[1]));
        let lone = if cols[at] == OUTSIDE { Kind::Outside } else { Kind::Forward };
        let (kind, len) = match steps.next().flatten() {
            Some(kind) => (kind, 2 + steps.take_while(|&step| step == Some(kind)).count()),
            None => (lone, 1),
        };
        let start = match kind {
            Kind::Forward => cols[at],
            Kind::Backward => cols[at + len - 1],
            Kind::Outside => 0,
        };
        runs.push(Run { kind, start: start as usize, len });
        at += len;
    }
    runs
}

/// Pixels of `size` bytes, P if that is not 0, from right to left.
#[simd]
fn reverse<S: Vocab, const P: usize>(simd: S, size: usize, src: &[u8], dst: &mut [u8]) {
    let size = if P == 0 { size } else { P };
    let whole = S::u8s::LEN / size * size;
    let mut at = 0;
    if S::SHUFFLES && P != 0 {
        // The last pixels of each vector loaded are whole; behind what is made of them stand bytes
        // that the next store overwrites.
        let order = S::u8s::from_fn(simd, |i| {
            if i < whole { (S::u8s::LEN - size - i / size * size + i % size) as u8 } else { 0 }
        });
        while src.len() - at >= S::u8s::LEN {
            let pixels =
                S::u8s::from_slice(simd, &src[src.len() - at - S::u8s::LEN..][..S::u8s::LEN]);
            pixels.swizzle_dyn(order).store_slice(&mut dst[at..][..S::u8s::LEN]);
            at += whole;
        }
    }
    let rest = &src[..src.len() - at];
    for (out, pixel) in dst[at..].chunks_exact_mut(size).zip(rest.rchunks_exact(size)) {
        out.copy_from_slice(pixel);
    }
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
