//! The Python face of the core: arrays in, arrays out, errors, the GIL released. Nothing here
//! knows an op.

mod arrays;
mod calls;
mod custom;
mod order;
mod random;
mod scalars;
mod statistics;

use std::collections::BTreeMap;
use std::sync::Mutex;

use arrays::Memory;
use bitaug::digest::{Digest, hex};
use bitaug::error::Error;
use bitaug::image::Shape;
use bitaug::maths::fpenv;
use bitaug::memory;
use bitaug::mix;
use bitaug::ops;
use bitaug::pipeline::spec;
use bitaug::plan::threads::Ask;
use bitaug::schema;
use bitaug::simd::level;
use bitaug::targets::boxes::BboxParams;
use bitaug::targets::points::KeypointParams;
use numpy::PyUntypedArray;
use pyo3::exceptions::{PyKeyboardInterrupt, PyMemoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::arrays::Expected;

/// An error of the core as Python's.
fn python_error(error: Error) -> PyErr {
    let said = error.to_string();
    match error.cause() {
        Error::Raised(number) => custom::raised(*number, &error),
        Error::Kind { .. } | Error::Missing(_) => PyTypeError::new_err(said),
        Error::Memory { .. } => PyMemoryError::new_err(said),
        Error::Interrupted => PyKeyboardInterrupt::new_err(said),
        _ => PyValueError::new_err(said),
    }
}

/// All values of an iterator, or its first error.
fn collected<T>(
    values: impl IntoIterator<Item = PyResult<T>>,
    what: &'static str,
) -> PyResult<Vec<T>> {
    let mut found = Vec::new();
    for value in values {
        memory::push(&mut found, value?, what).map_err(python_error)?;
    }
    Ok(found)
}

/// Signals that arrive during a call that has let go of the interpreter.
#[derive(Default)]
struct Signals(Mutex<Option<PyErr>>);

impl Signals {
    /// Runs what may take long. `work` is given what to ask every now and then.
    fn watch<T: Send>(
        py: Python<'_>,
        work: impl FnOnce(Ask) -> bitaug::Result<T> + Send,
    ) -> PyResult<T> {
        let signals = Signals::default();
        let done = py.detach(|| work(&|| signals.ask()));
        done.map_err(|error| {
            let raised = signals.0.into_inner().expect("nothing panics while it is held");
            raised.unwrap_or_else(|| python_error(error))
        })
    }

    fn ask(&self) -> bitaug::Result<()> {
        let mut raised = self.0.lock().expect("nothing panics while it is held");
        if raised.is_none() {
            *raised = Python::attach(|py| py.check_signals().err());
        }
        if raised.is_some() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

/// `with DefaultEnvironment():` is what holds for the core also in Python's and NumPy's arithmetic.
#[pyclass(unsendable, module = "bitaug._core")]
#[derive(Default)]
struct DefaultEnvironment(Option<fpenv::DefaultEnvironment>);

#[pymethods]
impl DefaultEnvironment {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn __enter__(&mut self) {
        self.0.get_or_insert_with(fpenv::DefaultEnvironment::enter);
    }

    #[pyo3(signature = (*_raised))]
    fn __exit__(&mut self, _raised: &Bound<'_, PyTuple>) {
        self.0 = None;
    }
}

/// XXH3-64 over dtype, shape and the samples as little-endian bytes in C order.
#[pyfunction]
fn digest(py: Python<'_>, array: &Bound<'_, PyUntypedArray>) -> PyResult<String> {
    let memory = Memory::of(array)?;
    let size = arrays::plain_size(&memory.dtype, "digest")?;
    let memory = memory.native(true, "digest")?;
    let name: String = memory.dtype.getattr("name")?.extract()?;
    let mut digest = Digest::new(&name, &memory.shape);
    let bytes = memory.bytes();
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

/// The JSON Schema of each field of every op, container and declaration of targets, by name;
/// under the empty name, of what nodes have beside.
#[pyfunction]
fn schemas() -> String {
    let ops = ops::REGISTRY.iter().map(|entry| (entry.name, (entry.schema)()));
    let containers =
        bitaug::containers::REGISTRY.iter().map(|entry| (entry.name, (entry.schema)()));
    let mixes = mix::REGISTRY.iter().map(|entry| (entry.name, (entry.schema)()));
    let others = [
        ("", spec::schema()),
        ("BboxParams", schema::fields::<BboxParams>()),
        ("KeypointParams", schema::fields::<KeypointParams>()),
    ];
    let all: BTreeMap<_, _> = ops.chain(containers).chain(mixes).chain(others).collect();
    serde_json::to_string(&all).expect("plain data")
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

/// The same of the ops that mix samples.
#[pyfunction]
fn mixes(height: usize, width: usize, channels: usize) -> Vec<(&'static str, u32, String)> {
    let shape = Shape::new(height, width, channels);
    mix::REGISTRY
        .iter()
        .map(|entry| {
            let examples = serde_json::to_string(&(entry.examples)(shape)).expect("plain data");
            (entry.name, entry.version, examples)
        })
        .collect()
}

/// The containers: (name, version, fields of its examples for four children as JSON) each.
#[pyfunction]
fn containers() -> Vec<(&'static str, u32, String)> {
    bitaug::containers::REGISTRY
        .iter()
        .map(|entry| {
            let examples = serde_json::to_string(&(entry.examples)()).expect("plain data");
            (entry.name, entry.version, examples)
        })
        .collect()
}

#[pymodule]
fn _core(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add_class::<calls::Pipeline>()?;
    m.add_class::<calls::DataKeys>()?;
    m.add_class::<DefaultEnvironment>()?;
    m.add_function(wrap_pyfunction!(calls::address, m)?)?;
    m.add_class::<order::Order>()?;
    m.add_class::<statistics::Tally>()?;
    m.add_function(wrap_pyfunction!(statistics::nearest, m)?)?;
    m.add_function(wrap_pyfunction!(digest, m)?)?;
    m.add_function(wrap_pyfunction!(layout, m)?)?;
    m.add_function(wrap_pyfunction!(likely_layout, m)?)?;
    m.add_function(wrap_pyfunction!(levels, m)?)?;
    m.add_function(wrap_pyfunction!(simd, m)?)?;
    m.add_function(wrap_pyfunction!(schemas, m)?)?;
    m.add_function(wrap_pyfunction!(containers, m)?)?;
    m.add_function(wrap_pyfunction!(mixes, m)?)?;
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
