//! Runs the steps of a sample over its pixels.

use std::cell::Cell;

use crate::error::Result;
use crate::image::{
    AnyImage, AnyView, AnyViewMut, DType, Element, Image, Shape, Strided, StridedMut, View,
};
use crate::kernels::kernel::{Geometry, Reach};
use crate::kernels::mixed::{self, Mixed, Ready};
use crate::kernels::place::Place;
use crate::kernels::step::{Site, Step};
use crate::memory;
use crate::simd::level::Level;
use crate::targets::masks::MaskType;

/// A thread's scratch, kept from call to call: to make it anew took a twentieth of a recipe at
/// 224 px.
pub struct Kept(pub Scratch);

/// Bytes of a buffer beyond which it is not kept.
const LARGEST: usize = 1 << 20;

thread_local! {
    static KEPT: Cell<Scratch> = Cell::default();
}

impl Default for Kept {
    fn default() -> Self {
        Kept(KEPT.take())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let mut scratch = std::mem::take(&mut self.0);
        scratch.u8.retain(|buffer| buffer.len() <= LARGEST);
        scratch.u16.retain(|buffer| buffer.len() <= LARGEST / 2);
        scratch.f32.retain(|buffer| buffer.len() <= LARGEST / 4);
        KEPT.set(scratch);
    }
}

/// Buffers that one thread reuses from sample to sample.
#[derive(Default)]
pub struct Scratch {
    u8: Vec<Vec<u8>>,
    u16: Vec<Vec<u16>>,
    f32: Vec<Vec<f32>>,
}

impl Scratch {
    /// An image of this shape and type, its samples arbitrary.
    fn take(&mut self, Site { shape, dtype, .. }: Site) -> Result<AnyImage> {
        fn image<T: Element>(pool: &mut Vec<Vec<T>>, shape: Shape) -> Result<Image<T>> {
            let mut data = pool.pop().unwrap_or_default();
            if let Some(more) = shape.len().checked_sub(data.len()) {
                memory::grow(&mut data, more, "an image between two ops")?;
                data.resize(shape.len(), T::default());
            }
            Ok(Image { data, shape })
        }
        Ok(match dtype {
            DType::U8 => AnyImage::U8(image(&mut self.u8, shape)?),
            DType::U16 => AnyImage::U16(image(&mut self.u16, shape)?),
            DType::F32 => AnyImage::F32(image(&mut self.f32, shape)?),
        })
    }

    fn give_back(&mut self, image: Option<AnyImage>) {
        match image {
            None => {}
            Some(AnyImage::U8(image)) => self.u8.push(image.data),
            Some(AnyImage::U16(image)) => self.u16.push(image.data),
            Some(AnyImage::F32(image)) => self.f32.push(image.data),
        }
    }
}

/// The steps of a sample in the order and the company in which they run. The bytes are the same
/// for any.
pub struct Plan(Vec<Stage>);

enum Stage {
    /// A part of the image by its corner and size; nothing is copied.
    Window([usize; 2], [usize; 2]),
    /// One after the other on each band of rows, from the input's rows to the output's.
    Steps(Vec<Step>),
    /// Parts that an image of this height and width is made of, or the weight of the first of two.
    Mixed([usize; 2], Vec<Ready<Plan>>, Option<u32>),
}

/// Bytes of its input that a band of rows is made of: what one step writes, the next finds in the
/// second cache.
const BAND: usize = 1 << 16;

impl Plan {
    /// Each step by itself.
    pub fn stepwise(steps: Vec<Step>) -> Result<Plan> {
        let pixels = steps.into_iter().filter(Step::makes_pixels);
        let stages = pixels.map(|step| match step {
            Step::Mixed(mixed) => Stage::mixed(*mixed, Plan::stepwise),
            step => Ok(Stage::Steps(vec![step])),
        });
        Ok(Plan(memory::try_collect(stages, "the steps of a sample")?))
    }

    /// Neighbours that can be one step made one, and those that can share a band in one stage.
    pub fn fused(steps: Vec<Step>) -> Result<Plan> {
        let mut stages: Vec<Stage> = Vec::with_capacity(steps.len());
        for step in fuse(steps)? {
            let step = match step {
                Step::Mixed(mixed) => {
                    stages.push(Stage::mixed(*mixed, Plan::fused)?);
                    continue;
                }
                step => step,
            };
            let window = match &step {
                Step::Place(place) => place.window()?.map(|corner| (corner, place.size())),
                _ => None,
            };
            match (stages.last_mut(), &step) {
                _ if let Some((corner, size)) = window => stages.push(Stage::Window(corner, size)),
                (Some(Stage::Steps(steps)), _)
                    if steps[0].reach() != Reach::Whole && step.reach() == Reach::Rows =>
                {
                    steps.push(step);
                }
                _ => stages.push(Stage::Steps(vec![step])),
            }
        }
        Ok(Plan(stages))
    }

