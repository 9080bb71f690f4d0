//! Lights a scene by a lamp of another colour temperature.
//!
//! Red is multiplied by k0 / k1, blue by k2 / k1; green stays. k is the colour of the temperature,
//! by straight lines between those of each 500 K from the mode's first on, 3000 or 4000:
//!
//! ```text
//! x = (temperature - first) / 500;  j = floor(x), at most the last but one;  f = x - j
//! k = K[j] + (K[j + 1] - K[j]) f
//!
//! blackbody
//!  0.6743 0.4029 0.0013 | 0.6281 0.4241 0.1665 | 0.5919 0.4372 0.2513 | 0.5623 0.4457 0.3154
//!  0.5376 0.4515 0.3672 | 0.5163 0.4555 0.4103 | 0.4979 0.4584 0.4468 | 0.4816 0.4604 0.4782
//!  0.4672 0.4619 0.5053 | 0.4542 0.4630 0.5289 | 0.4426 0.4638 0.5497 | 0.4320 0.4644 0.5681
//!  0.4223 0.4648 0.5844 | 0.4135 0.4651 0.5990 | 0.4054 0.4653 0.6121 | 0.3980 0.4654 0.6239
//!  0.3911 0.4655 0.6346 | 0.3847 0.4656 0.6444 | 0.3787 0.4656 0.6532 | 0.3732 0.4656 0.6613
//!  0.3680 0.4655 0.6688 | 0.3632 0.4655 0.6756 | 0.3586 0.4655 0.6820 | 0.3544 0.4654 0.6878
//!  0.3503 0.4653 0.6933
//!
//! cied
//!  0.5829 0.4421 0.2288 | 0.5510 0.4514 0.2948 | 0.5246 0.4576 0.3488 | 0.5021 0.4618 0.3941
//!  0.4826 0.4646 0.4325 | 0.4654 0.4667 0.4654 | 0.4502 0.4681 0.4938 | 0.4364 0.4692 0.5186
//!  0.4240 0.4700 0.5403 | 0.4127 0.4705 0.5594 | 0.4023 0.4709 0.5763 | 0.3928 0.4713 0.5914
//!  0.3839 0.4715 0.6049 | 0.3757 0.4716 0.6171 | 0.3681 0.4717 0.6281 | 0.3609 0.4718 0.6380
//!  0.3543 0.4719 0.6472 | 0.3480 0.4719 0.6555 | 0.3421 0.4719 0.6631 | 0.3365 0.4719 0.6702
//!  0.3313 0.4719 0.6766 | 0.3263 0.4719 0.6826 | 0.3217 0.4719 0.6882
//! ```
//!
//! in f64, and so are the quotients. out = clamp(v c, 0, M), v clamped to 0..M, M the value of
//! white: of uint8 and uint16 floor(v c + 0.5) in f64, of float32 with c rounded to f32. An image
//! has 3 channels; others are refused.
//!
//! Draws: whether it is on the cold side, with the probability 0.4; then `temperature`, between the
//! middle, 6000 clamped to `temperature_limit`, and its lower or else its upper end: uniform, a unit
//! and a word that is not used; or gaussian, away from the middle by |normal| / 3 of the way, at
//! most all of it. Source: Zini et al., "Planckian Jitter" (2023), in Albumentations' op of this
//! name, whose temperatures are whole numbers: within 1 at uint8.

use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Range, Within, bounds};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::colour::{Colour, check_rgb};
use crate::kernels::curves::Curve;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

