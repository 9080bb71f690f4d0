//! Runs one op of a fixed list at a random magnitude.
//!
//! The list, what a magnitude is to each op, and what a child draws: policy.rs. The space is slope
//! 0.99, shift 32 pixels, 135 degrees, factor 0.99, bits 6; the bin is any.
//!
//! Draws: below(14), two words. Source: torchvision's op of this name; ops and magnitudes are equal
//! at 31 bins, but that its table in float32 makes 15 pixels of bin 15, which is 16. At some other
//! numbers of bins its bits, rounded half to even, differ too.

use serde::{Deserialize, Serialize};

use super::Container;
use super::policy::{Bins, Child, Look, Shift, Space};
use crate::bounds::{FillValue, List, Within};
use crate::kernels::warp::Interpolation;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrivialAugmentWide {
    pub num_magnitude_bins: Within<Bins>,
    pub interpolation: Interpolation,
    pub fill: List<FillValue>,
}

const SPACE: Space =
    Space { slope: 0.99, shift: Shift::Pixels(32.0), degrees: 135.0, factor: 0.99, bits: 6.0 };

impl Container for TrivialAugmentWide {
    const NAME: &'static str = "TrivialAugmentWide";

    fn children(&self) -> Option<Vec<Child>> {
        let look = Look { interpolation: self.interpolation, fill: &self.fill };
        let bins = self.num_magnitude_bins.get();
        Some(SPACE.all([0, bins - 1], bins, &look))
    }

    fn order(&self, weights: &[f64], draws: &mut Draws) -> Vec<usize> {
        vec![draws.below(weights.len() as u64) as usize]
    }

    fn examples() -> Vec<Self> {
        vec![TrivialAugmentWide {
            num_magnitude_bins: Within::new(31),
            interpolation: Interpolation::Nearest,
            fill: List::new(vec![0.0]),
        }]
    }
}
