//! Whether an image plainly is of another range than the one in which a pipeline works.
//!
//! Ops in parts of white take an image to lie within 0..M. One that does not would lose what they
//! clamp, so it is refused before anything is drawn. What is looked at are the finite values of at
//! most [`ROWS`] rows, spread evenly. Plainly of another range is an image of which
//!
//! - one value lies below -M or above 4 M, or more than one in 16 and more than 8 lie below -M/4 or
//!   above 5/4 M: the overshoot of bicubic and Lanczos resizing is rarer and smaller;
//! - uint16, M not given, at least 64 values: the largest is 1 to 4095, so 12 bits or fewer;
//! - float32, M given and at least 16, at least 64 values: the largest is above 0.5 and at most 1,
//!   and half of those that are looked at lie between 0 and 1, so that 1 is white.

use fearless_simd::{Simd, dispatch};
use fearless_simd_macros::simd;

use crate::error::Result;
use crate::image::{DType, Element, Site, Strided};
use crate::simd::level;

/// Rows that are looked at.
const ROWS: usize = 8;
/// One in so many values may overshoot, and a few of a tiny image.
const RARE: usize = 16;
const FEW: usize = 8;
/// So many values hardly lie by chance within a sixteenth of the range.
const MANY: usize = 64;

/// What was found, if the image plainly is of another range than 0..white. `given`: by the
/// pipeline.
pub fn other(
    src: &Strided,
    site: Site,
    given: bool,
    channels: Option<&[usize]>,
) -> Result<Option<f64>> {
    match site.dtype {
        DType::U8 => Ok(None),
        DType::U16 => look::<u16>(src, site.white, channels, (!given).then_some(TWELVE_BITS)),
        DType::F32 => {
            let dark = (given && site.white >= UNIT.least_white).then_some(UNIT);
            look::<f32>(src, site.white, channels, dark)
        }
    }
}

/// A range that is so much smaller than white that an image within it is of that range.
#[derive(Clone, Copy)]
struct Dark {
    /// The largest value is above the first and at most the second.
    above: f32,
    most: f32,
    /// Whether half of the values must lie between 0 and `most`, as those of few levels do not.
    spread: bool,
    least_white: f64,
}

const TWELVE_BITS: Dark = Dark { above: 0.0, most: 4095.0, spread: false, least_white: 0.0 };
const UNIT: Dark = Dark { above: 0.5, most: 1.0, spread: true, least_white: 16.0 };

/// Whether a single value may be of the range 0..white.
pub fn may_hold(value: f64, white: f64) -> bool {
    (-white..=4.0 * white).contains(&value)
}

/// What to write instead.
pub fn advice(found: f64, site: Site) -> String {
    let white = site.white;
    let wider = [255.0, 1023.0, 4095.0, 16383.0, 65535.0];
    let guess = wider.into_iter().find(|&most| found <= most).filter(|_| found > 16.0);
    let shown = guess.map_or("its white".to_string(), |white| white.to_string());
    let holds = format!("the image holds {found}, where white is {white}");
    if found <= 1.0 && found > 0.0 && site.dtype == DType::F32 {
        format!("{holds}: leave white out, as 1 is its white, or multiply the image by {white}")
    } else if found < 0.0 {
        format!(
            "{holds} and black 0: what is below would be lost; of values of -{white} to {white} make \
             (image + {white}) / 2"
        )
    } else if found < white {
        format!(
            "{holds}: write Compose(..., white={shown}) if that is its white, or white=65535 if it \
             is so dark"
        )
    } else {
        let floats = if site.dtype == DType::F32 {
            format!(", with ToFloat() first where 0 to 1 is wanted, or divide the image by {shown}")
        } else {
            String::new()
        };
        format!("{holds}, so it would be cut off: write Compose(..., white={shown}){floats}")
    }
}

fn look<T: Element + Into<f32>>(
    src: &Strided,
    white: f64,
    channels: Option<&[usize]>,
    dark: Option<Dark>,
) -> Result<Option<f64>> {
    let height = src.shape().height;
    let rows = height.min(ROWS);
    let spread = || (0..rows).map(|i| (2 * i + 1) * height / (2 * rows));
    let level = level::best()?;
    let mut seen = Seen::default();
    for y in spread() {
        each::<T>(src, y, channels, |values| {
            let most = dark.map_or(0.0, |dark| dark.most);
            dispatch!(level, simd => count(simd, &mut seen, values, white as f32, most));
        })?;
    }
    let is_other = seen.far > 0 || seen.outside > FEW && seen.outside * RARE > seen.count;
    let dark = dark.filter(|dark| {
        let spread = !dark.spread || 2 * seen.between >= seen.count;
        seen.count >= MANY && seen.bright == 0 && spread
    });
    if !is_other && dark.is_none() {
        return Ok(None);
    }
    let (mut low, mut high) = (0.0, 0.0);
    let mut extremes = |values: &[T]| {
        for &value in values {
            let value: f32 = value.into();
            let value = if value.abs() < f32::INFINITY { f64::from(value) } else { 0.0 };
            (low, high) = (value.min(low), value.max(high));
        }
    };
    if is_other {
        for y in spread() {
            each::<T>(src, y, channels, &mut extremes)?;
        }
        return Ok(Some(if -low > high - white { low } else { high }));
    }
    // Brighter values may lie in the rows between.
    for y in 0..height {
        each::<T>(src, y, channels, &mut extremes)?;
    }
    let is_dark = |dark: Dark| f64::from(dark.above) < high && high <= f64::from(dark.most);
    Ok(dark.is_some_and(is_dark).then_some(high))
}

/// The values of a row, or of some of its channels.
fn each<T: Element>(
    src: &Strided,
    y: usize,
    channels: Option<&[usize]>,
    mut work: impl FnMut(&[T]),
) -> Result<()> {
    let row = src.band(y, 1);
    let gathered;
    let values = match row.rows::<T>() {
        Some(view) => view.row(0),
        None => {
            gathered = row.gather::<T>()?;
            &gathered.data[..]
        }
    };
    match channels {
        None => values.chunks(1 << 20).for_each(work),
        Some(channels) => {
            for pixel in values.chunks_exact(src.shape().channels) {
                channels.iter().for_each(|&c| work(&pixel[c..=c]));
            }
        }
    }
    Ok(())
}

#[derive(Default)]
struct Seen {
    /// Finite values.
    count: usize,
    outside: usize,
    far: usize,
    /// Beyond, and between 0 and, the largest of a darker range.
    bright: usize,
    between: usize,
}

#[simd]
fn count<S: Simd, T: Element + Into<f32>>(
    _: S,
    seen: &mut Seen,
    values: &[T],
    white: f32,
    most: f32,
) {
    // Sums of 32 bits without branches, so that it is done in vectors.
    let [mut count, mut outside, mut far, mut bright, mut between] = [0u32; 5];
    for &value in values {
        let value: f32 = value.into();
        let finite = value.abs() < f32::INFINITY;
        count += u32::from(finite);
        outside += u32::from(finite & ((value < -0.25 * white) | (value > 1.25 * white)));
        far += u32::from(finite & ((value < -white) | (value > 4.0 * white)));
        bright += u32::from(value > most);
        between += u32::from((value > 0.0) & (value < most));
    }
    seen.count += count as usize;
    seen.outside += outside as usize;
    seen.far += far as usize;
    seen.bright += bright as usize;
    seen.between += between as usize;
}
