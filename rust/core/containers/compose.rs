//! Runs all of its children in the order in which they stand.
//!
//! Draws: nothing but its `p`. The outermost node of a pipeline is one, and holds what concerns the
//! pipeline as a whole.

use serde::{Deserialize, Serialize};

use super::{Container, Runs};
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compose {}

impl Container for Compose {
    const NAME: &'static str = "Compose";
    const RUNS: Runs = Runs::All;

    fn order(&self, weights: &[f64], _: &mut Draws) -> Vec<usize> {
        (0..weights.len()).collect()
    }

    fn examples() -> Vec<Self> {
        vec![Compose {}]
    }
}