    /// From `src` into `dst`, whose shape is that of the last step; `dst` holds the output's type,
    /// its strides say whether channels come first.
    pub fn run(
        &self,
        level: Level,
        dtype: DType,
        src: &Strided,
        dst: &mut StridedMut,
        scratch: &mut Scratch,
    ) -> Result<()> {
        let gathered;
        let mut current = match rows(dtype, src) {
            Some(view) => view,
            None => {
                gathered = gather(dtype, src)?;
                gathered.view()
            }
        };
        let mut held: Option<AnyImage> = None;
        for (i, stage) in self.0.iter().enumerate() {
            if let Stage::Window(corner, size) = stage {
                current = current.window(*corner, *size);
                continue;
            }
            if i + 1 == self.0.len() {
                stage.run(level, current, dst, scratch)?;
                scratch.give_back(held);
                return Ok(());
            }
            let mut next = scratch.take(stage.site(current.site()))?;
            stage.run(level, current, &mut StridedMut::of(&mut next), scratch)?;
            scratch.give_back(held.replace(next));
            current = held.as_ref().expect("just put there").view();
        }
        write(current, dst);
        scratch.give_back(held);
        Ok(())
    }
}

impl Stage {
    fn mixed(mixed: Mixed, plan: impl Fn(Vec<Step>) -> Result<Plan>) -> Result<Stage> {
        let size = mixed.size;
        let (parts, weight) = mixed.ready(plan)?;
        Ok(Stage::Mixed(size, parts, weight))
    }

    /// The image after it.
    fn site(&self, site: Site) -> Site {
        let sized = |[height, width]: [usize; 2]| site.shape.sized(height, width);
        match self {
            Stage::Window(_, size) | Stage::Mixed(size, ..) => Site { shape: sized(*size), ..site },
            Stage::Steps(steps) => steps.iter().fold(site, |site, step| step.site(site)),
        }
    }

    fn run(
        &self,
        level: Level,
        src: AnyView,
        dst: &mut StridedMut,
        scratch: &mut Scratch,
    ) -> Result<()> {
        match self {
            Stage::Window(corner, size) => {
                write(src.window(*corner, *size), dst);
                Ok(())
            }
            Stage::Steps(steps) => run(level, steps, src, dst, scratch),
            Stage::Mixed(_, parts, None) => parts.iter().try_for_each(|part| {
                part.run(level, src, &mut dst.window(part.at, part.size), scratch)
            }),
            Stage::Mixed(_, parts, Some(weight)) => blend(level, *weight, parts, src, dst, scratch),
        }
    }
}

impl Ready<Plan> {
    fn run(
        &self,
        level: Level,
        image: AnyView,
        dst: &mut StridedMut,
        scratch: &mut Scratch,
    ) -> Result<()> {
        let (dtype, src) = match self.src {
            Some((dtype, src)) => (dtype, src),
            None => (image.dtype(), Strided::from(image)),
        };
        self.plan.run(level, dtype, &src, dst, scratch)
    }
}

/// The weighted mean of two parts.
fn blend(
    level: Level,
    weight: u32,
    parts: &[Ready<Plan>],
    src: AnyView,
    dst: &mut StridedMut,
    scratch: &mut Scratch,
) -> Result<()> {
    let site = Site { shape: dst.shape(), ..src.site() };
    let made = |part: &Ready<Plan>, scratch: &mut Scratch| {
        let mut image = scratch.take(site)?;
        part.run(level, src, &mut StridedMut::of(&mut image), scratch)?;
        Ok(image)
    };
    let (one, other) = (made(&parts[0], scratch)?, made(&parts[1], scratch)?);
    let rows = match site.dtype {
        DType::U8 => dst.rows().map(AnyViewMut::U8),
        DType::U16 => dst.rows().map(AnyViewMut::U16),
        DType::F32 => dst.rows().map(AnyViewMut::F32),
    };
    match rows {
        Some(rows) => mixed::blend(level, weight, one.view(), other.view(), rows),
        None => {
            let mut out = scratch.take(site)?;
            mixed::blend(level, weight, one.view(), other.view(), out.view_mut());
            write(out.view(), dst);
            scratch.give_back(Some(out));
        }
    }
    scratch.give_back(Some(one));
    scratch.give_back(Some(other));
    Ok(())
}

