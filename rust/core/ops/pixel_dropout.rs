//! Covers single pixels with a fill value.
//!
//! With a probability p an element becomes `fill`, one value or one per channel, in the image's
//! units; integers floor(v + 0.5), clamped to the type. Which ones: kernels/hits.rs, from below. All
//! others are copied. Masks stay as they are if `fill_mask` is null, else the same pixels of theirs
//! get that value. Boxes and points stay.
//!
//! Draws: p = range of `dropout_prob`. Elements: H x W, or H x W x C with `per_channel`. Source:
//! Albumentations' op of this name, but that masks lose the pixels that the image does.

use fearless_simd::Simd;
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use super::salt_and_pepper::Share;
use super::{Fills, Op};
use crate::bounds::{FillValue, List, Range, Within};
use crate::error::{Error, Result};
use crate::image::{Element, Shape, View, ViewMut};
use crate::kernels::elements;
use crate::kernels::fill::{Fill, FromFill};
use crate::kernels::hits::{self, BELOW, Hits};
use crate::kernels::kernel::{Follow, Kernel, Reach};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::level::Level;
use crate::targets::masks::MaskType;
use crate::vectors;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PixelDropout {
    pub dropout_prob: Range<Share>,
    pub per_channel: bool,
    pub fill: List<FillValue>,
    #[serde(deserialize_with = "Option::deserialize")] // or it could be left out
    pub fill_mask: Option<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub dropout_prob: Within<Share>,
}

impl Op for PixelDropout {
    const NAME: &'static str = "PixelDropout";
    const PLANES: u32 = hits::PLANES;
    type Params = Params;

    fn check(&self) -> Result<()> {
        match self.fill_mask {
            Some(fill) if self.per_channel => {
                let allowed = "None with per_channel=True: masks have no such channels";
                Err(Error::argument(Self::NAME, "fill_mask", fill.to_string(), allowed))
            }
            _ => Ok(()),
        }
    }

    fn fills(&self) -> Option<Fills<'_>> {
        Some(Fills { image: &self.fill, mask: self.fill_mask, shown: true })
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { dropout_prob: self.dropout_prob.draw(draws) })
    }

    fn apply(&self, Params { dropout_prob }: Params, _: &Site, noise: Noise) -> Result<Steps> {
        let dropped = Dropped {
            hits: Hits::new(noise, dropout_prob.get(), 0.0),
            per_channel: self.per_channel,
            fill: Fill { image: self.fill.to_vec(), mask: self.fill_mask.unwrap_or(0.0) },
            masks: self.fill_mask.is_some(),
        };
        Ok(Step::Pixels(Box::new(dropped)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let values: Vec<f64> = (0..shape.channels).map(|c| 0.3 + 11.0 * c as f64).collect();
        let drop = |prob, per_channel, fill, fill_mask| PixelDropout {
            dropout_prob: Range::new(prob),
            per_channel,
            fill: List::new(fill),
            fill_mask,
        };
        vec![
            drop([0.01, 0.01], false, vec![0.0], None),
            drop([0.2, 0.6], false, values.clone(), Some(7.0)),
            drop([0.2, 0.6], true, values, None),
            drop([1.0, 1.0], true, vec![1.0], None),
        ]
    }
}

#[derive(Clone)]
struct Dropped {
    hits: Hits,
    per_channel: bool,
    fill: Fill,
    /// Whether they go through masks too.
    masks: bool,
}

impl Dropped {
    fn run<T: FromFill>(
        &self,
        level: Level,
        src: View<T>,
        dst: ViewMut<T>,
        first: usize,
    ) -> Result<()> {
        let channels = src.shape().channels;
        let group = if self.per_channel { 1 } else { channels };
        let fill = self.fill.pixel::<T>(channels)?;
        let make = |first, hits: &mut [u8]| self.hits.fill(level, first, hits);
        let put = |at: usize, values: &[T], hits: &[u8], out: &mut [T]| {
            let first = at * group % channels;
            vectors!(level, simd => drop(simd, group, values, hits, &fill, first, out));
        };
        elements::each(src, dst, first, group, make, put);
        Ok(())
    }
}

/// The first sample is of channel `first`.
#[simd]
fn drop<S: Simd, T: Element>(
    _: S,
    group: usize,
    values: &[T],
    hits: &[u8],
    fill: &[T],
    first: usize,
    out: &mut [T],
) {
    let one = |value: T, hit: u8, fill: T| if hit == BELOW { fill } else { value };
    if let [fill] = *fill {
        for ((out, &value), &hit) in out.iter_mut().zip(values).zip(hits) {
            *out = one(value, hit, fill);
        }
    } else if group == 1 {
        let fill = fill.iter().cycle().skip(first);
        for (((out, &value), &hit), &fill) in out.iter_mut().zip(values).zip(hits).zip(fill) {
            *out = one(value, hit, fill);
        }
    } else {
        let pixels = out.chunks_exact_mut(group).zip(values.chunks_exact(group));
        for ((out, values), &hit) in pixels.zip(hits) {
            for ((out, &value), &fill) in out.iter_mut().zip(values).zip(fill) {
                *out = one(value, hit, fill);
            }
        }
    }
}

impl Kernel for Dropped {
    fn reach(&self) -> Reach {
        Reach::Rows
    }

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, first: usize) -> Result<()> {
        self.run(level, src, dst, first)
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) -> Result<()> {
        self.run(level, src, dst, first)
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) -> Result<()> {
        self.run(level, src, dst, first)
    }

    fn follow(&self) -> Option<&dyn Follow> {
        Some(self)
    }
}

impl Follow for Dropped {
    fn mask(&self, mask: MaskType, channels: usize) -> Result<Option<Step>> {
        if !self.masks {
            return Ok(None);
        }
        let fill = mask.fill(self.fill.mask, channels)?;
        Ok(Some(Step::Pixels(Box::new(Dropped { fill, ..self.clone() }))))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};

    #[test]
    fn refuses() {
        let examples = PixelDropout::examples(Shape::new(1, 1, 3));
        let message = refusal(&examples[0], "dropout_prob", json!([-0.5, 0.5]));
        assert!(message.starts_with("PixelDropout: dropout_prob=(-0.5, 0.5): "), "{message}");
        let message = refusal(&examples[2], "fill_mask", json!(1.0));
        assert!(message.contains("fill_mask=1: None with per_channel=True"), "{message}");
        let site = Site::new(Shape::new(4, 4, 3), DType::U8);
        assert!(edited(&examples[0], &site, json!({"dropout_prob": 1.1})).is_err());
    }
}
