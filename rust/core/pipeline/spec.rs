//! The pipeline as a document, and as the tree it is compiled to.
//!
//! ```json
//! {"bitaug": 1, "writer": "bitaug 0.1.0", "pipeline":
//!   {"op": "Compose", "version": 1, "p": 1.0, "bbox_params": null, "transforms": [
//!     {"op": "HorizontalFlip", "version": 1, "p": 0.5},
//!     {"op": "Pad", "version": 1, "p": 1.0, "name": "frame", "padding": [4, 4, 4, 4], ...}]}}
//! ```
//!
//! Loading checks everything and runs nothing. An op's path is its place by name: `Pad`, a second
//! one at the same level `Pad#2`, inside a container `Compose/Pad`; `name` pins it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map as JsonMap, Value, json};
use xxhash_rust::xxh3::Xxh3;

use crate::bounds::{Bounds, Checked, Within, bounds};
use crate::containers::compose::Compose;
use crate::containers::policy::{Child, Graded};
use crate::containers::{self, Container, DynContainer, Runs};
use crate::error::{Error, Result, parse_json};
use crate::mix::{self, DynMix};
use crate::ops::custom::{self, Behind, Callbacks, Custom};
use crate::ops::{self, DynOp, Fills, Flow};
use crate::random::address::label;
use crate::targets::TargetKind;
use crate::targets::boxes::BboxParams;
use crate::targets::points::KeypointParams;

/// The version of the document's form, not of any op.
pub const FORMAT: u64 = 1;
const COMPOSE: &str = Compose::NAME;
/// A name is in the path of every op below it.
const LONGEST_NAME: usize = 255;

pub struct Node {
    pub path: String,
    pub path_label: u64,
    pub name: Option<String>,
    pub p: f64,
    /// The channels that its op works on, as on an image of these alone; all of them if None.
    pub channels: Option<Vec<usize>>,
    /// Its place in the order in which the document lists nodes.
    pub slot: usize,
    pub kind: Kind,
}

impl Node {
    /// Its op's name and version.
    pub fn op(&self) -> (&'static str, u32) {
        match &self.kind {
            Kind::Op(op) => (op.name(), op.version()),
            Kind::Mix(mix) => (mix.name(), mix.version()),
            Kind::Container(container, _) => (container.name(), container.version()),
        }
    }

    /// The values that it may put into images and masks.
    pub fn fills(&self) -> Option<Fills<'_>> {
        match &self.kind {
            Kind::Op(op) => op.fills(),
            Kind::Mix(mix) => mix.fills(),
            Kind::Container(..) => None,
        }
    }

    /// Whether it, or what it holds, mixes samples.
    pub fn mixes(&self) -> bool {
        match &self.kind {
            Kind::Op(_) => false,
            Kind::Mix(_) => true,
            Kind::Container(_, children) => children.iter().any(Node::mixes),
        }
    }

    /// Whether it, or what it holds, changes samples instead of making steps.
    pub fn changes(&self) -> bool {
        match &self.kind {
            Kind::Op(op) => op.changes().is_some(),
            Kind::Mix(_) => false,
            Kind::Container(_, children) => children.iter().any(Node::changes),
        }
    }

    /// Tells functions which op works in parts of white behind them, `behind` being the first that
    /// follows this node, and gives the first from this node on.
    fn tell(&mut self, behind: Option<Arc<Behind>>, given: bool) -> Option<Arc<Behind>> {
        match &mut self.kind {
            Kind::Op(op) if op.flow().is_nominal() && self.p > 0.0 => {
                Some(Arc::new(Behind { path: self.path.clone(), given }))
            }
            Kind::Op(op) => {
                behind.iter().for_each(|behind| op.is_before(behind));
                behind
            }
            Kind::Mix(_) => behind,
            Kind::Container(container, children) if container.runs() == Runs::All => {
                children.iter_mut().rev().fold(behind, |behind, child| child.tell(behind, given))
            }
            Kind::Container(_, children) => {
                // Any of them may be the only one that is run.
                let each = children.iter_mut().map(|child| child.tell(behind.clone(), given));
                each.flatten().collect::<Vec<_>>().into_iter().next()
            }
        }
    }

    /// How errors name it.
    pub fn place(&self) -> String {
        place(&self.path, self.op().0)
    }
}

