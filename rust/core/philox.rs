//! Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random
//! numbers: as easy as 1, 2, 3" (SC 2011). Equal to Random123's known-answer vectors
//! (tests/vectors/philox4x32_10.txt).
//!
//! One block turns a 128-bit counter and a 64-bit key into four 32-bit words. A round is
//!
//! ```text
//! (hi0, lo0) = 0xD2511F53 * c0        (hi1, lo1) = 0xCD9E8D57 * c2
//! c = [hi1 ^ c1 ^ k0, lo1, hi0 ^ c3 ^ k1, lo0]
//! ```
//!
//! and after each round k0 += 0x9E3779B9, k1 += 0xBB67AE85 (wrapping).

use fearless_simd::{Level, Simd, dispatch};
use fearless_simd_macros::simd;

const MULTIPLIER: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: u32 = 10;

/// Elements whose words one group of sixteen blocks fills.
pub const GROUP: usize = 64;
/// Elements of a plane that have words, 2^32 blocks of four; no image holds more samples.
pub const MAX_ELEMENTS: u64 = 1 << 34;

/// A key that draws: 64 bits, low word first.
#[inline(always)]
pub fn halves(word: u64) -> [u32; 2] {
    [word as u32, (word >> 32) as u32]
}

/// The four words at `counter` under `key`.
#[inline(always)]
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..ROUNDS {
        let a = u64::from(MULTIPLIER[0]) * u64::from(counter[0]);
        let b = u64::from(MULTIPLIER[1]) * u64::from(counter[2]);
        counter = [
            (b >> 32) as u32 ^ counter[1] ^ key[0],
            b as u32,
            (a >> 32) as u32 ^ counter[3] ^ key[1],
            a as u32,
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

/// The random words of a plane of elements: element `e` has output word `(e >> 4) & 3` of block
/// `(e >> 6) << 4 | e & 15`, so that sixteen neighbouring blocks fill [`GROUP`] elements without
/// any transposition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub key: u64,
    pub epoch: u32,
    pub index: u64,
}

impl Field {
    /// The word of one element.
    pub fn word(&self, element: u64) -> u32 {
        let block = (element >> 6 << 4) as u32 | (element & 15) as u32;
        let [low, high] = halves(self.index);
        philox([block, self.epoch, low, high], halves(self.key))[(element >> 4 & 3) as usize]
    }

    /// The words of the elements from `first`, a multiple of [`GROUP`], on.
    pub fn fill(&self, level: Level, first: u64, out: &mut [u32]) {
        assert!(first.is_multiple_of(GROUP as u64), "a fill starts at a group");
        let mut block = (first >> 2) as u32;
        let mut groups = out.chunks_exact_mut(GROUP);
        for group in &mut groups {
            dispatch!(level, simd => fill_group(simd, self, block, group));
            block = block.wrapping_add(16);
        }
        let rest = groups.into_remainder();
        if !rest.is_empty() {
            let mut group = [0; GROUP];
            dispatch!(level, simd => fill_group(simd, self, block, &mut group));
            rest.copy_from_slice(&group[..rest.len()]);
        }
    }
}

/// Sixteen blocks at once, in the lanes of plain arrays that the compiler vectorises.
#[allow(clippy::needless_range_loop, reason = "a lane is an index into four arrays at once")]
#[simd]
fn fill_group<S: Simd>(_: S, field: &Field, block: u32, out: &mut [u32]) {
    const LANES: usize = 16;
    let mut c: [[u32; LANES]; 4] = [[0; LANES]; 4];
    let [low, high] = halves(field.index);
    for lane in 0..LANES {
        c[0][lane] = block | lane as u32;
        c[1][lane] = field.epoch;
        c[2][lane] = low;
        c[3][lane] = high;
    }
    let mut key = halves(field.key);
    for _ in 0..ROUNDS {
        for lane in 0..LANES {
            let a = u64::from(MULTIPLIER[0]) * u64::from(c[0][lane]);
            let b = u64::from(MULTIPLIER[1]) * u64::from(c[2][lane]);
            c[0][lane] = (b >> 32) as u32 ^ c[1][lane] ^ key[0];
            c[1][lane] = b as u32;
            c[2][lane] = (a >> 32) as u32 ^ c[3][lane] ^ key[1];
            c[3][lane] = a as u32;
        }
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    for (words, c) in out.chunks_exact_mut(LANES).zip(&c) {
        words.copy_from_slice(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        let text = include_str!("../../tests/vectors/philox4x32_10.txt");
        let mut seen = 0;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<u32> =
                line.split_whitespace().map(|w| u32::from_str_radix(w, 16).unwrap()).collect();
            let [c0, c1, c2, c3, k0, k1, ref out @ ..] = words[..] else { panic!("{line}") };
            assert_eq!(philox([c0, c1, c2, c3], [k0, k1]), *out, "{line}");
            seen += 1;
        }
        assert!(seen >= 3);
    }

    #[test]
    fn a_fill_is_its_words_at_every_level() {
        let field = Field { key: 0x0123_4567_89ab_cdef, epoch: 7, index: u64::MAX - 5 };
        for level in crate::level::available() {
            for (first, count) in [(0, 64), (64, 200), (1 << 20, 63), (0, 1)] {
                let mut out = vec![0; count];
                field.fill(level, first, &mut out);
                for (i, &word) in out.iter().enumerate() {
                    assert_eq!(word, field.word(first + i as u64), "{level:?} {first} {i}");
                }
            }
        }
    }
}
