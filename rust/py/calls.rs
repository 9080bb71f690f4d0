//! The pipeline as Python calls it: read the arguments, draw every sample, and only then, with
//! everything checked, allocate and write.

use std::collections::HashMap;
use std::sync::Mutex;

use bitaug::digest::hex;
use bitaug::error::{Error, parse_json};
use bitaug::image::{DType, Shape, Strided, StridedMut};
use bitaug::kernels::step::{Site, Step};
use bitaug::maths::fpenv::DefaultEnvironment;
use bitaug::memory;
use bitaug::pipeline::Keys;
use bitaug::pipeline::draw::At;
use bitaug::pipeline::params::Params;
use bitaug::pipeline::spec::Spec;
use bitaug::plan::run::{self, Kept, Plan};
use bitaug::plan::threads::{self, Ask, Pause};
use bitaug::random::address::{Address, Stream, stream_key};
use bitaug::simd::level;
use bitaug::targets::Targets;
use bitaug::targets::points::Points;
use numpy::{PyArray1, PyArray2, PyReadonlyArray2, PyUntypedArray};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use crate::arrays::{self, Expected, Layout, Source, Target, Wanted};
use crate::scalars::{self, Numbers, number, numbers};
use crate::{Signals, collected, python_error};

/// A compiled pipeline.
#[pyclass(frozen, module = "bitaug._core")]
pub struct Pipeline(bitaug::Pipeline);

/// One image of a call, before and after its parameters are drawn.
struct Item {
    src: Strided<'static>,
    dtype: DType,
    end: Site,
    /// What there is to do, in samples times steps.
    work: usize,
    /// None: to be drawn again when they are run.
    steps: Option<Vec<Step>>,
}

impl Item {
    fn new(src: Strided<'static>, dtype: DType, steps: Vec<Step>) -> Self {
        let site = Site::new(src.shape(), dtype);
        let end = steps.iter().fold(site, |site, step| step.site(site));
        let work = site.shape.len().max(end.shape.len()).saturating_mul(steps.len());
        Item { src, dtype, end, work, steps: Some(steps) }
    }
}

/// Of so many images of a call the steps are kept from when they are checked until they are run. The
/// others' are drawn again: the memory that steps take does not grow with the batch.
const KEPT_STEPS: usize = 1024;

/// The keys of the repeats that were asked for.
#[derive(Default)]
struct KeyRing(HashMap<u32, Keys>);

impl KeyRing {
    /// Each image may have a repeat of its own.
    const MOST: usize = 64;

    fn of(&mut self, pipeline: &bitaug::Pipeline, samples: &Samples, repeat: u32) -> &Keys {
        if self.0.len() >= Self::MOST && !self.0.contains_key(&repeat) {
            self.0.clear();
        }
        let stream = samples.stream.label();
        let keys = || {
            let key = stream_key(samples.seed, stream, repeat);
            pipeline.keys(key).without(samples.missing)
        };
        self.0.entry(repeat).or_insert_with(keys)
    }
}

/// Draws the samples of a call.
#[derive(Clone, Copy)]
struct Draw<'a> {
    pipeline: &'a bitaug::Pipeline,
    samples: &'a Samples,
    /// There is one image, which needs no number in errors.
    single: bool,
}

