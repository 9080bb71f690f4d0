//! Pads to a least size, to a multiple, or both.
//!
//! Of an axis of n pixels the output has m = max(n, min), and then the least multiple of the
//! divisor that is not below m; what is not given asks nothing. The rest m - n is divided by
//! `position`, which says where the image sits: `center`: floor((m - n) / 2) in front; `top_left`
//! and its kin: none of it, or all; `random`: below(m - n + 1). Output (y, x) is input (y - top,
//! x - left), continued as [`Pad`](super::pad) does.
//!
//! Draws: `top` = below(m - n + 1) of the rows, `left` of the columns, two words each, which have
//! their place also where the position is not random. Source: NumPy's `pad`: equal;
//! Albumentations' op of this name.

use serde::{Deserialize, Serialize};

use super::pad::framed;
use super::{Fills, Op};
use crate::bounds::{FillValue, List, Pixels, Within};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::border::Border;
use crate::kernels::fill::Fill;
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PadIfNeeded {
    #[serde(deserialize_with = "Option::deserialize")] // or it could be left out
    pub min_height: Option<Within<Pixels>>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub min_width: Option<Within<Pixels>>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub height_divisor: Option<Within<Pixels>>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub width_divisor: Option<Within<Pixels>>,
    pub position: Position,
    pub border: Border,
    pub fill: List<FillValue>,
    pub fill_mask: f64,
}

/// Where an image sits in a larger one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    #[default]
    Center,
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
    Random,
}

/// How much of what is added lies above and on the left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corner {
    pub top: usize,
    pub left: usize,
}

impl Position {
    /// Of so many rows and columns in all. Four words.
    pub fn draw(self, [rows, columns]: [usize; 2], draws: &mut Draws) -> Corner {
        let top = self.before(0, rows, draws);
        Corner { top, left: self.before(1, columns, draws) }
    }

    /// Of so many rows (0) or columns (1). Two words.
    pub fn before(self, axis: usize, rest: usize, draws: &mut Draws) -> usize {
        let random = self == Position::Random;
        let drawn = draws.mattering(random, |draws| draws.below(rest as u64 + 1)) as usize;
        match self {
            Position::Center => rest / 2,
            Position::TopLeft => 0,
            Position::TopRight => [0, rest][axis],
            Position::BottomLeft => [rest, 0][axis],
            Position::BottomRight => rest,
            Position::Random => drawn,
        }
    }
}

impl Corner {
    /// Left, top, right and bottom, of so many rows and columns in all.
    pub fn padding(self, op: &str, [rows, columns]: [usize; 2]) -> Result<[usize; 4]> {
        let Corner { top, left } = self;
        if top > rows || left > columns {
            let (value, most) = (format!("{top}, {left}"), format!("at most {rows}, {columns}"));
            return Err(Error::argument(op, "top, left", value, most));
        }
        Ok([left, top, columns - left, rows - top])
    }
}

impl PadIfNeeded {
    fn padded(&self, [height, width]: [usize; 2]) -> [usize; 2] {
        type Side = Option<Within<Pixels>>;
        let side = |n: usize, least: Side, divisor: Side| {
            n.max(least.map_or(0, Within::get)).next_multiple_of(divisor.map_or(1, Within::get))
        };
        [
            side(height, self.min_height, self.height_divisor),
            side(width, self.min_width, self.width_divisor),
        ]
    }

    /// How many rows and columns are added.
    fn rest(&self, Shape { height, width, .. }: Shape) -> [usize; 2] {
        let [rows, columns] = self.padded([height, width]);
        [rows - height, columns - width]
    }
}

impl Op for PadIfNeeded {
    const NAME: &'static str = "PadIfNeeded";
    type Params = Corner;

