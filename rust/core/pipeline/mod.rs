//! A compiled pipeline: document -> sampled parameters -> steps. Nothing in it changes after it is
//! built.

pub mod spec;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::digest;
use crate::error::{Error, Result};
use crate::image::range;
use crate::image::{DType, Shape, Strided};
use crate::kernels::channels::Channels;
use crate::ops::{DynOp, Flow};
use crate::pipeline::spec::{Kind, Node, Spec};
use crate::plan::step::{Site, Step};
use crate::random::address::{Address, Stream, op_key, parameter_key, pixel_key};
use crate::random::draws::Draws;
use crate::random::philox::{Field, MAX_ELEMENTS};
use crate::targets::masks::MaskKind;

/// One image holds fewer pixels than this.
pub const MAX_PIXELS: usize = 1 << 31;

pub struct Pipeline {
    spec: Spec,
    digest: u64,
    /// What is first to work in parts of white: its path and channels; all of them in the last.
    nominal: Vec<(String, Option<Vec<usize>>)>,
}

/// The keys of every node under one stream key: what a batch shares.
pub struct Keys {
    parameter: Vec<u64>,
    /// Of node `slot`: its planes' keys.
    pixel: Vec<Vec<u64>>,
    /// The argument without which these are nobody's: nothing may be drawn with them.
    missing: Option<&'static str>,
}

impl Keys {
    /// For samples of which this argument is missing.
    pub fn without(self, missing: Option<&'static str>) -> Self {
        Keys { missing, ..self }
    }
}

/// One op of a sample, as `params` lists it. A container has `ops`, an op that ran `params`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    op: String,
    version: u32,
    path: String,
    applied: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    params: Option<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pixel_keys: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ops: Option<Vec<Record>>,
}

/// Everything that decides a sample's bytes, beside the pipeline and the pixels.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pipeline: String,
    seed: u64,
    stream: Stream,
    epoch: u32,
    index: u64,
    /// The text whose label `index` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    repeat: u32,
    shape: [usize; 3],
    dtype: DType,
    applied: bool,
    ops: Vec<Record>,
}

impl Params {
    pub fn from_value(value: Value) -> Result<Params> {
        Error::reading("params", value)
    }
}

struct Drawing<'a> {
    keys: &'a Keys,
    epoch: u32,
    index: u64,
    site: Site,
    steps: Vec<Step>,
    recording: bool,
    /// Whether another address could have led to other steps.
    drawn: bool,
}

impl Pipeline {
    pub fn new(spec: Spec) -> Self {
        let digest = spec.digest();
        let mut nominal: Vec<(String, Option<Vec<usize>>)> = Vec::new();
        visit(&spec.root, &mut |node| {
            let Kind::Op(op) = &node.kind else { return };
            let known = nominal.iter().any(|(_, all)| all.is_none() || *all == node.channels);
            if op.flow().is_nominal() && node.p > 0.0 && !known {
                nominal.push((node.path.clone(), node.channels.clone()));
            }
        });
        Pipeline { spec, digest, nominal }
    }

    /// What the first op meets.
    fn start(&self, site: Site) -> Result<Site> {
        let Shape { height, width, channels } = site.shape;
        if [height, width, channels].contains(&0) {
            let value = format!("{height} x {width} x {channels}");
            let allowed = "at least one pixel and one channel";
            return Err(Error::argument("image", "shape", value, allowed));
        }
        check_extent("image", site.shape)?;
        let white = match (site.dtype, self.spec.white) {
            (DType::U16, Some(white)) if white.fract() != 0.0 || white > 65535.0 => {
                let allowed = "a whole number of at most 65535 for uint16";
                return Err(Error::argument("Compose", "white", white, allowed));
            }
            (DType::U8, _) | (_, None) => site.dtype.nominal_max(),
            (_, Some(white)) => white,
        };
        Ok(Site { white, ..site })
    }

    /// Refuses pixels that plainly are of another range than the one in which an op works.
    pub fn check_range(&self, src: &Strided, dtype: DType) -> Result<()> {
        let site = self.start(Site::new(src.shape(), dtype))?;
        for (path, channels) in &self.nominal {
            let there = |all: &Vec<usize>| all.iter().all(|&c| c < site.shape.channels);
            if !channels.as_ref().is_none_or(there) {
                continue; // the op says so
            }
            let given = self.spec.white.is_some();
            if let Some(found) = range::other(src, site, given, channels.as_deref())? {
                return Err(Error::refused(path, range::advice(found, site)));
            }
        }
        if self.nominal.is_empty() { Ok(()) } else { self.check_fills(site) }
    }

