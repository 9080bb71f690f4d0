//! Boxes that move with the image, by the maps of its geometric steps.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bounds::{Number, Within, bounds};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::memory;
use crate::targets::map::Map;

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

/// The least longer side of an image in which boxes of at most one pixel, all at its first one, are
/// rather fractions.
const LEAST_SIDE: usize = 4;

impl BboxFormat {
    const ALL: [BboxFormat; 4] =
        [BboxFormat::PascalVoc, BboxFormat::Coco, BboxFormat::Yolo, BboxFormat::Albumentations];

    fn name(self) -> &'static str {
        match self {
            BboxFormat::PascalVoc => "pascal_voc",
            BboxFormat::Coco => "coco",
            BboxFormat::Yolo => "yolo",
            BboxFormat::Albumentations => "albumentations",
        }
    }

    /// What its four numbers are.
    fn order(self) -> &'static str {
        match self {
            BboxFormat::PascalVoc | BboxFormat::Albumentations => "left, top, right, bottom",
            BboxFormat::Coco => "left, top, width, height",
            BboxFormat::Yolo => "centre x, centre y, width, height",
        }
    }

    fn is_fractions(self) -> bool {
        matches!(self, BboxFormat::Yolo | BboxFormat::Albumentations)
    }

    /// Left, top, right, bottom in pixels.
    fn corners(self, [a, b, c, d]: [f64; 4], shape: Shape) -> [f64; 4] {
        let (w, h) = (shape.width as f64, shape.height as f64);
        match self {
            BboxFormat::PascalVoc => [a, b, c, d],
            BboxFormat::Coco => [a, b, a + c, b + d],
            BboxFormat::Yolo => {
                [(a - c / 2.0) * w, (b - d / 2.0) * h, (a + c / 2.0) * w, (b + d / 2.0) * h]
            }
            BboxFormat::Albumentations => [a * w, b * h, c * w, d * h],
        }
    }

    /// The other formats, of pixels or of fractions as the values are, by which all boxes would lie
    /// within the image, but for a hair.
    fn others(self, boxes: &[[f64; 4]], shape: Shape) -> String {
        let (w, h) = (shape.width as f64, shape.height as f64);
        let fractions = boxes.iter().flatten().all(|v| is_fraction(*v));
        let fits = |format: BboxFormat| {
            boxes.iter().all(|&given| {
                let corners = format.corners(given, shape);
                let [l, t, r, b] = corners;
                is_box(corners) && l >= -1.0 && t >= -1.0 && r <= w + 1.0 && b <= h + 1.0
            })
        };
        let others = Self::ALL
            .into_iter()
            .filter(|&format| format != self && format.is_fractions() == fractions && fits(format));
        others.map(BboxFormat::name).collect::<Vec<_>>().join(" or ")
    }
}

/// Whether a value may be a fraction of a side: no box reaches half an image beyond it.
fn is_fraction(value: f64) -> bool {
    (value - 0.5).abs() <= 1.0
}

/// How boxes are written, and which of them are dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BboxParams {
    pub format: BboxFormat,
    /// Least area after the transform.
    pub min_area: Within<Area>,
    /// Least part of the transformed box that lies within the image.
    pub min_visibility: Within<Visibility>,
    /// The arguments of a call that have a row for each box; `labels` if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_fields: Option<Vec<String>>,
}

bounds! {
    Area: f64 = 0.0.., "pixels";
    Visibility: f64 = 0.0..=1.0;
}

impl Default for BboxParams {
    fn default() -> Self {
        BboxParams {
            format: BboxFormat::default(),
            min_area: Within::new(0.0),
            min_visibility: Within::new(0.0),
            label_fields: None,
        }
    }
}

