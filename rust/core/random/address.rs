//! Where randomness comes from: every word has an address, nothing is a stream.
//!
//! ```text
//! stream key    = fold(seed, label(stream), 1);  if repeat > 0: fold(that, repeat, 6)
//! op key        = fold(stream key, label(path), 2)
//! parameter key = fold(op key, 0, 3)             pixel key = fold(op key, plane, 4)
//! ```
//!
//! A key either folds or draws, never both: only parameter and pixel keys draw, at the counter
//! `[block, epoch, lo(index), hi(index)]`.

use serde::{Deserialize, Serialize};

use crate::digest;
use crate::random::philox::{Field, halves, philox};

const TAG_STREAM: u32 = 1;
const TAG_OP: u32 = 2;
const TAG_PARAMETER: u32 = 3;
const TAG_PIXEL: u32 = 4;
const TAG_REPEAT: u32 = 6;

/// A key below `key`: the first two words, low first, of philox([lo(word), hi(word), tag, 0], key).
pub fn fold(key: u64, word: u64, tag: u32) -> u64 {
    let [low, high] = halves(word);
    let out = philox([low, high, tag, 0], halves(key));
    u64::from(out[0]) | u64::from(out[1]) << 32
}

/// The number of a name: FNV-1a, 64 bits, of its UTF-8 bytes.
pub fn label(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// `stream` is the label of its name.
pub fn stream_key(seed: u64, stream: u64, repeat: u32) -> u64 {
    let key = fold(seed, stream, TAG_STREAM);
    if repeat > 0 { fold(key, u64::from(repeat), TAG_REPEAT) } else { key }
}

pub fn op_key(stream_key: u64, path_label: u64) -> u64 {
    fold(stream_key, path_label, TAG_OP)
}

pub fn parameter_key(op_key: u64) -> u64 {
    fold(op_key, 0, TAG_PARAMETER)
}

pub fn pixel_key(op_key: u64, plane: u64) -> u64 {
    fold(op_key, plane, TAG_PIXEL)
}

/// A stream by its name or, where no more is known, by its label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Stream {
    Name(String),
    Label {
        #[serde(with = "digest::hexadecimal")]
        label: u64,
    },
}

impl Stream {
    pub fn label(&self) -> u64 {
        match self {
            Stream::Name(name) => label(name),
            Stream::Label { label } => *label,
        }
    }
}

/// Which sample a call is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub seed: u64,
    pub stream: Stream,
    pub epoch: u32,
    pub index: u64,
    pub repeat: u32,
}

impl Address {
    pub fn stream_key(&self) -> u64 {
        stream_key(self.seed, self.stream.label(), self.repeat)
    }

    pub fn field(&self, key: u64) -> Field {
        Field { key, epoch: self.epoch, index: self.index }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_fnv1a() {
        assert_eq!(label(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(label("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(label("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn repeat_zero_is_the_plain_stream() {
        let train = label("train");
        assert_eq!(stream_key(1, train, 0), fold(1, train, 1));
        assert_eq!(stream_key(1, train, 2), fold(fold(1, train, 1), 2, 6));
    }
}
