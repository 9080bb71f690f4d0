//! Random words by address, and what is drawn with them.

pub mod address;
pub mod beta;
pub mod draws;
pub mod normal;
pub mod philox;
