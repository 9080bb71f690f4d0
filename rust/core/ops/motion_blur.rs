//! Blurs along a line through each pixel, as a moving camera does.
//!
//! In a window of side k, h = k div 2, the line goes from t0 to t1: from -h to h with direction 0;
//! a direction d < 0 makes t1 h (1 - |d|), d > 0 makes t0 -h (1 - d). k points lie on it, j = 0 ..
//! k - 1, in f64 in the order written:
//!
//! ```text
//! t = t0 + j ((t1 - t0) / (k - 1))
//! x = h + cos(angle) t + sx h / 2      y = h - sin(angle) t + sy h / 2
//! ```
//!
//! Each is in the cell of column floor(x + 0.5) and row floor(y + 0.5), both kept within 0 ..
//! k - 1. A sample becomes the mean of the cells that are hit, each counted once:
//! kernels/taps.rs. Sine and cosine: detmath's of degrees; a positive angle turns counter-clockwise.
//!
//! Draws: the side k, lo + 2 below((hi - lo) / 2 + 1) of `blur_limit`; `angle`; `direction`; sx and
//! sy within -1 to 1, two words that are left out without `allow_shifted`, when both are 0. Source:
//! Albumentations' op of this name, whose angles are clockwise.

use serde::{Deserialize, Serialize};

use super::affine::Degrees;
use super::{Op, Square};
use crate::bounds::{Odd, Pair, Range, Within, bounds};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::taps::Taps;
use crate::maths::detmath::sin_cos_deg;
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionBlur {
    /// Least and largest side of the window.
    pub blur_limit: Range<Square>,
    /// Counter-clockwise.
    pub angle_range: Range<Degrees>,
    pub direction_range: Range<Part>,
    pub allow_shifted: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub kernel_size: Within<Square>,
    pub angle: Within<Degrees>,
    pub direction: Within<Part>,
    /// Along x and y.
    pub shift: Pair<Part>,
}

bounds! {
    /// Of half the window's side.
    Part: f64 = -1.0..=1.0;
}

impl Params {
    /// Row and column of the points on the line, with repetitions.
    fn cells(&self) -> impl Iterator<Item = [usize; 2]> {
        let Odd(side) = self.kernel_size.get();
        let (half, d) = (f64::from(side / 2), self.direction.get());
        let start = if d > 0.0 { -half * (1.0 - d) } else { -half };
        let end = if d < 0.0 { half * (1.0 - d.abs()) } else { half };
        let step = (end - start) / f64::from(side - 1);
        let (sin, cos) = sin_cos_deg(self.angle.get());
        let [sx, sy] = self.shift.get();
        let cell = move |at: f64| (at + 0.5).floor().clamp(0.0, f64::from(side - 1)) as usize;
        (0..side).map(move |j| {
            let t = start + f64::from(j) * step;
            let (x, y) = (half + cos * t + sx * half / 2.0, half - sin * t + sy * half / 2.0);
            [cell(y), cell(x)]
        })
    }
}

impl Op for MotionBlur {
    const NAME: &'static str = "MotionBlur";
    const CHANNELS: bool = true;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let kernel_size = self.blur_limit.draw(draws);
        let angle = self.angle_range.draw(draws);
        let direction = self.direction_range.draw(draws);
        let shift = if self.allow_shifted {
            [(); 2].map(|()| draws.range([-1.0, 1.0]))
        } else {
            draws.skip(2);
            [0.0; 2]
        };
        Ok(Params { kernel_size, angle, direction, shift: Pair::new(shift) })
    }

    fn apply(&self, params: Params, _: &Site, _: Noise) -> Result<Steps> {
        let Odd(side) = params.kernel_size.get();
        Ok(Step::Pixels(Box::new(Taps::mean(side as usize, params.cells()))).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let blur = |sides: [u32; 2], angle, direction, allow_shifted| MotionBlur {
            blur_limit: Range::new(sides.map(Odd)),
            angle_range: Range::new(angle),
            direction_range: Range::new(direction),
            allow_shifted,
        };
        vec![
            blur([3, 7], [0.0, 360.0], [-1.0, 1.0], false),
            blur([9, 15], [-90.0, 90.0], [0.0, 0.0], true),
            blur([101, 101], [30.0, 30.0], [0.2, 1.0], false),
        ]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};
    use crate::random::philox::Field;

    fn cells(side: u32, angle: f64, direction: f64, shift: [f64; 2]) -> Vec<[usize; 2]> {
        let params = Params {
            kernel_size: Within::new(Odd(side)),
            angle: Within::new(angle),
            direction: Within::new(direction),
            shift: Pair::new(shift),
        };
        let mut cells: Vec<_> = params.cells().collect();
        cells.sort();
        cells.dedup();
        cells
    }

    #[test]
    fn lines_are_where_they_should_be() {
        let along = |range: std::ops::RangeInclusive<usize>| range.map(|x| [2, x]);
        assert_eq!(cells(5, 0.0, 0.0, [0.0; 2]), along(0..=4).collect::<Vec<_>>());
        assert_eq!(cells(5, 180.0, 0.0, [0.0; 2]), along(0..=4).collect::<Vec<_>>());
        assert_eq!(cells(5, 0.0, 1.0, [0.0; 2]), along(2..=4).collect::<Vec<_>>());
        assert_eq!(cells(5, 0.0, -1.0, [0.0; 2]), along(0..=2).collect::<Vec<_>>());
        assert_eq!(cells(5, 90.0, 1.0, [0.0; 2]), [[0, 2], [1, 2], [2, 2]]); // up
        assert_eq!(cells(3, 45.0, 0.0, [0.0; 2]), [[0, 2], [1, 1], [2, 0]]);
        assert_eq!(cells(5, 0.0, 0.0, [1.0, -1.0]), [[1, 1], [1, 2], [1, 3], [1, 4]]);
        assert_eq!(cells(3, -45.0, 1.0, [1.0; 2]), [[2, 2]]);
    }

    #[test]
    fn nothing_shifts_unless_asked() {
        let [free, shifted, ..] = &MotionBlur::examples(Shape::new(1, 1, 1))[..] else { panic!() };
        let site = Site::new(Shape::new(5, 5, 3), DType::U8);
        let shift = |op: &MotionBlur, index| {
            let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
            let params = op.sample(&site, &mut draws).unwrap();
            assert_eq!(draws.word(), {
                let mut words = Draws::new(Field { key: 5, epoch: 0, index });
                words.skip(6);
                words.word()
            });
            params.shift.get()
        };
        assert!((0..100).all(|index| shift(free, index) == [0.0; 2]));
        assert!((0..100).any(|index| shift(shifted, index)[0] < -0.9));
        assert!((0..100).any(|index| shift(shifted, index)[1] > 0.9));
    }

    #[test]
    fn refuses() {
        let [op, ..] = &MotionBlur::examples(Shape::new(1, 1, 1))[..] else { panic!() };
        for (field, value) in [
            ("blur_limit", json!([3, 8])),
            ("angle_range", json!([0.0, 400.0])),
            ("direction_range", json!([-1.1, 0.0])),
        ] {
            let message = refusal(op, field, value);
            assert!(message.starts_with(&format!("MotionBlur: {field}=(")), "{message}");
        }
        let site = Site::new(Shape::new(5, 5, 3), DType::U8);
        let params = |shift: f64| json!({"kernel_size": 3, "angle": 0.0, "direction": 0.0, "shift": [shift, 0.0]});
        assert!(edited(op, &site, params(1.0)).is_ok() && edited(op, &site, params(1.1)).is_err());
    }
}