impl Draw<'_> {
    fn steps(&self, keys: &mut KeyRing, i: usize, site: Site) -> bitaug::Result<Vec<Step>> {
        let Draw { pipeline, samples, .. } = *self;
        let keys = keys.of(pipeline, samples, samples.repeat.at(i) as u32);
        let (epoch, index) = (samples.epoch.at(i) as u32, samples.index.at(i));
        let at = At { keys, epoch, index, frame: 0 };
        pipeline.draw(at, site, None).map_err(|e| self.at(i, e))
    }

    /// An error, at one image of several.
    fn at(&self, i: usize, error: Error) -> Error {
        if self.single { error } else { error.at(i, self.samples.shown(i)) }
    }

    /// Draws all, so that what is wrong is found before anything is written.
    fn all(
        &self,
        images: impl Iterator<Item = (Strided<'static>, DType)>,
        ask: Ask,
    ) -> bitaug::Result<Vec<Item>> {
        let (mut keys, mut pause) = (KeyRing::default(), Pause::new(ask));
        let one = |(i, (src, dtype)): (usize, (Strided<'static>, DType))| {
            pause.ask()?;
            self.pipeline.check_range(&src, dtype).map_err(|e| self.at(i, e))?;
            let steps = self.steps(&mut keys, i, Site::new(src.shape(), dtype))?;
            let mut item = Item::new(src, dtype, steps);
            if i >= KEPT_STEPS {
                item.steps = None;
            }
            Ok(item)
        };
        memory::try_collect(images.enumerate().map(one), BATCH)
    }
}

const BATCH: &str = "the images of a batch";
const MASKS: &str = "the masks";

/// The samples that a call is about. What is missing of their addresses is 0.
struct Samples {
    seed: u64,
    stream: Stream,
    epoch: Numbers,
    index: Numbers,
    repeat: Numbers,
    /// The index as it was given.
    given: Py<PyAny>,
    /// The first argument that is missing.
    missing: Option<&'static str>,
}

const MAX_EPOCH: u64 = u32::MAX as u64;

impl Samples {
    fn read(
        seed: &Bound<'_, PyAny>,
        epoch: &Bound<'_, PyAny>,
        index: &Bound<'_, PyAny>,
        stream: &Bound<'_, PyAny>,
        repeat: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let none = |value: &Bound<'_, PyAny>| value.is_none();
        let or_zero = |value: &Bound<'_, PyAny>, name, max, keys| {
            if none(value) { Ok(Numbers::One(0)) } else { numbers(value, name, max, keys) }
        };
        let names = [("seed", seed), ("epoch", epoch), ("index", index)];
        Ok(Samples {
            seed: if none(seed) { 0 } else { number(seed, "seed", u64::MAX)? },
            stream: scalars::stream(stream)?,
            epoch: or_zero(epoch, "epoch", MAX_EPOCH, false)?,
            index: or_zero(index, "index", u64::MAX, true)?,
            repeat: numbers(repeat, "repeat", MAX_EPOCH, false)?,
            given: index.clone().unbind(),
            missing: names.into_iter().find(|(_, value)| none(value)).map(|(name, _)| name),
        })
    }

    /// The index of one sample of a batch, as it was given.
    fn shown(&self, position: usize) -> Option<String> {
        Python::attach(|py| {
            let given = self.given.bind(py);
            let key =
                given.get_item(position).ok().and_then(|key| key.cast_into::<PyString>().ok());
            let text = key.and_then(|key| key.to_cow().ok().map(|text| format!("{text:?}")));
            text.or_else(|| (!given.is_none()).then(|| self.index.at(position).to_string()))
        })
    }

    fn is_many(&self) -> bool {
        matches!(self.index, Numbers::Many(_))
    }

    /// Each image must have an index of its own, a single image a single one.
    fn check(&self, count: usize, single: bool) -> PyResult<()> {
        let is_missing = Python::attach(|py| self.given.is_none(py));
        if single == self.is_many() && !is_missing {
            let message = if single {
                "several indices for one image; give one index, or label a batch with its layout"
            } else if count == 0 {
                "one index for no images; give one per image"
            } else {
                "one index for several images: they would get the same draws; give one per image"
            };
            return Err(python_error(Error::refused("index", message)));
        }
        self.epoch.check_len("epoch", count)?;
        self.index.check_len("index", count)?;
        self.repeat.check_len("repeat", count)
    }

    fn address(&self) -> PyResult<Address> {
        self.check(1, true)?;
        Ok(Address {
            seed: self.seed,
            stream: self.stream.clone(),
            epoch: self.epoch.at(0) as u32,
            index: self.index.at(0),
            repeat: self.repeat.at(0) as u32,
        })
    }
}

/// One sample's address, checked: (seed, the stream's label, epoch, index, repeat).
#[pyfunction]
pub fn address(
    seed: &Bound<'_, PyAny>,
    epoch: &Bound<'_, PyAny>,
    index: &Bound<'_, PyAny>,
    stream: &Bound<'_, PyAny>,
    repeat: &Bound<'_, PyAny>,
) -> PyResult<(u64, u64, u32, u64, u32)> {
    let samples = Samples::read(seed, epoch, index, stream, repeat)?;
    if let Some(argument) = samples.missing {
        return Err(python_error(Error::Missing(argument)));
    }
    let Address { seed, stream, epoch, index, repeat } = samples.address()?;
    Ok((seed, stream.label(), epoch, index, repeat))
}

