//! Bends straight lines as a lens does.
//!
//! About the centre of an image of W x H, in edge coordinates, the output reads the input at the
//! distance times f, k = `strength`:
//!
//! ```text
//! camera     q = dx dx (1 / (W W)) + dy dy (1 / (H H))             f = (q k + k) q + 1
//! fisheye    q = dx dx c + dy dy c, c = 4 / (W W + H H)            f = (q 0 + k) q + 1
//! ```
//!
//! q at the corners is 1/2, or 1. k above 0: the image shrinks, the more the farther from the
//! centre; below 0 it grows. Below -4/11 (camera) and -1/3 (fisheye) it would fold over itself.
//! kernels/warp/radial.rs says how pixels and points go by these, kernels/warp.rs has borders and
//! rounding. Draws: `strength`, a range of `distort_limit`. Source: OpenCV's
//! `initUndistortRectifyMap` with the camera matrix diag(W, H) about the centre and k1 = k2 = k,
//! and Albumentations' op of this name, whose centre is half a pixel off.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Fills, Op};
use crate::bounds::{FillValue, List, Range, Within, bounds};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::border::Border;
use crate::kernels::fill::Fill;
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::warp::{Interpolation, Radial, Warp};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::targets::map::Map;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpticalDistortion {
    pub distort_limit: Range<Strength>,
    pub mode: Mode,
    pub interpolation: Interpolation,
    pub border: Border,
    pub fill: List<FillValue>,
    pub fill_mask: f64,
}

/// What the distance counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Parts of width and height, and their squares.
    Camera,
    /// Parts of the diagonal.
    Fisheye,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub strength: Within<Strength>,
}

bounds! {
    Strength: f64 = -0.33..=4.0, "", folds;
}

fn folds(given: &[f64]) -> Option<String> {
    let least = given.iter().copied().fold(0.0, f64::min);
    (least < -0.33).then(|| "below, the image would fold over itself".into())
}

impl Op for OpticalDistortion {
    const NAME: &'static str = "OpticalDistortion";
    type Params = Params;

    fn fills(&self) -> Option<Fills<'_>> {
        let shown = self.border == Border::Constant;
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown })
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { strength: self.distort_limit.draw(draws) })
    }

    fn apply(&self, Params { strength }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let size = [site.shape.height, site.shape.width];
        let ([h, w], k) = (size.map(|n| n as f64), strength.get());
        let (weights, bend) = match self.mode {
            Mode::Camera => ([1.0 / (w * w), 1.0 / (h * h)], [k, k]),
            Mode::Fisheye => ([4.0 / (w * w + h * h); 2], [k, 0.0]),
        };
        let radial = Arc::new(Radial::new(Self::NAME, size, weights, bend)?);
        let map = Map::Field(radial.clone());
        let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
        let warp = Warp::reading(radial, map, size, self.interpolation, self.border, fill);
        Ok(Step::Move(Box::new(warp)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        use {Border::*, Interpolation::*};
        let bent = |distort_limit, mode, interpolation, border| OpticalDistortion {
            distort_limit: Range::new(distort_limit),
            mode,
            interpolation,
            border,
            fill: List::new((0..shape.channels).map(|c| 0.7 + 40.0 * c as f64).collect()),
            fill_mask: 7.0,
        };
        vec![
            bent([0.3, 1.0], Mode::Camera, Bilinear, Constant),
            bent([-0.33, -0.2], Mode::Camera, Bilinear, Reflect101),
            bent([-0.33, -0.2], Mode::Fisheye, Nearest, Wrap),
            bent([0.2, 0.4], Mode::Fisheye, Bicubic, Edge),
            bent([4.0, 4.0], Mode::Fisheye, Bilinear, Reflect),
            bent([0.0, 0.0], Mode::Camera, Bicubic, Constant),
        ]
    }
}
