//! The nearest of many 64-bit hashes by the number of bits that differ: exact, every pair is
//! looked at.

use std::sync::Mutex;

use fearless_simd::{Simd, dispatch};
use fearless_simd_macros::simd;

use crate::error::Result;
use crate::memory;
use crate::plan::threads::{self, Ask};
use crate::simd::level::Level;

/// Hashes that are asked for side by side, and those they are compared with meanwhile: 4 and 32 KB,
/// so that both stay in the first cache.
const QUERIES: usize = 512;
const TILE: usize = 4096;
/// Keys whose least distance is found by vectors alone.
const RUN: usize = 128;

/// A key's distance and its place.
pub type Nearest = Option<(u32, usize)>;

/// For each query the nearest key, the first of those, if at most `limit` bits differ. `alone`: the
/// keys are the queries, and none is its own neighbour. `ask`: as for [`threads::each`].
pub fn nearest(
    level: Level,
    queries: &[u64],
    keys: &[u64],
    limit: u32,
    alone: bool,
    threads: usize,
    ask: Ask,
) -> Result<Vec<Nearest>> {
    let mut found = memory::vec(queries.len(), None, "the nearest hashes")?;
    let blocks = memory::collect(found.chunks_mut(QUERIES).map(Mutex::new), "the nearest hashes")?;
    let threads = threads::useful(threads, queries.len().saturating_mul(keys.len()));
    threads::each(blocks.len(), threads, ask, |(): &mut (), block| {
        let first = block * QUERIES;
        let mut found = blocks[block].lock().expect("each block is taken once");
        let queries = &queries[first..][..found.len()];
        for (tile, keys) in keys.chunks(TILE).enumerate() {
            let place = tile * TILE;
            for (i, (&query, found)) in queries.iter().zip(found.iter_mut()).enumerate() {
                let own = if alone { (first + i).wrapping_sub(place) } else { usize::MAX };
                let bound = found.map_or(limit + 1, |(distance, _)| distance);
                if bound == 0 {
                    continue;
                }
                let least = dispatch!(level, simd => nearer(simd, query, keys, bound, own));
                if let Some((distance, at)) = least {
                    *found = Some((distance, place + at));
                }
            }
        }
        Ok(())
    })?;
    drop(blocks);
    Ok(found)
}

/// The nearest key, but not that at `own`, if fewer than `bound` bits differ.
#[simd]
fn nearer<S: Simd>(_: S, query: u64, keys: &[u64], bound: u32, own: usize) -> Nearest {
    let mut search = Search { query, own, bound, found: None };
    // Of a length that the compiler knows, or it would not unroll them.
    let (runs, rest) = keys.as_chunks::<RUN>();
    for (run, keys) in runs.iter().enumerate() {
        search.look_at(run * RUN, keys);
    }
    search.look_at(runs.len() * RUN, rest);
    search.found
}

struct Search {
    query: u64,
    own: usize,
    bound: u32,
    found: Nearest,
}

impl Search {
    /// Keys whose first is at `place`.
    #[inline(always)]
    fn look_at(&mut self, place: usize, keys: &[u64]) {
        let distance = |&key: &u64| u64::from((self.query ^ key).count_ones());
        if keys.iter().map(distance).fold(64, u64::min) >= u64::from(self.bound) {
            return;
        }
        for (at, &key) in (place..).zip(keys) {
            let distance = (self.query ^ key).count_ones();
            if distance < self.bound && at != self.own {
                self.bound = distance;
                self.found = Some((distance, at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::philox::Field;
    use crate::simd::level;

    /// Hashes near each other, so that many distances occur, and occur more than once.
    fn hashes(index: u64, count: usize) -> Vec<u64> {
        let field = Field { key: 1, epoch: 0, index };
        let word = |e| u64::from(field.word(e));
        (0..count as u64).map(|e| word(3 * e) & word(3 * e + 1) & word(3 * e + 2) << 8).collect()
    }

    #[test]
    fn every_level_and_thread_finds_the_first_nearest() {
        let (queries, keys) = (hashes(0, 1100), hashes(1, 9000));
        for (keys, alone) in [(&keys, false), (&queries, true), (&keys[..1].to_vec(), false)] {
            for limit in [0, 2, 5, 64] {
                let plain = |(i, query): (usize, &u64)| {
                    let others = keys.iter().enumerate().filter(|&(j, _)| !alone || i != j);
                    let all = others.map(|(j, key)| ((query ^ key).count_ones(), j));
                    all.min().filter(|&(distance, _)| distance <= limit)
                };
                let expected: Vec<_> = queries.iter().enumerate().map(plain).collect();
                for level in level::available() {
                    for threads in [1, 3] {
                        let ask = &threads::go_on;
                        let found =
                            nearest(level, &queries, keys, limit, alone, threads, ask).unwrap();
                        assert_eq!(found, expected, "{} {limit}", level::name(level));
                    }
                }
            }
        }
    }
}
