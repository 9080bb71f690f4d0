//! Slides the rows of the image along themselves, or its columns, each by as much as it is away from
//! the top left corner; the size stays.
//!
//! In coordinates of edges, y down, output point (x, y) is input point
//!
//! ```text
//! axis x   (x + slope y, y)
//! axis y   (x, y + slope x)
//! ```
//!
//! Pixels, borders and rounding: kernels/warp.rs. Draws: `slope`. Source: torchvision's RandAugment:
//! equal with nearest at uint8, but where a source lies halfway between two pixels. Affine shears
//! about the centre, by degrees, and the other way.

use serde::{Deserialize, Serialize};

use super::{Fills, Op};
use crate::bounds::{FillValue, List, Range, Within, bounds};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::border::Border;
use crate::kernels::fill::Fill;
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::warp::{Interpolation, Warp};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::targets::map::Affine;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shear {
    /// Pixels along the axis for each across it.
    pub slope: Range<Slope>,
    pub axis: Axis,
    pub interpolation: Interpolation,
    pub border: Border,
    pub fill: List<FillValue>,
    pub fill_mask: f64,
}

/// What pixels move along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    X,
    Y,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub slope: Within<Slope>,
}

bounds! {
    Slope: f64 = -100.0..=100.0;
}

impl Op for Shear {
    const NAME: &'static str = "Shear";
    type Params = Params;

    fn fills(&self) -> Option<Fills<'_>> {
        let shown = self.border == Border::Constant;
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown })
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { slope: self.slope.draw(draws) })
    }

    fn apply(&self, Params { slope }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let slope = slope.get();
        let map = Affine(match self.axis {
            Axis::X => [1.0, slope, 0.0, 0.0, 1.0, 0.0],
            Axis::Y => [1.0, 0.0, 0.0, slope, 1.0, 0.0],
        });
        let Shape { height, width, .. } = site.shape;
        let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
        let size = [height, width];
        let warp = Warp::new(Self::NAME, map, size, self.interpolation, self.border, fill)?;
        Ok(Step::Move(Box::new(warp)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        use {Axis::*, Border::*, Interpolation::*};
        let shear = |slope, axis, interpolation, border| Shear {
            slope: Range::new(slope),
            axis,
            interpolation,
            border,
            fill: List::new((0..shape.channels).map(|c| 0.7 + 40.0 * c as f64).collect()),
            fill_mask: 7.0,
        };
        vec![
            shear([-0.3, 0.3], X, Nearest, Constant),
            shear([-0.99, 0.99], Y, Nearest, Constant),
            shear([0.5, 2.0], X, Bilinear, Reflect),
            shear([-1.0, -0.5], Y, Bicubic, Constant),
        ]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};

    fn op(axis: Axis) -> Shear {
        Shear { axis, ..Shear::examples(Shape::new(4, 6, 3)).remove(0) }
    }

    #[test]
    fn the_corner_stays_and_the_rest_slides() {
        let site = Site::new(Shape::new(4, 6, 3), DType::U8);
        let forward = |axis, slope, point| {
            let slope = Within::new(slope);
            let step = op(axis).apply(Params { slope }, &site, Noise::default()).unwrap().only();
            step.geometry().unwrap().map().forward(point)
        };
        for axis in [Axis::X, Axis::Y] {
            assert_eq!(forward(axis, 0.5, [0.0, 0.0]), [0.0, 0.0]);
        }
        assert_eq!(forward(Axis::X, 0.5, [4.0, 2.0]), [3.0, 2.0]);
        assert_eq!(forward(Axis::Y, -0.5, [4.0, 2.0]), [4.0, 4.0]);
        assert!(edited(&op(Axis::X), &site, json!({"slope": 101.0})).is_err());
        let message = refusal(&op(Axis::X), "slope", json!([-101.0, 0.0]));
        assert_eq!(message, "Shear: slope=(-101, 0): two numbers lo <= hi within -100 to 100");
    }
}
