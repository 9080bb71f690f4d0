//! Loses detail: makes an image smaller, and as large again.
//!
//! With a scale s of an image of H x W: Resize to max(1, floor(H s + 0.5)) x max(1, floor(W s +
//! 0.5)) by `downscale`, which is antialiased if it is box, then back by `upscale`: each as
//! kernels/resample.rs has it, with samples of the image's type in between.
//!
//! Draws: s = range of `scale_range`. Source: Albumentations' op of this name, whose nearest takes
//! the first pixel of several and so moves the picture, where this takes the middle one.

use std::ops::Bound::{Excluded, Included};

use serde::{Deserialize, Serialize};

use super::Op;
use crate::bounds::{Range, Within, bounds};
use crate::error::Result;
use crate::image::{AnyView, AnyViewMut, Image, Shape, View, ViewMut};
use crate::kernels::kernel::Kernel;
use crate::kernels::resample::{self, Interpolation, Window};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::level::Level;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Downscale {
    pub scale_range: Range<Scale>,
    pub downscale: Interpolation,
    pub upscale: Interpolation,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub scale: Within<Scale>,
}

bounds! {
    Scale: f64 = (Excluded(0.0), Included(1.0)), "parts of the image";
}

impl Op for Downscale {
    const NAME: &'static str = "Downscale";
    const CHANNELS: bool = true;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { scale: self.scale_range.draw(draws) })
    }

    fn apply(&self, Params { scale }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        let less = |side: usize| ((side as f64 * scale.get() + 0.5).floor() as usize).max(1);
        let small = Site { shape: site.shape.sized(less(height), less(width)), ..*site };
        let resize = |from: &Site, to: &Site, interpolation| {
            let (window, size) = (Window::whole(from.shape), [to.shape.height, to.shape.width]);
            let antialias = interpolation == Interpolation::Box;
            resample::step(Self::NAME, window, size, interpolation, antialias, from)
        };
        let there = resize(site, &small, self.downscale)?;
        let back = resize(&small, site, self.upscale)?;
        Ok(Step::Pixels(Box::new(Rescaled { there, back, small: small.shape })).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let scale = |ends, downscale, upscale| Downscale {
            scale_range: Range::new(ends),
            downscale,
            upscale,
        };
        use Interpolation::*;
        vec![
            scale([0.25, 0.25], Nearest, Nearest),
            scale([0.3, 0.9], Box, Nearest),
            scale([0.3, 0.9], Bilinear, Bicubic),
            scale([1e-9, 1e-9], Lanczos, Bilinear),
            scale([1.0, 1.0], Nearest, Box),
        ]
    }
}

/// Two steps that only the image takes.
struct Rescaled {
    there: Step,
    back: Step,
    small: Shape,
}

macro_rules! through {
    ($($name:ident: $t:ty, $variant:ident;)*) => {$(
        fn $name(&self, level: Level, src: View<$t>, dst: ViewMut<$t>, _: usize) -> Result<()> {
            let mut small = Image::room(self.small, "the smaller image")?;
            let made = AnyViewMut::$variant(small.view_mut());
            self.there.run(level, AnyView::$variant(src), made, 0)?;
            self.back.run(level, AnyView::$variant(small.view()), AnyViewMut::$variant(dst), 0)
        }
    )*};
}

impl Kernel for Rescaled {
    through! {
        uint8: u8, U8;
        uint16: u16, U16;
        float32: f32, F32;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};

    #[test]
    fn what_is_left_is_the_middle_of_each_block() {
        let [op, ..] = &Downscale::examples(Shape::new(1, 1, 1))[..] else { panic!() };
        let shape = Shape::new(1, 9, 1);
        let step = edited(op, &Site::new(shape, DType::U8), json!({"scale": 1.0 / 3.0}));
        let image = Image { data: (1..=9_u8).collect(), shape };
        let mut out = Image::new(shape);
        let (src, dst) = (AnyView::U8(image.view()), AnyViewMut::U8(out.view_mut()));
        step.unwrap().only().run(Level::new(), src, dst, 0).unwrap();
        assert_eq!(out.data, [2, 2, 2, 5, 5, 5, 8, 8, 8]);
    }

    #[test]
    fn refuses() {
        let [op, ..] = &Downscale::examples(Shape::new(1, 1, 1))[..] else { panic!() };
        for range in [json!([0.0, 0.5]), json!([0.5, 1.1])] {
            let message = refusal(op, "scale_range", range);
            assert!(message.contains("parts of the image"), "{message}");
        }
        let site = Site::new(Shape::new(4, 4, 3), DType::U8);
        assert!(edited(op, &site, json!({"scale": 0.0})).is_err());
    }
}
