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
//! Draws: `scale`, `rotate`, `translate[0]`, `translate[1]`, `shear[0]`, `shear[1]`, one word each.
//! `translate` is in fractions of width and height; the parameters hold pixels: fraction * size.

use serde::{Deserialize, Serialize};

use super::{Fills, Op, check_range};
use crate::error::{Error, Result};
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
    pub scale: [f64; 2],
    /// Degrees, counter-clockwise.
    pub rotate: [f64; 2],
    /// Along x and y, in fractions of width and height.
    pub translate: [[f64; 2]; 2],
    /// Along x and y, in degrees.
    pub shear: [[f64; 2]; 2],
    pub interpolation: Interpolation,
    pub border: Border,
    pub fill: Vec<f64>,
    pub fill_mask: f64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub scale: f64,
    pub rotate: f64,
    /// In pixels.
    pub translate_x: f64,
    pub translate_y: f64,
    pub shear_x: f64,
    pub shear_y: f64,
}

const SCALE: [f64; 2] = [1e-6, 1e6];
const TRANSLATE: [f64; 2] = [-1e6, 1e6];
const ANYTHING: [f64; 2] = [f64::NEG_INFINITY, f64::INFINITY];

/// The ranges of a configuration, or parameters as ranges of one value.
fn check(scale: [f64; 2], rotate: [f64; 2], shear: [[f64; 2]; 2]) -> Result<()> {
    let op = Affine::NAME;
    check_range(op, "scale", scale, SCALE)?;
    check_range(op, "rotate", rotate, [-360.0, 360.0])?;
    for shear in shear {
        check_range(op, "shear", shear, ANYTHING)?;
        if !(-90.0 < shear[0] && shear[1] < 90.0) {
            let value = format!("({}, {})", shear[0], shear[1]);
            return Err(Error::argument(op, "shear", value, "more than -90, less than 90 degrees"));
        }
    }
    Ok(())
}

/// From the output back to the input.
fn inverse(params: &Params, shape: Shape) -> map::Affine {
    let &Params { scale, rotate, translate_x, translate_y, shear_x, shear_y } = params;
    let (sin, cos) = sin_cos_deg(rotate);
    let (u, v) = (tan_deg(shear_x), tan_deg(shear_y));
    let k = 1.0 + u * v;
    let (p, q) = (cos + sin * v, cos * u + sin * k);
    let (t, w) = (cos * v - sin, cos * k - sin * u);
    let [a, b, d, e] = [w, -q, -t, p].map(|m| m / scale);
    let (x, y) = (shape.width as f64 / 2.0, shape.height as f64 / 2.0);
    let (to_x, to_y) = (x + translate_x, y + translate_y);
    map::Affine([a, b, x - (a * to_x + b * to_y), d, e, y - (d * to_x + e * to_y)])
}

impl Op for Affine {
    const NAME: &'static str = "Affine";
    type Params = Params;

    fn check(&self) -> Result<()> {
        check(self.scale, self.rotate, self.shear)?;
        for translate in self.translate {
            check_range(Self::NAME, "translate", translate, TRANSLATE)?;
        }
        Ok(())
    }

