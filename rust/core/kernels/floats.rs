//! To float32: the exact value as f32, then one division, or one multiplication and one addition.

use fearless_simd::{Simd, dispatch};
use fearless_simd_macros::simd;

use crate::canonical;
use crate::image::{AnyView, Element, Shape, View, ViewMut, flat};
use crate::level::{self, Level};

/// Samples of output that the second cache holds.
const CACHED: usize = 1 << 18;

#[derive(Debug, Clone, PartialEq)]
pub enum Floats {
    /// v / divisor.
    Divide(f32),
    /// v * scale[c] + bias[c].
    Scale { scale: Vec<f32>, bias: Vec<f32> },
}

/// A sample as the float32 of the same value.
trait Sample: Element {
    fn float(self) -> f32;
}
impl Sample for u8 {
    fn float(self) -> f32 {
        f32::from(self)
    }
}
impl Sample for u16 {
    fn float(self) -> f32 {
        f32::from(self)
    }
}
impl Sample for f32 {
    fn float(self) -> f32 {
        self
    }
}

impl Floats {
    pub fn run(&self, level: Level, src: AnyView, dst: ViewMut<f32>) {
        match src {
            AnyView::U8(src) => dispatch!(level, simd => rows(simd, self, src, dst)),
            AnyView::U16(src) => dispatch!(level, simd => rows(simd, self, src, dst)),
            AnyView::F32(src) => dispatch!(level, simd => rows(simd, self, src, dst)),
        }
    }

    /// The same into planes, channel after channel; `src` is the rows from `first` on.
    pub fn run_planar(&self, level: Level, src: AnyView, planes: &mut [f32], first: usize) {
        match src {
            AnyView::U8(src) => self.planes(level, src, planes, first),
            AnyView::U16(src) => self.planes(level, src, planes, first),
            AnyView::F32(src) => self.planes(level, src, planes, first),
        }
    }

    fn planes<T: Sample>(&self, level: Level, src: View<T>, planes: &mut [f32], first: usize) {
        let Shape { height, width, channels } = src.shape();
        let plane = planes.len() / channels;
        let band = first * width..(first + height) * width;
        let mut planes = planes.chunks_exact_mut(plane).map(|plane| &mut plane[band.clone()]);
        if channels == 3 {
            let level = if 3 * plane > CACHED { level::for_streams(level) } else { level };
            let planes = std::array::from_fn(|_| planes.next().expect("three planes"));
            return dispatch!(level, simd => split(simd, self, src, planes));
        }
        for (c, plane) in planes.enumerate() {
            for (row, out) in src.rows().zip(plane.chunks_exact_mut(width)) {
                for (out, value) in out.iter_mut().zip(row.iter().skip(c).step_by(channels)) {
                    *out = self.value(c, value.float());
                }
            }
        }
    }

    #[inline(always)]
    fn value(&self, c: usize, value: f32) -> f32 {
        canonical(match self {
            Floats::Divide(divisor) => value / divisor,
            Floats::Scale { scale, bias } => value * scale[c] + bias[c],
        })
    }
}

#[simd]
fn rows<S: Simd, T: Sample>(_: S, floats: &Floats, src: View<T>, dst: ViewMut<f32>) {
    let (src, mut dst) = flat(src, dst);
    match floats {
        Floats::Divide(divisor) => {
            for (y, row) in src.rows().enumerate() {
                for (out, value) in dst.row(y).iter_mut().zip(row) {
                    *out = canonical(value.float() / divisor);
                }
            }
        }
        Floats::Scale { scale, bias } => {
            // As many of both as make whole vectors, so that there is no channel to count.
            const PIXELS: usize = 256;
            let (scale, bias) = (scale.repeat(PIXELS), bias.repeat(PIXELS));
            for (y, row) in src.rows().enumerate() {
                let parts = dst.row(y).chunks_mut(scale.len()).zip(row.chunks(scale.len()));
                for (out, values) in parts {
                    for (((out, value), scale), bias) in
                        out.iter_mut().zip(values).zip(&scale).zip(&bias)
                    {
                        *out = canonical(value.float() * scale + bias);
                    }
                }
            }
        }
    }
}

#[simd]
fn split<S: Simd, T: Sample>(_: S, floats: &Floats, src: View<T>, planes: [&mut [f32]; 3]) {
    let src = src.flat().unwrap_or(src);
    let width = src.shape().width;
    let [r, g, b] = planes.map(|plane| plane.chunks_exact_mut(width));
    for (((row, r), g), b) in src.rows().zip(r).zip(g).zip(b) {
        let pixels = row.as_chunks::<3>().0;
        for (((pixel, r), g), b) in pixels.iter().zip(r).zip(g).zip(b) {
            *r = floats.value(0, pixel[0].float());
            *g = floats.value(1, pixel[1].float());
            *b = floats.value(2, pixel[2].float());
        }
    }
}
