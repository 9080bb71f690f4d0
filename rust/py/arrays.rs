//! NumPy arrays as images: layouts, checks, and the memory behind them.

use std::ffi::c_int;

use bitaug::error::Error;
use bitaug::image::{DType, Shape, Strided, StridedMut};
use bitaug::kernels::step::Site;
use bitaug::memory;
use bitaug::targets::masks::{MaskKind, MaskType};
use numpy::ndarray::ArrayView1;
use numpy::npyffi::{
    NPY_ARRAY_ALIGNED, NPY_ARRAY_C_CONTIGUOUS, NPY_ARRAY_WRITEABLE, PY_ARRAY_API, npy_intp,
};
use numpy::{
    PyArray1, PyArray2, PyArrayDescr, PyArrayDescrMethods, PyArrayMethods, PyReadonlyArray2,
    PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::{IntoPyDict, PyBytes, PyList, PyString, PyTuple, PyWeakrefReference};

use crate::python_error;

/// Which axis is which. An axis that is not there is None.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    pub name: &'static str,
    batch: bool,
    channels: Option<usize>,
}

const LAYOUTS: [Layout; 6] = [
    Layout { name: "HW", batch: false, channels: None },
    Layout { name: "HWC", batch: false, channels: Some(2) },
    Layout { name: "CHW", batch: false, channels: Some(0) },
    Layout { name: "NHW", batch: true, channels: None },
    Layout { name: "NHWC", batch: true, channels: Some(3) },
    Layout { name: "NCHW", batch: true, channels: Some(1) },
];

impl Layout {
    pub fn is_batch(&self) -> bool {
        self.batch
    }

    /// The layout of one image of this batch.
    pub fn single(&self) -> Layout {
        Layout::named(self.name.trim_start_matches('N'))
    }

    fn named(name: &str) -> Layout {
        *LAYOUTS.iter().find(|layout| layout.name == name).expect("a layout's name")
    }

    fn ndim(&self) -> usize {
        self.name.len()
    }

    fn height_axis(&self) -> usize {
        self.name.find('H').expect("every layout has a height")
    }

    /// Channels first?
    fn planar(&self) -> bool {
        self.channels.is_some_and(|axis| axis < self.height_axis())
    }

    /// The output's layout; `planar` where the pipeline ends in ToCHW.
    fn output(&self, planar: bool) -> Layout {
        match (planar, self.batch) {
            (false, _) => *self,
            (true, false) => Layout::named("CHW"),
            (true, true) => Layout::named("NCHW"),
        }
    }
}

/// What an array stands for where it is given. A note is on what also has to be done to give the
/// other: "" if nothing, None if it cannot be given there.
#[derive(Clone, Copy)]
pub struct Expected {
    single: Option<&'static str>,
    batch: Option<&'static str>,
}

impl Expected {
    pub const IMAGE: Expected = Expected { single: Some(""), batch: None };
    pub const BATCH: Expected = Expected { single: None, batch: Some("") };
    pub const EITHER: Expected = Expected { single: Some(""), batch: Some("") };
    /// Several images, if nothing else is said.
    pub const IMAGES: Expected = Expected { single: Some("as one image"), batch: Some("") };
    const BY_ONE: Expected = Expected { single: Some(""), batch: Some("with an index for each") };
    const BY_SEVERAL: Expected = Expected { single: Some("with one index"), batch: Some("") };

    pub fn by(several_indices: bool) -> Self {
        if several_indices { Self::BY_SEVERAL } else { Self::BY_ONE }
    }

    /// Python's name of it.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "image" => Some(Self::IMAGE),
            "batch" => Some(Self::BATCH),
            "either" => Some(Self::EITHER),
            "images" => Some(Self::IMAGES),
            _ => None,
        }
    }

    fn note(&self, layout: &Layout) -> Option<&'static str> {
        if layout.batch { self.batch } else { self.single }
    }
}

