//! Weighted sums of rows, then of columns, or of either alone.

use std::ops::Add;
use std::sync::OnceLock;

use fearless_simd::dispatch;
use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use super::Window;
use super::bytes;
use super::pairs::{self, Pairs};
use super::quads::{self, Quads};
use super::weights::{Axis, Taps, Weight};
use crate::error::{Error, Result};
use crate::image::{Element, Shape, View, ViewMut};
use crate::maths::canonical;
use crate::memory;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::vectors;

const ROWS: &str = "the rows of a resize";

/// How weights and samples of type `T` make a sum, and the sum a sample.
pub(super) trait Weighs<T: Element>: Weight {
    type Sum: Copy + Default + Add<Output = Self::Sum>;
    fn times(self, value: T) -> Self::Sum;
    fn round(sum: Self::Sum) -> T;
}

// The weights' absolute values sum to less than 1.6: 32 bits hold 8 + 22.
macro_rules! weighs {
    ($($weight:ident $value:ident in $sum:ident, $bits:literal bits;)*) => {$(
        impl Weighs<$value> for $weight {
            type Sum = $sum;

            #[inline(always)]
            fn times(self, value: $value) -> $sum {
                $sum::from(self) * $sum::from(value)
            }

            #[inline(always)]
            fn round(sum: $sum) -> $value {
                let most = $sum::from($value::MAX);
                ((sum + (1 << ($bits - 1))) >> $bits).clamp(0, most) as $value
            }
        }
    )*};
}
weighs! {
    i16 u8 in i32, 14 bits;
    i32 u8 in i32, 22 bits;
    i32 u16 in i64, 22 bits;
}

impl Weighs<f32> for f32 {
    type Sum = f32;

    #[inline(always)]
    fn times(self, value: f32) -> f32 {
        self * value
    }

    #[inline(always)]
    fn round(sum: f32) -> f32 {
        canonical(sum)
    }
}

/// A pass: one row of output.
pub(super) trait Pass<T: Element>: Weighs<T> {
    /// The sum of `lines`, each with its weight.
    fn down<L: AsRef<[T]>>(
        level: Level,
        weights: &[Self],
        lines: &[L],
        sums: &mut [Self::Sum],
        out: &mut [T],
    ) {
        dispatch!(level, simd => down(simd, weights, lines, sums, out));
    }

    /// From one row, which is followed by [`bytes::WIDEST`] samples of any value.
    fn across(level: Level, line: &[T], cols: &Cols<Self>, out: &mut [T]) {
        dispatch!(level, simd => across(simd, line, cols, out));
    }
}

impl Pass<u8> for i32 {}
impl Pass<u16> for i32 {}
impl Pass<f32> for f32 {}

impl Pass<u8> for i16 {
    fn down<L: AsRef<[u8]>>(
        level: Level,
        weights: &[i16],
        lines: &[L],
        sums: &mut [i32],
        out: &mut [u8],
    ) {
        if level.is_fallback() || out.len() < bytes::WIDEST {
            dispatch!(level, simd => down(simd, weights, lines, sums, out));
        } else {
            vectors!(level, simd => bytes::down(simd, weights, lines, out));
        }
    }

    fn across(level: Level, line: &[u8], cols: &Cols<i16>, out: &mut [u8]) {
        vectors!(level, simd => shuffled(simd, line, cols, out));
    }
}

/// Without an instruction that picks bytes, plain code is faster.
#[simd]
fn shuffled<S: Vocab>(simd: S, line: &[u8], cols: &Cols<i16>, out: &mut [u8]) {
    if S::u8s::LEN == bytes::WIDEST
        && let Some(quads) = cols.quads()
    {
        quads::across(simd, line, quads, out);
    } else if S::SHUFFLES
        && let Some(pairs) = cols.pairs()
    {
        pairs::across(simd, line, pairs, out);
    } else {
        across(simd, line, cols, out);
    }
}

/// What a horizontal pass is made of.
pub(super) struct Cols<W> {
    taps: Taps<W>,
    /// Samples of a row.
    n: usize,
    channels: usize,
    // Made when a level first asks for it; None where it cannot be.
    pairs: OnceLock<Option<Pairs>>,
    quads: OnceLock<Option<Quads>>,
}

impl Cols<i16> {
    #[inline(always)]
    fn pairs(&self) -> Option<&Pairs> {
        self.pairs.get_or_init(|| Pairs::new(&self.taps, self.n, self.channels)).as_ref()
    }

    #[inline(always)]
    fn quads(&self) -> Option<&Quads> {
        self.quads.get_or_init(|| Quads::new(&self.taps, self.n, self.channels)).as_ref()
    }
}

pub(super) enum Passes<W> {
    Down(Taps<W>),
    Across(Cols<W>),
    DownAcross(Taps<W>, Cols<W>),
    /// And the number of rows to be held between the passes.
    AcrossDown(Cols<W>, Taps<W>, usize),
}

