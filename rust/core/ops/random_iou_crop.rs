//! Cuts a random window that overlaps the boxes as far as a drawn option asks.
//!
//! Sixteen rounds. Each draws one of `options`; one of at least 1 gives the whole image. Then
//! `trials` windows of w x h in an image of W x H, f64:
//!
//! ```text
//! w = floor(W * (uniform in scale))             h = floor(H * (uniform in scale))
//! left = floor((W - w) * uniform)               top = floor((H - h) * uniform)
//! ```
//!
//! The first is taken that has w, h >= 1, w / h within `ratio`, a box's centre strictly inside, and
//! of these boxes one whose intersection over union with it is at least the option. If no round
//! finds one: the whole image; so too where there are no boxes. What counts as a box is what is
//! seen of it, if that has an area: l, t, r, b with the centre (l + r) / 2, (t + b) / 2; the union
//! is (area of the box + area of the window) - intersection.
//!
//! Boxes whose centre does not lie strictly inside the window are dropped, even where a part of
//! them is seen. The rule goes by the boxes that come with the image: so it holds for others when
//! parameters are replayed.
//!
//! Draws: 2 + 4 * trials words for each round, drawn or not: option = below(options), then width,
//! height, left, top of each trial.
//!
//! Source: Liu et al., "SSD: Single Shot MultiBox Detector" (2016), as torchvision's op of this
//! name has it, which goes on without end.

use serde::{Deserialize, Serialize};

use super::{Op, Sees};
use crate::bounds::{List, Range, Ratio, SomeFraction, Within, bounds};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::kernel::Follow;
use crate::kernels::place::Place;
use crate::kernels::resample::Window;
use crate::kernels::step::{Site, Step, Steps};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::targets::Seen;
use crate::targets::boxes::{Boxes, area};

const ROUNDS: u32 = 16;

