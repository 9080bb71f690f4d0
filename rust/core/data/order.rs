//! The order of a data set's samples in an epoch: a keyed permutation of 0..n with random access in
//! both directions, without any table.
//!
//! The permuted numbers have `bits` bits, the fewest that hold n - 1. A position x is split into
//! L, its high floor(bits / 2) bits, and R, the others, and goes through a Feistel network:
//!
//! ```text
//! round r = 0, 2, ...:  L ^= F(r, R)        F(r, h) = the low bits, as many as L or R has, of
//! round r = 1, 3, ...:  R ^= F(r, L)        word 0 of philox([h, r, epoch, 0], order key)
//! ```
//!
//! The result, L and R side by side, goes through it again until it is below n (less than twice in
//! the mean). The order key is fold(stream key, n, 7). Rounds: 40 up to 3 bits, 12 up to 5, else 8:
//! small halves mix slowly (tests/test_order_random.py shows that fewer would be noticed). Luby and Rackoff
//! (1988) for the network, Black and Rogaway (2002) for the walk.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch};
use fearless_simd_macros::simd;

use crate::random::address::fold;
use crate::random::philox::{KeySchedule, halves, philox, splat, word0};

const TAG_ORDER: u32 = 7;
const TAG_GROUP: u32 = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    key: u64,
    n: u64,
    /// Of R; L has as many or one less.
    low_bits: u32,
    high_bits: u32,
    rounds: u32,
}

/// From positions to indices or back: the half that changes first, and the order of the rounds.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Forth,
    Back,
}

impl Order {
    /// Of n > 0 samples.
    pub fn new(stream_key: u64, n: u64) -> Order {
        assert!(n > 0, "an order has at least one sample");
        let bits = u64::BITS - (n - 1).leading_zeros();
        let rounds = match bits {
            0 => 0, // nothing to permute
            1..=3 => 40,
            4..=5 => 12,
            _ => 8,
        };
        let key = fold(stream_key, n, TAG_ORDER);
        Order { key, n, low_bits: bits.div_ceil(2), high_bits: bits / 2, rounds }
    }

    /// Of the members > 0 of a group, under a key of its own: fold(fold(stream key, group, 10),
    /// members, 7).
    pub fn of_group(stream_key: u64, group: u64, members: u64) -> Order {
        Order::new(fold(stream_key, group, TAG_GROUP), members)
    }

    /// The sample at a position below n.
    pub fn index(&self, epoch: u32, position: u64) -> u64 {
        self.walk(Way::Forth, epoch, position)
    }

    /// The position of a sample below n.
    pub fn position(&self, epoch: u32, index: u64) -> u64 {
        self.walk(Way::Back, epoch, index)
    }

    /// Replaces positions by the samples there.
    pub fn indices(&self, level: Level, epoch: u32, positions: &mut [u64]) {
        dispatch!(level, simd => walk(simd, self, Way::Forth, epoch, positions));
    }

    /// Replaces samples by their positions.
    pub fn positions(&self, level: Level, epoch: u32, indices: &mut [u64]) {
        dispatch!(level, simd => walk(simd, self, Way::Back, epoch, indices));
    }

    fn walk(&self, way: Way, epoch: u32, mut x: u64) -> u64 {
        assert!(x < self.n, "a position or an index below n");
        let key = halves(self.key);
        let f = |r: u32, half: u64| u64::from(philox([half as u32, r, epoch, 0], key)[0]);
        let [low_mask, high_mask] = self.masks();
        loop {
            let (mut low, mut high) = (x & low_mask, x >> self.low_bits);
            for i in 0..self.rounds {
                let r = self.round(way, i);
                if r.is_multiple_of(2) {
                    high ^= f(r, low) & high_mask;
                } else {
                    low ^= f(r, high) & low_mask;
                }
            }
            x = high << self.low_bits | low;
            if x < self.n {
                return x;
            }
        }
    }

