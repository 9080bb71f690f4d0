//! What an op makes of its parameters: a step over pixels, in a form that can be fused and run.

use crate::error::Result;
pub use crate::image::Site;
use crate::image::{AnyView, AnyViewMut, DType};
use crate::kernels::floats::Floats;
use crate::kernels::kernel::{Geometry, Kernel, Point, Reach};
use crate::kernels::place::Place;
use crate::kernels::points;
use crate::simd::level::Level;

pub enum Step {
    /// Output pixels are input pixels or a fill value. Neighbours fuse into one.
    Place(Place),
    /// Any other geometry.
    Move(Box<dyn Geometry>),
    /// Neighbours fuse into one table at uint8.
    Point(Vec<Box<dyn Point>>),
    /// Any other step that keeps shape and type.
    Pixels(Box<dyn Kernel>),
    /// To float32.
    Floats(Floats),
    /// To channels first; the last step.
    Planar,
}

impl Step {
    pub fn point(point: impl Point + 'static) -> Step {
        Step::Point(vec![Box::new(point)])
    }

    /// The image after this step.
    pub fn site(&self, site: Site) -> Site {
        match self {
            Step::Floats(_) => Site::new(site.shape, DType::F32),
            _ => match self.geometry() {
                Some(geometry) => {
                    let [height, width] = geometry.size();
                    Site { shape: site.shape.sized(height, width), ..site }
                }
                None => site,
            },
        }
    }

    pub fn reach(&self) -> Reach {
        match self {
            Step::Place(place) => place.reach(),
            Step::Move(geometry) => geometry.reach(),
            Step::Pixels(kernel) => kernel.reach(),
            Step::Point(_) | Step::Floats(_) => Reach::Rows,
            Step::Planar => Reach::Whole,
        }
    }

    pub fn geometry(&self) -> Option<&dyn Geometry> {
        match self {
            Step::Place(place) => Some(place),
            Step::Move(geometry) => Some(geometry.as_ref()),
            _ => None,
        }
    }

    /// Makes the rows of the output from `first` on ([`Kernel`]); `Planar` is the caller's to do.
    pub fn run(&self, level: Level, src: AnyView, dst: AnyViewMut, first: usize) -> Result<()> {
        match self {
            Step::Place(place) => run_kernel(place, level, src, dst, first),
            Step::Move(geometry) => run_kernel(geometry.as_ref(), level, src, dst, first),
            Step::Pixels(kernel) => run_kernel(kernel.as_ref(), level, src, dst, first),
            Step::Point(points) => {
                points::run(points, level, src, dst);
                Ok(())
            }
            Step::Floats(floats) => match dst {
                AnyViewMut::F32(dst) => floats.run(level, src, dst),
                _ => unreachable!("floats are float32"),
            },
            Step::Planar => unreachable!("the executor lays out planes"),
        }
    }
}

fn run_kernel<K: Kernel + ?Sized>(
    kernel: &K,
    level: Level,
    src: AnyView,
    dst: AnyViewMut,
    first: usize,
) -> Result<()> {
    match (src, dst) {
        (AnyView::U8(src), AnyViewMut::U8(dst)) => kernel.uint8(level, src, dst, first),
        (AnyView::U16(src), AnyViewMut::U16(dst)) => kernel.uint16(level, src, dst, first),
        (AnyView::F32(src), AnyViewMut::F32(dst)) => kernel.float32(level, src, dst, first),
        _ => unreachable!("a kernel keeps its type"),
    }
}
