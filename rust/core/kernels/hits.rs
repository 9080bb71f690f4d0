//! Elements that are hit, each with a probability of its own that 48 bits hold.
//!
//! Element e has 16 bits h of plane 0, the low half of the word of e / 2 where e is even, else the
//! high one, and u = h 2^32 + r, r its word of plane 1. With a probability p, T = floor(p 2^48), it
//! is hit where u < T, or, in the other of two ways, where u >= 2^48 - T. r is read only where h
//! does not decide.

use fearless_simd::Simd;
use fearless_simd_macros::simd;

use crate::kernels::elements::{self, CHUNK};
use crate::random::address::Noise;
use crate::random::philox::Field;
use crate::simd::level::Level;
use crate::vectors;

/// How an element is hit: not at all, from below, from above.
pub const MISSED: u8 = 0;
pub const BELOW: u8 = 1;
pub const ABOVE: u8 = 2;

/// Planes that are read.
pub const PLANES: u32 = 2;

#[derive(Clone, Copy)]
pub struct Hits {
    body: Field,
    tail: Field,
    below: u64,
    above: u64,
}

impl Hits {
    /// With the probabilities of the two ways, which add up to 1 at most.
    pub fn new(noise: Noise, below: f64, above: f64) -> Self {
        let whole = (1_u64 << 48) as f64;
        let [below, above] = [below, above].map(|p| (p * whole).floor() as u64);
        // Of two roundings.
        let above = ((1 << 48) - above).max(below);
        Hits { body: noise.plane(0), tail: noise.plane(1), below, above }
    }

    /// How the elements from `first`, a multiple of [`elements::ALIGN`], on are hit.
    pub fn fill(&self, level: Level, first: u64, out: &mut [u8]) {
        let halves = &mut [0; CHUNK][..out.len()];
        elements::halves(level, self.body, first, halves);
        vectors!(level, simd => classes(simd, self, first, halves, out));
    }

    #[inline(always)]
    fn class(&self, u: u64) -> u8 {
        BELOW * u8::from(u < self.below) + ABOVE * u8::from(u >= self.above)
    }
}

#[simd]
fn classes<S: Simd>(_: S, hits: &Hits, first: u64, halves: &[u16], out: &mut [u8]) {
    const BLOCK: usize = 64;
    let [below, above] = [hits.below, hits.above].map(|limit| (limit >> 32) as u32);
    let blocks = halves.chunks(BLOCK).zip(out.chunks_mut(BLOCK));
    for (start, (halves, out)) in (first..).step_by(BLOCK).zip(blocks) {
        let mut open = false;
        for (out, &half) in out.iter_mut().zip(halves) {
            let half = u32::from(half);
            *out = BELOW * u8::from(half < below) + ABOVE * u8::from(half > above);
            open |= half == below || half == above;
        }
        if !open {
            continue;
        }
        for (e, (out, &half)) in (start..).zip(out.iter_mut().zip(halves)) {
            if [below, above].contains(&half.into()) {
                *out = hits.class(u64::from(half) << 32 | u64::from(hits.tail.word(e)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::level;

    #[test]
    fn levels_agree_on_the_definition() {
        let noise = Noise { key: 7, epoch: 1, index: 3, frame: 0 };
        for (below, above) in
            [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.4, 0.6), (1e-4, 0.3), (0.5, 0.5)]
        {
            let hits = Hits::new(noise, below, above);
            for level in level::available() {
                let mut out = [9; CHUNK];
                hits.fill(level, CHUNK as u64, &mut out);
                let mut counts = [0; 3];
                for (e, &found) in (CHUNK as u64..).zip(&out) {
                    let word = hits.body.word(e / 2);
                    let half = if e % 2 == 0 { word & 0xffff } else { word >> 16 };
                    let u = u64::from(half) << 32 | u64::from(hits.tail.word(e));
                    assert_eq!(found, hits.class(u));
                    counts[usize::from(found)] += 1;
                }
                for (count, p) in [(counts[1], below), (counts[2], above)] {
                    assert!((f64::from(count) / CHUNK as f64 - p).abs() < 0.04, "{counts:?}");
                    assert!(p != 1.0 || count == CHUNK as i32);
                    assert!(p != 0.0 || count == 0);
                }
            }
        }
    }

    /// Where 16 bits do not decide, 32 more do.
    #[test]
    fn close_calls_are_decided() {
        let noise = Noise { key: 7, epoch: 1, index: 3, frame: 0 };
        let field = noise.plane(0);
        let half = field.word(0) & 0xffff;
        let u = u64::from(half) << 32 | u64::from(noise.plane(1).word(0));
        let mut out = [0; elements::ALIGN];
        for (limit, want) in [(u, MISSED), (u + 1, BELOW)] {
            let hits = Hits { below: limit, above: 1 << 48, ..Hits::new(noise, 0.0, 0.0) };
            hits.fill(Level::new(), 0, &mut out);
            assert_eq!(out[0], want);
        }
        for (limit, want) in [(u, ABOVE), (u + 1, MISSED)] {
            let hits = Hits { below: 0, above: limit, ..Hits::new(noise, 0.0, 0.0) };
            hits.fill(Level::new(), 0, &mut out);
            assert_eq!(out[0], want);
        }
    }
}
