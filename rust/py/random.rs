//! The random addresses, for everyone to check or build on.

use bitaug::memory;
use bitaug::random::address::{self, parameter_key, pixel_key};
use bitaug::random::philox::{Field, GROUP, halves, philox as block};
use bitaug::simd::level::{self, Level};
use numpy::{PyArray1, PyArray2, PyArrayDyn, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::arrays;
use crate::python_error;
use crate::scalars::{Numbers, number, numbers};

/// Four words per row of counters (n x 4) and keys (n x 2).
#[pyfunction]
pub fn philox<'py>(
    py: Python<'py>,
    counter: PyReadonlyArray2<'py, u32>,
    key: PyReadonlyArray2<'py, u32>,
) -> PyResult<Bound<'py, PyArray2<u32>>> {
    let (counter, key) = (counter.as_array(), key.as_array());
    let words = counter
        .rows()
        .into_iter()
        .zip(key.rows())
        .map(|(c, k)| block([c[0], c[1], c[2], c[3]], [k[0], k[1]]));
    arrays::table(py, memory::collect(words, WORDS).map_err(python_error)?)
}

/// fold(key, word, tag) per element.
#[pyfunction]
pub fn fold<'py>(
    py: Python<'py>,
    key: PyReadonlyArray1<'py, u64>,
    word: PyReadonlyArray1<'py, u64>,
    tag: u32,
) -> PyResult<Bound<'py, PyArray1<u64>>> {
    let (key, word) = (key.as_array(), word.as_array());
    let folded = key.iter().zip(word).map(|(&key, &word)| address::fold(key, word, tag));
    Ok(PyArray1::from_vec(py, memory::collect(folded, WORDS).map_err(python_error)?))
}

const WORDS: &str = "the words";

#[pyfunction]
pub fn label(text: &str) -> u64 {
    address::label(text)
}

#[pyfunction]
pub fn op_key(seed: &Bound<'_, PyAny>, stream: &str, repeat: u32, path: &str) -> PyResult<u64> {
    let seed = number(seed, "seed", u64::MAX)?;
    let stream_key = address::stream_key(seed, address::label(stream), repeat);
    Ok(address::op_key(stream_key, address::label(path)))
}

/// The words of elements first .. first + n for each index: of the parameter key, where element j
/// is word j, or of the pixel key of `plane`.
#[pyfunction]
#[pyo3(signature = (op_key, n, *, epoch, index, plane, first))]
pub fn words<'py>(
    py: Python<'py>,
    op_key: u64,
    n: usize,
    epoch: u32,
    index: &Bound<'py, PyAny>,
    plane: Option<u64>,
    first: u64,
) -> PyResult<Bound<'py, PyAny>> {
    let level = level::best().map_err(python_error)?;
    let index = numbers(index, "index", u64::MAX, true)?;
    let (indices, dims) = match &index {
        Numbers::One(index) => (std::slice::from_ref(index), vec![n]),
        Numbers::Many(all) => (all.as_slice(), vec![all.len(), n]),
    };
    let made = arrays::empty(py, &dims, numpy::dtype::<u32>(py))?.cast_into::<PyArrayDyn<u32>>()?;
    let mut memory = made.readwrite();
    for (&index, out) in indices.iter().zip(memory.as_slice_mut()?.chunks_exact_mut(n.max(1))) {
        match plane {
            None => parameter_words(op_key, epoch, index, first, out),
            Some(plane) => {
                let field = Field { key: pixel_key(op_key, plane), epoch, index };
                pixel_words(level, &field, first, out);
            }
        }
    }
    drop(memory);
    Ok(made.into_any())
}

fn parameter_words(op_key: u64, epoch: u32, index: u64, first: u64, out: &mut [u32]) {
    let key = halves(parameter_key(op_key));
    let [low, high] = halves(index);
    for (j, word) in (first..).zip(out) {
        *word = block([(j / 4) as u32, epoch, low, high], key)[(j % 4) as usize];
    }
}

fn pixel_words(level: Level, field: &Field, first: u64, out: &mut [u32]) {
    // A fill starts at a group.
    let lead = (first % GROUP as u64) as usize;
    let (head, rest) = out.split_at_mut(out.len().min((GROUP - lead) % GROUP));
    if !head.is_empty() {
        let mut group = [0; GROUP];
        field.fill(level, first - lead as u64, &mut group);
        head.copy_from_slice(&group[lead..][..head.len()]);
    }
    if !rest.is_empty() {
        field.fill(level, first + head.len() as u64, rest);
    }
}