/// What the axes of an image or a batch tell without a label: the layout, and whether that is sure
/// or merely likely. Channels come last, or first in a tensor. They are surely there if they are at
/// most 4 or fewer than both sides; but 1, 3 or 4 at the other end, and not there, look more like
/// them.
pub fn told(axes: &[usize], tensor: bool) -> Option<(Layout, bool)> {
    let (names, image) = match axes {
        [_, _] => return Some((Layout::named("HW"), true)),
        [_, _, _] => (["HWC", "CHW"], axes),
        [_, image @ ..] if image.len() == 3 => (["NHWC", "NCHW"], image),
        _ => return None,
    };
    let named = |planar: bool| Layout::named(names[usize::from(planar)]);
    let looks = |n| matches!(n, 1 | 3 | 4);
    let (usual, other) = if tensor { (image[0], image[2]) } else { (image[2], image[0]) };
    if looks(other) && !looks(usual) {
        return Some((named(!tensor), false));
    }
    (usual <= 4 || usual < other.min(image[1])).then(|| (named(tensor), true))
}

/// The layout of an array, as labelled or as its axes tell; refused where they could be misread.
pub fn layout(
    place: &str,
    axes: &[usize],
    label: Option<&str>,
    expected: Expected,
    tensor: bool,
) -> PyResult<Layout> {
    let refuse = |message: String| Err(python_error(Error::refused(place, message)));
    let allowed = LAYOUTS.iter().filter(|layout| expected.note(layout).is_some());
    if let Some(label) = label {
        let Some(layout) = allowed.clone().find(|layout| layout.name == label) else {
            let names: Vec<_> = allowed.map(|layout| layout.name).collect();
            let allowed = format!("one of {}", names.join(", "));
            return Err(python_error(Error::argument(place, "layout", label, allowed)));
        };
        if layout.ndim() != axes.len() {
            return refuse(format!("layout={label} does not fit an array of shape {axes:?}"));
        }
        return Ok(*layout);
    }
    // Only 3 axes fit both one image and a batch.
    if let Some((layout, true)) = told(axes, tensor)
        && expected.note(&layout).is_some_and(|note| note.is_empty() || axes.len() != 3)
    {
        return Ok(layout);
    }
    let fitting: Vec<_> = allowed.filter(|layout| layout.ndim() == axes.len()).collect();
    if fitting.is_empty() {
        let allowed = match (expected.single, expected.batch) {
            (Some(_), Some(_)) => "is no image: 2 (HW), 3 (HWC) or 4 (NHWC)",
            (_, None) => "is not one image: 2 (HW) or 3 (HWC, CHW), and no batch",
            (None, _) => "is no batch: 3 (NHW) or 4 (NHWC, NCHW)",
        };
        return refuse(format!("an array of {} axes {allowed}", axes.len()));
    }
    // To be advised, a layout must have pixels.
    let (plain, noted): (Vec<&Layout>, Vec<&Layout>) = fitting
        .into_iter()
        .filter(|layout| axes[usize::from(layout.batch)..].iter().all(|&n| n > 0))
        .partition(|layout| expected.note(layout) == Some(""));
    let note = noted.first().and_then(|layout| expected.note(layout));
    let (plain, noted) = (meanings(axes, &plain), meanings(axes, &noted));
    let choices = match (plain.is_empty(), note) {
        (true, None) => return refuse(format!("shape {axes:?} has no pixels")),
        (true, Some(note)) => format!(", {note}, {}", listed(&noted)),
        (false, None) => format!(" {}", listed(&plain)),
        (false, Some(note)) => format!(" {} or, {note}, {}", plain.join(", "), listed(&noted)),
    };
    refuse(format!("an array of shape {axes:?} could be{choices}: write the layout"))
}

/// What an array would be under each of these layouts.
fn meanings(axes: &[usize], layouts: &[&Layout]) -> Vec<String> {
    let counted = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let meaning = |layout: &&Layout| {
        let h = layout.height_axis();
        let images = layout.batch.then(|| counted(axes[0], "image"));
        let channels = layout.channels.map(|axis| counted(axes[axis], "channel"));
        let parts: Vec<_> = images.into_iter().chain(channels).collect();
        let (parts, [height, width]) = (parts.join(" with "), [axes[h], axes[h + 1]]);
        format!("{parts} of {height} x {width} (layout=\"{}\")", layout.name)
    };
    layouts.iter().map(meaning).collect()
}

