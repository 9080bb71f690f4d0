//! Whole numbers from Python: never a bool, never a wrap.

use bitaug::address::{Stream, label};
use bitaug::error::{Error, brief};
use numpy::{PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyInt, PySequence, PyString};

use crate::python_error;

/// One number for all samples, or one per sample.
pub enum Numbers {
    One(u64),
    Many(Vec<u64>),
}

impl Numbers {
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

pub fn number(value: &Bound<'_, PyAny>, name: &str, max: u64) -> PyResult<u64> {
    let refuse = |is_type: bool| {
        let shown = value.repr().map_or_else(|_| "?".to_string(), |repr| brief(repr, 100));
        let allowed = format!("an integer, 0 to {max}");
        Err(python_error(if !is_type {
            Error::argument("call", name, shown, allowed)
        } else if max == u64::MAX && value.is_instance_of::<PyString>() {
            let advice = format!("ba.random.label({shown}) makes one of a text");
            Error::kind(name, format!("{shown} is not {allowed}; {advice}"))
        } else {
            Error::kind(name, format!("{shown} is not {allowed}"))
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
    let Ok(index) = value.call_method0("__index__") else { return refuse(true) };
    if is_bool {
        return refuse(true);
    }
    match index.extract::<u64>() {
        Ok(n) if n <= max => Ok(n),
        _ => refuse(false),
    }
}

/// A number, an array or sequence of numbers; with `keys` also a str or strs, by their label.
pub fn numbers(value: &Bound<'_, PyAny>, name: &str, max: u64, keys: bool) -> PyResult<Numbers> {
    if value.is_exact_instance_of::<PyInt>() {
        return number(value, name, max).map(Numbers::One);
    }
    let one = |value: &Bound<'_, PyAny>, name: &str| match value.cast::<PyString>() {
        Ok(text) if keys => Ok(label(text.to_cow()?.as_ref())),
        _ => number(value, name, max),
    };
    let each = |(i, item): (usize, PyResult<Bound<'_, PyAny>>)| {
        let item = item?;
        // The place is written down where it is needed: there may be very many.
        one(&item, name).or_else(|_| one(&item, &format!("{name}[{i}]")))
    };
    if let Ok(array) = value.cast::<PyUntypedArray>() {
        if array.ndim() == 1 {
            let kind = array.dtype().kind();
            if kind != b'i' && kind != b'u' && !(keys && (kind == b'U' || kind == b'T')) {
                let message = format!("an array of {} is not one of integers", array.dtype());
                return Err(python_error(Error::kind(name, message)));
            }
            let list = array.call_method0("tolist")?;
            return list
                .try_iter()?
                .enumerate()
                .map(each)
                .collect::<PyResult<_>>()
                .map(Numbers::Many);
        }
        if array.ndim() > 1 {
            let message = format!("an array of {} axes; give one number per image", array.ndim());
            return Err(python_error(Error::kind(name, message)));
        }
    }
    let is_text = value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>();
    if !is_text && value.cast::<PySequence>().is_ok() {
        return value.try_iter()?.enumerate().map(each).collect::<PyResult<_>>().map(Numbers::Many);
    }
    one(value, name).map(Numbers::One)
}
