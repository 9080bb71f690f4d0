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
use super::policy::{Child, Look, Shift, Space, check_bins};
use crate::error::{Error, Result};
use crate::kernels::warp::Interpolation;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandAugment {
    pub num_ops: u64,
    /// A bin.
    pub magnitude: u64,
    pub num_magnitude_bins: u64,
    pub interpolation: Interpolation,
    pub fill: Vec<f64>,
}

/// More turns than that are no augmentation.
const MOST: u64 = 64;

/// That of torchvision's RandAugment and AutoAugment.
pub const SPACE: Space =
    Space { slope: 0.3, shift: Shift::Parts(150.0 / 331.0), degrees: 30.0, factor: 0.9, bits: 4.0 };

impl Container for RandAugment {
    const NAME: &'static str = "RandAugment";

    fn check(&self, _: &[f64]) -> Result<()> {
        check_bins(Self::NAME, self.num_magnitude_bins)?;
        if self.num_ops > MOST {
            let allowed = format!("an integer within 0 to {MOST}");
            return Err(Error::argument(Self::NAME, "num_ops", self.num_ops, allowed));
        }
        if self.magnitude >= self.num_magnitude_bins {
            let allowed = format!("an integer below {}, the bins", self.num_magnitude_bins);
            return Err(Error::argument(Self::NAME, "magnitude", self.magnitude, allowed));
        }
        Ok(())
    }

    fn children(&self) -> Option<Vec<Child>> {
        let look = Look { interpolation: self.interpolation, fill: &self.fill };
        Some(SPACE.all([self.magnitude; 2], self.num_magnitude_bins, &look))
    }

    fn order(&self, weights: &[f64], draws: &mut Draws) -> Vec<usize> {
        (0..self.num_ops).map(|_| draws.below(weights.len() as u64) as usize).collect()
    }

    fn examples() -> Vec<Self> {
        let nearest = RandAugment {
            num_ops: 2,
            magnitude: 9,
            num_magnitude_bins: 31,
            interpolation: Interpolation::Nearest,
            fill: vec![0.0],
        };
        let strong = RandAugment {
            num_ops: 5,
            magnitude: 10,
            num_magnitude_bins: 11,
            interpolation: Interpolation::Bilinear,
            fill: vec![0.5],
        };
        vec![nearest, strong]
    }
}
