//! Subtracts a mean and divides by a standard deviation, both per channel and as fractions of
//! white; the output is float32.
//!
//! out = f32(v) * scale + bias, scale = 1 / (std * M), bias = -mean / std, M the value of white;
//! both computed in f64 and rounded once to f32. No draws.

use serde::{Deserialize, Serialize};

use super::{Flow, Nothing, Op};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::floats::Floats;
use crate::kernels::step::{Site, Step, Steps};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalize {
    /// One value for all channels or one per channel; as many as `std`.
    pub mean: Vec<f64>,
    pub std: Vec<f64>,
}

const MEAN: [f64; 2] = [-1.0, 1.0];
/// Less would leave float32 where the mean is large; more are levels, not parts.
const STD: [f64; 2] = [1e-9, 16.0];

impl Normalize {
    /// The first field of which a value is out of range.
    fn wrong(&self) -> Option<(&'static str, &[f64], [f64; 2])> {
        [("mean", &self.mean[..], MEAN), ("std", &self.std[..], STD)]
            .into_iter()
            .find(|(_, values, [least, most])| !values.iter().all(|v| (least..=most).contains(&v)))
    }

    /// The same in parts of white, where the fields look like levels of 8 bits.
    fn advice(&self) -> String {
        const WHITE: f64 = 255.0;
        let parts = |values: &[f64]| values.iter().map(|v| v / WHITE).collect();
        // A std below 1 is in parts already; subtracting alone, it is 1.
        let given = self.std.iter().all(|&v| v < 1.0);
        let std = if given { self.std.clone() } else { parts(&self.std) };
        let parts = Normalize { mean: parts(&self.mean), std };
        let levels = self.mean.iter().any(|&v| v > 1.0) || self.mean.iter().all(|&v| v == 0.0);
        if levels && parts.wrong().is_none() {
            let [mean, std] = [&parts.mean, &parts.std].map(|values| {
                let shown: Vec<_> = values.iter().map(|v| format!("{v:.6}")).collect();
                if let [one] = &shown[..] { one.clone() } else { format!("({})", shown.join(", ")) }
            });
            return format!("; levels of 0 to {WHITE} are mean={mean}, std={std}");
        }
        "; levels are divided by the value of white".to_string()
    }
}

impl Op for Normalize {
    const NAME: &'static str = "Normalize";
    const FLOW: Flow = Flow::Normalizes;
    type Params = Nothing;

    fn check(&self) -> Result<()> {
        let Normalize { mean, std } = self;
        if mean.is_empty() || mean.len() != std.len() {
            let value = format!("{mean:?}, {std:?}");
            return Err(Error::argument(Self::NAME, "mean, std", value, "equally many, 1 or more"));
        }
        if let Some((field, values, [least, most])) = self.wrong() {
            let allowed = format!("parts of white, {least} to {most}{}", self.advice());
            return Err(Error::argument(Self::NAME, field, format!("{values:?}"), allowed));
        }
        Ok(())
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        let (given, channels) = (self.mean.len(), site.shape.channels);
        if given != 1 && given != channels {
            let message =
                format!("mean and std are for {given} channels, the image has {channels}");
            return Err(Error::refused(Self::NAME, message));
        }
        let at = |values: &[f64], c: usize| values[if given == 1 { 0 } else { c }];
        let scale = |c| (1.0 / (at(&self.std, c) * site.white)) as f32;
        let bias = |c| (-at(&self.mean, c) / at(&self.std, c)) as f32;
        let each = |value: &dyn Fn(usize) -> f32| {
            memory::collect((0..channels).map(value), "the constants of the channels")
        };
        Ok(Step::Floats(Floats::Scale { scale: each(&scale)?, bias: each(&bias)? }).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let values = |first: f64, step: f64| {
            (0..shape.channels).map(|c| first + step * c as f64).collect::<Vec<_>>()
        };
        vec![
            Normalize { mean: values(0.485, -0.0279), std: values(0.229, 0.00123) },
            Normalize { mean: vec![0.0], std: vec![1.0] },
        ]
    }
}
