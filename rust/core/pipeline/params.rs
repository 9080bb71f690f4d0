//! A sample's parameters as plain data, to be read, edited and replayed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::image::DType;
use crate::random::address::{Stream, stream_key};

/// One node of a sample, as `params` lists it, in running order. A container has `ops`, an op that
/// ran `params`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub op: String,
    pub version: u32,
    pub path: String,
    /// In which turn, of a container that runs it several times.
    #[serde(default, skip_serializing_if = "is_first")]
    pub turn: u32,
    pub applied: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Value>,
    /// Of an op that draws per pixel: the op key that its planes' keys are folded from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Of one that mixes samples: the positions of the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others: Option<Vec<u64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ops: Option<Vec<Record>>,
}

impl Record {
    /// The positions of the samples that it, or what it holds, mixes with this one.
    pub fn mixed_with(&self) -> &[u64] {
        match (&self.others, &self.ops) {
            (Some(others), _) if self.applied => others,
            (None, Some(ops)) if self.applied => {
                ops.iter().map(Record::mixed_with).find(|found| !found.is_empty()).unwrap_or(&[])
            }
            _ => &[],
        }
    }
}

fn is_first(turn: &u32) -> bool {
    *turn == 0
}

/// Everything that decides a sample's bytes, beside the pipeline and the pixels.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub pipeline: String,
    pub seed: u64,
    pub stream: Stream,
    pub epoch: u32,
    pub index: u64,
    /// The text whose label `index` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    pub repeat: u32,
    pub shape: [usize; 3],
    pub dtype: DType,
    pub applied: bool,
    pub ops: Vec<Record>,
}

impl Params {
    pub fn stream_key(&self) -> u64 {
        stream_key(self.seed, self.stream.label(), self.repeat)
    }

    pub fn from_value(value: Value) -> Result<Params> {
        Error::reading("params", value)
    }
}
