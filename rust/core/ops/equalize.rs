//! Spreads the values of each channel, so that all levels are used about equally often.
//!
//! M is the value of white. Of each channel h counts the samples by level (Leveled in
//! kernels/curves/measure.rs): integers 0..M, M = 255 or white, values clamped; float32
//! floor(65535 (v / white) + 0.5), so M = 65535, NaN left out. N is the sum of h, S_i that of the
//! levels below i. Division rounds down. A level i becomes
//!
//! ```text
//! pil   uint8: s = (N - h_last) / 255, last the highest level that is there;
//!       min(255, (s / 2 + S_i) / s); if s = 0 all stays
//!       others: d = N - h_last;  min(M, (M S_i + d / 2) / d);  if d = 0 all stays
//! cv    d = N - h_first, first the lowest level;  S = S_i + h_i - h_first for i > first, else 0
//!       min(M, (2 M S + d) / (2 d));  if d = 0 all stays
//! ```
//!
//! and float32 is then (level / 65535) white. What stays is the clamped v.
//!
//! Without `by_channels` h is that of the luma of kernels/colour.rs, of the levels of an image of
//! three channels, and with t the level that luma L becomes, each channel's level is
//! clamp(level + t - L); a pixel with a NaN becomes NaN.
//!
//! No draws. Source: Pillow's ImageOps.equalize (pil): equal at uint8. OpenCV's equalizeHist (cv):
//! within 1, as it rounds a float32 product.

use std::array;

use serde::{Deserialize, Serialize};

use super::{Flow, Nothing, Op};
use crate::error::Result;
use crate::image::{DType, Shape, View, ViewMut};
use crate::kernels::colour::{Colour, check_gray_or_rgb, luma_row, shift_row};
use crate::kernels::curves::{Ask, Curve, Curves, Leveled, Measure, Measured, Table, What};
use crate::kernels::kernel::Kernel;
use crate::kernels::step::{Site, Step, Steps};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::level::Level;
use crate::vectors;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Pil,
    Cv,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equalize {
    pub mode: Mode,
    pub by_channels: bool,
}

impl Op for Equalize {
    const NAME: &'static str = "Equalize";
    const FLOW: Flow = Flow::Nominal;
    type Params = Nothing;

    fn fits(&self, site: &Site) -> Result<()> {
        if !self.by_channels {
            check_gray_or_rgb(Self::NAME, "by_channels=False", site.shape)?;
        }
        Ok(())
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        let most = match site.dtype {
            DType::F32 => 65535,
            DType::U8 | DType::U16 => site.white as u64,
        };
        let coarse = self.mode == Mode::Pil && site.dtype == DType::U8;
        let spread = Spread { mode: self.mode, coarse, most, white: site.white };
        Ok(if self.by_channels || site.shape.channels == 1 {
            Step::measured(spread)
        } else {
            Step::Pixels(Box::new(spread))
        }
        .into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let known = [1, 3].contains(&shape.channels);
        let both = if known { &[true, false][..] } else { &[true] };
        let modes = |&by_channels| [Mode::Pil, Mode::Cv].map(|mode| Equalize { mode, by_channels });
        both.iter().flat_map(modes).collect()
    }
}

struct Spread {
    mode: Mode,
    /// Whether a step is a whole number of samples.
    coarse: bool,
    /// The level of white.
    most: u64,
    white: f64,
}

impl Spread {
    /// What each level becomes; None if all stay.
    fn table(&self, counts: &[u32]) -> Result<Option<Vec<u16>>> {
        let there = |&count: &u32| count > 0;
        let end = match self.mode {
            Mode::Pil => counts.iter().rposition(there),
            Mode::Cv => counts.iter().position(there),
        };
        let Some(end) = end else { return Ok(None) };
        let total = counts.iter().fold(0, |sum, &count| sum + u64::from(count));
        let others = total - u64::from(counts[end]);
        let (factor, half, divisor) = match self.mode {
            Mode::Pil if self.coarse => (1, others / self.most / 2, others / self.most),
            Mode::Pil => (self.most, others / 2, others),
            Mode::Cv => (2 * self.most, others, 2 * others),
        };
        if divisor == 0 {
            return Ok(None);
        }
        let spread = |sum: u64| ((factor * sum + half) / divisor).min(self.most) as u16;
        let mut table = memory::vec(counts.len(), 0, WHAT)?;
        let (mut sum, mut level) = (0, 0);
        for (i, (entry, &count)) in table.iter_mut().zip(counts).enumerate() {
            let below = level;
            // Divisions are dear: there is one for each level that is there.
            if count > 0 && !(self.mode == Mode::Cv && i == end) {
                sum += u64::from(count);
                level = spread(sum);
            }
            *entry = if self.mode == Mode::Pil { below } else { level };
        }
        Ok(Some(table))
    }

