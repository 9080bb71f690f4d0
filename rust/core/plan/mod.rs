//! From steps to pixels: in which order and company they run, and on which threads.

pub mod run;
pub mod threads;
