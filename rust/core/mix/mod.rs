//! Ops that make one sample of several: its own, and others of the data set, one file each, one
//! line each in [`mixes!`].
//!
//! Which others is drawn from the op's own address, so that nothing depends on a batch. What they
//! give is the picture that each of them is itself at this seed, stream, epoch and repeat, as the
//! steps before the op have left it.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::image::{Shape, Site, Strided};
use crate::kernels::mixed::{From, Mixed, Part, Source};
use crate::kernels::step::Step;
use crate::ops::{Fields, Fills, object};
use crate::random::draws::Draws;
use crate::schema;
use crate::targets::boxes::Boxes;
use crate::targets::masks::MaskType;
use crate::targets::points::Points;

/// A sample of the data set as it comes, before any op.
pub struct Other {
    pub image: Strided<'static>,
    pub site: Site,
    /// A value of the image, if it plainly is of another range than 0 to white.
    pub strange: Option<f64>,
    pub masks: Vec<(MaskType, Strided<'static>)>,
    pub boxes: Option<Boxes>,
    pub points: Option<Points>,
}

/// What samples can be mixed with: those that are asked for, by their positions.
pub struct Others {
    pub places: Places,
    pub samples: HashMap<u64, Arc<Other>>,
}

/// The positions of a data set: how each is addressed.
#[derive(Clone)]
pub enum Places {
    /// So many, each by itself.
    Numbered(u64),
    /// Each by the label of its key.
    Keyed(Arc<Keyed>),
}

pub struct Keyed {
    labels: Vec<u64>,
    places: HashMap<u64, u64>,
}

impl Keyed {
    /// Of the labels of all keys; None where two are alike.
    pub fn new(labels: Vec<u64>) -> Option<Keyed> {
        let places: HashMap<u64, u64> = labels.iter().copied().zip(0..).collect();
        (places.len() == labels.len()).then_some(Keyed { labels, places })
    }
}

impl Places {
    pub fn size(&self) -> u64 {
        match self {
            Places::Numbered(size) => *size,
            Places::Keyed(keyed) => keyed.labels.len() as u64,
        }
    }

    /// The index that the sample at a position, which is one of these, is addressed by.
    pub fn index(&self, place: u64) -> u64 {
        match self {
            Places::Numbered(_) => place,
            Places::Keyed(keyed) => keyed.labels[place as usize],
        }
    }

    /// The position of the sample that is addressed by an index.
    pub fn of(&self, index: u64) -> Result<u64> {
        match self {
            Places::Numbered(_) => Ok(index),
            Places::Keyed(keyed) => keyed.places.get(&index).copied().ok_or_else(|| {
                Error::refused("index", "it is none of the keys of the samples to mix with")
            }),
        }
    }
}

/// What becomes of one source on the canvas.
pub struct Placed {
    pub steps: Vec<Step>,
    /// Top and left.
    pub at: [usize; 2],
    /// Height and width.
    pub size: [usize; 2],
}

/// An image made of parts of several. A later part covers an earlier one.
pub struct Canvas {
    pub size: [usize; 2],
    /// Of each source, the sample itself first.
    pub parts: Vec<Placed>,
    /// What each counts for, in 65536ths of the whole.
    pub weights: Vec<u32>,
    /// Whether the two parts are summed by their weights instead.
    pub blend: bool,
}

pub trait Mix: Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    const NAME: &'static str;
    const VERSION: u32 = 1;
    type Params: Serialize + DeserializeOwned;

    /// Refuses a configuration that no image could satisfy.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Height and width of the output for an input of these.
    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        input
    }

    /// The values that it may put into images and masks.
    fn fills(&self) -> Option<Fills<'_>> {
        None
    }

    /// Whether masks come along; else a sample with some is refused.
    fn masks(&self) -> bool {
        true
    }

    /// The others of the sample at a position, of so many in all: the first that is drawn.
    fn others(&self, own: u64, size: u64, draws: &mut Draws) -> Vec<u64>;

    fn sample(&self, site: &Site, draws: &mut Draws) -> Self::Params;

    /// The parameters may have been edited: they are checked here. `sites[0]` is that of the sample
    /// itself.
    fn apply(&self, params: Self::Params, sites: &[Site]) -> Result<Canvas>;

    /// Configurations that between them reach every branch.
    fn examples(shape: Shape) -> Vec<Self>;
}

/// A [`Mix`] of any type.
pub trait DynMix: Send + Sync {
    fn name(&self) -> &'static str;
    fn version(&self) -> u32;
    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]>;
    fn fills(&self) -> Option<Fills<'_>>;
    fn masks(&self) -> bool;
    fn others(&self, own: u64, size: u64, draws: &mut Draws) -> Result<Vec<u64>>;
    fn fields(&self) -> Fields;
    /// Samples and applies; the parameters are written down if `record` is given.
    fn draw(
        &self,
        site: Site,
        sources: Vec<Source>,
        draws: &mut Draws,
        record: Option<&mut Value>,
    ) -> Result<Step>;
    /// Applies parameters that were written down.
    fn replay(&self, site: Site, sources: Vec<Source>, params: Value) -> Result<Step>;
}

