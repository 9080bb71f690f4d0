//! Cuts a window of a fixed size at a random place.
//!
//! Output (y, x) is input (top + y, left + x). Refused where the window is larger than the image.
//! Draws: `top` = below(H - height + 1), `left` = below(W - width + 1).

use serde::{Deserialize, Serialize};

use super::Op;
use crate::bounds::{Pixels, Within};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::place::Place;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomCrop {
    pub height: Within<Pixels>,
    pub width: Within<Pixels>,
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

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let [height, width] = self.window();
        check_fits(Self::NAME, [height, width], site.shape)?;
        let top = draws.below((site.shape.height - height + 1) as u64) as usize;
        let left = draws.below((site.shape.width - width + 1) as u64) as usize;
        Ok(Params { top, left })
    }

    fn apply(&self, Params { top, left }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let ([height, width], shape) = (self.window(), site.shape);
        check_fits(Self::NAME, [height, width], shape)?;
        if top > shape.height - height || left > shape.width - width {
            let most = format!("at most {}, {}", shape.height - height, shape.width - width);
            let value = format!("{top}, {left}");
            return Err(Error::argument(Self::NAME, "top, left", value, most));
        }
        Ok(Step::Place(Place::crop(top, left, height, width)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let part = |n: usize| n.div_ceil(2);
        let sizes = [[part(shape.height), part(shape.width)], [1, shape.width]];
        let sizes = sizes.map(|size| size.map(Within::new));
        sizes.map(|[height, width]| RandomCrop { height, width }).into()
    }
}
