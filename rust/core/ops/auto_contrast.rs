//! Stretches the values of each channel, so that its least becomes black and its greatest white.
//!
//! M is the value of white; values are clamped to 0..M first. Least and greatest, lo and hi, are of
//! each channel, or with `preserve_tone` of Pillow's gray (kernels/curves/measure.rs) for all three.
//! NaN is left out. With a cutoff or an ignored value they are those of a histogram by level
//! (Leveled): the ignored level, floor(L ignore + 0.5) with L = M of integers and 65535 of float32,
//! loses all its n; then with N the sum of all, floor(N cutoff / 100) samples are taken away from
//! the lowest levels, and so from the highest. lo and hi are the first and last level of which
//! there are some left; of float32, level l is the value l (M / 65535), in f64, rounded to f32.
//!
//! ```text
//! hi <= lo  the clamped v
//! integers  a = M / (hi - lo);  b = -lo a;  floor(v a + b), clamped     f64, each step rounded
//! float32   ((v - lo) / (hi - lo)) M, clamped
//! ```
//!
//! No draws. Source: Pillow's ImageOps.autocontrast: equal at uint8.

use serde::{Deserialize, Serialize};

use super::{Flow, Nothing, Op};
use crate::bounds::{Pair, Part, Within, bounds};
use crate::error::Result;
use crate::image::{DType, Shape};
use crate::kernels::colour::{Colour, check_gray_or_rgb};
use crate::kernels::curves::{Ask, Curve, Curves, Measure, Measured, What};
use crate::kernels::step::{Site, Step, Steps};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;

bounds! {
    Percent: f64 = 0.0..=100.0, "percent";
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoContrast {
    /// Of the lowest and of the highest samples.
    pub cutoff: Pair<Percent>,
    pub ignore: Option<Within<Part>>,
    pub preserve_tone: bool,
}

impl Op for AutoContrast {
    const NAME: &'static str = "AutoContrast";
    const FLOW: Flow = Flow::Nominal;
    type Params = Nothing;

    fn fits(&self, site: &Site) -> Result<()> {
        if self.preserve_tone {
            check_gray_or_rgb(Self::NAME, "preserve_tone", site.shape)?;
        }
        Ok(())
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        let levels = match site.dtype {
            DType::F32 => 65535.0,
            DType::U8 | DType::U16 => site.white,
        };
        Ok(Step::measured(Stretch {
            cutoff: self.cutoff.get(),
            ignore: self.ignore.map(|ignore| (levels * ignore.get() + 0.5) as usize),
            gray: self.preserve_tone && site.shape.channels == 3,
            white: site.white,
            level: site.white / levels,
        })
        .into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let fields = [
            ([0.0, 0.0], None, false),
            ([20.0, 31.0], None, false),
            ([0.0, 0.5], Some(1.0), false),
            ([0.0, 0.0], None, true),
            ([25.0, 12.5], Some(0.0), true),
        ];
        let known = [1, 3].contains(&shape.channels);
        let fields = fields.into_iter().filter(|&(.., preserve_tone)| known || !preserve_tone);
        fields
            .map(|(cutoff, ignore, preserve_tone)| AutoContrast {
                cutoff: Pair::new(cutoff),
                ignore: ignore.map(Within::new),
                preserve_tone,
            })
            .collect()
    }
}

struct Stretch {
    cutoff: [f64; 2],
    /// A level.
    ignore: Option<usize>,
    gray: bool,
    white: f64,
    /// The value of level 1.
    level: f64,
}

impl Stretch {
    /// Least and greatest value, or what would not be stretched.
    fn ends(&self, measure: &Measure) -> Result<[f64; 2]> {
        let counts = match measure {
            Measure::Extremes(ends) => return Ok(ends.map(f64::from)),
            Measure::Histogram(counts) => counts,
            Measure::Sum(_) => unreachable!("it is not asked for"),
        };
        let mut counts = memory::repeat(counts, 1, "a histogram")?;
        if let Some(level) = self.ignore {
            counts[level] = 0;
        }
        let total = counts.iter().fold(0, |sum, &count| sum + u64::from(count));
        let [low, high] = self.cutoff.map(|percent| percentage(total, percent));
        take_away(low, counts.iter_mut());
        take_away(high, counts.iter_mut().rev());
        let some = |&count: &u32| count > 0;
        Ok(match (counts.iter().position(some), counts.iter().rposition(some)) {
            (Some(first), Some(last)) => [first, last].map(|level| level as f64 * self.level),
            _ => [0.0; 2],
        })
    }
}

/// floor(n percent / 100) of the product in f64, exactly.
fn percentage(n: u64, percent: f64) -> u64 {
    let product = n as f64 * percent;
    let quotient = (product / 100.0).floor();
    // The division may have rounded up.
    (if quotient * 100.0 > product { quotient - 1.0 } else { quotient }) as u64
}

fn take_away<'a>(mut cut: u64, counts: impl Iterator<Item = &'a mut u32>) {
    for count in counts {
        let taken = cut.min((*count).into());
        *count -= taken as u32;
        cut -= taken;
    }
}

impl Measured for Stretch {
    fn ask(&self) -> Ask {
        let all = self.ignore.is_none() && self.cutoff == [0.0; 2];
        let what = if all { What::Extremes } else { What::Histogram };
        Ask { gray: self.gray, what, white: self.white }
    }

    fn curves(&self, measures: &[Measure]) -> Result<Curves> {
        let stretched = |measure| Ok(Stretched { ends: self.ends(measure)?, white: self.white });
        if let [measure] = measures {
            return Ok(Curves::All(Box::new(stretched(measure)?)));
        }
        let each = measures
            .iter()
            .map(|measure| stretched(measure).map(|curve| Box::new(curve) as Box<dyn Curve>));
        Ok(Curves::Each(memory::try_collect(each, "the curves of the channels")?))
    }
}

struct Stretched {
    ends: [f64; 2],
    white: f64,
}

impl Stretched {
    /// Before it is clamped to 0 and rounded down, both of which `as` does.
    fn integer(&self, value: f64) -> f64 {
        let [low, high] = self.ends;
        if high <= low {
            return value.min(self.white);
        }
        let scale = self.white / (high - low);
        (value * scale + -low * scale).min(self.white)
    }
}

impl Curve for Stretched {
    fn uint8(&self, value: u8) -> u8 {
        self.integer(value.into()) as u8
    }

    fn uint16(&self, value: u16) -> u16 {
        let white = self.white as u16;
        self.integer(value.limit(white).into()) as u16
    }

    fn float32(&self, value: f32) -> f32 {
        let white = self.white as f32;
        let value = value.limit(white);
        let [low, high] = self.ends.map(|end| end as f32);
        if high <= low { value } else { ((value - low) / (high - low) * white).limit(white) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_exact() {
        for n in 0..2000_u64 {
            for percent in [0.1, 0.7, 1.0, 3.3, 7.0, 33.3, 99.9, 100.0] {
                let product = n as f64 * percent;
                let found = percentage(n, percent);
                assert!(found as f64 * 100.0 <= product && product < (found + 1) as f64 * 100.0);
            }
        }
    }
}
