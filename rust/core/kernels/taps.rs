//! Windows of a few samples, each with a weight of its own, every channel by itself, reflect101 at
//! the border. The window is laid over the image as it is, not turned over.
//!
//! A tap is a row y and column x of the window, counted from its top left corner, and a weight w,
//! f64. Taps are in the order of rows, then columns; those of weight 0 are left out. S is the sum of
//! their weights in this order. `[..]` are values brought into 0..M, M the value of white, where the
//! op asks for it; else integers are clamped to their type alone, and a NaN is the canonical one.
//!
//! ```text
//! uint8    W = floor(2^b w + 0.5), but the tap nearest to the centre takes what is left of
//!          floor(2^b S + 0.5);  [(sum of W [v] + 2^(b-1)) >> b]
//!          b = 22, or the most below with 2^b (sum of |w|) < 2^23, so that sums have 32 bits
//! uint16   b = 30, the same
//! float32  W = f32(w);  sum = 0, then sum + W [v] tap by tap;  [sum]
//! ```
//!
//! A mean of n taps, whose weights are all 1: uint8 and uint16 `(2 sum + n) div 2n`, float32
//! `sum / f32(n)`.
//!
//! Taps of the same W are summed before they are multiplied, which changes no integer.

use super::border::Border;
use super::colour::Colour;
use super::fill::FromFill;
use super::window::{Filter, Line, Rows, SLACK, Stripe, Window};
use crate::error::Result;
use crate::image::View;
use crate::maths::canonical;
use crate::simd::Vocab;

/// Samples that are summed side by side; blocks may read, but never write, beyond a row's end.
const BLOCK: usize = 32;
const _: () = assert!(BLOCK <= SLACK);

/// As many of the largest uint8 samples as are summed in 16 bits.
const GROUP: usize = 257;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tap {
    pub y: usize,
    pub x: usize,
    pub weight: f64,
}

pub struct Taps {
    radius: usize,
    /// Row by row.
    taps: Vec<Tap>,
    mean: bool,
    white: Option<f64>,
}

impl Taps {
    /// The mean of these cells, each counted once, of a window of this side.
    pub fn mean(side: usize, cells: impl IntoIterator<Item = [usize; 2]>) -> Self {
        let taps = cells.into_iter().map(|[y, x]| Tap { y, x, weight: 1.0 });
        Taps { mean: true, ..Taps::new(side, taps.collect(), None) }
    }

    /// A sum of a square window, row by row; with the value of white, of values in range.
    pub fn weighted(side: usize, weights: &[f64], white: Option<f64>) -> Self {
        assert_eq!(weights.len(), side * side);
        let tap = |(i, &weight): (usize, &f64)| Tap { y: i / side, x: i % side, weight };
        Taps::new(side, weights.iter().enumerate().map(tap).collect(), white)
    }

    fn new(side: usize, mut taps: Vec<Tap>, white: Option<f64>) -> Self {
        taps.retain(|tap| tap.weight != 0.0);
        taps.sort_by_key(|tap| (tap.y, tap.x));
        taps.dedup();
        assert!(!taps.is_empty() && taps.iter().all(|tap| tap.y < side && tap.x < side));
        Taps { radius: side / 2, taps, mean: false, white }
    }

    /// The bits of integer weights: so many, or fewer whose sum is below 2^room.
    fn bits(&self, most: u32, room: u32) -> u32 {
        let size = self.taps.iter().fold(0.0, |sum, tap| sum + tap.weight.abs());
        let fits = |bits: &u32| ((1_u64 << bits) as f64) * size < (1_u64 << room) as f64;
        (0..=most).rev().find(fits).expect("weights are bounded")
    }

    /// The integer weights of so many bits.
    fn fixed(&self, bits: u32) -> Vec<i64> {
        if self.mean {
            return vec![1; self.taps.len()];
        }
        let round = |weight: f64| ((1_u64 << bits) as f64 * weight + 0.5).floor() as i64;
        let mut weights: Vec<i64> = self.taps.iter().map(|tap| round(tap.weight)).collect();
        let total = self.taps.iter().fold(0.0, |sum, tap| sum + tap.weight);
        let off = |at: usize| at.abs_diff(self.radius).pow(2);
        let distance = |&i: &usize| off(self.taps[i].y) + off(self.taps[i].x);
        // Of equally near ones the first.
        let nearest = (0..weights.len()).min_by_key(distance).expect("there are taps");
        weights[nearest] += round(total) - weights.iter().sum::<i64>();
        weights
    }