fn listed(words: &[String]) -> String {
    match words {
        [first @ .., one, other] => [first, &[format!("{one} or {other}")]].concat().join(", "),
        words => words.concat(),
    }
}

/// An array's memory as it was at one moment. While the call runs, other threads may give the array
/// another shape or type: what was checked is what is used.
pub struct Memory<'py> {
    pub array: Bound<'py, PyUntypedArray>,
    pub dtype: Bound<'py, PyArrayDescr>,
    start: *mut u8,
    pub shape: Vec<usize>,
    strides: Vec<isize>,
    flags: c_int,
    /// While somebody refers to it like this, NumPy refuses to resize the array in place.
    _weak: Bound<'py, PyWeakrefReference>,
}

impl<'py> Memory<'py> {
    pub fn of(array: &Bound<'py, PyUntypedArray>) -> PyResult<Self> {
        let _weak = PyWeakrefReference::new(array)?;
        Ok(with_critical_section(array, || {
            // No Python runs from the first line to the last.
            // SAFETY: `array` is a live NumPy array.
            let start = unsafe { (*array.as_array_ptr()).fields.data.cast() };
            let (shape, strides) = (array.shape().to_vec(), array.strides().to_vec());
            // SAFETY: as above.
            let flags = unsafe { (*array.as_array_ptr()).fields.flags };
            Memory {
                dtype: array.dtype(),
                array: array.clone(),
                start,
                shape,
                strides,
                flags,
                _weak,
            }
        }))
    }

    /// It, or that of a copy in native byte order and aligned; `contiguous`: also in C order.
    pub fn native(self, contiguous: bool, place: &str) -> PyResult<Self> {
        if self.is_native() && (!contiguous || self.flags & NPY_ARRAY_C_CONTIGUOUS != 0) {
            return Ok(self);
        }
        let py = self.array.py();
        static ARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let dtype = self.dtype.call_method1(intern!(py, "newbyteorder"), ("=",))?;
        // Not the array's own `astype`: a subclass's may return another shape or type.
        let how = [("order", "C")].into_py_dict(py)?;
        let copy = ARRAY.import(py, "numpy", "array")?.call((&self.array, dtype), Some(&how))?;
        let copy = Memory::of(&copy.cast_into::<PyUntypedArray>()?)?;
        if copy.shape == self.shape {
            return Ok(copy);
        }
        Err(python_error(Error::refused(place, "its shape was changed while it was being read")))
    }

    /// In native byte order and aligned.
    fn is_native(&self) -> bool {
        self.flags & NPY_ARRAY_ALIGNED != 0 && self.dtype.is_native_byteorder() != Some(false)
    }

    fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// All bytes of memory in C order.
    pub fn bytes(&self) -> &[u8] {
        assert!(self.flags & NPY_ARRAY_C_CONTIGUOUS != 0);
        let len = self.shape.iter().fold(self.dtype.itemsize(), |len, n| len * n);
        if len == 0 {
            return &[];
        }
        // SAFETY: the bytes of a C-contiguous array, which is kept alive; the caller's contract is
        // that nobody writes to it during the call.
        unsafe { std::slice::from_raw_parts(self.start, len) }
    }

    /// The lowest and one past the highest byte it touches; 0 and 0 if it has no elements.
    pub fn extent(&self) -> (usize, usize) {
        if self.is_empty() {
            return (0, 0);
        }
        let start = self.start as isize;
        let (mut low, mut high) = (start, start + self.dtype.itemsize() as isize);
        for (&n, &stride) in self.shape.iter().zip(&self.strides) {
            let reach = stride * (n as isize - 1);
            low += reach.min(0);
            high += reach.max(0);
        }
        (low as usize, high as usize)
    }

