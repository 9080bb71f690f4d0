//! Compresses as JPEG and opens again: what libjpeg-turbo makes of an image of 1 or 3 channels.
//!
//! Only what loses something is done; the file itself is never made. `div` rounds towards zero, all
//! other quotients are shifts, and D(x, n) = (x + 2^(n-1)) >> n.
//!
//! 1. **Quantisation.** With s = 5000 div q for a quality q < 50, else 200 - 2 q, each entry of the
//!    tables of T.81, Annex K, becomes Q = clamp((entry s + 50) div 100, 1, 255).
//! 2. **Colours** of 3 channels; a single one is Y:
//!
//!    ```text
//!    Y  = ( 19595 R + 38470 G +  7471 B +   32768) >> 16
//!    Cb = (-11059 R - 21709 G + 32768 B + 8421375) >> 16
//!    Cr = ( 32768 R - 27439 G -  5329 B + 8421375) >> 16
//!    ```
//!
//! 3. **Sampling** of Cb and Cr. 4:4:4: all. 4:2:2: each two of a row as (a + b + bias) >> 1, bias 0,
//!    1, 0, 1 ... along the row. 4:2:0: each two of two rows, the last of an odd number of rows taken
//!    twice, as (a + b + c + d + bias) >> 2, bias 1, 2, 1, 2 ... The image's last column is repeated
//!    until 8 divides the width of each plane. Then each plane's last row is, for its height.
//! 4. **Blocks** of 8 x 8 samples v - 128, by the transform of image_compression/blocks.rs; each
//!    coefficient X becomes sign(X) ((|X| + 4 Q) div 8 Q) Q, and what the inverse transform makes of
//!    them + 128, clamped, the sample.
//! 5. **Upsampling** of Cb and Cr, of w = ceil(W / 2) columns. w <= 2: each is doubled. 4:2:2: of a
//!    sample s and those on its left l and right r, (3 s + l + 1) >> 2 and (3 s + r + 2) >> 2; the
//!    first and the last are s itself. 4:2:0: s is 3 times the sample and once that above, in even
//!    rows of the output, or below, where there is such a row, else 4 times the sample;
//!    (3 s + l + 8) >> 4 and (3 s + r + 7) >> 4, at the ends with s for l and r.
//! 6. **Colours** with cb = Cb - 128 and cr = Cr - 128, each clamped:
//!
//!    ```text
//!    R = Y + ((91881 cr + 32768) >> 16)      B = Y + ((116130 cb + 32768) >> 16)
//!    G = Y + ((-22554 cb - 46802 cr + 32768) >> 16)
//!    ```
//!
//! JPEG has 8 bits. uint16 goes in as (2 * 255 v + M) div 2 M, M the value of white, and comes out as
//! (2 M v + 255) div 510; float32 as floor(255 (v / M) + 0.5), out as v / 255 * M. NaN goes in as 0
//! and stays NaN.
//!
//! Draws: the quality, an integer of `quality_range`. Source: ITU-T T.81; libjpeg-turbo's accurate
//! integer transform and fancy upsampling, of which it gives the bytes.

mod blocks;
mod planes;

use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Range, Within, bounds};
use crate::error::Result;
use crate::image::{Image, Shape, View, ViewMut};
use crate::kernels::colour::{Colour, check_gray_or_rgb};
use crate::kernels::kernel::Kernel;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::level::Level;
use crate::vectors;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageCompression {
    pub quality_range: Range<Quality>,
    pub subsampling: Subsampling,
}

/// Of Cb and Cr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subsampling {
    #[serde(rename = "4:4:4")]
    None,
    #[serde(rename = "4:2:2")]
    Columns,
    #[serde(rename = "4:2:0")]
    Both,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub quality: Within<Quality>,
}

bounds! {
    Quality: u32 = 1..=100;
}

