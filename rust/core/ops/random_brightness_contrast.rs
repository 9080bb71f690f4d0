//! Changes brightness and contrast by one linear function of each value, so that it is a table.
//!
//! out = clamp(v * alpha + beta * M), M the value of white, alpha = 1 + contrast, beta =
//! brightness. uint8 and uint16: f64, v * alpha + (beta * M), then floor(x + 0.5), clamped to 0..M.
//! float32: alpha and beta * M rounded once to f32, v * alpha + beta * M + 0, clamped to 0..M.
//!
//! Draws: `brightness`, `contrast`. Source: Albumentations' op of this name with
//! `brightness_by_max=True`, but rounding where it truncates.

use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Range, Shift, Within, bounds};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::curves::Curve;
use crate::kernels::step::{Site, Step, Steps};
use crate::maths::canonical;
use crate::maths::within;
use crate::random::address::Noise;
use crate::random::draws::Draws;

bounds! {
    /// A factor less one. Beyond it nothing but black and white would be left of 8 bits.
    Contrast: f64 = -1.0..=255.0;
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomBrightnessContrast {
    pub brightness_limit: Range<Shift>,
    pub contrast_limit: Range<Contrast>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub brightness: Within<Shift>,
    pub contrast: Within<Contrast>,
}

impl Op for RandomBrightnessContrast {
    const NAME: &'static str = "RandomBrightnessContrast";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let brightness = self.brightness_limit.draw(draws);
        let contrast = self.contrast_limit.draw(draws);
        Ok(Params { brightness, contrast })
    }

    fn apply(&self, params: Params, site: &Site, _: Noise) -> Result<Steps> {
        let [brightness, contrast] = [params.brightness.get(), params.contrast.get()];
        let white = site.white;
        Ok(Step::curve(Linear { alpha: 1.0 + contrast, beta: brightness * white, white }).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let limits = [([-0.3, 0.3], [-0.5, 0.5]), ([0.1, 0.1], [2.0, 9.0])];
        limits
            .map(|(brightness, contrast)| RandomBrightnessContrast {
                brightness_limit: Range::new(brightness),
                contrast_limit: Range::new(contrast),
            })
            .into()
    }
}

struct Linear {
    alpha: f64,
    /// In levels.
    beta: f64,
    white: f64,
}

impl Linear {
    /// Before it is clamped to 0 and rounded down, both of which `as` does.
    fn integer(&self, value: f64) -> f64 {
        (value * self.alpha + self.beta + 0.5).min(self.white)
    }
}

impl Curve for Linear {
    fn uint8(&self, value: u8) -> u8 {
        self.integer(f64::from(value)) as u8
    }

    fn uint16(&self, value: u16) -> u16 {
        self.integer(f64::from(value)) as u16
    }

    fn float32(&self, value: f32) -> f32 {
        // Platforms may differ in which zero clamps to which; + 0.0 leaves only one.
        let sum = value * self.alpha as f32 + self.beta as f32 + 0.0;
        canonical(within(sum, self.white as f32))
    }
}
