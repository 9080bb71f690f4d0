//! Where randomness comes from: every word has an address, nothing is a stream.
//!
//! ```text
//! stream key    = fold(seed, label(stream), 1);  if repeat > 0: fold(that, repeat, 6)
//! op key        = fold(stream key, label(path), 2), and for each turn t > 0 of a container around
//!                 it that runs it several times, outermost first: fold(that, t + (d << 32), 5),
//!                 d the containers around that one, the outermost Compose not counted
//! parameter key = fold(op key, 0, 3)
//! pixel key     = fold(op key, plane + (frame << 32), 4)
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
const TAG_TURN: u32 = 5;
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

/// The op key of a child in turn `turn`, counted from 0, of a container that runs it so often, with
/// `depth` containers around that one.
pub fn turn_key(op_key: u64, depth: u32, turn: u32) -> u64 {
    let word = u64::from(turn) | u64::from(depth) << 32;
    if turn > 0 { fold(op_key, word, TAG_TURN) } else { op_key }
}

pub fn parameter_key(op_key: u64) -> u64 {
    fold(op_key, 0, TAG_PARAMETER)
}

pub fn pixel_key(op_key: u64, plane: u64) -> u64 {
    fold(op_key, plane, TAG_PIXEL)
}

/// Where an op's noise comes from, at one sample.
#[derive(Debug, Clone, Copy, Default)]
pub struct Noise {
    /// The op's, the turns of all containers around it folded in.
    pub key: u64,
    pub epoch: u32,
    pub index: u64,
    /// Of a video: each has noise of its own.
    pub frame: u32,
}

impl Noise {
    pub fn plane(&self, plane: u32) -> Field {
        self.field(u64::from(plane) | u64::from(self.frame) << 32)
    }

    /// A plane that is the same in all frames: of a field that moves them as one.
    pub fn shared(&self, plane: u32) -> Field {
        self.field(u64::from(plane))
    }

    fn field(&self, plane: u64) -> Field {
        Field { key: pixel_key(self.key, plane), epoch: self.epoch, index: self.index }
    }
}

/// A stream by its name or, where no more is known, by its label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a name, or an object of a label of 16 hexadecimal digits")]
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

    #[test]
    fn a_shared_plane_is_that_of_the_first_frame() {
        let frame = |frame| Noise { key: 7, epoch: 1, index: 2, frame };
        assert_eq!(frame(3).shared(1), frame(0).plane(1));
        assert_eq!(frame(3).plane(1).key, pixel_key(7, 1 + (3 << 32)));
    }
}
