//! Filters whose samples are made of a window of samples around each, every channel by itself.
//! What they share is here: the rows that a window spans, the image continued beyond its edges,
//! bands of rows and the three types. Of a filter there remain two loops, one along a row and one
//! over the rows of a window; either may do all the work.

use std::ops::Range;

use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use super::border::Border;
use crate::error::Result;
use crate::image::{Element, Shape, View, ViewMut};
use crate::kernels::kernel::{Kernel, Reach};
use crate::memory;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::vectors;

pub trait Window: Send + Sync {
    /// What lies beyond the edges: something of the image, and no farther away than the edge.
    const BORDER: Border;

    /// Pixels to each side of the centre.
    fn radius(&self) -> usize;
}

/// A window filter of images of one type.
pub trait Filter<T: Element>: Window {
    /// What is held of a sample of a row.
    type Held: Copy + Default;

    /// What is kept from row to row, from the first of a stripe or band on.
    type State;

    /// The columns of the output that are made at once, from the top down, at most.
    fn columns(&self, shape: Shape) -> usize {
        narrow((2 * self.radius() + 2) * size_of::<Self::Held>(), shape)
    }

    fn start(&self, src: View<T>, stripe: &Stripe) -> Result<Self::State>;

    /// Fills in what is held of a row, in the order of the rows.
    fn across<S: Vocab>(
        &self,
        simd: S,
        state: &mut Self::State,
        line: &Line<T>,
        held: &mut [Self::Held],
    );

    /// Makes a row of the output, in the order of the rows.
    fn down<S: Vocab>(
        &self,
        simd: S,
        state: &mut Self::State,
        rows: &Rows<Self::Held>,
        out: &mut [T],
    );
}

/// Columns that stay in the second cache with so many bytes for each sample of a row, unless this
/// makes them very narrow.
pub fn narrow(bytes: usize, shape: Shape) -> usize {
    (CACHED / bytes).max(NARROW) / shape.channels
}

/// Bytes: a part of a small second cache.
const CACHED: usize = 1 << 16;

/// Samples in a row.
const NARROW: usize = 512;

/// A part of the image's columns.
#[derive(Debug, Clone, Copy)]
pub struct Stripe {
    /// Samples in a row of the output.
    pub row: usize,
    /// Samples in a row that is continued by the window's radius.
    pub extended: usize,
    pub channels: usize,
}

/// Samples by which buffers are longer than what they hold, so that every vector may be a whole
/// one, and four of 16 bits may go together.
pub const SLACK: usize = 128;

impl Stripe {
    fn new(columns: usize, radius: usize, channels: usize) -> Self {
        let [row, extended] = [columns, columns.saturating_add(2 * radius)];
        Stripe { row: row * channels, extended: extended.saturating_mul(channels), channels }
    }

    /// Samples in a buffer for a row that is continued.
    pub fn stride(&self) -> usize {
        (self.extended / SLACK + 2).saturating_mul(SLACK)
    }
}

/// A part of a row of the image, and what continues it.
pub struct Line<'a, T> {
    pub row: &'a [T],
    /// The column that stands for each, from `radius` columns before the first.
    pub xs: &'a [usize],
    /// The part, counted as `xs` is.
    pub wanted: Range<usize>,
    pub radius: usize,
    pub channels: usize,
}

impl<T: Element> Line<'_, T> {
    /// Writes what is made of each sample.
    #[inline(always)]
    pub fn map<U>(&self, out: &mut [U], made: impl Fn(T) -> U) {
        let &Line { row, xs, ref wanted, radius, channels } = self;
        let inner = wanted.start.max(radius)..wanted.end.min(xs.len() - radius);
        let values = &row[(inner.start - radius) * channels..(inner.end - radius) * channels];
        for (out, &value) in out[(inner.start - wanted.start) * channels..].iter_mut().zip(values) {
            *out = made(value);
        }
        for x in (wanted.start..inner.start).chain(inner.end..wanted.end) {
            let pixel = &row[xs[x] * channels..][..channels];
            let out = &mut out[(x - wanted.start) * channels..];
            for (out, &value) in out.iter_mut().zip(pixel) {
                *out = made(value);
            }
        }
    }
}

