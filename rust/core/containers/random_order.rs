//! Runs all of its children, each by its own `p`, in a random order.
//!
//! Draws: a permutation, Fisher-Yates from the end: for i = n-1 down to 1 swap i with below(i + 1).
//! Source: torchvision's container of this name. Albumentations' is SomeOf with `random_order`.

use serde::{Deserialize, Serialize};

use super::{Container, shuffled};
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomOrder {}

impl Container for RandomOrder {
    const NAME: &'static str = "RandomOrder";

    fn order(&self, weights: &[f64], draws: &mut Draws) -> Vec<usize> {
        shuffled(weights.len(), draws)
    }

    fn examples() -> Vec<Self> {
        vec![RandomOrder {}]
    }
}
