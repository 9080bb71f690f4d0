//! Moves each value from the image's mean luma: 0 is a gray image of that, 1 the image itself.
//!
//! v f + (1 - f) mean, rounded and clamped as kernels/linear.rs has it, which also says what the
//! mean is, of v clamped to 0..M, M the value of white. A factor of 1 changes nothing else. It is
//! ColorJitter's contrast.
//!
//! Draws: `factor`. Source: Pillow's ImageEnhance.Contrast, which truncates, and rounds the mean of
//! rounded grays: within 2 at uint8 for factors up to 2, within 5 for all.

use serde::{Deserialize, Serialize};

use super::{Factor, Flow, Op};
use crate::bounds::Range;
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::curves::{Ask, Curves, Measure, Measured, What};
use crate::kernels::linear::{self, Line, Mean};
use crate::kernels::step::{Site, Step, Steps};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contrast {
    pub factor: Range<linear::Factor>,
}

impl Op for Contrast {
    const NAME: &'static str = "Contrast";
    const FLOW: Flow = Flow::Nominal;
    type Params = Factor;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Factor> {
        Ok(Factor { factor: self.factor.draw(draws) })
    }

    fn apply(&self, Factor { factor }: Factor, site: &Site, _: Noise) -> Result<Steps> {
        let Site { shape, white, .. } = *site;
        let factor = factor.get();
        Ok(if factor == 1.0 {
            Step::curve(Line { factor, mean: None, white })
        } else {
            Step::measured(Enhanced { factor, shape, white })
        }
        .into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let factors = [[0.1, 1.9], [0.0, 0.0], [1.0, 1.0], [2.0, 8.0]];
        factors.map(|factor| Contrast { factor: Range::new(factor) }).into()
    }
}

struct Enhanced {
    factor: f64,
    shape: Shape,
    white: f64,
}

impl Measured for Enhanced {
    fn ask(&self) -> Ask {
        Ask { gray: false, what: What::Sum, white: self.white }
    }

    fn curves(&self, measures: &[Measure]) -> Result<Curves> {
        let sum = |measure: &Measure| match measure {
            Measure::Sum(sum) => *sum,
            _ => unreachable!("sums were asked for"),
        };
        let sums = memory::collect(measures.iter().map(sum), "the sums of the channels")?;
        let mean = Some(Mean::new(sums, self.shape));
        Ok(Curves::All(Box::new(Line { factor: self.factor, mean, white: self.white })))
    }
}
