//! What an image is like: the extremes, the histograms or the sums of its channels, or of its gray.

use std::array;

use fearless_simd::{Simd, dispatch};
use fearless_simd_macros::simd;

use super::Table;
use crate::error::Result;
use crate::image::View;
use crate::kernels::colour::Colour;
use crate::maths::sum::Sums;
use crate::maths::within;
use crate::memory;
use crate::simd::level::Level;

/// What a measured curve asks of the image.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// Of the gray of an image of 3 channels, which then is all that is measured; else of each
    /// channel.
    pub gray: bool,
    pub what: What,
    /// Values are brought into 0 to white first.
    pub white: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Extremes,
    Histogram,
    Sum,
}

/// What a channel is like, or gray.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// Least and greatest value, NaN left out; infinity and its negative if there is no other.
    Extremes([f32; 2]),
    /// How many samples have each [level](Leveled), NaN left out.
    Histogram(Vec<u32>),
    /// As maths/sum.rs adds them.
    Sum(f64),
}

/// Samples as whole levels: 0 to white; of float32, 0 to 65535.
pub trait Leveled: Colour + PartialOrd {
    const LEVELS: usize;

    /// None for NaN.
    fn level(self, white: Self) -> Option<u16>;

    fn of_level(level: u16, white: Self) -> Self;

    /// Gray as Pillow weights it, 0.299, 0.587 and 0.114 in sixteen bits: of integers
    /// (19595 R + 38470 G + 7471 B + 32768) >> 16, of float32 (r R + g G) + b B.
    fn gray(rgb: [Self; 3]) -> Self;
}

const GRAY: [u16; 3] = [19595, 38470, 7471];

macro_rules! integer {
    ($($t:ty),*) => {$(
        impl Leveled for $t {
            const LEVELS: usize = 1 << <$t>::BITS;

            #[inline(always)]
            fn level(self, white: Self) -> Option<u16> {
                Some(u16::from(self.limit(white)))
            }

            #[inline(always)]
            fn of_level(level: u16, _: Self) -> Self {
                level as $t
            }

            #[inline(always)]
            fn gray(rgb: [Self; 3]) -> Self {
                let [r, g, b] = [0, 1, 2].map(|c| u32::from(rgb[c]) * u32::from(GRAY[c]));
                ((r + g + b + 32768) >> 16) as $t
            }
        }
    )*};
}
integer!(u8, u16);

impl Leveled for f32 {
    const LEVELS: usize = 1 << 16;

    /// floor(65535 (v / white) + 0.5)
    #[inline(always)]
    fn level(self, white: f32) -> Option<u16> {
        (!self.is_nan()).then(|| (65535.0 * (within(self, white) / white) + 0.5) as u16)
    }

    /// (level / 65535) white
    #[inline(always)]
    fn of_level(level: u16, white: f32) -> f32 {
        f32::from(level) / 65535.0 * white
    }

    #[inline(always)]
    fn gray(rgb: [f32; 3]) -> f32 {
        let [r, g, b] = [0, 1, 2].map(|c| rgb[c] * (f32::from(GRAY[c]) * (1.0 / 65536.0)));
        (r + g) + b
    }
}

/// What an image is like.
pub fn of<T: Leveled>(level: Level, image: View<T>, ask: Ask) -> Result<Vec<Measure>> {
    let white = T::from_fill(ask.white);
    measure(level, image, ask, |rgb| T::gray(rgb.map(|v| v.limit(white))).limit(white))
}

/// What a uint8 image is like that is seen through tables. Histograms are counted once.
pub struct Bytes<'a> {
    level: Level,
    image: View<'a, u8>,
    counted: Option<Vec<Measure>>,
}

impl<'a> Bytes<'a> {
    pub fn new(level: Level, image: View<'a, u8>) -> Self {
        Bytes { level, image, counted: None }
    }

    /// One table for all channels, or one for each.
    pub fn through(&mut self, tables: &[Table], ask: Ask) -> Result<Vec<Measure>> {
        let table = |c: usize| &tables[c % tables.len()];
        if ask.gray {
            let part = |c: usize, v: usize| u32::from(GRAY[c]) * u32::from(table(c)[v]);
            let parts: [[u32; 256]; 3] = array::from_fn(|c| array::from_fn(|v| part(c, v)));
            return measure(self.level, self.image, ask, |rgb| {
                let [r, g, b] = [0, 1, 2].map(|c| parts[c][usize::from(rgb[c])]);
                ((r + g + b + 32768) >> 16) as u8
            });
        }
        let same = || tables.iter().all(|table| table.iter().zip(0..).all(|(&v, i)| v == i));
        if self.counted.is_none() && (ask.what == What::Extremes || ask.what == What::Sum && same())
        {
            let mut found = of(self.level, self.image, ask)?;
            let mut channels = found.iter_mut().enumerate();
            if ask.what == What::Sum || channels.all(|(c, measure)| measure.map_extremes(table(c)))
            {
                return Ok(found);
            }
        }
        let counted = match self.counted.take() {
            Some(counted) => counted,
            None => of(self.level, self.image, Ask { what: What::Histogram, ..ask })?,
        };
        let seen = |(c, measure): (usize, &Measure)| measure.histogram_through(table(c), ask);
        let found = memory::try_collect(counted.iter().enumerate().map(seen), WHAT);
        self.counted = Some(counted);
        found
    }
}