    fn masks(&self) -> [u64; 2] {
        [self.low_bits, self.high_bits].map(|bits| (1 << bits) - 1)
    }

    /// The i-th round to be done. Each is its own inverse.
    #[inline(always)]
    fn round(&self, way: Way, i: u32) -> u32 {
        if way == Way::Forth { i } else { self.rounds - 1 - i }
    }
}

/// Numbers that walk together. One that has arrived makes room for the next, so that the vectors
/// stay full.
const BLOCK: usize = 64;

#[simd]
fn walk<S: Simd>(simd: S, order: &Order, way: Way, epoch: u32, numbers: &mut [u64]) {
    assert!(numbers.iter().all(|&x| x < order.n), "positions or indices below n");
    let keys = KeySchedule::new(simd, order.key);
    let mut places = [0; BLOCK];
    let (mut walking, mut next) = (0, 0);
    loop {
        while walking < BLOCK && next < numbers.len() {
            places[walking] = next;
            (walking, next) = (walking + 1, next + 1);
        }
        if walking == 0 {
            return;
        }
        let mut block = [0; BLOCK];
        for (x, &place) in block.iter_mut().zip(&places[..walking]) {
            *x = numbers[place];
        }
        network(simd, order, way, epoch, &keys, &mut block, walking);
        let mut far = 0;
        for i in 0..walking {
            let (x, place) = (block[i], places[i]);
            numbers[place] = x;
            places[far] = place;
            far += usize::from(x >= order.n);
        }
        walking = far;
    }
}

/// The rounds for the first `count` numbers, and for some more that vectors have room for.
#[simd]
fn network<S: Simd>(
    simd: S,
    order: &Order,
    way: Way,
    epoch: u32,
    keys: &KeySchedule<S>,
    block: &mut [u64; BLOCK],
    count: usize,
) {
    // Vectors at a time: one alone waits for its multiplications.
    const TOGETHER: usize = 4;
    let lanes = S::u64s::LEN;
    let [low_mask, high_mask] = order.masks();
    let epoch = splat(simd, epoch);
    for at in (0..count).step_by(TOGETHER * lanes) {
        let x: [S::u64s; TOGETHER] =
            std::array::from_fn(|i| S::u64s::from_slice(simd, &block[at + i * lanes..][..lanes]));
        let mut low = x.map(|x| x & low_mask);
        let mut high = x.map(|x| x >> order.low_bits);
        for i in 0..order.rounds {
            let r = order.round(way, i);
            let even = r.is_multiple_of(2);
            let r = splat(simd, r);
            for (low, high) in low.iter_mut().zip(&mut high) {
                let (from, to, mask) =
                    if even { (*low, high, high_mask) } else { (*high, low, low_mask) };
                *to ^= word0(keys, [from, r, epoch, splat(simd, 0)]) & mask;
            }
        }
        for (i, (low, high)) in low.into_iter().zip(high).enumerate() {
            (high << order.low_bits | low).store_slice(&mut block[at + i * lanes..][..lanes]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::level;

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

    #[test]
    fn many_at_once_are_one_by_one_at_every_level() {
        let sizes = (1..=70).chain([128, 129, 1000, (1 << 32) - 1, (1 << 32) + 1, 1 << 63]);
        for n in sizes.chain([u64::MAX]) {
            let order = Order::new(n ^ 77, n);
            for count in [0_u64, 1, 3, 31, 32, 33, 63, 64, 65, 200] {
                let given: Vec<u64> = (0..count).map(|i| i.wrapping_mul(n / 7 + 3) % n).collect();
                for level in level::available() {
                    let mut numbers = given.clone();
                    order.indices(level, 6, &mut numbers);
                    let one_by_one = given.iter().map(|&x| order.index(6, x));
                    assert!(one_by_one.eq(numbers.iter().copied()), "{level:?} {n} {count}");
                    order.positions(level, 6, &mut numbers);
                    assert_eq!(numbers, given, "{level:?} {n} {count}");
                }
            }
        }
    }
}
