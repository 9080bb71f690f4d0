//! The walk of one sample through a pipeline: which nodes run, and the steps that they make.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::containers::{DynContainer, Runs};
use crate::digest;
use crate::error::{Error, Result};
use crate::image::{AnyImage, Shape, Strided, StridedMut};
use crate::kernels::channels::Channels;
use crate::kernels::mixed::Source;
use crate::kernels::step::{Site, Step, Steps};
use crate::memory;
use crate::mix::{DynMix, Others, Places};
use crate::ops::custom::Custom;
use crate::ops::{DynOp, Sees};
use crate::pipeline::params::Record;
use crate::pipeline::spec::{Kind, Node};
use crate::pipeline::{Keys, check_extent};
use crate::plan::run::{Kept, Plan};
use crate::random::address::{Noise, parameter_key};
use crate::random::draws::Draws;
use crate::random::philox::Field;
use crate::simd::level;
use crate::targets::masks::MaskType;
use crate::targets::{Seen, Targets, Whole, moved_masks};

/// Refuses an output too large to address, before the op prepares it.
pub fn check_output(op: &dyn DynOp, shape: Shape) -> Result<()> {
    let size = op.size(Some([shape.height, shape.width]));
    size.map_or(Ok(()), |[height, width]| check_extent(op.name(), shape.sized(height, width)))
}

/// What the node's op meets: of an image, the channels that it works on.
pub fn within(node: &Node, site: Site) -> Result<Site> {
    let Some(channels) = &node.channels else { return Ok(site) };
    let there = site.shape.channels;
    if channels.iter().any(|&c| c >= there) {
        let value = format!("{channels:?}");
        let allowed = format!("indices below {there}, the image's channels");
        return Err(Error::argument(&node.path, "channels", value, allowed));
    }
    Ok(Site { shape: Shape { channels: channels.len(), ..site.shape }, ..site })
}

/// What is to be done with a sample: steps, of what was given or of what a function has made of it.
#[derive(Default)]
pub struct Drawn {
    pub steps: Vec<Step>,
    pub made: Option<Box<Whole>>,
}

/// The steps of a sample so far, and what the next op meets.
pub struct Walked<'a> {
    pub site: Site,
    pub drawn: Drawn,
    /// The image and what comes with it, if an op asks for it: boxes and points as these steps have
    /// left them.
    targets: Option<Targets<'a>>,
}

impl<'a> Walked<'a> {
    pub fn new(site: Site, targets: Option<Targets<'a>>) -> Self {
        Walked { site, drawn: Drawn::default(), targets }
    }

    /// Adds the steps of a node's op, on the channels that it works on. Refuses an output too large
    /// to address, where a draw has decided its size.
    pub fn push(&mut self, node: &Node, steps: Steps) -> Result<()> {
        for step in steps {
            let step = match &node.channels {
                None => step,
                Some(channels) => Step::Pixels(Box::new(Channels::new(channels.clone(), step))),
            };
            self.site = step.site(self.site);
            check_extent(node.op().0, self.site.shape)?;
            if let Some(Targets { boxes, points, .. }) = &mut self.targets {
                boxes.iter_mut().for_each(|boxes| step.boxes(boxes));
                points.iter_mut().for_each(|points| step.points(points));
            }
            self.drawn.steps.push(step);
        }
        Ok(())
    }

    /// Lets a function change the sample as the steps so far leave it; what follows begins with what
    /// it has made. Where parameters alone are asked for, it stays as it is.
    pub fn change(&mut self, custom: &Custom, noise: Noise) -> Result<()> {
        let Some(Targets { image: Some(given), .. }) = self.targets else { return Ok(()) };
        let masks = moved_masks(self.masks(), &self.drawn.steps)?;
        let Drawn { steps, made } = std::mem::take(&mut self.drawn);
        let mut image = AnyImage::room(self.site, "the image of a custom op")?;
        let (dtype, src) = match &made {
            Some(made) => (made.image.view().dtype(), made.image.view().into()),
            None => given,
        };
        let Kept(scratch) = &mut Kept::default();
        let dst = &mut StridedMut::of(&mut image);
        Plan::fused(steps)?.run(level::best()?, dtype, &src, dst, scratch)?;
        let targets = self.targets.as_mut().expect("it has the image");
        let (boxes, points) = (targets.boxes.take(), targets.points.take());
        let mut whole = Box::new(Whole { image, masks, boxes, points });
        custom.change(noise, &mut whole, self.site.white)?;
        (targets.boxes, targets.points) = (whole.boxes.clone(), whole.points.clone());
        self.drawn.made = Some(whole);
        Ok(())
    }