    /// Taps of the same weight together, as many as can be summed.
    fn groups<W: Copy + Ord + TryFrom<i64>>(&self, bits: u32) -> Vec<(W, Vec<Tap>)> {
        let mut weighted: Vec<_> = self.fixed(bits).into_iter().zip(&self.taps).collect();
        weighted.sort_by_key(|&(weight, _)| weight);
        let alike = weighted.chunk_by(|a, b| a.0 == b.0).filter(|group| group[0].0 != 0);
        let group = |group: &[(i64, &Tap)]| {
            let weight = W::try_from(group[0].0).ok().expect("weights fit");
            (weight, group.iter().map(|&(_, tap)| *tap).collect())
        };
        alike.flat_map(|alike| alike.chunks(GROUP)).map(group).collect()
    }
}

impl Window for Taps {
    const BORDER: Border = Border::Reflect101;

    fn radius(&self) -> usize {
        self.radius
    }
}

pub struct State<P> {
    plan: P,
    channels: usize,
}

impl<T: Depth> Filter<T> for Taps {
    type Held = T;
    type State = State<T::Plan>;

    fn start(&self, _: View<T>, stripe: &Stripe) -> Result<Self::State> {
        Ok(State { plan: T::plan(self), channels: stripe.channels })
    }

    #[inline(always)]
    fn across<S: Vocab>(&self, _: S, _: &mut Self::State, line: &Line<T>, held: &mut [T]) {
        match self.white.map(T::from_fill) {
            Some(white) => line.map(held, |value| value.limit(white)),
            None => line.map(held, |value| value),
        }
    }

    #[inline(always)]
    fn down<S: Vocab>(&self, _: S, state: &mut Self::State, rows: &Rows<T>, out: &mut [T]) {
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let samples = |tap: &Tap| -> &[T; BLOCK] {
                let at = rows.slots()[tap.y] + tap.x * state.channels + block * BLOCK;
                rows.buffer[at..].first_chunk().expect("rows end on a block")
            };
            let done = T::block(self, &state.plan, samples);
            out.copy_from_slice(&done[..out.len()]);
        }
    }
}

/// A sample type with its arithmetic.
pub trait Depth: Colour {
    type Plan;

    fn plan(taps: &Taps) -> Self::Plan;

    /// What becomes of a block of samples.
    fn block<'a>(
        taps: &Taps,
        plan: &Self::Plan,
        samples: impl Fn(&Tap) -> &'a [Self; BLOCK],
    ) -> [Self; BLOCK];
}

macro_rules! integer {
    ($($t:ty, $sum:ty, $wide:ty, $unsigned:ty, $bits:expr, $quotient:literal);*) => {$(
        impl Depth for $t {
            /// The bits of weights, and groups of the same.
            type Plan = (u32, Vec<($wide, Vec<Tap>)>);

            fn plan(taps: &Taps) -> Self::Plan {
                let [most, room] = $bits;
                let bits = taps.bits(most, room);
                (bits, taps.groups(bits))
            }

            #[inline(always)]
            fn block<'a>(
                taps: &Taps,
                (bits, groups): &Self::Plan,
                samples: impl Fn(&Tap) -> &'a [Self; BLOCK],
            ) -> [Self; BLOCK] {
                let mut totals: [$wide; BLOCK] = [0; BLOCK];
                for (weight, taps) in groups {
                    let mut sums: [$sum; BLOCK] = [0; BLOCK];
                    for tap in taps {
                        for (sum, &value) in sums.iter_mut().zip(samples(tap)) {
                            *sum += <$sum>::from(value);
                        }
                    }
                    for (total, &sum) in totals.iter_mut().zip(&sums) {
                        *total += weight * <$wide>::from(sum);
                    }
                }
                if taps.mean {
                    let n = taps.taps.len() as $unsigned;
                    let (half, factor) = (n / 2, <$unsigned>::pow(2, $quotient).div_ceil(n));
                    return totals.map(|t| (((t as $unsigned + half) * factor) >> $quotient) as $t);
                }
                let white = taps.white.map_or(<$t>::MAX, Self::from_fill).into();
                let half: $wide = (1 << bits) >> 1;
                totals.map(|t| ((t + half) >> bits).max(0).min(white) as $t)
            }
        }
    )*};
}
integer!(u8, u16, i32, u32, [22, 23], 24; u16, u32, i64, u64, [30, 46], 40);

