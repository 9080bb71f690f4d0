//! Cuts off or adds a random number of pixels on each side.
//!
//! On top, right, bottom and left, m pixels are added where m is above 0, and continued by `border`
//! as [`Pad`](super::pad) does, or -m cut off. `px` gives m itself; of `percent` it is the product
//! with the image's height or width, f64, without its fraction. Where an axis of n pixels would
//! lose n or more, the larger of its two cuts, of equals the one at the right or bottom, is
//! lessened until one pixel is left, and then the other. With `keep_size` what is left becomes the
//! image's size again, as Resize does.
//!
//! Draws: top, right, bottom, left, two words each: integers of `px`, or of `percent` a range, of
//! which the second word decides nothing. Source: Albumentations' and imgaug's ops of this name.

use serde::{Deserialize, Serialize};

use super::pad::window;
use super::{Fills, Op};
use crate::bounds::{Bounds, Coordinate, FillValue, List, Number, Range, Within, bounds};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::border::Border;
use crate::kernels::fill::Fill;
use crate::kernels::resample::{self, Interpolation, Window};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CropAndPad {
    /// Top, right, bottom, left.
    #[serde(deserialize_with = "Option::deserialize")] // or it could be left out
    pub px: Option<[Range<Coordinate>; 4]>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub percent: Option<[Range<Added>; 4]>,
    pub keep_size: bool,
    pub interpolation: Interpolation,
    pub antialias: bool,
    pub border: Border,
    pub fill: List<FillValue>,
    pub fill_mask: f64,
}

/// Pixels that are added, or below 0 cut off.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub top: Within<Coordinate>,
    pub right: Within<Coordinate>,
    pub bottom: Within<Coordinate>,
    pub left: Within<Coordinate>,
}

bounds! {
    Added: f64 = -1.0..=100.0, "parts of the image";
}

/// What is added in front and behind, so that of n pixels one is left.
fn sparing(before: i64, after: i64, n: usize) -> [i64; 2] {
    let [front, back] = [before, after].map(|added| (-added).max(0));
    let excess = (front + back - (n as i64 - 1)).max(0);
    if front > back {
        let less = excess.min(front);
        [before + less, after + (excess - less)]
    } else {
        let less = excess.min(back);
        [before + (excess - less), after + less]
    }
}

impl Op for CropAndPad {
    const NAME: &'static str = "CropAndPad";
    type Params = Params;

