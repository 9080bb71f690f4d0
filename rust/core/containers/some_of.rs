//! Runs several of its children, each by its own `p`.
//!
//! Which ones: without `replace` the first of a random permutation of all, with it so many
//! independent choices, each equally probable; a child that is chosen again draws anew. They run in
//! the order in which they stand or, with `random_order`, were drawn.
//!
//! Draws: how many, an integer of `n`; then with `replace` for each of n's upper end below(children),
//! two words each, used or not, else a permutation (Fisher-Yates from the end) of all. Source:
//! Albumentations' container of this name; imgaug's for a range of numbers and a random order.

use serde::{Deserialize, Serialize};

use super::{Container, shuffled};
use crate::error::{Error, Result};
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SomeOf {
    pub n: [u32; 2],
    pub replace: bool,
    pub random_order: bool,
}

/// More turns than that are no augmentation.
const MOST: u32 = 64;

impl Container for SomeOf {
    const NAME: &'static str = "SomeOf";

    fn check(&self, weights: &[f64]) -> Result<()> {
        let ([lo, hi], children) = (self.n, weights.len() as u32);
        let most = if self.replace { MOST } else { children };
        if lo <= hi && hi <= most && children > 0 {
            return Ok(());
        }
        let allowed = if children == 0 {
            "children to choose from".into()
        } else if self.replace {
            format!("two integers lo <= hi within 0 to {MOST}")
        } else {
            format!("two integers lo <= hi within 0 to {children}, its children, or replace=True")
        };
        Err(Error::argument(Self::NAME, "n", format!("({lo}, {hi})"), allowed))
    }

    fn order(&self, weights: &[f64], draws: &mut Draws) -> Vec<usize> {
        let children = weights.len();
        let count = draws.integer(self.n.map(i64::from)) as usize;
        let mut places = if self.replace {
            (0..self.n[1]).map(|_| draws.below(children as u64) as usize).collect()
        } else {
            // All of them in the order in which they stand are always the same.
            let matters = self.random_order || (self.n[0] as usize) < children;
            draws.mattering(matters, |draws| shuffled(children, draws))
        };
        places.truncate(count);
        if !self.random_order {
            places.sort_unstable();
        }
        places
    }

    fn examples() -> Vec<Self> {
        let some = |n, replace, random_order| SomeOf { n, replace, random_order };
        vec![
            some([2, 2], false, false),
            some([0, 4], false, true),
            some([1, 6], true, false),
            some([3, 3], true, true),
        ]
    }
}