    /// Refuses fill values that plainly are of another range than the image that they go into.
    fn check_fills(&self, site: Site) -> Result<()> {
        let (mut site, mut refused) = (Some(site), None);
        visit(&self.spec.root, &mut |node| {
            let (Kind::Op(op), Some(Site { shape, dtype, white })) = (&node.kind, site) else {
                return;
            };
            match op.flow() {
                Flow::Floats => site = Some(Site::new(shape, DType::F32)),
                Flow::Normalizes => site = None,
                _ => {}
            }
            let beyond = |value: &&f64| !range::may_hold(**value, white);
            let fill = op.fills().map_or(&[][..], |fills| fills.image);
            if let Some(value) = fill.iter().find(beyond)
                && dtype != DType::U8
            {
                let allowed = format!("in the image's units, of which white is {white}");
                refused.get_or_insert(Error::argument(&node.path, "fill", value, allowed));
            }
        });
        refused.map_or(Ok(()), Err)
    }

    /// Refuses masks of a type that cannot hold what an op may put into them.
    pub fn check_mask(&self, kind: MaskKind, size: usize) -> Result<()> {
        let mut refused = None;
        visit(&self.spec.root, &mut |node| {
            if let Kind::Op(op) = &node.kind
                && let Some(value) = op.fills().and_then(|fills| fills.mask)
                && !kind.holds(size, value)
            {
                refused.get_or_insert_with(|| {
                    let allowed =
                        format!("a value that the mask's type holds, {}", kind.range(size));
                    Error::argument(&node.path, "fill_mask", value, allowed)
                });
            }
        });
        refused.map_or(Ok(()), Err)
    }

    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    pub fn digest(&self) -> u64 {
        self.digest
    }

    pub fn keys(&self, stream_key: u64) -> Keys {
        let slots = self.spec.slots;
        let mut keys =
            Keys { parameter: vec![0; slots], pixel: vec![Vec::new(); slots], missing: None };
        visit(&self.spec.root, &mut |node| {
            let key = op_key(stream_key, node.path_label);
            keys.parameter[node.slot] = parameter_key(key);
            if let Kind::Op(op) = &node.kind {
                keys.pixel[node.slot] =
                    (0..op.planes()).map(|plane| pixel_key(key, u64::from(plane))).collect();
            }
        });
        keys
    }

    /// The output's type, layout (channels first?) and, where no draw changes it, its shape.
    pub fn output(&self, site: Site) -> (DType, bool, Option<Shape>) {
        let Shape { height, width, .. } = site.shape;
        let size = Some([height, width]);
        let mut out = Output { dtype: site.dtype, planar: false, size };
        out.pass(&self.spec.root);
        let shape = out.size.map(|[height, width]| site.shape.sized(height, width));
        (out.dtype, out.planar, shape)
    }

    /// The steps of one sample.
    pub fn draw(&self, keys: &Keys, epoch: u32, index: u64, site: Site) -> Result<Vec<Step>> {
        let mut drawing = Drawing::new(keys, epoch, index, self.start(site)?, false);
        drawing.run(&self.spec.root)?;
        Ok(drawing.steps)
    }

    /// The parameters of one sample; `missing` is what its address lacks, if anything.
    pub fn params(
        &self,
        address: &Address,
        missing: Option<&'static str>,
        site: Site,
    ) -> Result<Params> {
        let start = self.start(site)?;
        let keys = self.keys(address.stream_key()).without(missing);
        let Address { epoch, index, .. } = *address;
        let mut drawing = Drawing::new(&keys, epoch, index, start, true);
        let root = drawing.run(&self.spec.root)?.expect("a recording returns records");
        Ok(Params {
            pipeline: digest::hex(self.digest),
            seed: address.seed,
            stream: address.stream.clone(),
            epoch,
            index,
            key: None,
            repeat: address.repeat,
            shape: [site.shape.height, site.shape.width, site.shape.channels],
            dtype: site.dtype,
            applied: root.applied,
            ops: root.ops.unwrap_or_default(),
        })
    }

