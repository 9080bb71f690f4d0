//! Subtracts a mean and divides by a standard deviation, both per channel and as fractions of
//! white; the output is float32.
//!
//! out = f32(v) * scale + bias, scale = 1 / (std * M), bias = -mean / std, M the value of white;
//! both computed in f64 and rounded once to f32.
//!
//! With `normalization` mean and std are not used, but what the image is like: all its samples
//! together, or with `_per_channel` each channel by itself. With n samples, S the sum of
//! maths/sum.rs, whose channels are added to 0.0 in their order if they are together, and
//! e = 1e-4 (M / 255), in f64:
//!
//! ```text
//! image    o = S(v) / n                    a = sqrt(S((v - o) (v - o)) / n) + e
//! min_max  o = the least that is no NaN    a = (the greatest that is no NaN - o) + e
//! ```
//!
//! scale = 1 / a and bias = -o / a, rounded once to f32; `image` is then clamped to -20..20. Where
//! a sample is NaN, `image` makes all NaN that go by it.
//!
//! No draws. Source: Albumentations' op of this name.

use serde::{Deserialize, Serialize};

use super::{Flow, Nothing, Op};
use crate::bounds::{Bounds, Checked, List, Loose, bounds};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::floats::{Floats, Own, Spread};
use crate::kernels::step::{Site, Step, Steps};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalize {
    /// One value for all channels or one per channel; as many as `std`.
    pub mean: Loose<Mean>,
    pub std: Loose<Std>,
    /// None is by mean and std.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalization: Option<Normalization>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalization {
    Image,
    ImagePerChannel,
    MinMax,
    MinMaxPerChannel,
}

impl Normalization {
    fn own(self, white: f64) -> Own {
        use Normalization::*;
        let spread = match self {
            Image | ImagePerChannel => Spread::Deviation,
            MinMax | MinMaxPerChannel => Spread::Extent,
        };
        Own { spread, each: matches!(self, ImagePerChannel | MinMaxPerChannel), white }
    }
}

bounds! {
    Mean: f64 = -1.0..=1.0, "parts of white";
    /// Less would leave float32 where the mean is large; more are levels, not parts.
    Std: f64 = 1e-9..=16.0, "parts of white";
}

impl Normalize {
    /// The first field of which a value is out of range, and what is allowed.
    fn wrong(&self) -> Option<(&'static str, &[f64], String)> {
        let Normalize { mean: Loose(mean), std: Loose(std), .. } = self;
        if !mean.iter().copied().all(Mean::hold) {
            return Some(("mean", mean, List::<Mean>::words()));
        }
        (!std.iter().copied().all(Std::hold)).then(|| ("std", &std[..], List::<Std>::words()))
    }

    /// The same in parts of white, where the fields look like levels of 8 bits.
    fn advice(&self) -> String {
        const WHITE: f64 = 255.0;
        let parts = |values: &[f64]| values.iter().map(|v| v / WHITE).collect();
        // A std below 1 is in parts already; subtracting alone, it is 1.
        let Normalize { mean: Loose(mean), std: Loose(std), .. } = self;
        let std = if std.iter().all(|&v| v < 1.0) { std.clone() } else { parts(std) };
        let parts = Normalize { mean: Loose(parts(mean)), std: Loose(std), normalization: None };
        let levels = mean.iter().any(|&v| v > 1.0) || mean.iter().all(|&v| v == 0.0);
        if levels && parts.wrong().is_none() {
            let [mean, std] = [&parts.mean.0, &parts.std.0].map(|values| {
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
        let Normalize { mean: Loose(mean), std: Loose(std), .. } = self;
        if mean.is_empty() || mean.len() != std.len() {
            let value = format!("{mean:?}, {std:?}");
            return Err(Error::argument(Self::NAME, "mean, std", value, "equally many, 1 or more"));
        }
        if let Some((field, values, words)) = self.wrong() {
            let (value, allowed) = (format!("{values:?}"), words + &self.advice());
            return Err(Error::argument(Self::NAME, field, value, allowed));
        }
        Ok(())
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        if let Some(normalization) = self.normalization {
            return Ok(Step::Floats(Floats::Own(normalization.own(site.white))).into());
        }
        let (given, channels) = (self.mean.0.len(), site.shape.channels);
        if given != 1 && given != channels {
            let message =
                format!("mean and std are for {given} channels, the image has {channels}");
            return Err(Error::refused(Self::NAME, message));
        }
        let at = |values: &[f64], c: usize| values[if given == 1 { 0 } else { c }];
        let scale = |c| (1.0 / (at(&self.std.0, c) * site.white)) as f32;
        let bias = |c| (-at(&self.mean.0, c) / at(&self.std.0, c)) as f32;
        let each = |value: &dyn Fn(usize) -> f32| {
            memory::collect((0..channels).map(value), "the constants of the channels")
        };
        Ok(Step::Floats(Floats::Scale { scale: each(&scale)?, bias: each(&bias)? }).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let values = |first: f64, step: f64| {
            (0..shape.channels).map(|c| first + step * c as f64).collect::<Vec<_>>()
        };
        use Normalization::*;
        let normalize = |mean, std, normalization| Normalize {
            mean: Loose(mean),
            std: Loose(std),
            normalization,
        };
        let given = [
            normalize(values(0.485, -0.0279), values(0.229, 0.00123), None),
            normalize(vec![0.0], vec![1.0], None),
        ];
        let own = [Image, ImagePerChannel, MinMax, MinMaxPerChannel]
            .map(|normalization| normalize(vec![0.0], vec![1.0], Some(normalization)));
        given.into_iter().chain(own).collect()
    }
}
