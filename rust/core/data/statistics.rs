//! What a set of images adds up to, in whole numbers: neither the order, nor how the images are cut
//! into parts, nor threads can change it.
//!
//! Of integers: how often each channel has each value; all else follows from that. Of float32: a
//! finite value is m * 2^(e - 149) with an integer |m| < 2^24 and e of 0 to 253, so that the sums
//! of m and of m^2 for each e are the exact sum and sum of squares.

use std::iter::StepBy;
use std::ops::Range;
use std::sync::Mutex;

use crate::error::Result;
use crate::image::{DType, Element, Strided, View};
use crate::maths::fpenv::DefaultEnvironment;
use crate::memory;
use crate::plan::threads::{self, go_on};

/// The bins of float32, over 0 to 1: v is in floor(256 v), 1 in the last.
pub const BINS: usize = 256;
/// The scales e.
const SCALES: usize = 254;
/// Counters of a value of uint8, where the number of channels divides it.
const LANES: usize = 12;
/// As many m^2 < 2^48 add up in 64 bits.
const NARROW: usize = 1 << 16;

pub enum Tally {
    U8(Counts<256>),
    U16(Counts<65536>),
    F32(Floats),
}

impl Tally {
    pub fn new(dtype: DType, channels: usize) -> Result<Self> {
        Ok(match dtype {
            // A counter that was just written takes some cycles until it can be read again, and
            // neighbouring pixels are alike: a channel has several, which the first cache holds.
            DType::U8 => Tally::U8(Counts::new(channels, (LANES / channels).max(1))?),
            DType::U16 => Tally::U16(Counts::new(channels, 1)?),
            DType::F32 => Tally::F32(Floats::new(channels)?),
        })
    }

    pub fn dtype(&self) -> DType {
        match self {
            Tally::U8(_) => DType::U8,
            Tally::U16(_) => DType::U16,
            Tally::F32(_) => DType::F32,
        }
    }

    pub fn channels(&self) -> usize {
        match self {
            Tally::U8(counts) => counts.channels,
            Tally::U16(counts) => counts.channels,
            Tally::F32(floats) => floats.channels.len(),
        }
    }

    /// Adds images of this dtype and number of channels. Some: the first one that holds a NaN or an
    /// infinity; the tally is of no use then, nor after an error.
    pub fn add(&mut self, images: &[Strided], threads: usize) -> Result<Option<usize>> {
        match self {
            Tally::U8(counts) => add::<u8, _>(counts, images, threads),
            Tally::U16(counts) => add::<u16, _>(counts, images, threads),
            Tally::F32(floats) => add::<f32, _>(floats, images, threads),
        }
    }
}

trait State<T>: Send + Sync {
    /// One without anything in it, for as many channels.
    fn fresh(&self) -> Result<Self>
    where
        Self: Sized;
    /// The next whole pixels; false if there is a value that is not finite.
    fn add(&mut self, pixels: &[T]) -> bool;
    fn merge(&mut self, other: Self);
}

fn add<T: Element, S: State<T>>(
    state: &mut S,
    images: &[Strided],
    threads: usize,
) -> Result<Option<usize>> {
    let samples = images.iter().fold(0, |sum, image| sum + image.shape().len());
    let threads = threads::useful(threads, samples);
    let bands = if images.len() < threads { threads } else { 1 };
    let parts = images.len() * bands;
    // Of the parts of one thread, the first image that is not finite.
    let take = |state: &mut S, parts: StepBy<Range<usize>>| {
        for part in parts {
            let (i, band) = (part / bands, part % bands);
            if !add_band::<T, S>(state, &images[i], band, bands)? {
                return Ok(Some(i));
            }
        }
        Ok(None)
    };
    if threads == 1 {
        let _default = DefaultEnvironment::enter();
        return take(state, (0..parts).step_by(1));
    }
    let fresh = state.fresh()?;
    let shared = Mutex::new((state, None));
    threads::each(threads, threads, &go_on, |(): &mut (), thread| {
        let mut own = fresh.fresh()?;
        let found = take(&mut own, (thread..parts).step_by(threads))?;
        let mut shared = shared.lock().expect("no thread panics while it adds up");
        shared.0.merge(own);
        shared.1 = [shared.1, found].into_iter().flatten().min();
        Ok(())
    })?;
    Ok(shared.into_inner().expect("as above").1)
}

