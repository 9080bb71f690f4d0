//! Replaces each colour by its gray: all three channels become the luma.
//!
//! Luma is kernels/colour.rs's: uint8 and uint16 (9798 R + 19235 G + 3735 B + 16384) >> 15;
//! float32 (r R + g G) + b B; of values clamped to 0..M, clamped again; a NaN makes its pixel NaN.
//! An image has 3 channels before and after; others are refused. No draws. Source: OpenCV's
//! RGB2GRAY: equal at uint8 and uint16.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch};
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use super::{Flow, Nothing, Op};
use crate::error::Result;
use crate::image::{Shape, View, ViewMut, flat};
use crate::kernels::colour::{Channels, Colour, check_rgb, luma};
use crate::kernels::kernel::{Kernel, Reach};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::vectors;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToGray {}

impl Op for ToGray {
    const NAME: &'static str = "ToGray";
    const FLOW: Flow = Flow::Nominal;
    type Params = Nothing;

    fn fits(&self, site: &Site) -> Result<()> {
        check_rgb(Self::NAME, "luma", site.shape)
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        Ok(Step::Pixels(Box::new(Gray { white: site.white })).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        if shape.channels == 3 { vec![ToGray {}] } else { Vec::new() }
    }
}

struct Gray {
    white: f64,
}

impl Gray {
    fn run<T: Colour>(&self, level: Level, src: View<T>, mut dst: ViewMut<T>) {
        let white = T::from_fill(self.white);
        for y in 0..src.shape().height {
            dispatch!(level, simd => gray_row(simd, white, src.row(y), dst.row(y)));
        }
    }
}

impl Kernel for Gray {
    fn reach(&self) -> Reach {
        Reach::Rows
    }

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, _: usize) -> Result<()> {
        let (src, dst) = flat(src, dst);
        vectors!(level, simd => gray(simd, src, dst));
        Ok(())
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) -> Result<()> {
        self.run(level, src, dst);
        Ok(())
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) -> Result<()> {
        self.run(level, src, dst);
        Ok(())
    }
}

#[simd]
fn gray<S: Vocab>(simd: S, src: View<u8>, mut dst: ViewMut<u8>) {
    let channels = Channels::new(simd);
    for (y, row) in src.rows().enumerate() {
        let (mut row, mut out) = (row, dst.row(y));
        if S::SHUFFLES {
            let (vectors, outputs) =
                (row.chunks_exact(3 * S::u8s::LEN), out.chunks_exact_mut(3 * S::u8s::LEN));
            let whole = row.len() - vectors.remainder().len();
            for (pixels, out) in vectors.zip(outputs) {
                let gray = luma(simd, channels.split(simd, pixels));
                channels.repeat(simd, gray, out);
            }
            (row, out) = (&row[whole..], &mut out[whole..]);
        }
        gray_row(simd, 255, row, out);
    }
}

#[simd]
fn gray_row<S: Simd, T: Colour>(_: S, white: T, src: &[T], dst: &mut [T]) {
    for (out, rgb) in dst.as_chunks_mut::<3>().0.iter_mut().zip(src.as_chunks::<3>().0) {
        *out = [T::luma(rgb.map(|v| v.limit(white))).limit(white); 3];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{AnyView, AnyViewMut, DType, Image};

    #[test]
    fn three_equal_channels() {
        let shape = Shape::new(1, 2, 3);
        let image = Image { data: vec![255u8, 0, 0, 10, 20, 30], shape };
        let mut out = Image::new(shape);
        let site = Site::new(shape, DType::U8);
        let step = ToGray {}.apply(Nothing {}, &site, Noise::default()).unwrap().only();
        step.run(Level::new(), AnyView::U8(image.view()), AnyViewMut::U8(out.view_mut()), 0)
            .unwrap();
        assert_eq!(out.data, [76, 76, 76, 18, 18, 18]);
    }

    #[test]
    fn others_are_refused() {
        let site = Site::new(Shape::new(2, 2, 4), DType::F32);
        let message = ToGray {}.fits(&site).unwrap_err().to_string();
        assert_eq!(message, "ToGray: luma needs 3 channels, the image has 4");
    }
}