/// The arguments of a call: one array, or one per image.
enum Inputs<'py> {
    Array(Source<'py>),
    List(Vec<Source<'py>>),
}

impl<'py> Inputs<'py> {
    fn read(images: &Bound<'py, PyAny>, layout: Option<&str>, many: bool) -> PyResult<Self> {
        if !images.is_instance_of::<PyList>() && !images.is_instance_of::<PyTuple>() {
            let expected = Expected::by(many);
            return arrays::source(images, "images", layout, expected).map(Inputs::Array);
        }
        let sources = images.try_iter()?.enumerate().map(|(i, image)| {
            let place = format!("images[{i}]");
            arrays::source(&image?, &place, layout, Expected::IMAGE)
        });
        collected(sources, BATCH).map(Inputs::List)
    }

    fn sources(&self) -> &[Source<'py>] {
        match self {
            Inputs::Array(source) => std::slice::from_ref(source),
            Inputs::List(sources) => sources,
        }
    }

    fn count(&self) -> usize {
        self.sources().iter().fold(0, |count, source| count + source.count)
    }

    fn is_single(&self) -> bool {
        matches!(self, Inputs::Array(source) if !source.layout.is_batch())
    }

    /// The images with their types and the layout of each.
    fn images(&self) -> impl Iterator<Item = (Strided<'static>, DType, Layout)> {
        self.sources().iter().flat_map(|source| {
            let (dtype, layout) = (source.dtype, source.layout.single());
            source.images().map(move |image| (image, dtype, layout))
        })
    }
}

/// Where a call's outputs go.
enum Outputs<'py> {
    One(Target<'py>),
    Each(Vec<Target<'py>>),
}

impl<'py> Outputs<'py> {
    fn images(&self) -> impl Iterator<Item = StridedMut<'static>> {
        let targets = match self {
            Outputs::One(target) => std::slice::from_ref(target),
            Outputs::Each(targets) => targets,
        };
        targets.iter().flat_map(Target::images)
    }

    fn into_python(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Outputs::One(target) => Ok(target.memory.array.into_any()),
            Outputs::Each(targets) => {
                let arrays = targets.into_iter().map(|target| target.memory.array);
                Ok(PyList::new(py, arrays)?.into_any())
            }
        }
    }
}

/// New memory for outputs, or the caller's.
fn prepare<'py>(
    py: Python<'py>,
    wanted: &Wants,
    out: Option<&Bound<'py, PyAny>>,
    inputs: &[(usize, usize)],
) -> PyResult<Outputs<'py>> {
    match (wanted, out) {
        (Wants::One(wanted), None) => wanted.allocate(py).map(Outputs::One),
        (Wants::One(wanted), Some(out)) => wanted.accept(out, "out", inputs).map(Outputs::One),
        (Wants::Each(all), None) => {
            let targets = all.iter().map(|wanted| wanted.allocate(py));
            collected(targets, BATCH).map(Outputs::Each)
        }
        (Wants::Each(all), Some(out)) => {
            let refuse = |message: String| Err(python_error(Error::refused("out", message)));
            let Ok(list) = out.cast::<PyList>() else {
                return refuse("not a list; the outputs are a list of arrays".into());
            };
            if list.len() != all.len() {
                return refuse(format!("{} arrays for {} outputs", list.len(), all.len()));
            }
            let mut taken = memory::collect(inputs.iter().copied(), BATCH).map_err(python_error)?;
            let mut targets = Vec::new();
            for (i, (wanted, out)) in all.iter().zip(list).enumerate() {
                let target = wanted.accept(&out, &format!("out[{i}]"), &taken)?;
                memory::push(&mut taken, target.memory.extent(), BATCH).map_err(python_error)?;
                memory::push(&mut targets, target, BATCH).map_err(python_error)?;
            }
            Ok(Outputs::Each(targets))
        }
    }
}

enum Wants {
    One(Wanted),
    Each(Vec<Wanted>),
}