/// Adds the rows of one of `bands` bands of an image.
fn add_band<T: Element, S: State<T>>(
    state: &mut S,
    image: &Strided,
    band: usize,
    bands: usize,
) -> Result<bool> {
    let height = image.shape().height;
    let [first, end] = [band, band + 1].map(|band| height * band / bands);
    let image = image.band(first, end - first);
    Ok(match image.rows() {
        Some(view) => add_view(state, view),
        None => add_view(state, image.gather()?.view()),
    })
}

fn add_view<T: Element, S: State<T>>(state: &mut S, view: View<T>) -> bool {
    let view = view.flat().unwrap_or(view);
    view.rows().all(|row| state.add(row))
}

const COUNTS: &str = "the counts of the channels";

/// How often each channel has each of `VALUES` values, in several counters for each channel.
pub struct Counts<const VALUES: usize> {
    channels: usize,
    /// Lane after lane; lane l is of channel l mod `channels`.
    lanes: Vec<[u64; VALUES]>,
}

impl<const VALUES: usize> Counts<VALUES> {
    fn new(channels: usize, copies: usize) -> Result<Self> {
        Ok(Counts { channels, lanes: memory::vec(channels * copies, [0; VALUES], COUNTS)? })
    }

    /// The counts, channel after channel.
    pub fn total(&self) -> Result<Vec<u64>> {
        let (total, rest) = self.lanes.split_at(self.channels);
        let mut total = memory::repeat(total.as_flattened(), 1, COUNTS)?;
        for lanes in rest.chunks_exact(self.channels) {
            add_each(&mut total, lanes.as_flattened());
        }
        Ok(total)
    }
}

impl<T: Copy + Into<usize>, const VALUES: usize> State<T> for Counts<VALUES> {
    fn fresh(&self) -> Result<Self> {
        Counts::new(self.channels, self.lanes.len() / self.channels)
    }

    fn add(&mut self, pixels: &[T]) -> bool {
        if let ([lanes], []) = self.lanes.as_mut_slice().as_chunks_mut::<LANES>() {
            let (chunks, rest) = pixels.as_chunks::<LANES>();
            for chunk in chunks {
                count(lanes, chunk);
            }
            count(lanes, rest);
        } else {
            for chunk in pixels.chunks(self.lanes.len()) {
                count(&mut self.lanes, chunk);
            }
        }
        true
    }

    fn merge(&mut self, other: Self) {
        add_each(self.lanes.as_flattened_mut(), other.lanes.as_flattened());
    }
}

#[inline(always)]
fn count<T: Copy + Into<usize>, const VALUES: usize>(lanes: &mut [[u64; VALUES]], samples: &[T]) {
    for (lane, &value) in lanes.iter_mut().zip(samples) {
        lane[value.into()] += 1;
    }
}