impl Measure {
    /// The extremes of what a table makes of bytes; false if they cannot be told from those
    /// before.
    fn map_extremes(&mut self, table: &Table) -> bool {
        let Measure::Extremes(extremes) = self else { return false };
        let [least, most] = extremes.map(|v| v as usize);
        let values = &table[least..=most];
        let ends = [values[0], values[most - least]].map(f32::from);
        if values.is_sorted() {
            *extremes = ends;
        } else if values.is_sorted_by(|a, b| a >= b) {
            *extremes = [ends[1], ends[0]];
        } else {
            return false;
        }
        true
    }

    /// What a table makes of a histogram of bytes: a histogram, its extremes or its sum.
    fn histogram_through(&self, table: &Table, ask: Ask) -> Result<Measure> {
        let Measure::Histogram(counts) = self else { unreachable!("histograms were asked for") };
        if ask.what == What::Sum {
            let terms = table.iter().zip(counts).map(|(&v, &n)| u64::from(v) * u64::from(n));
            return Ok(Measure::Sum(terms.fold(0, |sum, term| sum + term) as f64));
        }
        let mut mapped = memory::vec(256, 0, WHAT)?;
        for (&value, count) in table.iter().zip(counts) {
            mapped[usize::from(value)] += count;
        }
        if ask.what == What::Histogram {
            return Ok(Measure::Histogram(mapped));
        }
        let first = mapped.iter().position(|&count| count > 0).unwrap_or(255);
        let last = mapped.iter().rposition(|&count| count > 0).unwrap_or(0);
        Ok(Measure::Extremes([first as f32, last as f32]))
    }
}

const WHAT: &str = "the histograms of an image";

/// Counters of a level of uint8, where the number of channels divides it: one that was just written
/// takes some cycles until it can be read again, and neighbouring pixels are alike.
const LANES: usize = 12;
/// Pixels that are prepared together.
const TOGETHER: usize = 256;
/// Values that have their own extremes are a multiple of it, for vectors of any kind.
const WIDE: usize = 64;

enum Found<T> {
    Extremes {
        least: Vec<T>,
        most: Vec<T>,
    },
    /// Lane after lane; lane l is of channel l mod channels.
    Counts(Vec<u32>),
    Sums {
        sums: Sums,
        /// Pixels within 0 to white.
        limited: Vec<T>,
    },
}

fn measure<T: Leveled>(
    level: Level,
    image: View<T>,
    ask: Ask,
    gray: impl Fn([T; 3]) -> T,
) -> Result<Vec<Measure>> {
    let white = T::from_fill(ask.white);
    let channels = if ask.gray { 1 } else { image.shape().channels };
    let mut found = match ask.what {
        What::Histogram => {
            let copies = if T::LEVELS == 256 { (LANES / channels).max(1) } else { 1 };
            memory::check_table::<u32>(channels.saturating_mul(T::LEVELS), WHAT)?;
            Found::Counts(memory::vec(copies * channels * T::LEVELS, 0, WHAT)?)
        }
        What::Extremes => {
            let lanes = channels.saturating_mul(WIDE >> channels.trailing_zeros().min(6));
            let [least, most] = [f64::INFINITY, f64::NEG_INFINITY].map(T::from_fill);
            Found::Extremes {
                least: memory::vec(lanes, least, WHAT)?,
                most: memory::vec(lanes, most, WHAT)?,
            }
        }
        What::Sum => Found::Sums {
            sums: Sums::new(channels, image.shape().height * image.shape().width)?,
            limited: memory::vec(channels.saturating_mul(TOGETHER), T::default(), WHAT)?,
        },
    };
    let view = image.flat().unwrap_or(image);
    let mut grays = [T::default(); TOGETHER];
    for row in view.rows() {
        if ask.gray {
            for pixels in row.as_chunks::<3>().0.chunks(grays.len()) {
                let grays = &mut grays[..pixels.len()];
                grays.iter_mut().zip(pixels).for_each(|(out, &rgb)| *out = gray(rgb));
                found.add(level, grays, white);
            }
        } else {
            found.add(level, row, white);
        }
    }
    found.finish(channels)
}

