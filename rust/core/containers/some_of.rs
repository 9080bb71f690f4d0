//! Runs several of its children, each by its own `p`.
//!
//! Which ones: without `replace` the first of a random permutation of all, with it so many
//! independent choices, each equally probable; a child that is chosen again draws anew. They run in
//! the order in which they stand or, with `random_order`, were drawn.
//!
//! Draws: how many, an integer of `n`; then with `replace` for each of n's upper end below(children),
//! two words each, used or not, else a permutation (Fisher-Yates from the end) of all. Source:
//! Albumentations' container of this name; imgaug's for a range of numbers and a random order.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{Container, shuffled};
use crate::bounds::{Checked, Range, Refused, bounds, read};
use crate::error::{Error, Result};
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SomeOf {
    pub n: Turns,
    pub replace: bool,
    pub random_order: bool,
}

/// More turns than that are no augmentation.
const MOST: i64 = 64;

bounds! {
    Turn: u32 = 0..;
}

/// The ends of a range, which the container checks: how many children there are decides it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Turns([i64; 2]);

impl Checked for Turns {
    type Raw = [i64; 2];

    fn check(ends: [i64; 2]) -> Result<Self, Refused> {
        Ok(Turns(ends))
    }

    fn words() -> String {
        Range::<Turn>::words()
    }

    fn schema() -> Value {
        Range::<Turn>::schema()
    }
}

impl<'de> Deserialize<'de> for Turns {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read(from)
    }
}

impl Container for SomeOf {
    const NAME: &'static str = "SomeOf";

    fn check(&self, weights: &[f64]) -> Result<()> {
        let (Turns([lo, hi]), children) = (self.n, weights.len() as i64);
        let most = if self.replace { MOST } else { children };
        if 0 <= lo && lo <= hi && hi <= most && children > 0 {
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
        let Turns(ends @ [least, most]) = self.n;
        let count = draws.integer(ends) as usize;
        let mut places = if self.replace {
            (0..most).map(|_| draws.below(children as u64) as usize).collect()
        } else {
            // All of them in the order in which they stand are always the same.
            let matters = self.random_order || (least as usize) < children;
            draws.mattering(matters, |draws| shuffled(children, draws))
        };
        places.truncate(count);
        if !self.random_order {
            places.sort_unstable();
        }
        places
    }

    fn examples() -> Vec<Self> {
        let some = |n, replace, random_order| SomeOf { n: Turns(n), replace, random_order };
        vec![
            some([2, 2], false, false),
            some([0, 4], false, true),
            some([1, 6], true, false),
            some([3, 3], true, true),
        ]
    }
}
