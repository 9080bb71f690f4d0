//! Puts the image at a random place on a larger canvas.
//!
//! The canvas of an image of W x H is floor(W r) by floor(H r), f64, filled with `fill`. Draws: r,
//! a range of `side_range`; `left` = below(its width - W + 1), `top` = below(its height - H + 1).
//! Source: Liu et al., "SSD: Single Shot MultiBox Detector" (2016), as torchvision's op of this
//! name has it.

use serde::{Deserialize, Serialize};

use super::pad::framed;
use super::pad_if_needed::Corner;
use super::{Fills, Op};
use crate::bounds::{FillValue, List, Pixels, Range, Within, bounds};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::border::Border;
use crate::kernels::fill::Fill;
use crate::kernels::sizes::Size;
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomZoomOut {
    /// Of the canvas' sides, as parts of the image's.
    pub side_range: Range<Zoom>,
    pub fill: List<FillValue>,
    pub fill_mask: f64,
}

/// The canvas, and where the image lies on it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub height: Within<Pixels>,
    pub width: Within<Pixels>,
    pub top: usize,
    pub left: usize,
}

bounds! {
    Zoom: f64 = 1.0..=1e6;
}

impl Op for RandomZoomOut {
    const NAME: &'static str = "RandomZoomOut";
    type Params = Params;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        None
    }

    fn fills(&self) -> Option<Fills<'_>> {
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown: true })
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let image = [site.shape.height, site.shape.width];
        let part = self.side_range.draw(draws).get();
        let canvas = image.map(|n| (n as f64 * part).floor() as usize);
        let Size { height, width } = Size::new(Self::NAME, canvas)?;
        let left = draws.below((canvas[1] - image[1] + 1) as u64) as usize;
        let top = draws.below((canvas[0] - image[0] + 1) as u64) as usize;
        Ok(Params { height, width, top, left })
    }

    fn apply(&self, params: Params, site: &Site, _: Noise) -> Result<Steps> {
        let Params { height, width, top, left } = params;
        let image = [site.shape.height, site.shape.width];
        let canvas = [height.get(), width.get()];
        if canvas[0] < image[0] || canvas[1] < image[1] {
            let value = format!("{}, {}", canvas[0], canvas[1]);
            let allowed = format!("at least {}, {}, the image's", image[0], image[1]);
            return Err(Error::argument(Self::NAME, "height, width", value, allowed));
        }
        let rest = [canvas[0] - image[0], canvas[1] - image[1]];
        let padding = Corner { top, left }.padding(Self::NAME, rest)?;
        let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
        framed(padding, image, Border::Constant, fill).map(Steps::from)
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let zoom = |side_range, fill| RandomZoomOut {
            side_range: Range::new(side_range),
            fill: List::new(fill),
            fill_mask: 7.0,
        };
        let each = (0..shape.channels).map(|c| 0.7 + 40.0 * c as f64).collect();
        vec![zoom([1.0, 4.0], vec![0.4]), zoom([1.5, 1.5], each), zoom([1.0, 1.0], vec![0.0])]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::edited;

    #[test]
    fn edited_canvases_are_checked() {
        let shape = Shape::new(10, 12, 1);
        let (site, op) = (Site::new(shape, DType::U8), &RandomZoomOut::examples(shape)[0]);
        let said = |height: usize, width: usize, top: usize, left: usize| {
            let params = json!({"height": height, "width": width, "top": top, "left": left});
            edited(op, &site, params).err().map(|e| e.to_string()).unwrap_or_default()
        };
        assert_eq!(said(10, 12, 0, 0), "");
        assert_eq!(said(15, 20, 5, 8), "");
        assert!(said(9, 12, 0, 0).contains("height, width=9, 12: at least 10, 12"));
        assert!(said(15, 20, 6, 0).contains("top, left=6, 0: at most 5, 8"));
        assert!(said(15, 20, 0, usize::MAX).contains("top, left="));
        assert!(said(1 << 31, 20, 0, 0).contains("height=2147483648: an integer within 1"));
    }
}
