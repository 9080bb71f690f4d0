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
use std::ops::Add;

use fearless_simd::{Simd, dispatch};
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use crate::canonical;
use crate::detmath;
use crate::error::{Error, Result};
use crate::image::{DType, Element, Shape, View, ViewMut};
use crate::kernel::{Geometry, Kernel, MaskKind, MaskView, MaskViewMut};
use crate::kernels::place::Place;
use crate::level::Level;
use crate::map::Map;
use crate::pipeline::MAX_PIXELS;
use crate::step::{Site, Step};

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

    fn filter(self) -> Option<Filter> {
        let (support, value): (_, fn(f64) -> f64) = match self {
            Interpolation::Nearest => return None,
            Interpolation::Box => (0.5, |x| if -0.5 < x && x <= 0.5 { 1.0 } else { 0.0 }),
            Interpolation::Bilinear => (1.0, |x| if x.abs() < 1.0 { 1.0 - x.abs() } else { 0.0 }),
            Interpolation::Bicubic => (2.0, |x| bicubic(x.abs())),
            Interpolation::Lanczos => (3.0, lanczos),
        };
        let overshoots = matches!(self, Interpolation::Bicubic | Interpolation::Lanczos);
        Some(Filter { support, value, overshoots })
    }
}

fn bicubic(x: f64) -> f64 {
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5
    } else {
        0.0
    }
}

fn lanczos(x: f64) -> f64 {
    let t = x * FRAC_PI_3;
    if t == 0.0 {
        1.0
    } else if x.abs() < 3.0 {
        let sine = detmath::sin(t);
        let u = sine / t;
        u * u * (1.0 - sine * sine / 0.75)
    } else {
        0.0
    }
}

#[derive(Clone, Copy)]
struct Filter {
    support: f64,
    value: fn(f64) -> f64,
    overshoots: bool,
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

    fn check(&self, op: &str, shape: Shape) -> Result<()> {
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
    let nearest = nearest(window, size);
    let [height, width] = size;
    let filter = match interpolation.filter() {
        Some(filter) if size != [window.height, window.width] => filter,
        _ => return Ok(Step::Place(nearest)),
    };
    let rows = Axis::new(window.height, height, filter, antialias);
    let cols = Axis::new(window.width, width, filter, antialias);
    if filter.overshoots && rows.longest().saturating_mul(width) >= MAX_PIXELS {
        let message = format!(
            "resizing {} x {} to {height} x {width} would hold {MAX_PIXELS} pixels or more \
             between its passes",
            window.height, window.width
        );
        return Err(Error::refused(op, message));
    }
    let short = rows.support() <= SHORT && cols.support() <= SHORT;
    let tables = match site.dtype {
        DType::U8 if short => Tables::Short(Passes::new(&rows, &cols)),
        DType::U8 | DType::U16 => Tables::Long(Passes::new(&rows, &cols)),
        DType::F32 => Tables::Float(Passes::new(&rows, &cols)),
    };
    Ok(Step::Move(Box::new(Resample { window, nearest, tables })))
}

fn nearest(window: Window, [height, width]: [usize; 2]) -> Place {
    let line = |start: usize, n: usize, out: usize| {
        let step = n as f64 / out as f64;
        let mut center = step * 0.5;
        let next = |_| {
            let i = (center as usize).min(n - 1);
            center += step;
            Some(start + i)
        };
        (0..out).map(next).collect()
    };
    let Window { top, left, .. } = window;
    let down = height as f64 / window.height as f64;
    let right = width as f64 / window.width as f64;
    let map = Map([right, 0.0, -(left as f64 * right), 0.0, down, -(top as f64 * down)]);
    Place::new(line(top, window.height, height), line(left, window.width, width), map)
}

/// `n` samples to `out`.
struct Axis {
    n: usize,
    out: usize,
    filter: Filter,
    antialias: bool,
    stretch: f64,
}

impl Axis {
    fn new(n: usize, out: usize, filter: Filter, antialias: bool) -> Self {
        let stretch = if antialias && n > out { n as f64 / out as f64 } else { 1.0 };
        Axis { n, out, filter, antialias, stretch }
    }

    fn changes(&self) -> bool {
        self.n != self.out
    }

    fn support(&self) -> f64 {
        self.filter.support * self.stretch
    }

    /// No output sums more samples.
    fn longest(&self) -> usize {
        self.n.min((2.0 * self.support()) as usize + 1)
    }