    /// Whether two elements might share bytes: unless each axis steps over all that the smaller
    /// ones reach.
    fn overlaps_itself(&self) -> bool {
        let mut axes: Vec<(usize, usize)> = self
            .strides
            .iter()
            .zip(&self.shape)
            .filter(|&(_, &n)| n > 1)
            .map(|(&stride, &n)| (stride.unsigned_abs(), n))
            .collect();
        axes.sort_unstable();
        let mut reach = self.dtype.itemsize();
        for (stride, n) in axes {
            if stride < reach {
                return true;
            }
            reach += stride * (n - 1);
        }
        false
    }
}

/// Bytes per value of a plain dtype: bool, integer or float of 1, 2, 4 or 8 bytes.
pub fn plain_size(dtype: &Bound<'_, PyArrayDescr>, place: &str) -> PyResult<usize> {
    let size = dtype.itemsize();
    if matches!(dtype.kind(), b'b' | b'i' | b'u' | b'f') && matches!(size, 1 | 2 | 4 | 8) {
        return Ok(size);
    }
    let message = format!("dtype {dtype} is not a bool, integer or float of 1, 2, 4 or 8 bytes");
    Err(python_error(Error::kind(place, message)))
}

/// An image or a batch of them, checked.
pub struct Source<'py> {
    memory: Memory<'py>,
    pub layout: Layout,
    pub dtype: DType,
    /// Of each image.
    pub shape: Shape,
    /// 1 for a single image.
    pub count: usize,
    strides: [isize; 3],
    /// Bytes from one image to the next.
    next: isize,
}

/// Height, width, channels and their byte strides under a layout.
fn axes(shape: &[usize], strides: &[isize], layout: Layout) -> (Shape, [isize; 3]) {
    let h = layout.height_axis();
    let channels = layout.channels.map_or(1, |axis| shape[axis]);
    let deep = layout.channels.map_or(0, |axis| strides[axis]);
    (Shape::new(shape[h], shape[h + 1], channels), [strides[h], strides[h + 1], deep])
}

fn dtype(descr: &Bound<'_, PyArrayDescr>, place: &str) -> PyResult<DType> {
    match (descr.kind(), descr.itemsize()) {
        (b'u', 1) => Ok(DType::U8),
        (b'u', 2) => Ok(DType::U16),
        (b'f', 4) => Ok(DType::F32),
        _ => {
            let advice = type_advice(descr);
            let message = format!("dtype {descr} is not uint8, uint16 or float32{advice}");
            Err(python_error(Error::kind(place, message)))
        }
    }
}

/// How an array of another type is made an image, if it can be one.
fn type_advice(descr: &Bound<'_, PyArrayDescr>) -> &'static str {
    let name = descr.to_string();
    match descr.kind() {
        b'f' => ": .astype(np.float32)",
        // Those of ml_dtypes are no kind of NumPy's.
        _ if name.starts_with("bfloat") || name.starts_with("float") => ": .astype(np.float32)",
        b'b' => ": .astype(np.uint8)",
        b'i' | b'u' => {
            ": .astype(np.uint8) if its values are 0 to 255, .astype(np.uint16) if they are 0 to \
             65535"
        }
        b'O' => ": of images of several sizes, give a list",
        b'S' | b'U' => ": read the images first",
        _ => "",
    }
}

pub fn array<'py>(value: &Bound<'py, PyAny>, place: &str) -> PyResult<Bound<'py, PyUntypedArray>> {
    value.cast::<PyUntypedArray>().cloned().map_err(|_| {
        let kind = value.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string());
        let message = format!("{kind} is not a numpy.ndarray{}", array_advice(value));
        python_error(Error::kind(place, message))
    })
}