    /// Masks and maps that the steps start from, with their places.
    fn masks(&self) -> impl Iterator<Item = (usize, (MaskType, Strided<'_>))> {
        let given = self.targets.as_ref().filter(|_| self.drawn.made.is_none());
        let given = given.into_iter().flat_map(|targets| targets.masks.iter().copied());
        let made = self.drawn.made.iter().flat_map(|made| &made.masks);
        given.chain(made.map(|mask| (mask.of(), mask.image()))).enumerate()
    }

    /// What an op sees of the targets; an error names those that it cannot do without.
    fn seen(&self, op: &dyn DynOp) -> Result<Option<Seen<'_>>> {
        let sees = op.sees();
        if sees == Sees::Nothing {
            return Ok(None);
        }
        let lacking = || {
            Err(Error::refused(op.name(), format!("its draws depend on {sees}, which are missing")))
        };
        let Some(targets) = &self.targets else { return lacking() };
        match sees {
            Sees::Nothing => Ok(None),
            Sees::Boxes => match &targets.boxes {
                Some(boxes) => Ok(Some(Seen { boxes: Some(boxes), masks: Vec::new() })),
                None => lacking(),
            },
            Sees::Masks if !targets.has_masks() => lacking(),
            Sees::Masks => {
                let masks = self.masks().filter(|(_, (of, _))| *of != MaskType::MAP);
                Ok(Some(Seen { boxes: None, masks: moved_masks(masks, &self.drawn.steps)? }))
            }
        }
    }
}

/// Whose words they are.
#[derive(Clone, Copy)]
pub struct At<'a> {
    pub keys: &'a Keys,
    pub epoch: u32,
    pub index: u64,
    /// Of a video; its frames have parameters in common.
    pub frame: u32,
    /// What the sample can be mixed with.
    pub others: Option<&'a Others>,
}

pub struct Drawing<'a, 't> {
    root: &'a Node,
    at: At<'a>,
    walked: Walked<'t>,
    /// The containers around the next node that run it for another time: how deep they lie, and
    /// for which.
    turns: Vec<(u32, u32)>,
    /// How many containers there are around the next node.
    depth: u32,
    recording: bool,
    /// Of the root's children so many are run, and which is now.
    until: usize,
    place: usize,
    /// Whether another address could have led to other steps.
    drawn: bool,
}

impl<'a, 't> Drawing<'a, 't> {
    pub fn new(
        root: &'a Node,
        at: At<'a>,
        site: Site,
        targets: Option<Targets<'t>>,
        recording: bool,
    ) -> Self {
        let walked = Walked::new(site, targets);
        let (turns, until) = (Vec::new(), usize::MAX);
        Drawing { root, at, walked, turns, depth: 0, recording, until, place: 0, drawn: false }
    }

    /// What is to be done and, if it is recording, the record of the root.
    pub fn run(mut self) -> Result<(Drawn, Option<Record>)> {
        let record = self.node(self.root, 0, false)?;
        match self.at.keys.missing {
            Some(argument) if self.drawn => Err(Error::Missing(argument)),
            _ => Ok((self.walked.drawn, record)),
        }
    }