    /// Puts output i's weights, not yet divided by their sum, into `weights`; returns its first
    /// sample.
    fn weigh(&self, i: usize, weights: &mut Vec<f64>) -> usize {
        let n = self.n as i64;
        let center = (i as f64 + 0.5) * (n as f64 / self.out as f64);
        let mut low = (center - self.support() + 0.5).floor() as i64;
        let mut high = (center + self.support() + 0.5).floor() as i64;
        if self.antialias {
            (low, high) = (low.max(0), high.min(n));
        }
        let inside = |j: i64| j.clamp(0, n - 1);
        let start = inside(low);
        weights.clear();
        weights.resize((inside(high - 1) - start + 1) as usize, 0.0);
        let step = 1.0 / self.stretch;
        for j in low..high {
            let weight = (self.filter.value)((j as f64 - center + 0.5) * step);
            weights[(inside(j) - start) as usize] += weight;
        }
        start as usize
    }
}

/// The weights of an axis.
struct Taps<W> {
    /// The first sample of each output, and the end of its weights.
    outputs: Vec<(usize, usize)>,
    weights: Vec<W>,
}

impl<W: Weight> Taps<W> {
    fn new(axis: &Axis) -> Self {
        let mut raw = Vec::new();
        let mut taps = Taps { outputs: Vec::with_capacity(axis.out), weights: Vec::new() };
        for i in 0..axis.out {
            let start = axis.weigh(i, &mut raw);
            let total = raw.iter().fold(0.0, |sum, weight| sum + weight);
            W::extend(&mut taps.weights, &raw, total);
            taps.outputs.push((start, taps.weights.len()));
        }
        taps
    }

    /// Each output's first sample and weights.
    #[inline(always)]
    fn iter(&self) -> impl Iterator<Item = (usize, &[W])> {
        let mut from = 0;
        self.outputs.iter().map(move |&(start, end)| {
            let weights = &self.weights[from..end];
            from = end;
            (start, weights)
        })
    }
}

trait Weight: Copy + Send + Sync {
    /// Appends `raw` divided by its sum.
    fn extend(weights: &mut Vec<Self>, raw: &[f64], total: f64);
}

/// `raw` in units of 1 / `one`.
fn fixed(raw: &[f64], total: f64, one: f64) -> impl Iterator<Item = i32> {
    let (mut sum, mut before) = (0.0, 0.0);
    raw.iter().map(move |weight| {
        sum += weight;
        let edge = (sum / total * one + 0.5).floor();
        let weight = (edge - before) as i32;
        before = edge;
        weight
    })
}

impl Weight for i16 {
    fn extend(weights: &mut Vec<i16>, raw: &[f64], total: f64) {
        weights.extend(fixed(raw, total, 16384.0).map(|weight| weight as i16));
    }
}

impl Weight for i32 {
    fn extend(weights: &mut Vec<i32>, raw: &[f64], total: f64) {
        weights.extend(fixed(raw, total, 4_194_304.0));
    }
}

impl Weight for f32 {
    fn extend(weights: &mut Vec<f32>, raw: &[f64], total: f64) {
        weights.extend(raw.iter().map(|weight| (weight / total) as f32));
    }
}

/// How weights and samples of type `T` make a sum, and the sum a sample.
trait Weighs<T>: Weight {
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

enum Passes<W> {
    Down(Taps<W>),
    Across(Taps<W>),
    DownAcross(Taps<W>, Taps<W>),
    /// And the number of rows to be held between the passes.
    AcrossDown(Taps<W>, Taps<W>, usize),
}

impl<W: Weight> Passes<W> {
    /// One of the axes changes.
    fn new(rows: &Axis, cols: &Axis) -> Self {
        match (rows.changes(), cols.changes()) {
            (_, false) => Passes::Down(Taps::new(rows)),
            (false, true) => Passes::Across(Taps::new(cols)),
            _ if rows.filter.overshoots => {
                Passes::AcrossDown(Taps::new(cols), Taps::new(rows), rows.longest())
            }
            _ => Passes::DownAcross(Taps::new(rows), Taps::new(cols)),
        }
    }

