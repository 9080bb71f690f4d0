//! Images in memory. Kernels see [`View`]s: rows of HWC samples, each row contiguous. Foreign
//! memory of any strides enters and leaves through [`Strided`] and [`StridedMut`].

pub mod range;
mod strided;
mod views;

use serde::{Deserialize, Serialize};

pub use strided::{Strided, StridedMut};
pub use views::{AnyImage, AnyView, AnyViewMut, Image, View, ViewMut, flat};

/// The type of an image's samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DType {
    #[serde(rename = "uint8")]
    U8,
    #[serde(rename = "uint16")]
    U16,
    #[serde(rename = "float32")]
    F32,
}

impl DType {
    pub const fn size(self) -> usize {
        match self {
            DType::U8 => 1,
            DType::U16 => 2,
            DType::F32 => 4,
        }
    }

    /// White, unless a pipeline says otherwise: 255, 65535 or 1.
    pub const fn nominal_max(self) -> f64 {
        match self {
            DType::U8 => 255.0,
            DType::U16 => 65535.0,
            DType::F32 => 1.0,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            DType::U8 => "uint8",
            DType::U16 => "uint16",
            DType::F32 => "float32",
        }
    }
}

/// Height, width and channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl Shape {
    pub const fn new(height: usize, width: usize, channels: usize) -> Self {
        Shape { height, width, channels }
    }

    /// Samples in a row.
    pub const fn row(&self) -> usize {
        self.width * self.channels
    }

    /// Samples in all.
    pub const fn len(&self) -> usize {
        self.height * self.row()
    }

    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub const fn sized(self, height: usize, width: usize) -> Self {
        Shape { height, width, channels: self.channels }
    }
}

/// What a step meets: the image as the steps before it have left it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    pub shape: Shape,
    pub dtype: DType,
    /// The value that stands for white: the type's, unless the pipeline says otherwise.
    pub white: f64,
}

impl Site {
    pub const fn new(shape: Shape, dtype: DType) -> Self {
        Site { shape, dtype, white: dtype.nominal_max() }
    }
}

/// A value that pixels or masks are made of: plain bytes, zero by default.
///
/// # Safety
/// It has no padding, and any bytes are a value.
pub unsafe trait Element: Copy + Default + Send + Sync + PartialEq + 'static {}
// SAFETY: an integer.
unsafe impl Element for u8 {}
// SAFETY: an integer.
unsafe impl Element for u16 {}
// SAFETY: an integer.
unsafe impl Element for u32 {}
// SAFETY: an integer.
unsafe impl Element for u64 {}
// SAFETY: a float.
unsafe impl Element for f32 {}

pub fn bytes<T: Element>(values: &[T]) -> &[u8] {
    // SAFETY: an Element's bytes are all initialised, and u8 needs no alignment.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

pub fn bytes_mut<T: Element>(values: &mut [T]) -> &mut [u8] {
    // SAFETY: as above, and whatever is written is a value again.
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), size_of_val(values)) }
}

/// From the start of a cache line on: no vector then crosses one, which would take twice as long.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Aligned<T>(pub T);
