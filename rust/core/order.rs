//! The order of a data set's samples in an epoch: a keyed permutation of 0..n with random access in
//! both directions, without any table.
//!
//! The permuted numbers have `bits` bits, the fewest that hold n - 1. A position x is split into
//! L, its high floor(bits / 2) bits, and R, the others, and goes through a Feistel network:
//!
//! ```text
//! round r = 0, 2, ...:  L ^= F(r, R)        F(r, h) = the low bits, as many as the half has, of
//! round r = 1, 3, ...:  R ^= F(r, L)        word 0 of philox([h, r, epoch, 0], order key)
//! ```
//!
//! The result, L and R side by side, goes through it again until it is below n (less than twice in
//! the mean). The order key is fold(stream key, n, 7). Rounds: 40 up to 3 bits, 12 up to 5, else 8:
//! small halves mix slowly (tests/test_order.py tells where fewer would show). Luby and Rackoff
//! (1988) for the network, Black and Rogaway (2002) for the walk.

use crate::address::fold;
use crate::philox::{halves, philox};

const TAG_ORDER: u32 = 7;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    key: u64,
    n: u64,
    /// Of the low half; the high half has as many or one less.
    low_bits: u32,
    high_bits: u32,
    rounds: u32,
}

impl Order {
    /// Of n > 0 samples.
    pub fn new(stream_key: u64, n: u64) -> Order {
        assert!(n > 0, "an order has at least one sample");
        let bits = u64::BITS - (n - 1).leading_zeros();
        let rounds = match bits {
            0..=3 => 40,
            4..=5 => 12,
            _ => 8,
        };
        let key = fold(stream_key, n, TAG_ORDER);
        Order { key, n, low_bits: bits.div_ceil(2), high_bits: bits / 2, rounds }
    }

    pub fn samples(&self) -> u64 {
        self.n
    }

    /// The sample at a position below n.
    pub fn index(&self, epoch: u32, position: u64) -> u64 {
        self.walk(position, |x| (0..self.rounds).fold(x, |x, round| self.round(epoch, round, x)))
    }

    /// The position of a sample below n.
    pub fn position(&self, epoch: u32, index: u64) -> u64 {
        let back = |x| (0..self.rounds).rev().fold(x, |x, round| self.round(epoch, round, x));
        self.walk(index, back)
    }

    fn walk(&self, mut x: u64, permute: impl Fn(u64) -> u64) -> u64 {
        assert!(x < self.n, "a position or an index below n");
        loop {
            x = permute(x);
            if x < self.n {
                return x;
            }
        }
    }

    /// One round; it is its own inverse.
    #[inline(always)]
    fn round(&self, epoch: u32, round: u32, x: u64) -> u64 {
        let low_mask = (1 << self.low_bits) - 1;
        let (high, low) = (x >> self.low_bits, x & low_mask);
        let word =
            |half: u64| u64::from(philox([half as u32, round, epoch, 0], halves(self.key))[0]);
        if round.is_multiple_of(2) {
            x ^ (word(low) & ((1 << self.high_bits) - 1)) << self.low_bits
        } else {
            x ^ (word(high) & low_mask)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_once_and_back() {
        for n in (1..=130).chain([255, 256, 257, 1000]) {
            let order = Order::new(5, n);
            for epoch in 0..3 {
                let mut seen = vec![false; n as usize];
                for position in 0..n {
                    let index = order.index(epoch, position);
                    assert!(!std::mem::replace(&mut seen[index as usize], true), "{n} {position}");
                    assert_eq!(order.position(epoch, index), position);
                }
            }
        }
    }

    #[test]
    fn any_size() {
        for n in [1 << 32, (1 << 32) + 1, 1_000_000_000_000, u64::MAX / 2 + 2, u64::MAX] {
            let order = Order::new(5, n);
            for position in [0, 1, n / 3, n - 1] {
                let index = order.index(9, position);
                assert!(index < n && order.position(9, index) == position);
            }
        }
    }
}