/// The path, and the op where the path does not name it.
fn place(path: &str, op: &str) -> String {
    let step = path.rsplit('/').next().unwrap_or(path);
    if step.split('#').next() == Some(op) { path.into() } else { format!("{path} ({op})") }
}

pub enum Kind {
    Op(Box<dyn DynOp>),
    Mix(Box<dyn DynMix>),
    Container(Box<dyn DynContainer>, Vec<Node>),
}

pub struct Spec {
    /// A Compose at the empty path; a bare op is wrapped into one.
    pub root: Node,
    pub bbox_params: BboxParams,
    pub keypoint_params: Option<KeypointParams>,
    /// The value that stands for white in uint16 and float32 images, if not the type's.
    pub white: Option<f64>,
    /// Further targets of a call by name, and of which kind they are.
    pub targets: BTreeMap<String, TargetKind>,
    /// Further arguments of a call that are vectors, of which mixed samples have the mean.
    pub mix_fields: BTreeSet<String>,
    /// How many nodes there are.
    pub slots: usize,
    /// Whether the outermost node was an op.
    bare: bool,
}

impl Spec {
    /// Reads a node: an op or a container.
    pub fn from_value(value: Value) -> Result<Spec> {
        Spec::with(value, &Callbacks::new())
    }

    /// The same, with the functions of custom ops.
    pub fn with(value: Value, callbacks: &Callbacks) -> Result<Spec> {
        let mut reader = Reader { slots: 1, flow: Flow::Any, callbacks };
        let mut spec = Spec {
            root: Node {
                path: String::new(),
                path_label: label(""),
                name: None,
                p: 1.0,
                channels: None,
                slot: 0,
                kind: Kind::Container(Box::new(Compose {}), Vec::new()),
            },
            bbox_params: BboxParams::default(),
            keypoint_params: None,
            white: None,
            targets: BTreeMap::new(),
            mix_fields: BTreeSet::new(),
            slots: 1,
            bare: value.get("op") != Some(&json!(COMPOSE)),
        };
        if spec.bare {
            let children = reader.level(given(vec![value]), "", "pipeline", true)?;
            spec.root.kind = Kind::Container(Box::new(Compose {}), children);
        } else {
            let mut fields = reader.fields(value, COMPOSE)?;
            let Head { name, p, version } = Head::take(&mut fields, COMPOSE, COMPOSE)?;
            if let Some(params) = fields.remove("bbox_params").filter(|params| !params.is_null()) {
                spec.bbox_params = BboxParams::from_value(params)?;
                for name in spec.bbox_params.label_fields.iter().flatten() {
                    if !["labels", "masks", "keypoints"].contains(&name.as_str()) {
                        check_free("BboxParams", "label_fields", name)?;
                    }
                }
            }
            if let Some(params) =
                fields.remove("keypoint_params").filter(|params| !params.is_null())
            {
                spec.keypoint_params = Some(KeypointParams::from_value(params)?);
            }
            spec.white = take_white(&mut fields)?;
            spec.targets = take_targets(&mut fields)?;
            spec.mix_fields = take_mix_fields(&mut fields, &spec.targets)?;
            let entry =
                containers::find(COMPOSE, version).ok_or_else(|| unknown(COMPOSE, version))?;
            spec.root.kind = reader.container(entry, fields, "", p == 1.0)?;
            (spec.root.name, spec.root.p) = (name, p);
        }
        check_mixes(&spec.root)?;
        spec.root.tell(None, spec.white.is_some());
        spec.slots = reader.slots;
        Ok(spec)
    }

