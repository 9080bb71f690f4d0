//! Cuts a window of random height at a random place and resizes it.
//!
//! The window is h x w in an image of W x H: h within `min_max_height`, whose ends count as H where
//! they are larger; w = floor(h w2h_ratio + 0.5), f64, within 1 to W. The rest as Resize.
//!
//! Draws: h, an integer; `top` = below(H - h + 1), `left` = below(W - w + 1). Source:
//! Albumentations' op of this name.

use serde::{Deserialize, Serialize};

use super::Op;
use crate::bounds::{Pair, Pixels, Range, Ratio, Within};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::resample::{self, Interpolation, Window};
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomSizedCrop {
    /// Of the window's height.
    pub min_max_height: Range<Pixels>,
    /// Height and width of the output.
    pub size: Pair<Pixels>,
    /// The window's width / height.
    pub w2h_ratio: Within<Ratio>,
    pub interpolation: Interpolation,
    pub antialias: bool,
}

impl Op for RandomSizedCrop {
    const NAME: &'static str = "RandomSizedCrop";
    type Params = Window;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Some(self.size.get())
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Window> {
        let Shape { height, width, .. } = site.shape;
        let ends = self.min_max_height.ends().map(|end| end.min(height) as i64);
        let h = draws.integer(ends) as usize;
        // `as` saturates.
        let w = ((h as f64 * self.w2h_ratio.get() + 0.5).floor() as usize).clamp(1, width);
        let top = draws.below((height - h + 1) as u64) as usize;
        let left = draws.below((width - w + 1) as u64) as usize;
        Ok(Window { top, left, height: h, width: w })
    }

    fn apply(&self, window: Window, site: &Site, _: Noise) -> Result<Steps> {
        let size = self.size.get();
        resample::step(Self::NAME, window, size, self.interpolation, self.antialias, site)
            .map(Steps::from)
    }

    fn examples(Shape { height, .. }: Shape) -> Vec<Self> {
        let crop = |heights, size, ratio, interpolation, antialias| RandomSizedCrop {
            min_max_height: Range::new(heights),
            size: Pair::new(size),
            w2h_ratio: Within::new(ratio),
            interpolation,
            antialias,
        };
        vec![
            crop([height.div_ceil(2), height], [8, 7], 1.0, Interpolation::Bilinear, true),
            crop([1, height + 9], [9, 11], 0.4, Interpolation::Bicubic, false),
            crop([height + 1, height + 9], [5, 6], 1e9, Interpolation::Nearest, true),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::DType;
    use crate::random::philox::Field;

    #[test]
    fn windows_have_the_heights_that_fit() {
        let op = RandomSizedCrop {
            min_max_height: Range::new([3, 30]),
            ..RandomSizedCrop::examples(Shape::new(8, 8, 3)).remove(1)
        };
        let site = Site::new(Shape::new(6, 40, 3), DType::U8);
        let mut heights = [0; 7];
        for index in 0..400 {
            let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
            let mut words = draws.clone();
            let window = op.sample(&site, &mut draws).unwrap();
            assert_eq!(window.height as i64, words.integer([3, 6]));
            assert_eq!(window.width, [0, 0, 0, 1, 2, 2, 2][window.height]);
            assert_eq!(window.top as u64, words.below(7 - window.height as u64));
            assert_eq!(window.left as u64, words.below(41 - window.width as u64));
            heights[window.height] += 1;
        }
        assert!(heights[3..].iter().all(|&count| count > 70), "{heights:?}");
    }
}
