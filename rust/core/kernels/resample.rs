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

mod bytes;
mod pairs;
mod passes;
mod quads;
mod weights;

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use passes::Passes;
use weights::{Axis, Taps};

use crate::error::{Error, Result};
use crate::image::{DType, Shape, View, ViewMut};
use crate::kernels::kernel::{Geometry, Kernel, Reach};
use crate::kernels::place::{Line, Place};
use crate::kernels::step::{Site, Step};
use crate::pipeline::MAX_PIXELS;
use crate::simd::level::Level;
use crate::targets::map::{Affine, Map};
use crate::targets::masks::MaskType;

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

    fn mask(&self, mask: MaskType, channels: usize) -> Result<Step> {
        if mask != MaskType::MAP {
            return nearest(self.window, self.size()).map(Step::Place);
        }
        let Resample { window, rows, cols, mirrored, .. } = *self;
        let (dtype, tables) = (DType::F32, OnceLock::new());
        let map = Resample { window, rows, cols, channels, dtype, mirrored, tables };
        Ok(Step::Move(Box::new(map)))
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
    use std::f64::consts::FRAC_PI_3;

    use super::pairs::Pairs;
    use super::quads::Quads;
    use super::*;
    use crate::image::Image;
    use crate::maths::detmath;
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
