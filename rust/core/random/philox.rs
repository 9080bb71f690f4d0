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

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch};
use fearless_simd_macros::simd;

const MULTIPLIER: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

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
        let block = (first >> 2) as u32;
        let (batches, rest) = out.as_chunks_mut();
        dispatch!(level, simd => fill(simd, self, block, batches));
        if !rest.is_empty() {
            let block = block.wrapping_add(BATCH as u32 / 4 * batches.len() as u32);
            let mut batch = [[0; BATCH]];
            dispatch!(level, simd => fill(simd, self, block, &mut batch));
            rest.copy_from_slice(&batch[0][..rest.len()]);
        }
    }
}

/// Words that are made at a time.
const BATCH: usize = 2 * GROUP;

/// Blocks in the low halves of 64-bit lanes, where a product has room: neighbours in two vectors,
/// whose words a shift interleaves. What the high halves hold is never used.
#[simd]
fn fill<S: Simd>(simd: S, field: &Field, mut block: u32, batches: &mut [[u32; BATCH]]) {
    // Pairs of vectors at a time: one alone waits for its multiplications.
    const PAIRS: usize = 2;
    // The half of a lane that memory has second is the odd block's.
    const BIG_ENDIAN: u64 = cfg!(target_endian = "big") as u64;
    let lanes = 2 * S::u64s::LEN;
    let blocks = S::u64s::from_fn(simd, |lane| (2 * lane) as u64 + BIG_ENDIAN);
    let keys = KeySchedule::new(simd, field.key);
    let [low, high] = halves(field.index);
    let [epoch, low, high] = [splat(simd, field.epoch), splat(simd, low), splat(simd, high)];
    for batch in batches {
        for at in (0..BATCH / 4).step_by(PAIRS * lanes) {
            let mut c = [[[blocks, epoch, low, high]; 2]; PAIRS];
            for (i, [even, odd]) in c.iter_mut().enumerate() {
                even[0] |= splat(simd, block.wrapping_add((at + i * lanes) as u32));
                odd[0] = even[0] ^ 1;
            }
            // Written out, the constant words are folded through the first rounds.
            macro_rules! rounds {
                ($($round:literal)*) => {$(
                    for c in c.as_flattened_mut() {
                        *c = round::<S>(keys.0[$round], *c);
                    }
                )*};
            }
            rounds!(0 1 2 3 4 5 6 7 8 9);
            for (i, [even, odd]) in c.iter().enumerate() {
                let at = at + i * lanes;
                for w in 0..4 {
                    let words: S::u32s = (even[w] & LOW | odd[w] << 32).bitcast();
                    words.store_slice(&mut batch[at / 16 * GROUP + 16 * w + at % 16..][..lanes]);
                }
            }
        }
        block = block.wrapping_add(BATCH as u32 / 4);
    }
}

const LOW: u64 = 0xffff_ffff;

/// A key's two words in each round.
pub struct KeySchedule<S: Simd>([[S::u64s; 2]; ROUNDS]);

impl<S: Simd> KeySchedule<S> {
    #[inline(always)]
    pub fn new(simd: S, key: u64) -> Self {
        let mut key = halves(key);
        KeySchedule(std::array::from_fn(|_| {
            let words = key.map(|word| splat(simd, word));
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
            words
        }))
    }
}

/// One round of a counter in each lane, its words in the low halves.
#[inline(always)]
fn round<S: Simd>([k0, k1]: [S::u64s; 2], c: [S::u64s; 4]) -> [S::u64s; 4] {
    let a = (c[0] & LOW) * u64::from(MULTIPLIER[0]);
    let b = (c[2] & LOW) * u64::from(MULTIPLIER[1]);
    [b >> 32 ^ (c[1] ^ k0), b, a >> 32 ^ (c[3] ^ k1), a]
}

/// The first word of the block of each lane, in its low half; what high halves hold is arbitrary.
#[inline(always)]
pub fn word0<S: Simd>(keys: &KeySchedule<S>, mut c: [S::u64s; 4]) -> S::u64s {
    for keys in keys.0 {
        c = round::<S>(keys, c);
    }
    c[0]
}

/// In both halves of a lane: a high half that is known to be 0 leads LLVM away from the short
/// multiplication.
#[inline(always)]
pub fn splat<S: Simd>(simd: S, word: u32) -> S::u64s {
    S::u32s::splat(simd, word).bitcast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        let text = include_str!("../../../tests/vectors/philox4x32_10.txt");
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
        for level in crate::simd::level::available() {
            for (first, count) in [(0, 64), (64, 400), (1 << 20, 63), (0, 1)] {
                let mut out = vec![0; count];
                field.fill(level, first, &mut out);
                for (i, &word) in out.iter().enumerate() {
                    assert_eq!(word, field.word(first + i as u64), "{level:?} {first} {i}");
                }
            }
        }
    }
}