/// How something else is made an array, if it can be one.
fn array_advice(value: &Bound<'_, PyAny>) -> String {
    let module = value.get_type().module().map_or_else(|_| String::new(), |m| m.to_string());
    let has = |name| value.hasattr(name).unwrap_or(false);
    let advice = if value.is_instance_of::<PyString>() || has("__fspath__") {
        "; read the file first, as by np.asarray(PIL.Image.open(path))"
    } else if value.is_instance_of::<PyBytes>() {
        "; decode it first, as by np.asarray(PIL.Image.open(io.BytesIO(data)))"
    } else if module.starts_with("torch") {
        "; bitaug.torch takes tensors, tensor.numpy() is an array, of layout=\"CHW\" perhaps"
    } else if module.starts_with("PIL.") {
        let code = pillow_code(value).unwrap_or_else(|error| error.to_string());
        return format!("; {code} makes one");
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        "; np.asarray(image, dtype=np.uint8) makes one"
    } else if has("__array__") || has("__array_interface__") {
        "; np.asarray(image) makes one"
    } else {
        ""
    };
    advice.to_string()
}

/// What makes an array of a Pillow image, by its mode.
fn pillow_code(image: &Bound<'_, PyAny>) -> PyResult<String> {
    image.py().import("bitaug._images.pillow")?.getattr("code")?.call1((image,))?.extract()
}

/// An array as images.
pub fn source<'py>(
    value: &Bound<'py, PyAny>,
    place: &str,
    label: Option<&str>,
    expected: Expected,
) -> PyResult<Source<'py>> {
    let array = array(value, place)?;
    let memory = Memory::of(&array)?;
    let dtype = dtype(&memory.dtype, place)?;
    let layout = layout(place, &memory.shape, label, expected, false)?;
    let memory = memory.native(false, place)?;
    let (shape, strides) = axes(&memory.shape, &memory.strides, layout);
    if memory.is_empty() && shape.is_empty() {
        let message = format!("shape {:?} has no pixels", memory.shape);
        return Err(python_error(Error::refused(place, message)));
    }
    let count = if layout.batch { memory.shape[0] } else { 1 };
    let next = if layout.batch { memory.strides[0] } else { 0 };
    Ok(Source { memory, layout, dtype, shape, count, strides, next })
}

impl Source<'_> {
    pub fn extent(&self) -> (usize, usize) {
        self.memory.extent()
    }

    /// Each image. Not a list of them: a batch may be broadcast from little memory to any length.
    pub fn images(&self) -> impl Iterator<Item = Strided<'static>> {
        let (start, next) = (self.memory.start, self.next);
        let (shape, strides) = (self.shape, self.strides);
        (0..self.count as isize).map(move |i| {
            // SAFETY: image i of the array: NumPy vouches that its samples at these strides lie
            // in its memory, `native` that they are aligned, `memory` keeps them alive as long as
            // the source, and the caller's contract is that nobody writes to them.
            unsafe { Strided::from_raw(start.offset(i * next), shape, strides) }
        })
    }
}

/// A new array whose samples are arbitrary: all of them are written before Python sees it. Where
/// there is no memory for it, NumPy raises MemoryError; a Vec would end the process.
pub fn empty<'py>(
    py: Python<'py>,
    dims: &[usize],
    dtype: Bound<'py, PyArrayDescr>,
) -> PyResult<Bound<'py, PyUntypedArray>> {
    let mut sides: Vec<npy_intp> = dims.iter().map(|&n| n as npy_intp).collect();
    let (count, dtype) = (sides.len() as c_int, dtype.into_dtype_ptr());
    // SAFETY: NumPy reads and checks `count` sides and takes over the type. What it returns is a
    // new array, or null with an exception set.
    let array = unsafe {
        let array = PY_ARRAY_API.PyArray_Empty(py, count, sides.as_mut_ptr(), dtype, 0);
        Bound::from_owned_ptr_or_err(py, array)?
    };
    Ok(array.cast_into::<PyUntypedArray>()?)
}

/// Memory that outputs are written to.
pub struct Target<'py> {
    pub memory: Memory<'py>,
    layout: Layout,
    count: usize,
}

/// What the outputs of one array of images look like.
#[derive(Clone, Copy)]
pub struct Wanted {
    pub dtype: DType,
    pub layout: Layout,
    pub count: usize,
    pub shape: Shape,
}

impl Wanted {
    /// Of `input`'s images; `planar` where the pipeline ends in ToCHW.
    pub fn new(input: Layout, planar: bool, dtype: DType, count: usize, shape: Shape) -> Self {
        Wanted { dtype, layout: input.output(planar), count, shape }
    }