    /// The steps that `params`, as written down or edited, stand for.
    pub fn replay(&self, params: &Params, site: Site) -> Result<Vec<Step>> {
        let expected = digest::hex(self.digest);
        if params.pipeline != expected {
            let allowed = format!("{expected}, the pipeline they are applied with");
            return Err(Error::argument("params", "pipeline", &params.pipeline, allowed));
        }
        let site = self.start(site)?;
        let Site { shape: Shape { height, width, channels }, dtype, .. } = site;
        if params.shape != [height, width, channels] || params.dtype != dtype {
            let value = format!("{:?} {}", params.shape, params.dtype.name());
            let allowed = format!("the image's [{height}, {width}, {channels}] {}", dtype.name());
            return Err(Error::argument("params", "shape, dtype", value, allowed));
        }
        let mut replaying = Replaying { params, site, steps: Vec::new() };
        if params.applied {
            let Kind::Compose(children) = &self.spec.root.kind else {
                unreachable!("the root is a Compose")
            };
            replaying.level(children, &params.ops, "")?;
        } else {
            check_left_out(&self.spec.root)?;
        }
        Ok(replaying.steps)
    }
}

fn visit(node: &Node, f: &mut impl FnMut(&Node)) {
    f(node);
    if let Kind::Compose(children) = &node.kind {
        children.iter().for_each(|child| visit(child, f));
    }
}

/// Refuses to leave out what decides the output's type or layout.
fn check_left_out(node: &Node) -> Result<()> {
    let mut refused = None;
    visit(node, &mut |node| {
        if let Kind::Op(op) = &node.kind
            && op.flow().is_certain()
        {
            refused.get_or_insert_with(|| {
                let allowed = "true: it decides the output's type or layout";
                Error::argument(&node.path, "applied", false, allowed)
            });
        }
    });
    refused.map_or(Ok(()), Err)
}

struct Output {
    dtype: DType,
    planar: bool,
    /// Height and width, unless a draw decides them.
    size: Option<[usize; 2]>,
}

impl Output {
    fn pass(&mut self, node: &Node) {
        let before = self.size;
        match &node.kind {
            Kind::Compose(children) => children.iter().for_each(|child| self.pass(child)),
            Kind::Op(op) => {
                self.size = op.size(before);
                match op.flow() {
                    Flow::Floats | Flow::Normalizes => self.dtype = DType::F32,
                    Flow::Planar => self.planar = true,
                    Flow::Any | Flow::Nominal => {}
                }
            }
        }
        if node.p < 1.0 && self.size != before {
            self.size = None;
        }
    }
}

fn check_extent(place: &str, Shape { height, width, channels }: Shape) -> Result<()> {
    let pixels = height.checked_mul(width).filter(|&pixels| pixels < MAX_PIXELS);
    let samples = pixels.and_then(|pixels| (pixels as u64).checked_mul(channels as u64));
    if samples.is_some_and(|samples| samples <= MAX_ELEMENTS) {
        return Ok(());
    }
    let value = format!("{height} x {width} x {channels}");
    let allowed = format!("fewer than {MAX_PIXELS} pixels, at most {MAX_ELEMENTS} samples");
    Err(Error::argument(place, "size", value, allowed))
}

/// Refuses an output too large to address, before the op prepares it.
fn check_output(op: &dyn DynOp, shape: Shape) -> Result<()> {
    let size = op.size(Some([shape.height, shape.width]));
    size.map_or(Ok(()), |[height, width]| check_extent(op.name(), shape.sized(height, width)))
}

/// What the node's op meets: of an image, the channels that it works on.
fn within(node: &Node, site: Site) -> Result<Site> {
    let Some(channels) = &node.channels else { return Ok(site) };
    let there = site.shape.channels;
    if channels.iter().any(|&c| c >= there) {
        let value = format!("{channels:?}");
        let allowed = format!("indices below {there}, the image's channels");
        return Err(Error::argument(&node.path, "channels", value, allowed));
    }
    Ok(Site { shape: Shape { channels: channels.len(), ..site.shape }, ..site })
}

/// The step of the node's op, on the channels that it works on.
fn on_channels(node: &Node, step: Step) -> Step {
    match &node.channels {
        None => step,
        Some(channels) => Step::Pixels(Box::new(Channels::new(channels.clone(), step))),
    }
}

fn fields(keys: &[u64], epoch: u32, index: u64) -> Vec<Field> {
    keys.iter().map(|&key| Field { key, epoch, index }).collect()
}

impl<'a> Drawing<'a> {
    fn new(keys: &'a Keys, epoch: u32, index: u64, site: Site, recording: bool) -> Self {
        Drawing { keys, epoch, index, site, steps: Vec::new(), recording, drawn: false }
    }

    fn run(&mut self, root: &Node) -> Result<Option<Record>> {
        let record = self.node(root)?;
        match self.keys.missing {
            Some(argument) if self.drawn => Err(Error::Missing(argument)),
            _ => Ok(record),
        }
    }

