//! Points that move with the image.

use crate::plan::step::Step;

/// Moves points given as pixel indices: the centre of pixel (x, y) is at (x + 0.5, y + 0.5) of the
/// map. All are kept, also those that leave the image.
pub fn points(steps: &[Step], points: &mut [[f64; 2]]) {
    for geometry in steps.iter().filter_map(Step::geometry) {
        let map = geometry.map();
        for point in &mut *points {
            let [x, y] = map.forward([point[0] + 0.5, point[1] + 0.5]);
            *point = [x - 0.5, y - 0.5];
        }
    }
}