    /// Reads a document.
    pub fn from_json(text: &str, callbacks: &Callbacks) -> Result<Spec> {
        let Value::Object(mut document) = parse_json("document", text)? else {
            return Err(Error::document("document", "not an object"));
        };
        match document.remove("bitaug") {
            Some(version) if version == json!(FORMAT) => {}
            Some(version) => {
                let message = format!("format {version}; this version reads format {FORMAT}");
                return Err(Error::document("document", message));
            }
            None => return Err(Error::document("document", "no field \"bitaug\" with its format")),
        }
        document.remove("writer");
        let Some(pipeline) = document.remove("pipeline") else {
            let several = document.contains_key("pipelines");
            let found = if several { "several pipelines, which load() reads; " } else { "" };
            return Err(Error::document("document", format!("{found}no field \"pipeline\"")));
        };
        if let Some(field) = document.keys().next() {
            return Err(Error::document("document", format!("unknown field {field:?}")));
        }
        Spec::with(pipeline, callbacks)
    }

    /// The complete node: every field, typed.
    pub fn to_value(&self) -> Value {
        match &self.root.kind {
            Kind::Container(_, children) if self.bare => node_value(&children[0]),
            _ => self.root_value(),
        }
    }

    fn root_value(&self) -> Value {
        let mut value = node_value(&self.root);
        value["bbox_params"] = self.bbox_params.to_value();
        if let Some(white) = self.white {
            value["white"] = white.into();
        }
        if let Some(params) = &self.keypoint_params {
            value["keypoint_params"] = json!(params);
        }
        if !self.targets.is_empty() {
            value["targets"] = json!(self.targets);
        }
        if !self.mix_fields.is_empty() {
            value["mix_fields"] = json!(self.mix_fields);
        }
        value
    }

    pub fn to_json(&self) -> String {
        let writer = concat!("bitaug ", env!("CARGO_PKG_VERSION"));
        let document = json!({"bitaug": FORMAT, "writer": writer, "pipeline": self.to_value()});
        serde_json::to_string_pretty(&document).expect("a document is plain data")
    }

    /// XXH3-64 over the canonical typed form, without the writer: 1 and 1.0 agree, as does a bare
    /// op with a Compose of it.
    pub fn digest(&self) -> u64 {
        let mut hash = Xxh3::new();
        hash_value(&mut hash, &self.root_value());
        hash.digest()
    }
}

/// The fields that every node has.
struct Head {
    name: Option<String>,
    p: f64,
    version: u32,
}

impl Head {
    fn take(fields: &mut JsonMap<String, Value>, op: &str, place: &str) -> Result<Head> {
        let version = match fields.remove("version") {
            None => return Err(Error::document(place, "no field \"version\"")),
            Some(version) => version
                .as_u64()
                .and_then(|v| u32::try_from(v).ok())
                .ok_or_else(|| Error::argument(op, "version", version, "a positive integer"))?,
        };
        let p = match fields.remove("p") {
            None => return Err(Error::document(place, "no field \"p\"")),
            Some(p) => p
                .as_f64()
                .filter(|&p| Probability::hold(p))
                .ok_or_else(|| Error::argument(op, "p", p, "a probability, 0 to 1"))?,
        };
        let name = match fields.remove("name") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) if is_name(&name) => Some(name),
            Some(name) => {
                let allowed = format!("1 to {LONGEST_NAME} letters, digits, '_', '.' and '-'");
                return Err(Error::argument(op, "name", name, allowed));
            }
        };
        Ok(Head { name, p, version })
    }
}

bounds! {
    Probability: f64 = 0.0..=1.0;
    White: f64 = 1e-9..=1e9;
}

/// The JSON Schema of those fields of a node that are no op's and have bounds.
pub fn schema() -> JsonMap<String, Value> {
    let white = json!({"anyOf": [Within::<White>::schema(), {"type": "null"}]});
    let fields = [("p", Within::<Probability>::schema()), ("white", white)];
    fields.into_iter().map(|(name, schema)| (name.to_string(), schema)).collect()
}

