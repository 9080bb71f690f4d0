//! A step over some channels of an image, as over an image of these alone. The others stay.

use crate::error::Result;
use crate::image::{AnyView, AnyViewMut, Element, Image, Shape, View, ViewMut};
use crate::kernels::kernel::{Kernel, Reach};
use crate::kernels::step::Step;
use crate::memory;
use crate::simd::level::Level;

pub struct Channels {
    channels: Vec<usize>,
    /// It keeps shape and type.
    step: Step,
}

/// Samples of a band of rows: it and its result stay in the first cache.
const BAND: usize = 1 << 12;

impl Channels {
    pub fn new(channels: Vec<usize>, step: Step) -> Self {
        Channels { channels, step }
    }

    fn run<T: Element>(
        &self,
        level: Level,
        src: View<T>,
        mut dst: ViewMut<T>,
        first: usize,
        any: for<'a> fn(View<'a, T>) -> AnyView<'a>,
        any_mut: for<'a> fn(ViewMut<'a, T>) -> AnyViewMut<'a>,
    ) -> Result<()> {
        dst.copy_from(src);
        let Shape { height, width, channels } = src.shape();
        let count = self.channels.len();
        let rows = match self.reach() {
            Reach::Rows => (BAND / (width * count)).clamp(1, height),
            Reach::Whole | Reach::Bands => height,
        };
        let most = Shape::new(rows, width, count);
        let image = || memory::vec(most.len(), T::default(), "the channels that an op works on");
        let mut before = Image { data: image()?, shape: most };
        let mut after = Image { data: image()?, shape: most };
        for top in (0..height).step_by(rows) {
            let shape = Shape::new(rows.min(height - top), width, count);
            (before.shape, after.shape) = (shape, shape);
            for (y, out) in (top..).zip(before.data[..shape.len()].chunks_exact_mut(shape.row())) {
                for (c, &from) in self.channels.iter().enumerate() {
                    let values = src.row(y)[from..].iter().step_by(channels);
                    out[c..].iter_mut().step_by(count).zip(values).for_each(|(out, v)| *out = *v);
                }
            }
            self.step.run(level, any(before.view()), any_mut(after.view_mut()), first + top)?;
            for (y, row) in (top..).zip(after.data[..shape.len()].chunks_exact(shape.row())) {
                for (c, &to) in self.channels.iter().enumerate() {
                    let out = dst.row(y)[to..].iter_mut().step_by(channels);
                    out.zip(row[c..].iter().step_by(count)).for_each(|(out, v)| *out = *v);
                }
            }
        }
        Ok(())
    }
}

#[expect(clippy::redundant_closure, reason = "a variant takes one lifetime, a closure any")]
impl Kernel for Channels {
    fn reach(&self) -> Reach {
        match self.step.reach() {
            Reach::Rows => Reach::Rows,
            // The channels that stay are those of the rows that it is given.
            Reach::Whole | Reach::Bands => Reach::Whole,
        }
    }

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, first: usize) -> Result<()> {
        self.run(level, src, dst, first, |v| AnyView::U8(v), |v| AnyViewMut::U8(v))
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) -> Result<()> {
        self.run(level, src, dst, first, |v| AnyView::U16(v), |v| AnyViewMut::U16(v))
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) -> Result<()> {
        self.run(level, src, dst, first, |v| AnyView::F32(v), |v| AnyViewMut::F32(v))
    }
}
