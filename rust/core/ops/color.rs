//! Moves each colour from its gray: 0 is a gray image, 1 the image itself.
//!
//! v f + (1 - f) L, L the luma of the pixel, rounded and clamped as ColorJitter's saturation
//! (color_jitter.rs), of v clamped to 0..M, M the value of white. An image of one channel is gray
//! and stays as it is; those of other numbers than 1 and 3 are refused.
//!
//! Draws: `factor`. Source: Pillow's ImageEnhance.Color, which truncates, and rounds the gray:
//! within 2 at uint8 for factors up to 2, within 4 for all.

use serde::{Deserialize, Serialize};

use super::color_jitter::{SubOp, jitter};
use super::{Factor, Flow, Op};
use crate::bounds::Range;
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::colour::check_gray_or_rgb;
use crate::kernels::linear;
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Color {
    pub factor: Range<linear::Factor>,
}

impl Op for Color {
    const NAME: &'static str = "Color";
    const FLOW: Flow = Flow::Nominal;
    type Params = Factor;

    fn fits(&self, site: &Site) -> Result<()> {
        check_gray_or_rgb(Self::NAME, "luma", site.shape)
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Factor> {
        Ok(Factor { factor: self.factor.draw(draws) })
    }

    fn apply(&self, Factor { factor }: Factor, site: &Site, _: Noise) -> Result<Steps> {
        let colour = (site.shape.channels == 3).then_some((SubOp::Saturation, factor.get()));
        Ok(jitter(colour.into_iter().collect(), site.white).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let known = [1, 3].contains(&shape.channels);
        let factors = [[0.1, 1.9], [0.0, 0.0], [1.0, 1.0], [2.0, 8.0]];
        let op = |factor| Color { factor: Range::new(factor) };
        factors.into_iter().filter(|_| known).map(op).collect()
    }
}
