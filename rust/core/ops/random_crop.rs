//! Cuts a window of a fixed size at a random place.
//!
//! Output (y, x) is input (top + y, left + x). Draws: `top` = below(H - height + 1), `left` =
//! below(W - width + 1). Refused where the window is larger than the image.

use serde::{Deserialize, Serialize};

use super::{Op, check_size};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::place::Place;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomCrop {
    pub height: usize,
    pub width: usize,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub top: usize,
    pub left: usize,
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

impl Op for RandomCrop {
    const NAME: &'static str = "RandomCrop";
    type Params = Params;

    fn check(&self) -> Result<()> {
        check_size(Self::NAME, "height, width", [self.height, self.width])
    }

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Some([self.height, self.width])
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        check_fits(Self::NAME, [self.height, self.width], site.shape)?;
        let top = draws.below((site.shape.height - self.height + 1) as u64) as usize;
        let left = draws.below((site.shape.width - self.width + 1) as u64) as usize;
        Ok(Params { top, left })
    }

    fn apply(&self, Params { top, left }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        check_fits(Self::NAME, [self.height, self.width], site.shape)?;
        if top > height - self.height || left > width - self.width {
            let most = format!("at most {}, {}", height - self.height, width - self.width);
            let value = format!("{top}, {left}");
            return Err(Error::argument(Self::NAME, "top, left", value, most));
        }
        Ok(Step::Place(Place::crop(top, left, self.height, self.width)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let part = |n: usize| n.div_ceil(2);
        vec![
            RandomCrop { height: part(shape.height), width: part(shape.width) },
            RandomCrop { height: 1, width: shape.width },
        ]
    }
}
