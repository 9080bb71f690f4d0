//! Puts the channels into a random order.
//!
//! Channel c of the output is channel `order[c]` of the input. Samples keep their bits, whatever
//! their type and range. Draws: `order` = permutation(C), C the number of channels. Source:
//! Albumentations' op of this name, torchvision's RandomChannelPermutation.

use fearless_simd::prelude::*;
use fearless_simd::u8x16;
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use super::Op;
use crate::error::{Error, Result};
use crate::image::{Element, Shape, View, ViewMut, flat};
use crate::kernels::kernel::{Kernel, Reach};
use crate::kernels::step::{Site, Step, Steps};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::vectors;

const WHAT: &str = "the order of the channels";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelShuffle {}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub order: Vec<usize>,
}

impl Op for ChannelShuffle {
    const NAME: &'static str = "ChannelShuffle";
    const CHANNELS: bool = true;
    type Params = Params;

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let mut order = memory::collect(0..site.shape.channels, WHAT)?;
        draws.shuffle(&mut order);
        Ok(Params { order })
    }

    fn apply(&self, Params { order }: Params, site: &Site, _: Noise) -> Result<Steps> {
        Ok(ordered(Self::NAME, order, site.shape.channels)?.into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        vec![ChannelShuffle {}]
    }
}

/// Puts channels into an order of all their indices, or says that it is none.
pub fn ordered(op: &str, order: Vec<usize>, channels: usize) -> Result<Step> {
    let mut sorted = memory::collect(order.iter().copied(), WHAT)?;
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..channels) {
        let allowed = format!("the indices below {channels}, the image's channels, once each");
        return Err(Error::argument(op, "order", format!("{order:?}"), allowed));
    }
    Ok(Step::Pixels(Box::new(Ordered { order })))
}

struct Ordered {
    /// The input's channel of each of the output's.
    order: Vec<usize>,
}

impl Ordered {
    fn run<T: Element>(&self, level: Level, src: View<T>, dst: ViewMut<T>) -> Result<()> {
        let (src, mut dst) = flat(src, dst);
        let channels = self.order.len();
        for (y, row) in src.rows().enumerate() {
            let (from, mut to) = (src.bytes(), dst.reborrow().bytes());
            let (from, to) = (from.row(y), to.row(y));
            let size = size_of::<T>();
            let done = vectors!(level, simd => shuffled(simd, size, &self.order, from, to)) / size;
            let rest = row[done..].chunks_exact(channels);
            for (out, pixel) in dst.row(y)[done..].chunks_exact_mut(channels).zip(rest) {
                out.iter_mut().zip(&self.order).for_each(|(out, &c)| *out = pixel[c]);
            }
        }
        Ok(())
    }
}

impl Kernel for Ordered {
    fn reach(&self) -> Reach {
        Reach::Rows
    }

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, _: usize) -> Result<()> {
        self.run(level, src, dst)
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) -> Result<()> {
        self.run(level, src, dst)
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) -> Result<()> {
        self.run(level, src, dst)
    }
}

/// Samples of `size` bytes, and how many bytes of whole pixels are done.
#[simd]
fn shuffled<S: Vocab>(simd: S, size: usize, order: &[usize], src: &[u8], dst: &mut [u8]) -> usize {
    // A shuffle of 32 bytes does not reach across the halves of an AVX2 vector.
    if S::u8s::LEN == 64 {
        windows::<S, S::u8s>(simd, size, order, src, dst)
    } else if S::SHUFFLES {
        windows::<S, u8x16<S>>(simd, size, order, src, dst)
    } else {
        0
    }
}

/// By one shuffle of as many pixels as a vector holds; behind what is made of them stand bytes that
/// the next store overwrites.
#[inline(always)]
fn windows<S: Simd, V: SimdBase<S, Element = u8, ByteVector = V>>(
    simd: S,
    size: usize,
    order: &[usize],
    src: &[u8],
    dst: &mut [u8],
) -> usize {
    let pixel = order.len() * size;
    let whole = V::LEN / pixel * pixel;
    if whole == 0 {
        return 0;
    }
    let from = |i: usize| i / pixel * pixel + order[i % pixel / size] * size + i % size;
    let index = V::from_fn(simd, |i| if i < whole { from(i) as u8 } else { 0 });
    let mut at = 0;
    while let (Some(pixels), Some(out)) = (src.get(at..at + V::LEN), dst.get_mut(at..at + V::LEN)) {
        V::from_slice(simd, pixels).swizzle_dyn(index).store_slice(out);
        at += whole;
    }
    at
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::{DType, Image};
    use crate::ops::edited;
    use crate::random::philox::Field;
    use crate::simd::level;

    #[test]
    fn pixels_of_any_size() {
        fn check<T: Element + std::fmt::Debug>(channels: usize, of: fn(usize) -> T) {
            let shape = Shape::new(2, 41, channels);
            let image = Image { data: (0..shape.len()).map(of).collect(), shape };
            // No order that undoes itself, but for one or two channels.
            let mut order: Vec<usize> = (0..channels).collect();
            order.rotate_right(1);
            let from = |i| i / channels * channels + order[i % channels];
            let expected: Vec<T> = (0..shape.len()).map(|i| image.data[from(i)]).collect();
            for level in level::available() {
                let mut out = Image::new(shape);
                let ordered = Ordered { order: order.clone() };
                ordered.run(level, image.view(), out.view_mut()).unwrap();
                assert_eq!(out.data, expected, "{level:?} {channels}");
            }
        }
        for channels in 1..=70 {
            check(channels, |i| (i * 167 % 251) as u8);
            check(channels, |i| (i * 40_503) as u16);
            check(channels, |i| i as f32);
        }
    }

    #[test]
    fn all_orders_are_drawn() {
        let site = Site::new(Shape::new(1, 1, 3), DType::U8);
        let orders: std::collections::HashSet<_> = (0..100)
            .map(|index| {
                let mut draws = Draws::new(Field { key: 1, epoch: 0, index });
                ChannelShuffle {}.sample(&site, &mut draws).unwrap().order
            })
            .collect();
        assert_eq!(orders.len(), 6);
    }

    #[test]
    fn edited_parameters_are_checked() {
        let site = Site::new(Shape::new(4, 4, 3), DType::U8);
        for order in [vec![0, 1], vec![0, 1, 1], vec![1, 2, 3], vec![0, 1, 2, 2]] {
            let refused = edited(&ChannelShuffle {}, &site, json!({"order": order}));
            assert_eq!(
                refused.err().unwrap().to_string(),
                format!(
                    "ChannelShuffle: order={order:?}: the indices below 3, the image's channels, \
                     once each"
                )
            );
        }
        assert!(edited(&ChannelShuffle {}, &site, json!({"order": [2, 0, 1]})).is_ok());
    }
}
