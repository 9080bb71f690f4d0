//! Cuts a window of a fixed size that shows something of the mask, where it shows anything.
//!
//! A pixel counts if, in any of the masks, any of its channels but `ignore_channels` holds
//! something other than 0 and `ignore_values`. NaN is other than all. Of the N that count, row by
//! row, the window lies around the k-th, (x, y): left = x - dx, within 0 to W - width, and top =
//! y - dy, within 0 to H - height. Where none counts it lies anywhere. Refused where the window
//! is larger than the image.
//!
//! Draws: k = below(N), dx = below(width), dy = below(height); for N = 0, which these words are
//! left out for, top = below(H - height + 1), left = below(W - width + 1). Source:
//! Albumentations' CropNonEmptyMaskIfExists, which sums channels, so that they may cancel out.

use serde::{Deserialize, Serialize};

use super::random_crop::{Params, anywhere, check_fits, crop};
use super::{Op, Sees};
use crate::bounds::{Finite, Pixels, Within};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::step::{Site, Steps};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::targets::Seen;
use crate::targets::masks::MaskImage;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CropNonEmptyMask {
    pub height: Within<Pixels>,
    pub width: Within<Pixels>,
    pub ignore_values: Vec<Within<Finite>>,
    pub ignore_channels: Vec<usize>,
}

impl CropNonEmptyMask {
    /// Which pixels of a row count.
    fn row(&self, masks: &[MaskImage], y: usize, counts: &mut [bool]) {
        counts.fill(false);
        for mask in masks {
            let channels = mask.shape().channels;
            for (i, value) in mask.row(y).enumerate() {
                let known =
                    value == 0.0 || self.ignore_values.iter().any(|known| known.get() == value);
                counts[i / channels] |= !known && !self.ignore_channels.contains(&(i % channels));
            }
        }
    }

    fn window(&self) -> [usize; 2] {
        [self.height.get(), self.width.get()]
    }
}

impl Op for CropNonEmptyMask {
    const NAME: &'static str = "CropNonEmptyMask";
    const SEES: Sees = Sees::Masks;
    type Params = Params;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Some(self.window())
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        self.sample_seeing(site, &Seen::default(), draws)
    }

    fn sample_seeing(&self, site: &Site, seen: &Seen, draws: &mut Draws) -> Result<Params> {
        let Shape { height, width, .. } = site.shape;
        let size = self.window();
        check_fits(Self::NAME, size, site.shape)?;
        let mut counts = memory::vec(width, false, ROWS)?;
        let mut count = |y| {
            self.row(&seen.masks, y, &mut counts);
            counts.iter().fold(0_u64, |sum, &counts| sum + u64::from(counts))
        };
        let rows = memory::collect((0..height).map(&mut count), ROWS)?;
        let total = rows.iter().fold(0_u64, |sum, row| sum + row);
        if total == 0 {
            draws.skip(6);
            return anywhere(Self::NAME, size, site.shape, draws);
        }
        let mut k = draws.below(total);
        let (dx, dy) = (draws.below(size[1] as u64), draws.below(size[0] as u64));
        let mut y = 0;
        while k >= rows[y] {
            k -= rows[y];
            y += 1;
        }
        self.row(&seen.masks, y, &mut counts);
        let mut columns = (0..width).filter(|&x| counts[x]);
        let x = columns.nth(k as usize).expect("so many of this row count");
        Ok(Params {
            top: y.saturating_sub(dy as usize).min(height - size[0]) as i64,
            left: x.saturating_sub(dx as usize).min(width - size[1]) as i64,
        })
    }

    fn apply(&self, params: Params, site: &Site, _: Noise) -> Result<Steps> {
        crop(Self::NAME, self.window(), params, site.shape)
    }

    fn examples(Shape { height, width, .. }: Shape) -> Vec<Self> {
        let part = |n: usize| n.div_ceil(2);
        let crop =
            |[height, width]: [usize; 2], values: &[f64], channels: &[usize]| CropNonEmptyMask {
                height: Within::new(height),
                width: Within::new(width),
                ignore_values: values.iter().copied().map(Within::new).collect(),
                ignore_channels: channels.to_vec(),
            };
        vec![
            crop([part(height), part(width)], &[], &[]),
            crop([part(height), width], &[1.0, 3.0], &[1]),
            // Nothing counts.
            crop([1, part(width)], &[], &[0]),
        ]
    }
}

