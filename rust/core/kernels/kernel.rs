//! What a kernel is: something that turns pixels into pixels, and what comes with them.

use crate::error::Result;
use crate::image::{View, ViewMut};
use crate::kernels::step::Step;
use crate::simd::level::Level;
use crate::targets::boxes::Boxes;
use crate::targets::map::Map;
use crate::targets::masks::MaskType;
use crate::targets::points::Points;

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

    /// What it does to the image's targets, if it does anything without moving them.
    fn follow(&self) -> Option<&dyn Follow> {
        None
    }
}

/// What a step that moves nothing does to what comes with its image: nothing, as a rule.
pub trait Follow: Send + Sync {
    /// The step that a mask of so many channels takes: [`MaskType`].
    fn mask(&self, _: MaskType, _channels: usize) -> Result<Option<Step>> {
        Ok(None)
    }

    fn boxes(&self, _: &mut Boxes) {}
    fn points(&self, _: &mut Points) {}
}

/// A kernel that moves pixels, and with them masks, boxes and points.
pub trait Geometry: Kernel {
    /// Height and width of the output.
    fn size(&self) -> [usize; 2];
    fn map(&self) -> Map;
    /// The same for a mask of so many channels, whose values are picked, never mixed, or for a map,
    /// whose values are interpolated.
    fn mask(&self, mask: MaskType, channels: usize) -> Result<Step>;

    /// Takes in a flip left-right that follows, if that costs nothing. The map remains that without
    /// it, as targets are moved step by step.
    fn mirror(&mut self) -> bool {
        false
    }

    /// Takes in one that precedes.
    fn mirror_input(&mut self) -> bool {
        false
    }
}
