//! Scales, rotates, shears and shifts the image about its centre; the size stays.
//!
//! In coordinates of edges, y down, a point p of the input comes to lie at M p,
//!
//! ```text
//! M = T C R S Hy Hx C^-1     T = shift by (translate_x, translate_y)    C = shift by (W/2, H/2)
//! R = [ cos r, sin r]  S = scale  Hy = [1,        0]  Hx = [1, tan shear_x]    r = rotate
//!     [-sin r, cos r]                  [tan shear_y, 1]       [0,           1]
//! ```
//!
//! so a positive rotation turns counter-clockwise as seen. Source: torchvision's `affine`, with
//! angle and shear negated. With u = tan shear_x, v = tan shear_y, k = 1 + u v, all f64 in the
//! order written, the map that the kernel reads through is
//!
//! ```text
//! R Hy Hx = [p, q] = [cos r + sin r v, cos r u + sin r k]
//!           [t, w]   [cos r v - sin r, cos r k - sin r u]
//! [m0, m1, m3, m4] = [w, -q, -t, p] / scale
//! m2 = W/2 - (m0 (W/2 + translate_x) + m1 (H/2 + translate_y))
//! m5 = H/2 - (m3 (W/2 + translate_x) + m4 (H/2 + translate_y))
//! ```
//!
//! Sine, cosine and tangent: detmath's of degrees. Pixels, borders and rounding: kernels/warp.rs.
//! `translate` is in fractions of width and height; the parameters hold pixels: fraction * size.
//! Draws: `scale`, `rotate`, `translate[0]`, `translate[1]`, `shear[0]`, `shear[1]`, one word each.

use serde::{Deserialize, Serialize};

use std::ops::Bound::Excluded;

use super::{Fills, Op};
use crate::bounds::{FillValue, List, Range, Within, bounds};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::border::Border;
use crate::kernels::fill::Fill;
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::warp::{Interpolation, Warp};
use crate::maths::detmath::{sin_cos_deg, tan_deg};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::targets::map;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Affine {
    pub scale: Range<Scale>,
    /// Counter-clockwise.
    pub rotate: Range<Degrees>,
    /// Along x and y, in fractions of width and height.
    pub translate: [Range<Translate>; 2],
    /// Along x and y.
    pub shear: [Range<Shear>; 2],
    pub interpolation: Interpolation,
    pub border: Border,
    pub fill: List<FillValue>,
    pub fill_mask: f64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub scale: Within<Scale>,
    pub rotate: Within<Degrees>,
    pub translate_x: Within<Distance>,
    pub translate_y: Within<Distance>,
    pub shear_x: Within<Shear>,
    pub shear_y: Within<Shear>,
}

bounds! {
    Scale: f64 = 1e-6..=1e6;
    Degrees: f64 = -360.0..=360.0, "degrees";
    Translate: f64 = -1e6..=1e6, "parts of the image";
    Distance: f64 = .., "pixels";
    Shear: f64 = (Excluded(-90.0), Excluded(90.0)), "degrees";
}

/// From the output back to the input.
fn inverse(params: &Params, shape: Shape) -> map::Affine {
    let &Params { scale, rotate, translate_x, translate_y, shear_x, shear_y } = params;
    let (sin, cos) = sin_cos_deg(rotate.get());
    let (u, v) = (tan_deg(shear_x.get()), tan_deg(shear_y.get()));
    let k = 1.0 + u * v;
    let (p, q) = (cos + sin * v, cos * u + sin * k);
    let (t, w) = (cos * v - sin, cos * k - sin * u);
    let [a, b, d, e] = [w, -q, -t, p].map(|m| m / scale.get());
    let (x, y) = (shape.width as f64 / 2.0, shape.height as f64 / 2.0);
    let (to_x, to_y) = (x + translate_x.get(), y + translate_y.get());
    map::Affine([a, b, x - (a * to_x + b * to_y), d, e, y - (d * to_x + e * to_y)])
}

impl Op for Affine {
    const NAME: &'static str = "Affine";
    type Params = Params;

