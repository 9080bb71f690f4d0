//! Masks: their values are picked, never mixed, so that what matters of a type is its size.

use crate::image::{Element, View, ViewMut};

/// What a mask's values are, beside their size: it matters to fill values alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaskKind {
    Bool,
    Unsigned,
    Signed,
    Float,
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
            MaskKind::Float => format!("a float of {bits} bits"),
        }
    }

    /// A fill value in a type of `size` bytes that holds it, in the low bits. Floats: the nearest,
    /// ties to even.
    pub fn bits(self, size: usize, value: f64) -> u64 {
        match (self, size) {
            (MaskKind::Bool | MaskKind::Unsigned, _) => value as u64,
            (MaskKind::Signed, _) => value as i64 as u64,
            (MaskKind::Float, 2) => u64::from(half(value)),
            (MaskKind::Float, 4) => u64::from((value as f32).to_bits()),
            (MaskKind::Float, _) => value.to_bits(),
        }
    }
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

/// A mask's values by their size alone.
#[derive(Debug, Clone, Copy)]
pub enum MaskView<'a> {
    B1(View<'a, u8>),
    B2(View<'a, u16>),
    B4(View<'a, u32>),
    B8(View<'a, u64>),
}

#[derive(Debug)]
pub enum MaskViewMut<'a> {
    B1(ViewMut<'a, u8>),
    B2(ViewMut<'a, u16>),
    B4(ViewMut<'a, u32>),
    B8(ViewMut<'a, u64>),
}

/// A mask's element: [`View`]s of it as the geometry takes them.
pub trait MaskElement: Element {
    fn view(view: View<Self>) -> MaskView;
    fn view_mut(view: ViewMut<Self>) -> MaskViewMut;
    fn from_bits(bits: u64) -> Self;
}

macro_rules! mask_element {
    ($($variant:ident $t:ty),*) => {$(
        impl MaskElement for $t {
            fn view(view: View<Self>) -> MaskView {
                MaskView::$variant(view)
            }

            fn view_mut(view: ViewMut<Self>) -> MaskViewMut {
                MaskViewMut::$variant(view)
            }

            fn from_bits(bits: u64) -> Self {
                bits as $t
            }
        }
    )*};
}
mask_element!(B1 u8, B2 u16, B4 u32, B8 u64);

/// Calls a generic picker on the mask's actual element: `pick_mask!(src, dst, |s, d| ...)`.
#[macro_export]
macro_rules! pick_mask {
    ($src:expr, $dst:expr, |$s:ident, $d:ident| $body:expr) => {
        match ($src, $dst) {
            (
                $crate::targets::masks::MaskView::B1($s),
                $crate::targets::masks::MaskViewMut::B1($d),
            ) => $body,
            (
                $crate::targets::masks::MaskView::B2($s),
                $crate::targets::masks::MaskViewMut::B2($d),
            ) => $body,
            (
                $crate::targets::masks::MaskView::B4($s),
                $crate::targets::masks::MaskViewMut::B4($d),
            ) => $body,
            (
                $crate::targets::masks::MaskView::B8($s),
                $crate::targets::masks::MaskViewMut::B8($d),
            ) => $body,
            _ => unreachable!("a mask keeps its type"),
        }
    };
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
