//! Covers stripes of the image, all of its height or all of its width, with a fill value: of a
//! spectrogram, times and frequencies.
//!
//! A stripe of `mask_x_length` columns, or of `mask_y_length` rows, at most all of them, becomes
//! `fill`, and of masks `fill_mask`, as in CoarseDropout: kernels/holes.rs. Boxes and points stay.
//!
//! Draws: the number of stripes along x, an integer of `num_masks_x`, and of those along y; then for
//! each of the most there could be along x its length, an integer of `mask_x_length`, at most the
//! width, and its left, below(width - length + 1); then the same along y. Source: Park et al.,
//! "SpecAugment" (2019); Albumentations' op of this name.

use serde::{Deserialize, Serialize};

use super::{Fills, Op};
use crate::bounds::{FillValue, List, Range, bounds};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::holes::{Holes, Params};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XYMasking {
    pub num_masks_x: Range<Count>,
    pub num_masks_y: Range<Count>,
    pub mask_x_length: Range<Length>,
    pub mask_y_length: Range<Length>,
    pub fill: List<FillValue>,
    #[serde(deserialize_with = "Option::deserialize")] // or it could be left out
    pub fill_mask: Option<f64>,
}

bounds! {
    /// Of stripes.
    Count: u32 = 0..=512;
    Length: u32 = 0..=u32::MAX, "pixels";
}

/// Start and length of each stripe along an axis of `side` pixels.
fn stripes(
    count: u32,
    counts: Range<Count>,
    lengths: Range<Length>,
    side: usize,
    draws: &mut Draws,
) -> Vec<[usize; 2]> {
    let drawn = (0..counts.ends()[1]).map(|i| {
        draws.mattering(i < count, |draws| {
            let length = side.min(lengths.draw(draws).get() as usize);
            [draws.below((side - length + 1) as u64) as usize, length]
        })
    });
    let drawn: Vec<_> = drawn.collect();
    drawn.into_iter().take(count as usize).filter(|&[_, length]| length > 0).collect()
}

impl Op for XYMasking {
    const NAME: &'static str = "XYMasking";
    type Params = Params;

    fn fills(&self) -> Option<Fills<'_>> {
        Some(Fills { image: &self.fill, mask: self.fill_mask, shown: true })
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let Shape { height, width, .. } = site.shape;
        let [count_x, count_y] =
            [self.num_masks_x, self.num_masks_y].map(|counts| counts.draw(draws).get());
        let along_x = stripes(count_x, self.num_masks_x, self.mask_x_length, width, draws);
        let along_y = stripes(count_y, self.num_masks_y, self.mask_y_length, height, draws);
        let along_x = along_x.into_iter().map(|[left, length]| [0, left, height, length]);
        let along_y = along_y.into_iter().map(|[top, length]| [top, 0, length, width]);
        Ok(Params { holes: along_x.chain(along_y).collect() })
    }

    fn apply(&self, Params { holes }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let holes = Holes::new(Self::NAME, holes, &self.fill, self.fill_mask, site.shape)?;
        Ok(Step::Pixels(Box::new(holes)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let per_channel = (0..shape.channels).map(|c| 0.3 + 11.0 * c as f64).collect();
        let mask = |counts: [[u32; 2]; 2], lengths: [[u32; 2]; 2], fill, fill_mask| XYMasking {
            num_masks_x: Range::new(counts[0]),
            num_masks_y: Range::new(counts[1]),
            mask_x_length: Range::new(lengths[0]),
            mask_y_length: Range::new(lengths[1]),
            fill: List::new(fill),
            fill_mask,
        };
        vec![
            mask([[1, 2], [1, 2]], [[2, 9], [2, 9]], vec![0.0], None),
            mask([[0, 3], [0, 0]], [[0, 5], [0, 0]], per_channel, Some(7.0)),
            mask([[0, 0], [2, 4]], [[0, 0], [1, u32::MAX]], vec![1.0], Some(1.0)),
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

    const SITE: Site = Site::new(Shape::new(20, 30, 3), DType::U8);

    #[test]
    fn stripes_span_the_image_and_keep_their_words() {
        let examples = XYMasking::examples(SITE.shape);
        for (op, words) in examples.iter().zip([4 + 8 + 8, 4 + 12, 4 + 16]) {
            for index in 0..300 {
                let field = Field { key: 5, epoch: 0, index };
                let (mut drawn, mut skipped) = (Draws::new(field), Draws::new(field));
                let params = op.sample(&SITE, &mut drawn).unwrap();
                skipped.skip(words);
                assert_eq!(drawn.word(), skipped.word());
                for &[top, left, height, width] in &params.holes {
                    assert!([top, height] == [0, 20] || [left, width] == [0, 30]);
                }
                op.apply(params, &SITE, Noise::default()).unwrap();
            }
        }
    }

    #[test]
    fn refuses() {
        let [op, ..] = &XYMasking::examples(SITE.shape)[..] else { panic!() };
        for (field, value) in [
            ("num_masks_x", json!([0, 513])),
            ("num_masks_y", json!([2, 1])),
            ("mask_x_length", json!([-1, 1])),
            ("mask_y_length", json!([0.5, 1])),
        ] {
            assert!(refusal(op, field, value).contains(field));
        }
        let outside = Params { holes: vec![[0, 0, 21, 1]] };
        assert!(op.apply(outside, &SITE, Noise::default()).is_err());
    }
}
