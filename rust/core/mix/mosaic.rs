//! Four images around a point.
//!
//! On a canvas of 2 S, S the height and width of `size`, the point is x = floor(u 2 S_w), y =
//! floor(v 2 S_h) of `center_range`. Each image of H x W becomes h x w at the ratio a / b, the smaller
//! of S_h / H and S_w / W: h = max(1, floor(H a / b)) in whole numbers, w likewise. The image itself
//! lies above and left of the point, the first other above and right, the second below and left, the
//! third below and right, each with a corner at the point and cut where its quarter ends; what is
//! left of a quarter is `fill`, of masks `fill_mask`. With `crop` the output is the canvas' rows and
//! columns from floor(S / 2) on, S of them, else all of it. What each image counts for is its
//! quarter's part of the output, in 65536ths, floor(65536 area / (H W) + 0.5), the image itself the
//! rest. Boxes and points go with their images; points that another image covers become NaN.
//!
//! Draws: the others, three times a position below n, so that one may be there twice; u; v. Source:
//! Bochkovskiy et al., "YOLOv4: Optimal Speed and Accuracy of Object Detection", 2020, as YOLOX has
//! it, but for the resize, which is Resize's.

use serde::{Deserialize, Serialize};

use super::{Canvas, Mix, Placed, weight};
use crate::bounds::{FillValue, List, Pair, Pixels, Range, bounds};
use crate::error::{Error, Result};
use crate::image::{Shape, Site};
use crate::kernels::border::Border;
use crate::kernels::fill::Fill;
use crate::kernels::place::Place;
use crate::kernels::resample::{self, Interpolation, Window};
use crate::kernels::step::Step;
use crate::ops::Fills;
use crate::ops::pad::framed;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mosaic {
    /// Height and width.
    pub size: Pair<Pixels>,
    /// As parts of the canvas.
    pub center_range: Range<Part>,
    pub crop: bool,
    pub interpolation: Interpolation,
    pub antialias: bool,
    pub fill: List<FillValue>,
    pub fill_mask: f64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// x and y of the point, on the canvas.
    pub center: [usize; 2],
}

bounds! {
    Part: f64 = 0.0..=1.0, "parts of the canvas";
}

/// Of which twice as much still is a side.
const MOST: usize = (1 << 30) - 1;

/// A stretch of the canvas along an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    start: usize,
    end: usize,
}

/// Along one axis, what is shown of an image of `side` pixels that begins or ends at the center.
struct Shown {
    /// In the output.
    at: usize,
    /// Of the quarter in the output.
    len: usize,
    /// The first pixel of the image that is shown, and how many.
    first: usize,
    count: usize,
    /// How much fill is in front of it.
    before: usize,
}

impl Shown {
    fn new(window: Stretch, center: usize, after: bool, side: usize) -> Shown {
        let cell = if after {
            Stretch { start: center, end: window.end }
        } else {
            Stretch { start: window.start, end: center }
        };
        let (at, len) = (cell.start - window.start, cell.end - cell.start);
        let count = side.min(len);
        // What lies away from the center is cut, or filled.
        let (first, before) = if after { (0, 0) } else { (side - count, len - count) };
        Shown { at, len, first, count, before }
    }
}

impl Mosaic {
    /// Height and width of an image on the canvas.
    fn fitting(&self, Shape { height, width, .. }: Shape) -> [usize; 2] {
        let [most_height, most_width] = self.size.get();
        let [h, w, sh, sw] = [height, width, most_height, most_width].map(|n| n as u64);
        let (a, b) = if sh * w <= sw * h { (sh, h) } else { (sw, w) };
        [h, w].map(|n| ((n * a) / b).max(1) as usize)
    }

    /// What of the canvas is the output, along rows and columns.
    fn window(&self) -> [Stretch; 2] {
        self.size.get().map(|n| {
            let start = if self.crop { n / 2 } else { 0 };
            Stretch { start, end: if self.crop { start + n } else { 2 * n } }
        })
    }

