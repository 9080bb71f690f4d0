//! One of the eight symmetries of a rectangle, each as likely: the group D4.
//!
//! ```text
//! element  output (y, x) is input     a point (x, y) moves to
//! e        (y, x)                     (x, y)
//! r90      (x, W - 1 - y)             (y, W - x)         quarter turns, counter-clockwise
//! r180     (H - 1 - y, W - 1 - x)     (W - x, H - y)
//! r270     (H - 1 - x, y)             (H - y, x)
//! v        (H - 1 - y, x)             (x, H - y)         top and bottom exchanged
//! hvt      (H - 1 - x, W - 1 - y)     (H - y, W - x)     mirrored at the other diagonal
//! h        (y, W - 1 - x)             (W - x, y)         left and right exchanged
//! t        (x, y)                     (y, x)             mirrored at the diagonal
//! ```
//!
//! W and H are the input's width and height; r90, r270, hvt and t exchange them. Draws: `element`
//! = below(8), in this order. Source: Albumentations' op of this name, NumPy's `rot90` and flips:
//! equal.

use serde::{Deserialize, Serialize};

use super::Op;
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::place::{Place, Symmetry};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct D4 {}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Element {
    E,
    R90,
    R180,
    R270,
    V,
    Hvt,
    H,
    T,
}

const ELEMENTS: [Element; 8] = {
    use Element::*;
    [E, R90, R180, R270, V, Hvt, H, T]
};

impl Element {
    fn symmetry(self) -> Symmetry {
        let (transposed, up, left) = match self {
            Element::E => (false, false, false),
            Element::R90 => (true, true, false),
            Element::R180 => (false, true, true),
            Element::R270 => (true, false, true),
            Element::V => (false, true, false),
            Element::Hvt => (true, true, true),
            Element::H => (false, false, true),
            Element::T => (true, false, false),
        };
        Symmetry { transposed, up, left }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub element: Element,
}

impl Op for D4 {
    const NAME: &'static str = "D4";
    type Params = Params;

    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        input.filter(|[height, width]| height == width)
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { element: ELEMENTS[draws.below(8) as usize] })
    }

    fn apply(&self, Params { element }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        Ok(Step::Place(Place::symmetry([height, width], element.symmetry())).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        vec![D4 {}]
    }
}