    fn run<T: Element>(&self, level: Level, window: Window, src: View<T>, mut dst: ViewMut<T>)
    where
        W: Weighs<T>,
    {
        let channels = src.shape().channels;
        let Shape { height, .. } = dst.shape();
        let wide = dst.shape().row();
        let row = |y: usize| {
            &src.row(window.top + y)[window.left * channels..][..window.width * channels]
        };
        match self {
            Passes::Down(rows) => {
                let mut sums = vec![W::Sum::default(); wide];
                for (y, (start, weights)) in rows.iter().enumerate() {
                    let lines = weights.iter().zip((start..).map(row));
                    dispatch!(level, simd => down(simd, lines, &mut sums, dst.row(y)));
                }
            }
            Passes::Across(cols) => {
                for y in 0..height {
                    dispatch!(level, simd => across(simd, row(y), channels, cols, dst.row(y)));
                }
            }
            Passes::DownAcross(rows, cols) => {
                let mut sums = vec![W::Sum::default(); window.width * channels];
                let mut between = vec![T::default(); window.width * channels];
                for (y, (start, weights)) in rows.iter().enumerate() {
                    let lines = weights.iter().zip((start..).map(row));
                    let out = dst.row(y);
                    dispatch!(level, simd => {
                        down(simd, lines, &mut sums, &mut between);
                        across(simd, &between, channels, cols, out);
                    });
                }
            }
            Passes::AcrossDown(cols, rows, held) => {
                let mut sums = vec![W::Sum::default(); wide];
                let mut between = vec![T::default(); held * wide];
                let mut next = 0;
                for (y, (start, weights)) in rows.iter().enumerate() {
                    for line in next.max(start)..start + weights.len() {
                        let out = &mut between[line % held * wide..][..wide];
                        dispatch!(level, simd => across(simd, row(line), channels, cols, out));
                    }
                    next = start + weights.len();
                    let lines = (start..).map(|line| &between[line % held * wide..][..wide]);
                    let lines = weights.iter().zip(lines);
                    dispatch!(level, simd => down(simd, lines, &mut sums, dst.row(y)));
                }
            }
        }
    }
}

/// One row of output: the sum of `lines`, each with its weight.
#[simd]
fn down<'a, S: Simd, T: Element, W: Weighs<T> + 'a>(
    _: S,
    lines: impl Iterator<Item = (&'a W, &'a [T])>,
    sums: &mut [W::Sum],
    out: &mut [T],
) {
    sums.fill(W::Sum::default());
    for (weight, line) in lines {
        for (sum, &value) in sums.iter_mut().zip(line) {
            *sum = *sum + weight.times(value);
        }
    }
    for (out, &sum) in out.iter_mut().zip(&*sums) {
        *out = W::round(sum);
    }
}

/// One row of output from one row.
#[simd]
fn across<S: Simd, T: Element, W: Weighs<T>>(
    _: S,
    row: &[T],
    channels: usize,
    taps: &Taps<W>,
    out: &mut [T],
) {
    match channels {
        1 => pixels(row, 1, taps, out),
        3 => pixels(row, 3, taps, out),
        4 => pixels(row, 4, taps, out),
        _ => pixels(row, channels, taps, out),
    }
}

#[inline(always)]
fn pixels<T: Element, W: Weighs<T>>(row: &[T], channels: usize, taps: &Taps<W>, out: &mut [T]) {
    for (out, (start, weights)) in out.chunks_exact_mut(channels).zip(taps.iter()) {
        let pixels = &row[start * channels..][..weights.len() * channels];
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
    nearest: Place,
    tables: Tables,
}

impl Kernel for Resample {
    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, _: usize) {
        match &self.tables {
            Tables::Short(passes) => passes.run(level, self.window, src, dst),
            Tables::Long(passes) => passes.run(level, self.window, src, dst),
            Tables::Float(_) => unreachable!("made for float32"),
        }
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) {
        match &self.tables {
            Tables::Long(passes) => passes.run(level, self.window, src, dst),
            _ => unreachable!("not made for uint16"),
        }
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) {
        match &self.tables {
            Tables::Float(passes) => passes.run(level, self.window, src, dst),
            _ => unreachable!("not made for float32"),
        }
    }
}

impl Geometry for Resample {
    fn size(&self) -> [usize; 2] {
        self.nearest.size()
    }

    fn map(&self) -> Map {
        self.nearest.map()
    }

    fn mask(&self, kind: MaskKind, src: MaskView, dst: MaskViewMut) {
        self.nearest.mask(kind, src, dst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for filter in Interpolation::ALL.into_iter().filter_map(Interpolation::filter) {
            for (&(n, out), antialias) in sizes.iter().flat_map(|at| [(at, false), (at, true)]) {
                let axis = Axis::new(n, out, filter, antialias);
                for (start, weights) in Taps::<i32>::new(&axis).iter() {
                    assert!(start + weights.len() <= n && weights.len() <= axis.longest());
                    let (sum, size) = sums(weights);
                    assert!(sum == 1 << 22 && 10 * size < 16 << 22, "{n} {out} {size}");
                }
                for (_, weights) in Taps::<i16>::new(&axis).iter() {
                    let (sum, size) = sums(weights);
                    assert!(sum == 1 << 14 && 10 * size < 16 << 14, "{n} {out} {size}");
                }
            }
        }
    }

    #[test]
    fn a_step_too_large_to_hold_is_refused() {
        let site = Site { shape: Shape::new(1 << 30, 1, 1), dtype: DType::U8 };
        let window = Window::whole(site.shape);
        let error = step("Resize", window, [1, 1 << 20], Interpolation::Bicubic, true, &site);
        let message = error.err().unwrap().to_string();
        assert!(message.starts_with("Resize: resizing 1073741824 x 1 to 1 x 1048576"), "{message}");
    }

    #[test]
    fn unchanged_sizes_and_nearest_are_index_maps() {
        let site = Site { shape: Shape::new(5, 6, 1), dtype: DType::U8 };
        let window = Window { top: 1, left: 2, height: 3, width: 4 };
        let step = |size, filter| step("Resize", window, size, filter, true, &site).unwrap();
        let Step::Place(place) = step([3, 4], Interpolation::Bicubic) else { panic!() };
        assert_eq!(place, Place::crop(1, 2, 3, 4));
        assert!(matches!(step([9, 9], Interpolation::Nearest), Step::Place(_)));
        assert!(matches!(step([3, 5], Interpolation::Box), Step::Move(_)));
    }
}
