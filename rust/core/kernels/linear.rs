//! v f + o: what brightness and contrast make of a sample, with o = 0 and o = (1 - f) mean.
//!
//! The mean is that of the luma (kernels/colour.rs) of 3 channels, of all samples of other numbers,
//! and is not rounded. clamp is to 0..M, M the value of white; F = floor(2^k f + 0.5).
//!
//! - uint8, k = 11: clamp((((v F + 64) >> 7) + o + 8) >> 4), o = floor((2^k - F) mean / 128 + 0.5),
//!   all within 16 bits.
//! - uint16, k = 20: clamp((v F + o + 2^19) >> 20), o = floor((2^k - F) mean + 0.5).
//! - float32: v f + o, o = (1 - f) mean in f64, rounded last.

use crate::bounds::bounds;
use crate::image::Shape;
use crate::kernels::colour::{Colour, LUMA};
use crate::kernels::curves::{Curve, Table};

bounds! {
    /// Larger ones would leave the 16 bits of the uint8 arithmetic.
    Factor: f64 = 0.0..=8.0;
}

/// A sample type with its arithmetic.
pub trait Linear: Colour {
    type Wide: Copy + Default;

    fn factor(f: f64) -> Self::Wide;
    /// 1 - f.
    fn rest(f: f64) -> Self::Wide;
    /// (1 - f) mean.
    fn offset(f: f64, mean: &Mean) -> Self::Wide;

    fn linear(self, factor: Self::Wide, offset: Self::Wide, white: Self) -> Self;
}

/// The mean luma, or without three channels the mean of all samples, as weighted channel sums
/// over a count.
pub struct Mean {
    /// Of each channel.
    sums: Vec<f64>,
    pixels: usize,
}

impl Mean {
    pub fn new(sums: Vec<f64>, shape: Shape) -> Self {
        Mean { sums, pixels: shape.height * shape.width }
    }

    /// Each channel's sum and its weight.
    fn terms(&self) -> impl Iterator<Item = (f64, u16)> {
        let luma = self.sums.len() == LUMA.len();
        self.sums.iter().enumerate().map(move |(c, &sum)| (sum, if luma { LUMA[c] } else { 1 }))
    }

    fn count(&self) -> i128 {
        let weights = self.terms().fold(0, |sum, (_, weight)| sum + i128::from(weight));
        weights * self.pixels as i128
    }

    /// floor(numerator / denominator * mean + 0.5), of integer samples: their sums are exact.
    fn times(&self, numerator: i32, denominator: i32) -> i64 {
        let total = self.terms().fold(0, |total, (sum, w)| total + sum as i128 * i128::from(w));
        let count = self.count() * i128::from(denominator);
        ((2 * i128::from(numerator) * total + count).div_euclid(2 * count)) as i64
    }

    fn float(&self) -> f64 {
        let total = self.terms().fold(0.0, |total, (sum, w)| total + sum * f64::from(w));
        total / self.count() as f64
    }
}

/// To the nearest integer, halves up.
pub fn round(value: f64) -> i32 {
    (value + 0.5).floor() as i32
}

impl Linear for u8 {
    type Wide = i32;

    fn factor(f: f64) -> i32 {
        round(2048.0 * f)
    }

    fn rest(f: f64) -> i32 {
        2048 - Self::factor(f)
    }

    fn offset(f: f64, mean: &Mean) -> i32 {
        mean.times(Self::rest(f), 128) as i32
    }

    #[inline(always)]
    fn linear(self, factor: i32, offset: i32, _: u8) -> u8 {
        let x = (i32::from(self) * factor + 64) >> 7;
        ((x + offset + 8) >> 4).clamp(0, 255) as u8
    }
}

impl Linear for u16 {
    type Wide = i64;

    fn factor(f: f64) -> i64 {
        i64::from(round(1_048_576.0 * f))
    }

    fn rest(f: f64) -> i64 {
        (1 << 20) - Self::factor(f)
    }

    fn offset(f: f64, mean: &Mean) -> i64 {
        mean.times(Self::rest(f) as i32, 1)
    }

    #[inline(always)]
    fn linear(self, factor: i64, offset: i64, white: u16) -> u16 {
        ((i64::from(self) * factor + offset + (1 << 19)) >> 20).max(0).min(white.into()) as u16
    }
}

impl Linear for f32 {
    type Wide = f32;

    fn factor(f: f64) -> f32 {
        f as f32
    }

    fn rest(f: f64) -> f32 {
        (1.0 - f) as f32
    }

    fn offset(f: f64, mean: &Mean) -> f32 {
        ((1.0 - f) * mean.float()) as f32
    }

    #[inline(always)]
    fn linear(self, factor: f32, offset: f32, white: f32) -> f32 {
        (self * factor + offset).limit(white)
    }
}

/// The same factor for all samples, and where there is a mean, the offset that keeps it.
pub struct Line {
    pub factor: f64,
    pub mean: Option<Mean>,
    pub white: f64,
}

impl Line {
    fn run<T: Linear>(&self, values: &mut [T]) {
        let white = T::from_fill(self.white);
        let factor = T::factor(self.factor);
        let offset = self.mean.as_ref().map(|mean| T::offset(self.factor, mean));
        let offset = offset.unwrap_or_default();
        for value in values {
            *value = value.limit(white).linear(factor, offset, white);
        }
    }

    fn one<T: Linear>(&self, value: T) -> T {
        let mut values = [value];
        self.run(&mut values);
        values[0]
    }
}

impl Curve for Line {
    fn uint8(&self, value: u8) -> u8 {
        self.one(value)
    }

    fn uint16(&self, value: u16) -> u16 {
        self.one(value)
    }

    fn float32(&self, value: f32) -> f32 {
        self.one(value)
    }

    fn table(&self) -> Table {
        let mut table = std::array::from_fn(|value| value as u8);
        self.run(&mut table);
        table
    }

    fn row_uint16(&self, row: &mut [u16]) {
        self.run(row);
    }

    fn row_float32(&self, row: &mut [f32]) {
        self.run(row);
    }
}
