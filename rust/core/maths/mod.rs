//! What floats are computed with, so that every platform gives the same bits.

pub mod detmath;
pub mod fpenv;
pub mod sum;

/// Within 0 to white; NaN stays. `f32::clamp` would ask, at every pixel, whether white is above 0.
#[inline(always)]
pub fn within(value: f32, white: f32) -> f32 {
    let value = if value < 0.0 { 0.0 } else { value };
    if value > white { white } else { value }
}

/// The one NaN that computed float32 pixels hold; platforms differ in sign and payload.
#[inline(always)]
pub fn canonical(value: f32) -> f32 {
    if value.is_nan() { f32::from_bits(0x7fc0_0000) } else { value }
}
