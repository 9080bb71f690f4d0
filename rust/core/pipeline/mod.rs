//! A compiled pipeline: document -> sampled parameters -> steps. Nothing in it changes after it is
//! built.

pub mod draw;
pub mod output;
pub mod params;
pub mod replay;
pub mod spec;

use std::collections::BTreeSet;

use crate::bounds::Number;
use crate::digest;
use crate::error::{Error, Result};
use crate::image::{DType, Shape, Site, Strided, range};
use crate::mix::{Other, Others, Places};
use crate::ops::{Flow, Sees, custom};
use crate::pipeline::draw::{At, Drawing, Drawn};
use crate::pipeline::output::Output;
use crate::pipeline::params::Params;
use crate::pipeline::replay::Replaying;
use crate::pipeline::spec::{Kind, Node, Spec};
use crate::random::address::{Address, op_key, parameter_key, turn_key};
use crate::random::philox::MAX_ELEMENTS;
use crate::targets::Targets;
use crate::targets::masks::MaskType;

/// One image holds fewer pixels than this.
pub const MAX_PIXELS: usize = 1 << 31;

pub struct Pipeline {
    spec: Spec,
    digest: u64,
    /// What is first to work in parts of white: its path and channels; all of them in the last.
    nominal: Vec<(String, Option<Vec<usize>>)>,
    /// Whether some op's draws depend on targets.
    sees: bool,
}

/// The keys of every node under one stream key: what a batch shares.
pub struct Keys {
    op: Vec<u64>,
    parameter: Vec<u64>,
    /// The argument without which these are nobody's: nothing may be drawn with them.
    missing: Option<&'static str>,
}

impl Keys {
    /// For samples of which this argument is missing.
    pub fn without(self, missing: Option<&'static str>) -> Self {
        Keys { missing, ..self }
    }

    /// Of a node, in these turns of the containers around it, outermost first: each with how deep
    /// it lies, so that turns of one do not pass for those of another.
    fn op(&self, node: &Node, turns: &[(u32, u32)]) -> u64 {
        let folded = |key, &(depth, turn): &(u32, u32)| turn_key(key, depth, turn);
        turns.iter().fold(self.op[node.slot], folded)
    }
}

