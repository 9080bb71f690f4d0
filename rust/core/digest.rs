//! The content digest of an array: XXH3-64 over a header (dtype name, shape) and the samples as
//! little-endian bytes in C order. The same on every platform.

use xxhash_rust::xxh3::Xxh3;

#[derive(Clone)]
pub struct Digest(Xxh3);

impl Digest {
    /// `dtype` is NumPy's name of the type. The header is `name`, a zero byte, the number of
    /// axes, then each axis: u64, little-endian.
    pub fn new(dtype: &str, shape: &[usize]) -> Self {
        let mut hash = Xxh3::new();
        hash.update(dtype.as_bytes());
        hash.update(&[0]);
        hash.update(&(shape.len() as u64).to_le_bytes());
        for &axis in shape {
            hash.update(&(axis as u64).to_le_bytes());
        }
        Digest(hash)
    }

    /// The next bytes of samples `size` bytes wide, in native byte order.
    pub fn update(&mut self, bytes: &[u8], size: usize) {
        if cfg!(target_endian = "little") || size == 1 {
            self.0.update(bytes);
        } else {
            for sample in bytes.chunks_exact(size) {
                let mut swapped = [0; 16];
                swapped[..size].copy_from_slice(sample);
                swapped[..size].reverse();
                self.0.update(&swapped[..size]);
            }
        }
    }

    pub fn finish(&self) -> u64 {
        self.0.digest()
    }
}

/// Of plain bytes, without a header: documents.
pub fn of_text(text: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(text.as_bytes())
}

/// A u64 as text, for serde.
pub mod hexadecimal {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::hex(*value))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}

pub fn hex(digest: u64) -> String {
    format!("{digest:016x}")
}
