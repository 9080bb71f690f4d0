//! Changes brightness and contrast by one linear function of each value, so that it is a table.
//!
//! out = clamp(v * alpha + beta * M), M the nominal maximum (255, 65535, 1), alpha = 1 + contrast,
//! beta = brightness. uint8 and uint16: f64, v * alpha + (beta * M), then floor(x + 0.5), clamped
//! to 0..M. float32: alpha and beta rounded once to f32, v * alpha + beta + 0, clamped to 0..1.
//!
//! Draws: `brightness`, `contrast`. Source: Albumentations' op of this name with
//! `brightness_by_max=True`, but rounding where it truncates.

use serde::{Deserialize, Serialize};

use super::{Flow, Op, check_range};
use crate::canonical;
use crate::draws::Draws;
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernel::Point;
use crate::philox::Field;
use crate::step::{Site, Step};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomBrightnessContrast {
    pub brightness_limit: [f64; 2],
    pub contrast_limit: [f64; 2],
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub brightness: f64,
    pub contrast: f64,
}

impl Op for RandomBrightnessContrast {
    const NAME: &'static str = "RandomBrightnessContrast";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn check(&self) -> Result<()> {
        check_range(Self::NAME, "brightness_limit", self.brightness_limit, [-1.0, 1.0])?;
        check_range(Self::NAME, "contrast_limit", self.contrast_limit, [-1.0, f64::INFINITY])
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let brightness = draws.range(self.brightness_limit);
        let contrast = draws.range(self.contrast_limit);
        Ok(Params { brightness, contrast })
    }

    fn apply(&self, params: Params, _: &Site, _: &[Field]) -> Result<Step> {
        let Params { brightness, contrast } = params;
        if !(brightness.is_finite() && contrast.is_finite()) {
            let value = format!("{brightness}, {contrast}");
            return Err(Error::argument(Self::NAME, "brightness, contrast", value, "finite"));
        }
        Ok(Step::point(Linear { alpha: 1.0 + contrast, beta: brightness }))
    }

    fn examples(_: Shape) -> Vec<Self> {
        vec![
            RandomBrightnessContrast { brightness_limit: [-0.3, 0.3], contrast_limit: [-0.5, 0.5] },
            RandomBrightnessContrast { brightness_limit: [0.1, 0.1], contrast_limit: [2.0, 9.0] },
        ]
    }
}

struct Linear {
    alpha: f64,
    beta: f64,
}

impl Linear {
    /// Before it is clamped and rounded down, both of which `as` does.
    fn integer(&self, value: f64, max: f64) -> f64 {
        value * self.alpha + self.beta * max + 0.5
    }
}

impl Point for Linear {
    fn uint8(&self, value: u8) -> u8 {
        self.integer(f64::from(value), 255.0) as u8
    }

    fn uint16(&self, value: u16) -> u16 {
        self.integer(f64::from(value), 65535.0) as u16
    }

    fn float32(&self, value: f32) -> f32 {
        // Platforms may differ in which zero clamps to which; + 0.0 leaves only one.
        canonical((value * self.alpha as f32 + self.beta as f32 + 0.0).clamp(0.0, 1.0))
    }
}
