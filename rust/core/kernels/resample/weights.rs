//! The weights of an axis, from its filter.

use std::f64::consts::FRAC_PI_3;
use std::ops::Range;

use fearless_simd::prelude::*;
use fearless_simd::{dispatch, f64x8};
use fearless_simd_macros::simd;

use super::Interpolation;
use crate::error::Result;
use crate::maths::detmath;
use crate::memory;
use crate::simd::level::Level;

/// `n` samples to `out`.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub n: usize,
    pub out: usize,
    pub filter: Interpolation,
    pub antialias: bool,
    pub stretch: f64,
}

impl Axis {
    pub fn new(n: usize, out: usize, filter: Interpolation, antialias: bool) -> Self {
        let stretch = if antialias && n > out { n as f64 / out as f64 } else { 1.0 };
        Axis { n, out, filter, antialias, stretch }
    }

    pub fn changes(&self) -> bool {
        self.n != self.out
    }

    pub fn support(&self) -> f64 {
        self.filter.support() * self.stretch
    }

    /// No output sums more samples.
    pub fn longest(&self) -> usize {
        self.n.min((2.0 * self.support()) as usize + 1)
    }

    /// Refuses weights that no memory would hold, before anything is done for them.
    pub fn check(&self) -> Result<()> {
        let weights = if self.changes() { self.out.saturating_mul(self.longest()) } else { 0 };
        memory::check_table::<i32>(weights, WEIGHTS)?;
        memory::check_table::<Output>(self.out, WEIGHTS)?;
        memory::check_table::<[f64; BATCH]>(self.longest(), WEIGHTS)
    }

    pub fn taps<W: Weight>(&self, level: Level) -> Result<Taps<W>> {
        match self.filter {
            Interpolation::Nearest => unreachable!("nearest picks its samples"),
            Interpolation::Box => dispatch!(level, simd => weigh(simd, self, rectangle)),
            Interpolation::Bilinear => dispatch!(level, simd => weigh(simd, self, triangle)),
            Interpolation::Bicubic => dispatch!(level, simd => weigh(simd, self, bicubic)),
            Interpolation::Lanczos => dispatch!(level, simd => weigh(simd, self, lanczos)),
        }
    }
}

/// As many outputs side by side, whatever the level: each by itself, in the order above.
const BATCH: usize = 8;

#[simd]
fn weigh<S: Simd, W: Weight>(
    simd: S,
    axis: &Axis,
    filter: impl Fn(f64x8<S>) -> f64x8<S>,
) -> Result<Taps<W>> {
    let n = axis.n as f64;
    let (scale, support, step) = (n / axis.out as f64, axis.support(), 1.0 / axis.stretch);
    let inside = |j: f64| j.clamp(0.0, n - 1.0);
    let mut taps = Taps {
        outputs: memory::room(axis.out + BATCH, WEIGHTS)?,
        weights: memory::room((axis.out + BATCH).saturating_mul(axis.longest()), WEIGHTS)?,
    };
    // Not yet divided by their sum.
    let mut raw: Vec<f64x8<S>> = Vec::new();
    for first in (0..axis.out).step_by(BATCH) {
        let center = (f64x8::from_fn(simd, |l| (first + l) as f64) + 0.5) * scale;
        let mut low = (center - support + 0.5).floor();
        let mut high = (center + support + 0.5).floor();
        if axis.antialias {
            (low, high) = (low.max(0.0), high.min(n));
        }
        let count = (high - low).as_slice().iter().fold(0.0, |most: f64, &n| most.max(n));
        raw.clear();
        memory::grow(&mut raw, count as usize, WEIGHTS)?;
        raw.resize(count as usize, f64x8::splat(simd, 0.0));
        for i in 0..raw.len() {
            let j = low + i as f64;
            let weight = filter((j - center + 0.5) * step);
            let weight = j.simd_lt(high).select(weight, f64x8::splat(simd, 0.0));
            if axis.antialias {
                raw[i] += weight;
            } else {
                for l in 0..BATCH {
                    raw[(inside(j[l]) - inside(low[l])) as usize][l] += weight[l];
                }
            }
        }
        let total = raw.iter().fold(f64x8::splat(simd, 0.0), |total, &raw| total + raw);
        let begin = taps.weights.len();
        memory::grow(&mut taps.weights, BATCH * raw.len(), WEIGHTS)?;
        taps.weights.resize(begin + BATCH * raw.len(), W::default());
        W::divide(&raw, total, &mut taps.weights[begin..]);
        for l in 0..BATCH {
            let (start, end) = (inside(low[l]) as usize, inside(high[l] - 1.0) as usize + 1);
            let begin = begin + l * raw.len();
            taps.outputs.push((start, begin..begin + end - start));
        }
    }
    taps.outputs.truncate(axis.out);
    Ok(taps)
}

