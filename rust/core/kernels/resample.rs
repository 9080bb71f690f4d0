//! Resizing a window of an image: two passes of one-dimensional weighted sums.
//!
//! Output i of n -> m samples is centred at c = (i + 0.5) * s, s = n / m. With the stretch
//! r = max(s, 1) if antialiased, else 1, and the filter's support a = r * (0.5 box, 1 bilinear,
//! 2 bicubic, 3 lanczos), it sums the samples j from floor(c - a + 0.5) to below
//! floor(c + a + 0.5) with weights f((j - c + 0.5) * (1 / r)), divided by their sum. All in f64
//! in this order, sums from left to right:
//!
//! ```text
//! box       1 for -0.5 < x <= 0.5
//! bilinear  1 - |x|
//! bicubic   (1.5 |x| - 2.5) |x| |x| + 1 up to |x| < 1, then (((|x| - 5) |x| + 8) |x| - 4) * -0.5
//! lanczos   sinc(x) sinc(x / 3) for |x| < 3: t = x * (pi / 3), y = sin(t), u = y / t,
//!           u * u * (1 - y * y / 0.75), as sin(3 t) = y (3 - 4 y y); 1 at 0
//! ```
//!
//! Beyond the edge: antialiased, there are no samples; else the edge's sample stands for them.
//! A pass whose size does not change is skipped. Samples outside the window never enter.
//!
//! Box and bilinear: vertical pass first. Bicubic and lanczos overshoot, so that the order shows:
//! horizontal first. Between the passes samples are of the image's type.
//!
//! - uint8, uint16: weights in units of 2^-b; the partial sums of the weights are rounded
//!   (floor(x + 0.5)) and their differences taken, so that no error adds up. A pass is
//!   clamp((sum + 2^(b - 1)) >> b). b = 14 for uint8 while a <= 64 in both passes, else 22.
//! - float32: each weight is rounded once to f32; sum = 0, then sum + w * v in the order of the
//!   samples. Not clamped. A weight of zero counts: inf and NaN fill their whole window.
//!
//! Nearest, and masks always: sample floor(x_i), at most n - 1, x_0 = s * 0.5, x_(i+1) = x_i + s.
//! The running sum decides only where a centre falls exactly between two samples; there it makes
//! the choice that Pillow and OpenCV make.
//!
//! Source: Pillow's resize and its weights (there b = 22, each weight rounded by itself). Errors
//! and distance from Pillow: docs/spec/resample.md.

use std::f64::consts::FRAC_PI_3;
use std::ops::{Add, Range};
use std::sync::OnceLock;

use fearless_simd::prelude::*;
use fearless_simd::{dispatch, f64x8};
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::image::{DType, Element, Shape, View, ViewMut};
use crate::kernels::kernel::{Geometry, Kernel, Reach};
use crate::kernels::place::{Line, Place};
use crate::kernels::step::{Site, Step};
use crate::maths::canonical;
use crate::maths::detmath;
use crate::memory;
use crate::pipeline::MAX_PIXELS;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::targets::map::{Affine, Map};
use crate::targets::masks::MaskType;
use crate::vectors;
use pairs::Pairs;
use quads::Quads;

mod bytes;
mod pairs;
mod quads;

/// Half a unit of a sum of 14 bits.
const HALF: i32 = 1 << 13;

/// The widest filter whose weights have 14 bits.
const SHORT: f64 = 64.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    Nearest,
    Box,
    Bilinear,
    Bicubic,
    Lanczos,
}

impl Interpolation {
    pub const ALL: [Interpolation; 5] = {
        use Interpolation::*;
        [Nearest, Box, Bilinear, Bicubic, Lanczos]
    };

    /// In samples to either side of the centre; nearest has none.
    fn support(self) -> f64 {
        match self {
            Interpolation::Nearest => 0.0,
            Interpolation::Box => 0.5,
            Interpolation::Bilinear => 1.0,
            Interpolation::Bicubic => 2.0,
            Interpolation::Lanczos => 3.0,
        }
    }

