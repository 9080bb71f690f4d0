//! Whole numbers from Python: never a bool, never a wrap.

use std::fmt::{Display, Formatter};

use bitaug::error::{Error, brief};
use bitaug::random::address::{Stream, label};
use numpy::{PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyInt, PySequence, PyString};

use crate::{collected, python_error};

/// One number for all samples, or one per sample.
pub enum Numbers {
    One(u64),
    Many(Vec<u64>),
}

impl Numbers {
    /// How many there are.
    pub fn count(&self) -> usize {
        match self {
            Numbers::One(_) => 1,
            Numbers::Many(all) => all.len(),
        }
    }

    pub fn at(&self, position: usize) -> u64 {
        match self {
            Numbers::One(n) => *n,
            Numbers::Many(all) => all[position],
        }
    }

    /// Refuses another length than the batch's.
    pub fn check_len(&self, name: &str, batch: usize) -> PyResult<()> {
        match self {
            Numbers::Many(all) if all.len() != batch => {
                let value = format!("{} values", all.len());
                let allowed = format!("as many as there are images: {batch}");
                Err(python_error(Error::argument("call", name, value, allowed)))
            }
            _ => Ok(()),
        }
    }
}

/// A stream's name, or its label.
pub fn stream(value: &Bound<'_, PyAny>) -> PyResult<Stream> {
    match value.cast::<PyString>() {
        Ok(name) => Ok(Stream::Name(name.to_cow()?.into_owned())),
        Err(_) => Ok(Stream::Label { label: number(value, "stream", u64::MAX)? }),
    }
}

/// A whole number from 0 to `max`. What its own `__index__` raises comes through, but for a
/// TypeError: of arrays and floats it says that they are none, and is the cause of what is raised.
pub fn number(value: &Bound<'_, PyAny>, name: impl Display, max: u64) -> PyResult<u64> {
    number_or(value, name, max, "")
}

/// The same; `or` says what else is allowed.
fn number_or(value: &Bound<'_, PyAny>, name: impl Display, max: u64, or: &str) -> PyResult<u64> {
    let refuse = |is_type: bool| {
        let shown = value.repr().map_or_else(|_| "?".to_string(), |repr| brief(repr, 100));
        let allowed = format!("an integer, 0 to {max}{or}");
        Err(python_error(if !is_type {
            Error::argument("call", &name, shown, allowed)
        } else if max == u64::MAX && value.is_instance_of::<PyString>() {
            let advice = format!("ba.random.label({shown}) makes one of a text");
            Error::kind(&name, format!("{shown} is not {allowed}; {advice}"))
        } else {
            Error::kind(&name, format!("{shown} is not {allowed}"))
        }))
    };
    if value.is_exact_instance_of::<PyInt>()
        && let Ok(n) = value.extract::<u64>()
        && n <= max
    {
        return Ok(n);
    }
    let is_bool = value.is_instance_of::<PyBool>()
        || value.get_type().name().is_ok_and(|name| name == "bool" || name == "bool_");
    if is_bool || !value.get_type().hasattr(intern!(value.py(), "__index__"))? {
        return refuse(true);
    }
    let index = match value.call_method0(intern!(value.py(), "__index__")) {
        Ok(index) => index,
        Err(error) if error.is_instance_of::<PyTypeError>(value.py()) => {
            return refuse(true).inspect_err(|e| e.set_cause(value.py(), Some(error)));
        }
        Err(error) => return Err(error),
    };
    match index.extract::<u64>() {
        Ok(n) if n <= max => Ok(n),
        _ => refuse(false),
    }
}

/// A number, an array or sequence of numbers; with `keys` also a str or strs, by their label.
pub fn numbers(value: &Bound<'_, PyAny>, name: &str, max: u64, keys: bool) -> PyResult<Numbers> {
    let or = if keys { KEY } else { "" };
    if value.is_exact_instance_of::<PyInt>() {
        return number_or(value, name, max, or).map(Numbers::One);
    }
    let one = |value: &Bound<'_, PyAny>, place: Place| match value.cast::<PyString>() {
        Ok(text) if keys => Ok(label(text.to_cow()?.as_ref())),
        _ => number_or(value, place, max, or),
    };
    let each = |(i, item): (usize, PyResult<Bound<'_, PyAny>>)| one(&item?, Place(name, Some(i)));
    if let Ok(array) = value.cast::<PyUntypedArray>() {
        if array.ndim() == 1 {
            let kind = array.dtype().kind();
            if kind != b'i' && kind != b'u' && !(keys && (kind == b'U' || kind == b'T')) {
                let or = if keys { " or str" } else { "" };
                let message = format!("an array of {} is not one of integers{or}", array.dtype());
                return Err(python_error(Error::kind(name, message)));
            }
            let list = array.call_method0("tolist")?;
            return collected(list.try_iter()?.enumerate().map(each), NUMBERS).map(Numbers::Many);
        }
        if array.ndim() > 1 {
            let message = format!("an array of {} axes; give one number per image", array.ndim());
            return Err(python_error(Error::kind(name, message)));
        }
    }
    let is_text = value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>();
    if !is_text && value.cast::<PySequence>().is_ok() {
        return collected(value.try_iter()?.enumerate().map(each), NUMBERS).map(Numbers::Many);
    }
    one(value, Place(name, None)).map(Numbers::One)
}

/// What an index may be beside a number.
const KEY: &str = ", or a key, a str";
const NUMBERS: &str = "one number for each image";

/// An argument, or one of its items; written down where it is needed, as there may be very many.
struct Place<'a>(&'a str, Option<usize>);

impl Display for Place<'_> {
    fn fmt(&self, f: &mut Formatter) -> std::fmt::Result {
        let Place(name, item) = self;
        match item {
            None => f.write_str(name),
            Some(i) => write!(f, "{name}[{i}]"),
        }
    }
}