fn take_white(fields: &mut JsonMap<String, Value>) -> Result<Option<f64>> {
    let value = fields.remove("white").unwrap_or_default();
    if value.is_null() {
        return Ok(None);
    }
    match value.as_f64().filter(|&white| White::hold(white)) {
        Some(white) => Ok(Some(white)),
        None => Err(Error::argument(COMPOSE, "white", value, Within::<White>::words())),
    }
}

/// Names that a call has for something else.
const TAKEN: [&str; 20] = [
    "image",
    "images",
    "mask",
    "masks",
    "bboxes",
    "labels",
    "keypoints",
    "dropped",
    "mix",
    "mix_weight",
    "partners",
    "seed",
    "epoch",
    "index",
    "stream",
    "repeat",
    "layout",
    "threads",
    "out",
    "stack",
];

fn take_targets(fields: &mut JsonMap<String, Value>) -> Result<BTreeMap<String, TargetKind>> {
    let value = fields.remove("targets").unwrap_or_default();
    if value.is_null() {
        return Ok(BTreeMap::new());
    }
    let place = format!("{COMPOSE}: targets");
    let targets: BTreeMap<String, TargetKind> = Error::reading(&place, value)?;
    targets.keys().try_for_each(|name| check_free(COMPOSE, "targets", name))?;
    Ok(targets)
}

fn take_mix_fields(
    fields: &mut JsonMap<String, Value>,
    targets: &BTreeMap<String, TargetKind>,
) -> Result<BTreeSet<String>> {
    let value = fields.remove("mix_fields").unwrap_or_default();
    if value.is_null() {
        return Ok(BTreeSet::new());
    }
    let names: BTreeSet<String> = Error::reading(&format!("{COMPOSE}: mix_fields"), value)?;
    for name in &names {
        check_free(COMPOSE, "mix_fields", name)?;
        if targets.contains_key(name) {
            let allowed = "a name that is not one of targets";
            return Err(Error::argument(COMPOSE, "mix_fields", format!("{name:?}"), allowed));
        }
    }
    Ok(names)
}

fn check_free(place: &str, field: &str, name: &str) -> Result<()> {
    if !TAKEN.contains(&name) && !name.is_empty() {
        return Ok(());
    }
    let allowed = "a name that a call has for nothing else";
    Err(Error::argument(place, field, format!("{name:?}"), allowed))
}

fn take_channels(fields: &mut JsonMap<String, Value>, op: &str) -> Result<Option<Vec<usize>>> {
    let value = fields.remove("channels").unwrap_or_default();
    if value.is_null() {
        return Ok(None);
    }
    let channels: Option<Vec<usize>> = value.as_array().and_then(|values| {
        values.iter().map(|v| v.as_u64().and_then(|v| usize::try_from(v).ok())).collect()
    });
    let mut seen = HashSet::new();
    match channels {
        Some(all) if !all.is_empty() && all.iter().all(|c| seen.insert(*c)) => Ok(Some(all)),
        _ => {
            Err(Error::argument(op, "channels", value, "one or more indices from 0 on, each once"))
        }
    }
}

fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

struct Reader<'a> {
    slots: usize,
    callbacks: &'a Callbacks,
    /// What the ops so far have made of the value range.
    flow: Flow,
}