const WEIGHTS: &str = "the weights of a resize";

/// An output's first sample, and where its weights are.
pub(super) type Output = (usize, Range<usize>);

/// The weights of an axis.
pub(super) struct Taps<W> {
    pub outputs: Vec<Output>,
    pub weights: Vec<W>,
}

impl<W> Taps<W> {
    /// The first sample of output i, and its weights.
    #[inline(always)]
    pub fn at(&self, i: usize) -> (usize, &[W]) {
        let (start, range) = &self.outputs[i];
        (*start, &self.weights[range.clone()])
    }

    #[inline(always)]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (usize, &[W])> {
        (0..self.outputs.len()).map(|i| self.at(i))
    }

    /// The most weights of an output.
    pub fn longest(&self) -> usize {
        self.iter().fold(0, |longest, (_, weights)| longest.max(weights.len()))
    }
}

pub(super) trait Weight: Copy + Default + Send + Sync {
    /// Each column of `raw` divided by its sum: one after the other in `out`.
    fn divide<S: Simd>(raw: &[f64x8<S>], total: f64x8<S>, out: &mut [Self]);
}

/// In units of 1 / `one`.
#[inline(always)]
fn fixed<S: Simd, W>(
    raw: &[f64x8<S>],
    total: f64x8<S>,
    out: &mut [W],
    one: f64,
    weight: impl Fn(i32) -> W,
) {
    // Added to an integer in f64, leaves it in the low bits.
    const BITS: f64 = 6_755_399_441_055_744.0;
    let zero = f64x8::splat(total.token(), 0.0);
    let (mut sum, mut before) = (zero, zero);
    for (i, &row) in raw.iter().enumerate() {
        sum += row;
        let edge = (sum / total * one + 0.5).floor();
        let weights = edge - before + BITS;
        for l in 0..BATCH {
            out[l * raw.len() + i] = weight(weights[l].to_bits() as i32);
        }
        before = edge;
    }
}

impl Weight for i16 {
    #[inline(always)]
    fn divide<S: Simd>(raw: &[f64x8<S>], total: f64x8<S>, out: &mut [i16]) {
        fixed(raw, total, out, 16384.0, |weight| weight as i16);
    }
}

impl Weight for i32 {
    #[inline(always)]
    fn divide<S: Simd>(raw: &[f64x8<S>], total: f64x8<S>, out: &mut [i32]) {
        fixed(raw, total, out, 4_194_304.0, |weight| weight);
    }
}

impl Weight for f32 {
    #[inline(always)]
    fn divide<S: Simd>(raw: &[f64x8<S>], total: f64x8<S>, out: &mut [f32]) {
        for (i, &row) in raw.iter().enumerate() {
            let weights = row / total;
            for l in 0..BATCH {
                out[l * raw.len() + i] = weights[l] as f32;
            }
        }
    }
}

#[inline(always)]
fn rectangle<S: Simd>(x: f64x8<S>) -> f64x8<S> {
    let inside = x.simd_gt(-0.5) & x.simd_le(0.5);
    inside.select(f64x8::splat(x.token(), 1.0), f64x8::splat(x.token(), 0.0))
}

#[inline(always)]
fn triangle<S: Simd>(x: f64x8<S>) -> f64x8<S> {
    let x = x.abs();
    x.simd_lt(1.0).select(1.0 - x, f64x8::splat(x.token(), 0.0))
}

#[inline(always)]
fn bicubic<S: Simd>(x: f64x8<S>) -> f64x8<S> {
    let x = x.abs();
    let far = (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5;
    let far = x.simd_lt(2.0).select(far, f64x8::splat(x.token(), 0.0));
    x.simd_lt(1.0).select((1.5 * x - 2.5) * x * x + 1.0, far)
}

#[inline(always)]
fn lanczos<S: Simd>(x: f64x8<S>) -> f64x8<S> {
    f64x8::from_fn(x.token(), |i| {
        let t = x[i] * FRAC_PI_3;
        if t == 0.0 {
            1.0
        } else if x[i].abs() < 3.0 {
            let sine = detmath::sin(t);
            let u = sine / t;
            u * u * (1.0 - sine * sine / 0.75)
        } else {
            0.0
        }
    })
}
