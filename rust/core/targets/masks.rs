//! Masks: their values are picked, never mixed, so that what matters of a type is its size. Maps
//! come with them: their values are interpolated, and what lies outside is 0.

use crate::error::Result;
use crate::image::{DType, Shape, Strided, StridedMut, bytes, bytes_mut};
use crate::kernels::fill::Fill;
use crate::memory;

/// What a mask's values are, beside their size: it matters to fill values alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaskKind {
    Bool,
    Unsigned,
    Signed,
    Float,
    /// A map's: float32.
    Map,
}

impl MaskKind {
    /// Whether a type of `size` bytes holds a value; of floats the nearest serves.
    pub fn holds(self, size: usize, value: f64) -> bool {
        let bits = 8 * size as i32;
        let power = |n: i32| (0..n).fold(1.0, |power: f64, _| 2.0 * power);
        let whole =
            |least: f64, beyond: f64| value == value.floor() && least <= value && value < beyond;
        match (self, size) {
            (MaskKind::Bool, _) => whole(0.0, 2.0),
            (MaskKind::Unsigned, _) => whole(0.0, power(bits)),
            (MaskKind::Signed, _) => whole(-power(bits - 1), power(bits - 1)),
            (MaskKind::Map, _) => true, // nothing is put there
            (MaskKind::Float, 2) => value.abs() < 65520.0,
            (MaskKind::Float, 4) => (value as f32).is_finite(),
            (MaskKind::Float, _) => value.is_finite(),
        }
    }

    /// What [`MaskKind::holds`] allows, for messages.
    pub fn range(self, size: usize) -> String {
        let bits = 8 * size as u32;
        match self {
            MaskKind::Bool => "0 or 1".into(),
            MaskKind::Unsigned => format!("whole, 0 to {}", u64::MAX >> (64 - bits)),
            MaskKind::Signed => {
                let most = u64::MAX >> (65 - bits);
                format!("whole, -{} to {most}", most + 1)
            }
            MaskKind::Float | MaskKind::Map => format!("a float of {bits} bits"),
        }
    }

    /// A fill value in a type of `size` bytes that holds it, in the low bits. Floats: the nearest,
    /// ties to even.
    fn bits(self, size: usize, value: f64) -> u64 {
        match (self, size) {
            (MaskKind::Bool | MaskKind::Unsigned, _) => value as u64,
            (MaskKind::Signed, _) => value as i64 as u64,
            (MaskKind::Float, 2) => u64::from(half(value)),
            (MaskKind::Float | MaskKind::Map, 4) => u64::from((value as f32).to_bits()),
            (MaskKind::Float | MaskKind::Map, _) => value.to_bits(),
        }
    }

    /// The value of such bits; of integers beyond 2^53 a neighbour.
    fn value(self, size: usize, bits: u64) -> f64 {
        let unused = 64 - 8 * size as u32;
        match (self, size) {
            (MaskKind::Bool | MaskKind::Unsigned, _) => bits as f64,
            (MaskKind::Signed, _) => ((bits << unused) as i64 >> unused) as f64,
            (MaskKind::Float, 2) => f64::from(from_half(bits as u16)),
            (MaskKind::Float | MaskKind::Map, 4) => f64::from(f32::from_bits(bits as u32)),
            (MaskKind::Float | MaskKind::Map, _) => f64::from_bits(bits),
        }
    }
}

