//! Cuts a window of a fixed size from the middle.
//!
//! Output (y, x) is input (top + y, left + x) with top = floor((H - height) / 2), left = floor((W -
//! width) / 2): an odd rest is larger at the bottom and right. No draws. Refused where the window
//! is larger than the image, but with `pad_if_needed`: then along an axis of n pixels, fewer than
//! the window's m, the image begins at floor((m - n) / 2) in it, and is continued by `border` as
//! [`Pad`](super::pad) does.

use serde::{Deserialize, Serialize};

use super::pad::window;
use super::random_crop::check_fits;
use super::{Fills, Nothing, Op, is_default};
use crate::bounds::{FillValue, List, Pixels, Within};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::border::Border;
use crate::kernels::fill::Fill;
use crate::kernels::place::Place;
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CenterCrop {
    pub height: Within<Pixels>,
    pub width: Within<Pixels>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub pad_if_needed: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub border: Border,
    #[serde(default, skip_serializing_if = "is_default")]
    pub fill: List<FillValue>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub fill_mask: f64,
}

impl CenterCrop {
    fn window(&self) -> [usize; 2] {
        [self.height.get(), self.width.get()]
    }
}

impl Op for CenterCrop {
    const NAME: &'static str = "CenterCrop";
    type Params = Nothing;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Some(self.window())
    }

    fn fills(&self) -> Option<Fills<'_>> {
        let shown = self.pad_if_needed && self.border == Border::Constant;
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown })
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        let [rows, columns] = self.window();
        if !self.pad_if_needed {
            check_fits(Self::NAME, [rows, columns], site.shape)?;
            let (top, left) = ((height - rows) / 2, (width - columns) / 2);
            return Ok(Place::crop(top, left, rows, columns).into());
        }
        // Division rounds towards 0.
        let place = |n: usize, len: usize| (n as i64 - len as i64) / 2;
        let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
        let at = [place(height, rows), place(width, columns)];
        window(at, [rows, columns], [height, width], self.border, fill).map(Steps::from)
    }

    fn examples(Shape { height, width, .. }: Shape) -> Vec<Self> {
        let crop = |[height, width]: [usize; 2], pad_if_needed, border, fill| CenterCrop {
            height: Within::new(height),
            width: Within::new(width),
            pad_if_needed,
            border,
            fill: List::new(vec![fill]),
            fill_mask: 0.0,
        };
        let (less, more) = ([height.div_ceil(2), width.div_ceil(3)], [height + 3, width + 8]);
        vec![
            crop(less, false, Border::Constant, 0.0),
            crop(more, true, Border::Constant, 0.4),
            crop([height + 1, width.div_ceil(2)], true, Border::Reflect, 0.0),
        ]
    }
}
