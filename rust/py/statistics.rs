//! Exact tallies of images, and the search for the nearest of many hashes.

use std::sync::{Mutex, MutexGuard};

use bitaug::data::hamming::{self, Nearest};
use bitaug::data::statistics::{self, BINS};
use bitaug::error::Error;
use bitaug::memory;
use bitaug::simd::level;
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::arrays::{self, Expected, Source};
use crate::{Signals, collected, python_error};

/// What the images added so far, all of one type and number of channels, add up to.
#[pyclass(frozen, module = "bitaug._core")]
pub struct Tally(Mutex<State>);

struct State {
    tally: Option<statistics::Tally>,
    images: usize,
    /// Places of images that could not be read.
    skipped: usize,
    pixels: u64,
}

/// dtype, images, pixels, counts of each channel's values or bins.
type Whole<'py> = (&'static str, usize, u64, Bound<'py, PyArray2<u64>>);
/// Values below 0 and above 1, the least and the greatest, for each scale e from 0 on the sums of m
/// and of m^2.
type Floats = (u64, u64, f32, f32, Vec<(i128, u128)>);

#[pymethods]
impl Tally {
    #[new]
    fn new() -> Self {
        Tally(Mutex::new(State { tally: None, images: 0, skipped: 0, pixels: 0 }))
    }

    /// Adds an image, a batch, or a list of images. An error names the first wrong one, counted
    /// from the first that was ever added; the tally is of no use then.
    fn add<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
        layout: Option<&str>,
        threads: usize,
    ) -> PyResult<()> {
        let mut first = self.state().next();
        let mut source = |image: &Bound<'py, PyAny>| {
            let source = arrays::source(image, &place(first), layout, Expected::EITHER)?;
            first += source.count;
            Ok::<_, PyErr>(source)
        };
        let sources: Vec<Source<'py>> = match images.cast::<PyList>() {
            Ok(list) => collected(list.iter().map(|image| source(&image)), IMAGES)?,
            Err(_) => vec![source(images)?],
        };
        let groups = sources.iter().filter(|source| source.count > 0).map(|source| {
            Ok((source.dtype, source.shape, memory::collect(source.images(), IMAGES)?))
        });
        let groups = memory::try_collect(groups, IMAGES).map_err(python_error)?;
        py.detach(|| {
            let mut state = self.state();
            let start = state.next();
            let mut added = 0;
            let State { tally, images, pixels, .. } = &mut *state;
            // Images that lie in several arrays are added at once, if they are of one kind.
            for run in groups.chunk_by(|a, b| a.0 == b.0 && a.1.channels == b.1.channels) {
                let (dtype, shape, _) = run[0];
                if tally.is_none() {
                    *tally = Some(statistics::Tally::new(dtype, shape.channels)?);
                }
                let tally = tally.as_mut().expect("just made");
                if tally.dtype() != dtype || tally.channels() != shape.channels {
                    let message = format!(
                        "{}; those before are {}",
                        kind(dtype.name(), shape.channels),
                        kind(tally.dtype().name(), tally.channels())
                    );
                    return Err(Error::refused(place(start + added), message));
                }
                let all = run.iter().flat_map(|(_, _, images)| images).copied();
                let all = memory::collect(all, IMAGES)?;
                if let Some(i) = tally.add(&all, threads)? {
                    let message = "a NaN or an infinity; finite values are needed";
                    return Err(Error::refused(place(start + added + i), message));
                }
                added += all.len();
                *images += all.len();
                for image in &all {
                    *pixels += (image.shape().height * image.shape().width) as u64;
                }
            }
            Ok(())
        })
        .map_err(python_error)
    }

    /// Counts the place of an image that could not be read.
    fn skip(&self) {
        self.state().skipped += 1;
    }

    /// None where nothing was added.
    fn whole<'py>(&self, py: Python<'py>) -> PyResult<Option<Whole<'py>>> {
        let mut state = self.state();
        let State { tally: Some(tally), images, pixels, .. } = &mut *state else {
            return Ok(None);
        };
        let counts = match tally {
            statistics::Tally::U8(counts) => counts.total(),
            statistics::Tally::U16(counts) => counts.total(),
            statistics::Tally::F32(floats) => {
                let bins = |channel: &statistics::Channel| channel.histogram;
                let bins = floats.total().iter().map(bins);
                memory::collect(bins.flat_map(|all| (1..=BINS).map(move |i| all[i])), IMAGES)
            }
        }
        .map_err(python_error)?;
        let values = counts.len() / tally.channels();
        let counts = PyArray1::from_vec(py, counts).reshape([tally.channels(), values])?;
        Ok(Some((tally.dtype().name(), *images, *pixels, counts)))
    }

    /// What float32 images have beside that, for each channel.
    fn floats(&self) -> Vec<Floats> {
        let mut state = self.state();
        let Some(statistics::Tally::F32(floats)) = &mut state.tally else { return vec![] };
        let channel = |c: &statistics::Channel| {
            (c.histogram[0], c.histogram[BINS + 1], c.low, c.high, c.sums.to_vec())
        };
        floats.total().iter().map(channel).collect()
    }
}

impl State {
    /// The place of the image that is added next.
    fn next(&self) -> usize {
        self.images + self.skipped
    }
}

impl Tally {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while it adds up")
    }
}

const IMAGES: &str = "the images";

fn place(image: usize) -> String {
    format!("images[{image}]")
}

fn kind(dtype: &str, channels: usize) -> String {
    format!("{channels} channel{} of {dtype}", if channels == 1 { "" } else { "s" })
}

type Places<'py> = Bound<'py, PyArray1<i64>>;

/// For each query the bits by which the nearest key differs, and its place; -1 and -1 where more
/// than `limit` do. `alone`: the keys are the queries, and none is its own neighbour.
#[pyfunction]
pub fn nearest<'py>(
    py: Python<'py>,
    queries: PyReadonlyArray1<'py, u64>,
    keys: PyReadonlyArray1<'py, u64>,
    limit: u32,
    alone: bool,
    threads: usize,
) -> PyResult<(Places<'py>, Places<'py>)> {
    let level = level::best().map_err(python_error)?;
    let (queries, keys) = (queries.as_slice()?, keys.as_slice()?);
    let (distances, places) = Signals::watch(py, |ask| {
        let found = hamming::nearest(level, queries, keys, limit, alone, threads, ask)?;
        let distance = |found: &Nearest| found.map_or(-1, |(bits, _)| i64::from(bits));
        let place = |found: &Nearest| found.map_or(-1, |(_, at)| at as i64);
        let distances = memory::collect(found.iter().map(distance), IMAGES)?;
        Ok((distances, memory::collect(found.iter().map(place), IMAGES)?))
    })?;
    Ok((PyArray1::from_vec(py, distances), PyArray1::from_vec(py, places)))
}