bounds! {
    Overlap: f64 = 0.0..=1.0;
    Trials: u32 = 1..=1000;
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomIoUCrop {
    /// Of the window's sides.
    pub scale: Range<SomeFraction>,
    /// Of width / height.
    pub ratio: Range<Ratio>,
    /// Least intersections over union; 1: the whole image.
    pub options: List<Overlap>,
    pub trials: Within<Trials>,
}

impl RandomIoUCrop {
    /// A window if it is of an allowed form. Four words.
    fn trial(&self, Shape { height, width, .. }: Shape, draws: &mut Draws) -> Option<Window> {
        let mut side = |n: usize| (n as f64 * self.scale.draw(draws).get()).floor() as usize;
        let (w, h) = (side(width), side(height));
        let mut start = |rest: usize| draws.range([0.0, rest as f64]).floor() as usize;
        let (left, top) = (start(width - w), start(height - h));
        let [least, most] = self.ratio.ends();
        let formed = w >= 1 && h >= 1 && (least..=most).contains(&(w as f64 / h as f64));
        formed.then_some(Window { top, left, height: h, width: w })
    }
}

impl Op for RandomIoUCrop {
    const NAME: &'static str = "RandomIoUCrop";
    const SEES: Sees = Sees::Boxes;
    type Params = Window;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        None
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Window> {
        self.sample_seeing(site, &Seen::default(), draws)
    }

    fn sample_seeing(&self, site: &Site, seen: &Seen, draws: &mut Draws) -> Result<Window> {
        let boxes = memory::collect(seen.boxes(), "the boxes that an op sees")?;
        if boxes.is_empty() {
            return Ok(Window::whole(site.shape));
        }
        for _ in 0..ROUNDS {
            let option = self.options[draws.below(self.options.len() as u64) as usize];
            if option >= 1.0 {
                break;
            }
            for later in (0..self.trials.get()).rev() {
                let Some(window) = self.trial(site.shape, draws) else { continue };
                let fits = |each| holds(window, each) && overlap(window, each) >= option;
                if boxes.iter().copied().any(fits) {
                    draws.skip(4 * later);
                    return Ok(window);
                }
            }
        }
        Ok(Window::whole(site.shape))
    }

    fn apply(&self, window: Window, site: &Site, _: Noise) -> Result<Steps> {
        window.check(Self::NAME, site.shape)?;
        let Window { top, left, height, width } = window;
        let crop = Place::crop(top, left, height, width);
        // Before the crop, while the boxes still have their centres.
        Ok(Steps::Several(vec![Step::Follow(Box::new(Centered(window))), Step::Place(crop)]))
    }

    fn examples(_: Shape) -> Vec<Self> {
        let crop = |scale, ratio, options: &[f64], trials| RandomIoUCrop {
            scale: Range::new(scale),
            ratio: Range::new(ratio),
            options: List::new(options.to_vec()),
            trials: Within::new(trials),
        };
        vec![
            crop([0.3, 1.0], [0.5, 2.0], &[0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0], 40),
            crop([0.5, 0.9], [1e-9, 1e9], &[0.0], 3),
            // No window is of the ratio.
            crop([0.5, 0.9], [1e9, 1e9], &[0.5], 1),
        ]
    }
}

/// Left, top, right, bottom.
fn edges(Window { top, left, height, width }: Window) -> [f64; 4] {
    [left, top, left + width, top + height].map(|edge| edge as f64)
}

/// Whether the centre of a box lies strictly inside the window.
fn holds(window: Window, [l, t, r, b]: [f64; 4]) -> bool {
    let [left, top, right, bottom] = edges(window);
    let (x, y) = ((l + r) / 2.0, (t + b) / 2.0);
    left < x && x < right && top < y && y < bottom
}

/// The intersection over union of the window and a box whose centre lies in it.
fn overlap(window: Window, each @ [l, t, r, b]: [f64; 4]) -> f64 {
    let edges @ [left, top, right, bottom] = edges(window);
    let common = area([l.max(left), t.max(top), r.min(right), b.min(bottom)]);
    common / (area(each) + area(edges) - common)
}

/// Drops the boxes whose centre does not lie in a window.
struct Centered(Window);

impl Follow for Centered {
    fn boxes(&self, boxes: &mut Boxes) {
        boxes.keep(|each| holds(self.0, each));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::refusal;
    use crate::random::philox::Field;
    use crate::targets::boxes::BboxParams;

    const SITE: Site = Site::new(Shape::new(60, 80, 3), DType::U8);

    fn op(options: &[f64], trials: u32) -> RandomIoUCrop {
        RandomIoUCrop {
            scale: Range::new([0.3, 1.0]),
            ratio: Range::new([0.5, 2.0]),
            options: List::new(options.to_vec()),
            trials: Within::new(trials),
        }
    }

    fn boxes(given: &[[f64; 4]]) -> Boxes {
        BboxParams::default().read(given, SITE.shape).unwrap()
    }

    fn draws(index: u64) -> Draws {
        let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
        draws.word();
        draws
    }

    fn window(op: &RandomIoUCrop, boxes: &Boxes, index: u64) -> Window {
        let seen = Seen { boxes: Some(boxes), masks: Vec::new() };
        op.sample_seeing(&SITE, &seen, &mut draws(index)).unwrap()
    }

    #[test]
    fn windows_hold_what_was_asked_for() {
        let boxes = boxes(&[[10.0, 10.0, 50.0, 40.0], [60.0, 30.0, 80.0, 60.0]]);
        let mut found = 0;
        for index in 0..200 {
            let least = [0.0, 0.3, 0.6][index as usize % 3];
            let window = window(&op(&[least], 40), &boxes, index);
            let Window { height, width, .. } = window;
            if window == Window::whole(SITE.shape) {
                continue;
            }
            found += 1;
            let ratio = width as f64 / height as f64;
            assert!((0.5..=2.0).contains(&ratio) && height >= 18 && width >= 24, "{window:?}");
            let kept = boxes.seen.iter().filter(|&&each| holds(window, each));
            assert!(kept.copied().any(|each| overlap(window, each) >= least), "{window:?}");
        }
        assert!(found > 150, "{found}");
    }

    /// Each round has words of its own, however many trials it needs.
    #[test]
    fn draws_keep_their_words() {
        let (small, op) = (boxes(&[[2.0, 2.0, 6.0, 6.0]]), op(&[0.0, 1.0], 3));
        let mut later = 0;
        for index in 0..200 {
            let found = window(&op, &small, index);
            // The first round by itself: its option, and its trials at their words.
            let first = |round: u32| {
                let mut words = draws(index);
                words.skip(round * (2 + 4 * op.trials.get()));
                if words.below(2) == 1 {
                    return Some(Window::whole(SITE.shape));
                }
                let trials = (0..op.trials.get()).map(|_| op.trial(SITE.shape, &mut words));
                trials.flatten().find(|&window| holds(window, small.seen[0]))
            };
            let (round, want) = (0..ROUNDS).find_map(|round| Some((round, first(round)?))).unwrap();
            assert_eq!(found, want);
            later += u32::from(round > 0);
        }
        assert!(later > 50, "{later}");
    }

    #[test]
    fn no_boxes_or_no_window_give_the_whole_image() {
        let whole = Window::whole(SITE.shape);
        let flat = boxes(&[[10.0, 10.0, 10.0, 40.0]]);
        assert_eq!(window(&op(&[0.0], 40), &flat, 1), whole);
        assert_eq!(op(&[0.0], 40).sample(&SITE, &mut draws(1)).unwrap(), whole);
        let one = boxes(&[[10.0, 10.0, 50.0, 40.0]]);
        assert_eq!(window(&op(&[1.0], 40), &one, 1), whole);
        let narrow = RandomIoUCrop { ratio: Range::new([1e9, 1e9]), ..op(&[0.0], 40) };
        assert_eq!(window(&narrow, &one, 1), whole);
    }

    #[test]
    fn boxes_go_by_their_centres() {
        let window = Window { top: 10, left: 20, height: 30, width: 40 };
        let steps = op(&[0.0], 1).apply(window, &SITE, Noise::default()).unwrap();
        let mut boxes = boxes(&[
            [0.0, 0.0, 80.0, 60.0],   // its centre is inside
            [10.0, 10.0, 30.0, 40.0], // on the edge
            [10.0, 10.0, 30.5, 40.0], // a little inside
            [50.0, 30.0, 70.0, 60.0], // beyond
        ]);
        for step in steps {
            step.boxes(&mut boxes);
        }
        assert_eq!(boxes.from, [0, 2]);
        assert_eq!(boxes.seen, [[0.0, 0.0, 40.0, 30.0], [0.0, 0.0, 10.5, 30.0]]);
        assert_eq!(boxes.size, [30, 40]);
    }

    #[test]
    fn refuses() {
        let op = op(&[0.5], 40);
        for (field, value, shown) in [
            ("scale", json!([0.0, 1.0]), "(0, 1)"),
            ("scale", json!([0.5, 1.5]), "(0.5, 1.5)"),
            ("ratio", json!([2.0, 1.0]), "(2, 1)"),
            ("options", json!([]), "[]"),
            ("options", json!([0.5, -0.1]), "[0.5, -0.1]"),
            ("trials", json!(0), "0"),
            ("trials", json!(1001), "1001"),
        ] {
            let message = refusal(&op, field, value);
            assert!(message.starts_with(&format!("RandomIoUCrop: {field}={shown}: ")), "{message}");
        }
        let outside = Window { top: 50, left: 0, height: 11, width: 1 };
        let message = op.apply(outside, &SITE, Noise::default()).err().unwrap().to_string();
        assert!(message.contains("a window inside the image of 60 x 80"), "{message}");
    }
}
