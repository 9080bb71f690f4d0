//! What an op makes of its parameters: a step over pixels, in a form that can be fused and run.

use crate::error::Result;
pub use crate::image::Site;
use crate::image::{AnyView, AnyViewMut, DType, Shape};
use crate::kernels::curves::{self, Curve, Curves, Link, Measured};
use crate::kernels::floats::Floats;
use crate::kernels::kernel::{Follow, Geometry, Kernel, Reach};
use crate::kernels::mixed::Mixed;
use crate::kernels::place::Place;
use crate::simd::level::Level;
use crate::targets::boxes::Boxes;
use crate::targets::masks::MaskType;
use crate::targets::points::Points;

pub enum Step {
    /// Output pixels are input pixels or a fill value. Neighbours fuse into one.
    Place(Place),
    /// Any other geometry.
    Move(Box<dyn Geometry>),
    /// Neighbours fuse into one look-up at uint8.
    Curves(Vec<Link>),
    /// Any other step that keeps shape and type.
    Pixels(Box<dyn Kernel>),
    /// To float32.
    Floats(Floats),
    /// To channels first; the last step.
    Planar,
    /// Of the targets alone.
    Follow(Box<dyn Follow>),
    /// Made of other samples too.
    Mixed(Box<Mixed>),
}

/// What an op does: one step as a rule.
pub enum Steps {
    One(Step),
    Several(Vec<Step>),
}

impl From<Step> for Steps {
    fn from(step: Step) -> Steps {
        Steps::One(step)
    }
}

impl From<Place> for Steps {
    fn from(place: Place) -> Steps {
        Steps::One(Step::Place(place))
    }
}

#[cfg(test)]
impl Steps {
    pub fn only(self) -> Step {
        let Steps::One(step) = self else { panic!("several steps") };
        step
    }
}

impl IntoIterator for Steps {
    type Item = Step;
    type IntoIter = std::iter::Chain<std::option::IntoIter<Step>, std::vec::IntoIter<Step>>;

    fn into_iter(self) -> Self::IntoIter {
        let (one, several) = match self {
            Steps::One(step) => (Some(step), Vec::new()),
            Steps::Several(steps) => (None, steps),
        };
        one.into_iter().chain(several)
    }
}

impl Step {
    /// One curve for all channels.
    pub fn curve(curve: impl Curve + 'static) -> Step {
        Step::Curves(vec![Link::Given(Curves::All(Box::new(curve)))])
    }

    /// A curve for each channel.
    pub fn curves(each: Vec<Box<dyn Curve>>) -> Step {
        Step::Curves(vec![Link::Given(Curves::Each(each))])
    }

    /// Curves found from what the image is like.
    pub fn measured(measured: impl Measured + 'static) -> Step {
        Step::Curves(vec![Link::Measured(Box::new(measured))])
    }

    /// The image after this step.
    pub fn site(&self, site: Site) -> Site {
        match self {
            Step::Floats(_) => Site::new(site.shape, DType::F32),
            _ => Site { shape: self.shape(site.shape), ..site },
        }
    }

    /// An image's, or a mask's, after this step.
    pub fn shape(&self, shape: Shape) -> Shape {
        let size = match self {
            Step::Mixed(mixed) => Some(mixed.size),
            _ => self.geometry().map(|geometry| geometry.size()),
        };
        size.map_or(shape, |[height, width]| shape.sized(height, width))
    }

    pub fn reach(&self) -> Reach {
        match self {
            Step::Place(place) => place.reach(),
            Step::Move(geometry) => geometry.reach(),
            Step::Pixels(kernel) => kernel.reach(),
            Step::Curves(chain) if curves::measures(chain) => Reach::Whole,
            Step::Floats(floats) if floats.measures() => Reach::Whole,
            Step::Curves(_) | Step::Floats(_) => Reach::Rows,
            Step::Planar | Step::Follow(_) | Step::Mixed(_) => Reach::Whole,
        }
    }

    pub fn geometry(&self) -> Option<&dyn Geometry> {
        match self {
            Step::Place(place) => Some(place),
            Step::Move(geometry) => Some(geometry.as_ref()),
            _ => None,
        }
    }

    /// Whether it has anything to do in a plan: that channels come first is said by the output's
    /// strides.
    pub fn makes_pixels(&self) -> bool {
        !matches!(self, Step::Planar | Step::Follow(_))
    }

    fn follow(&self) -> Option<&dyn Follow> {
        match self {
            Step::Pixels(kernel) => kernel.follow(),
            Step::Follow(follow) => Some(follow.as_ref()),
            _ => None,
        }
    }

    /// The step that a mask, or a map, of so many channels takes, that at this place among the
    /// sample's; None if it stays as it is.
    pub fn mask(&self, mask: MaskType, channels: usize, place: usize) -> Result<Option<Step>> {
        match (self, self.geometry(), self.follow()) {
            (Step::Mixed(mixed), _, _) => mixed.mask(mask, channels, place),
            (_, Some(geometry), _) => geometry.mask(mask, channels).map(Some),
            // What hides parts of an image and its masks does not know how far they are.
            (_, None, Some(follow)) if mask != MaskType::MAP => follow.mask(mask, channels),
            (_, None, _) => Ok(None),
        }
    }

    pub fn boxes(&self, boxes: &mut Boxes) {
        match (self, self.geometry(), self.follow()) {
            (Step::Mixed(mixed), _, _) => mixed.boxes(boxes),
            (_, Some(geometry), _) => boxes.moved(&geometry.map(), geometry.size()),
            (_, None, Some(follow)) => follow.boxes(boxes),
            (_, None, None) => {}
        }
    }

    pub fn points(&self, points: &mut Points) {
        match (self, self.geometry(), self.follow()) {
            (Step::Mixed(mixed), _, _) => mixed.points(points),
            (_, Some(geometry), _) => points.moved(&geometry.map()),
            (_, None, Some(follow)) => follow.points(points),
            (_, None, None) => {}
        }
    }

    /// Which samples there are now in what was mixed so far, and what each counts for.
    pub fn count(&self, mixed: &mut Vec<(u64, f64)>) {
        if let Step::Mixed(step) = self {
            step.count(mixed);
        }
    }

    /// Makes the rows of the output from `first` on ([`Kernel`]).
    pub fn run(&self, level: Level, src: AnyView, dst: AnyViewMut, first: usize) -> Result<()> {
        match self {
            Step::Place(place) => run_kernel(place, level, src, dst, first),
            Step::Move(geometry) => run_kernel(geometry.as_ref(), level, src, dst, first),
            Step::Pixels(kernel) => run_kernel(kernel.as_ref(), level, src, dst, first),
            Step::Curves(chain) => curves::run(chain, level, src, dst),
            Step::Floats(floats) => match dst {
                AnyViewMut::F32(dst) => floats.run(level, src, dst),
                _ => unreachable!("floats are float32"),
            },
            Step::Planar | Step::Follow(_) | Step::Mixed(_) => {
                unreachable!("a stage holds no such step")
            }
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