impl Depth for f32 {
    type Plan = ();

    fn plan(_: &Taps) {}

    #[inline(always)]
    fn block<'a>(taps: &Taps, _: &(), samples: impl Fn(&Tap) -> &'a [f32; BLOCK]) -> [f32; BLOCK] {
        let mut sums = [0.0; BLOCK];
        for tap in &taps.taps {
            let weight = tap.weight as f32;
            for (sum, &value) in sums.iter_mut().zip(samples(tap)) {
                *sum += weight * value;
            }
        }
        if taps.mean {
            let n = taps.taps.len() as f32;
            sums = sums.map(|sum| sum / n);
        }
        match taps.white {
            Some(white) => sums.map(|sum| sum.limit(white as f32)),
            None => sums.map(canonical),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The product of a sum and a rounded reciprocal is the quotient, and fits.
    #[test]
    fn quotients_are_exact() {
        fn check(n: u64, white: u64, quotient: u32, bits: u32) {
            let factor = (1_u64 << quotient).div_ceil(n);
            for mean in 0..=white {
                for sum in [n * mean + n.div_ceil(2) - 1, n * mean + n.div_ceil(2)] {
                    let sum = sum.min(n * white) + n / 2;
                    assert!((sum * factor) >> quotient == sum / n, "{n} {sum}");
                    assert!(sum * factor <= u64::MAX >> (64 - bits), "{n} {sum}");
                }
            }
        }
        for n in 1..=255 {
            check(n, 255, 24, 32);
        }
        for n in [1, 2, 3, 7, 64, 127, 128, 129, 254, 255] {
            check(n, 65535, 40, 64);
        }
    }

    #[test]
    fn weights_keep_their_sum() {
        let weights = [0.1, 0.2, 0.0, 0.1, 0.13, 0.17, 0.1, 0.1, 0.1];
        let taps = Taps::weighted(3, &weights, None);
        assert_eq!(taps.taps.len(), 8);
        assert_eq!(taps.fixed(16).iter().sum::<i64>(), 1 << 16);
        let off = |i: usize, w: f64| (taps.fixed(16)[i] as f64 / 65536.0 - w).abs() * 65536.0;
        // The fourth tap is the centre, which takes what is left.
        assert!((0..8).filter(|&i| i != 3).all(|i| off(i, taps.taps[i].weight) <= 0.5));
        assert!(off(3, 0.13) <= 4.0);
    }

    #[test]
    fn groups_are_all_taps_in_sums_that_fit() {
        let taps = Taps::weighted(31, &[1.0 / 961.0; 961], None);
        let groups = taps.groups::<i32>(16);
        assert!(groups.iter().all(|(_, taps)| taps.len() <= GROUP));
        assert_eq!(groups.iter().map(|(_, taps)| taps.len()).sum::<usize>(), 961);
        assert_eq!(groups.iter().map(|(w, taps)| w * taps.len() as i32).sum::<i32>(), 1 << 16);
        assert!(GROUP * 255 <= usize::from(u16::MAX));
    }

    /// Of weights whose size is just below the limit, all of the same sign.
    #[test]
    fn sums_fit() {
        let taps = Taps::weighted(31, &[1.9999 / 961.0; 961], None);
        let bits = taps.bits(22, 23);
        assert_eq!(bits, 22);
        assert_eq!(Taps::weighted(3, &[35.0 / 9.0; 9], None).bits(22, 23), 17);
        let sum = taps.fixed(bits).iter().sum::<i64>() * 255 + (1 << (bits - 1));
        assert!(i32::try_from(sum).is_ok());
        // Each weight rounded up, and the nearest taking as much away.
        assert!((1_i64 << 23) * 255 + 961 * 255 + (1 << 21) <= i64::from(i32::MAX));
    }
}