impl BboxParams {
    pub fn from_value(value: Value) -> Result<Self> {
        let mut params: BboxParams = Error::reading("BboxParams", value)?;
        // What is written out where it need not be is the same.
        params.label_fields = params.label_fields.filter(|fields| fields[..] != ["labels"]);
        Ok(params)
    }

    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("plain data")
    }

    /// Boxes as they were given, on their way through the steps.
    pub fn read(&self, boxes: &[[f64; 4]], shape: Shape) -> Result<Boxes> {
        self.check(boxes, shape)?;
        let size = [shape.height, shape.width];
        let corners = |given: &[f64; 4]| self.format.corners(*given, shape);
        let whole = memory::collect(boxes.iter().map(corners), BOXES)?;
        let seen = memory::collect(whole.iter().map(|&whole| clip(whole, size)), BOXES)?;
        let from = memory::collect(0..boxes.len() as i64, BOXES)?;
        let shown = memory::vec(boxes.len(), 1.0, BOXES)?;
        Ok(Boxes { size, whole, seen, shown, from, given: boxes.len() as i64 })
    }

    /// Those that are left, as they are written, and their positions in the input.
    ///
    /// A box is dropped when nothing of it is left, its area is below `min_area`, or the part of it
    /// that is left is below `min_visibility` of what it would be without clipping.
    pub fn finish(&self, boxes: Boxes) -> Result<(Vec<[f64; 4]>, Vec<i64>)> {
        let mut left = memory::room(boxes.from.len(), BOXES)?;
        let mut kept = memory::room(boxes.from.len(), BOXES)?;
        for (i, &from) in boxes.from.iter().enumerate() {
            let (whole, seen) = (boxes.whole[i], boxes.seen[i]);
            let visible = area(seen) * boxes.shown[i];
            // Of a box without bounds any part is visible if no part is asked for.
            let least = self.min_visibility.get();
            let hidden = least > 0.0 && visible < least * area(whole);
            if visible > 0.0 && visible >= self.min_area.get() && !hidden {
                left.push(self.written(seen, boxes.size));
                kept.push(from);
            }
        }
        Ok((left, kept))
    }

    /// Refuses what cannot be a box of the format, naming the formats that it could be of.
    fn check(&self, boxes: &[[f64; 4]], shape: Shape) -> Result<()> {
        // `like` are the boxes by which the format is guessed.
        let refuse = |position: usize, allowed: &str, like: &[[f64; 4]]| {
            let [a, b, c, d] = boxes[position];
            let others = self.format.others(like, shape);
            let advice =
                if others.is_empty() { others } else { format!("; it looks like {others}") };
            let (place, value) = (
                format!("[{position}]"),
                format!("[{}]", [a, b, c, d].map(Number::shown).join(", ")),
            );
            let allowed = format!("format={}: {allowed}{advice}", self.format.name());
            Err(Error::argument("bboxes", place, value, allowed))
        };
        let pixels = !self.format.is_fractions();
        let large = shape.height.max(shape.width) >= LEAST_SIDE;
        for (position, given) in boxes.iter().enumerate() {
            if !is_box(self.format.corners(*given, shape)) {
                let allowed = "finite, and neither width nor height negative";
                return refuse(position, allowed, boxes);
            }
            if !pixels && !given.iter().all(|&v| is_fraction(v)) {
                let allowed = "fractions of the image's width and height, 0 to 1, are needed";
                return refuse(position, allowed, boxes);
            }
            let within = given.iter().all(|v| (0.0..=1.0).contains(v));
            if pixels && large && within && given.iter().any(|v| v.fract() != 0.0) {
                return refuse(position, "pixels are needed", &boxes[position..=position]);
            }
        }
        let beyond = |low: f64, high: f64, side: usize| {
            (-low).max(high - side as f64) > (side as f64 / 4.0).max(8.0)
        };
        let far = boxes.iter().position(|&given| {
            let [left, top, right, bottom] = self.format.corners(given, shape);
            beyond(left, right, shape.width) || beyond(top, bottom, shape.height)
        });
        match far {
            // In another format they would all lie within the image.
            Some(position) if !self.format.others(boxes, shape).is_empty() => {
                let allowed = format!("{}; it ends far beyond the image", self.format.order());
                refuse(position, &allowed, boxes)
            }
            _ => Ok(()),
        }
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

/// Left, top, right, bottom of a box that has neither a negative side nor an infinite one.
fn is_box(corners: [f64; 4]) -> bool {
    let [left, top, right, bottom] = corners;
    corners.iter().all(|v| v.is_finite()) && left <= right && top <= bottom
}

/// Boxes on their way through the steps: columns of one length, corners in pixels.
#[derive(Debug, Clone, Default)]
pub struct Boxes {
    /// Height and width of the image that they are in.
    pub size: [usize; 2],
    /// As they would be if nothing were cut off.
    pub whole: Vec<[f64; 4]>,
    /// What is left of each.
    pub seen: Vec<[f64; 4]>,
    /// The part of what is left, 0 to 1, that nothing covers.
    pub shown: Vec<f64>,
    /// Their positions in the input.
    pub from: Vec<i64>,
    /// How many positions there are, those of boxes that have gone among them.
    pub given: i64,
}

impl Boxes {
    /// Each becomes the upright box around what the map makes of it, and is cut by the output.
    pub fn moved(&mut self, map: &Map, size: [usize; 2]) {
        for (whole, seen) in self.whole.iter_mut().zip(&mut self.seen) {
            // Nothing is left of what lies behind the horizon.
            *whole = map.around(*whole).unwrap_or_default();
            *seen = clip(map.around(*seen).unwrap_or_default(), size);
        }
        self.size = size;
    }

    /// To a place, top and left, in a larger image.
    pub fn shift(&mut self, [top, left]: [usize; 2]) {
        let (x, y) = (left as f64, top as f64);
        for corners in self.whole.iter_mut().chain(&mut self.seen) {
            *corners = [corners[0] + x, corners[1] + y, corners[2] + x, corners[3] + y];
        }
    }

    /// Covers them by what lies within a rectangle, apart from what else covers them.
    pub fn cover(&mut self, [left, top, right, bottom]: [f64; 4]) {
        for (seen, shown) in self.seen.iter().zip(&mut self.shown) {
            let [l, t, r, b] = *seen;
            let across = (r.min(right) - l.max(left)).max(0.0);
            let down = (b.min(bottom) - t.max(top)).max(0.0);
            let whole = area(*seen);
            if whole > 0.0 {
                *shown = (*shown - across * down / whole).max(0.0);
            }
        }
    }

    /// Those of another sample, behind these.
    pub fn append(&mut self, others: Boxes) {
        self.whole.extend(others.whole);
        self.seen.extend(others.seen);
        self.shown.extend(others.shown);
        self.from.extend(others.from.into_iter().map(|at| at + self.given));
        self.given += others.given;
    }

    /// Drops those of which nothing is left.
    pub fn drop_hidden(&mut self) {
        let rows = self.seen.iter().zip(&self.shown);
        let left: Vec<bool> = rows.map(|(&seen, shown)| area(seen) * shown > 0.0).collect();
        let mut left = left.into_iter();
        self.keep(|_| left.next().unwrap_or_default());
    }

    /// Puts others in their place, each with the position in the input of the one that it was. Of
    /// those that are as they were it is known still what has been cut off.
    pub fn change(&mut self, corners: &[[f64; 4]], from: &[i64]) {
        let before = std::mem::take(self);
        (self.size, self.given, self.from) = (before.size, before.given, from.to_vec());
        for (&corners, from) in corners.iter().zip(from) {
            let own = before.from.iter().position(|at| at == from);
            let same = own.filter(|&i| before.seen[i] == corners);
            self.whole.push(same.map_or(corners, |i| before.whole[i]));
            self.seen.push(clip(corners, self.size));
            self.shown.push(same.map_or(1.0, |i| before.shown[i]));
        }
    }

    /// Drops those that are not kept; the test is told the box as it is seen.
    pub fn keep(&mut self, mut test: impl FnMut([f64; 4]) -> bool) {
        let mut left = 0;
        for i in 0..self.from.len() {
            if test(self.seen[i]) {
                self.whole[left] = self.whole[i];
                self.seen[left] = self.seen[i];
                self.shown[left] = self.shown[i];
                self.from[left] = self.from[i];
                left += 1;
            }
        }
        self.whole.truncate(left);
        self.seen.truncate(left);
        self.shown.truncate(left);
        self.from.truncate(left);
    }
}

fn clip([l, t, r, b]: [f64; 4], [height, width]: [usize; 2]) -> [f64; 4] {
    let (w, h) = (width as f64, height as f64);
    [l.clamp(0.0, w), t.clamp(0.0, h), r.clamp(0.0, w), b.clamp(0.0, h)]
}

pub fn area([l, t, r, b]: [f64; 4]) -> f64 {
    (r - l) * (b - t)
}