    fn fills(&self) -> Option<Fills<'_>> {
        let shown = self.border == Border::Constant;
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown })
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let distance = |part: Within<Translate>, side| Within::new(part.get() * side as f64);
        Ok(Params {
            scale: self.scale.draw(draws),
            rotate: self.rotate.draw(draws),
            translate_x: distance(self.translate[0].draw(draws), site.shape.width),
            translate_y: distance(self.translate[1].draw(draws), site.shape.height),
            shear_x: self.shear[0].draw(draws),
            shear_y: self.shear[1].draw(draws),
        })
    }

    fn apply(&self, params: Params, site: &Site, _: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
        let map = inverse(&params, site.shape);
        let size = [height, width];
        let warp = Warp::new(Self::NAME, map, size, self.interpolation, self.border, fill)?;
        Ok(Step::Move(Box::new(warp)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        use {Border::*, Interpolation::*};
        let strong = |interpolation, border| Affine {
            scale: Range::new([0.4, 2.0]),
            rotate: Range::new([-180.0, 180.0]),
            translate: [[-0.2, 0.2], [-0.2, 0.2]].map(Range::new),
            shear: [[-20.0, 20.0], [-10.0, 10.0]].map(Range::new),
            interpolation,
            border,
            fill: List::new((0..shape.channels).map(|c| 0.7 + 40.0 * c as f64).collect()),
            fill_mask: 7.0,
        };
        let mild = |interpolation, border| Affine {
            scale: Range::new([0.9, 1.1]),
            rotate: Range::new([-10.0, 10.0]),
            translate: [[0.0, 0.05], [-0.05, 0.0]].map(Range::new),
            shear: [[0.0, 0.0], [0.0, 0.0]].map(Range::new),
            fill: List::new(vec![250.0]),
            ..strong(interpolation, border)
        };
        vec![
            strong(Nearest, Constant),
            strong(Nearest, Reflect),
            strong(Bilinear, Constant),
            strong(Bilinear, Wrap),
            mild(Bilinear, Reflect101),
            mild(Bilinear, Edge),
            strong(Bicubic, Reflect),
            strong(Bicubic, Edge),
            mild(Bicubic, Constant),
            Affine {
                scale: Range::new([1.0, 1.0]),
                rotate: Range::new([90.0, 90.0]),
                ..mild(Bicubic, Reflect101)
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};

    fn site() -> Site {
        Site::new(Shape::new(4, 6, 3), DType::U8)
    }

    fn op() -> Affine {
        Affine::examples(site().shape).remove(2)
    }

    fn params() -> Params {
        Params {
            scale: Within::new(1.0),
            rotate: Within::new(0.0),
            translate_x: Within::new(0.0),
            translate_y: Within::new(0.0),
            shear_x: Within::new(0.0),
            shear_y: Within::new(0.0),
        }
    }

    fn forward(params: Params, point: [f64; 2]) -> [f64; 2] {
        let step = op().apply(params, &site(), Noise::default()).unwrap().only();
        step.geometry().unwrap().map().forward(point)
    }

    #[test]
    fn each_parameter_moves_a_point_as_its_name_says() {
        let right = [5.0, 2.0]; // two pixels right of the centre
        assert_eq!(forward(params(), right), right);
        let forward = |change: &dyn Fn(&mut Params), point| {
            let mut params = params();
            change(&mut params);
            forward(params, point)
        };
        assert_eq!(forward(&|params| params.scale = Within::new(0.5), right), [4.0, 2.0]);
        assert_eq!(forward(&|params| params.rotate = Within::new(90.0), right), [3.0, 0.0]);
        assert_eq!(forward(&|params| params.translate_x = Within::new(1.5), right), [6.5, 2.0]);
        assert_eq!(forward(&|params| params.translate_y = Within::new(1.5), right), [5.0, 3.5]);
        assert_eq!(forward(&|params| params.shear_x = Within::new(45.0), [3.0, 3.0]), [4.0, 3.0]);
        assert_eq!(forward(&|params| params.shear_y = Within::new(45.0), right), [5.0, 4.0]);
    }

    #[test]
    fn ranges_are_checked() {
        for (field, value) in [
            ("scale", json!([0.0, 1.0])),
            ("scale", json!([1.0, 1e7])),
            ("rotate", json!([-361.0, 0.0])),
            ("rotate", json!([5.0, -5.0])),
            ("shear", json!([[0.0, 0.0], [-90.0, 0.0]])),
            ("shear", json!([[0.0, 90.0], [0.0, 0.0]])),
            ("translate", json!([[0.0, 0.0], [0.0, 1e7]])),
        ] {
            let message = refusal(&op(), field, value);
            assert!(message.starts_with(&format!("Affine: {field}=")), "{message}");
        }
    }

    #[test]
    fn edited_parameters_are_checked() {
        for (field, value) in [
            ("scale", 0.0),
            ("scale", 1e-12),
            ("scale", 1e200),
            ("scale", 5e-324),
            ("rotate", 360.5),
            ("translate_x", 1e300),
            ("translate_y", -1e300),
            ("shear_x", 90.0),
            ("shear_x", 89.99999999999999),
        ] {
            let mut params = json!(params());
            params[field] = json!(value);
            assert!(edited(&op(), &site(), params).is_err(), "{field} {value}");
        }
    }
}
