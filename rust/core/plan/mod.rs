//! From parameters to pixels: steps, the order and company in which they run, and threads.

pub mod run;
pub mod step;
pub mod threads;
