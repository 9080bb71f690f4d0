//! Runs one of its children, chosen by weight.
//!
//! A child's weight is its `p`; the one that is chosen always runs. With S the weights summed up
//! from the first on and u = unit, it is the first child whose running sum is above u S.
//!
//! Draws: one word, u. Source: Albumentations' container of this name.

use serde::{Deserialize, Serialize};

use super::{Container, Runs};
use crate::error::{Error, Result};
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneOf {}

impl Container for OneOf {
    const NAME: &'static str = "OneOf";
    const RUNS: Runs = Runs::One;

    fn check(&self, weights: &[f64]) -> Result<()> {
        if weights.iter().any(|&weight| weight > 0.0) {
            return Ok(());
        }
        let message = "none of its children can be chosen: their p are their weights, and one \
                       above 0 is needed";
        Err(Error::refused(Self::NAME, message))
    }

    fn order(&self, weights: &[f64], draws: &mut Draws) -> Vec<usize> {
        vec![chosen(weights, draws)]
    }

    fn examples() -> Vec<Self> {
        vec![OneOf {}]
    }
}

/// One place by weight; one word.
pub fn chosen(weights: &[f64], draws: &mut Draws) -> usize {
    let sums = |sum: &mut f64, weight: &f64| {
        *sum += weight;
        Some(*sum)
    };
    let total = weights.iter().scan(0.0, sums).last().unwrap_or_default();
    let several = weights.iter().filter(|&&weight| weight > 0.0).count() > 1;
    let at = draws.mattering(several, Draws::unit) * total;
    let place = weights.iter().scan(0.0, sums).position(|sum| sum > at);
    // The last that has a weight, where u S was rounded up to S.
    let last = weights.iter().rposition(|&weight| weight > 0.0);
    place.or(last).expect("one of them has a weight")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::philox::Field;

    fn draws(index: u64) -> Draws {
        let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
        draws.skip(1);
        draws
    }

    #[test]
    fn weights_are_kept() {
        let weights = [0.0, 0.5, 0.25, 0.0, 1.0];
        let mut counts = [0; 5];
        (0..35_000).for_each(|i| counts[chosen(&weights, &mut draws(i))] += 1);
        for (count, weight) in counts.into_iter().zip(weights) {
            assert!((f64::from(count) - 20_000.0 * weight).abs() < 300.0, "{counts:?}");
        }
    }

    #[test]
    fn a_single_choice_is_no_draw() {
        let mut one = draws(1);
        assert_eq!(chosen(&[0.0, 0.3, 0.0], &mut one), 1);
        assert!(!one.drawn());
        chosen(&[0.3, 0.3], &mut one);
        assert!(one.drawn());
    }
}
