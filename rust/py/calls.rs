//! The pipeline as Python calls it: read the arguments, draw every sample, and only then, with
//! everything checked, allocate and write.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use bitaug::digest::hex;
use bitaug::error::{Error, parse_json};
use bitaug::image::{DType, Shape, Strided, StridedMut};
use bitaug::kernels::step::{Site, Step};
use bitaug::maths::fpenv::DefaultEnvironment;
use bitaug::memory;
use bitaug::mix::{Keyed, Other, Others, Places};
use bitaug::pipeline::Keys;
use bitaug::pipeline::draw::{At, Drawn};
use bitaug::pipeline::params::Params;
use bitaug::pipeline::spec::Spec;
use bitaug::plan::run::{self, Kept, Plan};
use bitaug::plan::threads::{self, Ask, Pause};
use bitaug::random::address::{Address, Stream, stream_key};
use bitaug::simd::level;
use bitaug::targets::boxes::Boxes;
use bitaug::targets::masks::MaskType;
use bitaug::targets::points::Points;
use bitaug::targets::{Targets, Whole};
use numpy::{PyArray1, PyArray2, PyReadonlyArray2, PyUntypedArray};
use pyo3::prelude::*;
use pyo3::types::{PyEllipsis, PyList, PyString, PyTuple};

use crate::arrays::{self, Expected, Layout, Mask, Source, Target, Wanted};
use crate::custom;
use crate::scalars::{self, Numbers, number, numbers};
use crate::{Signals, collected, python_error};

/// A compiled pipeline.
#[pyclass(frozen, module = "bitaug._core")]
pub struct Pipeline(bitaug::Pipeline);

/// One image of a call, before and after its parameters are drawn.
struct Frame {
    src: Strided<'static>,
    dtype: DType,
    /// What a function has made of the sample, to be gone on with instead.
    made: Option<Box<Whole>>,
    end: Site,
    /// Whether channels come first in the end.
    planar: bool,
    /// None: to be drawn again when they are run.
    steps: Option<Vec<Step>>,
}

impl Frame {
    fn new(src: Strided<'static>, dtype: DType, Drawn { steps, made }: Drawn) -> Self {
        let mut end =
            made.as_ref().map_or(Site::new(src.shape(), dtype), |m| m.image.view().site());
        end = steps.iter().fold(end, |site, step| step.site(site));
        let planar = steps.iter().any(|step| matches!(step, Step::Planar));
        Frame { src, dtype, made, end, planar, steps: Some(steps) }
    }

    /// What its steps start from.
    fn start(&self) -> (DType, Strided<'_>) {
        match &self.made {
            Some(made) => (made.image.view().dtype(), made.image.view().into()),
            None => (self.dtype, self.src),
        }
    }
}

/// One image of a call with what comes with it.
struct Item {
    image: Frame,
    /// What there is to do, in samples times steps.
    work: usize,
    beside: Option<Box<Company>>,
}

