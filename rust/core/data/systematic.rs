//! Systematic sampling: the n slots of an epoch are dealt out in proportion to integer weights.
//!
//! With the cumulative weights C (C[-1] = 0, the total T last) and one offset U per epoch, slot j
//! takes the i with
//!
//! ```text
//! C[i-1] <= floor((j T + U) / n) < C[i]        U = below(T): words 0 and 1 at [0, epoch, 0, 0]
//!                                              of the key fold(stream key, n, 9)
//! ```
//!
//! So i gets floor or ceil of n w / T slots, all in a row, and n w / T in the mean over U; the
//! first of them tells how many times i had been taken before. Nothing is stored but C.

use crate::random::address::fold;
use crate::random::draws::Draws;
use crate::random::philox::Field;

const TAG_OFFSET: u32 = 9;

pub struct Systematic<'a> {
    /// C, ascending; a weight of 0 repeats an entry.
    cumulative: &'a [u64],
    n: u64,
    offset: u64,
}

impl<'a> Systematic<'a> {
    /// Of n > 0 slots in an epoch; the last of `cumulative` is above 0.
    pub fn new(stream_key: u64, n: u64, cumulative: &'a [u64], epoch: u32) -> Self {
        let total = *cumulative.last().expect("at least one weight");
        let key = fold(stream_key, n, TAG_OFFSET);
        let offset = Draws::new(Field { key, epoch, index: 0 }).below(total);
        Systematic { cumulative, n, offset }
    }

    /// Which one a slot below n takes, and how many slots before it take the same.
    pub fn at(&self, slot: u64) -> (u64, u64) {
        assert!(slot < self.n, "a slot below n");
        let point = (self.point(slot) / u128::from(self.n)) as u64;
        let index = self.cumulative.partition_point(|&end| end <= point);
        (index as u64, slot - self.first(index))
    }

    /// The first slot that takes this one or, if none does, a later one; n after the last.
    pub fn first(&self, index: usize) -> u64 {
        let start = if index > 0 { self.cumulative[index - 1] } else { 0 };
        let ahead = (u128::from(start) * u128::from(self.n)).saturating_sub(self.offset.into());
        ahead.div_ceil(self.total()) as u64
    }

    /// j T + U, below n T < 2^128.
    fn point(&self, slot: u64) -> u128 {
        u128::from(slot) * self.total() + u128::from(self.offset)
    }

    fn total(&self) -> u128 {
        u128::from(self.cumulative[self.cumulative.len() - 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_in_proportion() {
        for weights in [&[1][..], &[1, 1, 1], &[0, 3, 0, 0, 7, 1, 0], &[1 << 61, 1, 1 << 60, 5]] {
            let cumulative: Vec<u64> = weights
                .iter()
                .scan(0, |sum, &w| {
                    *sum += w;
                    Some(*sum)
                })
                .collect();
            let total = u128::from(cumulative[cumulative.len() - 1]);
            for (n, epoch) in [(1, 0), (2, 1), (7, 2), (100, 3), (1000, 4)] {
                let dealt = Systematic::new(3, n, &cumulative, epoch);
                let mut next = 0;
                for (i, &w) in weights.iter().enumerate() {
                    let (first, last) = (dealt.first(i), dealt.first(i + 1));
                    assert_eq!(first, next);
                    let share = u128::from(n) * u128::from(w);
                    let count = u128::from(last - first);
                    assert!(count == share / total || count == share.div_ceil(total));
                    for slot in first..last {
                        assert_eq!(dealt.at(slot), (i as u64, slot - first));
                    }
                    next = last;
                }
                assert_eq!(next, n);
            }
        }
    }

    #[test]
    fn the_mean_over_all_offsets_is_exact() {
        let (cumulative, n) = ([2, 2, 5, 12], 7);
        let mut counts = [0; 4];
        for offset in 0..12 {
            let dealt = Systematic { cumulative: &cumulative, n, offset };
            (0..n).for_each(|slot| counts[dealt.at(slot).0 as usize] += 1);
        }
        assert_eq!(counts, [2 * n, 0, 3 * n, 7 * n]);
    }

    #[test]
    fn the_largest_numbers() {
        let cumulative = [1, u64::MAX];
        let dealt = Systematic { cumulative: &cumulative, n: u64::MAX, offset: u64::MAX - 1 };
        assert_eq!(dealt.at(0), (0, 0));
        assert_eq!(dealt.at(u64::MAX - 1), (1, u64::MAX - 2));
        assert_eq!(dealt.first(2), u64::MAX);
    }
}
