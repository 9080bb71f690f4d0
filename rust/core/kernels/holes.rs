//! Rectangles of the image covered with a fill value, those of its masks too if they have one.

use serde::{Deserialize, Serialize};

use crate::bounds::bounds;
use crate::error::{Error, Result};
use crate::image::{Element, Shape, View, ViewMut};
use crate::kernels::fill::{Fill, FromFill};
use crate::kernels::kernel::{Follow, Kernel};
use crate::kernels::step::Step;
use crate::memory;
use crate::simd::level::Level;
use crate::targets::masks::MaskType;

bounds! {
    /// Of holes.
    Count: u32 = 1..=1024;
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Top, left, height, width of each.
    pub holes: Vec<[usize; 4]>,
}

#[derive(Clone)]
pub struct Holes {
    holes: Vec<[usize; 4]>,
    fill: Fill,
    /// Whether they go through masks too.
    masks: bool,
}

impl Holes {
    /// Refuses holes that do not lie inside the image.
    pub fn new(
        op: &str,
        holes: Vec<[usize; 4]>,
        fill: &[f64],
        fill_mask: Option<f64>,
        Shape { height: rows, width: columns, .. }: Shape,
    ) -> Result<Holes> {
        let fits = |start: usize, len: usize, size: usize| {
            (1..=size).contains(&len) && start <= size - len
        };
        for hole @ &[top, left, height, width] in &holes {
            if !(fits(top, height, rows) && fits(left, width, columns)) {
                let allowed = format!("top, left, height, width inside {rows} x {columns}");
                return Err(Error::argument(op, "holes", format!("{hole:?}"), allowed));
            }
        }
        let fill = Fill { image: fill.to_vec(), mask: fill_mask.unwrap_or(0.0) };
        Ok(Holes { holes, fill, masks: fill_mask.is_some() })
    }

    fn cover<T: Element>(&self, line: &[T], dst: &mut ViewMut<T>) {
        let channels = dst.shape().channels;
        for &[top, left, height, width] in &self.holes {
            let (start, len) = (left * channels, width * channels);
            for y in top..top + height {
                dst.row(y)[start..][..len].copy_from_slice(&line[..len]);
            }
        }
    }

    fn image<T: FromFill>(&self, src: View<T>, mut dst: ViewMut<T>) -> Result<()> {
        let Shape { width, channels, .. } = src.shape();
        let line = memory::repeat(&self.fill.pixel(channels)?, width, "a row of fill values")?;
        dst.copy_from(src);
        self.cover(&line, &mut dst);
        Ok(())
    }
}

impl Kernel for Holes {
    fn uint8(&self, _: Level, src: View<u8>, dst: ViewMut<u8>, _: usize) -> Result<()> {
        self.image(src, dst)
    }

    fn uint16(&self, _: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) -> Result<()> {
        self.image(src, dst)
    }

    fn float32(&self, _: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) -> Result<()> {
        self.image(src, dst)
    }

    fn follow(&self) -> Option<&dyn Follow> {
        Some(self)
    }
}

impl Follow for Holes {
    fn mask(&self, mask: MaskType, channels: usize) -> Result<Option<Step>> {
        if !self.masks {
            return Ok(None);
        }
        let fill = mask.fill(self.fill.mask, channels)?;
        Ok(Some(Step::Pixels(Box::new(Holes { fill, ..self.clone() }))))
    }
}