impl Pipeline {
    pub fn new(spec: Spec) -> Self {
        let digest = spec.digest();
        let mut nominal: Vec<(String, Option<Vec<usize>>)> = Vec::new();
        let mut called = false;
        visit(&spec.root, &mut |node| {
            let Kind::Op(op) = &node.kind else { return };
            // What is behind a function that is always called gets what that makes of an image.
            called |= op.name() == custom::NAME && node.p == 1.0 && !node.path.contains('/');
            if called {
                return;
            }
            let known = nominal.iter().any(|(_, all)| all.is_none() || *all == node.channels);
            if op.flow().is_nominal() && node.p > 0.0 && !known {
                nominal.push((node.path.clone(), node.channels.clone()));
            }
        });
        let mut sees = false;
        visit(&spec.root, &mut |node| {
            let Kind::Op(op) = &node.kind else { return };
            sees |= op.sees() != Sees::Nothing || op.changes().is_some();
        });
        Pipeline { spec, digest, nominal, sees }
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
                return Err(Error::argument("Compose", "white", white.shown(), allowed));
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
            let Some(Site { shape, dtype, white }) = site else { return };
            if let Kind::Op(op) = &node.kind {
                match op.flow() {
                    Flow::Floats => site = Some(Site::new(shape, DType::F32)),
                    Flow::Normalizes => site = None,
                    _ => {}
                }
            }
            let beyond = |value: &&f64| !range::may_hold(**value, white);
            let fill = node.fills().map_or(&[][..], |fills| fills.image);
            if let Some(value) = fill.iter().find(beyond)
                && dtype != DType::U8
            {
                let allowed = format!("in the image's units, of which white is {white}");
                refused.get_or_insert(Error::argument(&node.path, "fill", value.shown(), allowed));
            }
        });
        refused.map_or(Ok(()), Err)
    }

    /// Refuses masks of a type that cannot hold what an op may put into them.
    pub fn check_mask(&self, of: MaskType) -> Result<()> {
        let mut refused = None;
        visit(&self.spec.root, &mut |node| {
            if let Kind::Mix(mix) = &node.kind
                && !mix.masks()
            {
                let message = "masks have no mean; write masks=\"own\" to keep the image's own";
                refused.get_or_insert_with(|| Error::refused(node.place(), message));
            }
            if let Some(value) = node.fills().and_then(|fills| fills.mask)
                && !of.kind.holds(of.size, value)
            {
                refused.get_or_insert_with(|| {
                    let allowed =
                        format!("a value that the mask's type holds, {}", of.kind.range(of.size));
                    Error::argument(&node.path, "fill_mask", value.shown(), allowed)
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
        let mut keys = Keys { op: vec![0; slots], parameter: vec![0; slots], missing: None };
        visit(&self.spec.root, &mut |node| {
            let key = op_key(stream_key, node.path_label);
            keys.op[node.slot] = key;
            keys.parameter[node.slot] = parameter_key(key);
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

    /// What is to be done with one sample, or with one frame of it.
    pub fn draw(&self, at: At, site: Site, targets: Option<Targets>) -> Result<Drawn> {
        let targets = targets.filter(|_| self.sees);
        let drawing = Drawing::new(&self.spec.root, at, self.start(site)?, targets, false);
        Ok(drawing.run()?.0)
    }

    /// Whether it calls functions, which may raise anything in the midst of a batch.
    pub fn calls(&self) -> bool {
        let mut calls = false;
        visit(&self.spec.root, &mut |node| calls |= node.op().0 == custom::NAME);
        calls
    }

    /// Whether functions change samples with all that comes with their images.
    pub fn changes(&self) -> bool {
        self.spec.root.changes()
    }

    /// Whether it mixes samples.
    pub fn mixes(&self) -> bool {
        self.spec.root.mixes()
    }

    /// The positions of the samples that a sample is mixed with, those that these are mixed with
    /// among them.
    pub fn others(&self, at: At, places: &Places) -> Result<BTreeSet<u64>> {
        let mut found = BTreeSet::new();
        draw::others(&self.spec.root, at, places, usize::MAX, &mut found)?;
        Ok(found)
    }

    /// The same of parameters that were written down.
    pub fn others_of(&self, params: &Params, places: &Places) -> Result<BTreeSet<u64>> {
        let Params { epoch, index, .. } = *params;
        let keys = self.keys(params.stream_key());
        let at = At { keys: &keys, epoch, index, frame: 0, others: None };
        let mut found = BTreeSet::new();
        for (place, record) in params.ops.iter().enumerate() {
            for &position in record.mixed_with() {
                replay::check_position(&record.path, position, places.size())?;
                found.insert(position);
                let at = At { index: places.index(position), ..at };
                draw::others(&self.spec.root, at, places, place, &mut found)?;
            }
        }
        Ok(found)
    }

    /// A sample that others may be mixed with.
    pub fn other(&self, image: Strided<'static>, dtype: DType) -> Result<Other> {
        self.check_range(&image, dtype)?;
        let site = self.start(Site::new(image.shape(), dtype))?;
        let strange = range::other(&image, site, self.spec.white.is_some(), None)?;
        Ok(Other { image, site, strange, masks: Vec::new(), boxes: None, points: None })
    }

    /// Refuses others, float32, that plainly are of another range than a sample that they are mixed
    /// with. Words have no range of their own where no op works in parts of white.
    pub fn check_alike(&self, src: &Strided, dtype: DType, others: &Others) -> Result<()> {
        let site = self.start(Site::new(src.shape(), dtype))?;
        let strange = range::other(src, site, self.spec.white.is_some(), None)?;
        let unlike = others.samples.iter().filter(|(_, other)| {
            dtype == DType::F32 && other.strange.is_some() != strange.is_some()
        });
        let Some((position, other)) = unlike.min_by_key(|(position, _)| **position) else {
            return Ok(());
        };
        let (one, whose) = match (other.strange, strange) {
            (Some(found), _) => (found, "the partner's"),
            (_, found) => (found.unwrap_or_default(), "the sample's"),
        };
        let message = format!(
            "its values and those of the sample that it is mixed with are of two ranges: {one} is \
             among {whose}, where white is {}",
            site.white
        );
        Err(Error::refused(format!("partner {position}"), message))
    }

    /// The parameters of one sample; `missing` is what its address lacks, if anything.
    pub fn params(
        &self,
        address: &Address,
        missing: Option<&'static str>,
        site: Site,
        targets: Option<Targets>,
        others: Option<&Others>,
    ) -> Result<Params> {
        let start = self.start(site)?;
        let keys = self.keys(address.stream_key()).without(missing);
        let Address { epoch, index, .. } = *address;
        let at = At { keys: &keys, epoch, index, frame: 0, others };
        let targets = targets.filter(|_| self.sees);
        let (_, root) = Drawing::new(&self.spec.root, at, start, targets, true).run()?;
        let root = root.expect("a recording returns records");
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

    /// What `params`, as written down or edited, stand for, of one frame, and of so many ops.
    pub fn replay(
        &self,
        params: &Params,
        site: Site,
        frame: u32,
        limit: usize,
        targets: Option<Targets>,
        others: Option<&Others>,
    ) -> Result<Drawn> {
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
        let keys = self.mixes().then(|| self.keys(params.stream_key()));
        let mixing = keys.as_ref().zip(others);
        let targets = targets.filter(|_| self.sees);
        Replaying::new(&self.spec.root, params, site, frame, limit, targets, mixing).run()
    }
}

fn visit(node: &Node, f: &mut impl FnMut(&Node)) {
    f(node);
    if let Kind::Container(_, children) = &node.kind {
        children.iter().for_each(|child| visit(child, f));
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