/// What is held of the rows of a window.
pub struct Rows<'a, H> {
    pub buffer: &'a [H],
    /// Where in the buffer the row before the window begins, and then those of the window.
    slots: &'a [usize],
    stride: usize,
}

impl<'a, H> Rows<'a, H> {
    /// Where in the buffer the rows of the window begin.
    #[inline(always)]
    pub fn slots(&self) -> &'a [usize] {
        &self.slots[1..]
    }

    /// The rows of the window, from the top down.
    #[inline(always)]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [H]> + use<'a, H> {
        let (buffer, stride) = (self.buffer, self.stride);
        self.slots().iter().map(move |&slot| &buffer[slot..][..stride])
    }

    #[inline(always)]
    pub fn row(&self, i: usize) -> &'a [H] {
        &self.buffer[self.slots()[i]..][..self.stride]
    }

    /// The row that has just come in at the bottom.
    #[inline(always)]
    pub fn newest(&self) -> &'a [H] {
        self.row(self.slots().len() - 1)
    }

    /// The row that has just left at the top, if this is not the first window.
    #[inline(always)]
    pub fn gone(&self) -> &'a [H] {
        &self.buffer[self.slots[0]..][..self.stride]
    }
}

impl<F: Filter<u8> + Filter<u16> + Filter<f32>> Kernel for F {
    fn reach(&self) -> Reach {
        // Each band begins with all rows of its first window.
        if self.radius() <= 3 { Reach::Bands } else { Reach::Whole }
    }

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, first: usize) -> Result<()> {
        run(level, self, src, dst, first)
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) -> Result<()> {
        run(level, self, src, dst, first)
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) -> Result<()> {
        run(level, self, src, dst, first)
    }
}

/// Makes the rows of the output from `first` on.
pub fn run<T: Element, F: Filter<T>>(
    level: Level,
    filter: &F,
    src: View<T>,
    dst: ViewMut<T>,
    first: usize,
) -> Result<()> {
    vectors!(level, simd => stripes(simd, filter, src, dst, first))
}

pub const ROWS: &str = "the rows of a window";

#[simd]
fn stripes<S: Vocab, T: Element, F: Filter<T>>(
    simd: S,
    filter: &F,
    src: View<T>,
    mut dst: ViewMut<T>,
    first: usize,
) -> Result<()> {
    let shape @ Shape { height, width, channels } = src.shape();
    let radius = filter.radius();
    let xs = memory::collect(continued(F::BORDER, width, radius, radius), ROWS)?;
    // Row y is held at y mod held.
    let held = height.min(2 * radius + 2);
    let stripes = width.div_ceil(filter.columns(shape).clamp(1, width));
    let columns = width.div_ceil(stripes);
    for left in (0..width).step_by(columns) {
        let count = columns.min(width - left);
        let stripe = Stripe::new(count, radius, channels);
        let stride = stripe.stride();
        let mut buffer = memory::vec(held.saturating_mul(stride), F::Held::default(), ROWS)?;
        let slots = continued(F::BORDER, height, radius + 1, radius).map(|y| y % held * stride);
        let slots = memory::collect(slots, ROWS)?;
        let mut state = filter.start(src, &stripe)?;
        let mut ready = first.saturating_sub(radius);
        for y in first..first + dst.shape().height {
            while ready < height.min(y + radius + 1) {
                let wanted = left..left + count + 2 * radius;
                let line = Line { row: src.row(ready), xs: &xs, wanted, radius, channels };
                let slot = &mut buffer[ready % held * stride..][..stride];
                filter.across(simd, &mut state, &line, slot);
                ready += 1;
            }
            let slots = &slots[y..y + 2 * radius + 2];
            let rows = Rows { buffer: &buffer, slots, stride };
            let out = &mut dst.row(y - first)[left * channels..][..count * channels];
            filter.down(simd, &mut state, &rows, out);
        }
    }
    Ok(())
}

