//! Cuts a fixed window.
//!
//! Output (y, x) is input (y_min + y, x_min + x), of x_max - x_min by y_max - y_min pixels. Refused
//! where the window reaches beyond the image, but with `pad_if_needed`: then the image is continued
//! by `border` as [`Pad`](super::pad) does. No draws.

use serde::{Deserialize, Serialize};

use super::pad::window;
use super::{Fills, Nothing, Op};
use crate::bounds::{Coordinate, FillValue, List, Within};
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
pub struct Crop {
    pub x_min: Within<Coordinate>,
    pub y_min: Within<Coordinate>,
    pub x_max: Within<Coordinate>,
    pub y_max: Within<Coordinate>,
    pub pad_if_needed: bool,
    pub border: Border,
    pub fill: List<FillValue>,
    pub fill_mask: f64,
}

impl Crop {
    fn corners(&self) -> [i64; 4] {
        [self.x_min, self.y_min, self.x_max, self.y_max].map(Within::get)
    }

    fn window(&self) -> [usize; 2] {
        let [left, top, right, bottom] = self.corners();
        [(bottom - top) as usize, (right - left) as usize]
    }
}

impl Op for Crop {
    const NAME: &'static str = "Crop";
    type Params = Nothing;

    fn check(&self) -> Result<()> {
        let [left, top, right, bottom] = self.corners();
        for (names, [first, last]) in
            [("x_min, x_max", [left, right]), ("y_min, y_max", [top, bottom])]
        {
            if first >= last {
                let value = format!("{first}, {last}");
                return Err(Error::argument(
                    Self::NAME,
                    names,
                    value,
                    "the first below the second",
                ));
            }
        }
        Ok(())
    }

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Some(self.window())
    }

    fn fits(&self, site: &Site) -> Result<()> {
        let [left, top, right, bottom] = self.corners();
        let Shape { height, width, .. } = site.shape;
        let inside = left >= 0 && top >= 0 && right <= width as i64 && bottom <= height as i64;
        if inside || self.pad_if_needed {
            return Ok(());
        }
        let value = format!("{left}, {top}, {right}, {bottom}");
        let allowed = format!(
            "within the image of {height} x {width}; pad_if_needed=True shows what lies beyond"
        );
        Err(Error::argument(Self::NAME, "x_min, y_min, x_max, y_max", value, allowed))
    }

    fn fills(&self) -> Option<Fills<'_>> {
        let shown = self.pad_if_needed && self.border == Border::Constant;
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown })
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        let [left, top, ..] = self.corners();
        let (size, Shape { height, width, .. }) = (self.window(), site.shape);
        if !self.pad_if_needed {
            self.fits(site)?;
            return Ok(Place::crop(top as usize, left as usize, size[0], size[1]).into());
        }
        let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
        window([top, left], size, [height, width], self.border, fill).map(Steps::from)
    }

    fn examples(Shape { height, width, .. }: Shape) -> Vec<Self> {
        let (h, w) = (height as i64, width as i64);
        let crop = |corners: [i64; 4], pad_if_needed, border| {
            let [x_min, y_min, x_max, y_max] = corners.map(Within::new);
            let (fill, fill_mask) = (List::new(vec![0.4]), 7.0);
            Crop { x_min, y_min, x_max, y_max, pad_if_needed, border, fill, fill_mask }
        };
        vec![
            crop([w / 3, h / 2, w, h], false, Border::Constant),
            crop([-3, 0, w + 2, (h + 1) / 2], true, Border::Constant),
            crop([w / 2, -2, w + 5, h + 70], true, Border::Reflect),
            crop([0, 0, w, h], true, Border::Edge),
            crop([-20, -9, 3, 1], true, Border::Wrap),
            crop([w - 1, h - 1, w + 9, h + 4], true, Border::Reflect101),
        ]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::refusal;

    #[test]
    fn refuses() {
        let shape = Shape::new(20, 30, 3);
        let op = Crop::examples(shape).remove(0);
        let message = refusal(&op, "x_max", json!(10));
        assert!(message.starts_with("Crop: x_min, x_max=10, 10: "), "{message}");
        let message = refusal(&op, "y_min", json!(1_i64 << 31));
        assert!(message.starts_with("Crop: y_min=2147483648: "), "{message}");
        for (height, width) in [(19, 30), (20, 29)] {
            let site = Site::new(Shape::new(height, width, 1), DType::U8);
            let message = op.apply(Nothing {}, &site, Noise::default()).err().unwrap().to_string();
            assert!(
                message.contains("x_max, y_max=10, 10, 30, 20: within the image of"),
                "{message}"
            );
        }
        assert!(op.fits(&Site::new(shape, DType::U8)).is_ok());
    }
}
