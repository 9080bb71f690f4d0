//! An image made of parts of several, and what comes with them.

use std::sync::Arc;

use fearless_simd::dispatch;
use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use crate::error::Result;
use crate::image::{AnyView, AnyViewMut, DType, Element, Strided, View, ViewMut};
use crate::kernels::step::Step;
use crate::maths::canonical;
use crate::memory;
use crate::mix::Other;
use crate::simd::level::Level;
use crate::targets::boxes::Boxes;
use crate::targets::masks::MaskType;
use crate::targets::points::Points;

/// One weight and the other are so much.
const WHOLE: u32 = 65536;

/// Another sample, and what is done to it before it is mixed.
pub struct Source {
    pub position: u64,
    pub other: Arc<Other>,
    pub steps: Vec<Step>,
}

/// What a part is made from.
pub enum From {
    /// The image as it is so far.
    Image,
    Sample(Source),
    /// Of a mask.
    Pixels(DType, Strided<'static>),
}

pub struct Part {
    pub from: From,
    /// After those of its source.
    pub steps: Vec<Step>,
    /// Top and left in the output.
    pub at: [usize; 2],
    /// Height and width there.
    pub size: [usize; 2],
}

pub struct Mixed {
    /// Height and width of the output.
    pub size: [usize; 2],
    /// A later one covers an earlier one.
    pub parts: Vec<Part>,
    /// What each counts for, in 65536ths of the whole.
    pub weights: Vec<u32>,
    /// Whether both parts are summed by their weights instead.
    pub blend: bool,
}

/// A part that is ready to be made.
pub struct Ready<P> {
    /// None is the image as it is so far.
    pub src: Option<(DType, Strided<'static>)>,
    pub plan: P,
    pub at: [usize; 2],
    pub size: [usize; 2],
}

impl Part {
    /// Whether nothing of it is seen.
    fn is_empty(&self) -> bool {
        self.size.contains(&0)
    }

    fn source(&self) -> Option<&Source> {
        match &self.from {
            From::Sample(source) => Some(source),
            _ => None,
        }
    }

    fn steps(&self) -> impl Iterator<Item = &Step> {
        let before = self.source().into_iter().flat_map(|source| &source.steps);
        before.chain(&self.steps)
    }

    /// Left, top, right, bottom.
    fn rectangle(&self) -> [f64; 4] {
        let [top, left] = self.at.map(|n| n as f64);
        let [height, width] = self.size.map(|n| n as f64);
        [left, top, left + width, top + height]
    }
}

impl Mixed {
    /// What is shown of each part, as plans of its steps.
    pub fn ready<P>(
        self,
        plan: impl Fn(Vec<Step>) -> Result<P>,
    ) -> Result<(Vec<Ready<P>>, Option<u32>)> {
        let parts = self.parts.into_iter().filter(|part| !part.is_empty()).map(|part| {
            let Part { from, steps, at, size } = part;
            let (src, steps) = match from {
                From::Image => (None, steps),
                From::Pixels(dtype, mask) => (Some((dtype, mask)), steps),
                From::Sample(Source { other, steps: mut before, .. }) => {
                    before.extend(steps);
                    (Some((other.site.dtype, other.image)), before)
                }
            };
            Ok(Ready { src, plan: plan(steps)?, at, size })
        });
        let parts = memory::try_collect(parts, PARTS)?;
        Ok((parts, self.blend.then(|| self.weights[0])))
    }

    /// The same of a mask of so many channels, that at this place among the sample's.
    pub fn mask(&self, mask: MaskType, channels: usize, place: usize) -> Result<Option<Step>> {
        if self.blend {
            return Ok(None);
        }
        let parts = self.parts.iter().map(|part| {
            let steps =
                part.steps().filter_map(|step| step.mask(mask, channels, place).transpose());
            let from = match &part.from {
                From::Sample(source) => {
                    let (of, mask) = &source.other.masks[place];
                    From::Pixels(of.dtype(), of.image(mask))
                }
                From::Image => From::Image,
                From::Pixels(..) => unreachable!("a mask has no masks"),
            };
            let steps = memory::try_collect(steps, PARTS)?;
            Ok(Part { from, steps, at: part.at, size: part.size })
        });
        let parts = memory::try_collect(parts, PARTS)?;
        Ok(Some(Step::Mixed(Box::new(Mixed {
            size: self.size,
            parts,
            weights: Vec::new(),
            blend: false,
        }))))
    }