impl Reader<'_> {
    fn fields(&self, value: Value, place: &str) -> Result<JsonMap<String, Value>> {
        match value {
            Value::Object(mut fields) => {
                fields.remove("op");
                Ok(fields)
            }
            _ => Err(Error::document(place, format!("not an op: {value}"))),
        }
    }

    /// A container with its children; `certain` says that it always runs.
    fn container(
        &mut self,
        entry: &containers::Entry,
        mut fields: JsonMap<String, Value>,
        path: &str,
        certain: bool,
    ) -> Result<Kind> {
        let place = if path.is_empty() { entry.name.into() } else { place(path, entry.name) };
        let transforms = fields.remove("transforms");
        let here = |e: Error| e.of(entry.name, &place);
        let container = (entry.parse)(fields).map_err(here)?;
        let children = match (container.children(), transforms) {
            (None, Some(Value::Array(transforms))) => given(transforms),
            (Some(made), None) => made,
            (None, Some(other)) => {
                return Err(Error::argument(place, "transforms", other, "a list of ops"));
            }
            (None, None) => return Err(Error::document(place, "no field \"transforms\"")),
            (Some(_), Some(_)) => {
                return Err(Error::document(place, "unknown field \"transforms\""));
            }
        };
        let certain = certain && container.runs() == Runs::All;
        let children = self.level(children, path, &place, certain)?;
        let weights: Vec<f64> = children.iter().map(|child| child.p).collect();
        container.check(&weights).map_err(here)?;
        Ok(Kind::Container(container, children))
    }

    /// The nodes of one level, with their paths.
    fn level(
        &mut self,
        children: Vec<Child>,
        parent: &str,
        place: &str,
        certain: bool,
    ) -> Result<Vec<Node>> {
        let mut counts: HashMap<String, usize> = HashMap::new();
        let mut steps = HashSet::new();
        let mut nodes = Vec::with_capacity(children.len());
        for Child { node: value, grade } in children {
            let op = match value.get("op") {
                Some(Value::String(op)) => op.clone(),
                Some(op) => return Err(Error::argument(place, "op", op, "an op's name")),
                None => return Err(Error::document(place, format!("no field \"op\" in {value}"))),
            };
            let mut fields = self.fields(value, place)?;
            let head = Head::take(&mut fields, &op, &op)?;
            let step = match &head.name {
                Some(name) => name.clone(),
                None => {
                    let count = counts.entry(op.clone()).or_insert(0);
                    *count += 1;
                    if *count == 1 { op.clone() } else { format!("{op}#{count}") }
                }
            };
            if !steps.insert(step.clone()) {
                let message = format!("two ops have the path {step:?} at one level; rename one");
                return Err(Error::document(place, message));
            }
            let path = if parent.is_empty() { step } else { format!("{parent}/{step}") };
            let mut node = self.node(&op, head, fields, path, certain)?;
            node.kind = match (node.kind, grade) {
                (Kind::Op(op), Some(grade)) => Kind::Op(Box::new(Graded { op, grade })),
                (kind, _) => kind,
            };
            nodes.push(node);
        }
        Ok(nodes)
    }

    fn node(
        &mut self,
        op: &str,
        head: Head,
        mut fields: JsonMap<String, Value>,
        path: String,
        certain: bool,
    ) -> Result<Node> {
        let slot = self.slots;
        self.slots += 1;
        let certain = certain && head.p == 1.0;
        let mut channels = None;
        let kind = if let Some(entry) = containers::find(op, head.version) {
            if op == COMPOSE {
                outermost_only(&mut fields, &path)?;
            }
            self.container(entry, fields, &path, certain)?
        } else if let Some(entry) = mix::find(op, head.version) {
            if self.flow == Flow::Planar {
                return Err(Error::refused(place(&path, op), "nothing may follow ToCHW"));
            }
            Kind::Mix((entry.parse)(fields).map_err(|e| e.of(op, &place(&path, op)))?)
        } else if op == custom::NAME {
            let custom = self.custom(&head, fields)?;
            self.pass(&custom, certain).map_err(|e| e.of(op, &place(&path, op)))?;
            Kind::Op(Box::new(custom))
        } else {
            let entry = ops::find(op, head.version).ok_or_else(|| unknown(op, head.version))?;
            if entry.channels {
                channels = take_channels(&mut fields, op)?;
            }
            let parsed =
                (entry.parse)(fields).and_then(|op| self.pass(op.as_ref(), certain).map(|()| op));
            Kind::Op(parsed.map_err(|e| e.of(op, &place(&path, op)))?)
        };
        let Head { name, p, .. } = head;
        Ok(Node { path_label: label(&path), path, name, p, channels, slot, kind })
    }

    /// A custom op, by the name under which its function was given.
    fn custom(&self, head: &Head, mut fields: JsonMap<String, Value>) -> Result<Custom> {
        if head.version != custom::VERSION {
            let (version, known) = (head.version, custom::VERSION);
            return Err(Error::argument(custom::NAME, "version", version, known));
        }
        let targets = match fields.remove("targets") {
            None => false,
            Some(Value::Bool(targets)) => targets,
            Some(value) => {
                return Err(Error::argument(custom::NAME, "targets", value, "true or false"));
            }
        };
        if let Some(field) = fields.keys().next() {
            return Err(Error::document(custom::NAME, format!("unknown field {field:?}")));
        }
        let Some(name) = &head.name else {
            return Err(Error::document(custom::NAME, "no field \"name\""));
        };
        match self.callbacks.get(name) {
            Some(callback) => Ok(Custom { callback: callback.clone(), targets, behind: None }),
            None => {
                let message = format!("its function is needed: custom={{{name:?}: function}}");
                Err(Error::document(format!("{}: {name}", custom::NAME), message))
            }
        }
    }

    /// Follows the value range and the layout through the op.
    fn pass(&mut self, op: &dyn DynOp, certain: bool) -> Result<()> {
        let refuse = |message: &str| Err(Error::refused(op.name(), message));
        if self.flow == Flow::Planar {
            return refuse("nothing may follow ToCHW: put ToCHW last");
        }
        match op.flow() {
            Flow::Any => {}
            Flow::Nominal | Flow::Floats if self.flow == Flow::Normalizes => {
                return refuse("works on 0 to white: put it before Normalize");
            }
            Flow::Normalizes if self.flow == Flow::Normalizes => {
                return refuse(
                    "a Normalize stands before it; for ((v - m1) / s1 - m2) / s2 write one of \
                     mean = m1 + m2 s1, std = s1 s2",
                );
            }
            Flow::Nominal => {}
            flow if certain => self.flow = flow,
            _ => {
                return refuse(
                    "changes the type or layout, so it must always run: put it, and what it is in, at \
                     p=1, and not among what is chosen from",
                );
            }
        }
        Ok(())
    }
}

