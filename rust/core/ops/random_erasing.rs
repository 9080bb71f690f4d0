//! Covers rectangles of random area and aspect ratio with a fill value.
//!
//! Of n holes in an image of W x H each has ten attempts, f64, round(x) = floor(x + 0.5):
//!
//! ```text
//! area = W * H * (uniform in scale) / n         ratio = log-uniform in ratio
//! h = round(sqrt(area * ratio))                 w = round(sqrt(area / ratio))
//! ```
//!
//! The first with h < H and w < W is taken; if none is, or it has no pixel, that hole is left out.
//! Its pixels become `fill`, and those of masks `fill_mask`, as in CoarseDropout. Boxes and points
//! stay.
//!
//! Draws: n, an integer of `count_range`; then for each hole in turn the area and ratio of each
//! attempt, twenty words, drawn or not; top = below(H - h + 1), left = below(W - w + 1), four
//! words, used or not.
//!
//! Source: Zhong et al., "Random Erasing Data Augmentation" (2017); torchvision's op of this name,
//! but for Python's rounding of halves to even; timm's for several holes.

use serde::{Deserialize, Serialize};

use super::{Fills, Op};
use crate::bounds::{FillValue, Fraction, List, Range, Ratio};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::holes::{Count, Holes, Params};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

const ATTEMPTS: u32 = 10;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomErasing {
    /// Of the area of all holes.
    pub scale: Range<Fraction>,
    /// Of height / width.
    pub ratio: Range<Ratio>,
    pub count_range: Range<Count>,
    pub fill: List<FillValue>,
    #[serde(deserialize_with = "Option::deserialize")] // or it could be left out
    pub fill_mask: Option<f64>,
}

impl RandomErasing {
    /// Top, left, height, width of one of `count` holes. 24 words.
    fn hole(
        &self,
        Shape { height: rows, width: columns, .. }: Shape,
        count: u32,
        draws: &mut Draws,
    ) -> Option<[usize; 4]> {
        let mut found = [0; 2];
        for later in (0..ATTEMPTS).rev() {
            let pixels = rows as f64 * columns as f64;
            let area = pixels * self.scale.draw(draws).get() / f64::from(count);
            let ratio = self.ratio.draw_log(draws).get();
            let height = ((area * ratio).sqrt() + 0.5).floor();
            let width = ((area / ratio).sqrt() + 0.5).floor();
            if height < rows as f64 && width < columns as f64 {
                draws.skip(2 * later);
                found = [height as usize, width as usize];
                break;
            }
        }
        let [height, width] = found;
        if height == 0 || width == 0 {
            draws.skip(4);
            return None;
        }
        let top = draws.below((rows - height + 1) as u64) as usize;
        let left = draws.below((columns - width + 1) as u64) as usize;
        Some([top, left, height, width])
    }
}

impl Op for RandomErasing {
    const NAME: &'static str = "RandomErasing";
    type Params = Params;