impl<T: Leveled> Found<T> {
    fn add(&mut self, level: Level, values: &[T], white: T) {
        match self {
            Found::Extremes { least, most } => {
                dispatch!(level, simd => extremes(simd, least, most, values, white));
            }
            Found::Counts(counts) => count(counts, values, white),
            Found::Sums { sums, limited } => {
                for values in values.chunks(limited.len()) {
                    let limited = &mut limited[..values.len()];
                    limited.iter_mut().zip(values).for_each(|(out, v)| *out = v.limit(white));
                    sums.add(level, limited);
                }
            }
        }
    }

    fn finish(self, channels: usize) -> Result<Vec<Measure>> {
        if let Found::Sums { sums, .. } = self {
            return memory::collect(sums.finish().into_iter().map(Measure::Sum), WHAT);
        }
        let of_channel = |c: usize| match &self {
            Found::Sums { .. } => unreachable!("they are finished"),
            Found::Extremes { least, most } => {
                let [mut low, mut high] = [f64::INFINITY, f64::NEG_INFINITY];
                for (&least, &most) in least[c..].iter().zip(&most[c..]).step_by(channels) {
                    (low, high) = (low.min(least.into()), high.max(most.into()));
                }
                Ok(Measure::Extremes([low as f32, high as f32]))
            }
            Found::Counts(counts) => {
                let mut lanes = counts.chunks_exact(T::LEVELS).skip(c).step_by(channels);
                let first = lanes.next().expect("a lane for each channel");
                let mut histogram = memory::repeat(first, 1, WHAT)?;
                for lane in lanes {
                    histogram.iter_mut().zip(lane).for_each(|(sum, count)| *sum += count);
                }
                Ok(Measure::Histogram(histogram))
            }
        };
        memory::try_collect((0..channels).map(of_channel), WHAT)
    }
}

#[simd]
fn extremes<S: Simd, T: Leveled>(_: S, least: &mut [T], most: &mut [T], values: &[T], white: T) {
    for values in values.chunks(least.len()) {
        for ((least, most), &value) in least.iter_mut().zip(&mut *most).zip(values) {
            let value = value.limit(white);
            *least = if value < *least { value } else { *least };
            *most = if value > *most { value } else { *most };
        }
    }
}

fn count<T: Leveled>(counts: &mut [u32], mut values: &[T], white: T) {
    if let Ok(counts) = <&mut [u32; LANES << 8]>::try_from(&mut *counts) {
        let (groups, rest) = values.as_chunks::<LANES>();
        for group in groups {
            count_lanes(counts, group, white);
        }
        values = rest;
    }
    for group in values.chunks(counts.len() / T::LEVELS) {
        count_lanes(counts, group, white);
    }
}