/// Nodes of the outermost level that mix samples: each may ask for the samples of those before it.
const MOST_MIXES: usize = 3;

/// Refuses what mixes samples where no position in the outermost Compose says which steps come
/// before it.
fn check_mixes(root: &Node) -> Result<()> {
    let Kind::Container(_, children) = &root.kind else { return Ok(()) };
    if root.mixes() && root.changes() {
        let message = "with targets=True it is given samples of their own, so none that are mixed";
        return Err(Error::refused(custom::NAME, message));
    }
    let mixing = children.iter().filter(|child| child.mixes());
    for (i, child) in mixing.enumerate() {
        if i == MOST_MIXES {
            let message = format!("at most {MOST_MIXES} ops of a pipeline mix samples");
            return Err(Error::refused(child.place(), message));
        }
        comes_first(child)?;
    }
    Ok(())
}

/// Refuses a node that does anything before it mixes.
fn comes_first(node: &Node) -> Result<()> {
    let Kind::Container(container, children) = &node.kind else { return Ok(()) };
    let refuse = |node: &Node| {
        let message = "samples are mixed in the outermost Compose, or first in a Compose, \
                       Sequential or OneOf in it: put there what comes before";
        Err(Error::refused(node.place(), message))
    };
    for (i, child) in children.iter().enumerate().filter(|(_, child)| child.mixes()) {
        match container.runs() {
            Runs::All if i == 0 => comes_first(child)?,
            Runs::One => comes_first(child)?,
            _ => return refuse(child),
        }
    }
    Ok(())
}

