//! Adds a frame of fixed widths.
//!
//! Output (y, x) is input (y - top, x - left), continued beyond its edge by `border`: a constant
//! `fill` (one value or one per channel, in the image's units; masks get `fill_mask`), or pixels
//! of the image (edge, reflect, reflect101, wrap). No draws. Source: NumPy's `pad`: equal.

use serde::{Deserialize, Serialize};

use super::{Fills, Nothing, Op};
use crate::bounds::{FillValue, List, Within, bounds};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::border::Border;
use crate::kernels::fill::Fill;
use crate::kernels::place::{Line, Place};
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::targets::map::Affine;

bounds! {
    Frame: usize = 0..=(1 << 31) - 1, "pixels";
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pad {
    /// Left, top, right, bottom.
    pub padding: [Within<Frame>; 4],
    pub border: Border,
    pub fill: List<FillValue>,
    pub fill_mask: f64,
}

/// The window of `size` at (top, left) of an image of a height and width. Beyond the image's edges
/// it shows what the border has.
pub fn window(
    [top, left]: [i64; 2],
    size: [usize; 2],
    [height, width]: [usize; 2],
    border: Border,
    fill: Fill,
) -> Result<Place> {
    let rows = Line::bordered(border, top, size[0], height)?;
    let cols = Line::bordered(border, left, size[1], width)?;
    let map = Affine([1.0, 0.0, (-left) as f64, 0.0, 1.0, (-top) as f64]);
    let place = Place::new(rows, cols, map);
    Ok(if border == Border::Constant { place.with_fill(fill) } else { place })
}

/// An image of this height and width with left, top, right and bottom around it.
pub fn framed(
    [left, top, right, bottom]: [usize; 4],
    [height, width]: [usize; 2],
    border: Border,
    fill: Fill,
) -> Result<Place> {
    let size = [top + height + bottom, left + width + right];
    window([-(top as i64), -(left as i64)], size, [height, width], border, fill)
}

impl Op for Pad {
    const NAME: &'static str = "Pad";
    type Params = Nothing;

    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        let [left, top, right, bottom] = self.padding.map(Within::get);
        input.map(|[height, width]| [top + height + bottom, left + width + right])
    }

    fn fills(&self) -> Option<Fills<'_>> {
        let shown = self.border == Border::Constant;
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown })
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
        framed(
            self.padding.map(Within::get),
            [site.shape.height, site.shape.width],
            self.border,
            fill,
        )
        .map(Steps::from)
    }

    fn examples(_: Shape) -> Vec<Self> {
        let pad = |padding: [usize; 4], border, fill: &[f64]| Pad {
            padding: padding.map(Within::new),
            border,
            fill: List::new(fill.to_vec()),
            fill_mask: 7.0,
        };
        vec![
            pad([1, 2, 3, 4], Border::Constant, &[0.4]),
            pad([5, 0, 0, 3], Border::Edge, &[0.0]),
            pad([2, 7, 1, 0], Border::Reflect, &[0.0]),
            pad([9, 1, 2, 4], Border::Reflect101, &[0.0]),
            pad([3, 3, 70, 2], Border::Wrap, &[0.0]),
        ]
    }
}
