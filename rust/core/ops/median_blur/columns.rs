//! Medians of uint8 in a time that does not grow with the window: a histogram for each column of
//! the window's height, from row to row by the sample that comes in and the one that has left; that
//! of a window from sample to sample by the column that comes in and the one that has left.
//! Source: Perreault and Hebert, "Median Filtering in Constant Time" (2007).
//!
//! Histograms are of two levels of 16 bins and count what is at most in a bin, so that a place is
//! found by comparing all bins at once. The fine ones of a window are brought up to date only where
//! the median is.

use fearless_simd::prelude::*;
use fearless_simd::u16x16;

use crate::error::Result;
use crate::image::Shape;
use crate::kernels::window::{ROWS, Rows, Stripe};
use crate::memory;

/// How many values are at most in each bin.
type Bins = [u16; 16];

/// What a value adds.
const STEP: [Bins; 16] = {
    let mut steps = [[0; 16]; 16];
    let mut bin = 0;
    while bin < 16 {
        let mut i = bin;
        while i < 16 {
            steps[bin][i] = 1;
            i += 1;
        }
        bin += 1;
    }
    steps
};

/// Samples of a row whose histograms stay in the second cache.
const CACHED: usize = 480;

/// Samples of a row whose histograms take too much memory: 32 MiB.
const MOST: usize = 1 << 16;

/// The columns that are made at once.
pub fn stripe(radius: usize, shape: Shape) -> usize {
    (CACHED / shape.channels).saturating_sub(2 * radius).max(4 * radius)
}

pub fn fits(stripe: &Stripe) -> bool {
    stripe.extended <= MOST
}

pub struct Columns {
    side: usize,
    channels: usize,
    extended: usize,
    fresh: bool,
    /// For each column the high halves of its samples.
    coarse: Vec<Bins>,
    /// For each high half, then each column, the low halves.
    fine: Vec<Bins>,
    /// Of the window, for each channel.
    windows: Vec<Histogram>,
}

#[derive(Clone)]
struct Histogram {
    coarse: Bins,
    fine: [Bins; 16],
    /// The pixel at which each of the fine ones was brought up to date.
    at: [usize; 16],
}

impl Columns {
    pub fn new(side: usize, stripe: &Stripe) -> Result<Self> {
        let &Stripe { extended, channels, .. } = stripe;
        let window = Histogram { coarse: [0; 16], fine: [[0; 16]; 16], at: [0; 16] };
        Ok(Columns {
            side,
            channels,
            extended,
            fresh: true,
            coarse: memory::vec(extended, [0; 16], ROWS)?,
            fine: memory::vec(16 * extended, [0; 16], ROWS)?,
            windows: memory::vec(channels, window, ROWS)?,
        })
    }

    /// A row of the output.
    #[inline(always)]
    pub fn row<S: Simd>(&mut self, simd: S, rows: &Rows<u8>, out: &mut [u8]) {
        if std::mem::take(&mut self.fresh) {
            for row in rows.iter() {
                for (i, &value) in row[..self.extended].iter().enumerate() {
                    self.count::<S, true>(simd, i, value);
                }
            }
        } else {
            let (newest, gone) = (rows.newest(), rows.gone());
            for i in 0..self.extended {
                self.count::<S, true>(simd, i, newest[i]);
                self.count::<S, false>(simd, i, gone[i]);
            }
        }

        let (side, channels) = (self.side, self.channels);
        let half = (side * side / 2) as u16;
        for (c, window) in self.windows.iter_mut().enumerate() {
            // All but the last column of the first window.
            window.coarse = [0; 16];
            for column in self.coarse[c..].iter().step_by(channels).take(side - 1) {
                add(simd, &mut window.coarse, column);
            }
            // No fine one is of use.
            window.at = [usize::MAX; 16];
        }
        for (x, pixel) in out.chunks_exact_mut(channels).enumerate() {
            for (c, (out, window)) in pixel.iter_mut().zip(&mut self.windows).enumerate() {
                let first = x * channels + c;
                add(simd, &mut window.coarse, &self.coarse[first + (side - 1) * channels]);
                let high = place(simd, &window.coarse, half);
                let rest = half - if high == 0 { 0 } else { window.coarse[high - 1] };

                let fine = &mut window.fine[high];
                let columns = &self.fine[high * self.extended..][..self.extended];
                let at = std::mem::replace(&mut window.at[high], x);
                if at > x || 2 * (x - at) > side {
                    *fine = [0; 16];
                    for column in columns[first..].iter().step_by(channels).take(side) {
                        add(simd, fine, column);
                    }
                } else {
                    for old in (at * channels + c..first).step_by(channels) {
                        add(simd, fine, &columns[old + side * channels]);
                        subtract(simd, fine, &columns[old]);
                    }
                }
                let low = place(simd, fine, rest);
                *out = (16 * high + low) as u8;
                subtract(simd, &mut window.coarse, &self.coarse[first]);
            }
        }
    }

    /// Counts a sample of a column, or no longer.
    #[inline(always)]
    fn count<S: Simd, const IN: bool>(&mut self, simd: S, column: usize, value: u8) {
        let (high, low) = (usize::from(value / 16), usize::from(value % 16));
        let (coarse, fine) = (column, high * self.extended + column);
        if IN {
            add(simd, &mut self.coarse[coarse], &STEP[high]);
            add(simd, &mut self.fine[fine], &STEP[low]);
        } else {
            subtract(simd, &mut self.coarse[coarse], &STEP[high]);
            subtract(simd, &mut self.fine[fine], &STEP[low]);
        }
    }
}

#[inline(always)]
fn add<S: Simd>(simd: S, bins: &mut Bins, other: &Bins) {
    let sum = u16x16::load_array_ref(simd, bins) + u16x16::load_array_ref(simd, other);
    sum.store_array(bins);
}

#[inline(always)]
fn subtract<S: Simd>(simd: S, bins: &mut Bins, other: &Bins) {
    let rest = u16x16::load_array_ref(simd, bins) - u16x16::load_array_ref(simd, other);
    rest.store_array(bins);
}

/// The bin of the value that has so many before it; the last counts more than these.
#[inline(always)]
fn place<S: Simd>(simd: S, bins: &Bins, before: u16) -> usize {
    let passed = u16x16::load_array_ref(simd, bins).simd_le(before);
    (passed.to_bitmask().count_ones() as usize).min(15)
}
