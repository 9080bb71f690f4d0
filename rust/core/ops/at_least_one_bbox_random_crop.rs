//! Cuts a window of a fixed size that shows one of the boxes, where there are any.
//!
//! Of what is seen of the boxes that have an area one is drawn: l, t, r, b, of the width w = r - l.
//! With s = w (1 - erosion_factor), f64, the window's left side lies within max(0, ceil(l + s) -
//! width) to min(W - width, floor(r - s)): so at least s of the box shows along that axis, and with
//! `erosion_factor` 0 all of it. Where that range is empty, the window being smaller, it lies at
//! floor((l + r - width) / 2) within 0 to W - width, around the middle of the box. The top side
//! likewise. Without boxes it lies anywhere. Refused where the window is larger than the image.
//!
//! Draws: the box, below(n), two words also for n = 0; `left`, `top`, integers of their ranges.
//! Source: Albumentations' op of this name.

use serde::{Deserialize, Serialize};

use super::random_crop::{Params, check_fits, crop};
use super::{Op, Sees};
use crate::bounds::{Pixels, Within, bounds};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::targets::Seen;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtLeastOneBBoxRandomCrop {
    pub height: Within<Pixels>,
    pub width: Within<Pixels>,
    pub erosion_factor: Within<Hidden>,
}

bounds! {
    /// Of a box, along an axis.
    Hidden: f64 = 0.0..1.0;
}

impl AtLeastOneBBoxRandomCrop {
    fn window(&self) -> [usize; 2] {
        [self.height.get(), self.width.get()]
    }

    /// Where a window of `len` of n pixels may start, first and last, to show what lies from
    /// `start` to `end`.
    fn showing(&self, [start, end]: [f64; 2], len: usize, n: usize) -> [i64; 2] {
        let (rest, len) = ((n - len) as f64, len as f64);
        let shown = (end - start) * (1.0 - self.erosion_factor.get());
        let first = ((start + shown).ceil() - len).max(0.0);
        let last = (end - shown).floor().min(rest);
        if first <= last {
            return [first as i64, last as i64];
        }
        let middle = ((start + end - len) / 2.0).floor().clamp(0.0, rest);
        [middle as i64; 2]
    }
}

impl Op for AtLeastOneBBoxRandomCrop {
    const NAME: &'static str = "AtLeastOneBBoxRandomCrop";
    const SEES: Sees = Sees::Boxes;
    type Params = Params;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Some(self.window())
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        self.sample_seeing(site, &Seen::default(), draws)
    }

    fn sample_seeing(&self, site: &Site, seen: &Seen, draws: &mut Draws) -> Result<Params> {
        let (Shape { height, width, .. }, [rows, columns]) = (site.shape, self.window());
        check_fits(Self::NAME, [rows, columns], site.shape)?;
        let count = seen.boxes().count();
        let chosen = seen.boxes().nth(draws.below(count.max(1) as u64) as usize);
        let [x, y] = match chosen {
            Some([l, t, r, b]) => {
                [self.showing([l, r], columns, width), self.showing([t, b], rows, height)]
            }
            None => [[0, (width - columns) as i64], [0, (height - rows) as i64]],
        };
        let left = draws.integer(x);
        Ok(Params { top: draws.integer(y), left })
    }

    fn apply(&self, params: Params, site: &Site, _: Noise) -> Result<Steps> {
        crop(Self::NAME, self.window(), params, site.shape)
    }

    fn examples(Shape { height, width, .. }: Shape) -> Vec<Self> {
        let part = |n: usize| n.div_ceil(2);
        let crop = |[height, width]: [usize; 2], factor| AtLeastOneBBoxRandomCrop {
            height: Within::new(height),
            width: Within::new(width),
            erosion_factor: Within::new(factor),
        };
        vec![
            crop([part(height), part(width)], 0.0),
            crop([part(height), width.div_ceil(3)], 0.6),
            crop([1, width], 0.0),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::Within;

    #[test]
    fn windows_show_what_they_should() {
        let op = |factor| AtLeastOneBBoxRandomCrop {
            height: Within::new(1),
            width: Within::new(1),
            erosion_factor: Within::new(factor),
        };
        // All of it, as far as the image goes.
        assert_eq!(op(0.0).showing([10.5, 20.25], 30, 100), [0, 10]);
        assert_eq!(op(0.0).showing([60.5, 70.25], 30, 100), [41, 60]);
        assert_eq!(op(0.0).showing([90.0, 100.0], 30, 100), [70, 70]);
        // Half of it, on either side.
        assert_eq!(op(0.5).showing([60.0, 70.0], 30, 100), [35, 65]);
        // It is larger than the window.
        assert_eq!(op(0.0).showing([10.0, 60.0], 31, 100), [19, 19]);
        assert_eq!(op(0.0).showing([0.0, 40.0], 100, 100), [0, 0]);
        for start in 0..90 {
            for factor in [0.0, 0.3, 0.9, 0.999] {
                let part = [f64::from(start) * 1.1, f64::from(start) * 1.1 + 0.7];
                let [first, last] = op(factor).showing(part, 10, 100);
                assert!(first <= last && last <= 90);
                assert!(first as f64 + 10.0 > part[0] && (last as f64) < part[1]);
            }
        }
    }
}
