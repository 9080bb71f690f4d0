//! Sharpens by what sets each sample apart from those around it.
//!
//! With a = `alpha` and l = `lightness`, by `method`:
//!
//! ```text
//! kernel     the sum of the 3 x 3 samples around each, in f64: all weighted -a, but the middle one
//!            (1 - a) + a (8 + l); kernels/taps.rs, with values in range
//! gaussian   b: the GaussianBlur of the image in range, of `kernel_size` and `sigma`
//!            F = floor(2^k (1 + a) + 0.5), k = 11 of uint8, 20 of uint16
//!            clamp((F v + (2^k - F) b + 2^(k-1)) >> k);  float32  v + (v - b) f32(a), in range
//! ```
//!
//! l = 1 keeps an image's brightness with `kernel`; `gaussian` always does, and knows no l.
//!
//! Draws: `alpha`, `lightness`. Source: Albumentations' op of this name, but rounding where its
//! `gaussian` wraps; imgaug's.

use serde::{Deserialize, Serialize};

use super::emboss::{Alpha, shown};
use super::{Flow, Op, Square};
use crate::bounds::{Odd, Range, Within, bounds};
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    Kernel,
    Gaussian,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sharpen {
    pub alpha: Range<Alpha>,
    pub lightness: Range<Lightness>,
    pub method: Method,
    pub kernel_size: Within<Square>,
    pub sigma: Within<Sigma>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub alpha: Within<Alpha>,
    pub lightness: Within<Lightness>,
}

bounds! {
    /// Larger ones would leave the integer arithmetic's 32 bits.
    Lightness: f64 = 0.0..=8.0;
    Sigma: f64 = 1e-3..=1e3, "pixels";
}

impl Op for Sharpen {
    const NAME: &'static str = "Sharpen";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let alpha = self.alpha.draw(draws);
        let matters = self.method == Method::Kernel;
        let lightness = draws.mattering(matters, |draws| self.lightness.draw(draws));
        Ok(Params { alpha, lightness })
    }

    fn apply(&self, Params { alpha, lightness }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let (alpha, white) = (alpha.get(), site.white);
        Ok(match self.method {
            Method::Kernel => {
                let mut effect = [-1.0; 9];
                effect[4] = 8.0 + lightness.get();
                Step::Pixels(Box::new(shown(alpha, effect, white)))
            }
            Method::Gaussian => {
                let Odd(side) = self.kernel_size.get();
                let blur = Separable::gaussian(side, self.sigma.get());
                Step::Pixels(Box::new(Apart { blur, alpha, white }))
            }
        }
        .into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let sharpen = |alpha, lightness, method, side, sigma| Sharpen {
            alpha: Range::new(alpha),
            lightness: Range::new(lightness),
            method,
            kernel_size: Within::new(Odd(side)),
            sigma: Within::new(sigma),
        };
        vec![
            sharpen([0.2, 0.5], [0.5, 1.0], Method::Kernel, 5, 1.0),
            sharpen([0.0, 0.0], [1.0, 1.0], Method::Kernel, 5, 1.0),
            sharpen([1.0, 1.0], [1.0, 8.0], Method::Kernel, 5, 1.0),
            sharpen([0.2, 1.0], [0.5, 1.0], Method::Gaussian, 5, 1.0),
            sharpen([1.0, 1.0], [0.5, 1.0], Method::Gaussian, 13, 3.0),
        ]
    }
}

/// Moves values away from those of the blurred image.
struct Apart {
    blur: Separable,
    alpha: f64,
    white: f64,
}

