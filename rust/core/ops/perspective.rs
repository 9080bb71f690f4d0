//! Sees the image as from another side: a quadrilateral and a rectangle made one another.
//!
//! Four corners P0 (upper left), P1 (upper right), P2 (lower right), P3 (lower left), in edge
//! coordinates of the W x H image; drawn ones lie inside it, x and y each `distortion` times a
//! uniform number, as a part of W or H, from the image's own corner. The map of the unit square to
//! them, in homogeneous coordinates (Heckbert, "Fundamentals of Texture Mapping and Image Warping",
//! 1989), in f64:
//!
//! ```text
//! sx = ((x0 - x1) + x2) - x3    ax = x1 - x2    bx = x3 - x2    the same with y
//! den = ax by - bx ay    g = (sx by - bx sy) / den    h = (ax sy - sx ay) / den
//! Q = [(x1 - x0) + g x1, (x3 - x0) + h x3, x0]
//!     [(y1 - y0) + g y1, (y3 - y0) + h y3, y0]
//!     [       g        ,        h        ,  1]
//! ```
//!
//! `direction` in: the quadrilateral is stretched to the frame. B, from the output back to the
//! input, is Q with its first column divided by W' and its second by H'; F, from the input to the
//! output, is B inverted: the adjugate over the determinant. Out: the image is squeezed into the
//! quadrilateral. F is Q with its columns divided by W and H, B its adjugate.
//!
//! ```text
//! output   W', H'
//! same     W, H
//! fit      max(1, ceil(r - l - 2^-20)), max(1, ceil(b - t - 2^-20)): all of the image is inside
//! shrink   W, H: as same, scaled down about the centre until all of the image is inside
//! quad     in alone: max(1, round(the longer of |P0 P1| and |P3 P2|)), the same of |P0 P3|, |P1 P2|
//! ```
//!
//! with l, t, r, b the least box around the image's corners under F at W' = W, H' = H, all of which
//! must lie in front of the horizon. Then each row [p, q, k] of B is replaced by
//! [p / s, q / s, (p tx + q ty) + k]:
//!
//! ```text
//! fit      s = 1                                  tx = (l + r) / 2 - W'/2
//! shrink   s = the least of 1, (W/2) / max(W/2 - l, r - W/2) and the same along y, where a quotient
//!          above 1 - 2^-20 counts as 1            tx = W/2 - (W/2) / s
//! ```
//!
//! and ty the same. Last, B is divided by its depth at the output's centre. Coordinates of pixels:
//! kernels/warp/projective.rs; borders and rounding: kernels/warp.rs. Draws: the distortion d, a
//! range; then eight numbers u for x and y of P0, P1, P2, P3, the offset being (d u) W or (d u) H.
//!
//! Sources: Albumentations' Perspective, whose look `in` has, but for the distribution;
//! torchvision's RandomPerspective is `out` with half its distortion_scale. Up to a distortion of
//! 1/3 every quadrilateral is convex.

use serde::{Deserialize, Serialize};

use super::{Fills, Op};
use crate::bounds::{FillValue, List, Range, bounds};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::border::Border;
use crate::kernels::fill::Fill;
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::warp::{Interpolation, Warp};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::targets::map::Projective;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Perspective {
    /// Largest offsets of the corners, as parts of the sides.
    pub distortion: Range<Distortion>,
    pub direction: Direction,
    pub output: Output,
    pub interpolation: Interpolation,
    pub border: Border,
    pub fill: List<FillValue>,
    pub fill_mask: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    In,
    Out,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    Same,
    Fit,
    Shrink,
    Quad,
}

/// x and y of a point.
type Point = [f64; 2];

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Upper left, upper right, lower right, lower left, in edge coordinates.
    pub corners: [Point; 4],
}

/// Beyond it quadrilaterals need not be convex.
const MOST: f64 = 1.0 / 3.0;

bounds! {
    Distortion: f64 = 0.0..=MOST, "parts of the image";
}

/// Up to it all corners of the image lie in front of the horizon, and an output that holds them is
/// not thrice as large.
const MOST_WHOLE: f64 = 0.2;
const FARTHEST: f64 = (1 << 30) as f64;
/// Of a pixel or a factor: what rounding may add to a whole one.
const SLACK: f64 = 1.0 / (1 << 20) as f64;

/// Whether the corners are those of a convex quadrilateral, clockwise as seen.
fn is_convex(corners: [Point; 4]) -> bool {
    (0..4).all(|i| {
        let [a, b, c] = [i, i + 1, i + 2].map(|i| corners[i % 4]);
        (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]) > 0.0
    })
}

