//! Medians of large windows of any type: one histogram over the ranks of all values, that slides
//! along a row; each step counts the samples of the column that comes in and of the one that
//! leaves. Blocks of bins are counted too, and the median's is followed from step to step.
//! Source: Huang, Yang and Tang, "A Fast Two-Dimensional Median Filtering Algorithm" (1979).

use super::Sample;
use crate::error::Result;
use crate::image::View;
use crate::kernels::window::Rows;
use crate::memory;

/// Bins in a block.
const BLOCK: usize = 256;

pub const TABLE: &str = "the values of an image";

pub struct Sliding<T: Sample> {
    /// In their order, so that a rank is an index.
    pub keys: Vec<T::Key>,
    side: usize,
    channels: usize,
    bins: Vec<u16>,
    blocks: Vec<u16>,
}

impl<T: Sample> Sliding<T> {
    pub fn new(side: usize, src: View<T>) -> Result<Self> {
        let keys = T::keys(src)?;
        let blocks = keys.len().div_ceil(BLOCK);
        let bins = memory::vec(blocks * BLOCK, 0, TABLE)?;
        let channels = src.shape().channels;
        Ok(Sliding { keys, side, channels, bins, blocks: memory::vec(blocks, 0, TABLE)? })
    }

    /// A row of the output.
    pub fn row(&mut self, rows: &Rows<T::Key>, out: &mut [T]) {
        let channels = self.channels;
        let half = (self.side * self.side / 2) as u16;
        for c in 0..channels {
            let mut place = Place { block: 0, before: 0 };
            for x in 0..self.side - 1 {
                self.count::<true>(rows, x * channels + c, &mut place);
            }
            for (x, out) in out[c..].iter_mut().step_by(channels).enumerate() {
                let first = x * channels + c;
                self.count::<true>(rows, first + (self.side - 1) * channels, &mut place);
                *out = T::sample(self.keys[self.find(half, &mut place)]);
                self.count::<false>(rows, first, &mut place);
            }
            for x in 0..self.side - 1 {
                self.count::<false>(rows, out.len() + x * channels + c, &mut place);
            }
        }
    }

    /// Counts the samples of a column, or no longer.
    fn count<const IN: bool>(&mut self, rows: &Rows<T::Key>, column: usize, place: &mut Place) {
        let change = |count: &mut u16| *count = if IN { *count + 1 } else { *count - 1 };
        for row in rows.iter() {
            let rank = T::index(row[column]);
            change(&mut self.bins[rank]);
            change(&mut self.blocks[rank / BLOCK]);
            if rank / BLOCK < place.block {
                change(&mut place.before);
            }
        }
    }

    /// The rank of the sample that has so many before it.
    fn find(&self, half: u16, place: &mut Place) -> usize {
        while place.before > half {
            place.block -= 1;
            place.before -= self.blocks[place.block];
        }
        while place.before + self.blocks[place.block] <= half {
            place.before += self.blocks[place.block];
            place.block += 1;
        }
        let mut rest = half - place.before;
        let mut rank = place.block * BLOCK;
        while self.bins[rank] <= rest {
            rest -= self.bins[rank];
            rank += 1;
        }
        rank
    }
}

/// A block, and how many samples are in the ones before.
struct Place {
    block: usize,
    before: u16,
}
