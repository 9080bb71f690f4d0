//! To float32: the exact value as f32, then one division, or one multiplication and one addition.

use crate::canonical;
use crate::image::{AnyView, Element, Shape, View, ViewMut};
use crate::level::Level;

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
    pub fn run(&self, _: Level, src: AnyView, dst: ViewMut<f32>) {
        match src {
            AnyView::U8(src) => self.rows(src, dst),
            AnyView::U16(src) => self.rows(src, dst),
            AnyView::F32(src) => self.rows(src, dst),
        }
    }

    /// The same into planes, channel after channel; `src` is the rows from `first` on.
    pub fn run_planar(&self, _: Level, src: AnyView, planes: &mut [f32], first: usize) {
        match src {
            AnyView::U8(src) => self.planes(src, planes, first),
            AnyView::U16(src) => self.planes(src, planes, first),
            AnyView::F32(src) => self.planes(src, planes, first),
        }
    }

    fn rows<T: Sample>(&self, src: View<T>, mut dst: ViewMut<f32>) {
        let Shape { height, channels, .. } = src.shape();
        for y in 0..height {
            let pixels = src.row(y).chunks_exact(channels);
            for (out, pixel) in dst.row(y).chunks_exact_mut(channels).zip(pixels) {
                for (c, (out, &value)) in out.iter_mut().zip(pixel).enumerate() {
                    *out = self.value(c, value.float());
                }
            }
        }
    }

    fn planes<T: Sample>(&self, src: View<T>, planes: &mut [f32], first: usize) {
        let Shape { width, channels, .. } = src.shape();
        let plane = planes.len() / channels;
        for (c, plane) in planes.chunks_exact_mut(plane).enumerate() {
            for (row, out) in src.rows().zip(plane.chunks_exact_mut(width).skip(first)) {
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
