//! The Python face of the core: arrays in, arrays out, errors, the GIL released. Nothing here
//! knows an op.

mod arrays;
mod calls;
mod order;
mod random;
mod scalars;
mod statistics;

use bitaug::digest::{Digest, hex};
use bitaug::error::Error;
use bitaug::image::Shape;
use bitaug::{level, ops};
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::arrays::Expected;

/// An error of the core as Python's.
fn python_error(error: Error) -> PyErr {
    if error.is_type() {
        PyTypeError::new_err(error.to_string())
    } else {
        PyValueError::new_err(error.to_string())
    }
}

/// XXH3-64 over dtype, shape and the samples as little-endian bytes in C order.
#[pyfunction]
fn digest(py: Python<'_>, array: &Bound<'_, PyUntypedArray>) -> PyResult<String> {
    let dtype = array.dtype();
    let name: String = dtype.getattr("name")?.extract()?;
    let size = arrays::plain_size(array, "digest")?;
    let array = arrays::native(array, true)?;
    let bytes = arrays::contiguous_bytes(&array, size);
    let mut digest = Digest::new(&name, array.shape());
    py.detach(|| digest.update(bytes, size));
    Ok(hex(digest.finish()))
}

/// The layout of an array or a tensor of this shape; refused where its axes could be misread.
#[pyfunction]
#[pyo3(signature = (place, shape, label, expected, tensor=false))]
fn layout(
    place: &str,
    shape: Vec<usize>,
    label: Option<&str>,
    expected: &str,
    tensor: bool,
) -> PyResult<&'static str> {
    let allowed = "image, batch, either or images";
    let expected = Expected::named(expected)
        .ok_or_else(|| python_error(Error::argument(place, "expected", expected, allowed)))?;
    Ok(arrays::layout(place, &shape, label, expected, tensor)?.name)
}

/// What layout looks likely, for what only looks at images; None where nothing tells.
#[pyfunction]
#[pyo3(signature = (shape, tensor=false))]
fn likely_layout(shape: Vec<usize>, tensor: bool) -> Option<&'static str> {
    arrays::told(&shape, tensor).map(|(layout, _)| layout.name)
}

/// The SIMD levels of this machine, from scalar up.
#[pyfunction]
fn levels() -> Vec<&'static str> {
    level::available().into_iter().map(level::name).collect()
}

/// The SIMD level in use.
#[pyfunction]
fn simd() -> PyResult<&'static str> {
    level::best().map(level::name).map_err(python_error)
}

/// The registry: (name, version, complete fields of its examples for a shape as JSON) per op.
#[pyfunction]
fn registry(height: usize, width: usize, channels: usize) -> Vec<(&'static str, u32, String)> {
    let shape = Shape::new(height, width, channels);
    ops::REGISTRY
        .iter()
        .map(|entry| {
            let examples = serde_json::to_string(&(entry.examples)(shape)).expect("plain data");
            (entry.name, entry.version, examples)
        })
        .collect()
}

/// The published digests, a row of JSON each: every installation can recompute them.
#[pyfunction]
fn golden() -> &'static str {
    include_str!("../../tests/golden/golden.jsonl")
}

#[pymodule]
fn _core(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add_class::<calls::Pipeline>()?;
    m.add_function(wrap_pyfunction!(calls::address, m)?)?;
    m.add_class::<order::Order>()?;
    m.add_class::<statistics::Tally>()?;
    m.add_function(wrap_pyfunction!(statistics::nearest, m)?)?;
    m.add_function(wrap_pyfunction!(digest, m)?)?;
    m.add_function(wrap_pyfunction!(golden, m)?)?;
    m.add_function(wrap_pyfunction!(layout, m)?)?;
    m.add_function(wrap_pyfunction!(likely_layout, m)?)?;
    m.add_function(wrap_pyfunction!(levels, m)?)?;
    m.add_function(wrap_pyfunction!(simd, m)?)?;
    m.add_function(wrap_pyfunction!(registry, m)?)?;
    m.add_function(wrap_pyfunction!(order::members, m)?)?;
    m.add_function(wrap_pyfunction!(order::member_positions, m)?)?;
    m.add_function(wrap_pyfunction!(order::dealt, m)?)?;
    m.add_function(wrap_pyfunction!(order::dealt_to, m)?)?;
    m.add_function(wrap_pyfunction!(random::philox, m)?)?;
    m.add_function(wrap_pyfunction!(random::fold, m)?)?;
    m.add_function(wrap_pyfunction!(random::label, m)?)?;
    m.add_function(wrap_pyfunction!(random::op_key, m)?)?;
    m.add_function(wrap_pyfunction!(random::words, m)?)
}