/// Steps that are one step made one.
fn fuse(steps: Vec<Step>) -> Result<Vec<Step>> {
    let mut fused: Vec<Step> = Vec::with_capacity(steps.len());
    // Whether the last of them is one step: of several places, a window of a wider image may look
    // like a mirror image of a narrower one.
    let mut alone = true;
    for step in steps.into_iter().filter(Step::makes_pixels) {
        let before = std::mem::replace(&mut alone, true);
        match (fused.last_mut(), step) {
            (Some(Step::Curves(chain)), Step::Curves(next)) => chain.extend(next),
            (Some(Step::Place(place)), Step::Place(next)) => match place.then(&next)? {
                Some(both) => (*place, alone) = (both, false),
                None => fused.push(Step::Place(next)),
            },
            (Some(Step::Move(geometry)), Step::Place(next)) => {
                if next != Place::mirror(geometry.size()) || !geometry.mirror() {
                    fused.push(Step::Place(next));
                }
            }
            (Some(Step::Place(place)), Step::Move(mut next)) => {
                if before && *place == Place::mirror(place.size()) && next.mirror_input() {
                    fused.pop();
                }
                fused.push(Step::Move(next));
            }
            (_, step) => fused.push(step),
        }
    }
    Ok(fused)
}

/// Runs the steps of a stage.
fn run(
    level: Level,
    steps: &[Step],
    src: AnyView,
    dst: &mut StridedMut,
    scratch: &mut Scratch,
) -> Result<()> {
    let Some((last, before)) = steps.split_last() else { unreachable!("a stage has a step") };
    let height = dst.shape().height;
    let row = src.shape().row() * src.dtype().size();
    let band = if before.is_empty() { height } else { (BAND / row).clamp(1, height) };
    for first in (0..height).step_by(band) {
        let count = band.min(height - first);
        let mut current = match steps[0].reach() {
            Reach::Rows => src.window([first, 0], [count, src.shape().width]),
            Reach::Whole | Reach::Bands => src,
        };
        let mut held: Option<AnyImage> = None;
        for step in before {
            let Site { shape, dtype, .. } = step.site(current.site());
            let mut next = scratch.take(Site::new(shape.sized(count, shape.width), dtype))?;
            step.run(level, current, next.view_mut(), first)?;
            scratch.give_back(held.replace(next));
            current = held.as_ref().expect("just put there").view();
        }
        finish(level, last, current, dst, first, scratch)?;
        scratch.give_back(held);
    }
    Ok(())
}

/// The last step, straight into the output where its layout allows.
fn finish(
    level: Level,
    step: &Step,
    src: AnyView,
    dst: &mut StridedMut,
    first: usize,
    scratch: &mut Scratch,
) -> Result<()> {
    let site = step.site(src.site());
    if let (Step::Floats(floats), Some(planes)) = (step, dst.planes::<f32>()) {
        return floats.run_planar(level, src, planes, first);
    }
    let mut dst = dst.band(first, site.shape.height);
    let direct = match site.dtype {
        DType::U8 => dst.rows().map(AnyViewMut::U8),
        DType::U16 => dst.rows().map(AnyViewMut::U16),
        DType::F32 => dst.rows().map(AnyViewMut::F32),
    };
    if let Some(rows) = direct {
        return step.run(level, src, rows, first);
    }
    let mut out = scratch.take(site)?;
    step.run(level, src, out.view_mut(), first)?;
    write(out.view(), &mut dst);
    scratch.give_back(Some(out));
    Ok(())
}

fn rows<'a>(dtype: DType, src: &Strided<'a>) -> Option<AnyView<'a>> {
    match dtype {
        DType::U8 => src.rows().map(AnyView::U8),
        DType::U16 => src.rows().map(AnyView::U16),
        DType::F32 => src.rows().map(AnyView::F32),
    }
}

fn gather(dtype: DType, src: &Strided) -> Result<AnyImage> {
    Ok(match dtype {
        DType::U8 => AnyImage::U8(src.gather()?),
        DType::U16 => AnyImage::U16(src.gather()?),
        DType::F32 => AnyImage::F32(src.gather()?),
    })
}