    fn overshoots(self) -> bool {
        matches!(self, Interpolation::Bicubic | Interpolation::Lanczos)
    }
}

#[inline(always)]
fn rectangle<S: Simd>(x: f64x8<S>) -> f64x8<S> {
    let inside = x.simd_gt(-0.5) & x.simd_le(0.5);
    inside.select(f64x8::splat(x.token(), 1.0), f64x8::splat(x.token(), 0.0))
}

#[inline(always)]
fn triangle<S: Simd>(x: f64x8<S>) -> f64x8<S> {
    let x = x.abs();
    x.simd_lt(1.0).select(1.0 - x, f64x8::splat(x.token(), 0.0))
}

#[inline(always)]
fn bicubic<S: Simd>(x: f64x8<S>) -> f64x8<S> {
    let x = x.abs();
    let far = (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5;
    let far = x.simd_lt(2.0).select(far, f64x8::splat(x.token(), 0.0));
    x.simd_lt(1.0).select((1.5 * x - 2.5) * x * x + 1.0, far)
}

#[inline(always)]
fn lanczos<S: Simd>(x: f64x8<S>) -> f64x8<S> {
    f64x8::from_fn(x.token(), |i| {
        let t = x[i] * FRAC_PI_3;
        if t == 0.0 {
            1.0
        } else if x[i].abs() < 3.0 {
            let sine = detmath::sin(t);
            let u = sine / t;
            u * u * (1.0 - sine * sine / 0.75)
        } else {
            0.0
        }
    })
}

/// The part of the input that is resized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub top: usize,
    pub left: usize,
    pub height: usize,
    pub width: usize,
}

impl Window {
    pub fn whole(Shape { height, width, .. }: Shape) -> Self {
        Window { top: 0, left: 0, height, width }
    }

    /// Refuses one that does not lie inside an image of this shape.
    pub fn check(&self, op: &str, shape: Shape) -> Result<()> {
        let fits = |start, len, n| (1..=n).contains(&len) && start <= n - len;
        if fits(self.top, self.height, shape.height) && fits(self.left, self.width, shape.width) {
            return Ok(());
        }
        let Window { top, left, height, width } = self;
        let allowed = format!("a window inside the image of {} x {}", shape.height, shape.width);
        let value = format!("{top}, {left}, {height}, {width}");
        Err(Error::argument(op, "top, left, height, width", value, allowed))
    }
}

/// The step that resizes `window` to `size`, height and width.
pub fn step(
    op: &str,
    window: Window,
    size: [usize; 2],
    interpolation: Interpolation,
    antialias: bool,
    site: &Site,
) -> Result<Step> {
    window.check(op, site.shape)?;
    let [height, width] = size;
    if size == [window.height, window.width] {
        return Ok(Step::Place(Place::crop(window.top, window.left, height, width)));
    }
    if interpolation == Interpolation::Nearest {
        return Ok(Step::Place(nearest(window, size)?));
    }
    let rows = Axis::new(window.height, height, interpolation, antialias);
    let cols = Axis::new(window.width, width, interpolation, antialias);
    if interpolation.overshoots() && rows.longest().saturating_mul(width) >= MAX_PIXELS {
        let message = format!(
            "resizing {} x {} to {height} x {width} would hold {MAX_PIXELS} pixels or more \
             between its passes",
            window.height, window.width
        );
        return Err(Error::refused(op, message));
    }
    rows.check()?;
    cols.check()?;
    let Site { shape: Shape { channels, .. }, dtype, .. } = *site;
    let tables = OnceLock::new();
    Ok(Step::Move(Box::new(Resample {
        window,
        rows,
        cols,
        channels,
        dtype,
        mirrored: false,
        tables,
    })))
}

fn nearest(window: Window, [height, width]: [usize; 2]) -> Result<Place> {
    let rows = Line::nearest(window.top, window.height, height)?;
    let cols = Line::nearest(window.left, window.width, width)?;
    Ok(Place::new(rows, cols, map(window, [height, width])))
}

