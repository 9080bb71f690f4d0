//! The order of a data set's samples, for Python.

use bitaug::address::stream_key;
use bitaug::level;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::python_error;

/// A keyed permutation of 0..n. Its Python face has checked positions and indices.
#[pyclass(frozen, module = "bitaug._core")]
pub struct Order(bitaug::order::Order);

#[pymethods]
impl Order {
    #[new]
    fn new(n: u64, seed: u64, stream: &str) -> Self {
        Order(bitaug::order::Order::new(stream_key(seed, stream, 0), n))
    }

    /// The samples at these positions.
    fn indices<'py>(
        &self,
        py: Python<'py>,
        epoch: u32,
        positions: PyReadonlyArray1<'py, u64>,
    ) -> PyResult<Bound<'py, PyArray1<u64>>> {
        let level = level::best().map_err(python_error)?;
        let mut indices = positions.as_array().to_vec();
        py.detach(|| self.0.indices(level, epoch, &mut indices));
        Ok(PyArray1::from_vec(py, indices))
    }

    /// The positions of these samples.
    fn positions<'py>(
        &self,
        py: Python<'py>,
        epoch: u32,
        indices: PyReadonlyArray1<'py, u64>,
    ) -> PyResult<Bound<'py, PyArray1<u64>>> {
        let level = level::best().map_err(python_error)?;
        let mut positions = indices.as_array().to_vec();
        py.detach(|| self.0.positions(level, epoch, &mut positions));
        Ok(PyArray1::from_vec(py, positions))
    }
}