impl<W: Weight> Passes<W> {
    /// One of the axes changes; `mirrored`: the columns from right to left.
    pub fn new(
        level: Level,
        rows: &Axis,
        cols: &Axis,
        channels: usize,
        mirrored: bool,
    ) -> Result<Self> {
        let across = || {
            let mut taps = cols.taps(level)?;
            if mirrored {
                taps.outputs.reverse();
            }
            let (pairs, quads) = Default::default();
            Ok::<_, Error>(Cols { taps, n: cols.n, channels, pairs, quads })
        };
        Ok(match (rows.changes(), cols.changes()) {
            (_, false) => Passes::Down(rows.taps(level)?),
            (false, true) => Passes::Across(across()?),
            _ if rows.filter.overshoots() => {
                Passes::AcrossDown(across()?, rows.taps(level)?, rows.longest())
            }
            _ => Passes::DownAcross(rows.taps(level)?, across()?),
        })
    }

    pub fn run<T: Element>(
        &self,
        level: Level,
        window: Window,
        src: View<T>,
        mut dst: ViewMut<T>,
        first: usize,
    ) -> Result<()>
    where
        W: Pass<T>,
    {
        let channels = src.shape().channels;
        let Shape { height, .. } = dst.shape();
        let wide = dst.shape().row();
        let narrow = window.width * channels;
        let row = |y: usize| &src.row(window.top + y)[window.left * channels..][..narrow];
        let mut line = memory::vec(narrow + bytes::WIDEST, T::default(), ROWS)?;
        match self {
            Passes::Down(rows) => {
                let mut sums = memory::vec(wide, W::Sum::default(), ROWS)?;
                let mut lines = Vec::new();
                for (y, (start, weights)) in rows.iter().skip(first).take(height).enumerate() {
                    lines.clear();
                    memory::grow(&mut lines, weights.len(), ROWS)?;
                    lines.extend((start..start + weights.len()).map(row));
                    W::down(level, weights, &lines, &mut sums, dst.row(y));
                }
            }
            Passes::Across(cols) => {
                for y in 0..height {
                    line[..narrow].copy_from_slice(row(first + y));
                    W::across(level, &line, cols, dst.row(y));
                }
            }
            Passes::DownAcross(rows, cols) => {
                let mut sums = memory::vec(narrow, W::Sum::default(), ROWS)?;
                let mut lines = Vec::new();
                for (y, (start, weights)) in rows.iter().skip(first).take(height).enumerate() {
                    lines.clear();
                    memory::grow(&mut lines, weights.len(), ROWS)?;
                    lines.extend((start..start + weights.len()).map(row));
                    W::down(level, weights, &lines, &mut sums, &mut line[..narrow]);
                    W::across(level, &line, cols, dst.row(y));
                }
            }
            Passes::AcrossDown(cols, rows, held) => {
                let mut sums = memory::vec(wide, W::Sum::default(), ROWS)?;
                // Rows from `start` on, of which those before `made` are made.
                let one = |_| memory::vec(wide, T::default(), ROWS);
                let mut between = memory::try_collect((0..*held).map(one), ROWS)?;
                let (mut before, mut made) = (0, 0);
                for (y, (start, weights)) in rows.iter().skip(first).take(height).enumerate() {
                    between.rotate_left((start - before) % held);
                    before = start;
                    let end = start + weights.len();
                    for y in made.max(start)..end {
                        line[..narrow].copy_from_slice(row(y));
                        W::across(level, &line, cols, &mut between[y - start]);
                    }
                    made = end;
                    let lines = &between[..weights.len()];
                    W::down(level, weights, lines, &mut sums, dst.row(y));
                }
            }
        }
        Ok(())
    }
}

#[simd]
fn down<S: Simd, T: Element, W: Weighs<T>, L: AsRef<[T]>>(
    _: S,
    weights: &[W],
    lines: &[L],
    sums: &mut [W::Sum],
    out: &mut [T],
) {
    sums.fill(W::Sum::default());
    for (weight, line) in weights.iter().zip(lines) {
        for (sum, &value) in sums.iter_mut().zip(line.as_ref()) {
            *sum = *sum + weight.times(value);
        }
    }
    for (out, &sum) in out.iter_mut().zip(&*sums) {
        *out = W::round(sum);
    }
}

#[simd]
fn across<S: Simd, T: Element, W: Weighs<T>>(_: S, line: &[T], cols: &Cols<W>, out: &mut [T]) {
    match cols.channels {
        1 => pixels(line, 1, &cols.taps, out),
        3 => pixels(line, 3, &cols.taps, out),
        4 => pixels(line, 4, &cols.taps, out),
        channels => pixels(line, channels, &cols.taps, out),
    }
}

#[inline(always)]
fn pixels<T: Element, W: Weighs<T>>(line: &[T], channels: usize, taps: &Taps<W>, out: &mut [T]) {
    for (out, (start, weights)) in out.chunks_exact_mut(channels).zip(taps.iter()) {
        let pixels = &line[start * channels..][..weights.len() * channels];
        for (c, out) in out.iter_mut().enumerate() {
            let values = pixels.iter().skip(c).step_by(channels);
            let pairs = weights.iter().zip(values);
            *out = W::round(pairs.fold(W::Sum::default(), |sum, (w, &v)| sum + w.times(v)));
        }
    }
}