    /// In its turn; `surely` if its `p` does not matter.
    fn node(&mut self, node: &Node, turn: u32, surely: bool) -> Result<Option<Record>> {
        let At { keys, epoch, index, frame, .. } = self.at;
        let key = keys.op(node, &self.turns);
        let parameter =
            if self.turns.is_empty() { keys.parameter[node.slot] } else { parameter_key(key) };
        let mut draws = Draws::new(Field { key: parameter, epoch, index });
        let applied = draws.bernoulli(if surely { 1.0 } else { node.p });
        let mut record = self.recording.then(|| Record {
            op: node.op().0.into(),
            version: node.op().1,
            path: node.path.clone(),
            turn,
            applied,
            params: None,
            key: None,
            others: None,
            ops: None,
        });
        match &node.kind {
            Kind::Container(container, children) => {
                let ops = self.container(container.as_ref(), children, applied, draws)?;
                if let Some(record) = &mut record {
                    record.ops = Some(ops);
                }
            }
            Kind::Mix(mix) => {
                let mixed = self
                    .mix(node, mix.as_ref(), applied, draws)
                    .map_err(|e| e.of(mix.name(), &node.place()))?;
                if let (Some(record), Some((others, params))) = (&mut record, mixed) {
                    (record.others, record.params) = (Some(others), Some(params));
                }
            }
            Kind::Op(op) => {
                let noise = Noise { key, epoch, index, frame };
                let params = self
                    .op(node, op.as_ref(), applied, draws, noise)
                    .map_err(|e| e.of(op.name(), &node.place()))?;
                if let Some(record) = &mut record {
                    record.params = params;
                    record.key = (applied && op.planes() > 0).then(|| digest::hex(key));
                }
            }
        }
        Ok(record)
    }

    fn container(
        &mut self,
        container: &dyn DynContainer,
        children: &[Node],
        applied: bool,
        mut draws: Draws,
    ) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        let mut run = |drawing: &mut Self, child: &Node, turn, surely| {
            records.extend(drawing.node(child, turn, surely)?);
            Ok(())
        };
        if container.runs() == Runs::All {
            self.drawn |= draws.drawn();
            let children = if applied { children } else { &[] };
            let until = if self.depth == 0 { self.until } else { usize::MAX };
            self.depth += 1;
            for (place, child) in children.iter().enumerate().take(until) {
                if self.depth == 1 {
                    self.place = place;
                }
                run(self, child, 0, false)?;
            }
            self.depth -= 1;
            return Ok(records);
        }
        let weights: Vec<f64> = children.iter().map(|child| child.p).collect();
        let order = if applied { container.order(&weights, &mut draws) } else { Vec::new() };
        self.drawn |= draws.drawn();
        // An image that a child cannot work on is refused whether or not the child is drawn for it.
        for child in (0..children.len()).filter(|place| !order.contains(place)) {
            fits(&children[child], self.walked.site)?;
        }
        let mut turns = vec![0; children.len()];
        self.depth += 1;
        for place in order {
            let turn = turns[place];
            turns[place] += 1;
            if turn > 0 {
                // Neither this container nor the outermost is around this one.
                self.turns.push((self.depth - 2, turn));
            }
            run(self, &children[place], turn, container.runs() == Runs::One)?;
            if turn > 0 {
                self.turns.pop();
            }
        }
        self.depth -= 1;
        Ok(records)
    }

    /// The positions of the others, and the parameters.
    fn mix(
        &mut self,
        node: &Node,
        mix: &dyn DynMix,
        applied: bool,
        mut draws: Draws,
    ) -> Result<Option<(Vec<u64>, Value)>> {
        self.drawn |= draws.drawn();
        if !applied {
            return Ok(None);
        }
        let others = needed(mix.name(), self.at.others)?;
        let own = others.places.of(self.at.index)?;
        let positions = mix.others(own, others.places.size(), &mut draws)?;
        let source = |&position: &u64| source(self.root, self.place, self.at, position, others);
        let sources = memory::try_collect(positions.iter().map(source), "the samples of a mix")?;
        let mut params = self.recording.then(|| json!({}));
        let step = mix.draw(self.walked.site, sources, &mut draws, params.as_mut())?;
        self.drawn |= draws.drawn();
        self.walked.push(node, step.into())?;
        Ok(params.map(|params| (positions, params)))
    }

    fn op(
        &mut self,
        node: &Node,
        op: &dyn DynOp,
        applied: bool,
        mut draws: Draws,
        noise: Noise,
    ) -> Result<Option<Value>> {
        let site = within(node, self.walked.site)?;
        op.fits(&site)?;
        self.drawn |= draws.drawn();
        if !applied {
            return Ok(None);
        }
        check_output(op, site.shape)?;
        let mut params = self.recording.then(|| json!({}));
        if let Some(custom) = op.changes() {
            self.drawn = true;
            self.walked.change(custom, noise)?;
            return Ok(params);
        }
        let seen = self.walked.seen(op)?;
        let steps = op.draw(&site, seen.as_ref(), &mut draws, noise, params.as_mut())?;
        self.drawn |= draws.drawn() || op.planes() > 0;
        self.walked.push(node, steps)?;
        Ok(params)
    }
}

