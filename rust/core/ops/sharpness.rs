//! Moves each value from the mean around it: 0 is a smoothed image, 1 the image itself, more is
//! sharper.
//!
//! S is the mean of the 3 x 3 samples around v, the middle one counted five times, of values clamped
//! to 0..M, M the value of white. The outermost rows and columns are only clamped, and so are images
//! of fewer than 3 rows or columns.
//!
//! ```text
//! s = the sum of the nine and 4 v;  F = floor(2^k f + 0.5)
//! uint8    k = 11  S = (s + 6) div 13;  clamp((F v + (2^k - F) S + 2^(k-1)) >> k)
//! uint16   k = 20  the same
//! float32  S = (the eight around, added row by row, + 5 v) c, c = f32(1/13);  S + (v - S) f, clamped
//! ```
//!
//! As 13 is odd, no mean lies halfway between two integers. Draws: `factor`. Source: Pillow's
//! ImageEnhance.Sharpness, of which S is equal, but which truncates afterwards: within 1 at uint8.

use fearless_simd::Simd;
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use super::{Factor, Flow, Op};
use crate::bounds::Range;
use crate::error::Result;
use crate::image::{Shape, View, ViewMut};
use crate::kernels::border::Border;
use crate::kernels::colour::Colour;
use crate::kernels::kernel::{Kernel, Reach};
use crate::kernels::linear::{self, round};
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::window::{self, Filter, Line, Rows, Stripe, Window};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::Vocab;
use crate::simd::level::Level;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sharpness {
    pub factor: Range<linear::Factor>,
}

impl Op for Sharpness {
    const NAME: &'static str = "Sharpness";
    const FLOW: Flow = Flow::Nominal;
    type Params = Factor;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Factor> {
        Ok(Factor { factor: self.factor.draw(draws) })
    }

    fn apply(&self, Factor { factor }: Factor, site: &Site, _: Noise) -> Result<Steps> {
        Ok(Step::Pixels(Box::new(Sharpened(Blend { factor: factor.get(), white: site.white })))
            .into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let factors = [[0.1, 1.9], [0.0, 0.0], [1.0, 1.0], [2.0, 8.0]];
        factors.map(|factor| Sharpness { factor: Range::new(factor) }).into()
    }
}

/// The blend, but for the outermost rows and columns.
struct Sharpened(Blend);

impl Sharpened {
    fn run<T: Depth>(
        &self,
        level: Level,
        src: View<T>,
        mut dst: ViewMut<T>,
        first: usize,
    ) -> Result<()>
    where
        Blend: Filter<T>,
    {
        let Shape { height, width, channels } = src.shape();
        let white = T::from_fill(self.0.white);
        let rows = dst.shape().height;
        let small = height < 3 || width < 3;
        if !small {
            window::run(level, &self.0, src, dst.reborrow(), first)?;
        }
        let copy = |out: &mut [T], values: &[T]| {
            out.iter_mut().zip(values).for_each(|(out, value)| *out = value.limit(white));
        };
        for y in first..first + rows {
            let (row, out) = (src.row(y), dst.row(y - first));
            if small || y == 0 || y == height - 1 {
                copy(out, row);
            } else {
                let last = (width - 1) * channels;
                copy(&mut out[..channels], &row[..channels]);
                copy(&mut out[last..], &row[last..]);
            }
        }
        Ok(())
    }
}

impl Kernel for Sharpened {
    fn reach(&self) -> Reach {
        Reach::Bands
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
}

/// The window's samples are held as they are, in range.
struct Blend {
    factor: f64,
    white: f64,
}

impl Window for Blend {
    const BORDER: Border = Border::Edge;

    fn radius(&self) -> usize {
        1
    }
}

impl<T: Depth> Filter<T> for Blend {
    type Held = T;
    type State = usize;

    fn start(&self, _: View<T>, stripe: &Stripe) -> Result<usize> {
        Ok(stripe.channels)
    }

    fn across<S: Vocab>(&self, _: S, _: &mut usize, line: &Line<T>, held: &mut [T]) {
        let white = T::from_fill(self.white);
        line.map(held, |value| value.limit(white));
    }

