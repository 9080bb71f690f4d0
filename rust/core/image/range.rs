//! Whether an image plainly is of another range than the one in which a pipeline works.
//!
//! Ops in parts of white take an image to lie within 0..M. One that does not would lose what they
//! clamp, so it is refused before anything is drawn. What is looked at are the finite values of at
//! most [`ROWS`] rows, spread evenly. Plainly of another range is an image of which
//!
//! - one value lies below -M or above 4 M, or more than one in 16 and more than 8 lie below -M/4 or
//!   above 5/4 M: the overshoot of bicubic and Lanczos resizing is rarer and smaller;
//! - uint16, M not given, at least 64 values: the largest is 1 to 4095, so 12 bits or fewer.

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
/// A sixteenth of 65535 and a bit, below which so many values hardly lie by chance.
const DARK: f32 = 4096.0;
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
        DType::U16 => look::<u16>(src, site.white, channels, !given),
        DType::F32 => look::<f32>(src, site.white, channels, false),
    }
}

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
    if found < 0.0 {
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
    at_least_dark: bool,
) -> Result<Option<f64>> {
    let height = src.shape().height;
    let rows = height.min(ROWS);
    let spread = || (0..rows).map(|i| (2 * i + 1) * height / (2 * rows));
    let level = level::best()?;
    let mut seen = Seen::default();
    for y in spread() {
        each::<T>(src, y, channels, |values| {
            dispatch!(level, simd => count(simd, &mut seen, values, white as f32));
        })?;
    }
    let is_other = seen.far > 0 || seen.outside > FEW && seen.outside * RARE > seen.count;
    if !is_other && (!at_least_dark || seen.count < MANY || seen.bright > 0) {
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
    Ok((0.0 < high && high < f64::from(DARK)).then_some(high))
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
    bright: usize,
}

#[simd]
fn count<S: Simd, T: Element + Into<f32>>(_: S, seen: &mut Seen, values: &[T], white: f32) {
    // Sums of 32 bits without branches, so that it is done in vectors.
    let [mut count, mut outside, mut far, mut bright] = [0u32; 4];
    for &value in values {
        let value: f32 = value.into();
        let finite = value.abs() < f32::INFINITY;
        count += u32::from(finite);
        outside += u32::from(finite & ((value < -0.25 * white) | (value > 1.25 * white)));
        far += u32::from(finite & ((value < -white) | (value > 4.0 * white)));
        bright += u32::from(value >= DARK);
    }
    seen.count += count as usize;
    seen.outside += outside as usize;
    seen.far += far as usize;
    seen.bright += bright as usize;
}
