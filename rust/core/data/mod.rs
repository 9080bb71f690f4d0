//! Whole data sets: in which order samples come, what their values are like, which are alike.

pub mod hamming;
pub mod order;
pub mod statistics;
pub mod systematic;
