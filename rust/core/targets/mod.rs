//! What comes with an image and moves as it does.

pub mod boxes;
pub mod map;
pub mod masks;
pub mod points;
