//! The order of a data set's samples, for Python, which has checked positions, indices and tables.

use bitaug::data::order;
use bitaug::data::systematic::Systematic;
use bitaug::memory;
use bitaug::plan::threads::Pause;
use bitaug::random::address::{label, stream_key};
use bitaug::simd::level::{self, Level};
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::{Signals, python_error};

type Given<'py> = PyReadonlyArray1<'py, u64>;
type Made<'py> = Bound<'py, PyArray1<u64>>;

/// A keyed permutation of 0..n.
#[pyclass(frozen, module = "bitaug._core")]
pub struct Order(order::Order);

#[pymethods]
impl Order {
    #[new]
    fn new(n: u64, seed: u64, stream: &str) -> Self {
        Order(order::Order::new(stream_key(seed, label(stream), 0), n))
    }

    /// The samples at these positions.
    fn indices<'py>(
        &self,
        py: Python<'py>,
        epoch: u32,
        positions: Given<'py>,
    ) -> PyResult<Made<'py>> {
        replaced(py, &positions, |level, numbers| self.0.indices(level, epoch, numbers))
    }

    /// The positions of these samples.
    fn positions<'py>(
        &self,
        py: Python<'py>,
        epoch: u32,
        indices: Given<'py>,
    ) -> PyResult<Made<'py>> {
        replaced(py, &indices, |level, numbers| self.0.positions(level, epoch, numbers))
    }
}

const NUMBERS: &str = "the numbers of an order";

/// Numbers that are worked out between two looks for signals.
const PART: usize = 1 << 16;

/// A copy of numbers in which `f` has replaced each.
fn replaced<'py>(
    py: Python<'py>,
    given: &Given<'py>,
    f: impl Fn(Level, &mut [u64]) + Sync,
) -> PyResult<Made<'py>> {
    let level = level::best().map_err(python_error)?;
    let numbers = memory::collect(given.as_array().iter().copied(), NUMBERS);
    let mut numbers = numbers.map_err(python_error)?;
    Signals::watch(py, |ask| {
        let mut pause = Pause::new(ask);
        for part in numbers.chunks_mut(PART) {
            pause.ask()?;
            f(level, part);
        }
        Ok(())
    })?;
    Ok(PyArray1::from_vec(py, numbers))
}

/// The members at these positions of their groups.
#[pyfunction]
pub fn members<'py>(
    py: Python<'py>,
    seed: u64,
    stream: &str,
    epoch: u32,
    groups: Given<'py>,
    sizes: Given<'py>,
    positions: Given<'py>,
) -> PyResult<Made<'py>> {
    each_member(py, [groups, sizes, positions], seed, stream, |order, x| order.index(epoch, x))
}

/// The positions of these members in their groups.
#[pyfunction]
pub fn member_positions<'py>(
    py: Python<'py>,
    seed: u64,
    stream: &str,
    epoch: u32,
    groups: Given<'py>,
    sizes: Given<'py>,
    members: Given<'py>,
) -> PyResult<Made<'py>> {
    each_member(py, [groups, sizes, members], seed, stream, |order, x| order.position(epoch, x))
}

fn each_member<'py>(
    py: Python<'py>,
    given: [Given<'py>; 3],
    seed: u64,
    stream: &str,
    f: impl Fn(order::Order, u64) -> u64 + Sync,
) -> PyResult<Made<'py>> {
    let key = stream_key(seed, label(stream), 0);
    let [groups, sizes, numbers] = given.each_ref().map(PyReadonlyArray1::as_array);
    let found = py.detach(|| {
        let each = groups.iter().zip(sizes).zip(numbers);
        let member = |((&group, &size), &x)| f(order::Order::of_group(key, group, size), x);
        memory::collect(each.map(member), NUMBERS)
    });
    Ok(PyArray1::from_vec(py, found.map_err(python_error)?))
}

/// Which weight each slot of an epoch takes, and how many slots before it take the same.
#[pyfunction]
pub fn dealt<'py>(
    py: Python<'py>,
    seed: u64,
    stream: &str,
    n: u64,
    cumulative: Given<'py>,
    epoch: u32,
    slots: Given<'py>,
) -> PyResult<(Made<'py>, Made<'py>)> {
    let (cumulative, slots) = (cumulative.as_slice()?, slots.as_array());
    let dealt = py.detach(|| {
        let dealt = Systematic::new(stream_key(seed, label(stream), 0), n, cumulative, epoch);
        let mut indices = memory::room(slots.len(), NUMBERS)?;
        let mut repeats = memory::room(slots.len(), NUMBERS)?;
        for &slot in slots {
            let (index, repeat) = dealt.at(slot);
            indices.push(index);
            repeats.push(repeat);
        }
        Ok((indices, repeats))
    });
    let (indices, repeats) = dealt.map_err(python_error)?;
    Ok((PyArray1::from_vec(py, indices), PyArray1::from_vec(py, repeats)))
}

/// The slots of an epoch that take one weight: from the first to before the second.
#[pyfunction]
pub fn dealt_to(
    seed: u64,
    stream: &str,
    n: u64,
    cumulative: Given<'_>,
    epoch: u32,
    index: usize,
) -> PyResult<(u64, u64)> {
    let dealt =
        Systematic::new(stream_key(seed, label(stream), 0), n, cumulative.as_slice()?, epoch);
    Ok((dealt.first(index), dealt.first(index + 1)))
}