bounds! {
    Kelvin: f64 = 3000.0..=15000.0, "kelvin";
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Blackbody,
    Cied,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sampling {
    Uniform,
    Gaussian,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanckianJitter {
    pub mode: Mode,
    /// None is all that the mode knows.
    #[serde(deserialize_with = "Option::deserialize")] // or it could be left out
    pub temperature_limit: Option<Range<Kelvin>>,
    pub sampling_method: Sampling,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub temperature: Within<Kelvin>,
}

/// Daylight.
const MIDDLE: f64 = 6000.0;
const STEP: f64 = 500.0;

impl Mode {
    fn start(self) -> f64 {
        match self {
            Mode::Blackbody => 3000.0,
            Mode::Cied => 4000.0,
        }
    }

    fn colours(self) -> &'static [[f64; 3]] {
        match self {
            Mode::Blackbody => &BLACKBODY,
            Mode::Cied => &CIED,
        }
    }

    fn ends(self) -> [f64; 2] {
        [self.start(), self.start() + STEP * (self.colours().len() - 1) as f64]
    }

    /// Refuses what is beyond its table.
    fn check(self, name: &str, given: [f64; 2]) -> Result<()> {
        let [start, end] = self.ends();
        if start <= given[0] && given[1] <= end {
            return Ok(());
        }
        let value = if given[0] == given[1] {
            given[0].to_string()
        } else {
            format!("({}, {})", given[0], given[1])
        };
        let allowed = format!("within {start} to {end}, kelvin, in this mode");
        Err(Error::argument(PlanckianJitter::NAME, name, value, allowed))
    }
}

impl PlanckianJitter {
    fn limit(&self) -> [f64; 2] {
        self.temperature_limit.map_or(self.mode.ends(), Range::ends)
    }
}

impl Op for PlanckianJitter {
    const NAME: &'static str = "PlanckianJitter";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn check(&self) -> Result<()> {
        self.mode.check("temperature_limit", self.limit())
    }

    fn fits(&self, site: &Site) -> Result<()> {
        check_rgb(Self::NAME, "a colour temperature", site.shape)
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let [coldest, hottest] = self.limit();
        let middle = MIDDLE.clamp(coldest, hottest);
        let end = if draws.bernoulli(0.4) { coldest } else { hottest };
        let temperature = draws.mattering(coldest != hottest, |draws| match self.sampling_method {
            Sampling::Uniform => {
                let part = draws.unit();
                draws.skip(1);
                middle + (end - middle) * part
            }
            Sampling::Gaussian => middle + (end - middle) * (draws.normal().abs() / 3.0).min(1.0),
        });
        Ok(Params { temperature: Within::new(temperature) })
    }

    fn apply(&self, Params { temperature }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let temperature = temperature.get();
        self.mode.check("temperature", [temperature; 2])?;
        let colours = self.mode.colours();
        let x = (temperature - self.mode.start()) / STEP;
        let j = (x as usize).min(colours.len() - 2);
        let part = x - j as f64;
        let [red, green, blue] =
            [0, 1, 2].map(|c| colours[j][c] + (colours[j + 1][c] - colours[j][c]) * part);
        let curve = |factor| Box::new(Scaled { factor, white: site.white }) as Box<dyn Curve>;
        let factors = [red / green, 1.0, blue / green];
        Ok(Step::curves(factors.map(curve).into()).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let fields = [
            (Mode::Blackbody, None, Sampling::Uniform),
            (Mode::Cied, None, Sampling::Gaussian),
            (Mode::Blackbody, Some([3000.0, 6000.0]), Sampling::Gaussian),
            (Mode::Cied, Some([6000.0, 15000.0]), Sampling::Uniform),
        ];
        let op = |(mode, limit, sampling_method): (_, Option<[f64; 2]>, _)| PlanckianJitter {
            mode,
            temperature_limit: limit.map(Range::new),
            sampling_method,
        };
        fields.into_iter().filter(|_| shape.channels == 3).map(op).collect()
    }
}

/// Times a factor.
struct Scaled {
    factor: f64,
    white: f64,
}

impl Scaled {
    fn integer(&self, value: f64) -> f64 {
        (value * self.factor + 0.5).floor().min(self.white)
    }
}

impl Curve for Scaled {
    fn uint8(&self, value: u8) -> u8 {
        self.integer(value.into()) as u8
    }

    fn uint16(&self, value: u16) -> u16 {
        self.integer(value.limit(self.white as u16).into()) as u16
    }

    fn float32(&self, value: f32) -> f32 {
        let white = self.white as f32;
        (value.limit(white) * self.factor as f32).limit(white)
    }
}

/// A black body's, from 3000 K to 15000 K.
const BLACKBODY: [[f64; 3]; 25] = [
    [0.6743, 0.4029, 0.0013],
    [0.6281, 0.4241, 0.1665],
    [0.5919, 0.4372, 0.2513],
    [0.5623, 0.4457, 0.3154],
    [0.5376, 0.4515, 0.3672],
    [0.5163, 0.4555, 0.4103],
    [0.4979, 0.4584, 0.4468],
    [0.4816, 0.4604, 0.4782],
    [0.4672, 0.4619, 0.5053],
    [0.4542, 0.4630, 0.5289],
    [0.4426, 0.4638, 0.5497],
    [0.4320, 0.4644, 0.5681],
    [0.4223, 0.4648, 0.5844],
    [0.4135, 0.4651, 0.5990],
    [0.4054, 0.4653, 0.6121],
    [0.3980, 0.4654, 0.6239],
    [0.3911, 0.4655, 0.6346],
    [0.3847, 0.4656, 0.6444],
    [0.3787, 0.4656, 0.6532],
    [0.3732, 0.4656, 0.6613],
    [0.3680, 0.4655, 0.6688],
    [0.3632, 0.4655, 0.6756],
    [0.3586, 0.4655, 0.6820],
    [0.3544, 0.4654, 0.6878],
    [0.3503, 0.4653, 0.6933],
];

/// Daylight's, from 4000 K to 15000 K.
const CIED: [[f64; 3]; 23] = [
    [0.5829, 0.4421, 0.2288],
    [0.5510, 0.4514, 0.2948],
    [0.5246, 0.4576, 0.3488],
    [0.5021, 0.4618, 0.3941],
    [0.4826, 0.4646, 0.4325],
    [0.4654, 0.4667, 0.4654],
    [0.4502, 0.4681, 0.4938],
    [0.4364, 0.4692, 0.5186],
    [0.4240, 0.4700, 0.5403],
    [0.4127, 0.4705, 0.5594],
    [0.4023, 0.4709, 0.5763],
    [0.3928, 0.4713, 0.5914],
    [0.3839, 0.4715, 0.6049],
    [0.3757, 0.4716, 0.6171],
    [0.3681, 0.4717, 0.6281],
    [0.3609, 0.4718, 0.6380],
    [0.3543, 0.4719, 0.6472],
    [0.3480, 0.4719, 0.6555],
    [0.3421, 0.4719, 0.6631],
    [0.3365, 0.4719, 0.6702],
    [0.3313, 0.4719, 0.6766],
    [0.3263, 0.4719, 0.6826],
    [0.3217, 0.4719, 0.6882],
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};

    fn op(mode: Mode) -> PlanckianJitter {
        PlanckianJitter { mode, temperature_limit: None, sampling_method: Sampling::Uniform }
    }

    #[test]
    fn a_range_is_within_the_table() {
        assert_eq!(
            refusal(&op(Mode::Cied), "temperature_limit", json!([3000, 9000])),
            "PlanckianJitter: temperature_limit=(3000, 9000): within 4000 to 15000, kelvin, in \
             this mode"
        );
        assert!(op(Mode::Blackbody).check().is_ok() && op(Mode::Cied).check().is_ok());
    }

    #[test]
    fn edited_temperatures_are_those_of_the_mode() {
        let site = Site::new(Shape::new(4, 4, 3), DType::U8);
        let given = |mode, kelvin: f64| {
            let refused = edited(&op(mode), &site, json!({"temperature": kelvin})).err();
            refused.map(|error| error.to_string())
        };
        assert_eq!(
            given(Mode::Cied, 3500.0).unwrap(),
            "PlanckianJitter: temperature=3500: within 4000 to 15000, kelvin, in this mode"
        );
        for (mode, kelvin) in [(Mode::Blackbody, 3000.0), (Mode::Cied, 4000.0)] {
            assert_eq!((given(mode, kelvin), given(mode, 15000.0)), (None, None));
        }
    }
}