/// What a thread that makes images keeps from one to the next.
#[derive(Default)]
struct Thread {
    scratch: Kept,
    keys: KeyRing,
}

/// Runs every item into its memory, without the GIL.
fn make(
    py: Python<'_>,
    draw: Option<Draw>,
    items: Vec<Item>,
    outputs: &Outputs,
    threads: usize,
    fuse: bool,
) -> PyResult<()> {
    let level = level::best().map_err(python_error)?;
    let jobs = items.into_iter().zip(outputs.images()).map(|job| Mutex::new(Some(job)));
    let jobs = memory::collect(jobs, BATCH).map_err(python_error)?;
    Signals::watch(py, |ask| {
        threads::each(jobs.len(), threads, ask, |thread: &mut Thread, i| {
            let job = jobs[i].lock().ok().and_then(|mut job| job.take());
            let (Item { src, dtype, steps, .. }, mut dst) = job.expect("each job is taken once");
            let steps = match steps {
                Some(steps) => steps,
                None => {
                    let draw = draw.expect("who drew it can draw it again");
                    draw.steps(&mut thread.keys, i, Site::new(src.shape(), dtype))?
                }
            };
            let plan = if fuse { Plan::fused(steps)? } else { Plan::stepwise(steps) };
            plan.run(level, dtype, &src, &mut dst, &mut thread.scratch.0)
        })
    })
}

impl Pipeline {
    /// What the outputs look like: one array if the input is one and no draw changes the shape.
    fn wants(&self, inputs: &Inputs, items: &[Item], stack: bool) -> PyResult<Wants> {
        let each = |(item, (_, dtype, layout)): (&Item, (_, DType, Layout))| {
            let site = Site::new(item.src.shape(), dtype);
            let (out, planar, _) = self.0.output(site);
            Wanted::new(layout, planar, out, 1, item.end.shape)
        };
        if let Inputs::Array(source) = inputs {
            let site = Site::new(source.shape, source.dtype);
            let (dtype, planar, shape) = self.0.output(site);
            let drawn = items.first().map(|item| item.end.shape);
            if let Some(shape) = if source.layout.is_batch() { shape } else { drawn } {
                let wanted = Wanted::new(source.layout, planar, dtype, source.count, shape);
                return Ok(Wants::One(wanted));
            }
        }
        let all = memory::collect(items.iter().zip(inputs.images()).map(each), BATCH);
        let all = all.map_err(python_error)?;
        match all.first() {
            Some(first) if stack => {
                for (i, wanted) in all.iter().enumerate() {
                    if !first.stacks_with(wanted) {
                        let message = format!(
                            "output {i} is {}, output 0 is {}: they do not stack",
                            wanted.describe(),
                            first.describe()
                        );
                        return Err(python_error(Error::refused("stack", message)));
                    }
                }
                Ok(Wants::One(first.stacked(all.len())))
            }
            None if stack => {
                Err(python_error(Error::refused("stack", "there are no images to stack")))
            }
            _ => Ok(Wants::Each(all)),
        }
    }
}

#[pymethods]
impl Pipeline {
    /// From a node: an op or a Compose, as JSON.
    #[new]
    fn new(node: &str) -> PyResult<Self> {
        let _default = DefaultEnvironment::enter();
        let value = parse_json("pipeline", node).map_err(python_error)?;
        let spec = Spec::from_value(value).map_err(python_error)?;
        Ok(Pipeline(bitaug::Pipeline::new(spec)))
    }

    /// From a document.
    #[staticmethod]
    fn from_json(text: &str) -> PyResult<Self> {
        let _default = DefaultEnvironment::enter();
        let spec = Spec::from_json(text).map_err(python_error)?;
        Ok(Pipeline(bitaug::Pipeline::new(spec)))
    }

    fn to_json(&self) -> String {
        self.0.spec().to_json()
    }

    /// The complete node as JSON.
    fn node(&self) -> String {
        self.0.spec().to_value().to_string()
    }

    fn digest(&self) -> String {
        hex(self.0.digest())
    }