/// What comes with an image, before it is moved and after.
struct Company {
    /// Further images of the sample, which have its parameters but noise of their own.
    frames: Vec<Frame>,
    masks: Vec<(MaskType, Strided<'static>)>,
    /// As they were given, for what is drawn again.
    given: Option<Boxes>,
    boxes: Option<Boxes>,
    points: Option<Points>,
    /// Which samples there are in it, and what each counts for; nothing if it is not mixed.
    mixed: Vec<(u64, f64)>,
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

/// Where a call's steps come from.
#[derive(Clone, Copy)]
struct Draw<'a> {
    pipeline: &'a bitaug::Pipeline,
    samples: &'a Samples,
    /// What was drawn before, instead of an address; and how many ops of it are run.
    params: Option<&'a Params>,
    limit: usize,
    /// There is one image, which needs no number in errors.
    single: bool,
    /// The images are the frames of one sample.
    clip: bool,
    /// What comes with all of them: it is the first that has it.
    shared: Option<&'a Targets<'a>>,
    others: Option<&'a Others>,
}

impl Draw<'_> {
    /// What is to be done with a sample at one of its frames.
    fn drawn_of(
        &self,
        keys: &mut KeyRing,
        (i, frame): (usize, u32),
        (src, dtype): (Strided<'static>, DType),
        targets: Option<Targets>,
    ) -> bitaug::Result<Drawn> {
        let Draw { pipeline, samples, .. } = *self;
        let site = Site::new(src.shape(), dtype);
        let targets = targets.or_else(|| self.shared.cloned()).unwrap_or_default();
        let targets = Some(Targets { image: Some((dtype, src)), ..targets });
        let drawn = match self.params {
            Some(params) => pipeline.replay(params, site, frame, self.limit, targets, self.others),
            None => {
                let keys = keys.of(pipeline, samples, samples.repeat.at(i) as u32);
                let (epoch, index) = (samples.epoch.at(i) as u32, samples.index.at(i));
                let at = At { keys, epoch, index, frame, others: self.others };
                pipeline.draw(at, site, targets)
            }
        };
        drawn.map_err(|e| self.at(i, e))
    }

    /// Which sample an image is of, and which of its frames.
    fn frame(&self, image: usize) -> (usize, u32) {
        if self.clip { (0, image as u32) } else { (image, 0) }
    }

    /// An error, at one image of several.
    fn at(&self, i: usize, error: Error) -> Error {
        if self.single { error } else { error.at(i, self.samples.shown(i)) }
    }

    /// An image that is checked, and its steps.
    fn drawn(
        &self,
        keys: &mut KeyRing,
        at: (usize, u32),
        (src, dtype): (Strided<'static>, DType),
        targets: Option<Targets>,
    ) -> bitaug::Result<Frame> {
        self.pipeline.check_range(&src, dtype).map_err(|e| self.at(at.0, e))?;
        if let Some(others) = self.others {
            self.pipeline.check_alike(&src, dtype, others).map_err(|e| self.at(at.0, e))?;
        }
        let drawn = self.drawn_of(keys, at, (src, dtype), targets)?;
        Ok(Frame::new(src, dtype, drawn))
    }

    /// Draws all, so that what is wrong is found before anything is written.
    fn all(
        &self,
        images: Vec<(Strided<'static>, DType)>,
        beside: Option<Vec<Company>>,
        further: Vec<Vec<(Strided<'static>, DType)>>,
        ask: Ask,
    ) -> bitaug::Result<Vec<Item>> {
        let (mut keys, mut pause, count) = (KeyRing::default(), Pause::new(ask), images.len());
        let mut beside = beside.into_iter().flatten();
        let mut further = further.into_iter();
        let one = |(i, given): (usize, (Strided<'static>, DType))| {
            pause.ask()?;
            let at = self.frame(i);
            let mut company = beside.next();
            let targets = company.as_ref().map(Company::targets);
            let mut image = self.drawn(&mut keys, at, given, targets)?;
            let steps = image.steps.as_deref().unwrap_or_default();
            let most = image.src.shape().len().max(image.end.shape.len());
            let mut work = most.saturating_mul(steps.len());
            if let Some(company) = &mut company {
                if let Some(others) = self.others {
                    let own = self.params.map_or(self.samples.index.at(at.0), |p| p.index);
                    company.mixed.push((others.places.of(own)?, 1.0));
                }
                if let Some(made) = &image.made {
                    (company.boxes, company.points) = (made.boxes.clone(), made.points.clone());
                }
                company.follow(steps);
                let others = further.next().unwrap_or_default().into_iter();
                let first = if self.clip { count } else { 1 };
                let frames = others.enumerate().map(|(k, other)| {
                    let at = (at.0, (first + k) as u32);
                    self.drawn(&mut keys, at, other, Some(company.targets()))
                });
                company.frames = memory::try_collect(frames, BATCH)?;
                work = work.saturating_mul(1 + company.frames.len() + company.masks.len());
            }
            if i >= KEPT_STEPS && image.made.is_none() {
                image.steps = None;
            }
            Ok(Item { image, work, beside: company.map(Box::new) })
        };
        memory::try_collect(images.into_iter().enumerate().map(one), BATCH)
    }
}

impl Company {
    fn targets(&self) -> Targets<'_> {
        let Company { given, points, masks, .. } = self;
        Targets { image: None, boxes: given.clone(), points: points.clone(), masks }
    }

    /// Refuses samples to mix with that lack what comes with this one.
    fn check(&self, others: &Others) -> bitaug::Result<()> {
        for (position, other) in &others.samples {
            let kinds = |masks: &[(MaskType, Strided)]| {
                let kinds = masks.iter().map(|(of, mask)| (*of, mask.shape().channels));
                memory::collect(kinds, MASKS)
            };
            let lacking = [
                ("masks of the number and types that the sample has", {
                    !self.masks.is_empty() && kinds(&self.masks)? != kinds(&other.masks)?
                }),
                ("bboxes", self.boxes.is_some() && other.boxes.is_none()),
                ("keypoints", self.points.is_some() && other.points.is_none()),
            ];
            if let Some((what, _)) = lacking.iter().find(|(_, lacking)| *lacking) {
                return Err(Error::refused(format!("partner {position}"), format!("no {what}")));
            }
        }
        Ok(())
    }

    fn follow(&mut self, steps: &[Step]) {
        for step in steps {
            self.boxes.iter_mut().for_each(|boxes| step.boxes(boxes));
            self.points.iter_mut().for_each(|points| step.points(points));
            step.count(&mut self.mixed);
        }
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

/// What a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Batch,
    Image,
    Clip,
}

/// The arguments of a call: one array, or one per image.
enum Inputs<'py> {
    Array(Source<'py>),
    List(Vec<Source<'py>>),
}

impl<'py> Inputs<'py> {
    fn read(
        images: &Bound<'py, PyAny>,
        layout: Option<&str>,
        form: Form,
        many: bool,
    ) -> PyResult<Self> {
        if form == Form::Image {
            return arrays::source(images, "image", layout, Expected::IMAGE).map(Inputs::Array);
        }
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

    fn arrays(&self) -> impl Iterator<Item = &Bound<'py, PyUntypedArray>> {
        let targets = match self {
            Outputs::One(target) => std::slice::from_ref(target),
            Outputs::Each(targets) => targets,
        };
        targets.iter().map(|target| &target.memory.array)
    }

    /// With the values of others of the same shapes.
    fn copied(self, others: Self) -> PyResult<Self> {
        for (array, other) in self.arrays().zip(others.arrays()) {
            array.set_item(PyEllipsis::get(array.py()), other)?;
        }
        Ok(self)
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

/// Where the image of an item goes, and what comes with it.
struct Job {
    item: Item,
    image: StridedMut<'static>,
    frames: Vec<StridedMut<'static>>,
    masks: Vec<StridedMut<'static>>,
}

impl Job {
    fn run(self, draw: Draw, i: usize, fuse: bool, thread: &mut Thread) -> bitaug::Result<()> {
        let level = level::best()?;
        let Item { mut image, beside, .. } = self.item;
        let at = draw.frame(i);
        let steps = match image.steps.take() {
            Some(steps) => steps,
            None => {
                let targets = beside.as_ref().map(|company| company.targets());
                draw.drawn_of(&mut thread.keys, at, (image.src, image.dtype), targets)?.steps
            }
        };
        let named = |e| draw.at(at.0, e);
        let scratch = &mut thread.scratch.0;
        let run = |frame: &Frame, steps, mut dst: StridedMut, scratch: &mut _| {
            let plan = if fuse { Plan::fused(steps)? } else { Plan::stepwise(steps)? };
            let (dtype, src) = frame.start();
            plan.run(level, dtype, &src, &mut dst, scratch)
        };
        if let Some(company) = beside {
            let Company { frames, masks, .. } = *company;
            for (place, ((of, src), mut dst)) in masks.into_iter().zip(self.masks).enumerate() {
                let src = image.made.as_ref().map_or(src, |made| made.masks[place].image());
                run::mask(level, &steps, (of, place), &src, &mut dst, scratch).map_err(named)?;
            }
            for (mut frame, dst) in frames.into_iter().zip(self.frames) {
                let steps = frame.steps.take().expect("those of further images are kept");
                run(&frame, steps, dst, scratch).map_err(named)?;
            }
        }
        run(&image, steps, self.image, scratch).map_err(named)
    }
}

/// Runs every job, without the GIL.
fn make(py: Python<'_>, draw: Draw, jobs: Vec<Job>, threads: usize, fuse: bool) -> PyResult<()> {
    let jobs = jobs.into_iter().map(|job| Mutex::new(Some(job)));
    let jobs = memory::collect(jobs, BATCH).map_err(python_error)?;
    Signals::watch(py, |ask| {
        threads::each(jobs.len(), threads, ask, |thread: &mut Thread, i| {
            let job = jobs[i].lock().ok().and_then(|mut job| job.take());
            job.expect("each job is taken once").run(draw, i, fuse, thread)
        })
    })
}

/// What comes with an image, as Python gives it: further images by name; masks, and whether they
/// are maps; boxes, points.
type Given<'py> = (
    Vec<(String, Bound<'py, PyAny>)>,
    Vec<(String, Bound<'py, PyAny>, bool)>,
    Option<PyReadonlyArray2<'py, f64>>,
    Option<PyReadonlyArray2<'py, f64>>,
);

/// The same once it is moved: further images, masks, boxes and which of them are left, points and
/// of each sample that they are from whether it is seen mirrored; which samples these are, and what
/// each counts for.
type Moved<'py> = (
    Vec<Bound<'py, PyUntypedArray>>,
    Vec<Bound<'py, PyUntypedArray>>,
    Option<Bound<'py, PyArray2<f64>>>,
    Option<Bound<'py, PyArray1<i64>>>,
    Option<Bound<'py, PyArray2<f64>>>,
    Vec<bool>,
    Vec<(u64, f64)>,
);

/// How many samples there are to mix with, or their keys, and those that are needed: their
/// positions, images and what comes with these.
type Partners<'py> = (Numbered<'py>, Vec<(u64, Bound<'py, PyAny>, Given<'py>)>);

/// Positions as Python gives them.
#[derive(FromPyObject)]
enum Numbered<'py> {
    Keys(PyRef<'py, DataKeys>),
    Size(u64),
}

impl From<Numbered<'_>> for Places {
    fn from(given: Numbered) -> Places {
        match given {
            Numbered::Keys(keys) => keys.0.clone(),
            Numbered::Size(size) => Places::Numbered(size),
        }
    }
}

/// The keys of a data set by position.
#[pyclass(frozen, name = "Keys", module = "bitaug._core")]
pub struct DataKeys(Places);

#[pymethods]
impl DataKeys {
    #[new]
    fn new(keys: &Bound<'_, PyAny>) -> PyResult<Self> {
        let labels = match numbers(keys, "partners", u64::MAX, true)? {
            Numbers::Many(labels) => labels,
            Numbers::One(label) => vec![label],
        };
        let keyed = Keyed::new(labels).ok_or_else(|| {
            python_error(Error::refused("partners", "two keys, or their labels, are alike"))
        })?;
        Ok(DataKeys(Places::Keyed(Arc::new(keyed))))
    }
}

/// What holds the memory of samples to mix with: images and masks.
type Arrays<'py> = Vec<(Source<'py>, Vec<Mask<'py>>)>;

/// What comes with an image, read: its arrays stay alive beside it.
struct Beside<'py> {
    frames: Vec<Source<'py>>,
    masks: Vec<Mask<'py>>,
    company: Company,
}

impl Pipeline {
    /// What the outputs look like: one array if the input is one and no draw changes the shape.
    fn wants(&self, inputs: &Inputs, items: &[Item], clip: bool, stack: bool) -> PyResult<Wants> {
        let wanted = |frame: &Frame, layout, count| {
            let Frame { end, planar, .. } = *frame;
            Wanted::new(layout, planar, end.dtype, count, end.shape)
        };
        let each =
            |(item, (_, _, layout)): (&Item, (_, DType, Layout))| wanted(&item.image, layout, 1);
        if let Inputs::Array(source) = inputs {
            let (dtype, planar, shape) = self.0.output(Site::new(source.shape, source.dtype));
            match items.first() {
                // One image, or the frames of one sample: all that was drawn is of this shape.
                Some(Item { image, .. }) if clip || !source.layout.is_batch() => {
                    return Ok(Wants::One(wanted(image, source.layout, source.count)));
                }
                _ => {}
            }
            if let Some(shape) = shape {
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

    /// Samples to mix with, and the arrays that hold them.
    fn partners<'py>(
        &self,
        partners: Option<Partners<'py>>,
        layout: Option<&str>,
    ) -> PyResult<Option<(Others, Arrays<'py>)>> {
        let Some((places, given)) = partners else { return Ok(None) };
        let (mut samples, mut arrays) = (HashMap::new(), Vec::new());
        // They come one by one, whatever the images do.
        let layout = layout.map(|label| label.strip_prefix('N').unwrap_or(label));
        for (position, image, beside) in given {
            let named = |e: Error| e.of_partner(position);
            let place = format!("partner {position}");
            let source = arrays::source(&image, &place, layout, Expected::IMAGE)?;
            let image = source.images().next().expect("it is one image");
            let other = self.0.other(image, source.dtype).map_err(|e| python_error(named(e)))?;
            let Beside { masks, company, .. } =
                self.beside(beside, image.shape(), layout, named)?;
            let Company { masks: kinds, boxes, points, .. } = company;
            samples.insert(position, Arc::new(Other { masks: kinds, boxes, points, ..other }));
            memory::push(&mut arrays, (source, masks), BATCH).map_err(python_error)?;
        }
        Ok(Some((Others { places: places.into(), samples }, arrays)))
    }

    /// What comes with an image of this shape.
    fn beside<'py>(
        &self,
        (frames, masks, boxes, points): Given<'py>,
        shape: Shape,
        layout: Option<&str>,
        named: impl Fn(Error) -> Error,
    ) -> PyResult<Beside<'py>> {
        let frames = frames.iter().map(|(name, image)| {
            let source = arrays::source(image, name, layout, Expected::IMAGE)?;
            let [height, width] = [source.shape.height, source.shape.width];
            if [height, width] != [shape.height, shape.width] {
                let message = format!(
                    "{height} x {width}; an image that moves as this one is {} x {}",
                    shape.height, shape.width
                );
                return Err(python_error(Error::refused(name, message)));
            }
            Ok(source)
        });
        let frames = collected(frames, BATCH)?;
        let masks = masks.iter().map(|(name, mask, is_map)| {
            let mask = arrays::mask(mask, name, *is_map, shape)?;
            self.0.check_mask(mask.of).map_err(|e| python_error(named(e)))?;
            Ok(mask)
        });
        let masks = collected(masks, MASKS)?;
        let boxes = boxes.map(|boxes| arrays::rows::<4>(&boxes)).transpose()?;
        let read = |boxes: Vec<_>| self.0.spec().bbox_params.read(&boxes, shape);
        let given = boxes.map(read).transpose().map_err(|e| python_error(named(e)))?;
        let points = points.map(|points| arrays::rows::<2>(&points)).transpose()?;
        let images = memory::collect(masks.iter().map(|mask| (mask.of, mask.image)), MASKS);
        let company = Company {
            frames: Vec::new(),
            masks: images.map_err(python_error)?,
            boxes: given.clone(),
            given,
            points: points.map(Points::new),
            mixed: Vec::new(),
        };
        Ok(Beside { frames, masks, company })
    }
}

#[pymethods]
impl Pipeline {
    /// From a node: an op or a Compose, as JSON.
    #[new]
    #[pyo3(signature = (node, functions=None))]
    fn new(node: &str, functions: Option<HashMap<String, Py<PyAny>>>) -> PyResult<Self> {
        let _default = DefaultEnvironment::enter();
        let value = parse_json("pipeline", node).map_err(python_error)?;
        let spec = Spec::with(value, &custom::callbacks(functions)).map_err(python_error)?;
        Ok(Pipeline(bitaug::Pipeline::new(spec)))
    }

    /// From a document.
    #[staticmethod]
    #[pyo3(signature = (text, functions=None))]
    fn from_json(text: &str, functions: Option<HashMap<String, Py<PyAny>>>) -> PyResult<Self> {
        let _default = DefaultEnvironment::enter();
        let spec = Spec::from_json(text, &custom::callbacks(functions)).map_err(python_error)?;
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

    /// Images through the pipeline, an array or a list of arrays, with what comes with each: by
    /// their addresses or, of one, by its parameters as JSON, and then `limit` ops of them.
    /// `form`: "batch" is all that may be an image or several, "image" one, "clip" the frames of one
    /// sample, of which `beside` is what comes with all of them.
    /// `sparing`: on fewer threads where so many would not help. Returns the images, and what came
    /// with each.
    #[pyo3(signature = (images, beside, seed, epoch, index, stream, repeat, layout, threads, sparing, out, stack, form="batch", params=None, limit=None, fuse=true, partners=None))]
    #[allow(clippy::too_many_arguments, reason = "they are Python's keyword arguments")]
    fn samples<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
        beside: Option<Vec<Given<'py>>>,
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
        form: &str,
        params: Option<&str>,
        limit: Option<usize>,
        fuse: bool,
        partners: Option<Partners<'py>>,
    ) -> PyResult<(Bound<'py, PyAny>, Vec<Moved<'py>>)> {
        let _default = DefaultEnvironment::enter();
        let samples = Samples::read(seed, epoch, index, stream, repeat)?;
        let form = match form {
            "image" => Form::Image,
            "clip" => Form::Clip,
            _ => Form::Batch,
        };
        let clip = form == Form::Clip;
        let inputs = Inputs::read(images, layout, form, clip || samples.is_many())?;
        let single = clip || inputs.is_single();
        samples.check(if clip { 1 } else { inputs.count() }, single)?;
        let params = params.map(|text| parse_json("params", text).and_then(Params::from_value));
        let params = params.transpose().map_err(python_error)?;
        let limit = limit.unwrap_or(usize::MAX);
        let (others, mixed) = self.partners(partners, layout)?.unzip();
        let draw = Draw {
            pipeline: &self.0,
            samples: &samples,
            params: params.as_ref(),
            limit,
            single,
            clip,
            shared: None,
            others: others.as_ref(),
        };
        let images = inputs.images().map(|(image, dtype, _)| (image, dtype));
        let images = memory::collect(images, BATCH).map_err(python_error)?;
        let read = |(i, (given, (image, _))): (usize, (Given<'py>, &(Strided<'static>, DType)))| {
            self.beside(given, image.shape(), layout, |e| draw.at(i, e))
        };
        let beside =
            beside.map(|all| collected(all.into_iter().zip(&images).enumerate().map(read), BATCH));
        let beside = beside.transpose()?;
        let (arrays, company): (Vec<_>, Option<Vec<_>>) = match beside {
            None => (Vec::new(), None),
            Some(all) => {
                let parts = all
                    .into_iter()
                    .map(|Beside { frames, masks, company }| ((frames, masks), company));
                let (arrays, company) = parts.unzip();
                (arrays, Some(company))
            }
        };
        if let Some(others) = &others {
            if clip || arrays.iter().any(|(frames, _)| !frames.is_empty()) {
                let message = "of clips and further images nothing is mixed";
                return Err(python_error(Error::refused("partners", message)));
            }
            let mut all = company.iter().flatten();
            all.try_for_each(|company| company.check(others)).map_err(python_error)?;
        }
        if self.0.changes() && (clip || arrays.iter().any(|(frames, _)| !frames.is_empty())) {
            let message = "with targets=True it changes samples of one image: no clips, and no \
                           further images";
            return Err(python_error(Error::refused("Custom", message)));
        }
        let first = company.as_ref().filter(|_| clip).and_then(|all| all.first());
        let masks = first.map(|first| memory::collect(first.masks.iter().copied(), MASKS));
        let masks = masks.transpose().map_err(python_error)?;
        let shared = first.zip(masks.as_ref());
        let shared = shared.map(|(Company { given, points, .. }, masks)| Targets {
            image: None,
            boxes: given.clone(),
            points: points.clone(),
            masks,
        });
        let draw = Draw { shared: shared.as_ref(), ..draw };
        let further = arrays.iter().map(|(frames, _): &(Vec<Source>, Vec<Mask>)| {
            let images = frames
                .iter()
                .map(|frame| (frame.images().next().expect("it is one image"), frame.dtype));
            memory::collect(images, BATCH)
        });
        let further = memory::try_collect(further, BATCH).map_err(python_error)?;
        let items = if single && !clip {
            draw.all(images, company, further, &threads::go_on).map_err(python_error)
        } else {
            Signals::watch(py, |ask| draw.all(images, company, further, ask))
        }?;
        let wants = self.wants(&inputs, &items, clip, stack)?;
        let mixed = mixed.iter().flatten().flat_map(|(image, masks)| {
            let masks = masks.iter().map(|mask| mask.memory.extent());
            std::iter::once(image.extent()).chain(masks)
        });
        let masks = arrays.iter().flat_map(|(frames, masks)| {
            let frames = frames.iter().map(Source::extent);
            frames.chain(masks.iter().map(|mask| mask.memory.extent()))
        });
        let extents = memory::collect(
            inputs.sources().iter().map(Source::extent).chain(masks).chain(mixed),
            BATCH,
        );
        let mut outputs = prepare(py, &wants, out, &extents.map_err(python_error)?)?;
        // A function may raise where some images are made, and `out` is written whole or not at all.
        let given = match out {
            Some(_) if self.0.calls() => {
                let made = prepare(py, &wants, None, &[])?;
                Some(std::mem::replace(&mut outputs, made))
            }
            _ => None,
        };
        let work = items.iter().fold(0_usize, |sum, item| sum.saturating_add(item.work));
        let threads = if sparing { threads::useful(threads, work) } else { threads };

        let bbox_params = &self.0.spec().bbox_params;
        let (mut jobs, mut moved) = (Vec::new(), Vec::new());
        let mut arrays = arrays.iter();
        for (mut item, image) in items.into_iter().zip(outputs.images()) {
            let (mut frames, mut masks) = (Vec::new(), Vec::new());
            if let Some(company) = &mut item.beside {
                let (sources, given) = arrays.next().expect("as many as there are companies");
                let mut out = Moved::default();
                for (source, frame) in sources.iter().zip(&company.frames) {
                    let Frame { end, planar, .. } = *frame;
                    let wanted = Wanted::new(source.layout, planar, end.dtype, 1, end.shape);
                    let target = wanted.allocate(py)?;
                    frames.extend(target.images());
                    out.0.push(target.memory.array);
                }
                let Shape { height, width, .. } = item.image.end.shape;
                for mask in given {
                    let (array, memory) = mask.allocate(height, width)?;
                    masks.push(memory);
                    out.1.push(array);
                }
                if let Some(boxes) = company.boxes.take() {
                    let (rows, kept) = bbox_params.finish(boxes).map_err(python_error)?;
                    out.2 = Some(arrays::table(py, rows)?);
                    out.3 = Some(PyArray1::from_vec(py, kept));
                }
                out.5 =
                    company.points.as_ref().map_or(Vec::new(), |points| points.mirrored.clone());
                out.6 = std::mem::take(&mut company.mixed);
                let points = company.points.take().map(|points| arrays::table(py, points.finish()));
                out.4 = points.transpose()?;
                memory::push(&mut moved, out, BATCH).map_err(python_error)?;
            }
            let job = Job { item, image, frames, masks };
            memory::push(&mut jobs, job, BATCH).map_err(python_error)?;
        }
        make(py, draw, jobs, threads, fuse)?;
        let outputs = match given {
            None => outputs,
            Some(given) => given.copied(outputs)?,
        };
        Ok((outputs.into_python(py)?, moved))
    }

    /// One sample's parameters as JSON.
    #[pyo3(signature = (*, seed, epoch, index, stream, repeat, shape, dtype, beside=None, partners=None, layout=None))]
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
        beside: Option<Given>,
        partners: Option<Partners>,
        layout: Option<&str>,
    ) -> PyResult<String> {
        let _default = DefaultEnvironment::enter();
        let samples = Samples::read(seed, epoch, index, stream, repeat)?;
        let site = arrays::site(shape, dtype)?;
        let beside = beside.map(|given| self.beside(given, site.shape, None, |e| e)).transpose()?;
        let targets = beside.as_ref().map(|beside| beside.company.targets());
        let (others, _arrays) = self.partners(partners, layout)?.unzip();
        let address = samples.address()?;
        let params = self.0.params(&address, samples.missing, site, targets, others.as_ref());
        let params = params.map_err(python_error)?;
        Ok(serde_json::to_string(&params).expect("parameters are plain data"))
    }

    /// Whether it mixes samples.
    fn mixes(&self) -> bool {
        self.0.mixes()
    }

    /// The positions of the samples that some samples, or the one of these parameters, are mixed
    /// with.
    #[allow(clippy::too_many_arguments, reason = "they are Python's keyword arguments")]
    fn others(
        &self,
        seed: &Bound<'_, PyAny>,
        epoch: &Bound<'_, PyAny>,
        index: &Bound<'_, PyAny>,
        stream: &Bound<'_, PyAny>,
        repeat: &Bound<'_, PyAny>,
        places: Numbered,
        params: Option<&str>,
    ) -> PyResult<Vec<u64>> {
        let _default = DefaultEnvironment::enter();
        let places = &places.into();
        if let Some(text) = params {
            let params = parse_json("params", text).and_then(Params::from_value);
            let found = params.and_then(|params| self.0.others_of(&params, places));
            return Ok(found.map_err(python_error)?.into_iter().collect());
        }
        let samples = Samples::read(seed, epoch, index, stream, repeat)?;
        if let Some(argument) = samples.missing {
            return Err(python_error(Error::Missing(argument)));
        }
        let (mut ring, mut all) = (KeyRing::default(), BTreeSet::new());
        let named =
            [("epoch", &samples.epoch), ("index", &samples.index), ("repeat", &samples.repeat)];
        let count = named.iter().map(|(_, numbers)| numbers.count()).max().unwrap_or(1);
        for (name, numbers) in named {
            numbers.check_len(name, count)?;
        }
        for i in 0..count {
            let keys = ring.of(&self.0, &samples, samples.repeat.at(i) as u32);
            let (epoch, index) = (samples.epoch.at(i) as u32, samples.index.at(i));
            let at = At { keys, epoch, index, frame: 0, others: None };
            let found = self.0.others(at, places).map_err(|e| match samples.is_many() {
                true => e.at(i, samples.shown(i)),
                false => e,
            });
            all.extend(found.map_err(python_error)?);
        }
        Ok(all.into_iter().collect())
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
