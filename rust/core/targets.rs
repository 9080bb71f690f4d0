//! Boxes and points that move with the image, by the maps of its geometric steps.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::image::Shape;
use crate::memory;
use crate::step::Step;

/// How boxes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BboxFormat {
    /// left, top, right, bottom, in pixels
    #[default]
    PascalVoc,
    /// left, top, width, height, in pixels
    Coco,
    /// centre x, centre y, width, height, as fractions of the image
    Yolo,
    /// left, top, right, bottom, as fractions of the image
    Albumentations,
}

/// How boxes are written, and which of them are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BboxParams {
    pub format: BboxFormat,
    /// Least area after the transform, in pixels.
    pub min_area: f64,
    /// Least part of the transformed box that lies within the image.
    pub min_visibility: f64,
}

impl BboxParams {
    pub fn from_value(value: Value) -> Result<Self> {
        let params: BboxParams = Error::reading("BboxParams", value)?;
        let BboxParams { min_area, min_visibility, .. } = params;
        if !(min_area.is_finite() && min_area >= 0.0) {
            return Err(Error::argument("BboxParams", "min_area", min_area, "finite, at least 0"));
        }
        if !(0.0..=1.0).contains(&min_visibility) {
            let allowed = "a fraction, 0 to 1";
            return Err(Error::argument("BboxParams", "min_visibility", min_visibility, allowed));
        }
        Ok(params)
    }

    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("plain data")
    }

    /// Moves boxes; gives those that are left and their positions in the input.
    ///
    /// Each geometric step maps the four corners, takes the box around them and clips it to its
    /// output. A box is dropped when nothing of it is left, its area is below `min_area`, or the
    /// part of it that is left is below `min_visibility` of what it would be without clipping.
    pub fn run(
        &self,
        steps: &[Step],
        shape: Shape,
        boxes: &[[f64; 4]],
    ) -> Result<(Vec<[f64; 4]>, Vec<i64>)> {
        let mut moved = memory::room(boxes.len(), BOXES)?;
        let mut kept = memory::room(boxes.len(), BOXES)?;
        let corners = boxes.iter().enumerate().map(|(i, &b)| self.corners(i, b, shape));
        let corners = memory::try_collect(corners, BOXES)?;
        for (position, corners) in corners.into_iter().enumerate() {
            let mut size = [shape.height, shape.width];
            let mut whole = corners;
            let mut clipped = clip(corners, size);
            for geometry in steps.iter().filter_map(Step::geometry) {
                size = geometry.size();
                whole = around(whole, |p| geometry.map().forward(p));
                clipped = clip(around(clipped, |p| geometry.map().forward(p)), size);
            }
            let left = area(clipped);
            // Of a box without bounds any part is visible if no part is asked for.
            let hidden = self.min_visibility > 0.0 && left < self.min_visibility * area(whole);
            if left > 0.0 && left >= self.min_area && !hidden {
                moved.push(self.written(clipped, size));
                kept.push(position as i64);
            }
        }
        Ok((moved, kept))
    }

    /// Left, top, right, bottom in pixels.
    fn corners(&self, position: usize, [a, b, c, d]: [f64; 4], shape: Shape) -> Result<[f64; 4]> {
        let (w, h) = (shape.width as f64, shape.height as f64);
        let corners = match self.format {
            BboxFormat::PascalVoc => [a, b, c, d],
            BboxFormat::Coco => [a, b, a + c, b + d],
            BboxFormat::Yolo => {
                [(a - c / 2.0) * w, (b - d / 2.0) * h, (a + c / 2.0) * w, (b + d / 2.0) * h]
            }
            BboxFormat::Albumentations => [a * w, b * h, c * w, d * h],
        };
        let [left, top, right, bottom] = corners;
        if corners.iter().all(|v| v.is_finite()) && left <= right && top <= bottom {
            return Ok(corners);
        }
        let value = format!("[{a}, {b}, {c}, {d}]");
        let allowed = "finite, and neither width nor height negative";
        Err(Error::argument("bboxes", format_args!("[{position}]"), value, allowed))
    }

    fn written(&self, [left, top, right, bottom]: [f64; 4], [h, w]: [usize; 2]) -> [f64; 4] {
        let (w, h) = (w as f64, h as f64);
        match self.format {
            BboxFormat::PascalVoc => [left, top, right, bottom],
            BboxFormat::Coco => [left, top, right - left, bottom - top],
            BboxFormat::Yolo => [
                (left + right) / 2.0 / w,
                (top + bottom) / 2.0 / h,
                (right - left) / w,
                (bottom - top) / h,
            ],
            BboxFormat::Albumentations => [left / w, top / h, right / w, bottom / h],
        }
    }
}

const BOXES: &str = "the boxes";

/// The upright box around a box's mapped corners.
fn around([l, t, r, b]: [f64; 4], map: impl Fn([f64; 2]) -> [f64; 2]) -> [f64; 4] {
    let corners = [map([l, t]), map([r, t]), map([l, b]), map([r, b])];
    let mut out = [corners[0][0], corners[0][1], corners[0][0], corners[0][1]];
    for [x, y] in corners {
        out = [out[0].min(x), out[1].min(y), out[2].max(x), out[3].max(y)];
    }
    out
}

fn clip([l, t, r, b]: [f64; 4], [height, width]: [usize; 2]) -> [f64; 4] {
    let (w, h) = (width as f64, height as f64);
    [l.clamp(0.0, w), t.clamp(0.0, h), r.clamp(0.0, w), b.clamp(0.0, h)]
}

fn area([l, t, r, b]: [f64; 4]) -> f64 {
    (r - l) * (b - t)
}

/// Moves points given as pixel indices: the centre of pixel (x, y) is at (x + 0.5, y + 0.5) of the
/// map. All are kept, also those that leave the image.
pub fn points(steps: &[Step], points: &mut [[f64; 2]]) {
    for geometry in steps.iter().filter_map(Step::geometry) {
        let map = geometry.map();
        for point in &mut *points {
            let [x, y] = map.forward([point[0] + 0.5, point[1] + 0.5]);
            *point = [x - 0.5, y - 0.5];
        }
    }
}