/// From a rectangle of this width and height at the origin to the quadrilateral.
fn to_quadrilateral([p0, p1, p2, p3]: [Point; 4], width: f64, height: f64) -> Projective {
    let [[sx, ax, bx], [sy, ay, by]] =
        [0, 1].map(|k| [((p0[k] - p1[k]) + p2[k]) - p3[k], p1[k] - p2[k], p3[k] - p2[k]]);
    let den = ax * by - bx * ay;
    let (g, h) = ((sx * by - bx * sy) / den, (ax * sy - sx * ay) / den);
    let [x, y] = [0, 1].map(|k| [(p1[k] - p0[k]) + g * p1[k], (p3[k] - p0[k]) + h * p3[k], p0[k]]);
    let [x, y, w] = [x, y, [g, h, 1.0]].map(|[a, b, c]| [a / width, b / height, c]);
    Projective([x[0], x[1], x[2], y[0], y[1], y[2], w[0], w[1], w[2]])
}

/// An output of another size, and where it lies: its point (x, y) is (x, y) / scale + shift of the
/// first one.
struct Frame {
    size: [usize; 2],
    scale: f64,
    shift: Point,
}

impl Perspective {
    /// How much the sides of the image, of height and width `size`, make of the map to the output.
    fn frame(&self, there: &Projective, size: [usize; 2]) -> Result<Frame> {
        let sides = [size[1], size[0]].map(|n| n as f64);
        let [w, h] = sides;
        let corners = [[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]];
        if corners.iter().any(|&corner| there.depth(corner) <= 0.0) {
            let message = "a corner of the image lies behind the horizon, so that no output holds \
                           all of it; write output=\"same\"";
            return Err(Error::refused(Self::NAME, message));
        }
        let corners = corners.map(|corner| there.forward(corner));
        // Least and largest along x and y.
        let hull = [0, 1].map(|k| {
            let along = corners.map(|corner| corner[k]);
            [along.into_iter().fold(along[0], f64::min), along.into_iter().fold(along[0], f64::max)]
        });
        if self.output == Output::Fit {
            let [width, height] = hull.map(|[lo, hi]| (hi - lo - SLACK).ceil().max(1.0));
            let [x, y] = hull.map(|[lo, hi]| (lo + hi) / 2.0);
            let shift = [x - width / 2.0, y - height / 2.0];
            return Ok(Frame { size: [height as usize, width as usize], scale: 1.0, shift });
        }
        let scale = sides.into_iter().zip(hull).fold(1.0_f64, |scale, (side, [lo, hi])| {
            let half = side / 2.0;
            let part = half / (half - lo).max(hi - half);
            if part > 1.0 - SLACK { scale } else { scale.min(part) }
        });
        Ok(Frame { size, scale, shift: sides.map(|side| side / 2.0 - side / 2.0 / scale) })
    }

    /// From the output back to the input, and the output's height and width.
    fn inverse(&self, corners: [Point; 4], size: [usize; 2]) -> Result<(Projective, [usize; 2])> {
        let [height, width] = size.map(|n| n as f64);
        if self.output == Output::Quad {
            let [top, right, bottom, left] = [0, 1, 2, 3].map(|i| {
                let (a, b) = (corners[i], corners[(i + 1) % 4]);
                let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
                (dx * dx + dy * dy).sqrt()
            });
            let side = |a: f64, b: f64| (a.max(b) + 0.5).floor().max(1.0);
            let [height, width] = [side(left, right), side(top, bottom)];
            let back = to_quadrilateral(corners, width, height);
            return Ok((back, [height as usize, width as usize]));
        }
        let map = to_quadrilateral(corners, width, height);
        let (back, there) = match self.direction {
            Direction::In => (map, map.inverse()),
            Direction::Out => (map.adjugate(), Some(map)),
        };
        if self.output == Output::Same {
            return Ok((back, size));
        }
        let Some(there) = there else {
            let allowed = "corners of a map that can be inverted";
            return Err(Error::argument(Self::NAME, "corners", format!("{corners:?}"), allowed));
        };
        let Frame { size, scale, shift: [x, y] } = self.frame(&there, size)?;
        let mut back = back.0;
        for row in back.chunks_exact_mut(3) {
            row[2] += row[0] * x + row[1] * y;
            row[0] /= scale;
            row[1] /= scale;
        }
        Ok((Projective(back), size))
    }
}

impl Op for Perspective {
    const NAME: &'static str = "Perspective";
    type Params = Params;

