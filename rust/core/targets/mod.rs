//! What comes with an image and moves as it does.

pub mod boxes;
pub mod map;
pub mod masks;
pub mod points;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::image::{AnyImage, DType, Strided};
use crate::kernels::step::Step;
use crate::memory;
use crate::plan::run::{self, Kept};
use crate::simd::level;
use crate::targets::boxes::{Boxes, area};
use crate::targets::masks::{MaskImage, MaskKind, MaskType};
use crate::targets::points::Points;

/// What a further target of a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// Goes through all ops with the image's parameters, and noise of its own.
    Image,
    /// Goes through what moves; its values are picked, never mixed.
    Mask,
    /// Goes through what moves, float32, interpolated as the image is: depth, heat maps.
    Map,
}

/// An image with what comes with it, where ops look at these.
#[derive(Clone, Default)]
pub struct Targets<'a> {
    /// None where parameters alone are asked for.
    pub image: Option<(DType, Strided<'a>)>,
    pub boxes: Option<Boxes>,
    pub points: Option<Points>,
    /// With maps among them, which decide nothing.
    pub masks: &'a [(MaskType, Strided<'a>)],
}

impl Targets<'_> {
    pub fn has_masks(&self) -> bool {
        self.masks.iter().any(|(of, _)| of.kind != MaskKind::Map)
    }
}

/// Masks, each by its place among those of the sample, after these steps.
pub fn moved_masks<'a>(
    masks: impl Iterator<Item = (usize, (MaskType, Strided<'a>))>,
    steps: &[Step],
) -> Result<Vec<MaskImage>> {
    let level = level::best()?;
    let Kept(scratch) = &mut Kept::default();
    let moved = masks.map(|(place, (of, mask))| {
        let shape = steps.iter().fold(mask.shape(), |shape, step| step.shape(shape));
        let mut image = MaskImage::room(of, shape)?;
        run::mask(level, steps, (of, place), &mask, &mut image.memory(), scratch)?;
        Ok(image)
    });
    memory::try_collect(moved, "masks that an op sees")
}

/// A sample in the midst of a pipeline, all its steps so far done: what a function gets that asks
/// for all of it, and what it makes of it.
pub struct Whole {
    pub image: AnyImage,
    pub masks: Vec<MaskImage>,
    pub boxes: Option<Boxes>,
    pub points: Option<Points>,
}

/// The targets as the steps before an op have left them: those that it asks for.
#[derive(Default)]
pub struct Seen<'a> {
    pub boxes: Option<&'a Boxes>,
    pub masks: Vec<MaskImage>,
}

impl Seen<'_> {
    /// What is seen of the boxes, where that has an area: left, top, right, bottom.
    pub fn boxes(&self) -> impl Iterator<Item = [f64; 4]> {
        let seen = self.boxes.map_or(&[][..], |boxes| &boxes.seen);
        seen.iter().copied().filter(|&each| area(each) > 0.0)
    }
}