/// The value of an IEEE 754 half.
fn from_half(bits: u16) -> f32 {
    let (exponent, mantissa) = (bits >> 10 & 31, f32::from(bits & 1023));
    let size = match exponent {
        0 => mantissa * (1.0 / 16_777_216.0),
        31 if mantissa > 0.0 => f32::NAN,
        31 => f32::INFINITY,
        _ => f32::from_bits(u32::from(exponent + 112) << 23 | u32::from(bits & 1023) << 13),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

/// The bits of the nearest IEEE 754 half, ties to even.
fn half(value: f64) -> u16 {
    const LEAST_NORMAL: f64 = 1.0 / 16384.0;
    let sign = if value.is_sign_negative() { 0x8000 } else { 0 };
    let size = value.abs();
    sign | if size >= 65520.0 {
        0x7c00
    } else if size < LEAST_NORMAL {
        (size * 16_777_216.0).round_ties_even() as u16
    } else {
        let exponent = (size.to_bits() >> 52) as u16 - 1023;
        let mantissa = f64::from_bits(size.to_bits() & !(0x7ff << 52) | 1023 << 52);
        // A mantissa rounded up to 2 carries into the exponent.
        (exponent.wrapping_add(15) << 10) + ((mantissa - 1.0) * 1024.0).round_ties_even() as u16
    }
}

/// The type of a mask's values, as which they are moved: of one byte, or of words of two. A map's
/// are float32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaskType {
    pub kind: MaskKind,
    /// Bytes of a value: 1, 2, 4 or 8.
    pub size: usize,
}

impl MaskType {
    /// Of a map: float32, its values interpolated.
    pub const MAP: MaskType = MaskType { kind: MaskKind::Map, size: 4 };

    pub fn dtype(self) -> DType {
        match self {
            MaskType::MAP => DType::F32,
            MaskType { size: 1, .. } => DType::U8,
            _ => DType::U16,
        }
    }

    /// How many of these a value is; so many channels stand for one.
    fn words(self) -> usize {
        if self == MaskType::MAP { 1 } else { self.size.div_ceil(2) }
    }

    /// A mask as the image that is moved; the channels of a pixel follow one another.
    pub fn image<'a>(self, mask: &Strided<'a>) -> Strided<'a> {
        mask.words(self.words())
    }

    /// The same of where it is written to.
    pub fn image_mut<'a>(self, mask: &'a mut StridedMut) -> StridedMut<'a> {
        mask.words(self.words())
    }

    /// A fill value, for a mask of so many channels.
    pub fn fill(self, value: f64, channels: usize) -> Result<Fill> {
        if self == MaskType::MAP {
            return Ok(Fill {
                image: memory::vec(channels, 0.0, "a pixel of fill values")?,
                mask: 0.0,
            });
        }
        let bits = self.kind.bits(self.size, value);
        let bytes = if cfg!(target_endian = "big") { bits << (64 - 8 * self.size) } else { bits };
        let bytes = bytes.to_ne_bytes();
        let word = |i: usize| match self.size {
            1 => f64::from(bytes[0]),
            _ => f64::from(u16::from_ne_bytes([bytes[2 * i], bytes[2 * i + 1]])),
        };
        let words = (0..channels * self.words()).map(|i| word(i % self.words()));
        Ok(Fill { image: memory::collect(words, "a pixel of fill values")?, mask: value })
    }
}

/// A mask that an op sees, or that a function has made.
pub struct MaskImage {
    of: MaskType,
    shape: Shape,
    values: Vec<u64>,
}

impl MaskImage {
    pub fn room(of: MaskType, shape: Shape) -> Result<MaskImage> {
        let bytes = shape.len().saturating_mul(of.size);
        let values = memory::vec(bytes.div_ceil(8), 0, "a mask that an op sees")?;
        Ok(MaskImage { of, shape, values })
    }

    pub fn memory(&mut self) -> StridedMut<'_> {
        let Shape { width, channels, .. } = self.shape;
        let strides = [width * channels, channels, 1].map(|n| (n * self.of.size) as isize);
        // SAFETY: `room` has made so many bytes for so many values, borrowed for as long.
        unsafe { StridedMut::from_raw(self.values.as_mut_ptr().cast(), self.shape, strides) }
    }

    pub fn shape(&self) -> Shape {
        self.shape
    }

    pub fn of(&self) -> MaskType {
        self.of
    }

    pub fn image(&self) -> Strided<'_> {
        let Shape { width, channels, .. } = self.shape;
        let strides = [width * channels, channels, 1].map(|n| (n * self.of.size) as isize);
        // SAFETY: as in `memory`.
        unsafe { Strided::from_raw(self.values.as_ptr().cast(), self.shape, strides) }
    }

    /// All values, row by row.
    pub fn bytes(&self) -> &[u8] {
        &bytes(&self.values)[..self.shape.len() * self.of.size]
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut bytes_mut(&mut self.values)[..self.shape.len() * self.of.size]
    }

    /// The values of a row, one after another.
    pub fn row(&self, y: usize) -> impl Iterator<Item = f64> {
        let MaskType { kind, size } = self.of;
        let row = &self.bytes()[y * self.shape.row() * size..][..self.shape.row() * size];
        row.chunks_exact(size).map(move |bytes| {
            let mut bits = [0; 8];
            let at = if cfg!(target_endian = "big") { 8 - size } else { 0 };
            bits[at..at + size].copy_from_slice(bytes);
            kind.value(size, u64::from_ne_bytes(bits))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_the_nearest() {
        for (value, bits) in [
            (0.0, 0),
            (-0.0, 0x8000),
            (1.0, 0x3c00),
            (-2.0, 0xc000),
            (0.1, 0x2e66),
            (7.3, 0x474d),
            (65504.0, 0x7bff),
            (65519.9, 0x7bff),
            (65520.0, 0x7c00),
            (2047.75, 0x6800),
            (6.103515625e-5, 0x0400),
            (6.1e-5, 0x03ff),
            (5.960464477539063e-8, 1),
            (2.980232238769531e-8, 0),
            (1e-310, 0),
        ] {
            assert_eq!(half(value), bits, "{value}");
        }
    }
}
