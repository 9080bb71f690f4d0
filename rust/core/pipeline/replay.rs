//! Steps from parameters that were written down, and perhaps edited since.

use serde_json::json;

use crate::containers::Runs;
use crate::error::{Error, Result};
use crate::image::Site;
use crate::memory;
use crate::mix::{DynMix, Others};
use crate::ops::DynOp;
use crate::pipeline::Keys;
use crate::pipeline::draw::{At, Drawn, Walked, check_output, needed, source, within};
use crate::pipeline::params::{Params, Record};
use crate::pipeline::spec::{Kind, Node};
use crate::pipeline::visit;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::random::philox::Field;
use crate::targets::Targets;

pub struct Replaying<'a> {
    root: &'a Node,
    params: &'a Params,
    frame: u32,
    /// How many ops are run; the others only have to be there.
    left: usize,
    walked: Walked<'a>,
    /// The keys of the samples that are mixed, and these.
    mixing: Option<(&'a Keys, &'a Others)>,
    /// Which of the root's children is run now.
    place: usize,
}

impl<'a> Replaying<'a> {
    pub fn new(
        root: &'a Node,
        params: &'a Params,
        site: Site,
        frame: u32,
        limit: usize,
        targets: Option<Targets<'a>>,
        mixing: Option<(&'a Keys, &'a Others)>,
    ) -> Self {
        let walked = Walked::new(site, targets);
        Replaying { root, params, frame, left: limit, walked, mixing, place: 0 }
    }

    pub fn run(mut self) -> Result<Drawn> {
        let (root, params) = (self.root, self.params);
        if params.applied {
            self.children(root, &params.ops)?
        } else {
            check_left_out(root)?
        }
        Ok(self.walked.drawn)
    }

    fn children(&mut self, container: &Node, records: &[Record]) -> Result<()> {
        let Kind::Container(kind, nodes) = &container.kind else { unreachable!("it has children") };
        let place = if container.path.is_empty() { "params" } else { &container.path };
        let fits = match kind.runs() {
            Runs::All => records.len() == nodes.len(),
            Runs::One => records.len() == 1,
            Runs::Any => true,
        };
        if !fits {
            let needed = if kind.runs() == Runs::One { 1 } else { nodes.len() };
            let value = format!("{} ops", records.len());
            return Err(Error::argument(place, "ops", value, format!("{needed} ops")));
        }
        let mut turns = vec![0; nodes.len()];
        for (i, record) in records.iter().enumerate() {
            let at = match kind.runs() {
                Runs::All => Some(i).filter(|&i| nodes[i].path == record.path),
                _ => nodes.iter().position(|node| node.path == record.path),
            };
            let Some(at) = at else {
                let allowed = match kind.runs() {
                    Runs::All => nodes[i].path.clone(),
                    _ => {
                        let paths: Vec<_> = nodes.iter().map(|node| node.path.as_str()).collect();
                        format!("one of {}", paths.join(", "))
                    }
                };
                return Err(Error::argument("params", "path", &record.path, allowed));
            };
            let (node, turn) = (&nodes[at], turns[at]);
            turns[at] += 1;
            let (op, version) = node.op();
            if record.op != op {
                return Err(Error::argument(&node.path, "op", &record.op, op));
            }
            if record.version != version {
                return Err(Error::argument(&node.path, "version", record.version, version));
            }
            if record.turn != turn {
                return Err(Error::argument(&node.path, "turn", record.turn, turn));
            }
            if container.path.is_empty() {
                self.place = at;
            }
            if record.applied { self.node(node, record)? } else { check_left_out(node)? }
        }
        Ok(())
    }

    fn node(&mut self, node: &Node, record: &Record) -> Result<()> {
        match &node.kind {
            Kind::Container(..) => self.children(node, record.ops.as_deref().unwrap_or_default()),
            Kind::Mix(mix) => {
                self.mix(node, mix.as_ref(), record).map_err(|e| e.of(mix.name(), &node.place()))
            }
            Kind::Op(op) => {
                self.op(node, op.as_ref(), record).map_err(|e| e.of(op.name(), &node.place()))
            }
        }
    }

    fn op(&mut self, node: &Node, op: &dyn DynOp, record: &Record) -> Result<()> {
        if self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        let site = within(node, self.walked.site)?;
        op.fits(&site)?;
        check_output(op, site.shape)?;
        let params = record.params.clone().unwrap_or_else(|| json!({}));
        let noise = self.noise(op, record)?;
        let steps = op.replay(&site, params, noise)?;
        match op.changes() {
            Some(custom) => self.walked.change(custom, noise),
            None => self.walked.push(node, steps),
        }
    }

    fn mix(&mut self, node: &Node, mix: &dyn DynMix, record: &Record) -> Result<()> {
        if self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        let (keys, others) = match self.mixing {
            Some((keys, others)) => (keys, others),
            None => return needed(mix.name(), None).map(|_| ()),
        };
        let Params { epoch, index, .. } = *self.params;
        let given = record.others.as_deref().unwrap_or_default();
        let size = others.places.size();
        let own = others.places.of(index)?;
        let count = mix.others(own, size, &mut Draws::new(NOWHERE))?.len();
        if given.len() != count {
            let allowed = format!("{count} positions");
            return Err(Error::argument(mix.name(), "others", format!("{given:?}"), allowed));
        }
        let at = At { keys, epoch, index, frame: self.frame, others: Some(others) };
        let source = |&position: &u64| {
            check_position(mix.name(), position, size)?;
            source(self.root, self.place, at, position, others)
        };
        let sources = memory::try_collect(given.iter().map(source), "the samples of a mix")?;
        let params = record.params.clone().unwrap_or_else(|| json!({}));
        let step = mix.replay(self.walked.site, sources, params)?;
        self.walked.push(node, step.into())
    }

    fn noise(&self, op: &dyn DynOp, record: &Record) -> Result<Noise> {
        let Params { epoch, index, .. } = *self.params;
        let number =
            |key: &String| (key.len() == 16).then(|| u64::from_str_radix(key, 16).ok()).flatten();
        let key = match &record.key {
            None if op.planes() == 0 => Some(0),
            Some(key) if op.planes() > 0 => number(key),
            _ => None,
        };
        let Some(key) = key else {
            let value = record.key.as_deref().unwrap_or("None");
            let allowed = if op.planes() > 0 { "16 hexadecimal digits" } else { "none" };
            return Err(Error::argument(op.name(), "key", value, allowed));
        };
        Ok(Noise { key, epoch, index, frame: self.frame })
    }
}

/// Draws that do not matter: how many there are is asked.
const NOWHERE: Field = Field { key: 0, epoch: 0, index: 0 };

pub fn check_position(place: &str, position: u64, size: u64) -> Result<()> {
    if position < size {
        return Ok(());
    }
    Err(Error::argument(place, "others", position, format!("positions below {size}")))
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
