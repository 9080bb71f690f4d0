//! Tints an image brown, as old photographs are.
//!
//! With r, g, b clamped to 0..M, M the value of white, each channel becomes a sum
//! (a r + b g + c b) / 32768, at most M, with the weights
//!
//! ```text
//! red 12878 25199 6193      green 11436 22479 5505      blue 8913 17498 4293
//! ```
//!
//! uint8 and uint16: the sum + 16384, shifted right by 15. float32: (a r + b g) + c b, each weight
//! divided by 32768, exactly, and each product and sum rounded; a NaN makes its pixel NaN. An image
//! has 3 channels; others are refused. No draws. Source: Albumentations' op of this name: within 1
//! at uint8 of OpenCV's transform by its matrix.

use fearless_simd::dispatch;
use fearless_simd::prelude::*;
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use super::{Flow, Nothing, Op};
use crate::error::Result;
use crate::image::{Shape, View, ViewMut, flat};
use crate::kernels::colour::{Colour, check_rgb};
use crate::kernels::kernel::{Kernel, Reach};
use crate::kernels::rgb::{self, Pixels, narrow, splat, wide};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::vectors;

/// Of red, green and blue, in 32768ths.
const WEIGHTS: [[u16; 3]; 3] = [[12878, 25199, 6193], [11436, 22479, 5505], [8913, 17498, 4293]];

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToSepia {}

impl Op for ToSepia {
    const NAME: &'static str = "ToSepia";
    const FLOW: Flow = Flow::Nominal;
    type Params = Nothing;

    fn fits(&self, site: &Site) -> Result<()> {
        check_rgb(Self::NAME, "sepia", site.shape)
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        Ok(Step::Pixels(Box::new(Brown { white: site.white })).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        if shape.channels == 3 { vec![ToSepia {}] } else { vec![] }
    }
}

struct Brown {
    white: f64,
}

impl Brown {
    fn run<T: Colour>(&self, level: Level, src: View<T>, mut dst: ViewMut<T>) -> Result<()> {
        let white = T::from_fill(self.white);
        for (y, row) in src.rows().enumerate() {
            dispatch!(level, simd => brown_row(simd, white, row, dst.row(y)));
        }
        Ok(())
    }

    fn run_uint8<S: Vocab>(
        &self,
        simd: S,
        level: Level,
        src: View<u8>,
        dst: ViewMut<u8>,
    ) -> Result<()> {
        if !S::SHUFFLES {
            return self.run(level, src, dst);
        }
        let (src, dst) = flat(src, dst);
        rgb::write(simd, self, src, dst);
        Ok(())
    }
}

impl Kernel for Brown {
    fn reach(&self) -> Reach {
        Reach::Rows
    }

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, _: usize) -> Result<()> {
        vectors!(level, simd => self.run_uint8(simd, level, src, dst))
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) -> Result<()> {
        self.run(level, src, dst)
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) -> Result<()> {
        self.run(level, src, dst)
    }
}

impl Pixels for Brown {
    #[inline(always)]
    fn pixels<S: Vocab>(&self, simd: S, [r, g, b]: [S::u8s; 3]) -> [S::u8s; 3] {
        let [r, g, b] = [wide(simd, r), wide(simd, g), wide(simd, b)];
        let mut out = [r, g, b];
        for half in 0..2 {
            let (r, g, b) = (r[half], g[half], b[half]);
            // Red beside green and blue beside 0, in lanes of 32 bits.
            let zero = splat(simd, 0);
            let low = [simd.zip16_low_within_blocks(r, g), simd.zip16_low_within_blocks(b, zero)];
            let high =
                [simd.zip16_high_within_blocks(r, g), simd.zip16_high_within_blocks(b, zero)];
            for (out, [wr, wg, wb]) in out.iter_mut().zip(WEIGHTS) {
                let by = [pair(simd, wr, wg), pair(simd, wb, 0)];
                let (low, high) = (weighed(simd, low, by), weighed(simd, high, by));
                out[half] = simd.clamp_i16_within_blocks(low, high);
            }
        }
        narrow(simd, out)
    }
}

/// Two weights in turn.
#[inline(always)]
fn pair<S: Vocab>(simd: S, first: u16, second: u16) -> S::i16s {
    S::i16s::from_fn(simd, |i| if i % 2 == 0 { first as i16 } else { second as i16 })
}

#[inline(always)]
fn weighed<S: Vocab>(simd: S, [rg, b]: [S::i16s; 2], by: [S::i16s; 2]) -> S::i32s {
    let half = S::i32s::splat(simd, 16384);
    simd.dot_add(simd.dot_add(half, rg, by[0]), b, by[1]) >> 15
}

#[simd]
fn brown_row<S: Simd, T: Colour>(_: S, white: T, src: &[T], dst: &mut [T]) {
    for (out, rgb) in dst.as_chunks_mut::<3>().0.iter_mut().zip(src.as_chunks::<3>().0) {
        let rgb = rgb.map(|v| v.limit(white));
        *out = WEIGHTS.map(|weights| T::weigh(rgb, weights).limit(white));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Image;
    use crate::simd::level;

    #[test]
    fn all_bytes_at_all_levels() {
        let shape = Shape::new(3, 257, 3);
        let data = (0..shape.len() as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8);
        let image = Image { data: data.collect(), shape };
        let wanted: Vec<u8> = (image.data.as_chunks::<3>().0.iter())
            .flat_map(|rgb| {
                WEIGHTS.map(|weights| {
                    let terms = rgb.iter().zip(weights).map(|(&v, w)| u32::from(v) * u32::from(w));
                    ((terms.sum::<u32>() + 16384) >> 15).min(255) as u8
                })
            })
            .collect();
        assert!(wanted.contains(&255));
        for level in level::available() {
            let mut out = Image::new(shape);
            let brown = Brown { white: 255.0 };
            brown.uint8(level, image.view(), out.view_mut(), 0).unwrap();
            assert!(out.data == wanted, "{level:?}");
        }
    }
}
