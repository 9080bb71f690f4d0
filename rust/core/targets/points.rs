//! Points on their way through the steps.

use crate::targets::map::Map;

/// In edge coordinates: the centre of pixel (x, y) is at (x + 0.5, y + 0.5).
#[derive(Debug, Clone, Default)]
pub struct Points {
    pub at: Vec<[f64; 2]>,
    /// Whether they are seen mirrored, so that left and right have changed places.
    pub mirrored: bool,
}

impl Points {
    /// Of points given as pixel indices.
    pub fn new(mut at: Vec<[f64; 2]>) -> Points {
        at.iter_mut().for_each(|point| *point = point.map(|v| v + 0.5));
        Points { at, mirrored: false }
    }

    /// All are kept, also those that leave the image.
    pub fn moved(&mut self, map: &Map) {
        self.at.iter_mut().for_each(|point| *point = map.forward(*point));
        self.mirrored ^= map.mirrors();
    }

    /// As pixel indices again.
    pub fn finish(mut self) -> Vec<[f64; 2]> {
        self.at.iter_mut().for_each(|point| *point = point.map(|v| v - 0.5));
        self.at
    }
}
