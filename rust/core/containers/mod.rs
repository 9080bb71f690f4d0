//! Nodes with children, one file each, one line each in [`containers!`]: which children run, in
//! which order, and how often. What they draw comes from their own address, so that taking a child
//! out of one changes nobody else.

pub mod policy;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::policy::Child;
use crate::error::{Error, Result};
use crate::ops::{Fields, object};
use crate::random::draws::Draws;
use crate::schema;

/// What is certain about the children that a container runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// All as written, each by its own `p`.
    All,
    /// One, whatever its `p`, which is its weight.
    One,
    /// Nothing.
    Any,
}

pub trait Container: Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    const NAME: &'static str;
    const VERSION: u32 = 1;
    const RUNS: Runs = Runs::Any;

    /// Refuses a configuration that does not fit its children, of which `weights` are the `p`.
    fn check(&self, _weights: &[f64]) -> Result<()> {
        Ok(())
    }

    /// Its children, where it makes them itself: then its document has none.
    fn children(&self) -> Option<Vec<Child>> {
        None
    }

    /// The places of children in running order. One that is there again is in its next turn.
    fn order(&self, weights: &[f64], draws: &mut Draws) -> Vec<usize>;

    /// Configurations that between them reach every branch, for four children: what the tests run.
    fn examples() -> Vec<Self>;
}

/// A [`Container`] of any type.
pub trait DynContainer: Send + Sync {
    fn name(&self) -> &'static str;
    fn version(&self) -> u32;
    fn runs(&self) -> Runs;
    fn check(&self, weights: &[f64]) -> Result<()>;
    fn children(&self) -> Option<Vec<Child>>;
    fn order(&self, weights: &[f64], draws: &mut Draws) -> Vec<usize>;
    fn fields(&self) -> Fields;
}

impl<T: Container> DynContainer for T {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn version(&self) -> u32 {
        T::VERSION
    }

    fn runs(&self) -> Runs {
        T::RUNS
    }

    fn check(&self, weights: &[f64]) -> Result<()> {
        Container::check(self, weights)
    }

    fn children(&self) -> Option<Vec<Child>> {
        Container::children(self)
    }

    fn order(&self, weights: &[f64], draws: &mut Draws) -> Vec<usize> {
        Container::order(self, weights, draws)
    }

    fn fields(&self) -> Fields {
        object(serde_json::to_value(self).expect("its fields are plain data"))
    }
}

/// One version of one container, as the registry holds it.
pub struct Entry {
    pub name: &'static str,
    pub version: u32,
    pub parse: fn(Fields) -> Result<Box<dyn DynContainer>>,
    /// The JSON Schema of each field.
    pub schema: fn() -> Fields,
    /// The fields of [`Container::examples`].
    pub examples: fn() -> Vec<Fields>,
}

impl Entry {
    const fn of<T: Container>() -> Self {
        Entry {
            name: T::NAME,
            version: T::VERSION,
            parse: parse::<T>,
            schema: schema::fields::<T>,
            examples: examples::<T>,
        }
    }
}

fn parse<T: Container>(fields: Fields) -> Result<Box<dyn DynContainer>> {
    Ok(Box::new(Error::reading::<T>(T::NAME, Value::Object(fields))?))
}

fn examples<T: Container>() -> Vec<Fields> {
    T::examples().iter().map(DynContainer::fields).collect()
}

macro_rules! containers {
    ($($module:ident::$type:ident),* $(,)?) => {
        $(pub mod $module;)*
        pub const REGISTRY: &[Entry] = &[$(Entry::of::<$module::$type>()),*];
    };
}

containers! {
    auto_augment::AutoAugment,
    compose::Compose,
    one_of::OneOf,
    rand_augment::RandAugment,
    random_order::RandomOrder,
    sequential::Sequential,
    some_of::SomeOf,
    trivial_augment_wide::TrivialAugmentWide,
}

pub fn find(name: &str, version: u32) -> Option<&'static Entry> {
    REGISTRY.iter().find(|entry| entry.name == name && entry.version == version)
}

/// The places of all children in a random order.
fn shuffled(children: usize, draws: &mut Draws) -> Vec<usize> {
    let mut places: Vec<usize> = (0..children).collect();
    draws.shuffle(&mut places);
    places
}