    /// Those of all parts, of the image itself first.
    pub fn boxes(&self, boxes: &mut Boxes) {
        let own = std::mem::take(boxes);
        let mut own = Some(own);
        boxes.size = self.size;
        for (i, part) in self.parts.iter().enumerate() {
            let mut these = match part.source() {
                None => own.take().expect("one part is the image itself"),
                Some(source) => source.other.boxes.clone().unwrap_or_default(),
            };
            part.steps().for_each(|step| step.boxes(&mut these));
            if part.is_empty() {
                these.keep(|_| false);
            }
            these.shift(part.at);
            if !self.blend {
                for later in self.parts[i + 1..].iter().filter(|part| !part.is_empty()) {
                    these.cover(later.rectangle());
                }
            }
            boxes.append(these);
        }
    }

    /// Those of all parts; what another part covers becomes NaN, as does what is of no part.
    pub fn points(&self, points: &mut Points) {
        let mut own = Some(std::mem::take(points));
        let inside = |[l, t, r, b]: [f64; 4], [x, y]: [f64; 2]| l <= x && x < r && t <= y && y < b;
        let canvas = [0.0, 0.0, self.size[1] as f64, self.size[0] as f64];
        for (i, part) in self.parts.iter().enumerate() {
            let mut these = match part.source() {
                None => own.take().expect("one part is the image itself"),
                Some(source) => source.other.points.clone().unwrap_or_default(),
            };
            part.steps().for_each(|step| step.points(&mut these));
            let [top, left] = part.at.map(|n| n as f64);
            for point in &mut these.at {
                *point = [point[0] + left, point[1] + top];
                let shown = self.parts.iter().rposition(|p| inside(p.rectangle(), *point));
                // Of a part that is not shown nobody knows where its image would lie.
                let covered = !self.blend && inside(canvas, *point) && shown != Some(i);
                if covered || part.is_empty() {
                    *point = [f64::NAN; 2];
                }
            }
            points.append(these);
        }
    }

    /// Adds the positions of the others to those so far, and what each counts for.
    pub fn count(&self, mixed: &mut Vec<(u64, f64)>) {
        for (part, &weight) in self.parts.iter().zip(&self.weights) {
            let weight = f64::from(weight) / f64::from(WHOLE);
            match part.source() {
                None => mixed.iter_mut().for_each(|(_, of)| *of *= weight),
                Some(source) => {
                    let mut theirs = vec![(source.position, 1.0)];
                    source.steps.iter().for_each(|step| step.count(&mut theirs));
                    mixed.extend(theirs.into_iter().map(|(at, of)| (at, of * weight)));
                }
            }
        }
    }
}

const PARTS: &str = "the parts of an image";

/// The weighted mean of two images; `weight` is that of the first.
pub fn blend(level: Level, weight: u32, one: AnyView, other: AnyView, dst: AnyViewMut) {
    match (one, other, dst) {
        (AnyView::U8(one), AnyView::U8(other), AnyViewMut::U8(dst)) => {
            dispatch!(level, simd => rows(simd, weight, one, other, dst));
        }
        (AnyView::U16(one), AnyView::U16(other), AnyViewMut::U16(dst)) => {
            dispatch!(level, simd => rows(simd, weight, one, other, dst));
        }
        (AnyView::F32(one), AnyView::F32(other), AnyViewMut::F32(dst)) => {
            dispatch!(level, simd => rows(simd, weight, one, other, dst));
        }
        _ => unreachable!("both are of the output's type"),
    }
}

trait Mean: Element {
    fn mean(self, other: Self, weight: u32) -> Self;
}

impl Mean for u8 {
    #[inline(always)]
    fn mean(self, other: u8, weight: u32) -> u8 {
        ((u32::from(self) * weight + u32::from(other) * (WHOLE - weight) + WHOLE / 2) >> 16) as u8
    }
}

impl Mean for u16 {
    // 65535 * 65536 + 32768 is below 2^32.
    #[inline(always)]
    fn mean(self, other: u16, weight: u32) -> u16 {
        ((u32::from(self) * weight + u32::from(other) * (WHOLE - weight) + WHOLE / 2) >> 16) as u16
    }
}

impl Mean for f32 {
    #[inline(always)]
    fn mean(self, other: f32, weight: u32) -> f32 {
        let part = |weight: u32| weight as f32 * (1.0 / WHOLE as f32);
        canonical(self * part(weight) + other * part(WHOLE - weight))
    }
}

#[simd]
fn rows<S: Simd, T: Mean>(_: S, weight: u32, one: View<T>, other: View<T>, mut dst: ViewMut<T>) {
    for (y, (one, other)) in one.rows().zip(other.rows()).enumerate() {
        for ((out, one), other) in dst.row(y).iter_mut().zip(one).zip(other) {
            *out = one.mean(*other, weight);
        }
    }
}
