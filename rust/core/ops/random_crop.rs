//! Cuts a window of a fixed size at a random place.
//!
//! Output (y, x) is input (top + y, left + x). Refused where the window is larger than the image,
//! but with `pad_if_needed`: then along an axis of n pixels, fewer than the window's m, the image
//! sits in it as `position` says ([`PadIfNeeded`](super::pad_if_needed)), and is continued by
//! `border` as [`Pad`](super::pad) does: `top` or `left` is minus what is in front.
//!
//! Draws: `top` = below(H - height + 1), `left` = below(W - width + 1); along an axis that is too
//! short below(m - n + 1), what is in front, which only a random position uses.

use serde::{Deserialize, Serialize};

use super::pad::window;
use super::pad_if_needed::Position;
use super::{Fills, Op, is_default};
use crate::bounds::{FillValue, List, Pixels, Within};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::border::Border;
use crate::kernels::fill::Fill;
use crate::kernels::place::Place;
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomCrop {
    pub height: Within<Pixels>,
    pub width: Within<Pixels>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub pad_if_needed: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub position: Position,
    #[serde(default, skip_serializing_if = "is_default")]
    pub border: Border,
    #[serde(default, skip_serializing_if = "is_default")]
    pub fill: List<FillValue>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub fill_mask: f64,
}

/// Where the window lies; below 0 where the image begins within it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub top: i64,
    pub left: i64,
}

/// Refuses a window that does not fit into the image.
pub fn check_fits(op: &str, [height, width]: [usize; 2], shape: Shape) -> Result<()> {
    if height <= shape.height && width <= shape.width {
        return Ok(());
    }
    let (h, w) = (shape.height, shape.width);
    let message = format!("a window of {height} x {width} does not fit into an image of {h} x {w}");
    Err(Error::refused(op, message))
}

/// Refuses a place at which a window leaves out of the image more than it has to, or shows more
/// beside it.
fn check_place(op: &str, size: [usize; 2], params: &Params, shape: Shape) -> Result<()> {
    let ends = |len: usize, n: usize| {
        let rest = n as i64 - len as i64;
        [rest.min(0), rest.max(0)]
    };
    let [top, left] = [ends(size[0], shape.height), ends(size[1], shape.width)];
    let within = |place: i64, [first, last]: [i64; 2]| (first..=last).contains(&place);
    if within(params.top, top) && within(params.left, left) {
        return Ok(());
    }
    let value = format!("{}, {}", params.top, params.left);
    let allowed = format!("within {} to {}, {} to {}", top[0], top[1], left[0], left[1]);
    Err(Error::argument(op, "top, left", value, allowed))
}

/// A window at any place in the image.
pub fn anywhere(op: &str, size: [usize; 2], shape: Shape, draws: &mut Draws) -> Result<Params> {
    check_fits(op, size, shape)?;
    let top = draws.below((shape.height - size[0] + 1) as u64) as i64;
    let left = draws.below((shape.width - size[1] + 1) as u64) as i64;
    Ok(Params { top, left })
}

/// The step that cuts it.
pub fn crop(op: &str, size: [usize; 2], params: Params, shape: Shape) -> Result<Steps> {
    check_fits(op, size, shape)?;
    check_place(op, size, &params, shape)?;
    let Params { top, left } = params;
    Ok(Place::crop(top as usize, left as usize, size[0], size[1]).into())
}

impl RandomCrop {
    fn window(&self) -> [usize; 2] {
        [self.height.get(), self.width.get()]
    }
}

impl Op for RandomCrop {
    const NAME: &'static str = "RandomCrop";
    type Params = Params;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Some(self.window())
    }

    fn fills(&self) -> Option<Fills<'_>> {
        let shown = self.pad_if_needed && self.border == Border::Constant;
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown })
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        if !self.pad_if_needed {
            return anywhere(Self::NAME, self.window(), site.shape, draws);
        }
        let mut place = |axis: usize, n: usize| {
            let len = self.window()[axis];
            if len > n {
                -(self.position.before(axis, len - n, draws) as i64)
            } else {
                draws.below((n - len + 1) as u64) as i64
            }
        };
        let top = place(0, site.shape.height);
        Ok(Params { top, left: place(1, site.shape.width) })
    }

    fn apply(&self, params: Params, site: &Site, _: Noise) -> Result<Steps> {
        let (size, shape) = (self.window(), site.shape);
        if !self.pad_if_needed {
            return crop(Self::NAME, size, params, shape);
        }
        check_place(Self::NAME, size, &params, shape)?;
        let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
        let Params { top, left } = params;
        window([top, left], size, [shape.height, shape.width], self.border, fill).map(Steps::from)
    }

    fn examples(Shape { height, width, .. }: Shape) -> Vec<Self> {
        let part = |n: usize| n.div_ceil(2);
        let crop = |[height, width]: [usize; 2]| RandomCrop {
            height: Within::new(height),
            width: Within::new(width),
            pad_if_needed: false,
            position: Position::Center,
            border: Border::Constant,
            fill: List::default(),
            fill_mask: 0.0,
        };
        let padded = |size, position, border| RandomCrop {
            pad_if_needed: true,
            position,
            border,
            fill: List::new(vec![0.4]),
            fill_mask: 7.0,
            ..crop(size)
        };
        vec![
            crop([part(height), part(width)]),
            crop([1, width]),
            padded([height + 5, width + 2], Position::Random, Border::Constant),
            padded([part(height), width + 3], Position::Center, Border::Reflect101),
            padded([height + 4, part(width)], Position::BottomRight, Border::Wrap),
            padded([height + 1, width], Position::TopRight, Border::Edge),
        ]
    }
}
