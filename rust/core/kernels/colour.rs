//! What colour ops share: the range of a sample, and luma.
//!
//! Luma is (9798 R + 19235 G + 3735 B) / 32768, Rec. 601's weights in fifteen bits; they sum to 1
//! and are exact in float32, so they are the same for every type. uint8 and uint16: the weighted
//! sum + 16384, shifted right by 15, all within 32 bits. float32: (r R + g G) + b B, each product
//! and sum rounded.
//!
//! A float32 sample is brought into 0..1 before an op and after each of its steps: `v + 0.0`, then
//! clamped. The addition makes -0.0 into 0.0; which zero a clamp alone returns is unspecified, and
//! platforms differ.

use crate::canonical;
use crate::error::{Error, Result};
use crate::image::{Element, Shape};

pub const LUMA: [u16; 3] = [9798, 19235, 3735];

/// A sample of an image, as colour ops see it.
pub trait Colour: Element + Into<f64> {
    /// In the nominal range, and not -0.0; a NaN is the canonical one.
    fn limit(self) -> Self;

    fn luma(rgb: [Self; 3]) -> Self;
}

macro_rules! integer {
    ($($t:ty),*) => {$(
        impl Colour for $t {
            #[inline(always)]
            fn limit(self) -> Self {
                self
            }

            #[inline(always)]
            fn luma(rgb: [Self; 3]) -> Self {
                let [r, g, b] = [0, 1, 2].map(|c| u32::from(rgb[c]) * u32::from(LUMA[c]));
                ((r + g + b + 16384) >> 15) as $t
            }
        }
    )*};
}
integer!(u8, u16);

impl Colour for f32 {
    #[inline(always)]
    fn limit(self) -> Self {
        canonical((self + 0.0).clamp(0.0, 1.0))
    }

    #[inline(always)]
    fn luma(rgb: [Self; 3]) -> Self {
        let [r, g, b] = [0, 1, 2].map(|c| rgb[c] * (f32::from(LUMA[c]) * (1.0 / 32768.0)));
        (r + g) + b
    }
}

/// Refuses an image without red, green and blue; `what` needs them.
pub fn check_rgb(op: &str, what: &str, shape: Shape) -> Result<()> {
    if shape.channels == 3 {
        return Ok(());
    }
    let message = format!("{what} needs 3 channels, the image has {}", shape.channels);
    Err(Error::refused(op, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_stays_white() {
        assert_eq!(u8::luma([255; 3]), 255);
        assert_eq!(u16::luma([65535; 3]), 65535);
        assert_eq!(f32::luma([1.0; 3]), 1.0);
    }

    #[test]
    fn limits() {
        assert_eq!([-1.0, 0.25, f32::INFINITY].map(Colour::limit), [0.0, 0.25, 1.0]);
        assert_eq!((-f32::NAN).limit().to_bits(), 0x7fc0_0000);
        assert_eq!((-0.0f32).limit().to_bits(), 0);
    }
}