#[inline(always)]
fn count_lanes<T: Leveled>(counts: &mut [u32], values: &[T], white: T) {
    for (i, &value) in values.iter().enumerate() {
        if let Some(level) = value.level(white) {
            counts[i * T::LEVELS + usize::from(level)] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Image, Shape};
    use crate::simd::level;

    const EXTREMES: Ask = Ask { gray: false, what: What::Extremes, white: 255.0 };
    const HISTOGRAM: Ask = Ask { what: What::Histogram, ..EXTREMES };

    fn ends(measures: &[Measure]) -> Vec<[f32; 2]> {
        let ends = |measure: &Measure| match measure {
            Measure::Extremes(ends) => *ends,
            other => panic!("{other:?}"),
        };
        measures.iter().map(ends).collect()
    }

    /// The levels that are there, and how many of each.
    fn bins(measure: &Measure) -> Vec<(usize, u32)> {
        let Measure::Histogram(counts) = measure else { panic!("no histogram") };
        let counts = counts.iter().enumerate();
        counts.filter(|(_, count)| **count > 0).map(|(i, &count)| (i, count)).collect()
    }

    #[test]
    fn every_sample_counts_once() {
        for channels in [1, 2, 3, 4, 5, 12, 70] {
            let shape = Shape::new(3, 29, channels);
            // Each channel has levels of its own, so that none is taken for another's.
            let value = |i: usize| (i % channels * 3 + i / channels % 3) as u8;
            let image = Image { data: (0..shape.len()).map(value).collect(), shape };
            for level in level::available() {
                let measures = of(level, image.view(), HISTOGRAM).unwrap();
                let extremes = of(level, image.view(), EXTREMES).unwrap();
                for (c, (measure, extremes)) in measures.iter().zip(ends(&extremes)).enumerate() {
                    assert_eq!(bins(measure), [0, 1, 2].map(|k| (3 * c + k, 29)));
                    assert_eq!(extremes, [3 * c, 3 * c + 2].map(|v| v as f32));
                }
            }
        }
    }

    #[test]
    fn floats_are_limited_and_measured_without_nan() {
        let data = vec![0.5, f32::NAN, -1.0, 3.0, f32::NAN, f32::NAN];
        let image = Image { data, shape: Shape::new(1, 3, 2) };
        let level = Level::new();
        let measures = of(level, image.view(), Ask { white: 2.0, ..HISTOGRAM }).unwrap();
        assert_eq!(bins(&measures[0]), [(0, 1), (16384, 1)]);
        assert_eq!(bins(&measures[1]), [(65535, 1)]);
        let measures = of(level, image.view(), Ask { white: 2.0, ..EXTREMES }).unwrap();
        assert_eq!(ends(&measures), [[0.0, 0.5], [2.0, 2.0]]);
        let none = Image { data: vec![f32::NAN], shape: Shape::new(1, 1, 1) };
        let measures = of(level, none.view(), EXTREMES).unwrap();
        assert_eq!(ends(&measures), [[f32::INFINITY, f32::NEG_INFINITY]]);
    }

    #[test]
    fn sums_are_of_what_is_within_white() {
        let sums = |measures: Vec<Measure>| -> Vec<f64> {
            let sum = |measure: &Measure| match measure {
                Measure::Sum(sum) => *sum,
                other => panic!("{other:?}"),
            };
            measures.iter().map(sum).collect()
        };
        let ask = Ask { what: What::Sum, white: 2.0, ..EXTREMES };
        let shape = Shape::new(3, 100, 5);
        let value = |i: usize| [-1.0, 0.25, 3.0, 0.5, 2.0][i % 5];
        let image = Image { data: (0..shape.len()).map(value).collect::<Vec<f32>>(), shape };
        let measured = of(Level::new(), image.view(), ask).unwrap();
        assert_eq!(sums(measured), [0.0, 75.0, 600.0, 150.0, 600.0]);

        let image = Image { data: (0..=255).collect(), shape: Shape::new(2, 64, 2) };
        let ask = Ask { white: 255.0, ..ask };
        let mut bytes = Bytes::new(Level::new(), image.view());
        let table = |f: fn(u8) -> u8| [std::array::from_fn(|i| f(i as u8))];
        assert_eq!(sums(bytes.through(&table(|v| v), ask).unwrap()), [16256.0, 16384.0]);
        assert!(bytes.counted.is_none());
        assert_eq!(sums(bytes.through(&table(|v| v / 128), ask).unwrap()), [64.0, 64.0]);
        assert_eq!(sums(bytes.through(&table(|v| v), ask).unwrap()), [16256.0, 16384.0]);
    }

    #[test]
    fn gray_is_of_all_three() {
        let gray = |data: Vec<u16>| {
            let image = Image { data, shape: Shape::new(1, 2, 3) };
            let [extremes, histogram] = [EXTREMES, HISTOGRAM].map(|ask| {
                let ask = Ask { gray: true, white: 60000.0, ..ask };
                of(Level::new(), image.view(), ask).unwrap()
            });
            assert_eq!([extremes.len(), histogram.len()], [1, 1]);
            (ends(&extremes)[0], bins(&histogram[0]))
        };
        let (ends, bins) = gray(vec![0, 60000, 0, 65535, 60000, 65535]);
        assert_eq!(bins, [(35220, 1), (60000, 1)]);
        assert_eq!(ends, [35220.0, 60000.0]);
    }

    #[test]
    fn extremes_of_what_tables_make_of_bytes() {
        let image = Image { data: vec![10, 100, 200, 50], shape: Shape::new(2, 2, 1) };
        let asked = |table: Table| {
            let mut bytes = Bytes::new(Level::new(), image.view());
            let found = ends(&bytes.through(&[table], EXTREMES).unwrap());
            (found, bytes.counted.is_some())
        };
        let table = |f: fn(u8) -> u8| std::array::from_fn(|i| f(i as u8));
        assert_eq!(asked(table(|v| v / 2)), (vec![[5.0, 100.0]], false));
        assert_eq!(asked(table(|v| 255 - v)), (vec![[55.0, 245.0]], false));
        // Where it turns within the range, values between the extremes decide.
        assert_eq!(
            asked(table(|v| if v < 150 { v } else { 255 - v })),
            (vec![[10.0, 100.0]], true)
        );
        assert_eq!(asked(table(|v| if v < 7 { 255 } else { v })), (vec![[10.0, 200.0]], false));
    }
}