const ROWS: &str = "the rows of a mask that an op sees";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::DType;
    use crate::ops::refusal;
    use crate::random::philox::Field;
    use crate::targets::masks::{MaskKind, MaskType};

    /// A mask of two channels, 0 but for these: (y, x, channel, value).
    fn mask(kind: MaskKind, points: &[(usize, usize, usize, u8)]) -> MaskImage {
        let mut mask = MaskImage::room(MaskType { kind, size: 1 }, Shape::new(6, 9, 2)).unwrap();
        let mut memory = mask.memory();
        let mut rows = memory.rows::<u8>().unwrap();
        for &(y, x, channel, value) in points {
            rows.row(y)[2 * x + channel] = value;
        }
        mask
    }

    fn op(ignore_values: &[f64], ignore_channels: &[usize]) -> CropNonEmptyMask {
        CropNonEmptyMask {
            height: Within::new(2),
            width: Within::new(3),
            ignore_values: ignore_values.iter().copied().map(Within::new).collect(),
            ignore_channels: ignore_channels.to_vec(),
        }
    }

    fn windows(op: &CropNonEmptyMask, masks: impl Fn() -> Vec<MaskImage>) -> Vec<[i64; 2]> {
        let site = Site::new(Shape::new(6, 9, 3), DType::U8);
        let seen = Seen { boxes: None, masks: masks() };
        let window = |index| {
            let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
            draws.word();
            let Params { top, left } = op.sample_seeing(&site, &seen, &mut draws).unwrap();
            [top, left]
        };
        let mut all: Vec<_> = (0..400).map(window).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    #[test]
    fn every_window_shows_something_that_counts() {
        let one = |points: &'static [_]| move || vec![mask(MaskKind::Unsigned, points)];
        let around = windows(&op(&[], &[]), one(&[(3, 4, 1, 1)]));
        let all = [2, 3].map(|top| [2, 3, 4].map(|left| [top, left])).concat();
        assert_eq!(around, all);
        // At a corner it is moved inside.
        assert_eq!(windows(&op(&[], &[]), one(&[(0, 8, 0, 1)])), [[0, 6]]);
        // What is ignored does not count: in its channel, or by its value.
        let points: &[_] = &[(0, 0, 0, 9), (5, 8, 1, 2), (3, 4, 1, 1)];
        assert_eq!(windows(&op(&[2.0], &[0]), one(points)), all);
        // Any mask does.
        let two = || vec![mask(MaskKind::Unsigned, &[]), mask(MaskKind::Unsigned, &[(3, 4, 0, 1)])];
        assert_eq!(windows(&op(&[], &[]), two), all);
    }

    #[test]
    fn channels_do_not_cancel_out() {
        let opposite = || vec![mask(MaskKind::Signed, &[(0, 0, 0, 1), (0, 0, 1, 255)])];
        assert_eq!(windows(&op(&[], &[]), opposite), [[0, 0]]);
        assert_eq!(windows(&op(&[1.0], &[]), opposite), [[0, 0]]);
        assert!(windows(&op(&[1.0, -1.0], &[]), opposite).len() > 20);
    }

    #[test]
    fn an_empty_mask_is_cut_anywhere_by_words_of_its_own() {
        let site = Site::new(Shape::new(6, 9, 3), DType::U8);
        let draws = || Draws::new(Field { key: 5, epoch: 0, index: 3 });
        let Params { top, left } = op(&[], &[]).sample(&site, &mut draws()).unwrap();
        let mut words = draws();
        words.skip(6);
        assert_eq!((top as u64, left as u64), (words.below(5), words.below(7)));
        assert_eq!(
            windows(&op(&[], &[0, 1]), || vec![mask(MaskKind::Bool, &[(3, 4, 0, 1)])]).len(),
            35
        );
    }

    #[test]
    fn refuses() {
        for side in [0, 1_u64 << 31] {
            let message = refusal(&op(&[], &[]), "height", side.into());
            let allowed = "an integer within 1 to 2^31-1, pixels";
            assert_eq!(message, format!("CropNonEmptyMask: height={side}: {allowed}"));
        }
        let site = Site::new(Shape::new(6, 2, 3), DType::U8);
        let mut draws = Draws::new(Field { key: 5, epoch: 0, index: 3 });
        let message = op(&[], &[]).sample(&site, &mut draws).unwrap_err().to_string();
        assert!(message.starts_with("CropNonEmptyMask: a window of 2 x 3"), "{message}");
        let site = Site::new(Shape::new(6, 9, 3), DType::U8);
        let edited = op(&[], &[]).apply(Params { top: 5, left: 0 }, &site, Noise::default());
        let message = edited.err().unwrap().to_string();
        assert_eq!(message, "CropNonEmptyMask: top, left=5, 0: within 0 to 4, 0 to 6");
    }
}