/// The children that a document lists.
fn given(nodes: Vec<Value>) -> Vec<Child> {
    nodes.into_iter().map(|node| Child { node, grade: None }).collect()
}

/// Refuses what concerns a pipeline as a whole in a Compose within it.
fn outermost_only(fields: &mut JsonMap<String, Value>, path: &str) -> Result<()> {
    for field in ["bbox_params", "keypoint_params", "mix_fields", "targets", "white"] {
        if let Some(value) = fields.remove(field).filter(|value| !value.is_null()) {
            let allowed = "none: it belongs to the outermost Compose";
            return Err(Error::argument(place(path, COMPOSE), field, value, allowed));
        }
    }
    Ok(())
}

fn unknown(op: &str, version: u32) -> Error {
    let nodes = containers::REGISTRY.iter().map(|entry| (entry.name, entry.version));
    let nodes = nodes.chain(mix::REGISTRY.iter().map(|entry| (entry.name, entry.version)));
    let nodes: Vec<_> =
        nodes.chain(ops::REGISTRY.iter().map(|entry| (entry.name, entry.version))).collect();
    let versions: Vec<_> = nodes
        .iter()
        .filter(|(name, _)| *name == op)
        .map(|(_, version)| version.to_string())
        .collect();
    if versions.is_empty() {
        let known: Vec<_> = nodes.iter().map(|(name, _)| *name).collect();
        Error::argument("pipeline", "op", op, format!("one of {}", known.join(", ")))
    } else {
        Error::argument(op, "version", version, format!("one of {}", versions.join(", ")))
    }
}

fn node_value(node: &Node) -> Value {
    let mut fields = match &node.kind {
        Kind::Op(op) => op.fields(),
        Kind::Mix(mix) => mix.fields(),
        Kind::Container(container, children) => {
            let mut fields = container.fields();
            if container.children().is_none() {
                let children = children.iter().map(node_value).collect();
                fields.insert("transforms".into(), Value::Array(children));
            }
            fields
        }
    };
    let (op, version) = node.op();
    fields.insert("op".into(), op.into());
    fields.insert("version".into(), version.into());
    fields.insert("p".into(), node.p.into());
    if let Some(name) = &node.name {
        fields.insert("name".into(), name.as_str().into());
    }
    if let Some(channels) = &node.channels {
        fields.insert("channels".into(), channels.clone().into());
    }
    Value::Object(fields)
}

/// Each value as a tag and its bytes, little-endian; keys in order; lengths first. Numbers by
/// their type: i64/u64 as integers, f64 by its bits.
fn hash_value(hash: &mut Xxh3, value: &Value) {
    let tagged = |hash: &mut Xxh3, tag: u8, word: u64| {
        hash.update(&[tag]);
        hash.update(&word.to_le_bytes());
    };
    match value {
        Value::Null => tagged(hash, b'n', 0),
        Value::Bool(flag) => tagged(hash, b'b', u64::from(*flag)),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(n), _) => tagged(hash, b'i', n),
            (None, Some(n)) => tagged(hash, b'i', n as u64),
            _ => tagged(hash, b'f', number.as_f64().expect("no other numbers").to_bits()),
        },
        Value::String(text) => {
            tagged(hash, b's', text.len() as u64);
            hash.update(text.as_bytes());
        }
        Value::Array(items) => {
            tagged(hash, b'a', items.len() as u64);
            items.iter().for_each(|item| hash_value(hash, item));
        }
        Value::Object(fields) => {
            tagged(hash, b'o', fields.len() as u64);
            // Another crate in the build may have made the map keep its insertion order.
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(key, _)| *key);
            for (key, value) in fields {
                tagged(hash, b'k', key.len() as u64);
                hash.update(key.as_bytes());
                hash_value(hash, value);
            }
        }
    }
}