    fn down<S: Vocab>(&self, simd: S, channels: &mut usize, rows: &Rows<T>, out: &mut [T]) {
        let rows = [rows.row(0), rows.row(1), rows.row(2)];
        row(simd, T::factor(self.factor), T::from_fill(self.white), *channels, rows, out);
    }
}

#[simd]
fn row<S: Simd, T: Depth>(
    _: S,
    factor: T::Wide,
    white: T,
    channels: usize,
    rows: [&[T]; 3],
    out: &mut [T],
) {
    let n = out.len();
    let [up, mid, down] = rows.map(|row| [0, 1, 2].map(|x| &row[x * channels..][..n]));
    for (i, out) in out.iter_mut().enumerate() {
        let around = [up[0], up[1], up[2], mid[0], mid[2], down[0], down[1], down[2]];
        *out = T::blend(factor, around.map(|row| row[i]), mid[1][i], white);
    }
}

/// A sample type with its arithmetic.
trait Depth: Colour {
    type Wide: Copy;

    fn factor(f: f64) -> Self::Wide;
    fn blend(factor: Self::Wide, around: [Self; 8], v: Self, white: Self) -> Self;
}

macro_rules! integer {
    ($($t:ty, $wide:ty, $k:literal);*) => {$(
        impl Depth for $t {
            type Wide = $wide;

            fn factor(f: f64) -> $wide {
                round(f64::from(1 << $k) * f).into()
            }

            #[inline(always)]
            fn blend(factor: $wide, around: [$t; 8], v: $t, white: $t) -> $t {
                let sum = around.iter().fold(5 * u32::from(v), |sum, &v| sum + u32::from(v));
                let smooth = ((sum + 6) / 13) as $wide;
                let sum = factor * <$wide>::from(v) + ((1 << $k) - factor) * smooth;
                ((sum + (1 << ($k - 1))) >> $k).max(0).min(white.into()) as $t
            }
        }
    )*};
}
integer!(u8, i32, 11; u16, i64, 20);

impl Depth for f32 {
    type Wide = f32;

    fn factor(f: f64) -> f32 {
        f as f32
    }

    #[inline(always)]
    fn blend(factor: f32, [a, b, c, d, e, f, g, h]: [f32; 8], v: f32, white: f32) -> f32 {
        let around = a + b + c + d + e + f + g + h;
        let smooth = (around + 5.0 * v) * (1.0 / 13.0);
        (smooth + (v - smooth) * factor).limit(white)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::{AnyView, AnyViewMut, DType, Image};
    use crate::ops::{edited, refusal};

    fn sharpened(factor: f64, data: Vec<u8>, shape: Shape) -> Vec<u8> {
        let op = Sharpness { factor: Range::new([0.0, 8.0]) };
        let site = Site::new(shape, DType::U8);
        let step = edited(&op, &site, json!({"factor": factor})).unwrap().only();
        let image = Image { data, shape };
        let mut out = Image::new(shape);
        let (src, dst) = (AnyView::U8(image.view()), AnyViewMut::U8(out.view_mut()));
        step.run(Level::new(), src, dst, 0).unwrap();
        out.data
    }

    #[test]
    fn the_middle_counts_five_times_and_the_edge_stays() {
        let shape = Shape::new(3, 4, 1);
        let spot = vec![1, 2, 3, 4, 5, 130, 0, 8, 9, 10, 11, 12];
        // (1 + 2 + 3 + 5 + 0 + 9 + 10 + 11 + 5 * 130) / 13 = 53.2; the next 180 / 13 = 13.8
        let smooth = vec![1, 2, 3, 4, 5, 53, 14, 8, 9, 10, 11, 12];
        assert_eq!(sharpened(0.0, spot.clone(), shape), smooth);
        assert_eq!(sharpened(1.0, spot.clone(), shape), spot);
        let sharp = vec![1, 2, 3, 4, 5, 207, 0, 8, 9, 10, 11, 12];
        assert_eq!(sharpened(2.0, spot.clone(), shape), sharp);
        for shape in [Shape::new(2, 6, 1), Shape::new(6, 2, 1), Shape::new(1, 12, 1)] {
            assert_eq!(sharpened(0.0, spot.clone(), shape), spot);
        }
    }

    #[test]
    fn edited_parameters_are_checked() {
        let op = Sharpness { factor: Range::new([0.0, 1.0]) };
        let site = Site::new(Shape::new(4, 4, 1), DType::U8);
        for factor in [-0.1, 8.1] {
            let message = edited(&op, &site, json!({"factor": factor})).err().unwrap().to_string();
            assert!(message.contains("factor="), "{message}");
            refusal(&op, "factor", json!([factor, factor]));
        }
    }
}
