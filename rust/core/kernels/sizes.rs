//! The sizes that all of an image is resized to.

use serde::{Deserialize, Serialize};

use crate::bounds::{Bounds, Pixels, Within};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::resample::{self, Interpolation, Window};
use crate::kernels::step::{Site, Steps};

/// A factor a / b: n pixels become max(1, floor((2 n a + b) / (2 b))) in whole numbers, that is
/// n a / b with halves rounded up.
#[derive(Debug, Clone, Copy)]
pub struct Ratio {
    a: u64,
    b: u64,
}

impl Ratio {
    pub fn new(a: usize, b: usize) -> Ratio {
        Ratio { a: a as u64, b: b as u64 }
    }

    /// By which an image's height and width become a height and a width.
    fn sides([height, width]: [usize; 2], shape: Shape) -> [Ratio; 2] {
        [Ratio::new(height, shape.height), Ratio::new(width, shape.width)]
    }

    /// By which an image fits into a height and a width.
    pub fn within(size: [usize; 2], shape: Shape) -> Ratio {
        let [down, across] = Ratio::sides(size, shape);
        if down.is_at_most(across) { down } else { across }
    }

    /// By which it covers them.
    pub fn around(size: [usize; 2], shape: Shape) -> Ratio {
        let [down, across] = Ratio::sides(size, shape);
        if down.is_at_most(across) { across } else { down }
    }

    pub fn is_at_most(self, other: Ratio) -> bool {
        self.a * other.b <= other.a * self.b
    }

    /// The same where it makes nothing larger, else 1.
    pub fn shrinking(self) -> Ratio {
        Ratio { a: self.a.min(self.b), ..self }
    }

    /// The height and the width that it makes of an image's.
    pub fn size(self, Shape { height, width, .. }: Shape) -> [usize; 2] {
        let Ratio { a, b } = self;
        let side = |n: usize| ((2 * n as u64 * a + b) / (2 * b)).max(1);
        [height, width].map(|n| usize::try_from(side(n)).unwrap_or(usize::MAX))
    }
}

/// The height and the width that a factor makes of an image's: n pixels become
/// max(1, floor(n factor + 0.5)), f64.
pub fn scaled(factor: f64, Shape { height, width, .. }: Shape) -> [usize; 2] {
    // `as` saturates.
    [height, width].map(|n| ((n as f64 * factor + 0.5).floor() as usize).max(1))
}

/// The height and the width of an output that draws have decided.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    pub height: Within<Pixels>,
    pub width: Within<Pixels>,
}

impl Size {
    /// Refuses more than an image may have.
    pub fn new(op: &str, [height, width]: [usize; 2]) -> Result<Size> {
        if Pixels::hold(height) && Pixels::hold(width) {
            return Ok(Size { height: Within::new(height), width: Within::new(width) });
        }
        let value = format!("{height} x {width}");
        Err(Error::argument(op, "size", value, "sides of fewer than 2^31 pixels"))
    }

    pub fn get(self) -> [usize; 2] {
        [self.height.get(), self.width.get()]
    }
}

/// The step that resizes all of an image.
pub fn resize(
    op: &str,
    size: [usize; 2],
    interpolation: Interpolation,
    antialias: bool,
    site: &Site,
) -> Result<Steps> {
    let window = Window::whole(site.shape);
    resample::step(op, window, size, interpolation, antialias, site).map(Steps::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_round_halves_up() {
        let fit = |size, height, width| {
            let shape = Shape::new(height, width, 1);
            [Ratio::within(size, shape).size(shape), Ratio::around(size, shape).size(shape)]
        };
        assert_eq!(fit([640, 640], 1080, 1920), [[360, 640], [640, 1138]]);
        assert_eq!(fit([10, 10], 20, 5), [[10, 3], [40, 10]]);
        assert_eq!(fit([10, 40], 5, 4), [[10, 8], [50, 40]]);
        assert_eq!(fit([2, 2], 1000, 1), [[2, 1], [2000, 2]]);
        let most = (1 << 31) - 1;
        assert_eq!(fit([most, most], most, 1), [[most, 1], [most * most, most]]);
        assert_eq!(fit([1, 1], most, most), [[1, 1], [1, 1]]);
        assert_eq!(Ratio::new(7, 4).shrinking().size(Shape::new(5, 9, 1)), [5, 9]);
        assert_eq!(scaled(0.5, Shape::new(5, 1, 1)), [3, 1]);
        assert_eq!(scaled(1e-9, Shape::new(5, 1, 1)), [1, 1]);
    }

    #[test]
    fn what_no_image_can_have_is_refused() {
        assert!(Size::new("T", [1, (1 << 31) - 1]).is_ok());
        let huge = scaled(1e300, Shape::new(5, 4, 1));
        let message = Size::new("T", huge).unwrap_err().to_string();
        assert!(message.starts_with("T: size=") && message.contains("2^31"), "{message}");
    }
}
