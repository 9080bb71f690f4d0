//! Image augmentation for training: every random value is a pure function of (seed, stream,
//! epoch, index, op, draw), every pixel is integer or strictly ordered arithmetic.

pub mod address;
pub mod detmath;
pub mod digest;
pub mod draws;
pub mod error;
pub mod fpenv;
pub mod hamming;
pub mod image;
pub mod kernel;
pub mod kernels;
pub mod level;
pub mod map;
pub mod memory;
pub mod normal;
pub mod ops;
pub mod order;
pub mod philox;
pub mod pipeline;
pub mod range;
pub mod run;
pub mod simd;
pub mod spec;
pub mod statistics;
pub mod step;
pub mod systematic;
pub mod targets;
pub mod threads;

pub use address::Address;
pub use error::{Error, Result};
pub use pipeline::Pipeline;

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
