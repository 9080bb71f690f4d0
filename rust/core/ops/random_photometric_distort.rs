//! Changes brightness, contrast, saturation and hue, each or not, and puts the channels into
//! another order or not: the distortion of SSD.
//!
//! In this order: brightness, contrast if it comes first, saturation, hue, contrast if it comes
//! last, channels. The first four are the sub-ops of ColorJitter (color_jitter.rs), each on the
//! rounded and clamped result of the one before; then channel c becomes channel `order[c]`, as in
//! ChannelShuffle. What is not drawn is neutral: 1, and a hue of 0. An image has 3 channels; others
//! are refused.
//!
//! Draws: for brightness, contrast, saturation, hue in turn whether it is changed, with the
//! probability `distort_p`, and its value, used or not; whether contrast comes first, with the
//! probability 1/2; whether the channels are put into another order, with the probability
//! `distort_p`, and that, a permutation of 3, used or not. Source: torchvision's op of this name
//! and Liu et al., "SSD: Single Shot MultiBox Detector" (2016).

use serde::{Deserialize, Serialize};

use super::channel_shuffle::ordered;
use super::color_jitter::{SubOp, Turn, jitter};
use super::{Flow, Op};
use crate::bounds::{Bounds, Range, Within, bounds};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::colour::check_rgb;
use crate::kernels::linear::Factor;
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

bounds! {
    Chance: f64 = 0.0..=1.0;
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomPhotometricDistort {
    pub brightness: Range<Factor>,
    pub contrast: Range<Factor>,
    pub saturation: Range<Factor>,
    pub hue: Range<Turn>,
    /// Of each step.
    pub distort_p: Within<Chance>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub brightness: Within<Factor>,
    pub contrast: Within<Factor>,
    pub saturation: Within<Factor>,
    pub hue: Within<Turn>,
    pub contrast_first: bool,
    pub order: Vec<usize>,
}

impl RandomPhotometricDistort {
    /// A value of the range, or what changes nothing.
    fn step<B: Bounds>(&self, range: Range<B>, neutral: B::Number, draws: &mut Draws) -> Within<B> {
        let changed = draws.bernoulli(self.distort_p.get());
        let value = draws.mattering(changed, |draws| range.draw(draws));
        if changed { value } else { Within::new(neutral) }
    }
}

impl Op for RandomPhotometricDistort {
    const NAME: &'static str = "RandomPhotometricDistort";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn fits(&self, site: &Site) -> Result<()> {
        check_rgb(Self::NAME, "saturation", site.shape)
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let brightness = self.step(self.brightness, 1.0, draws);
        let contrast = self.step(self.contrast, 1.0, draws);
        let saturation = self.step(self.saturation, 1.0, draws);
        let hue = self.step(self.hue, 0.0, draws);
        let contrast_first = draws.mattering(contrast.get() != 1.0, |draws| draws.bernoulli(0.5));
        let reordered = draws.bernoulli(self.distort_p.get());
        let order: [usize; 3] = draws.mattering(reordered, Draws::permutation);
        let order = if reordered { order } else { [0, 1, 2] }.into();
        Ok(Params { brightness, contrast, saturation, hue, contrast_first, order })
    }

    fn apply(&self, params: Params, site: &Site, _: Noise) -> Result<Steps> {
        let mut stages = vec![
            (SubOp::Brightness, params.brightness.get()),
            (SubOp::Saturation, params.saturation.get()),
            (SubOp::Hue, params.hue.get()),
        ];
        let contrast = (SubOp::Contrast, params.contrast.get());
        stages.insert(if params.contrast_first { 1 } else { 3 }, contrast);
        let moved = params.order != [0, 1, 2];
        let shuffle = ordered(Self::NAME, params.order, site.shape.channels)?;
        let steps = [Some(jitter(stages, site.white)), moved.then_some(shuffle)];
        Ok(Steps::Several(steps.into_iter().flatten().collect()))
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let usual = ([0.875, 1.125], [0.5, 1.5], [0.5, 1.5], [-0.05, 0.05], 0.5);
        let sure = ([0.5, 0.5], [0.0, 8.0], [8.0, 8.0], [-0.5, 0.5], 1.0);
        let never = ([0.5, 0.5], [0.0, 0.0], [0.0, 0.0], [0.5, 0.5], 0.0);
        let op = |(brightness, contrast, saturation, hue, chance)| RandomPhotometricDistort {
            brightness: Range::new(brightness),
            contrast: Range::new(contrast),
            saturation: Range::new(saturation),
            hue: Range::new(hue),
            distort_p: Within::new(chance),
        };
        [usual, sure, never].into_iter().filter(|_| shape.channels == 3).map(op).collect()
    }
}
