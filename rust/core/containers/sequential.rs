//! Runs all of its children in the order in which they stand, or with `1 - p` none of them.
//!
//! Draws: nothing but its `p`. Source: Albumentations' container of this name; a Compose within a
//! pipeline does the same.

use serde::{Deserialize, Serialize};

use super::{Container, Runs};
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequential {}

impl Container for Sequential {
    const NAME: &'static str = "Sequential";
    const RUNS: Runs = Runs::All;

    fn order(&self, weights: &[f64], _: &mut Draws) -> Vec<usize> {
        (0..weights.len()).collect()
    }

    fn examples() -> Vec<Self> {
        vec![Sequential {}]
    }
}