    fn check(&self) -> Result<()> {
        if self.px.is_some() != self.percent.is_some() {
            return Ok(());
        }
        let value = if self.px.is_some() { "both" } else { "None" };
        Err(Error::argument(Self::NAME, "px, percent", value, "one of the two"))
    }

    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        input.filter(|_| self.keep_size)
    }

    fn fills(&self) -> Option<Fills<'_>> {
        let shown = self.border == Border::Constant;
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown })
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let Shape { height, width, .. } = site.shape;
        let mut side = |k: usize, n: usize| match (&self.px, &self.percent) {
            (Some(px), _) => px[k].draw(draws).get(),
            (_, Some(percent)) => {
                let part = percent[k].draw(draws).get();
                draws.skip(1);
                (part * n as f64) as i64
            }
            _ => unreachable!("one of the two is there"),
        };
        let [top, right] = [side(0, height), side(1, width)];
        let [bottom, left] = [side(2, height), side(3, width)];
        let [top, bottom] = sparing(top, bottom, height);
        let [left, right] = sparing(left, right, width);
        for added in [top, right, bottom, left] {
            if !Coordinate::hold(added) {
                let allowed = format!("at most {} pixels", i64::bound((1 << 31) - 1));
                return Err(Error::argument(Self::NAME, "percent", added, allowed));
            }
        }
        let [top, right, bottom, left] = [top, right, bottom, left].map(Within::new);
        Ok(Params { top, right, bottom, left })
    }

    fn apply(&self, params: Params, site: &Site, _: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        let sides = [params.top, params.right, params.bottom, params.left].map(Within::get);
        let [top, right, bottom, left] = sides;
        let (rows, columns) = (height as i64 + top + bottom, width as i64 + left + right);
        let outside =
            |before: i64, n: usize, after: i64| (-before).max(0) + (-after).max(0) >= n as i64;
        if outside(top, height, bottom) || outside(left, width, right) {
            let value = format!("{top}, {right}, {bottom}, {left}");
            let allowed = format!("what leaves a pixel of the image of {height} x {width}");
            return Err(Error::argument(Self::NAME, "top, right, bottom, left", value, allowed));
        }
        let size = [rows as usize, columns as usize];
        let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
        let place = window([-top, -left], size, [height, width], self.border, fill)?;
        if !self.keep_size {
            return Ok(place.into());
        }
        let place = Step::Place(place);
        let site = &place.site(*site);
        let all = Window::whole(site.shape);
        let resize = resample::step(
            Self::NAME,
            all,
            [height, width],
            self.interpolation,
            self.antialias,
            site,
        )?;
        Ok(Steps::Several(vec![place, resize]))
    }

    fn examples(_: Shape) -> Vec<Self> {
        let by = |px, percent, keep_size, interpolation, border| CropAndPad {
            px,
            percent,
            keep_size,
            interpolation,
            antialias: interpolation != Interpolation::Bicubic,
            border,
            fill: List::new(vec![0.4]),
            fill_mask: 7.0,
        };
        let px = |ends: [[i64; 2]; 4]| Some(ends.map(Range::new));
        let percent = |ends: [[f64; 2]; 4]| Some(ends.map(Range::new));
        let (bilinear, bicubic) = (Interpolation::Bilinear, Interpolation::Bicubic);
        vec![
            by(px([[-1, 5]; 4]), None, false, bilinear, Border::Constant),
            by(None, percent([[-0.2, 0.3]; 4]), true, bilinear, Border::Constant),
            by(px([[2, 4], [-2, 0], [0, 9], [1, 1]]), None, true, bicubic, Border::Reflect),
            by(None, percent([[-0.25, -0.1]; 4]), false, bilinear, Border::Edge),
            by(px([[-40, -30]; 4]), None, true, Interpolation::Nearest, Border::Wrap),
        ]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};

    #[test]
    fn one_pixel_is_left() {
        assert_eq!(sparing(-3, 5, 10), [-3, 5]);
        assert_eq!(sparing(-4, -5, 10), [-4, -5]);
        assert_eq!(sparing(-5, -5, 10), [-5, -4]);
        assert_eq!(sparing(-7, -5, 10), [-4, -5]);
        assert_eq!(sparing(-30, -30, 10), [-9, 0]);
        assert_eq!(sparing(-30, -2, 10), [-7, -2]);
        assert_eq!(sparing(-40, 6, 10), [-9, 6]);
        assert_eq!(sparing(-1, -1, 1), [0, 0]);
    }

    #[test]
    fn refuses() {
        let shape = Shape::new(10, 12, 1);
        let (site, op) = (Site::new(shape, DType::U8), &CropAndPad::examples(shape)[0]);
        let said = |sides: [i64; 4]| {
            let [top, right, bottom, left] = sides;
            let params = json!({"top": top, "right": right, "bottom": bottom, "left": left});
            edited(op, &site, params).err().map(|e| e.to_string()).unwrap_or_default()
        };
        assert_eq!(said([-9, -11, 0, 0]), "");
        assert_eq!(said([0, 3, 5, -11]), "");
        let expected = "CropAndPad: top, right, bottom, left=-10, 0, 5, 0: what leaves a pixel";
        assert!(said([-10, 0, 5, 0]).starts_with(expected));
        assert!(said([0, -6, 0, -6]).contains("what leaves a pixel"));
        let both = refusal(op, "percent", json!([[0, 0], [0, 0], [0, 0], [0, 0]]));
        assert_eq!(both, "CropAndPad: px, percent=both: one of the two");
        assert_eq!(refusal(op, "px", json!(null)), "CropAndPad: px, percent=None: one of the two");
    }
}