fn write(src: AnyView, dst: &mut StridedMut) {
    fn typed<T: Element>(src: View<T>, dst: &mut StridedMut) {
        match dst.rows() {
            Some(mut rows) => rows.copy_from(src),
            None => dst.scatter(src),
        }
    }
    match src {
        AnyView::U8(src) => typed(src, dst),
        AnyView::U16(src) => typed(src, dst),
        AnyView::F32(src) => typed(src, dst),
    }
}

/// Takes a mask, and its place among those of its sample, through the steps, as an image of bytes,
/// words or, of a map, floats.
pub fn mask(
    level: Level,
    steps: &[Step],
    (mask, place): (MaskType, usize),
    src: &Strided,
    dst: &mut StridedMut,
    scratch: &mut Scratch,
) -> Result<()> {
    let channels = src.shape().channels;
    let moved = steps.iter().filter_map(|step| step.mask(mask, channels, place).transpose());
    let plan = Plan::fused(memory::try_collect(moved, "the steps of a mask")?)?;
    plan.run(level, mask.dtype(), &mask.image(src), &mut mask.image_mut(dst), scratch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::border::Border;
    use crate::kernels::fill::Fill;
    use crate::kernels::resample::{self, Interpolation, Window};
    use crate::kernels::warp::{self, Warp};
    use crate::targets::map::Affine;

    #[test]
    fn scratch_is_kept_unless_it_is_large() {
        let site = |width, dtype| Site::new(Shape::new(1, width, 1), dtype);
        {
            let Kept(scratch) = &mut Kept::default();
            for (dtype, size) in [(DType::U8, 1), (DType::U16, 2), (DType::F32, 4)] {
                let sizes = [7, LARGEST / size, LARGEST / size + 1];
                for image in sizes.map(|width| scratch.take(site(width, dtype)).unwrap()) {
                    scratch.give_back(Some(image));
                }
            }
        }
        let Kept(scratch) = &Kept::default();
        assert_eq!(scratch.u8.iter().map(Vec::len).collect::<Vec<_>>(), [7, LARGEST]);
        assert_eq!(scratch.u16.iter().map(Vec::len).collect::<Vec<_>>(), [7, LARGEST / 2]);
        assert_eq!(scratch.f32.iter().map(Vec::len).collect::<Vec<_>>(), [7, LARGEST / 4]);
    }

    #[test]
    fn a_resize_takes_in_a_flip() {
        let site = Site::new(Shape::new(9, 8, 3), DType::U8);
        let fused = |size, flip| {
            let window = Window::whole(site.shape);
            let resize = resample::step("", window, size, Interpolation::Bicubic, true, &site);
            fuse(vec![resize.unwrap(), Step::Place(flip)]).unwrap().len()
        };
        assert_eq!(fused([5, 6], Place::mirror([5, 6])), 1);
        assert_eq!(fused([9, 6], Place::mirror([9, 6])), 1);
        assert_eq!(fused([5, 8], Place::mirror([5, 8])), 2);
        assert_eq!(fused([5, 6], Place::mirror([4, 6])), 2);
        assert_eq!(fused([5, 6], Place::crop(0, 0, 5, 5)), 2);
    }
    #[test]
    fn a_warp_takes_in_the_flip_before_it() {
        let fused = |places: Vec<Place>| {
            let fill = Fill { image: vec![0.0], mask: 0.0 };
            let (bilinear, edge) = (warp::Interpolation::Bilinear, Border::Edge);
            let warp = Warp::new("", Affine::IDENTITY, [5, 6], bilinear, edge, fill).unwrap();
            let steps = places.into_iter().map(Step::Place);
            fuse(steps.chain([Step::Move(Box::new(warp))]).collect()).unwrap().len()
        };
        let mirror = || Place::mirror([9, 8]);
        assert_eq!(fused(vec![mirror()]), 1);
        assert_eq!(fused(vec![mirror(), Place::crop(0, 0, 9, 7)]), 2);
        // These have the columns of a mirror, of an image as narrow as they are.
        assert_eq!(fused(vec![mirror(), Place::crop(0, 1, 9, 7)]), 2);
        assert_eq!(fused(vec![Place::crop(0, 0, 9, 8), mirror()]), 2);
        assert_eq!(fused(vec![Place::crop(0, 0, 9, 8)]), 2);
    }
}