fn map(window: Window, [height, width]: [usize; 2]) -> Affine {
    let Window { top, left, .. } = window;
    let down = height as f64 / window.height as f64;
    let right = width as f64 / window.width as f64;
    Affine([right, 0.0, -(left as f64 * right), 0.0, down, -(top as f64 * down)])
}

/// `n` samples to `out`.
struct Axis {
    n: usize,
    out: usize,
    filter: Interpolation,
    antialias: bool,
    stretch: f64,
}

impl Axis {
    fn new(n: usize, out: usize, filter: Interpolation, antialias: bool) -> Self {
        let stretch = if antialias && n > out { n as f64 / out as f64 } else { 1.0 };
        Axis { n, out, filter, antialias, stretch }
    }

    fn changes(&self) -> bool {
        self.n != self.out
    }

    fn support(&self) -> f64 {
        self.filter.support() * self.stretch
    }

    /// No output sums more samples.
    fn longest(&self) -> usize {
        self.n.min((2.0 * self.support()) as usize + 1)
    }

    /// Refuses weights that no memory would hold, before anything is done for them.
    fn check(&self) -> Result<()> {
        let weights = if self.changes() { self.out.saturating_mul(self.longest()) } else { 0 };
        memory::check_table::<i32>(weights, WEIGHTS)?;
        memory::check_table::<Output>(self.out, WEIGHTS)?;
        memory::check_table::<[f64; BATCH]>(self.longest(), WEIGHTS)
    }

    fn taps<W: Weight>(&self, level: Level) -> Result<Taps<W>> {
        match self.filter {
            Interpolation::Nearest => unreachable!("nearest picks its samples"),
            Interpolation::Box => dispatch!(level, simd => weigh(simd, self, rectangle)),
            Interpolation::Bilinear => dispatch!(level, simd => weigh(simd, self, triangle)),
            Interpolation::Bicubic => dispatch!(level, simd => weigh(simd, self, bicubic)),
            Interpolation::Lanczos => dispatch!(level, simd => weigh(simd, self, lanczos)),
        }
    }
}

/// As many outputs side by side, whatever the level: each by itself, in the order above.
const BATCH: usize = 8;

#[simd]
fn weigh<S: Simd, W: Weight>(
    simd: S,
    axis: &Axis,
    filter: impl Fn(f64x8<S>) -> f64x8<S>,
) -> Result<Taps<W>> {
    let n = axis.n as f64;
    let (scale, support, step) = (n / axis.out as f64, axis.support(), 1.0 / axis.stretch);
    let inside = |j: f64| j.clamp(0.0, n - 1.0);
    let mut taps = Taps {
        outputs: memory::room(axis.out + BATCH, WEIGHTS)?,
        weights: memory::room((axis.out + BATCH).saturating_mul(axis.longest()), WEIGHTS)?,
    };
    // Not yet divided by their sum.
    let mut raw: Vec<f64x8<S>> = Vec::new();
    for first in (0..axis.out).step_by(BATCH) {
        let center = (f64x8::from_fn(simd, |l| (first + l) as f64) + 0.5) * scale;
        let mut low = (center - support + 0.5).floor();
        let mut high = (center + support + 0.5).floor();
        if axis.antialias {
            (low, high) = (low.max(0.0), high.min(n));
        }
        let count = (high - low).as_slice().iter().fold(0.0, |most: f64, &n| most.max(n));
        raw.clear();
        memory::grow(&mut raw, count as usize, WEIGHTS)?;
        raw.resize(count as usize, f64x8::splat(simd, 0.0));
        for i in 0..raw.len() {
            let j = low + i as f64;
            let weight = filter((j - center + 0.5) * step);
            let weight = j.simd_lt(high).select(weight, f64x8::splat(simd, 0.0));
            if axis.antialias {
                raw[i] += weight;
            } else {
                for l in 0..BATCH {
                    raw[(inside(j[l]) - inside(low[l])) as usize][l] += weight[l];
                }
            }
        }
        let total = raw.iter().fold(f64x8::splat(simd, 0.0), |total, &raw| total + raw);
        let begin = taps.weights.len();
        memory::grow(&mut taps.weights, BATCH * raw.len(), WEIGHTS)?;
        taps.weights.resize(begin + BATCH * raw.len(), W::default());
        W::divide(&raw, total, &mut taps.weights[begin..]);
        for l in 0..BATCH {
            let (start, end) = (inside(low[l]) as usize, inside(high[l] - 1.0) as usize + 1);
            let begin = begin + l * raw.len();
            taps.outputs.push((start, begin..begin + end - start));
        }
    }
    taps.outputs.truncate(axis.out);
    Ok(taps)
}

