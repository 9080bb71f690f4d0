//! The value outside the image.

use crate::error::Result;
use crate::image::Element;
use crate::memory;

/// The value outside the image: one for all channels or one per channel, in the image's units.
/// Integers: floor(v + 0.5). Masks get their own single value: [`MaskType`](crate::targets::masks::MaskType).
#[derive(Debug, Clone, PartialEq)]
pub struct Fill {
    pub image: Vec<f64>,
    pub mask: f64,
}

impl Fill {
    pub fn pixel<T: FromFill>(&self, channels: usize) -> Result<Vec<T>> {
        let at = |c: usize| T::from_fill(self.image[if self.image.len() == 1 { 0 } else { c }]);
        memory::collect((0..channels).map(at), PIXEL)
    }
}

const PIXEL: &str = "a pixel of fill values";

/// How a fill value becomes a sample.
pub trait FromFill: Element {
    fn from_fill(value: f64) -> Self;
}

macro_rules! from_fill_integer {
    ($($t:ty),*) => {$(
        impl FromFill for $t {
            fn from_fill(value: f64) -> Self {
                // `as` saturates.
                (value + 0.5).floor() as $t
            }
        }
    )*};
}
from_fill_integer!(u8, u16);

impl FromFill for f32 {
    fn from_fill(value: f64) -> Self {
        value as f32
    }
}