    pub fn stacks_with(&self, other: &Wanted) -> bool {
        self.dtype == other.dtype && self.dims() == other.dims()
    }

    /// As many of these as one array.
    pub fn stacked(&self, count: usize) -> Wanted {
        let name = LAYOUTS.iter().find(|l| l.batch && l.name[1..] == *self.layout.name);
        Wanted { layout: *name.expect("every layout stacks"), count, ..*self }
    }

    pub fn describe(&self) -> String {
        format!("{:?} {}", self.dims(), self.dtype.name())
    }

    fn dims(&self) -> Vec<usize> {
        let Shape { height, width, channels } = self.shape;
        let mut dims = if self.layout.batch { vec![self.count] } else { vec![] };
        match (self.layout.channels.is_some(), self.layout.planar()) {
            (false, _) => dims.extend([height, width]),
            (true, false) => dims.extend([height, width, channels]),
            (true, true) => dims.extend([channels, height, width]),
        }
        dims
    }

    /// A new array.
    pub fn allocate<'py>(&self, py: Python<'py>) -> PyResult<Target<'py>> {
        let dtype = match self.dtype {
            DType::U8 => numpy::dtype::<u8>(py),
            DType::U16 => numpy::dtype::<u16>(py),
            DType::F32 => numpy::dtype::<f32>(py),
        };
        let memory = Memory::of(&empty(py, &self.dims(), dtype)?)?;
        Ok(Target { memory, layout: self.layout, count: self.count })
    }

    /// The caller's array, if it is what is wanted and apart from what is taken.
    pub fn accept<'py>(
        &self,
        value: &Bound<'py, PyAny>,
        place: &str,
        taken: &[(usize, usize)],
    ) -> PyResult<Target<'py>> {
        let refuse = |message: String| Err(python_error(Error::refused(place, message)));
        let memory = Memory::of(&array(value, place)?)?;
        if dtype(&memory.dtype, place)? != self.dtype {
            let message = format!("dtype {}, the output is {}", memory.dtype, self.dtype.name());
            return Err(python_error(Error::kind(place, message)));
        }
        if memory.shape != self.dims() {
            return refuse(format!("shape {:?}, the output is {:?}", memory.shape, self.dims()));
        }
        if memory.flags & NPY_ARRAY_WRITEABLE == 0 {
            return refuse("the array is read-only".into());
        }
        if !memory.is_native() {
            return refuse("the array is not aligned and in native byte order".into());
        }
        if memory.overlaps_itself() {
            return refuse("the array's elements overlap".into());
        }
        let (low, high) = memory.extent();
        if taken.iter().any(|&(start, end)| low < end && start < high) {
            return refuse("the array overlaps an input or another output".into());
        }
        Ok(Target { memory, layout: self.layout, count: self.count })
    }
}

impl Target<'_> {
    /// Each image's memory. At most once per target.
    pub fn images(&self) -> impl Iterator<Item = StridedMut<'static>> {
        let Memory { start, shape, strides, .. } = &self.memory;
        let next = if self.layout.batch { strides[0] } else { 0 };
        let (start, (shape, strides)) = (*start, axes(shape, strides, self.layout));
        (0..self.count as isize).map(move |i| {
            // SAFETY: image i of an array that is new, or that `accept` has found writable,
            // aligned, apart from the inputs and without overlaps; `memory` keeps it alive.
            unsafe { StridedMut::from_raw(start.offset(i * next), shape, strides) }
        })
    }
}

/// A mask, or a map, of an image of `shape`: height x width, with or without channels, of a plain
/// type, or float32.
pub struct Mask<'py> {
    pub memory: Memory<'py>,
    pub of: MaskType,
    pub image: Strided<'static>,
    channels: Option<usize>,
}