    fn fills(&self) -> Option<Fills<'_>> {
        let shown = self.border == Border::Constant;
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown })
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params {
            scale: draws.range(self.scale),
            rotate: draws.range(self.rotate),
            translate_x: draws.range(self.translate[0]) * site.shape.width as f64,
            translate_y: draws.range(self.translate[1]) * site.shape.height as f64,
            shear_x: draws.range(self.shear[0]),
            shear_y: draws.range(self.shear[1]),
        })
    }

    fn apply(&self, params: Params, site: &Site, _: Noise) -> Result<Steps> {
        let Params { scale, rotate, translate_x, translate_y, shear_x, shear_y } = params;
        check([scale; 2], [rotate; 2], [[shear_x; 2], [shear_y; 2]])?;
        check_range(Self::NAME, "translate_x", [translate_x; 2], ANYTHING)?;
        check_range(Self::NAME, "translate_y", [translate_y; 2], ANYTHING)?;
        let Shape { height, width, .. } = site.shape;
        let fill = Fill { image: self.fill.clone(), mask: self.fill_mask };
        let map = inverse(&params, site.shape);
        let size = [height, width];
        let warp = Warp::new(Self::NAME, map, size, self.interpolation, self.border, fill)?;
        Ok(Step::Move(Box::new(warp)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        use {Border::*, Interpolation::*};
        let strong = |interpolation, border| Affine {
            scale: [0.4, 2.0],
            rotate: [-180.0, 180.0],
            translate: [[-0.2, 0.2], [-0.2, 0.2]],
            shear: [[-20.0, 20.0], [-10.0, 10.0]],
            interpolation,
            border,
            fill: (0..shape.channels).map(|c| 0.7 + 40.0 * c as f64).collect(),
            fill_mask: 7.0,
        };
        let mild = |interpolation, border| Affine {
            scale: [0.9, 1.1],
            rotate: [-10.0, 10.0],
            translate: [[0.0, 0.05], [-0.05, 0.0]],
            shear: [[0.0, 0.0], [0.0, 0.0]],
            fill: vec![250.0],
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
            Affine { scale: [1.0, 1.0], rotate: [90.0, 90.0], ..mild(Bicubic, Reflect101) },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::DType;

    fn site() -> Site {
        Site::new(Shape::new(4, 6, 3), DType::U8)
    }

    fn op() -> Affine {
        Affine::examples(site().shape).remove(2)
    }

    fn params() -> Params {
        Params {
            scale: 1.0,
            rotate: 0.0,
            translate_x: 0.0,
            translate_y: 0.0,
            shear_x: 0.0,
            shear_y: 0.0,
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
        assert_eq!(forward(Params { scale: 0.5, ..params() }, right), [4.0, 2.0]);
        assert_eq!(forward(Params { rotate: 90.0, ..params() }, right), [3.0, 0.0]);
        assert_eq!(forward(Params { translate_x: 1.5, ..params() }, right), [6.5, 2.0]);
        assert_eq!(forward(Params { translate_y: 1.5, ..params() }, right), [5.0, 3.5]);
        assert_eq!(forward(Params { shear_x: 45.0, ..params() }, [3.0, 3.0]), [4.0, 3.0]);
        assert_eq!(forward(Params { shear_y: 45.0, ..params() }, right), [5.0, 4.0]);
    }

    #[test]
    fn ranges_are_checked() {
        let refused = |change: &dyn Fn(&mut Affine), field: &str| {
            let mut op = op();
            change(&mut op);
            let message = op.check().unwrap_err().to_string();
            assert!(message.starts_with(&format!("Affine: {field}=")), "{message}");
        };
        assert!(op().check().is_ok());
        refused(&|op| op.scale = [0.0, 1.0], "scale");
        refused(&|op| op.scale = [1.0, f64::INFINITY], "scale");
        refused(&|op| op.rotate = [-361.0, 0.0], "rotate");
        refused(&|op| op.rotate = [5.0, -5.0], "rotate");
        refused(&|op| op.shear[1] = [-90.0, 0.0], "shear");
        refused(&|op| op.shear[0] = [0.0, f64::NAN], "shear");
        refused(&|op| op.translate[1] = [0.0, f64::NAN], "translate");
    }

    #[test]
    fn edited_parameters_are_checked() {
        for edited in [
            Params { scale: 0.0, ..params() },
            Params { scale: 1e-12, ..params() },
            Params { scale: 1e200, ..params() },
            Params { scale: 5e-324, ..params() },
            Params { rotate: f64::NAN, ..params() },
            Params { translate_x: 1e300, ..params() },
            Params { translate_y: f64::NEG_INFINITY, ..params() },
            Params { shear_x: 90.0, ..params() },
            Params { shear_x: 89.99999999999999, ..params() },
        ] {
            let what = format!("{edited:?}");
            assert!(op().apply(edited, &site(), Noise::default()).is_err(), "{what}");
        }
    }
}