impl Apart {
    fn run<T: Depth>(
        &self,
        src: View<T>,
        mut dst: ViewMut<T>,
        blur: impl FnOnce(View<T>, ViewMut<T>) -> Result<()>,
    ) -> Result<()> {
        let (white, factor) = (T::from_fill(self.white), T::factor(self.alpha));
        let mut image = Image::room(src.shape(), "the image in range")?;
        for (out, row) in image.data.chunks_mut(src.shape().row()).zip(src.rows()) {
            out.iter_mut().zip(row).for_each(|(out, value)| *out = value.limit(white));
        }
        blur(image.view(), dst.reborrow())?;
        for (y, row) in image.view().rows().enumerate() {
            for (out, &value) in dst.row(y).iter_mut().zip(row) {
                *out = value.apart(*out, factor, white);
            }
        }
        Ok(())
    }
}

impl Kernel for Apart {
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
    type Factor: Copy;

    fn factor(alpha: f64) -> Self::Factor;
    fn apart(self, blurred: Self, factor: Self::Factor, white: Self) -> Self;
}

macro_rules! integer {
    ($($t:ty, $wide:ty, $k:literal);*) => {$(
        impl Depth for $t {
            type Factor = $wide;

            fn factor(alpha: f64) -> $wide {
                round(f64::from(1 << $k) * (1.0 + alpha)).into()
            }

            #[inline(always)]
            fn apart(self, blurred: $t, factor: $wide, white: $t) -> $t {
                let sum = factor * <$wide>::from(self);
                let sum = sum + ((1 << $k) - factor) * <$wide>::from(blurred);
                ((sum + (1 << ($k - 1))) >> $k).max(0).min(white.into()) as $t
            }
        }
    )*};
}
integer!(u8, i32, 11; u16, i64, 20);

impl Depth for f32 {
    type Factor = f32;

    fn factor(alpha: f64) -> f32 {
        alpha as f32
    }

    #[inline(always)]
    fn apart(self, blurred: f32, factor: f32, white: f32) -> f32 {
        (self + (self - blurred) * factor).limit(white)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::{AnyView, AnyViewMut, DType};
    use crate::ops::{edited, refusal};

    fn made(method: Method, lightness: f64, data: [u8; 9]) -> Vec<u8> {
        let [op, ..] = &mut Sharpen::examples(Shape::new(1, 1, 1))[..] else { panic!() };
        op.method = method;
        let shape = Shape::new(3, 3, 1);
        let params = json!({"alpha": 0.5, "lightness": lightness});
        let step = edited(op, &Site::new(shape, DType::U8), params).unwrap().only();
        let image = Image { data: data.into(), shape };
        let mut out = Image::new(shape);
        let (src, dst) = (AnyView::U8(image.view()), AnyViewMut::U8(out.view_mut()));
        step.run(Level::new(), src, dst, 0).unwrap();
        out.data
    }

    #[test]
    fn a_spot_stands_out_and_a_constant_stays() {
        let spot = [50, 50, 50, 50, 60, 50, 50, 50, 50];
        // 60 (0.5 + 0.5 * 9) - 0.5 * 400 = 100; of lightness 0 less by half of 60.
        assert_eq!(made(Method::Kernel, 1.0, spot)[4], 100);
        assert_eq!(made(Method::Kernel, 0.0, spot)[4], 70);
        let gaussian = made(Method::Gaussian, 1.0, spot);
        assert_eq!(gaussian, made(Method::Gaussian, 0.0, spot));
        assert!(gaussian[4] > 60 && gaussian[0] < 50, "{gaussian:?}");
        for value in 0..=255 {
            for method in [Method::Kernel, Method::Gaussian] {
                assert_eq!(made(method, 1.0, [value; 9]), [value; 9]);
            }
        }
    }

    #[test]
    fn refuses() {
        let [op, ..] = &Sharpen::examples(Shape::new(1, 1, 1))[..] else { panic!() };
        for (field, value) in [
            ("alpha", json!([0.0, 1.1])),
            ("lightness", json!([-0.1, 1.0])),
            ("lightness", json!([1.0, 8.1])),
            ("method", json!("other")),
            ("kernel_size", json!(4)),
            ("sigma", json!(0.0)),
        ] {
            let message = refusal(op, field, value);
            assert!(message.starts_with("Sharpen: ") && message.contains(field), "{message}");
        }
    }
}