    /// Images through the pipeline: an array or a list of arrays. `sparing`: on fewer threads where
    /// so many would not help.
    #[pyo3(signature = (images, seed, epoch, index, stream, repeat, layout, threads, sparing, out, stack, fuse=true))]
    #[allow(clippy::too_many_arguments, reason = "they are Python's keyword arguments")]
    fn images<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
        seed: &Bound<'py, PyAny>,
        epoch: &Bound<'py, PyAny>,
        index: &Bound<'py, PyAny>,
        stream: &Bound<'py, PyAny>,
        repeat: &Bound<'py, PyAny>,
        layout: Option<&str>,
        threads: usize,
        sparing: bool,
        out: Option<&Bound<'py, PyAny>>,
        stack: bool,
        fuse: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _default = DefaultEnvironment::enter();
        let samples = Samples::read(seed, epoch, index, stream, repeat)?;
        let inputs = Inputs::read(images, layout, samples.is_many())?;
        samples.check(inputs.count(), inputs.is_single())?;
        let draw = Draw { pipeline: &self.0, samples: &samples, single: inputs.is_single() };
        let images = inputs.images().map(|(image, dtype, _)| (image, dtype));
        let images = memory::collect(images, BATCH).map_err(python_error)?;
        let items = if draw.single {
            draw.all(images.into_iter(), &threads::go_on).map_err(python_error)
        } else {
            Signals::watch(py, |ask| draw.all(images.into_iter(), ask))
        }?;
        let wants = self.wants(&inputs, &items, stack)?;
        let extents = memory::collect(inputs.sources().iter().map(Source::extent), BATCH);
        let outputs = prepare(py, &wants, out, &extents.map_err(python_error)?)?;
        let work = items.iter().fold(0_usize, |sum, item| sum.saturating_add(item.work));
        let threads = if sparing { threads::useful(threads, work) } else { threads };
        make(py, Some(draw), items, &outputs, threads, fuse)?;
        outputs.into_python(py)
    }

    /// One sample's parameters as JSON.
    #[pyo3(signature = (*, seed, epoch, index, stream, repeat, shape, dtype))]
    #[allow(clippy::too_many_arguments, reason = "they are Python's keyword arguments")]
    fn params(
        &self,
        seed: &Bound<'_, PyAny>,
        epoch: &Bound<'_, PyAny>,
        index: &Bound<'_, PyAny>,
        stream: &Bound<'_, PyAny>,
        repeat: &Bound<'_, PyAny>,
        shape: [usize; 3],
        dtype: &str,
    ) -> PyResult<String> {
        let _default = DefaultEnvironment::enter();
        let samples = Samples::read(seed, epoch, index, stream, repeat)?;
        let site = arrays::site(shape, dtype)?;
        let params = self.0.params(&samples.address()?, samples.missing, site, None);
        let params = params.map_err(python_error)?;
        Ok(serde_json::to_string(&params).expect("parameters are plain data"))
    }

    /// One sample with its targets: by its parameters as JSON if they are given, else by its
    /// address; after `limit` steps if that is given. Returns (image, masks, boxes, positions of the boxes kept, points).
    #[pyo3(signature = (image, masks, boxes, points, *, params, seed, epoch, index, stream, repeat, layout, out, limit=None))]
    #[allow(clippy::too_many_arguments, reason = "they are Python's keyword arguments")]
    #[allow(clippy::type_complexity, reason = "a tuple for Python to unpack")]
    fn sample<'py>(
        &self,
        py: Python<'py>,
        image: &Bound<'py, PyAny>,
        masks: Vec<(String, Bound<'py, PyAny>)>,
        boxes: Option<PyReadonlyArray2<'py, f64>>,
        points: Option<PyReadonlyArray2<'py, f64>>,
        params: Option<&str>,
        seed: &Bound<'py, PyAny>,
        epoch: &Bound<'py, PyAny>,
        index: &Bound<'py, PyAny>,
        stream: &Bound<'py, PyAny>,
        repeat: &Bound<'py, PyAny>,
        layout: Option<&str>,
        out: Option<&Bound<'py, PyAny>>,
        limit: Option<usize>,
    ) -> PyResult<(
        Bound<'py, PyAny>,
        Vec<Bound<'py, PyUntypedArray>>,
        Option<Bound<'py, PyArray2<f64>>>,
        Option<Bound<'py, PyArray1<i64>>>,
        Option<Bound<'py, PyArray2<f64>>>,
    )> {
        let _default = DefaultEnvironment::enter();
        let source = arrays::source(image, "image", layout, Expected::IMAGE)?;
        let (shape, dtype) = (source.shape, source.dtype);
        let site = Site::new(shape, dtype);
        let masks = masks.iter().map(|(name, mask)| {
            let mask = arrays::mask(mask, name, shape)?;
            let held = self.0.check_mask(mask.of);
            held.map(|()| mask).map_err(python_error)
        });
        let masks = collected(masks, MASKS)?;
        let image = source.images().next().expect("no batch");
        self.0.check_range(&image, dtype).map_err(python_error)?;
        let boxes = boxes.map(|boxes| arrays::rows::<4>(&boxes)).transpose()?;
        let bbox_params = self.0.spec().bbox_params;
        let mut boxes =
            boxes.map(|boxes| bbox_params.read(&boxes, shape)).transpose().map_err(python_error)?;
        let seen = masks.iter().map(|mask| (mask.of, mask.image));
        let seen = memory::collect(seen, MASKS).map_err(python_error)?;
        let targets = Targets { boxes: boxes.clone(), masks: &seen };
        let mut steps = match params {
            Some(text) => {
                let value = parse_json("params", text).map_err(python_error)?;
                let params = Params::from_value(value).map_err(python_error)?;
                self.0.replay(&params, site, 0)
            }
            None => {
                let samples = Samples::read(seed, epoch, index, stream, repeat)?;
                let address = samples.address()?;
                let keys = self.0.keys(address.stream_key()).without(samples.missing);
                let Address { epoch, index, .. } = address;
                self.0.draw(At { keys: &keys, epoch, index, frame: 0 }, site, Some(targets))
            }
        }
        .map_err(python_error)?;
        steps.truncate(limit.unwrap_or(steps.len()));
        let planar = steps.iter().any(|step| matches!(step, Step::Planar));

        let points = points.map(|points| arrays::rows::<2>(&points)).transpose()?;
        let mut points = points.map(Points::new);
        for step in &steps {
            boxes.iter_mut().for_each(|boxes| step.boxes(boxes));
            points.iter_mut().for_each(|points| step.points(points));
        }
        let moved = boxes.map(|boxes| bbox_params.finish(boxes)).transpose();
        let moved = moved.map_err(python_error)?;

        let item = Item::new(image, dtype, steps);
        let wanted = Wanted::new(source.layout, planar, item.end.dtype, 1, item.end.shape);
        let extents = std::iter::once(source.extent());
        let extents = extents.chain(masks.iter().map(|mask| mask.memory.extent()));
        let extents = memory::collect(extents, MASKS).map_err(python_error)?;
        let outputs = prepare(py, &Wants::One(wanted), out, &extents)?;
        let steps = item.steps.as_deref().unwrap_or_default();
        let level = level::best().map_err(python_error)?;
        let moved_masks = masks.iter().map(|mask| {
            let Shape { height, width, .. } = item.end.shape;
            let (array, mut memory) = mask.allocate(height, width)?;
            let (of, image) = (mask.of, &mask.image);
            Signals::watch(py, |ask| {
                let Kept(scratch) = &mut Kept::default();
                run::mask(level, steps, of, image, &mut memory, scratch)?;
                ask()
            })?;
            Ok(array)
        });
        let moved_masks = collected(moved_masks, MASKS)?;
        make(py, None, vec![item], &outputs, 1, true)?;
        let (moved, kept) = moved.unzip();
        Ok((
            outputs.into_python(py)?,
            moved_masks,
            moved.map(|rows| arrays::table(py, rows)).transpose()?,
            kept.map(|kept| PyArray1::from_vec(py, kept)),
            points.map(|points| arrays::table(py, points.finish())).transpose()?,
        ))
    }

    /// (dtype, channels first?, shape or None where a draw changes it) of an output.
    fn output(
        &self,
        shape: [usize; 3],
        dtype: &str,
    ) -> PyResult<(&'static str, bool, Option<[usize; 3]>)> {
        let (dtype, planar, shape) = self.0.output(arrays::site(shape, dtype)?);
        Ok((dtype.name(), planar, shape.map(|s| [s.height, s.width, s.channels])))
    }
}
