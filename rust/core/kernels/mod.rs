//! What two ops or more share.

pub mod border;
pub mod floats;
pub mod place;
pub mod points;
pub mod warp;
