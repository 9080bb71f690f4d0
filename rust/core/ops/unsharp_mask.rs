//! Sharpens where a blurred image differs by more than a threshold.
//!
//! b is the GaussianBlur of the image in range, of a drawn size and sigma, m is white where
//! |v - b| > T and 0 elsewhere, soft its blur of the same kind. M is the value of white, and clamp
//! is to 0..M.
//!
//! ```text
//! integers  T = floor(M threshold + 0.5), A = floor(2^k alpha + 0.5); k = 11, f = 8 of uint8,
//!           k = 20, f = 16 of uint16
//!           s = clamp(v + (A (v - b) + 2^(k-f-1)) 2^-k) to f fraction bits, rounded down
//!           (2^f M v + (s - 2^f v) soft + 2^(f-1) M) div 2^f M
//! float32   T = f32(M threshold);  v (1 - soft / M) + clamp(v + f32(alpha) (v - b)) (soft / M),
//!           in range
//! ```
//!
//! Draws: the size, lo + 2 below((hi - lo) / 2 + 1) of `blur_limit`; sigma, a range of
//! `sigma_limit`, where 0 stands for 0.3 ((size - 1) / 2 - 1) + 0.8; `alpha`. Source: Albumentations'
//! op of this name, whose b is not rounded; the sigma that OpenCV takes for a larger size.

use serde::{Deserialize, Serialize};

use super::emboss::Alpha;
use super::{Flow, Op, Square};
use crate::bounds::{Odd, Part, Range, Within, bounds};
use crate::error::Result;
use crate::image::{Image, Shape, View, ViewMut};
use crate::kernels::colour::Colour;
use crate::kernels::convolve::Separable;
use crate::kernels::kernel::Kernel;
use crate::kernels::linear::round;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::level::Level;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnsharpMask {
    pub blur_limit: Range<Square>,
    pub sigma_limit: Range<Sigma>,
    pub alpha: Range<Alpha>,
    pub threshold: Within<Part>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub kernel_size: Within<Square>,
    pub sigma: Within<Sigma>,
    pub alpha: Within<Alpha>,
}

bounds! {
    Sigma: f64 = 0.0..=1e3, "pixels";
}

impl Op for UnsharpMask {
    const NAME: &'static str = "UnsharpMask";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let kernel_size = self.blur_limit.draw(draws);
        let sigma = self.sigma_limit.draw(draws);
        Ok(Params { kernel_size, sigma, alpha: self.alpha.draw(draws) })
    }

    fn apply(&self, params: Params, site: &Site, _: Noise) -> Result<Steps> {
        let (Odd(side), mut sigma) = (params.kernel_size.get(), params.sigma.get());
        if sigma == 0.0 {
            sigma = 0.3 * (f64::from(side - 1) / 2.0 - 1.0) + 0.8;
        }
        let sharpened = Sharpened {
            blur: Separable::gaussian(side, sigma),
            alpha: params.alpha.get(),
            threshold: self.threshold.get(),
            white: site.white,
        };
        Ok(Step::Pixels(Box::new(sharpened)).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let sharpen = |sides: [u32; 2], sigma, alpha, threshold| UnsharpMask {
            blur_limit: Range::new(sides.map(Odd)),
            sigma_limit: Range::new(sigma),
            alpha: Range::new(alpha),
            threshold: Within::new(threshold),
        };
        vec![
            sharpen([3, 7], [0.0, 0.0], [0.2, 0.5], 10.0 / 255.0),
            sharpen([5, 9], [0.5, 3.0], [1.0, 1.0], 0.0),
            sharpen([3, 3], [0.0, 1.0], [0.0, 0.5], 1.0),
        ]
    }
}

struct Sharpened {
    blur: Separable,
    alpha: f64,
    threshold: f64,
    white: f64,
}

const IMAGE: &str = "an image to blur";

impl Sharpened {
    fn run<T: Depth>(
        &self,
        src: View<T>,
        mut dst: ViewMut<T>,
        blur: impl Fn(View<T>, ViewMut<T>) -> Result<()>,
    ) -> Result<()> {
        let white = T::from_fill(self.white);
        let (threshold, alpha) = (T::from_fill(self.white * self.threshold), T::alpha(self.alpha));
        let row = src.shape().row();
        let mut image = Image::<T>::room(src.shape(), IMAGE)?;
        for (out, values) in image.data.chunks_mut(row).zip(src.rows()) {
            out.iter_mut().zip(values).for_each(|(out, value)| *out = value.limit(white));
        }
        let mut blurred = Image::<T>::room(src.shape(), IMAGE)?;
        blur(image.view(), blurred.view_mut())?;
        let mut mask = Image::<T>::room(src.shape(), IMAGE)?;
        for (out, (&v, &b)) in mask.data.iter_mut().zip(image.data.iter().zip(&blurred.data)) {
            *out = if v.apart(b, threshold) { white } else { T::default() };
        }
        blur(mask.view(), dst.reborrow())?;
        let rows = image.data.chunks(row).zip(blurred.data.chunks(row));
        for (y, (values, blurred)) in rows.enumerate() {
            for (out, (&value, &b)) in dst.row(y).iter_mut().zip(values.iter().zip(blurred)) {
                *out = value.sharpened(b, *out, alpha, white);
            }
        }
        Ok(())
    }
}