    fn fills(&self) -> Option<Fills<'_>> {
        Some(Fills { image: &self.fill, mask: self.fill_mask, shown: true })
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let count = self.count_range.draw(draws).get();
        Ok(Params {
            holes: (0..count).filter_map(|_| self.hole(site.shape, count, draws)).collect(),
        })
    }

    fn apply(&self, Params { holes }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let holes = Holes::new(Self::NAME, holes, &self.fill, self.fill_mask, site.shape)?;
        Ok(Step::Pixels(Box::new(holes)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let per_channel = (0..shape.channels).map(|c| 0.3 + 11.0 * c as f64).collect();
        let erase = |scale, ratio, count, fill, fill_mask| RandomErasing {
            scale: Range::new(scale),
            ratio: Range::new(ratio),
            count_range: Range::new(count),
            fill: List::new(fill),
            fill_mask,
        };
        vec![
            erase([0.02, 0.33], [0.3, 3.3], [1, 1], vec![0.0], None),
            erase([0.3, 0.6], [0.5, 2.0], [2, 4], per_channel, Some(7.0)),
            // No attempt fits.
            erase([0.9, 1.0], [1e6, 1e9], [1, 2], vec![0.5], None),
        ]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::refusal;
    use crate::random::philox::Field;

    const SITE: Site = Site::new(Shape::new(40, 50, 3), DType::U8);

    fn op(scale: [f64; 2], ratio: [f64; 2], count: [u32; 2]) -> RandomErasing {
        RandomErasing {
            scale: Range::new(scale),
            ratio: Range::new(ratio),
            count_range: Range::new(count),
            fill: List::new(vec![0.0]),
            fill_mask: None,
        }
    }

    fn draws(index: u64) -> Draws {
        let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
        draws.word();
        draws
    }

    #[test]
    fn holes_fit_and_share_the_area() {
        let op = op([0.2, 0.4], [0.5, 2.0], [1, 4]);
        let mut counts = [0; 5];
        for index in 0..1000 {
            let params = op.sample(&SITE, &mut draws(index)).unwrap();
            let count = params.holes.len();
            counts[count] += 1;
            for &[_, _, height, width] in &params.holes {
                let area = (height * width * count) as f64 / 2000.0;
                assert!((0.17..0.44).contains(&area), "{count} {height} {width}");
                assert!((0.4..2.4).contains(&(height as f64 / width as f64)));
            }
            op.apply(params, &SITE, Noise::default()).unwrap();
        }
        assert!(counts[1..].iter().all(|&n| n > 200), "{counts:?}");
    }

    /// 24 words a hole, however many attempts failed, and where nothing is erased.
    #[test]
    fn draws_keep_their_words() {
        for ratio in [[0.05, 20.0], [1.0, 1.0], [1e9, 1e9]] {
            let op = op([0.3, 0.9], ratio, [3, 3]);
            for index in 0..50 {
                let (mut words, mut drawn) = (draws(index), draws(index));
                let Params { holes } = op.sample(&SITE, &mut drawn).unwrap();
                words.skip(2 + 3 * 24);
                assert_eq!(drawn.word(), words.word());
                let mut words = draws(index);
                words.skip(2 + 20);
                if let (3, [[top, left, height, width], ..]) = (holes.len(), &holes[..]) {
                    assert_eq!(*top as u64, words.below(41 - *height as u64));
                    assert_eq!(*left as u64, words.below(51 - *width as u64));
                }
            }
        }
    }

    #[test]
    fn nothing_is_erased_where_nothing_fits() {
        let holes = |scale, ratio| op([scale; 2], [ratio; 2], [1, 1]).sample(&SITE, &mut draws(1));
        let none = Params { holes: Vec::new() };
        assert_eq!(holes(1.0, 1.0).unwrap(), none); // 45 x 45 in 40 x 50
        assert_eq!(holes(0.0, 1.0).unwrap(), none);
        assert_eq!(holes(0.5, 1e9).unwrap(), none);
        assert_eq!(holes(0.5, 1.0).unwrap().holes.len(), 1); // 32 x 32
    }

    #[test]
    fn refuses() {
        let op = op([0.1, 1.0], [1.0, 1.0], [1, 1]);
        for (field, value, shown) in [
            ("scale", json!([-0.1, 1.0]), "(-0.1, 1)"),
            ("scale", json!([0.1, 1.1]), "(0.1, 1.1)"),
            ("ratio", json!([0.0, 1.0]), "(0, 1)"),
            ("count_range", json!([0, 1]), "(0, 1)"),
            ("count_range", json!([2, 1]), "(2, 1)"),
            ("count_range", json!([1, 1025]), "(1, 1025)"),
        ] {
            let message = refusal(&op, field, value);
            assert!(message.starts_with(&format!("RandomErasing: {field}={shown}: ")), "{message}");
        }
        let outside = Params { holes: vec![[39, 0, 2, 1]] };
        assert!(op.apply(outside, &SITE, Noise::default()).is_err());
    }
}