const WEIGHTS: &str = "the weights of a resize";
const ROWS: &str = "the rows of a resize";

/// An output's first sample, and where its weights are.
type Output = (usize, Range<usize>);

/// The weights of an axis.
struct Taps<W> {
    outputs: Vec<Output>,
    weights: Vec<W>,
}

impl<W> Taps<W> {
    /// The first sample of output i, and its weights.
    #[inline(always)]
    fn at(&self, i: usize) -> (usize, &[W]) {
        let (start, range) = &self.outputs[i];
        (*start, &self.weights[range.clone()])
    }

    #[inline(always)]
    fn iter(&self) -> impl ExactSizeIterator<Item = (usize, &[W])> {
        (0..self.outputs.len()).map(|i| self.at(i))
    }

    /// The most weights of an output.
    fn longest(&self) -> usize {
        self.iter().fold(0, |longest, (_, weights)| longest.max(weights.len()))
    }
}

trait Weight: Copy + Default + Send + Sync {
    /// Each column of `raw` divided by its sum: one after the other in `out`.
    fn divide<S: Simd>(raw: &[f64x8<S>], total: f64x8<S>, out: &mut [Self]);
}

/// In units of 1 / `one`.
#[inline(always)]
fn fixed<S: Simd, W>(
    raw: &[f64x8<S>],
    total: f64x8<S>,
    out: &mut [W],
    one: f64,
    weight: impl Fn(i32) -> W,
) {
    // Added to an integer in f64, leaves it in the low bits.
    const BITS: f64 = 6_755_399_441_055_744.0;
    let zero = f64x8::splat(total.token(), 0.0);
    let (mut sum, mut before) = (zero, zero);
    for (i, &row) in raw.iter().enumerate() {
        sum += row;
        let edge = (sum / total * one + 0.5).floor();
        let weights = edge - before + BITS;
        for l in 0..BATCH {
            out[l * raw.len() + i] = weight(weights[l].to_bits() as i32);
        }
        before = edge;
    }
}

impl Weight for i16 {
    #[inline(always)]
    fn divide<S: Simd>(raw: &[f64x8<S>], total: f64x8<S>, out: &mut [i16]) {
        fixed(raw, total, out, 16384.0, |weight| weight as i16);
    }
}

impl Weight for i32 {
    #[inline(always)]
    fn divide<S: Simd>(raw: &[f64x8<S>], total: f64x8<S>, out: &mut [i32]) {
        fixed(raw, total, out, 4_194_304.0, |weight| weight);
    }
}

impl Weight for f32 {
    #[inline(always)]
    fn divide<S: Simd>(raw: &[f64x8<S>], total: f64x8<S>, out: &mut [f32]) {
        for (i, &row) in raw.iter().enumerate() {
            let weights = row / total;
            for l in 0..BATCH {
                out[l * raw.len() + i] = weights[l] as f32;
            }
        }
    }
}

