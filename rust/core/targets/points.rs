//! Points on their way through the steps.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::targets::map::Map;

/// What is known about points.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeypointParams {
    /// Rows that change places where left and right do.
    pub flip_pairs: Vec<[u32; 2]>,
}

impl KeypointParams {
    pub fn from_value(value: Value) -> Result<Self> {
        let params: KeypointParams = Error::reading("KeypointParams", value)?;
        let mut seen = HashSet::new();
        if params.flip_pairs.iter().flatten().all(|row| seen.insert(*row)) {
            return Ok(params);
        }
        let value = format!("{:?}", params.flip_pairs);
        let allowed = "pairs of rows, each row once";
        Err(Error::argument("KeypointParams", "flip_pairs", value, allowed))
    }
}

/// In edge coordinates: the centre of pixel (x, y) is at (x + 0.5, y + 0.5).
#[derive(Debug, Clone, Default)]
pub struct Points {
    pub at: Vec<[f64; 2]>,
    /// Of each sample that they are from: whether it is seen mirrored, so that left and right have
    /// changed places.
    pub mirrored: Vec<bool>,
}

impl Points {
    /// Of points given as pixel indices.
    pub fn new(mut at: Vec<[f64; 2]>) -> Points {
        at.iter_mut().for_each(|point| *point = point.map(|v| v + 0.5));
        Points { at, mirrored: vec![false] }
    }

    /// All are kept, also those that leave the image.
    pub fn moved(&mut self, map: &Map) {
        self.at.iter_mut().for_each(|point| *point = map.forward(*point));
        let mirrors = map.mirrors();
        self.mirrored.iter_mut().for_each(|mirrored| *mirrored ^= mirrors);
    }

    /// Those of another sample, behind these.
    pub fn append(&mut self, others: Points) {
        self.at.extend(others.at);
        self.mirrored.extend(others.mirrored);
    }

    /// As pixel indices again.
    pub fn finish(mut self) -> Vec<[f64; 2]> {
        self.at.iter_mut().for_each(|point| *point = point.map(|v| v - 0.5));
        self.at
    }
}