/// What there is to mix with.
pub fn needed<'a>(op: &str, others: Option<&'a Others>) -> Result<&'a Others> {
    let message = "it mixes samples of the data set, which are missing: partners= is needed";
    others.ok_or_else(|| Error::refused(op, message))
}

/// The sample at a position, as the root's children before a place leave it.
pub fn source(root: &Node, place: usize, at: At, position: u64, others: &Others) -> Result<Source> {
    let at = At { index: others.places.index(position), ..at };
    let other = others.samples.get(&position).cloned().ok_or_else(|| {
        Error::refused("partners", format!("sample {position} is needed and was not given"))
    })?;
    let boxes = other.boxes.clone();
    let targets = Targets { image: None, boxes, points: None, masks: &other.masks };
    let mut drawing = Drawing::new(root, at, other.site, Some(targets), false);
    drawing.until = place;
    let (Drawn { steps, .. }, _) = drawing.run().map_err(|e| e.of_partner(position))?;
    Ok(Source { position, other: other.clone(), steps })
}

/// Finds the samples that a sample is mixed with by the root's children before a place.
pub fn others(
    root: &Node,
    at: At,
    places: &Places,
    until: usize,
    found: &mut BTreeSet<u64>,
) -> Result<()> {
    let Kind::Container(_, children) = &root.kind else { return Ok(()) };
    let (applied, _) = decided(root, at);
    for (place, child) in children.iter().enumerate().take(until) {
        if !applied || !child.mixes() {
            continue;
        }
        for position in mixed_by(child, at, places, false)? {
            found.insert(position);
            others(root, At { index: places.index(position), ..at }, places, place, found)?;
        }
    }
    Ok(())
}

/// Whether a node that no container runs again is applied, and its draws after that.
fn decided(node: &Node, At { keys, epoch, index, .. }: At) -> (bool, Draws) {
    let mut draws = Draws::new(Field { key: keys.parameter[node.slot], epoch, index });
    (draws.bernoulli(node.p), draws)
}

/// The samples that a node mixes with this one, which is the first that it does.
fn mixed_by(node: &Node, at: At, places: &Places, surely: bool) -> Result<Vec<u64>> {
    let (applied, mut draws) = decided(node, at);
    match &node.kind {
        _ if !(applied || surely) => Ok(Vec::new()),
        Kind::Op(_) => Ok(Vec::new()),
        Kind::Mix(mix) => {
            let others = mix.others(places.of(at.index)?, places.size(), &mut draws);
            others.map_err(|e| e.of(mix.name(), &node.place()))
        }
        Kind::Container(container, children) => match container.runs() {
            Runs::All => mixed_by(&children[0], at, places, false),
            _ => {
                let weights: Vec<f64> = children.iter().map(|child| child.p).collect();
                let order = container.order(&weights, &mut draws);
                mixed_by(&children[order[0]], at, places, true)
            }
        },
    }
}

/// Refuses an image that some op of a node cannot work on.
fn fits(node: &Node, site: Site) -> Result<()> {
    match &node.kind {
        Kind::Container(_, children) => children.iter().try_for_each(|child| fits(child, site)),
        Kind::Mix(_) => Ok(()),
        Kind::Op(op) => within(node, site)
            .and_then(|site| op.fits(&site))
            .map_err(|e| e.of(op.name(), &node.place())),
    }
}