/// How weights and samples of type `T` make a sum, and the sum a sample.
trait Weighs<T: Element>: Weight {
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
trait Pass<T: Element>: Weighs<T> {
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
struct Cols<W> {
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

enum Passes<W> {
    Down(Taps<W>),
    Across(Cols<W>),
    DownAcross(Taps<W>, Cols<W>),
    /// And the number of rows to be held between the passes.
    AcrossDown(Cols<W>, Taps<W>, usize),
}

impl<W: Weight> Passes<W> {
    /// One of the axes changes; `mirrored`: the columns from right to left.
    fn new(
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

    fn run<T: Element>(
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

enum Tables {
    Short(Passes<i16>),
    Long(Passes<i32>),
    Float(Passes<f32>),
}

struct Resample {
    window: Window,
    rows: Axis,
    cols: Axis,
    channels: usize,
    dtype: DType,
    /// Flipped left-right after it was resized.
    mirrored: bool,
    /// Made by the thread that runs it, so that a batch holds those of few samples at a time.
    tables: OnceLock<Tables>,
}

impl Resample {
    fn tables(&self, level: Level) -> Result<&Tables> {
        if let Some(tables) = self.tables.get() {
            return Ok(tables);
        }
        let Resample { rows, cols, channels, mirrored, .. } = self;
        let short = rows.support() <= SHORT && cols.support() <= SHORT;
        let tables = match self.dtype {
            DType::U8 if short => {
                Tables::Short(Passes::new(level, rows, cols, *channels, *mirrored)?)
            }
            DType::U8 | DType::U16 => {
                Tables::Long(Passes::new(level, rows, cols, *channels, *mirrored)?)
            }
            DType::F32 => Tables::Float(Passes::new(level, rows, cols, *channels, *mirrored)?),
        };
        Ok(self.tables.get_or_init(|| tables))
    }
}

impl Kernel for Resample {
    fn reach(&self) -> Reach {
        Reach::Bands
    }

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, first: usize) -> Result<()> {
        match self.tables(level)? {
            Tables::Short(passes) => passes.run(level, self.window, src, dst, first),
            Tables::Long(passes) => passes.run(level, self.window, src, dst, first),
            Tables::Float(_) => unreachable!("made for float32"),
        }
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) -> Result<()> {
        match self.tables(level)? {
            Tables::Long(passes) => passes.run(level, self.window, src, dst, first),
            _ => unreachable!("not made for uint16"),
        }
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) -> Result<()> {
        match self.tables(level)? {
            Tables::Float(passes) => passes.run(level, self.window, src, dst, first),
            _ => unreachable!("not made for float32"),
        }
    }
}

impl Geometry for Resample {
    fn size(&self) -> [usize; 2] {
        [self.rows.out, self.cols.out]
    }

    fn map(&self) -> Map {
        map(self.window, self.size()).into()
    }

    fn mask(&self, _: MaskType, _: usize) -> Result<Step> {
        nearest(self.window, self.size()).map(Step::Place)
    }

    /// If there is a pass that picks columns.
    fn mirror(&mut self) -> bool {
        let done = self.cols.changes();
        if done {
            self.mirrored ^= true;
            self.tables = OnceLock::new();
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Image;
    use crate::simd::level;

    fn sums<W: Copy + Into<i32>>(weights: &[W]) -> (i32, i32) {
        weights
            .iter()
            .fold((0, 0), |(sum, size), &weight| (sum + weight.into(), size + weight.into().abs()))
    }

    /// The sums in i32, and weights of 14 bits in i16, rely on the size.
    #[test]
    fn weights_sum_to_one_and_stay_small() {
        let small = (1..40).flat_map(|n| (1..40).map(move |out| (n, out)));
        let large = [(1, 5000), (2, 5000), (5000, 1), (5000, 3), (70000, 1)];
        let sizes: Vec<_> = small.chain(large).collect();
        for &filter in &Interpolation::ALL[1..] {
            for (&(n, out), antialias) in sizes.iter().flat_map(|at| [(at, false), (at, true)]) {
                let axis = Axis::new(n, out, filter, antialias);
                for (start, weights) in axis.taps::<i32>(Level::new()).unwrap().iter() {
                    assert!(start + weights.len() <= n && weights.len() <= axis.longest());
                    let (sum, size) = sums(weights);
                    assert!(sum == 1 << 22 && 10 * size < 16 << 22, "{n} {out} {size}");
                }
                for (_, weights) in axis.taps::<i16>(Level::new()).unwrap().iter() {
                    let (sum, size) = sums(weights);
                    assert!(sum == 1 << 14 && 10 * size < 16 << 14, "{n} {out} {size}");
                }
            }
        }
    }

    /// Of the last pixels of a row: the bytes where they are, or no table at all.
    #[test]
    fn a_table_of_positions_holds_them() {
        let quarter = bytes::LONGEST / 4;
        for (n, fits) in [(quarter, true), (quarter + 1, false), (2 * quarter + 9, false)] {
            let taps = Taps { outputs: vec![(n - 2, 0..2)], weights: vec![8192_i16; 2] };
            assert_eq!(Pairs::new(&taps, n, 4).is_some(), fits);
            assert_eq!(Quads::new(&taps, n, 4).is_some(), fits);
        }
    }

    #[test]
    fn a_step_too_large_to_hold_is_refused() {
        let site = Site::new(Shape::new(1 << 30, 1, 1), DType::U8);
        let window = Window::whole(site.shape);
        let error = step("Resize", window, [1, 1 << 20], Interpolation::Bicubic, true, &site);
        let message = error.err().unwrap().to_string();
        assert!(message.starts_with("Resize: resizing 1073741824 x 1 to 1 x 1048576"), "{message}");
    }

    #[test]
    fn unchanged_sizes_and_nearest_are_index_maps() {
        let site = Site::new(Shape::new(5, 6, 1), DType::U8);
        let window = Window { top: 1, left: 2, height: 3, width: 4 };
        let step = |size, filter| step("Resize", window, size, filter, true, &site).unwrap();
        let Step::Place(place) = step([3, 4], Interpolation::Bicubic) else { panic!() };
        assert_eq!(place, Place::crop(1, 2, 3, 4));
        assert!(matches!(step([9, 9], Interpolation::Nearest), Step::Place(_)));
        assert!(matches!(step([3, 5], Interpolation::Box), Step::Move(_)));
    }

    /// Without a pass over the columns there is none that could be turned round.
    #[test]
    fn columns_that_change_take_in_a_mirror() {
        let site = Site::new(Shape::new(6, 8, 1), DType::U8);
        let window = Window { top: 1, left: 2, height: 4, width: 5 };
        for (width, taken) in [(3, true), (5, false)] {
            let step = step("Resize", window, [7, width], Interpolation::Bilinear, true, &site);
            let Ok(Step::Move(mut kernel)) = step else { panic!() };
            assert_eq!(kernel.mirror(), taken);
        }
    }

    /// Rows longer than a vector, bands, and taps near and far: what examples are too small for.
    #[test]
    fn levels_and_bands_are_equal() {
        let windows = [(70, 300), (61, 33), (9, 210), (90, 7)];
        let sizes = [[35, 150], [40, 64], [100, 93], [7, 5], [9, 30], [3, 210]];
        for (window, size) in windows.iter().flat_map(|w| sizes.map(|size| (w, size))) {
            let window = Window { top: 3, left: 5, height: window.0, width: window.1 };
            for channels in 1..=4 {
                let shape = Shape::new(window.height + 4, window.width + 6, channels);
                let mut src = Image::new(shape);
                for (i, value) in src.data.iter_mut().enumerate() {
                    *value = (i * i * 31 % 257) as u8 | (i % 7 / 6 * 255) as u8;
                }
                let site = Site::new(shape, DType::U8);
                for &filter in &Interpolation::ALL[1..] {
                    for antialias in [false, true] {
                        let step = step("Resize", window, size, filter, antialias, &site).unwrap();
                        let Step::Move(kernel) = step else { continue };
                        let run = |level, rows: usize| {
                            let mut dst = Image::new(shape.sized(size[0], size[1]));
                            let row = dst.shape.row();
                            for (i, band) in dst.data.chunks_mut(rows * row).enumerate() {
                                let shape = shape.sized(band.len() / row, size[1]);
                                let band = ViewMut::new(band, shape, row);
                                kernel.uint8(level, src.view(), band, i * rows).unwrap();
                            }
                            dst
                        };
                        let scalar = run(Level::fallback(), size[0]);
                        for level in level::available() {
                            for rows in [size[0], 11] {
                                let what = (window, size, channels, filter, antialias, rows);
                                assert!(run(level, rows) == scalar, "{level:?} {what:?}");
                            }
                        }
                    }
                }
            }
        }
    }

    /// Output i's first sample and weights, written out.
    fn plain(axis: &Axis, i: usize) -> (usize, Vec<f64>) {
        let zero_else = |inside: bool, value: f64| if inside { value } else { 0.0 };
        let filter = |x: f64| {
            let size = x.abs();
            match axis.filter {
                Interpolation::Nearest => unreachable!(),
                Interpolation::Box => zero_else(-0.5 < x && x <= 0.5, 1.0),
                Interpolation::Bilinear => zero_else(size < 1.0, 1.0 - size),
                Interpolation::Bicubic if size < 1.0 => (1.5 * size - 2.5) * size * size + 1.0,
                Interpolation::Bicubic => {
                    zero_else(size < 2.0, (((size - 5.0) * size + 8.0) * size - 4.0) * -0.5)
                }
                Interpolation::Lanczos if x == 0.0 => 1.0,
                Interpolation::Lanczos => {
                    let t = x * FRAC_PI_3;
                    let (y, u) = (detmath::sin(t), detmath::sin(t) / t);
                    zero_else(size < 3.0, u * u * (1.0 - y * y / 0.75))
                }
            }
        };
        let n = axis.n as i64;
        let center = (i as f64 + 0.5) * (axis.n as f64 / axis.out as f64);
        let mut low = (center - axis.support() + 0.5).floor() as i64;
        let mut high = (center + axis.support() + 0.5).floor() as i64;
        if axis.antialias {
            (low, high) = (low.max(0), high.min(n));
        }
        let inside = |j: i64| j.clamp(0, n - 1) as usize;
        let mut weights = vec![0.0; inside(high - 1) - inside(low) + 1];
        for j in low..high {
            let weight = filter((j as f64 - center + 0.5) * (1.0 / axis.stretch));
            weights[inside(j) - inside(low)] += weight;
        }
        (inside(low), weights)
    }

    #[test]
    fn weights_are_their_definition_at_all_levels() {
        let some = (1..70).flat_map(|n| [(n, 3 * n % 67 + 1), (n, n % 5 + 1)]);
        let sizes = some.chain([(512, 256), (341, 224), (100, 224), (1000, 13), (513, 512)]);
        for ((n, out), level) in
            sizes.flat_map(|at| level::available().into_iter().map(move |l| (at, l)))
        {
            for (&filter, antialias) in
                Interpolation::ALL[1..].iter().flat_map(|f| [(f, false), (f, true)])
            {
                let axis = Axis::new(n, out, filter, antialias);
                let (fixed, floats) =
                    (axis.taps::<i32>(level).unwrap(), axis.taps::<f32>(level).unwrap());
                for i in 0..out {
                    let (start, raw) = plain(&axis, i);
                    let total = raw.iter().fold(0.0, |sum, weight| sum + weight);
                    let floats_there: Vec<_> = raw.iter().map(|w| (w / total) as f32).collect();
                    let (mut sum, mut before) = (0.0, 0.0);
                    let mut fixed_there = Vec::new();
                    for weight in &raw {
                        sum += weight;
                        let edge = (sum / total * 4_194_304.0 + 0.5).floor();
                        fixed_there.push((edge - before) as i32);
                        before = edge;
                    }
                    assert_eq!(fixed.at(i), (start, &fixed_there[..]), "{level:?} {n} {out}");
                    assert_eq!(floats.at(i), (start, &floats_there[..]), "{level:?} {n} {out}");
                }
            }
        }
    }
}
