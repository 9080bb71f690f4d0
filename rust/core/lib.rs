//! Image augmentation for training: every random value is a pure function of (seed, stream,
//! epoch, index, op, draw), every pixel is integer or strictly ordered arithmetic.
//!
//! An image takes five hops through the core:
//!
//! 1. [`pipeline::spec`] reads a document, once, into a tree of [`ops`] and [`containers`].
//! 2. [`pipeline`] walks the tree for a sample: each op draws its parameters from its own address
//!    ([`random`]) and turns them into [`kernels::step`]s. No pixel has been touched.
//! 3. [`plan::run`] fuses neighbouring steps and lays the rest out in bands of rows.
//! 4. [`kernels`] make pixels, each written once over the vectors of [`simd`].
//! 5. [`targets`] move masks, boxes and points by the same steps.
//!
//! [`image`] is the memory they work on, [`maths`] what floats may be computed with, and [`data`]
//! is about whole data sets: their order, their statistics, their duplicates. What a field may hold
//! is in its type: [`bounds`].

pub mod bounds;
pub mod containers;
pub mod data;
pub mod digest;
pub mod error;
pub mod image;
pub mod kernels;
pub mod maths;
pub mod memory;
pub mod ops;
pub mod pipeline;
pub mod plan;
pub mod random;
pub mod schema;
pub mod simd;
pub mod targets;

pub use error::{Error, Result};
pub use pipeline::Pipeline;
pub use random::address::Address;
