//! Cuts off a random part on each side.
//!
//! Of an image of W x H, on the left an integer within 0 to floor(W crop_left), at most W - 1; on
//! the right one within 0 to floor(W crop_right), so that a column is left; on top and at the
//! bottom likewise. Products in f64. Draws: the integers, left, right, top, bottom. Source:
//! Albumentations' op of this name.

use serde::{Deserialize, Serialize};

use super::Op;
use crate::bounds::{Fraction, Within};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::place::Place;
use crate::kernels::resample::Window;
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomCropFromBorders {
    pub crop_left: Within<Fraction>,
    pub crop_right: Within<Fraction>,
    pub crop_top: Within<Fraction>,
    pub crop_bottom: Within<Fraction>,
}

impl Op for RandomCropFromBorders {
    const NAME: &'static str = "RandomCropFromBorders";
    type Params = Window;

    fn check(&self) -> Result<()> {
        for (names, parts) in [
            ("crop_left, crop_right", [self.crop_left, self.crop_right]),
            ("crop_top, crop_bottom", [self.crop_top, self.crop_bottom]),
        ] {
            let [first, second] = parts.map(Within::get);
            if first + second > 1.0 {
                let value = format!("{first}, {second}");
                return Err(Error::argument(Self::NAME, names, value, "at most 1 in all"));
            }
        }
        Ok(())
    }

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        None
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Window> {
        let mut axis = |parts: [Within<Fraction>; 2], n: usize| {
            let [before, after] = parts
                .map(|part| draws.integer([0, (n as f64 * part.get()).floor() as i64]) as usize);
            let start = before.min(n - 1);
            (start, n - start - after.min(n - 1 - start))
        };
        let (left, width) = axis([self.crop_left, self.crop_right], site.shape.width);
        let (top, height) = axis([self.crop_top, self.crop_bottom], site.shape.height);
        Ok(Window { top, left, height, width })
    }

    fn apply(&self, window: Window, site: &Site, _: Noise) -> Result<Steps> {
        window.check(Self::NAME, site.shape)?;
        let Window { top, left, height, width } = window;
        Ok(Place::crop(top, left, height, width).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let sides = [[0.1, 0.1, 0.1, 0.1], [0.0, 0.5, 0.2, 0.0], [0.25, 0.25, 0.5, 0.0]];
        let crop = |sides: [f64; 4]| {
            let [crop_left, crop_right, crop_top, crop_bottom] = sides.map(Within::new);
            RandomCropFromBorders { crop_left, crop_right, crop_top, crop_bottom }
        };
        sides.map(crop).into()
    }
}