    fn check(&self) -> Result<()> {
        let [lo, hi] = self.distortion.ends();
        match (self.direction, self.output) {
            (Direction::In, Output::Fit | Output::Shrink) if hi > MOST_WHOLE => {
                let allowed = format!(
                    "at most {MOST_WHOLE} with direction=\"in\" and output=\"fit\" or \"shrink\": \
                     more may put corners of the image behind the horizon"
                );
                Err(Error::argument(Self::NAME, "distortion", format!("({lo}, {hi})"), allowed))
            }
            (Direction::Out, Output::Quad) => {
                let allowed = "\"same\", \"fit\" or \"shrink\" with direction=\"out\"";
                Err(Error::argument(Self::NAME, "output", "quad", allowed))
            }
            _ => Ok(()),
        }
    }

    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        match self.output {
            Output::Same | Output::Shrink => input,
            Output::Fit | Output::Quad => input.filter(|_| self.distortion.ends()[1] == 0.0),
        }
    }

    fn fills(&self) -> Option<Fills<'_>> {
        let shown = self.border == Border::Constant;
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown })
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let (w, h) = (site.shape.width as f64, site.shape.height as f64);
        let most = self.distortion.draw(draws).get();
        let mut corner = |right: bool, bottom: bool| {
            let [x, y] = [w, h].map(|side| draws.range([0.0, most]) * side);
            [if right { w - x } else { x }, if bottom { h - y } else { y }]
        };
        let corners =
            [corner(false, false), corner(true, false), corner(true, true), corner(false, true)];
        Ok(Params { corners })
    }

    fn apply(&self, Params { corners }: Params, site: &Site, _: Noise) -> Result<Steps> {
        if !(corners.as_flattened().iter().all(|v| v.abs() <= FARTHEST) && is_convex(corners)) {
            let allowed = "upper left, upper right, lower right and lower left corner of a convex \
                           quadrilateral, within -2^30 to 2^30";
            return Err(Error::argument(Self::NAME, "corners", format!("{corners:?}"), allowed));
        }
        let Shape { height, width, .. } = site.shape;
        let (map, size) = self.inverse(corners, [height, width])?;
        let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
        let warp = Warp::projective(Self::NAME, map, size, self.interpolation, self.border, fill)?;
        Ok(Step::Move(Box::new(warp)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        use {Border::*, Direction::*, Interpolation::*, Output::*};
        let perspective = |distortion, direction, output, interpolation, border| Perspective {
            distortion: Range::new(distortion),
            direction,
            output,
            interpolation,
            border,
            fill: List::new((0..shape.channels).map(|c| 0.7 + 40.0 * c as f64).collect()),
            fill_mask: 7.0,
        };
        vec![
            perspective([0.05, 0.15], In, Same, Bilinear, Constant),
            perspective([0.3, MOST], In, Same, Nearest, Reflect101),
            perspective([0.1, 0.2], In, Fit, Bilinear, Edge),
            perspective([0.1, 0.2], In, Shrink, Bicubic, Constant),
            perspective([0.0, 0.3], In, Quad, Bilinear, Wrap),
            perspective([0.2, 0.3], Out, Same, Bilinear, Constant),
            perspective([0.2, 0.25], Out, Same, Bicubic, Reflect),
            perspective([0.1, 0.2], Out, Fit, Bilinear, Reflect101),
            perspective([0.1, 0.3], Out, Shrink, Nearest, Constant),
            perspective([0.0, 0.0], In, Fit, Bicubic, Constant),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::DType;
    use crate::random::philox::Field;

    const SITE: Site = Site::new(Shape::new(90, 120, 3), DType::U8);

    fn op(direction: Direction, output: Output) -> Perspective {
        let op = Perspective::examples(SITE.shape).remove(0);
        let most = if op.direction == direction { 0.2 } else { MOST };
        Perspective { distortion: Range::new([0.0, most]), direction, output, ..op }
    }

    fn draws(index: u64) -> Draws {
        let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
        draws.word();
        draws
    }

    #[test]
    fn what_is_drawn_is_convex_and_never_refused() {
        use {Direction::*, Output::*};
        let ways = [(In, Same), (In, Fit), (In, Shrink), (In, Quad), (Out, Same), (Out, Fit)];
        for (direction, output) in ways.into_iter().chain([(Out, Shrink)]) {
            let op = op(direction, output);
            for index in 0..300 {
                let params = op.sample(&SITE, &mut draws(index)).unwrap();
                assert!(is_convex(params.corners), "{params:?}");
                op.apply(params, &SITE, Noise::default()).unwrap();
            }
        }
    }

    /// The corners that the sheet of limits is about: all of them as far inside as may be, or not
    /// at all.
    #[test]
    fn the_limits_are_those_of_the_farthest_corners() {
        let corners = |which: usize, most: f64| {
            let offset = |i: usize| if which >> i & 1 == 1 { most } else { 0.0 };
            [
                [offset(0), offset(1)],
                [1.0 - offset(2), offset(3)],
                [1.0 - offset(4), 1.0 - offset(5)],
                [offset(6), 1.0 - offset(7)],
            ]
        };
        let least_depth = |most: f64| {
            (0..256).fold(f64::INFINITY, |least, which| {
                let map = to_quadrilateral(corners(which, most), 1.0, 1.0).inverse().unwrap();
                let frame = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
                frame.iter().fold(least, |least, &corner| least.min(map.depth(corner)))
            })
        };
        assert!((least_depth(MOST_WHOLE) - 1.0 / 6.0).abs() < 1e-9);
        assert!(least_depth(0.23) > 0.0 && least_depth(0.24) < 0.0);
        assert!((0..256).all(|which| is_convex(corners(which, MOST - 1e-9))));
        assert!(!(0..256).all(|which| is_convex(corners(which, MOST + 1e-9))));
    }
}