impl<T: Mix> DynMix for T {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn version(&self) -> u32 {
        T::VERSION
    }

    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Mix::size(self, input)
    }

    fn fills(&self) -> Option<Fills<'_>> {
        Mix::fills(self)
    }

    fn masks(&self) -> bool {
        Mix::masks(self)
    }

    fn others(&self, own: u64, size: u64, draws: &mut Draws) -> Result<Vec<u64>> {
        if own >= size {
            let allowed = format!("a position below {size}, the number of partners");
            return Err(Error::argument(T::NAME, "index", own, allowed));
        }
        if size < 2 {
            return Err(Error::argument(T::NAME, "partners", size, "at least 2 samples"));
        }
        Ok(Mix::others(self, own, size, draws))
    }

    fn fields(&self) -> Fields {
        object(serde_json::to_value(self).expect("its fields are plain data"))
    }

    fn draw(
        &self,
        site: Site,
        sources: Vec<Source>,
        draws: &mut Draws,
        record: Option<&mut Value>,
    ) -> Result<Step> {
        let params = self.sample(&site, draws);
        if let Some(record) = record {
            *record = serde_json::to_value(&params).expect("parameters are plain data");
        }
        mixed(self, params, site, sources)
    }

    fn replay(&self, site: Site, sources: Vec<Source>, params: Value) -> Result<Step> {
        let params = Error::reading(&format!("{}: params", T::NAME), params)?;
        mixed(self, params, site, sources)
    }
}

fn mixed<T: Mix>(mix: &T, params: T::Params, site: Site, sources: Vec<Source>) -> Result<Step> {
    let mut sites = vec![site];
    for source in &sources {
        let end = source.steps.iter().fold(source.other.site, |site, step| step.site(site));
        if (end.dtype, end.shape.channels) != (site.dtype, site.shape.channels) {
            let said = |site: Site| format!("{} x {}", site.dtype.name(), site.shape.channels);
            let message = format!(
                "partner {} is {} channels there, the sample {}",
                source.position,
                said(end),
                said(site)
            );
            return Err(Error::refused(T::NAME, message));
        }
        sites.push(end);
    }
    if let Some(fills) = Mix::fills(mix) {
        fills.fits(T::NAME, &site)?;
    }
    let Canvas { size, parts, weights, blend } = mix.apply(params, &sites)?;
    let mut sources = sources.into_iter();
    let parts = parts.into_iter().enumerate().map(|(i, Placed { steps, at, size })| {
        let source = if i == 0 { None } else { sources.next() };
        Part { from: source.map_or(From::Image, From::Sample), steps, at, size }
    });
    Ok(Step::Mixed(Box::new(Mixed { size, parts: parts.collect(), weights, blend })))
}

/// One version of one such op, as the registry holds it.
pub struct Entry {
    pub name: &'static str,
    pub version: u32,
    pub parse: fn(Fields) -> Result<Box<dyn DynMix>>,
    /// The JSON Schema of each field.
    pub schema: fn() -> Fields,
    /// The fields of [`Mix::examples`].
    pub examples: fn(Shape) -> Vec<Fields>,
}

impl Entry {
    const fn of<T: Mix>() -> Self {
        Entry {
            name: T::NAME,
            version: T::VERSION,
            parse: parse::<T>,
            schema: schema::fields::<T>,
            examples: examples::<T>,
        }
    }
}

fn parse<T: Mix>(fields: Fields) -> Result<Box<dyn DynMix>> {
    let mix: T = Error::reading(T::NAME, Value::Object(fields))?;
    mix.check()?;
    Ok(Box::new(mix))
}

fn examples<T: Mix>(shape: Shape) -> Vec<Fields> {
    T::examples(shape).iter().map(DynMix::fields).collect()
}

macro_rules! mixes {
    ($($module:ident::$type:ident),* $(,)?) => {
        $(pub mod $module;)*
        pub const REGISTRY: &[Entry] = &[$(Entry::of::<$module::$type>()),*];
    };
}

mixes! {
    cut_mix::CutMix,
    mix_up::MixUp,
    mosaic::Mosaic,
}

pub fn find(name: &str, version: u32) -> Option<&'static Entry> {
    REGISTRY.iter().find(|entry| entry.name == name && entry.version == version)
}

/// A position other than its own: below(size - 1), and one more from its own on.
fn another(own: u64, size: u64, draws: &mut Draws) -> u64 {
    let position = draws.below(size - 1);
    position + u64::from(position >= own)
}

/// A part of the whole in 65536ths.
fn weight(part: f64) -> u32 {
    (65536.0 * part + 0.5).floor() as u32
}

/// The height and width of the images, which must agree.
fn same_size(op: &str, sites: &[Site]) -> Result<[usize; 2]> {
    let size = |site: &Site| [site.shape.height, site.shape.width];
    let [height, width] = size(&sites[0]);
    match sites.iter().map(size).find(|&other| other != [height, width]) {
        None => Ok([height, width]),
        Some([h, w]) => {
            let message = format!(
                "the images are {height} x {width} and {h} x {w}: crop or resize to one size before"
            );
            Err(Error::refused(op, message))
        }
    }
}