    /// By luma.
    fn run<T: Leveled>(&self, src: View<T>, mut dst: ViewMut<T>) -> Result<()> {
        let white = T::from_fill(self.white);
        let pixel = |rgb: &[T; 3]| {
            let [Some(r), Some(g), Some(b)] = rgb.map(|v| v.level(white)) else { return None };
            Some(([r, g, b], u16::luma([r, g, b])))
        };
        let mut counts = memory::vec(T::LEVELS, 0, WHAT)?;
        for row in src.rows() {
            for rgb in row.as_chunks::<3>().0 {
                if let Some((_, luma)) = pixel(rgb) {
                    counts[usize::from(luma)] += 1;
                }
            }
        }
        let table = self.table(&counts)?;
        for (y, row) in src.rows().enumerate() {
            for (out, rgb) in dst.row(y).as_chunks_mut::<3>().0.iter_mut().zip(row.as_chunks().0) {
                let Some(table) = &table else {
                    *out = rgb.map(|v| v.limit(white));
                    continue;
                };
                *out = match pixel(rgb) {
                    None => [T::from_fill(f64::NAN).limit(white); 3],
                    Some((levels, luma)) => {
                        let more = i32::from(table[usize::from(luma)]) - i32::from(luma);
                        levels.map(|level| {
                            let moved = (i32::from(level) + more).clamp(0, self.most as i32);
                            T::of_level(moved as u16, white)
                        })
                    }
                };
            }
        }
        Ok(())
    }
}

const WHAT: &str = "the tables of the channels";

impl Measured for Spread {
    fn ask(&self) -> Ask {
        Ask { gray: false, what: What::Histogram, white: self.white }
    }

    fn curves(&self, measures: &[Measure]) -> Result<Curves> {
        let each = measures.iter().map(|measure| {
            let Measure::Histogram(counts) = measure else {
                unreachable!("it asks for histograms")
            };
            let curve = Spreading { table: self.table(counts)?, white: self.white };
            Ok(Box::new(curve) as Box<dyn Curve>)
        });
        Ok(Curves::Each(memory::try_collect(each, WHAT)?))
    }
}

struct Spreading {
    table: Option<Vec<u16>>,
    white: f64,
}

impl Spreading {
    #[inline(always)]
    fn at<T: Leveled>(&self, value: T) -> T {
        let white = T::from_fill(self.white);
        match (&self.table, value.level(white)) {
            (Some(table), Some(level)) => T::of_level(table[usize::from(level)], white),
            _ => value.limit(white),
        }
    }
}

impl Curve for Spreading {
    fn uint8(&self, value: u8) -> u8 {
        self.at(value)
    }

    fn uint16(&self, value: u16) -> u16 {
        self.at(value)
    }

    fn float32(&self, value: f32) -> f32 {
        self.at(value)
    }
}

/// By luma.
impl Kernel for Spread {
    fn uint8(&self, level: Level, src: View<u8>, mut dst: ViewMut<u8>, _: usize) -> Result<()> {
        let width = src.shape().width;
        let (mut lumas, mut spread) = (memory::vec(width, 0, WHAT)?, memory::vec(width, 0, WHAT)?);
        let mut counts = memory::vec(256, 0, WHAT)?;
        for row in src.rows() {
            vectors!(level, simd => luma_row(simd, row, &mut lumas));
            lumas.iter().for_each(|&luma| counts[usize::from(luma)] += 1);
        }
        let Some(table) = self.table(&counts)? else {
            dst.copy_from(src);
            return Ok(());
        };
        let table: Table = array::from_fn(|luma| table[luma] as u8);
        for (y, row) in src.rows().enumerate() {
            vectors!(level, simd => luma_row(simd, row, &mut lumas));
            spread.iter_mut().zip(&lumas).for_each(|(to, &luma)| *to = table[usize::from(luma)]);
            vectors!(level, simd => shift_row(simd, &lumas, &spread, row, dst.row(y)));
        }
        Ok(())
    }

    fn uint16(&self, _: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) -> Result<()> {
        self.run(src, dst)
    }

    fn float32(&self, _: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) -> Result<()> {
        self.run(src, dst)
    }
}
