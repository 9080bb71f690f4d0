//! Sums over an image's channels, in one fixed order: rows, strips, threads and SIMD levels do not
//! change them.
//!
//! A channel's elements, in row-major order, are added in f64, in blocks of 4096. Within a block
//! lane l of 16 starts at 0.0 and adds elements l, l + 16, l + 32, ... one after another; then the
//! lanes are added pairwise: l and l + 8, l and l + 4, l and l + 2, l and l + 1. The blocks' sums
//! are added pairwise too: neighbours (0 and 1, 2 and 3, ...), level by level, an odd last one
//! going up as it is. Sums of uint8 and uint16 are below 2^53 and so exact.

use fearless_simd::{Simd, dispatch};
use fearless_simd_macros::simd;

use crate::error::Result;
use crate::memory;
use crate::simd::level::Level;

const BLOCK: usize = 4096;
const LANES: usize = 16;

pub struct Sums {
    channels: usize,
    /// Pixels in the present block, and their sums: lane after lane, each of all channels.
    filled: usize,
    lanes: Vec<f64>,
    /// The sums of the blocks before it, each of all channels.
    blocks: Vec<f64>,
}

impl Sums {
    /// Of so many pixels at most.
    pub fn new(channels: usize, pixels: usize) -> Result<Self> {
        let lanes = memory::vec(LANES * channels, 0.0, SUMS)?;
        let blocks = memory::room((pixels / BLOCK + 1) * channels, SUMS)?;
        Ok(Sums { channels, filled: 0, lanes, blocks })
    }

    /// The next pixels: whole ones.
    pub fn add<T: Copy + Into<f64>>(&mut self, level: Level, mut pixels: &[T]) {
        while !pixels.is_empty() {
            let room = (BLOCK - self.filled) * self.channels;
            let (now, later) = pixels.split_at(room.min(pixels.len()));
            let start = self.filled % LANES * self.channels;
            dispatch!(level, simd => add_to_lanes(simd, &mut self.lanes, start, now));
            self.filled += now.len() / self.channels;
            if self.filled == BLOCK {
                self.close();
            }
            pixels = later;
        }
    }

    /// The sum of each channel.
    pub fn finish(mut self) -> Vec<f64> {
        if self.filled > 0 || self.blocks.is_empty() {
            self.close();
        }
        let Sums { channels, mut blocks, .. } = self;
        let mut count = blocks.len() / channels;
        while count > 1 {
            for pair in 0..count / 2 {
                for c in 0..channels {
                    let at = 2 * pair * channels + c;
                    blocks[pair * channels + c] = blocks[at] + blocks[at + channels];
                }
            }
            if !count.is_multiple_of(2) {
                blocks.copy_within((count - 1) * channels..count * channels, count / 2 * channels);
            }
            count = count.div_ceil(2);
        }
        blocks.truncate(channels);
        blocks
    }

    fn close(&mut self) {
        let mut half = LANES / 2;
        while half > 0 {
            let (low, high) = self.lanes.split_at_mut(half * self.channels);
            add_each(low, high);
            half /= 2;
        }
        self.blocks.extend_from_slice(&self.lanes[..self.channels]);
        self.lanes.fill(0.0);
        self.filled = 0;
    }
}

const SUMS: &str = "the sums of an image's channels";

/// `start` is where in the lanes the first of `values` goes.
#[simd]
fn add_to_lanes<S: Simd, T: Copy + Into<f64>>(_: S, lanes: &mut [f64], start: usize, values: &[T]) {
    let (head, rest) = values.split_at(values.len().min(lanes.len() - start));
    add_each(&mut lanes[start..], head);
    for values in rest.chunks(lanes.len()) {
        add_each(lanes, values);
    }
}

#[inline(always)]
fn add_each<T: Copy + Into<f64>>(sums: &mut [f64], values: &[T]) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum += value.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::level;

    /// Of either sign and all magnitudes below 2, so that another order rounds differently.
    fn values(count: usize) -> Vec<f32> {
        let field = crate::random::philox::Field { key: 1, epoch: 0, index: 2 };
        (0..count as u64).map(|e| f32::from_bits(field.word(e) & 0xbfff_ffff)).collect()
    }

    /// As the definition reads.
    fn plain(values: &[f32]) -> f64 {
        let block = |values: &[f32]| {
            let mut lanes = [0.0; LANES];
            for (i, &value) in values.iter().enumerate() {
                lanes[i % LANES] += f64::from(value);
            }
            for half in [8, 4, 2, 1] {
                for l in 0..half {
                    lanes[l] += lanes[l + half];
                }
            }
            lanes[0]
        };
        let mut sums: Vec<f64> = values.chunks(BLOCK).map(block).collect();
        while sums.len() > 1 {
            let pair = |pair: &[f64]| if let [a, b] = *pair { a + b } else { pair[0] };
            sums = sums.chunks(2).map(pair).collect();
        }
        sums[0]
    }

    #[test]
    fn rows_and_levels_do_not_matter() {
        for (channels, pixels) in [(1, 1), (3, 17), (3, 4096), (4, 5000), (1, 4096 * 7 + 5)] {
            let values = values(channels * pixels);
            let channel = |c| -> Vec<f32> {
                values.iter().skip(c).step_by(channels).copied().collect::<Vec<_>>()
            };
            let expected: Vec<f64> = (0..channels).map(|c| plain(&channel(c))).collect();
            for level in level::available() {
                for width in [1, 13, 64, 6000] {
                    let mut sums = Sums::new(channels, pixels).unwrap();
                    values.chunks(width * channels).for_each(|row| sums.add(level, row));
                    assert_eq!(sums.finish(), expected, "{level:?} {channels} {pixels} {width}");
                }
            }
        }
    }

    /// tests/test_colour.py holds the twin to the same bits.
    #[test]
    fn one_order() {
        let mut sums = Sums::new(3, 30_000).unwrap();
        sums.add(Level::new(), &values(3 * 30_000));
        let bits: Vec<u64> = sums.finish().into_iter().map(f64::to_bits).collect();
        assert_eq!(bits, [0xc028_2b1f_baf1_198a, 0xc049_1726_d287_d5c9, 0xc041_1997_2db1_69b3]);
    }

    #[test]
    fn integers_are_exact() {
        let mut sums = Sums::new(2, 501_000).unwrap();
        for _ in 0..1000 {
            sums.add(Level::new(), &[65535u16, 1].repeat(501));
        }
        assert_eq!(sums.finish(), [65535.0 * 501_000.0, 501_000.0]);
    }
}