impl Kernel for Sharpened {
    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, _: usize) -> Result<()> {
        self.run(src, dst, |src, dst| self.blur.uint8(level, src, dst, 0))
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) -> Result<()> {
        self.run(src, dst, |src, dst| self.blur.uint16(level, src, dst, 0))
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) -> Result<()> {
        self.run(src, dst, |src, dst| self.blur.float32(level, src, dst, 0))
    }
}

/// A sample type with its arithmetic.
trait Depth: Colour {
    type Alpha: Copy;

    fn alpha(alpha: f64) -> Self::Alpha;
    /// Whether it differs from what is blurred by more than the threshold.
    fn apart(self, blurred: Self, threshold: Self) -> bool;
    fn sharpened(self, blurred: Self, soft: Self, alpha: Self::Alpha, white: Self) -> Self;
}

macro_rules! integer {
    ($($t:ty, $k:literal, $f:literal);*) => {$(
        impl Depth for $t {
            type Alpha = i64;

            fn alpha(alpha: f64) -> i64 {
                round(f64::from(1 << $k) * alpha).into()
            }

            fn apart(self, blurred: $t, threshold: $t) -> bool {
                self.abs_diff(blurred) > threshold
            }

            #[inline(always)]
            fn sharpened(self, blurred: $t, soft: $t, alpha: i64, white: $t) -> $t {
                let [v, b, soft, white] = [self, blurred, soft, white].map(i64::from);
                let (one, whole) = (v << $f, white << $f);
                let more = (alpha * (v - b) + (1 << ($k - $f - 1))) >> ($k - $f);
                let sharp = (one + more).clamp(0, whole);
                ((whole * v + (sharp - one) * soft + whole / 2) / whole) as $t
            }
        }
    )*};
}
integer!(u8, 11, 8; u16, 20, 16);

impl Depth for f32 {
    type Alpha = f32;

    fn alpha(alpha: f64) -> f32 {
        alpha as f32
    }

    fn apart(self, blurred: f32, threshold: f32) -> bool {
        (self - blurred).abs() > threshold
    }

    #[inline(always)]
    fn sharpened(self, blurred: f32, soft: f32, alpha: f32, white: f32) -> f32 {
        let share = soft / white;
        let sharp = (self + alpha * (self - blurred)).limit(white);
        (self * (1.0 - share) + sharp * share).limit(white)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::{AnyView, AnyViewMut, DType};
    use crate::ops::{edited, refusal};

    #[test]
    fn only_what_stands_out_is_sharpened() {
        let [op, ..] = &UnsharpMask::examples(Shape::new(1, 1, 1))[..] else { panic!() };
        let shape = Shape::new(1, 20, 1);
        let made = |low, high| {
            let params = json!({"kernel_size": 5, "sigma": 0.0, "alpha": 0.5});
            let step = edited(op, &Site::new(shape, DType::U8), params).unwrap().only();
            let image = Image { data: [[low; 10], [high; 10]].concat(), shape };
            let mut out = Image::new(shape);
            let (src, dst) = (AnyView::U8(image.view()), AnyViewMut::U8(out.view_mut()));
            step.run(Level::new(), src, dst, 0).unwrap();
            (image.data, out.data)
        };
        let (before, after) = made(100, 110);
        assert_eq!(before, after);
        let (before, after) = made(100_u8, 200);
        assert!(after[9] < 95 && after[10] > 205, "{after:?}");
        assert_eq!([&before[..5], &before[15..]], [&after[..5], &after[15..]]);
    }

    #[test]
    fn refuses() {
        let [op, ..] = &UnsharpMask::examples(Shape::new(1, 1, 1))[..] else { panic!() };
        for (field, value) in [
            ("blur_limit", json!([3, 8])),
            ("sigma_limit", json!([-1.0, 1.0])),
            ("alpha", json!([0.0, 1.1])),
        ] {
            assert!(refusal(op, field, value).contains(field));
        }
        let message = refusal(op, "threshold", json!(10));
        assert!(message.contains("10/255"), "{message}");
    }
}
