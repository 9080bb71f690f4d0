//! What two ops or more share.

pub mod border;
pub mod channels;
pub mod colour;
pub mod convolve;
pub mod curves;
pub mod elements;
pub mod fill;
pub mod floats;
pub mod hexagon;
pub mod hits;
pub mod holes;
pub mod kernel;
pub mod linear;
pub mod mixed;
pub mod place;
pub mod power;
pub mod resample;
pub mod rgb;
pub mod sizes;
pub mod step;
pub mod taps;
pub mod warp;
pub mod window;
