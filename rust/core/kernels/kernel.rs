//! What a kernel is: something that turns pixels into pixels, and what it does to masks.

use crate::error::Result;
use crate::image::{View, ViewMut};
use crate::simd::level::Level;
use crate::targets::map::Map;
use crate::targets::masks::{MaskKind, MaskView, MaskViewMut};

/// What a band of output rows is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Any of the input: all output rows are made at once.
    Whole,
    /// Any of the input, and each band of rows can be made by itself.
    Bands,
    /// The same rows of the input.
    Rows,
}

/// Turns an image into one of the same type. `dst` is the output's rows from `first` on; `src` is
/// the same rows of the input if that is the kernel's [`Reach`], else all of it.
pub trait Kernel: Send + Sync {
    /// `Whole` kernels are given `first` = 0 and all rows.
    fn reach(&self) -> Reach {
        Reach::Whole
    }

    // They fail for want of memory alone.
    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, first: usize) -> Result<()>;
    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) -> Result<()>;
    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) -> Result<()>;

    /// What a step that moves nothing does to a mask: nothing, as a rule.
    fn mask_in_place(&self, _: MaskKind, _: MaskViewMut) -> Result<()> {
        Ok(())
    }
}

/// A kernel that moves pixels, and with them masks, boxes and points.
pub trait Geometry: Kernel {
    /// Height and width of the output.
    fn size(&self) -> [usize; 2];
    fn map(&self) -> Map;
    /// The same for a mask: its values are picked, never mixed.
    fn mask(&self, kind: MaskKind, src: MaskView, dst: MaskViewMut) -> Result<()>;

    /// Takes in a flip left-right that follows, if that costs nothing.
    fn mirror(&mut self) -> bool {
        false
    }

    /// Takes in one that precedes. The map remains that without it, as masks and points are moved
    /// step by step.
    fn mirror_input(&mut self) -> bool {
        false
    }
}

/// A function of one value, the same for every pixel and channel.
pub trait Point: Send + Sync {
    fn uint8(&self, value: u8) -> u8;
    fn uint16(&self, value: u16) -> u16;
    fn float32(&self, value: f32) -> f32;

    fn row_uint8(&self, row: &mut [u8]) {
        for value in row {
            *value = self.uint8(*value);
        }
    }

    fn row_uint16(&self, row: &mut [u16]) {
        for value in row {
            *value = self.uint16(*value);
        }
    }

    fn row_float32(&self, row: &mut [f32]) {
        for value in row {
            *value = self.float32(*value);
        }
    }
}
