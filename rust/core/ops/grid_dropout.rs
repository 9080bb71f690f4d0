//! Covers a rectangle in each cell of a grid with a fill value.
//!
//! A side of S pixels is cut at floor(i S / n), i = 0 .. n. n is S div u with a drawn unit u, S div
//! max(2, S div 10) without, or what `holes_number_xy` says for that axis; at least 1 and at most
//! S div 2. A cell of c pixels has a hole of min(max(floor(c ratio), 1), c - 1), c ratio in f64; a
//! side of 1 pixel has none. With `random_offset` it starts (b (c - hole + 1)) >> 16 pixels into the
//! cell, b the low half of the cell's word for y, the high one for x; else by `shift_xy`, at most
//! c - hole.
//!
//! Holes become `fill`, and of masks `fill_mask`, as in CoarseDropout. Boxes and points stay.
//!
//! Draws: u, an integer of `unit_size_range`, two words, drawn or not. Elements: cells, row by row;
//! plane 0. Source: Albumentations' op of this name, but that `holes_number_xy` is x and y.

use serde::{Deserialize, Serialize};

use super::{Fills, Op};
use crate::bounds::{FillValue, List, Pair, Range, Within, bounds};
use crate::error::{Error, Result};
use crate::image::{Shape, View, ViewMut};
use crate::kernels::fill::{Fill, FromFill};
use crate::kernels::kernel::{Follow, Kernel};
use crate::kernels::step::{Site, Step, Steps};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::random::philox::Field;
use crate::simd::level::Level;
use crate::targets::masks::MaskType;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridDropout {
    /// Of a hole's side to its cell's.
    pub ratio: Within<Ratio>,
    pub random_offset: bool,
    #[serde(deserialize_with = "Option::deserialize")] // or it could be left out
    pub unit_size_range: Option<Range<Unit>>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub holes_number_xy: Option<Pair<Count>>,
    pub shift_xy: Pair<Shift>,
    pub fill: List<FillValue>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub fill_mask: Option<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Of a cell's side.
    #[serde(deserialize_with = "Option::deserialize")]
    pub unit_size: Option<Within<Unit>>,
}

bounds! {
    Ratio: f64 = 0.0..=1.0;
    Unit: usize = 2..=(1 << 31) - 1, "pixels";
    Count: usize = 1..=(1 << 31) - 1;
    Shift: usize = 0..=(1 << 31) - 1, "pixels";
}

impl Op for GridDropout {
    const NAME: &'static str = "GridDropout";
    const PLANES: u32 = 1;
    type Params = Params;

    fn check(&self) -> Result<()> {
        match (&self.unit_size_range, &self.holes_number_xy) {
            (Some(_), Some(holes)) => {
                let [x, y] = holes.get();
                let allowed = "None beside a unit_size_range, as either says how many there are";
                Err(Error::argument(Self::NAME, "holes_number_xy", format!("({x}, {y})"), allowed))
            }
            _ => Ok(()),
        }
    }

