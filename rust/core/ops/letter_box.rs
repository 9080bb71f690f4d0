//! Resizes as far as the image fits into a fixed size, and pads to it.
//!
//! The image of W x H becomes w x h at the ratio a / b, the smaller of height / H and width / W,
//! at most 1 without `upscale`: h = max(1, floor((2 H a + b) / (2 b))) in whole numbers, that is
//! H a / b with halves rounded up; w likewise. Two steps: Resize to w x h, then a constant frame
//! up to the size, of which `position` says where the image sits, as in
//! [`PadIfNeeded`](super::pad_if_needed): at the center the smaller part of an odd rest is above
//! and on the left.
//!
//! Draws: those of PadIfNeeded. Source: Ultralytics' documentation of its op of this name, whose
//! sizes are the same but for halves.

use serde::{Deserialize, Serialize};

use super::pad::framed;
use super::pad_if_needed::{Corner, Position};
use super::{Fills, Op};
use crate::bounds::{FillValue, List, Pair, Pixels};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::border::Border;
use crate::kernels::fill::Fill;
use crate::kernels::resample::{self, Interpolation, Window};
use crate::kernels::sizes::Ratio;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LetterBox {
    /// Height and width of the output.
    pub size: Pair<Pixels>,
    pub upscale: bool,
    pub position: Position,
    pub interpolation: Interpolation,
    pub antialias: bool,
    pub fill: List<FillValue>,
    pub fill_mask: f64,
}

impl LetterBox {
    /// Height and width of the image within the output.
    fn fitting(&self, shape: Shape) -> [usize; 2] {
        let ratio = Ratio::within(self.size.get(), shape);
        if self.upscale { ratio } else { ratio.shrinking() }.size(shape)
    }

    /// How many rows and columns are added to it.
    fn rest(&self, [height, width]: [usize; 2]) -> [usize; 2] {
        let [rows, columns] = self.size.get();
        [rows - height, columns - width]
    }
}

impl Op for LetterBox {
    const NAME: &'static str = "LetterBox";
    type Params = Corner;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Some(self.size.get())
    }

    fn fills(&self) -> Option<Fills<'_>> {
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown: true })
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Corner> {
        Ok(self.position.draw(self.rest(self.fitting(site.shape)), draws))
    }

    fn apply(&self, corner: Corner, site: &Site, _: Noise) -> Result<Steps> {
        let size = self.fitting(site.shape);
        let padding = corner.padding(Self::NAME, self.rest(size))?;
        let window = Window::whole(site.shape);
        let resize =
            resample::step(Self::NAME, window, size, self.interpolation, self.antialias, site)?;
        let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
        let frame = framed(padding, size, Border::Constant, fill)?;
        Ok(Steps::Several(vec![resize, Step::Place(frame)]))
    }

    fn examples(Shape { height, width, .. }: Shape) -> Vec<Self> {
        let fit = |size, upscale, position, interpolation, antialias| LetterBox {
            size: Pair::new(size),
            upscale,
            position,
            interpolation,
            antialias,
            fill: List::new(vec![0.4]),
            fill_mask: 7.0,
        };
        let (bilinear, half) = (Interpolation::Bilinear, [height.div_ceil(2), width]);
        vec![
            fit([24, 24], true, Position::Center, bilinear, true),
            fit([9, 30], true, Position::Random, Interpolation::Bicubic, false),
            fit([height + 3, width + 4], false, Position::BottomRight, bilinear, true),
            fit(half, false, Position::TopRight, Interpolation::Nearest, true),
            fit([height, width], true, Position::Center, Interpolation::Lanczos, true),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::DType;

    fn op(size: [usize; 2], upscale: bool) -> LetterBox {
        let size = Pair::new(size);
        LetterBox { size, upscale, ..LetterBox::examples(Shape::new(8, 8, 3)).remove(0) }
    }

    #[test]
    fn sizes_fit_and_round_halves_up() {
        let fitting =
            |size, upscale, height, width| op(size, upscale).fitting(Shape::new(height, width, 1));
        assert_eq!(fitting([640, 640], true, 1080, 1920), [360, 640]);
        assert_eq!(fitting([10, 10], true, 20, 5), [10, 3]);
        assert_eq!(fitting([10, 40], true, 5, 4), [10, 8]);
        assert_eq!(fitting([10, 40], false, 5, 4), [5, 4]);
        assert_eq!(fitting([10, 3], false, 5, 4), [4, 3]);
        assert_eq!(fitting([2, 2], true, 1000, 1), [2, 1]);
        let most = (1 << 31) - 1;
        assert_eq!(fitting([most, most], true, most, 1), [most, 1]);
        assert_eq!(fitting([most, most], true, 1, most), [1, most]);
    }

    #[test]
    fn edited_places_are_checked() {
        let site = Site::new(Shape::new(20, 5, 3), DType::U8);
        let op = op([10, 10], true);
        let apply = |top, left| op.apply(Corner { top, left }, &site, Noise::default());
        assert!(apply(0, 0).is_ok() && apply(0, 7).is_ok());
        for [top, left] in [[1, 0], [0, 8]] {
            let message = apply(top, left).err().unwrap().to_string();
            assert!(message.starts_with("LetterBox: top, left="), "{message}");
        }
    }
}