    fn node(&mut self, node: &Node) -> Result<Option<Record>> {
        let key = self.keys.parameter[node.slot];
        let mut draws = Draws::new(Field { key, epoch: self.epoch, index: self.index });
        let applied = draws.bernoulli(node.p);
        let mut record = self.recording.then(|| Record {
            op: node.op().0.into(),
            version: node.op().1,
            path: node.path.clone(),
            applied,
            params: None,
            pixel_keys: Vec::new(),
            ops: None,
        });
        match &node.kind {
            Kind::Compose(children) => {
                self.drawn |= draws.drawn();
                let mut ops = Vec::new();
                for child in if applied { children.as_slice() } else { &[] } {
                    ops.extend(self.node(child)?);
                }
                if let Some(record) = &mut record {
                    record.ops = Some(ops);
                }
            }
            Kind::Op(op) => {
                let params = self
                    .op(node, op.as_ref(), applied, draws)
                    .map_err(|e| e.of(op.name(), &node.place()))?;
                if let Some(record) = &mut record {
                    record.params = params;
                    if applied {
                        let hex = |key: &u64| digest::hex(*key);
                        record.pixel_keys = self.keys.pixel[node.slot].iter().map(hex).collect();
                    }
                }
            }
        }
        Ok(record)
    }

    fn op(
        &mut self,
        node: &Node,
        op: &dyn DynOp,
        applied: bool,
        mut draws: Draws,
    ) -> Result<Option<Value>> {
        let site = within(node, self.site)?;
        op.fits(&site)?;
        self.drawn |= draws.drawn();
        if !applied {
            return Ok(None);
        }
        check_output(op, site.shape)?;
        let noise = fields(&self.keys.pixel[node.slot], self.epoch, self.index);
        let mut params = self.recording.then(|| json!({}));
        let step = on_channels(node, op.draw(&site, &mut draws, &noise, params.as_mut())?);
        self.drawn |= draws.drawn() || !noise.is_empty();
        self.site = step.site(self.site);
        check_extent(op.name(), self.site.shape)?;
        self.steps.push(step);
        Ok(params)
    }
}

struct Replaying<'a> {
    params: &'a Params,
    site: Site,
    steps: Vec<Step>,
}

impl Replaying<'_> {
    fn level(&mut self, nodes: &[Node], records: &[Record], parent: &str) -> Result<()> {
        if nodes.len() != records.len() {
            let place = if parent.is_empty() { "params" } else { parent };
            let value = format!("{} ops", records.len());
            return Err(Error::argument(place, "ops", value, format!("{} ops", nodes.len())));
        }
        for (node, record) in nodes.iter().zip(records) {
            if node.path != record.path {
                return Err(Error::argument("params", "path", &record.path, &node.path));
            }
            let (op, version) = node.op();
            if record.op != op {
                return Err(Error::argument(&node.path, "op", &record.op, op));
            }
            if record.version != version {
                return Err(Error::argument(&node.path, "version", record.version, version));
            }
            if record.applied {
                self.node(node, record)?;
            } else {
                check_left_out(node)?;
            }
        }
        Ok(())
    }

    fn node(&mut self, node: &Node, record: &Record) -> Result<()> {
        match &node.kind {
            Kind::Compose(children) => {
                self.level(children, record.ops.as_deref().unwrap_or_default(), &node.path)
            }
            Kind::Op(op) => {
                self.op(node, op.as_ref(), record).map_err(|e| e.of(op.name(), &node.place()))
            }
        }
    }

    fn op(&mut self, node: &Node, op: &dyn DynOp, record: &Record) -> Result<()> {
        let site = within(node, self.site)?;
        op.fits(&site)?;
        check_output(op, site.shape)?;
        let params = record.params.clone().unwrap_or_else(|| json!({}));
        let noise = self.noise(op, record)?;
        let step = on_channels(node, op.replay(&site, params, &noise)?);
        self.site = step.site(self.site);
        check_extent(op.name(), self.site.shape)?;
        self.steps.push(step);
        Ok(())
    }

    fn noise(&self, op: &dyn DynOp, record: &Record) -> Result<Vec<Field>> {
        let keys: Option<Vec<u64>> = record
            .pixel_keys
            .iter()
            .map(|key| (key.len() == 16).then(|| u64::from_str_radix(key, 16).ok()).flatten())
            .collect();
        match keys {
            Some(keys) if keys.len() == op.planes() as usize => {
                Ok(fields(&keys, self.params.epoch, self.params.index))
            }
            _ => {
                let value = format!("{:?}", record.pixel_keys);
                let allowed = format!("{} keys of 16 hexadecimal digits", op.planes());
                Err(Error::argument(op.name(), "pixel_keys", value, allowed))
            }
        }
    }
}