    fn fills(&self) -> Option<Fills<'_>> {
        Some(Fills { image: &self.fill, mask: self.fill_mask, shown: true })
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let unit_size = self.unit_size_range.map(|range| range.draw(draws));
        if unit_size.is_none() {
            draws.skip(2);
        }
        Ok(Params { unit_size })
    }

    fn apply(&self, Params { unit_size }: Params, site: &Site, noise: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        let [x, y] = match (self.holes_number_xy, unit_size) {
            (Some(counts), _) => counts.get(),
            (None, Some(unit)) => [width, height].map(|side| side / unit.get()),
            (None, None) => [width, height].map(|side| side / (side / 10).max(2)),
        };
        let [shift_x, shift_y] = self.shift_xy.get();
        let grid =
            Grid {
                axes: [(y, height, shift_y), (x, width, shift_x)].map(|(count, side, shift)| {
                    Axis { count: count.min(side / 2).max(1), side, shift }
                }),
                ratio: self.ratio.get(),
                offsets: self.random_offset.then(|| noise.plane(0)),
                fill: Fill { image: self.fill.to_vec(), mask: self.fill_mask.unwrap_or(0.0) },
                masks: self.fill_mask.is_some(),
            };
        Ok(Step::Pixels(Box::new(grid)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let values: Vec<f64> = (0..shape.channels).map(|c| 0.3 + 11.0 * c as f64).collect();
        let plain = || GridDropout {
            ratio: Within::new(0.5),
            random_offset: true,
            unit_size_range: None,
            holes_number_xy: None,
            shift_xy: Pair::new([0, 0]),
            fill: List::new(vec![0.0]),
            fill_mask: None,
        };
        vec![
            plain(),
            GridDropout {
                unit_size_range: Some(Range::new([2, 9])),
                fill: List::new(values),
                fill_mask: Some(7.0),
                ..plain()
            },
            GridDropout {
                ratio: Within::new(0.3),
                random_offset: false,
                holes_number_xy: Some(Pair::new([3, 2])),
                shift_xy: Pair::new([1, 400]),
                fill: List::new(vec![1.0]),
                ..plain()
            },
            GridDropout { ratio: Within::new(1.0), ..plain() },
        ]
    }
}

/// The cells along a side.
#[derive(Clone, Copy)]
struct Axis {
    count: usize,
    side: usize,
    shift: usize,
}

#[derive(Clone)]
struct Grid {
    /// Of rows and of columns.
    axes: [Axis; 2],
    ratio: f64,
    offsets: Option<Field>,
    fill: Fill,
    /// Whether they go through masks too.
    masks: bool,
}

impl Axis {
    /// Start and length of the hole of a cell, with 16 bits for where it is.
    fn hole(&self, i: usize, ratio: f64, bits: Option<u32>) -> [usize; 2] {
        let cut = |i: usize| (i as u64 * self.side as u64 / self.count as u64) as usize;
        let cell = cut(i + 1) - cut(i);
        let length = ((cell as f64 * ratio).floor() as usize).max(1).min(cell - 1);
        let room = cell - length;
        let offset = match bits {
            Some(bits) => ((u64::from(bits) * (room as u64 + 1)) >> 16) as usize,
            None => self.shift.min(room),
        };
        [cut(i) + offset, length]
    }
}

impl Grid {
    fn run<T: FromFill>(&self, src: View<T>, mut dst: ViewMut<T>) -> Result<()> {
        let Shape { width, channels, .. } = src.shape();
        let line = memory::repeat(&self.fill.pixel::<T>(channels)?, width, "a row of fill values")?;
        let [rows, columns] = self.axes;
        dst.copy_from(src);
        for i in 0..rows.count {
            for j in 0..columns.count {
                let cell = (i * columns.count + j) as u64;
                let word = self.offsets.map(|field| field.word(cell));
                let [top, height] = rows.hole(i, self.ratio, word.map(|word| word & 0xffff));
                let [left, width] = columns.hole(j, self.ratio, word.map(|word| word >> 16));
                let (start, len) = (left * channels, width * channels);
                for y in top..top + height {
                    dst.row(y)[start..][..len].copy_from_slice(&line[..len]);
                }
            }
        }
        Ok(())
    }
}

impl Kernel for Grid {
    fn uint8(&self, _: Level, src: View<u8>, dst: ViewMut<u8>, _: usize) -> Result<()> {
        self.run(src, dst)
    }

    fn uint16(&self, _: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) -> Result<()> {
        self.run(src, dst)
    }

    fn float32(&self, _: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) -> Result<()> {
        self.run(src, dst)
    }

    fn follow(&self) -> Option<&dyn Follow> {
        Some(self)
    }
}

impl Follow for Grid {
    fn mask(&self, mask: MaskType, channels: usize) -> Result<Option<Step>> {
        if !self.masks {
            return Ok(None);
        }
        let fill = mask.fill(self.fill.mask, channels)?;
        Ok(Some(Step::Pixels(Box::new(Grid { fill, ..self.clone() }))))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};

    #[test]
    fn holes_lie_in_their_cells_and_reach_their_sides() {
        for (count, side) in [(1, 1), (1, 2), (3, 10), (10, 101), (50, 100)] {
            let axis = Axis { count, side, shift: 3 };
            for ratio in [0.0, 0.5, 1.0] {
                for i in 0..count {
                    let [first, length] = axis.hole(i, ratio, Some(0));
                    let [last, same] = axis.hole(i, ratio, Some(0xffff));
                    let [shifted, _] = axis.hole(i, ratio, None);
                    let (start, end) = (i * side / count, (i + 1) * side / count);
                    let cell = end - start;
                    assert_eq!([first, last + same, length], [start, end, same]);
                    assert_eq!(shifted, start + 3.min(cell - length));
                    let half = (cell as f64 * ratio) as usize;
                    assert_eq!(length, half.max(1).min(cell - 1), "{count} {side} {ratio}");
                }
            }
        }
    }

    #[test]
    fn refuses() {
        let examples = GridDropout::examples(Shape::new(9, 9, 3));
        for (field, value) in [
            ("ratio", json!(1.1)),
            ("unit_size_range", json!([1, 4])),
            ("holes_number_xy", json!([0, 1])),
            ("shift_xy", json!([-1, 0])),
        ] {
            assert!(refusal(&examples[0], field, value).contains(field));
        }
        let message = refusal(&examples[2], "unit_size_range", json!([2, 4]));
        assert!(message.contains("holes_number_xy=(3, 2): None beside"), "{message}");
        let site = Site::new(Shape::new(9, 9, 3), DType::U8);
        assert!(edited(&examples[1], &site, json!({"unit_size": 1})).is_err());
    }
}
