//! Turns the image about its centre by an angle; the output's size is one of four.
//!
//! With s = |sin angle|, c = |cos angle| and the image's width W and height H, the turned image is
//! w = W c + H s wide and h = W s + H c high. In edge coordinates, y down, a point p of the input
//! comes to lie at
//!
//! ```text
//! C' S R C^-1 p    C  = shift by (W/2, H/2)      R = [ cos angle, sin angle]    S = scale
//!                  C' = shift by (W'/2, H'/2)        [-sin angle, cos angle]
//! ```
//!
//! so a positive angle turns counter-clockwise as seen. Width W', height H' and scale, in f64:
//!
//! ```text
//! output   W', H'                                      scale
//! same     W, H                                        1
//! fit      max(1, ceil(w - 2^-20)), the same with h    1
//! shrink   W, H                                        min(1, W / w, H / h), where a quotient above
//!                                                      1 - 2^-20 counts as 1
//! crop     clamp(floor(wr), 1, W), and hr with H       1
//! ```
//!
//! `crop`: wr x hr is the largest upright rectangle in the turned image. With long and short the
//! larger and smaller of W and H, where short <= 2 s c long or |s - c| < 2^-40 it touches the long
//! sides alone: (wr, hr) = (a / s, a / c), a = short / 2, if W >= H, else (a / c, a / s). Elsewhere,
//! with q = c c - s s, wr = (W c - H s) / q and hr = (H c - W s) / q. No tap of nearest and bilinear
//! that has a weight is then outside the image, if no side of it is 1; what other taps are is
//! `edge`, whatever `border` says.
//!
//! The map that the kernel reads through, in the order written:
//!
//! ```text
//! [m0, m1, m3, m4] = [cos angle, -sin angle, sin angle, cos angle] / scale
//! m2 = W/2 - (m0 (W'/2) + m1 (H'/2))    m5 = H/2 - (m3 (W'/2) + m4 (H'/2))
//! ```
//!
//! Sine and cosine: detmath's of degrees, exact at multiples of 90: where centres of pixels are
//! then read at centres of pixels, they move as they are. Pixels, borders and rounding:
//! kernels/warp.rs. Draws: `angle` = range of `limit`. Sources: torchvision's `rotate`, whose
//! `expand` is `fit`, and Albumentations' Rotate and SafeRotate, of which the latter scales x and y
//! apart.

use serde::{Deserialize, Serialize};

use super::affine::Degrees;
use super::{Fills, Op};
use crate::bounds::{FillValue, List, Range, Within};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::border::Border;
use crate::kernels::fill::Fill;
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::warp::{Interpolation, Warp};
use crate::maths::detmath::sin_cos_deg;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::targets::map::Affine;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// Counter-clockwise.
    pub limit: Range<Degrees>,
    pub output: Output,
    pub interpolation: Interpolation,
    pub border: Border,
    pub fill: List<FillValue>,
    pub fill_mask: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    Same,
    Fit,
    Shrink,
    Crop,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Counter-clockwise.
    pub angle: Within<Degrees>,
}

/// Of a pixel or a factor: what rounding may add to a whole one.
const SLACK: f64 = 1.0 / (1 << 20) as f64;

/// Sine and cosine nearer to each other than this: their difference is lost in rounding.
const DIAGONAL: f64 = 1.0 / (1_u64 << 40) as f64;

impl Output {
    /// Height and width of the output for an image of these, and the scale.
    fn frame(self, angle: f64, [height, width]: [usize; 2]) -> ([usize; 2], f64) {
        let (sin, cos) = sin_cos_deg(angle);
        let (s, c) = (sin.abs(), cos.abs());
        let (w, h) = (width as f64, height as f64);
        let (turned_w, turned_h) = (w * c + h * s, w * s + h * c);
        match self {
            Output::Same => ([height, width], 1.0),
            Output::Fit => {
                ([turned_h, turned_w].map(|n| (n - SLACK).ceil().max(1.0) as usize), 1.0)
            }
            Output::Shrink => {
                let part = (w / turned_w).min(h / turned_h);
                ([height, width], if part > 1.0 - SLACK { 1.0 } else { part })
            }
            Output::Crop => {
                let (long, short) = (w.max(h), w.min(h));
                let (inner_w, inner_h) = if short <= 2.0 * s * c * long || (s - c).abs() < DIAGONAL
                {
                    let a = short / 2.0;
                    if w >= h { (a / s, a / c) } else { (a / c, a / s) }
                } else {
                    let q = c * c - s * s;
                    ((w * c - h * s) / q, (h * c - w * s) / q)
                };
                let whole = |n: f64, most: f64| n.floor().clamp(1.0, most) as usize;
                ([whole(inner_h, h), whole(inner_w, w)], 1.0)
            }
        }
    }
}

/// From an output of this size back to the input.
fn inverse(angle: f64, scale: f64, from: [usize; 2], to: [usize; 2]) -> Affine {
    let (sin, cos) = sin_cos_deg(angle);
    let [a, b, d, e] = [cos, -sin, sin, cos].map(|m| m / scale);
    let [[y, x], [to_y, to_x]] = [from, to].map(|size| size.map(|n| n as f64 / 2.0));
    Affine([a, b, x - (a * to_x + b * to_y), d, e, y - (d * to_x + e * to_y)])
}

