//! Runs several ops of a fixed list, each equally probable, all at the same magnitude.
//!
//! The list, what a magnitude is to each op, and what a child draws: policy.rs. The space is slope
//! 0.3, shift 150/331 of the side, 30 degrees, factor 0.9, bits 4. An op that is chosen again draws
//! anew, in its next turn.
//!
//! Draws: below(14) for each of `num_ops`, two words each. Source: torchvision's op of this name;
//! ops and magnitudes are equal, its bits, rounded half to even, at 10 and 31 bins among others.

use serde::{Deserialize, Serialize};

use super::Container;
use super::policy::{Bin, Bins, Child, Look, Shift, Space};
use crate::bounds::{FillValue, List, Within, bounds};
use crate::error::{Error, Result};
use crate::kernels::warp::Interpolation;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandAugment {
    pub num_ops: Within<Turns>,
    pub magnitude: Within<Bin>,
    pub num_magnitude_bins: Within<Bins>,
    pub interpolation: Interpolation,
    pub fill: List<FillValue>,
}

bounds! {
    /// More are no augmentation.
    Turns: u32 = 0..=64;
}

/// That of torchvision's RandAugment and AutoAugment.
pub const SPACE: Space =
    Space { slope: 0.3, shift: Shift::Parts(150.0 / 331.0), degrees: 30.0, factor: 0.9, bits: 4.0 };

impl Container for RandAugment {
    const NAME: &'static str = "RandAugment";

    fn check(&self, _: &[f64]) -> Result<()> {
        let (bin, bins) = (self.magnitude.get(), self.num_magnitude_bins.get());
        if bin < bins {
            return Ok(());
        }
        Err(Error::argument(
            Self::NAME,
            "magnitude",
            bin,
            format!("an integer below {bins}, the bins"),
        ))
    }

    fn children(&self) -> Option<Vec<Child>> {
        let look = Look { interpolation: self.interpolation, fill: &self.fill };
        Some(SPACE.all([self.magnitude.get(); 2], self.num_magnitude_bins.get(), &look))
    }

    fn order(&self, weights: &[f64], draws: &mut Draws) -> Vec<usize> {
        (0..self.num_ops.get()).map(|_| draws.below(weights.len() as u64) as usize).collect()
    }

    fn examples() -> Vec<Self> {
        let ops = |num_ops, [bin, bins]: [u32; 2], interpolation, fill| RandAugment {
            num_ops: Within::new(num_ops),
            magnitude: Within::new(bin),
            num_magnitude_bins: Within::new(bins),
            interpolation,
            fill: List::new(vec![fill]),
        };
        vec![
            ops(2, [9, 31], Interpolation::Nearest, 0.0),
            ops(5, [10, 11], Interpolation::Bilinear, 0.5),
        ]
    }
}
