//! Runs the steps of a sample over its pixels.

use crate::image::{
    AnyImage, AnyView, AnyViewMut, DType, Element, Image, Shape, Strided, StridedMut,
};
use crate::kernel::{MaskElement, MaskKind};
use crate::level::Level;
use crate::step::{Site, Step};

/// Buffers that one thread reuses from sample to sample.
#[derive(Default)]
pub struct Scratch {
    u8: Vec<Vec<u8>>,
    u16: Vec<Vec<u16>>,
    f32: Vec<Vec<f32>>,
}

impl Scratch {
    /// An image of this shape, its samples arbitrary.
    fn take(&mut self, dtype: DType, shape: Shape) -> AnyImage {
        fn image<T: Element>(pool: &mut Vec<Vec<T>>, shape: Shape) -> Image<T> {
            let mut data = pool.pop().unwrap_or_default();
            data.resize(shape.len(), T::default());
            Image { data, shape }
        }
        match dtype {
            DType::U8 => AnyImage::U8(image(&mut self.u8, shape)),
            DType::U16 => AnyImage::U16(image(&mut self.u16, shape)),
            DType::F32 => AnyImage::F32(image(&mut self.f32, shape)),
        }
    }

    fn give_back(&mut self, image: AnyImage) {
        match image {
            AnyImage::U8(image) => self.u8.push(image.data),
            AnyImage::U16(image) => self.u16.push(image.data),
            AnyImage::F32(image) => self.f32.push(image.data),
        }
    }
}

/// The same steps, with neighbours that can be one step made one. The bytes do not change.
pub fn fuse(steps: Vec<Step>) -> Vec<Step> {
    let mut fused: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        match (fused.last_mut(), step) {
            (Some(Step::Point(points)), Step::Point(next)) => points.extend(next),
            (Some(Step::Place(place)), Step::Place(next)) => match place.then(&next) {
                Some(both) => *place = both,
                None => fused.push(Step::Place(next)),
            },
            (_, step) => fused.push(step),
        }
    }
    fused
}

/// Runs `steps` from `src` into `dst`, whose shape is that of the last step; `dst` holds the
/// output's type, its strides say whether channels come first.
pub fn image(
    level: Level,
    steps: &[Step],
    dtype: DType,
    src: &Strided,
    dst: &mut StridedMut,
    scratch: &mut Scratch,
) {
    let steps = match steps {
        [before @ .., Step::Planar] => before,
        all => all,
    };
    let gathered;
    let mut current = match rows(dtype, src) {
        Some(view) => view,
        None => {
            gathered = gather(dtype, src);
            gathered.view()
        }
    };
    let Some((last, before)) = steps.split_last() else {
        write(current, dst);
        return;
    };
    let mut held: Option<AnyImage> = None;
    for step in before {
        let site = step.site(Site { shape: current.shape(), dtype: current.dtype() });
        let mut next = scratch.take(site.dtype, site.shape);
        step.run(level, current, next.view_mut(), 0);
        if let Some(image) = held.replace(next) {
            scratch.give_back(image);
        }
        current = held.as_ref().expect("just put there").view();
    }
    finish(level, last, current, dst, scratch);
    if let Some(image) = held {
        scratch.give_back(image);
    }
}

/// The last step, straight into the output where its layout allows.
fn finish(level: Level, step: &Step, src: AnyView, dst: &mut StridedMut, scratch: &mut Scratch) {
    let site = step.site(Site { shape: src.shape(), dtype: src.dtype() });
    if let (Step::Floats(floats), Some(planes)) = (step, dst.planes::<f32>()) {
        return floats.run_planar(level, src, planes);
    }
    let direct = match site.dtype {
        DType::U8 => dst.rows().map(AnyViewMut::U8),
        DType::U16 => dst.rows().map(AnyViewMut::U16),
        DType::F32 => dst.rows().map(AnyViewMut::F32),
    };
    if let Some(rows) = direct {
        return step.run(level, src, rows, 0);
    }
    let mut out = scratch.take(site.dtype, site.shape);
    step.run(level, src, out.view_mut(), 0);
    write(out.view(), dst);
    scratch.give_back(out);
}

fn rows<'a>(dtype: DType, src: &Strided<'a>) -> Option<AnyView<'a>> {
    match dtype {
        DType::U8 => src.rows().map(AnyView::U8),
        DType::U16 => src.rows().map(AnyView::U16),
        DType::F32 => src.rows().map(AnyView::F32),
    }
}

fn gather(dtype: DType, src: &Strided) -> AnyImage {
    match dtype {
        DType::U8 => AnyImage::U8(src.gather()),
        DType::U16 => AnyImage::U16(src.gather()),
        DType::F32 => AnyImage::F32(src.gather()),
    }
}

fn write(src: AnyView, dst: &mut StridedMut) {
    match src {
        AnyView::U8(src) => dst.scatter(src),
        AnyView::U16(src) => dst.scatter(src),
        AnyView::F32(src) => dst.scatter(src),
    }
}

/// Takes a mask whose samples are `size` bytes wide (1, 2, 4 or 8) through the steps.
pub fn mask(steps: &[Step], kind: MaskKind, size: usize, src: &Strided, dst: &mut StridedMut) {
    match size {
        1 => moved::<u8>(steps, kind, src, dst),
        2 => moved::<u16>(steps, kind, src, dst),
        4 => moved::<u32>(steps, kind, src, dst),
        8 => moved::<u64>(steps, kind, src, dst),
        _ => unreachable!("the border lets in no other sizes"),
    }
}

fn moved<T: MaskElement>(steps: &[Step], kind: MaskKind, src: &Strided, dst: &mut StridedMut) {
    let mut current = src.gather::<T>();
    for step in steps {
        if let Some(geometry) = step.geometry() {
            let [height, width] = geometry.size();
            let mut next = Image::new(current.shape.sized(height, width));
            geometry.mask(kind, T::view(current.view()), T::view_mut(next.view_mut()));
            current = next;
        } else if let Step::Pixels(kernel) = step {
            kernel.mask_in_place(kind, T::view_mut(current.view_mut()));
        }
    }
    dst.scatter(current.view());
}