fn add_each(sums: &mut [u64], values: &[u64]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

/// The channels of float32 images.
pub struct Floats {
    channels: Vec<Channel>,
    /// Pixels in the narrow sums: up to `NARROW`.
    pending: usize,
}

#[derive(Clone)]
pub struct Channel {
    /// Below 0, the bins, above 1.
    pub histogram: [u64; BINS + 2],
    /// For each e, the sum of m and that of m^2: 2^79 values fit.
    pub sums: [(i128, u128); SCALES],
    /// Those of the last pixels.
    narrow: [(i64, u64); SCALES],
    pub low: f32,
    pub high: f32,
}

impl Channel {
    fn new() -> Self {
        Channel {
            histogram: [0; BINS + 2],
            sums: [(0, 0); SCALES],
            narrow: [(0, 0); SCALES],
            low: f32::INFINITY,
            high: f32::NEG_INFINITY,
        }
    }

    #[inline(always)]
    fn add(&mut self, value: f32) -> bool {
        let bits = value.to_bits();
        let exponent = (bits >> 23 & 0xff) as usize;
        if exponent == 0xff {
            return false;
        }
        let hidden = u32::from(exponent > 0) << 23;
        let mantissa = i64::from(bits & 0x7f_ffff | hidden);
        let sums = &mut self.narrow[exponent.max(1) - 1];
        sums.0 += if value.is_sign_negative() { -mantissa } else { mantissa };
        sums.1 += (mantissa * mantissa) as u64;
        let bin = ((value * BINS as f32) as usize).min(BINS - 1) + 1;
        let bin = if value > 1.0 { BINS + 1 } else { bin };
        self.histogram[if value < 0.0 { 0 } else { bin }] += 1;
        // -0.0 as 0.0, or the order of the values would tell which of them is the least.
        let value = value + 0.0;
        self.low = if value < self.low { value } else { self.low };
        self.high = if value > self.high { value } else { self.high };
        true
    }

    fn widen(&mut self) {
        for (wide, narrow) in self.sums.iter_mut().zip(&mut self.narrow) {
            wide.0 += i128::from(narrow.0);
            wide.1 += u128::from(narrow.1);
            *narrow = (0, 0);
        }
    }
}

impl Floats {
    fn new(channels: usize) -> Result<Self> {
        Ok(Floats { channels: memory::vec(channels, Channel::new(), COUNTS)?, pending: 0 })
    }

    /// Each channel, complete.
    pub fn total(&mut self) -> &[Channel] {
        self.channels.iter_mut().for_each(Channel::widen);
        self.pending = 0;
        &self.channels
    }
}

impl State<f32> for Floats {
    fn fresh(&self) -> Result<Self> {
        Floats::new(self.channels.len())
    }

    fn add(&mut self, pixels: &[f32]) -> bool {
        let channels = self.channels.len();
        pixels.chunks(NARROW * channels).all(|pixels| {
            let count = pixels.len() / channels;
            if self.pending + count > NARROW {
                self.total();
            }
            self.pending += count;
            let mut finite = true;
            for pixel in pixels.chunks_exact(channels) {
                for (channel, &value) in self.channels.iter_mut().zip(pixel) {
                    finite &= channel.add(value);
                }
            }
            finite
        })
    }

    fn merge(&mut self, mut other: Self) {
        other.total();
        for (into, from) in self.channels.iter_mut().zip(&other.channels) {
            add_each(&mut into.histogram, &from.histogram);
            for (into, from) in into.sums.iter_mut().zip(&from.sums) {
                into.0 += from.0;
                into.1 += from.1;
            }
            into.low = into.low.min(from.low);
            into.high = into.high.max(from.high);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Shape;

    fn strided<T: Element>(data: &[T], shape: Shape) -> Strided<'_> {
        Strided::of(View::new(data, shape, shape.row()))
    }

    /// Large enough for several threads to be of use; values repeat with a period that divides
    /// neither rows nor bands.
    #[test]
    fn threads_and_parts_do_not_matter() {
        for channels in [1, 2, 3, 4, 5, 11] {
            let shape = Shape::new(701, 800, channels);
            let bytes: Vec<u8> = (0..shape.len()).map(|i| (i % 251) as u8).collect();
            let image = strided(&bytes, shape);
            let mut expected = vec![0; 256 * channels];
            for (i, &value) in bytes.iter().enumerate() {
                expected[i % channels * 256 + usize::from(value)] += 1;
            }
            for threads in [1, 2, 3, 16] {
                let mut tally = Tally::new(DType::U8, channels).unwrap();
                assert_eq!(tally.add(&[image], threads), Ok(None));
                let Tally::U8(counts) = tally else { unreachable!("of bytes") };
                assert!(
                    counts.total().unwrap() == expected,
                    "{channels} channels, {threads} threads"
                );
            }
        }
    }

    #[test]
    fn the_first_image_that_is_not_finite() {
        let shape = Shape::new(600, 600, 1);
        let fine = vec![0.5_f32; shape.len()];
        let mut wrong = fine.clone();
        wrong[shape.len() - 1] = f32::NAN;
        let (fine, wrong) = (strided(&fine, shape), strided(&wrong, shape));
        for threads in [1, 2, 3] {
            let mut tally = Tally::new(DType::F32, 1).unwrap();
            let images = [fine, fine, wrong, fine, wrong, wrong];
            assert_eq!(tally.add(&images, threads), Ok(Some(2)), "{threads} threads");
            let mut tally = Tally::new(DType::F32, 1).unwrap();
            assert_eq!(tally.add(&[wrong], threads), Ok(Some(0)));
        }
    }
}
