//! Functions of Python as steps of a pipeline.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bitaug::error::{Error, Result};
use bitaug::image::{
    AnyImage, AnyView, AnyViewMut, DType, Element, Shape, View, ViewMut, bytes, bytes_mut,
};
use bitaug::memory;
use bitaug::ops::custom::{Callback, Callbacks};
use bitaug::random::address::Noise;
use bitaug::targets::Whole;
use bitaug::targets::masks::{MaskKind, MaskType};
use bitaug::targets::points::Points;
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray3};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyString};

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

    fn change(&self, noise: Noise, whole: &mut Whole) -> Result<()> {
        Python::attach(|py| self.changed(py, noise, whole).map_err(|error| self.kept(py, error)))
    }
}

/// Boxes, the position of each among those of the call, points.
type Rows = (Vec<[f64; 4]>, Vec<i64>, Vec<[f64; 2]>);

impl Function {
    fn changed(&self, py: Python<'_>, noise: Noise, whole: &mut Whole) -> PyResult<()> {
        let Whole { image, masks, boxes, points } = whole;
        if let Some(boxes) = boxes {
            boxes.drop_hidden();
        }
        let site = image.view().site();
        let array = |bytes: &[u8], kind: String, shape: Shape| {
            (PyBytes::new(py, bytes), kind, (shape.height, shape.width, shape.channels))
        };
        let kind = match site.dtype {
            DType::U8 => "u1",
            DType::U16 => "u2",
            DType::F32 => "f4",
        };
        let given = masks.iter().map(|mask| array(mask.bytes(), name(mask.of()), mask.shape()));
        let change = py.import("bitaug._pipeline.custom")?.getattr("change")?;
        let made = change.call1((
            self.function.bind(py),
            array(samples(image), kind.into(), site.shape),
            given.collect::<Vec<_>>(),
            boxes.as_ref().map(|boxes| (boxes.seen.clone(), boxes.from.clone())),
            points.as_ref().map(|points| points.clone().finish()),
            address(noise),
        ))?;
        let (pixels, planes, rows): (PyBackedBytes, Vec<PyBackedBytes>, Rows) = made.extract()?;
        samples_mut(image).copy_from_slice(&pixels);
        for (mask, bytes) in masks.iter_mut().zip(&planes) {
            mask.bytes_mut().copy_from_slice(bytes);
        }
        if let Some(boxes) = boxes {
            boxes.change(&rows.0, &rows.1);
        }
        if let Some(points) = points {
            points.at = Points::new(rows.2).at;
        }
        Ok(())
    }

    /// The error with a note of whose it is, until the call raises it.
    fn kept(&self, py: Python<'_>, error: PyErr) -> Error {
        let note = format!("in the custom op {:?}", self.name);
        // Whether it can be noted decides nothing: the error itself is kept.
        let _ = error.value(py).call_method1("add_note", (PyString::new(py, &note),));
        keep(error)
    }

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
            let run = || -> PyResult<()> {
                let image = PyArray1::from_vec(py, samples).reshape(dims)?;
                let call = py.import("bitaug._pipeline.custom")?.getattr("call")?;
                let made = call.call1((self.function.bind(py), image, address(noise)))?;
                let made: PyReadonlyArray3<T> = made.extract()?;
                dst.copy_from(View::new(made.as_slice()?, shape, shape.row()));
                Ok(())
            };
            run().map_err(|error| self.kept(py, error))
        })
    }
}

/// What the generator of a function is made of.
fn address(noise: Noise) -> (u64, u32, u64) {
    let field = noise.plane(0);
    (field.key, field.epoch, field.index)
}

/// NumPy's name of a mask's type.
fn name(MaskType { kind, size }: MaskType) -> String {
    let kind = match kind {
        MaskKind::Bool => 'b',
        MaskKind::Unsigned => 'u',
        MaskKind::Signed => 'i',
        MaskKind::Float | MaskKind::Map => 'f',
    };
    format!("{kind}{size}")
}

fn samples(image: &AnyImage) -> &[u8] {
    match image {
        AnyImage::U8(image) => &image.data,
        AnyImage::U16(image) => bytes(&image.data),
        AnyImage::F32(image) => bytes(&image.data),
    }
}

fn samples_mut(image: &mut AnyImage) -> &mut [u8] {
    match image {
        AnyImage::U8(image) => &mut image.data,
        AnyImage::U16(image) => bytes_mut(&mut image.data),
        AnyImage::F32(image) => bytes_mut(&mut image.data),
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