pub fn mask<'py>(
    value: &Bound<'py, PyAny>,
    place: &str,
    is_map: bool,
    shape: Shape,
) -> PyResult<Mask<'py>> {
    let array = array(value, place)?;
    let memory = Memory::of(&array)?;
    let size = plain_size(&memory.dtype, place)?;
    if is_map && (memory.dtype.kind(), size) != (b'f', 4) {
        let message = format!(
            "dtype {}; the values of a map are interpolated, in float32: .astype(np.float32)",
            memory.dtype
        );
        return Err(python_error(Error::kind(place, message)));
    }
    // The words of a value of several can only be moved where values follow one another.
    let deep = (memory.shape.len() == 3).then(|| memory.strides[2]);
    let apart = size > 2 && deep.is_some_and(|deep| deep != size as isize);
    let memory = memory.native(apart, place)?;
    let kind = match memory.dtype.kind() {
        _ if is_map => MaskKind::Map,
        b'b' => MaskKind::Bool,
        b'u' => MaskKind::Unsigned,
        b'i' => MaskKind::Signed,
        _ => MaskKind::Float,
    };
    let axes = &memory.shape;
    let channels = axes.get(2).copied();
    if axes.len() < 2
        || axes.len() > 3
        || axes[..2] != [shape.height, shape.width]
        || channels == Some(0)
    {
        let (h, w) = (shape.height, shape.width);
        let what = if is_map { "map" } else { "mask" };
        let message =
            format!("shape {axes:?}; a {what} of this image is {h} x {w}, or that with channels");
        return Err(python_error(Error::refused(place, message)));
    }
    let strides = &memory.strides;
    let strides = [strides[0], strides[1], strides.get(2).copied().unwrap_or(0)];
    let shape = Shape::new(axes[0], axes[1], channels.unwrap_or(1));
    // SAFETY: NumPy vouches for the samples at these strides, `native` for their alignment; the
    // array is kept beside them and nobody writes to it during the call.
    let image = unsafe { Strided::from_raw(memory.start, shape, strides) };
    Ok(Mask { memory, of: MaskType { kind, size }, image, channels })
}

impl<'py> Mask<'py> {
    /// A new array of the mask's type for an output of this height and width.
    pub fn allocate(
        &self,
        height: usize,
        width: usize,
    ) -> PyResult<(Bound<'py, PyUntypedArray>, StridedMut<'static>)> {
        let py = self.memory.array.py();
        let mut dims = vec![height, width];
        dims.extend(self.channels);
        let Memory { array, start, strides, .. } =
            Memory::of(&empty(py, &dims, self.memory.dtype.clone())?)?;
        let strides = [strides[0], strides[1], strides.get(2).copied().unwrap_or(0)];
        let shape = Shape::new(height, width, self.channels.unwrap_or(1));
        // SAFETY: a new array of this shape, kept alive beside its memory.
        let image = unsafe { StridedMut::from_raw(start, shape, strides) };
        Ok((array, image))
    }
}

/// A shape and a dtype's name as an op meets them.
pub fn site([height, width, channels]: [usize; 3], dtype: &str) -> PyResult<Site> {
    let dtype = match dtype {
        "uint8" => DType::U8,
        "uint16" => DType::U16,
        "float32" => DType::F32,
        _ => {
            let message = format!("{dtype} is not uint8, uint16 or float32");
            return Err(python_error(Error::kind("dtype", message)));
        }
    };
    Ok(Site::new(Shape::new(height, width, channels), dtype))
}

/// The rows of a table of N columns.
pub fn rows<const N: usize>(table: &PyReadonlyArray2<'_, f64>) -> PyResult<Vec<[f64; N]>> {
    let table = table.as_array();
    if table.ncols() != N {
        let message = format!("{} columns instead of {N}", table.ncols());
        return Err(python_error(Error::refused("targets", message)));
    }
    let row = |row: ArrayView1<f64>| std::array::from_fn(|i| row[i]);
    memory::collect(table.rows().into_iter().map(row), "the targets").map_err(python_error)
}

pub fn table<'py, T: numpy::Element + Copy, const N: usize>(
    py: Python<'py>,
    rows: Vec<[T; N]>,
) -> PyResult<Bound<'py, PyArray2<T>>> {
    let count = rows.len();
    PyArray1::from_vec(py, rows.into_flattened()).reshape([count, N])
}
