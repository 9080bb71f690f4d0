//! Replaces each colour by its gray: all channels become one value; their number stays.
//!
//! Without `method` it is the luma of kernels/colour.rs: uint8 and uint16
//! (9798 R + 19235 G + 3735 B + 16384) >> 15; float32 (r R + g G) + b B; an image then has 3
//! channels, others are refused. The other methods take 2 channels or more, C of them:
//!
//! ```text
//! average       integers (2 sum + C) / (2 C), rounded down; float32 sum / C, added in their order
//! max           the largest
//! desaturation  integers (max + min + 1) >> 1; float32 (max + min) * 0.5
//! ```
//!
//! All are of values clamped to 0..M, M the value of white, clamped again; a NaN makes its pixel
//! NaN. No draws. Source: OpenCV's RGB2GRAY: equal at uint8 and uint16; Albumentations' op of this
//! name, which truncates average and desaturation: within 1 at uint8.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch};
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use super::{Flow, Nothing, Op};
use crate::error::{Error, Result};
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
pub struct ToGray {
    /// None is luma.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    Average,
    Max,
    Desaturation,
}

impl Op for ToGray {
    const NAME: &'static str = "ToGray";
    const FLOW: Flow = Flow::Nominal;
    type Params = Nothing;

    fn fits(&self, site: &Site) -> Result<()> {
        if self.method.is_none() {
            return check_rgb(Self::NAME, "luma", site.shape);
        }
        if site.shape.channels >= 2 {
            return Ok(());
        }
        Err(Error::refused(Self::NAME, "gray is of 2 channels or more, the image has 1"))
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        let white = site.white;
        let step: Box<dyn Kernel> = match self.method {
            None => Box::new(Gray { white }),
            Some(method) => Box::new(By { method, white }),
        };
        Ok(Step::Pixels(step).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let methods = [None, Some(Method::Average), Some(Method::Max), Some(Method::Desaturation)];
        let fits = |method: &Option<Method>| match method {
            None => shape.channels == 3,
            Some(_) => shape.channels >= 2,
        };
        methods.into_iter().filter(fits).map(|method| ToGray { method }).collect()
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

/// Of any number of channels.
struct By {
    method: Method,
    white: f64,
}

impl By {
    fn run<T: Depth>(&self, src: View<T>, mut dst: ViewMut<T>) -> Result<()> {
        let (channels, white) = (src.shape().channels, T::from_fill(self.white));
        for (y, row) in src.rows().enumerate() {
            let pixels = row.chunks_exact(channels).zip(dst.row(y).chunks_exact_mut(channels));
            for (pixel, out) in pixels {
                out.fill(T::gray(self.method, pixel.iter().map(|v| v.limit(white))).limit(white));
            }
        }
        Ok(())
    }
}

impl Kernel for By {
    fn reach(&self) -> Reach {
        Reach::Rows
    }

    fn uint8(&self, _: Level, src: View<u8>, dst: ViewMut<u8>, _: usize) -> Result<()> {
        self.run(src, dst)
    }

    fn uint16(&self, _: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) -> Result<()> {
        self.run(src, dst)
    }

    fn float32(&self, _: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) -> Result<()> {
        self.run(src, dst)
    }
}

/// A sample type with its arithmetic.
trait Depth: Colour {
    /// Of one pixel's values.
    fn gray(method: Method, values: impl Iterator<Item = Self> + Clone) -> Self;
}

macro_rules! integer {
    ($($t:ty),*) => {$(
        impl Depth for $t {
            #[inline(always)]
            fn gray(method: Method, values: impl Iterator<Item = $t> + Clone) -> $t {
                let largest = || u64::from(values.clone().fold(0, <$t>::max));
                match method {
                    Method::Average => {
                        let sums = values.fold((0, 0), |(sum, count), value| {
                            (sum + u64::from(value), count + 1)
                        });
                        ((2 * sums.0 + sums.1) / (2 * sums.1)) as $t
                    }
                    Method::Max => largest() as $t,
                    Method::Desaturation => {
                        let least = u64::from(values.clone().fold(<$t>::MAX, <$t>::min));
                        ((largest() + least + 1) >> 1) as $t
                    }
                }
            }
        }
    )*};
}
integer!(u8, u16);

impl Depth for f32 {
    #[inline(always)]
    fn gray(method: Method, values: impl Iterator<Item = f32> + Clone) -> f32 {
        let largest = || values.clone().fold(0.0, |a, b| if b > a { b } else { a });
        // Of a NaN nothing but itself is said by comparisons.
        let (sum, count) =
            values.clone().fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        if f32::is_nan(sum) {
            return f32::NAN;
        }
        match method {
            Method::Average => sum / count,
            Method::Max => largest(),
            Method::Desaturation => {
                let least = values.clone().fold(f32::INFINITY, |a, b| if b < a { b } else { a });
                (largest() + least) * 0.5
            }
        }
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
        let step =
            ToGray { method: None }.apply(Nothing {}, &site, Noise::default()).unwrap().only();
        step.run(Level::new(), AnyView::U8(image.view()), AnyViewMut::U8(out.view_mut()), 0)
            .unwrap();
        assert_eq!(out.data, [76, 76, 76, 18, 18, 18]);
    }

    #[test]
    fn others_are_refused() {
        let site = Site::new(Shape::new(2, 2, 4), DType::F32);
        let message = ToGray { method: None }.fits(&site).unwrap_err().to_string();
        assert_eq!(message, "ToGray: luma needs 3 channels, the image has 4");
        let average = ToGray { method: Some(Method::Average) };
        assert!(average.fits(&site).is_ok());
        let message = average.fits(&Site::new(Shape::new(2, 2, 1), DType::F32)).unwrap_err();
        let said = "ToGray: gray is of 2 channels or more, the image has 1";
        assert_eq!(message.to_string(), said);
    }
}