impl Op for ImageCompression {
    const NAME: &'static str = "ImageCompression";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn fits(&self, site: &Site) -> Result<()> {
        check_gray_or_rgb(Self::NAME, "JPEG", site.shape)
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { quality: self.quality_range.draw(draws) })
    }

    fn apply(&self, Params { quality }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let jpeg =
            Jpeg { quality: quality.get(), subsampling: self.subsampling, white: site.white };
        Ok(Step::Pixels(Box::new(jpeg)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let compress = |(quality_range, subsampling)| ImageCompression {
            quality_range: Range::new(quality_range),
            subsampling,
        };
        let examples = [
            ([30, 95], Subsampling::Both),
            ([1, 10], Subsampling::Both),
            ([50, 50], Subsampling::Columns),
            ([98, 100], Subsampling::None),
        ];
        if [1, 3].contains(&shape.channels) { examples.map(compress).into() } else { vec![] }
    }
}

struct Jpeg {
    quality: u32,
    subsampling: Subsampling,
    white: f64,
}

impl Jpeg {
    fn bytes(&self, level: Level, src: View<u8>, dst: ViewMut<u8>) -> Result<()> {
        let tables = blocks::tables(self.quality);
        vectors!(level, simd => planes::run(simd, &tables, self.subsampling, src, dst))
    }

    /// By way of bytes.
    fn run<T: Depth>(&self, level: Level, src: View<T>, mut dst: ViewMut<T>) -> Result<()> {
        let white = T::from_fill(self.white);
        let row = src.shape().row();
        let mut image = Image::<u8>::room(src.shape(), "an image of 8 bits")?;
        for (out, values) in image.data.chunks_mut(row).zip(src.rows()) {
            out.iter_mut()
                .zip(values)
                .for_each(|(out, value)| *out = value.limit(white).byte(white));
        }
        let mut made = Image::<u8>::room(src.shape(), "an image of 8 bits")?;
        self.bytes(level, image.view(), made.view_mut())?;
        for (y, (values, bytes)) in src.rows().zip(made.view().rows()).enumerate() {
            for ((out, &value), &byte) in dst.row(y).iter_mut().zip(values).zip(bytes) {
                *out = value.of_byte(byte, white);
            }
        }
        Ok(())
    }
}

impl Kernel for Jpeg {
    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, _: usize) -> Result<()> {
        self.bytes(level, src, dst)
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) -> Result<()> {
        self.run(level, src, dst)
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) -> Result<()> {
        self.run(level, src, dst)
    }
}

/// A sample type of more than 8 bits.
trait Depth: Colour {
    /// What becomes of the sample.
    fn of_byte(self, byte: u8, white: Self) -> Self;
}

impl Depth for u16 {
    fn of_byte(self, byte: u8, white: u16) -> u16 {
        ((2 * u32::from(white) * u32::from(byte) + 255) / 510) as u16
    }
}

impl Depth for f32 {
    fn of_byte(self, byte: u8, white: f32) -> f32 {
        if self.is_nan() { self.limit(white) } else { f32::from(byte) / 255.0 * white }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};

    #[test]
    fn bytes_become_samples_and_nan_stays() {
        for byte in 0..=255_u8 {
            assert_eq!(0_u16.of_byte(byte, 65535), 257 * u16::from(byte));
            assert_eq!(0_u16.of_byte(byte, 255), u16::from(byte));
            assert_eq!(0.0.of_byte(byte, 1.0), f32::from(byte) / 255.0);
        }
        assert_eq!((-f32::NAN).of_byte(7, 1.0).to_bits(), 0x7fc0_0000);
    }

    #[test]
    fn refuses() {
        let [op, ..] = &ImageCompression::examples(Shape::new(1, 1, 1))[..] else { panic!() };
        for quality in [json!([0, 50]), json!([50, 101]), json!([60, 50])] {
            let message = refusal(op, "quality_range", quality);
            assert!(message.ends_with("two integers lo <= hi within 1 to 100"), "{message}");
        }
        assert!(refusal(op, "subsampling", json!("4:1:1")).contains("4:2:0"));
        let site = |channels| Site::new(Shape::new(4, 4, channels), DType::U8);
        let message = op.fits(&site(4)).unwrap_err().to_string();
        let refused = "ImageCompression: JPEG needs 1 or 3 channels, the image has 4";
        assert_eq!(message, refused);
        assert!(edited(op, &site(3), json!({"quality": 101})).is_err());
    }
}