/// A vector of the values from `at` on.
///
/// # Safety
/// They are there.
#[inline(always)]
pub unsafe fn load<S: Simd, V: SimdBase<S>>(simd: S, values: &[V::Element], at: usize) -> V {
    // By the array, as a slice of this length would be compared with null.
    // SAFETY: the caller's; an array of a vector's length has no other layout.
    V::load_array_ref(simd, unsafe { &*values.as_ptr().add(at).cast::<V::Array>() })
}

/// The positions within 0..n that -before..n + after stand for.
pub fn continued(
    border: Border,
    n: usize,
    before: usize,
    after: usize,
) -> impl Iterator<Item = usize> {
    let inside = move |i| border.resolve(i, n as i64).expect("it has no fill");
    (-(before as i64)..(n + after) as i64).map(move |i| inside(i) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Image;
    use crate::simd::level;

    /// Sums modulo 2^16, in stripes of three columns.
    struct Sum(usize);

    impl Window for Sum {
        const BORDER: Border = Border::Reflect101;

        fn radius(&self) -> usize {
            self.0
        }
    }

    impl Filter<u16> for Sum {
        type Held = u16;
        /// The samples in a row of the output, and the first row of the last window.
        type State = (Stripe, Vec<u16>);

        fn columns(&self, _: Shape) -> usize {
            3
        }

        fn start(&self, _: View<u16>, stripe: &Stripe) -> Result<Self::State> {
            Ok((*stripe, Vec::new()))
        }

        fn across<S: Vocab>(
            &self,
            _: S,
            (stripe, _): &mut Self::State,
            line: &Line<u16>,
            held: &mut [u16],
        ) {
            assert_eq!(held.len(), stripe.stride());
            line.map(held, |value| value);
        }

        fn down<S: Vocab>(
            &self,
            _: S,
            (stripe, first): &mut Self::State,
            rows: &Rows<u16>,
            out: &mut [u16],
        ) {
            assert_eq!(out.len(), stripe.row);
            if !first.is_empty() {
                assert_eq!(rows.gone(), first);
            }
            *first = rows.row(0).to_vec();
            assert_eq!(rows.iter().last(), Some(rows.newest()));
            for (i, out) in out.iter_mut().enumerate() {
                let taps = (0..2 * self.0 + 1).map(|x| i + x * stripe.channels);
                *out = taps
                    .flat_map(|at| rows.iter().map(move |row| row[at]))
                    .fold(0, u16::wrapping_add);
            }
        }
    }

    /// Windows wider than the image too, in bands and stripes.
    #[test]
    fn rows_are_those_of_the_window() {
        for [height, width, channels] in [[1, 1, 1], [9, 7, 3], [2, 10, 2], [30, 4, 1]] {
            let shape = Shape::new(height, width, channels);
            let data = (0..shape.len()).map(|i| (i * 31_421 + i * i) as u16).collect();
            let image = Image { data, shape };
            let src = image.view();
            for radius in [0, 1, 2, 5, 11] {
                let at = |n| continued(Border::Reflect101, n, radius, radius).collect::<Vec<_>>();
                let (ys, xs) = (at(height), at(width));
                let expected = |y: usize, i: usize| {
                    let taps = ys[y..=y + 2 * radius].iter().flat_map(|&y| {
                        let xs = &xs[i / channels..=i / channels + 2 * radius];
                        xs.iter().map(move |&x| src.pixel(y, x)[i % channels])
                    });
                    taps.fold(0, u16::wrapping_add)
                };
                for band in [1, 4, height] {
                    for first in (0..height).step_by(band) {
                        let count = band.min(height - first);
                        let mut dst = Image::new(shape.sized(count, width));
                        let level = level::available()[0];
                        run(level, &Sum(radius), src, dst.view_mut(), first).unwrap();
                        for (y, row) in dst.view().rows().enumerate() {
                            for (i, &value) in row.iter().enumerate() {
                                assert_eq!(value, expected(first + y, i), "{shape:?} {radius}");
                            }
                        }
                    }
                }
            }
        }
    }
}
