//! Functions of Python as steps of a pipeline.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bitaug::error::{Error, Result};
use bitaug::image::{AnyView, AnyViewMut, Element, View, ViewMut};
use bitaug::memory;
use bitaug::ops::custom::{Callback, Callbacks};
use bitaug::random::address::Noise;
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray3};
use pyo3::prelude::*;
use pyo3::types::PyString;

struct Function {
    name: String,
    function: Py<PyAny>,
}

pub fn callbacks(functions: Option<HashMap<String, Py<PyAny>>>) -> Callbacks {
    let callback = |(name, function): (String, Py<PyAny>)| {
        let callback = Function { name: name.clone(), function };
        (name, Arc::new(callback) as Arc<dyn Callback>)
    };
    functions.unwrap_or_default().into_iter().map(callback).collect()
}

impl Callback for Function {
    fn call(&self, noise: Noise, src: AnyView, dst: AnyViewMut) -> Result<()> {
        match (src, dst) {
            (AnyView::U8(src), AnyViewMut::U8(dst)) => self.image(noise, src, dst),
            (AnyView::U16(src), AnyViewMut::U16(dst)) => self.image(noise, src, dst),
            (AnyView::F32(src), AnyViewMut::F32(dst)) => self.image(noise, src, dst),
            _ => unreachable!("it keeps its type"),
        }
    }
}

impl Function {
    fn image<T: Element + numpy::Element>(
        &self,
        noise: Noise,
        src: View<T>,
        mut dst: ViewMut<T>,
    ) -> Result<()> {
        let shape = src.shape();
        let mut samples = memory::room(shape.len(), "the image of a custom op")?;
        src.rows().for_each(|row| samples.extend_from_slice(row));
        Python::attach(|py| {
            let dims = [shape.height, shape.width, shape.channels];
            let run = || {
                let image = PyArray1::from_vec(py, samples).reshape(dims)?;
                let field = noise.plane(0);
                let call = py.import("bitaug._pipeline.custom")?.getattr("call")?;
                let address = (field.key, field.epoch, field.index);
                let made = call.call1((self.function.bind(py), image, address))?;
                let made: PyReadonlyArray3<T> = made.extract()?;
                dst.copy_from(View::new(made.as_slice()?, shape, shape.row()));
                Ok(())
            };
            run().map_err(|error: PyErr| {
                let note = format!("in the custom op {:?}", self.name);
                // Whether it can be noted decides nothing: the error itself is kept.
                let _ = error.value(py).call_method1("add_note", (PyString::new(py, &note),));
                keep(error)
            })
        })
    }
}

/// What functions have raised, until it is raised by the call: an error of the core is plain data.
static RAISED: Mutex<Vec<(u64, PyErr)>> = Mutex::new(Vec::new());
static NEXT: AtomicU64 = AtomicU64::new(0);

fn keep(error: PyErr) -> Error {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    if let Ok(mut raised) = RAISED.lock() {
        // Of several threads' errors a call raises the first.
        let forgotten = raised.len().saturating_sub(255);
        raised.drain(..forgotten);
        raised.push((number, error));
    }
    Error::Raised(number)
}

/// The exception itself, with a note of the sample at which it was raised.
pub fn raised(number: u64, error: &Error) -> PyErr {
    let mut all = RAISED.lock().expect("nothing panics while it is held");
    let place = all.iter().position(|(kept, _)| *kept == number);
    let Some((_, raised)) = place.map(|place| all.remove(place)) else {
        return pyo3::exceptions::PyRuntimeError::new_err(error.to_string());
    };
    if let Error::Sample { sample, .. } = error {
        Python::attach(|py| {
            let _ = raised.value(py).call_method1("add_note", (format!("at {sample}"),));
        });
    }
    raised
}
