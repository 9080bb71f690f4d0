//! Cuts a random window that holds all boxes, or most of them.
//!
//! Of what is seen of the boxes that have an area, the least upright box l, t, r, b around all,
//! less on each side the part `erosion_rate` / 2 of its length along that axis, f64: i = (r - l)
//! erosion_rate / 2, l + i, r - i. The window ends outside of it: left within 0 to floor(l), right
//! within ceil(r) to W; top and bottom likewise. Where there are no boxes, or nothing is left of
//! them, it is h x w with h within max(1, floor(H (1 - erosion_rate))) to H and w = max(1, floor((2
//! W h + H) / (2 H))) in whole numbers, anywhere.
//!
//! Draws: integers, of left = below(floor(l) + 1), top, right and bottom; without boxes, these
//! eight words left out, h, top = below(H - h + 1), left = below(W - w + 1). Source:
//! Albumentations' op of this name, which truncates the far sides, so that boxes may be cut, and
//! erodes no single box.

use serde::{Deserialize, Serialize};

use super::{Op, Sees};
use crate::bounds::{Fraction, Within};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::place::Place;
use crate::kernels::resample::Window;
use crate::kernels::sizes::Ratio;
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::targets::Seen;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BBoxSafeRandomCrop {
    pub erosion_rate: Within<Fraction>,
}

/// What is to stay of the boxes, if anything is.
fn kept(seen: &Seen, rate: f64) -> Option<[f64; 4]> {
    let around = |[l, t, r, b]: [f64; 4], each: [f64; 4]| {
        [l.min(each[0]), t.min(each[1]), r.max(each[2]), b.max(each[3])]
    };
    let [l, t, r, b] = seen.boxes().reduce(around)?;
    let (x, y) = ((r - l) * rate / 2.0, (b - t) * rate / 2.0);
    let [l, t, r, b] = [l + x, t + y, r - x, b - y];
    (l < r && t < b).then_some([l, t, r, b])
}

/// The window around what is to stay.
pub fn window(rate: f64, shape: Shape, seen: &Seen, draws: &mut Draws) -> Window {
    let Shape { height, width, .. } = shape;
    if let Some([l, t, r, b]) = kept(seen, rate) {
        let mut between = |least: f64, most: f64| {
            draws.integer([least.floor() as i64, most.floor() as i64]) as usize
        };
        let (left, top) = (between(0.0, l), between(0.0, t));
        let (right, bottom) = (between(r.ceil(), width as f64), between(b.ceil(), height as f64));
        return Window { top, left, height: bottom - top, width: right - left };
    }
    draws.skip(8);
    let least = (height as f64 * (1.0 - rate)).floor().max(1.0) as i64;
    let rows = draws.integer([least, height as i64]) as usize;
    let [_, columns] = Ratio::new(rows, height).size(shape);
    let top = draws.below((height - rows + 1) as u64) as usize;
    let left = draws.below((width - columns + 1) as u64) as usize;
    Window { top, left, height: rows, width: columns }
}

impl Op for BBoxSafeRandomCrop {
    const NAME: &'static str = "BBoxSafeRandomCrop";
    const SEES: Sees = Sees::Boxes;
    type Params = Window;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        None
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Window> {
        self.sample_seeing(site, &Seen::default(), draws)
    }

    fn sample_seeing(&self, site: &Site, seen: &Seen, draws: &mut Draws) -> Result<Window> {
        Ok(window(self.erosion_rate.get(), site.shape, seen, draws))
    }

    fn apply(&self, window: Window, site: &Site, _: Noise) -> Result<Steps> {
        window.check(Self::NAME, site.shape)?;
        let Window { top, left, height, width } = window;
        Ok(Place::crop(top, left, height, width).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let rates = [0.0, 0.4, 1.0];
        rates.map(|rate| BBoxSafeRandomCrop { erosion_rate: Within::new(rate) }).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::philox::Field;
    use crate::targets::boxes::BboxParams;

    const SHAPE: Shape = Shape::new(60, 80, 3);

    fn draws(index: u64) -> Draws {
        let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
        draws.word();
        draws
    }

    #[test]
    fn windows_hold_what_is_to_stay() {
        let given = [[10.5, 12.0, 30.0, 20.25], [25.0, 40.0, 79.5, 50.0], [3.0, 3.0, 3.0, 60.0]];
        let boxes = BboxParams::default().read(&given, SHAPE).unwrap();
        let seen = Seen { boxes: Some(&boxes), masks: Vec::new() };
        let mut sides = [[usize::MAX, 0]; 4];
        for index in 0..2000 {
            let Window { top, left, height, width } = window(0.0, SHAPE, &seen, &mut draws(index));
            let edges = [left, top, left + width, top + height];
            for (side, edge) in sides.iter_mut().zip(edges) {
                *side = [side[0].min(edge), side[1].max(edge)];
            }
        }
        // All places and no others; what has no area counts for nothing.
        assert_eq!(sides, [[0, 10], [0, 12], [80, 80], [50, 60]]);
        let [l, t, r, b] = kept(&seen, 0.5).unwrap();
        assert_eq!([l, t, r, b], [27.75, 21.5, 62.25, 40.5]);
        assert_eq!(kept(&seen, 1.0), None);
    }

    #[test]
    fn without_boxes_a_part_of_the_height_is_left() {
        for index in 0..200 {
            let mut words = draws(index);
            let made = window(0.25, SHAPE, &Seen::default(), &mut draws(index));
            words.skip(8);
            assert_eq!(made.height as i64, words.integer([45, 60]));
            assert_eq!(made.width, (made.height * 80 + 30) / 60);
            assert_eq!(made.top as u64, words.below(61 - made.height as u64));
            assert_eq!(made.left as u64, words.below(81 - made.width as u64));
        }
    }
}