    fn check(&self) -> Result<()> {
        let sides = [self.min_height, self.min_width, self.height_divisor, self.width_divisor];
        if sides.iter().all(Option::is_none) {
            let allowed = "one of min_height, min_width, height_divisor and width_divisor at least";
            return Err(Error::argument(Self::NAME, "min_height", "None", allowed));
        }
        Ok(())
    }

    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        input.map(|size| self.padded(size))
    }

    fn fills(&self) -> Option<Fills<'_>> {
        let shown = self.border == Border::Constant;
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown })
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Corner> {
        Ok(self.position.draw(self.rest(site.shape), draws))
    }

    fn apply(&self, corner: Corner, site: &Site, _: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        let padding = corner.padding(Self::NAME, self.rest(site.shape))?;
        let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
        framed(padding, [height, width], self.border, fill).map(Steps::from)
    }

    fn examples(Shape { height, width, .. }: Shape) -> Vec<Self> {
        type Sides = [Option<usize>; 2];
        let pad = |least: Sides, divisors: Sides, position, border| PadIfNeeded {
            min_height: least[0].map(Within::new),
            min_width: least[1].map(Within::new),
            height_divisor: divisors[0].map(Within::new),
            width_divisor: divisors[1].map(Within::new),
            position,
            border,
            fill: List::new(vec![0.4]),
            fill_mask: 7.0,
        };
        let larger = [Some(height + 5), Some(width + 2)];
        let none = [None; 2];
        vec![
            pad(larger, none, Position::Random, Border::Constant),
            pad(none, [Some(7), Some(32)], Position::Center, Border::Reflect101),
            pad([Some(height + 3), None], [None, Some(5)], Position::TopLeft, Border::Edge),
            pad(larger, [Some(4), None], Position::TopRight, Border::Reflect),
            pad([Some(1), Some(1)], [None, Some(9)], Position::BottomLeft, Border::Wrap),
            pad(larger, none, Position::BottomRight, Border::Constant),
        ]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::image::DType;
    use crate::ops::refusal;
    use crate::random::philox::Field;

    fn op(sizes: [Option<usize>; 4]) -> PadIfNeeded {
        let sizes = sizes.map(|size| size.map(Within::new));
        let [min_height, min_width, height_divisor, width_divisor] = sizes;
        let (position, border) = (Position::Random, Border::Edge);
        let fill = List::new(vec![0.0]);
        PadIfNeeded {
            min_height,
            min_width,
            height_divisor,
            width_divisor,
            position,
            border,
            fill,
            fill_mask: 0.0,
        }
    }

    #[test]
    fn at_least_the_size_and_a_multiple() {
        let sizes = |given, size| op(given).size(Some(size)).unwrap();
        assert_eq!(sizes([Some(8), Some(9), None, None], [5, 20]), [8, 20]);
        assert_eq!(sizes([None, None, Some(4), Some(1)], [5, 20]), [8, 20]);
        assert_eq!(sizes([Some(9), None, Some(4), Some(20)], [5, 20]), [12, 20]);
        assert_eq!(sizes([None, Some(2), None, None], [1, 1]), [1, 2]);
        // The largest there can be stay numbers; a pipeline refuses such an image.
        let most = Some((1 << 31) - 1);
        assert!(sizes([most; 4], [(1 << 31) - 1, 1])[0] >= (1 << 31) - 1);
    }

    #[test]
    fn draws_keep_their_words() {
        let site = Site::new(Shape::new(5, 20, 3), DType::U8);
        for index in 0..40 {
            let draws = || {
                let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
                draws.word();
                draws
            };
            let given = [Some(9), Some(27), None, None];
            let (mut words, corner) = (draws(), op(given).sample(&site, &mut draws()).unwrap());
            assert_eq!(corner.top as u64, words.below(5));
            assert_eq!(corner.left as u64, words.below(8));
            let mut draws = draws();
            let center = PadIfNeeded { position: Position::Center, ..op(given) };
            assert_eq!(center.sample(&site, &mut draws).unwrap(), Corner { top: 2, left: 3 });
            assert_eq!(draws.word(), words.word());
        }
    }

    #[test]
    fn refuses() {
        let some = op([Some(8), None, None, None]);
        for (field, value, shown) in [
            ("min_height", Value::Null, "None"),
            ("min_height", 0.into(), "0"),
            ("width_divisor", (1_u64 << 31).into(), "2147483648"),
        ] {
            let message = refusal(&some, field, value);
            assert!(message.starts_with(&format!("PadIfNeeded: {field}={shown}: ")), "{message}");
        }
        let site = Site::new(Shape::new(5, 20, 3), DType::U8);
        let apply = |top, left| some.apply(Corner { top, left }, &site, Noise::default());
        assert!(apply(0, 0).is_ok() && apply(3, 0).is_ok());
        for [top, left] in [[4, 0], [0, 1], [usize::MAX, 0]] {
            let message = apply(top, left).err().unwrap().to_string();
            assert!(message.contains("at most 3, 0"), "{message}");
        }
    }
}