    fn placed(
        &self,
        site: &Site,
        [rows, cols]: [Stretch; 2],
        center: [usize; 2],
        which: usize,
    ) -> Result<Placed> {
        let size = self.fitting(site.shape);
        let y = Shown::new(rows, center[1], which >= 2, size[0]);
        let x = Shown::new(cols, center[0], which % 2 == 1, size[1]);
        let (at, cell) = ([y.at, x.at], [y.len, x.len]);
        if cell.contains(&0) {
            return Ok(Placed { steps: Vec::new(), at, size: cell });
        }
        let window = Window::whole(site.shape);
        let (interpolation, antialias) = (self.interpolation, self.antialias);
        let mut steps =
            vec![resample::step(Self::NAME, window, size, interpolation, antialias, site)?];
        let shown = [y.count, x.count];
        if shown != size {
            steps.push(Step::Place(Place::crop(y.first, x.first, y.count, x.count)));
        }
        if shown != cell {
            let after = |s: &Shown| s.len - s.count - s.before;
            let padding = [x.before, y.before, after(&x), after(&y)];
            let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
            steps.push(Step::Place(framed(padding, shown, Border::Constant, fill)?));
        }
        Ok(Placed { steps, at, size: cell })
    }
}

impl Mix for Mosaic {
    const NAME: &'static str = "Mosaic";
    type Params = Params;

    fn check(&self) -> Result<()> {
        let [lo, hi] = self.center_range.ends();
        if self.crop && !(0.25 <= lo && hi <= 0.75) {
            let allowed = "lo <= hi within 0.25 to 0.75 with crop=True, where the output is";
            let value = format!("({lo}, {hi})");
            return Err(Error::argument(Self::NAME, "center_range", value, allowed));
        }
        let [height, width] = self.size.get();
        if !self.crop && height.max(width) > MOST {
            let allowed = format!("at most {MOST} with crop=False, which gives twice as much");
            let value = format!("({height}, {width})");
            return Err(Error::argument(Self::NAME, "size", value, allowed));
        }
        Ok(())
    }

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Some(self.window().map(|Stretch { start, end }| end - start))
    }

    fn fills(&self) -> Option<Fills<'_>> {
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown: true })
    }

    fn others(&self, _: u64, size: u64, draws: &mut Draws) -> Vec<u64> {
        (0..3).map(|_| draws.below(size)).collect()
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Params {
        let [height, width] = self.size.get();
        let mut at =
            |n: usize| (self.center_range.draw(draws).get() * (2 * n) as f64).floor() as usize;
        Params { center: [at(width), at(height)] }
    }

    fn apply(&self, Params { center }: Params, sites: &[Site]) -> Result<Canvas> {
        let [rows, cols] = self.window();
        let within = |at: usize, on: Stretch| (on.start..=on.end).contains(&at);
        if !(within(center[0], cols) && within(center[1], rows)) {
            let allowed = format!(
                "x within {} to {}, y within {} to {}",
                cols.start, cols.end, rows.start, rows.end
            );
            return Err(Error::argument(Self::NAME, "center", format!("{center:?}"), allowed));
        }
        let size = [rows, cols].map(|on| on.end - on.start);
        let whole = size[0] as f64 * size[1] as f64;
        let mut parts = Vec::with_capacity(4);
        let mut weights = vec![65536];
        for (which, site) in sites.iter().enumerate() {
            let placed = self.placed(site, [rows, cols], center, which)?;
            if which > 0 {
                let part = placed.size[0] as f64 * placed.size[1] as f64 / whole;
                // Roundings may add up to more than there is.
                let part = weight(part).min(weights[0]);
                weights[0] -= part;
                weights.push(part);
            }
            parts.push(placed);
        }
        Ok(Canvas { size, parts, weights, blend: false })
    }

    fn examples(_: Shape) -> Vec<Self> {
        let mosaic = |size, center_range, crop, interpolation| Mosaic {
            size: Pair::new(size),
            center_range: Range::new(center_range),
            crop,
            interpolation,
            antialias: interpolation == Interpolation::Bilinear,
            fill: List::new(vec![0.4]),
            fill_mask: 7.0,
        };
        vec![
            mosaic([24, 31], [0.25, 0.75], true, Interpolation::Bilinear),
            mosaic([9, 6], [0.3, 0.5], true, Interpolation::Nearest),
            mosaic([40, 25], [0.0, 1.0], false, Interpolation::Bicubic),
            mosaic([17, 17], [0.25, 0.25], true, Interpolation::Bilinear),
        ]
    }
}