impl Op for Rotate {
    const NAME: &'static str = "Rotate";
    type Params = Params;

    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        let [lo, hi] = self.limit.ends();
        match self.output {
            Output::Same | Output::Shrink => input,
            Output::Fit | Output::Crop => {
                input.filter(|_| lo == hi).map(|size| self.output.frame(lo, size).0)
            }
        }
    }

    fn fills(&self) -> Option<Fills<'_>> {
        let shown = self.border == Border::Constant && self.output != Output::Crop;
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown })
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { angle: self.limit.draw(draws) })
    }

    fn apply(&self, Params { angle }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let angle = angle.get();
        let Shape { height, width, .. } = site.shape;
        let (size, scale) = self.output.frame(angle, [height, width]);
        let map = inverse(angle, scale, [height, width], size);
        let border = if self.output == Output::Crop { Border::Edge } else { self.border };
        let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
        let warp = Warp::new(Self::NAME, map, size, self.interpolation, border, fill)?;
        Ok(Step::Move(Box::new(warp)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        use {Border::*, Interpolation::*, Output::*};
        let rotate = |limit, output, interpolation, border| Rotate {
            limit: Range::new(limit),
            output,
            interpolation,
            border,
            fill: List::new((0..shape.channels).map(|c| 0.7 + 40.0 * c as f64).collect()),
            fill_mask: 7.0,
        };
        vec![
            rotate([-90.0, 90.0], Same, Bilinear, Constant),
            rotate([-360.0, 360.0], Same, Nearest, Wrap),
            rotate([-180.0, 180.0], Fit, Bilinear, Constant),
            rotate([-30.0, 30.0], Fit, Bicubic, Reflect101),
            rotate([270.0, 270.0], Fit, Nearest, Constant),
            rotate([-90.0, 90.0], Shrink, Bilinear, Constant),
            rotate([-5.0, 5.0], Shrink, Bicubic, Edge),
            rotate([-20.0, 20.0], Crop, Bilinear, Constant),
            rotate([-180.0, 180.0], Crop, Bicubic, Reflect),
        ]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};

    const OUTPUTS: [Output; 4] = [Output::Same, Output::Fit, Output::Shrink, Output::Crop];

    fn op(output: Output) -> Rotate {
        Rotate { output, ..Rotate::examples(Shape::new(4, 6, 3)).remove(0) }
    }

    fn step(output: Output, angle: f64, size: [usize; 2]) -> Result<Step> {
        let site = Site::new(Shape::new(size[0], size[1], 3), DType::U8);
        Ok(edited(&op(output), &site, json!({"angle": angle}))?.only())
    }

    #[test]
    fn a_point_turns_counter_clockwise_about_the_centre() {
        let forward = |output, angle| {
            let step = step(output, angle, [4, 6]).unwrap();
            step.geometry().unwrap().map().forward([5.0, 2.0]) // two pixels right of the centre
        };
        assert_eq!(forward(Output::Same, 0.0), [5.0, 2.0]);
        assert_eq!(forward(Output::Same, 90.0), [3.0, 0.0]);
        assert_eq!(forward(Output::Same, -90.0), [3.0, 4.0]);
        assert_eq!(forward(Output::Fit, 90.0), [2.0, 1.0]);
        assert_eq!(forward(Output::Crop, 180.0), [1.0, 2.0]);
        let [x, y] = forward(Output::Shrink, 90.0); // by 4/6
        assert!((x - 3.0).abs() < 1e-12 && (y - (2.0 - 4.0 / 3.0)).abs() < 1e-12);
    }

    #[test]
    fn sizes_are_those_of_the_formulas() {
        let size = |output: Output, angle, size| output.frame(angle, size).0;
        assert_eq!(size(Output::Fit, 45.0, [1, 1]), [2, 2]);
        assert_eq!(size(Output::Fit, 45.0, [10, 10]), [15, 15]);
        assert_eq!(size(Output::Fit, 30.0, [300, 400]), [460, 497]);
        assert_eq!(size(Output::Fit, 1e-9, [3, 8]), [3, 8]);
        assert_eq!(Output::Shrink.frame(1e-9, [3, 8]), ([3, 8], 1.0));
        assert_eq!(size(Output::Crop, 30.0, [300, 400]), [173, 300]);
        assert_eq!(size(Output::Crop, 45.0, [10, 10]), [7, 7]);
        assert_eq!(size(Output::Crop, 90.0, [4, 9]), [4, 4]);
        assert_eq!(size(Output::Crop, 1e-5, [1, 1 << 20]), [1, (1 << 20) - 1]);
        for (output, quarter) in OUTPUTS.into_iter().flat_map(|o| (-4..5).map(move |q| (o, q))) {
            let turned = if quarter % 2 == 0 { [3, 8] } else { [8, 3] };
            let got = output.frame(90.0 * f64::from(quarter), [3, 8]);
            let (want, scale) = match output {
                Output::Same => ([3, 8], 1.0),
                Output::Fit => (turned, 1.0),
                Output::Shrink => ([3, 8], if quarter % 2 == 0 { 1.0 } else { 3.0 / 8.0 }),
                Output::Crop => ([3, turned[1]], 1.0),
            };
            assert_eq!(got, (want, scale), "{output:?} {quarter}");
        }
    }

    #[test]
    fn ranges_and_edited_parameters_are_checked() {
        for limit in [[5.0, -5.0], [-361.0, 0.0], [0.0, 360.1], [-1e300, 1e300]] {
            let message = refusal(&op(Output::Fit), "limit", json!(limit));
            assert!(message.starts_with("Rotate: limit="), "{message}");
        }
        for angle in [-360.5, 1e300, f64::NAN] {
            assert!(OUTPUTS.into_iter().all(|output| step(output, angle, [4, 6]).is_err()));
        }
        // Thin images that shrink to nothing, and sides that no map reaches across.
        for size in [[1, 1 << 30], [1 << 30, 1], [1, (1 << 31) - 1]] {
            for (output, angle) in
                OUTPUTS.into_iter().flat_map(|o| [0.0, 1e-9, 45.0, 90.0, 123.0].map(|a| (o, a)))
            {
                let _ = step(output, angle, size); // an error, perhaps; no panic
            }
        }
    }
}
