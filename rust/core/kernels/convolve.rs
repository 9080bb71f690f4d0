//! Separable convolution with a symmetric kernel whose weights are not negative and sum to one:
//! rows first, then columns, both over the image continued by reflect101, repeatedly where the
//! kernel is wider than the image.
//!
//! A kernel is given by its heights h[0] (the centre, the largest), h[1], ... h[r], f64. Summed
//! from the outside in, S = h[0] + 2 (h[1] + (h[2] + ... h[r])); the exact weights are h[d] / S.
//!
//! uint8 and uint16: weights of b bits, `w[d] = floor(h[d] / S * 2^b + 0.5)`, and the centre takes
//! what is left, so that they sum to 2^b. Each pass is the exact sum of weight * sample, rounded
//! once: `(sum + 2^(s - 1)) >> s`.
//!
//! ```text
//!          b                              s: rows   columns   between the passes
//! uint8    18, 17 or 16: the first with   b - 6     b + 6     6 fraction bits, u16
//!          w[0] < 2^15; else 15
//! uint16   31                             16        46        15 fraction bits, u32
//! ```
//!
//! So uint8 needs only i16 factors and 32-bit sums: weights are below 2^15 (but for a lone 2^15,
//! which is a copy), `left + right` is at most 2 * 255 * 64 = 32640, and no sum exceeds
//! 255 * 64 * 2^18 + 2^23 < 2^32.
//!
//! float32: weights f32(h[d] / S); each pass starts from the centre sample c and adds, for
//! d = 1, 2, ... r, `((left + right) - (c + c)) * w[d]`. NaN out is canonical; nothing is clamped.
//!
//! In all three, outer weights of zero are left out, and a constant image stays as it is.

mod bytes;

use super::border::Border;
use super::window::{self, Filter, Line, ROWS, Rows, SLACK, Stripe, Window};
use crate::error::Result;
use crate::image::{Element, View, ViewMut};
use crate::kernels::kernel::Kernel;
use crate::maths::{canonical, detmath};
use crate::memory;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::vectors;

/// Samples that are summed side by side; blocks may read, but never write, beyond a row's end.
const BLOCK: usize = 64;
const _: () = assert!(BLOCK <= SLACK);

/// What lies beyond the edges.
pub const BORDER: Border = Border::Reflect101;

pub struct Separable {
    heights: Vec<f64>,
    total: f64,
}

impl Separable {
    /// `heights` of one half: at most 128, finite, not negative, the centre first and the largest.
    pub fn new(heights: Vec<f64>) -> Self {
        let side = heights[1..].iter().rev().fold(0.0, |sum, h| sum + h);
        let total = heights[0] + 2.0 * side;
        Separable { heights, total }
    }

    /// A Gaussian's heights at whole distances: `exp(-(d * d) / (2 * sigma * sigma))`, 1 at the
    /// centre.
    pub fn gaussian(side: u32, sigma: f64) -> Self {
        let height = |d: u32| detmath::exp(-(f64::from(d * d) / (2.0 * sigma * sigma)));
        Separable::new(std::iter::once(1.0).chain((1..=side / 2).map(height)).collect())
    }

    /// Integer weights that sum, both sides counted, to 2^bits.
    fn fixed(&self, bits: u32) -> Vec<u32> {
        let one = 1_u32 << bits;
        let round = |h: &f64| (h / self.total * f64::from(one) + 0.5).floor() as u32;
        let mut weights: Vec<u32> = self.heights.iter().map(round).collect();
        weights[0] = weights[1..].iter().fold(one, |rest, w| rest - 2 * w);
        trimmed(weights)
    }

    /// The finest weights that fit i16, and their bits.
    fn fixed_uint8(&self) -> (u32, Vec<u32>) {
        let weights = |bits| (bits, self.fixed(bits));
        let fits = |found: &(u32, Vec<u32>)| found.1[0] < 1 << 15;
        (16..=18).rev().map(weights).find(fits).unwrap_or_else(|| weights(15))
    }

    /// The convolution of float32 images.
    pub fn floats(&self) -> Floats {
        let weights = trimmed(self.heights.iter().map(|h| (h / self.total) as f32).collect());
        Passes { rows: Float, columns: Float, weights }
    }
}

fn trimmed<W: Copy + PartialEq + Default>(mut weights: Vec<W>) -> Vec<W> {
    while weights.len() > 1 && weights.last() == Some(&W::default()) {
        weights.pop();
    }
    weights
}

impl Kernel for Separable {
    fn uint8(&self, level: Level, src: View<u8>, mut dst: ViewMut<u8>, _: usize) -> Result<()> {
        let (bits, weights) = self.fixed_uint8();
        let weights: Vec<u16> = weights.iter().map(|&w| w as u16).collect();
        if let [_] = weights[..] {
            dst.copy_from(src);
            return Ok(());
        }
        if !level.is_fallback() {
            return vectors!(level, simd => bytes::convolve(simd, bits, &weights, src, dst));
        }
        let (rows, columns) = (Rows8 { shift: bits - 6 }, Columns8 { shift: bits + 6 });
        window::run(level, &Passes { rows, columns, weights }, src, dst, 0)
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) -> Result<()> {
        let (rows, columns) = (Rows16 { shift: 16 }, Columns16 { shift: 46 });
        let passes = Passes { rows, columns, weights: self.fixed(31) };
        window::run(level, &passes, src, dst, first)
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) -> Result<()> {
        window::run(level, &self.floats(), src, dst, first)
    }
}

/// One of the two passes: how samples become a sum, and the sum a sample.
pub trait Pass: Send + Sync {
    type In: Element;
    type Out: Element;
    type Weight: Copy + Send + Sync;
    type Sum: Copy;
    fn centre(&self, centre: Self::In, weight: Self::Weight) -> Self::Sum;
    fn pair(&self, centre: Self::In, a: Self::In, b: Self::In, weight: Self::Weight) -> Self::Sum;
    fn add(a: Self::Sum, b: Self::Sum) -> Self::Sum;
    fn finish(&self, sum: Self::Sum) -> Self::Out;
}

macro_rules! fixed_pass {
    ($($name:ident: $in:ty => $out:ty, $factor:ty, $sum:ty;)*) => {$(
        struct $name {
            shift: u32,
        }

        impl Pass for $name {
            type In = $in;
            type Out = $out;
            type Weight = $factor;
            type Sum = $sum;

            #[inline(always)]
            fn centre(&self, centre: $in, weight: $factor) -> $sum {
                <$sum>::from(centre) * <$sum>::from(weight)
            }

            #[inline(always)]
            fn pair(&self, _: $in, a: $in, b: $in, weight: $factor) -> $sum {
                <$sum>::from(<$factor>::from(a) + <$factor>::from(b)) * <$sum>::from(weight)
            }

            #[inline(always)]
            fn add(a: $sum, b: $sum) -> $sum {
                a + b
            }

            #[inline(always)]
            fn finish(&self, sum: $sum) -> $out {
                ((sum + (1 << (self.shift - 1))) >> self.shift) as $out
            }
        }
    )*};
}
fixed_pass! {
    Rows8: u8 => u16, u16, u32;
    Columns8: u16 => u8, u16, u32;
    Rows16: u16 => u32, u32, u64;
    Columns16: u32 => u16, u32, u64;
}

pub struct Float;

impl Pass for Float {
    type In = f32;
    type Out = f32;
    type Weight = f32;
    type Sum = f32;

    #[inline(always)]
    fn centre(&self, centre: f32, _: f32) -> f32 {
        centre
    }

    #[inline(always)]
    fn pair(&self, centre: f32, a: f32, b: f32, weight: f32) -> f32 {
        ((a + b) - (centre + centre)) * weight
    }

    #[inline(always)]
    fn add(a: f32, b: f32) -> f32 {
        a + b
    }

    #[inline(always)]
    fn finish(&self, sum: f32) -> f32 {
        canonical(sum)
    }
}

/// Rows, then columns; the weights are those of one half, the centre first.
pub struct Passes<R: Pass, C> {
    rows: R,
    columns: C,
    weights: Vec<R::Weight>,
}

pub type Floats = Passes<Float, Float>;

/// A row that is continued, and where the samples of a sum begin in it.
pub struct Continued<T> {
    line: Vec<T>,
    taps: Vec<usize>,
    row: usize,
}

impl<R: Pass, C: Pass> Window for Passes<R, C> {
    const BORDER: Border = BORDER;

    fn radius(&self) -> usize {
        self.weights.len() - 1
    }
}

impl<R, C> Filter<R::In> for Passes<R, C>
where
    R: Pass,
    C: Pass<In = R::Out, Out = R::In, Weight = R::Weight>,
{
    type Held = C::In;
    type State = Continued<R::In>;

    fn start(&self, _: View<R::In>, stripe: &Stripe) -> Result<Self::State> {
        let taps = (0..=2 * self.radius()).map(|x| x * stripe.channels).collect();
        let line = memory::vec(stripe.stride(), R::In::default(), ROWS)?;
        Ok(Continued { line, taps, row: stripe.row })
    }

    #[inline(always)]
    fn across<S: Vocab>(
        &self,
        _: S,
        state: &mut Self::State,
        line: &Line<R::In>,
        held: &mut [C::In],
    ) {
        line.map(&mut state.line, |value| value);
        pass(&self.rows, &state.line, &state.taps, &self.weights, &mut held[..state.row]);
    }

    #[inline(always)]
    fn down<S: Vocab>(&self, _: S, _: &mut Self::State, rows: &Rows<C::In>, out: &mut [C::Out]) {
        pass(&self.columns, rows.buffer, rows.slots(), &self.weights, out);
    }
}

/// Sample i of the output from samples `taps[..] + i` of the buffer.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "a lane is an index into four arrays at once")]
fn pass<P: Pass>(
    pass: &P,
    buffer: &[P::In],
    taps: &[usize],
    weights: &[P::Weight],
    out: &mut [P::Out],
) {
    let radius = weights.len() - 1;
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let samples = |tap: usize| -> &[P::In; BLOCK] {
            buffer[taps[tap] + block * BLOCK..].first_chunk().expect("rows end on a block")
        };
        let centre = samples(radius);
        let mut sums: [P::Sum; BLOCK] = centre.map(|c| pass.centre(c, weights[0]));
        for (d, &weight) in weights.iter().enumerate().skip(1) {
            let (a, b) = (samples(radius - d), samples(radius + d));
            for i in 0..BLOCK {
                sums[i] = P::add(sums[i], pass.pair(centre[i], a[i], b[i], weight));
            }
        }
        let done = sums.map(|sum| pass.finish(sum));
        out.copy_from_slice(&done[..out.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Image, Shape};

    fn gauss(radius: usize, sigma: f64) -> Separable {
        let height = |d| crate::maths::detmath::exp(-f64::from(d * d) / (2.0 * sigma * sigma));
        Separable::new((0..=radius as u32).map(height).collect())
    }

    fn kernels() -> impl Iterator<Item = Separable> {
        let sigmas = [1e-9, 0.2, 0.31, 0.5, 0.8, 1.0, 1.4, 1.6, 2.0, 3.1, 3.3, 5.0, 9.0, 30.0, 1e9];
        (0..128).flat_map(move |radius| sigmas.map(|sigma| gauss(radius, sigma)))
    }

    #[test]
    fn weights_sum_to_one_and_fit() {
        let total = |w: &[u32]| w[1..].iter().fold(w[0], |sum, w| sum + 2 * w);
        for kernel in kernels() {
            let (bits, weights) = kernel.fixed_uint8();
            assert_eq!(total(&weights), 1 << bits, "{weights:?}");
            assert!(weights.iter().all(|&w| w < 1 << 15) || weights == [1 << 15], "{weights:?}");
            assert_eq!(total(&kernel.fixed(31)), 1 << 31);
        }
    }

    /// The weights sum to 2^bits, so no sum can exceed that of an image that is white throughout.
    #[test]
    fn white_fits() {
        for bits in 15..=18_u64 {
            assert!((255 << 6 << bits) + (1 << (bits + 5)) <= u64::from(u32::MAX));
            assert_eq!(((255 << bits) + (1 << (bits - 7))) >> (bits - 6), 255 << 6);
        }
        let held = ((65535_u64 << 31) + (1 << 15)) >> 16;
        assert!(2 * held <= u64::from(u32::MAX));
        assert!(held.checked_mul(1 << 31).and_then(|sum| sum.checked_add(1 << 45)).is_some());
    }

    #[test]
    fn a_constant_image_stays() {
        let level = Level::new();
        let shape = Shape::new(2, 256, 1);
        for kernel in kernels().step_by(7) {
            for value in 0..=255_u8 {
                // A constant row is a constant image, and the width is the wider direction.
                let src = Image { data: vec![value; 70], shape: Shape::new(1, 70, 1) };
                let mut dst = Image::new(src.shape);
                kernel.uint8(level, src.view(), dst.view_mut(), 0).unwrap();
                assert_eq!(dst, src);
            }
            let src = Image { data: vec![65535_u16; shape.len()], shape };
            let mut dst = Image::new(shape);
            kernel.uint16(level, src.view(), dst.view_mut(), 0).unwrap();
            assert_eq!(dst, src);
            let src = Image { data: vec![0.1_f32; shape.len()], shape };
            let mut dst = Image::new(shape);
            kernel.float32(level, src.view(), dst.view_mut(), 0).unwrap();
            assert_eq!(dst, src);
        }
    }

    /// Rows of many vectors and their ends, images narrower than the kernel, every parity of taps.
    #[test]
    fn levels_agree_on_bytes() {
        let shapes = [
            [3, 700, 3],
            [30, 300, 3],
            [40, 65, 1],
            [30, 43, 3],
            [27, 16, 4],
            [1, 333, 2],
            [5, 2, 5],
        ];
        let levels = crate::simd::level::available();
        let scalar = levels.iter().copied().find(|level| level.is_fallback()).unwrap();
        for [height, width, channels] in shapes {
            let shape = Shape::new(height, width, channels);
            let noise = |i: usize| (i.wrapping_mul(2_654_435_761) >> 13) as u8;
            let white = |i: usize| if i % 97 < 90 { 255 } else { noise(i) };
            for data in
                [(0..shape.len()).map(noise).collect(), (0..shape.len()).map(white).collect()]
            {
                let src = Image { data, shape };
                for (radius, sigma) in
                    (0..=13).map(|r| (r, 0.2 + r as f64 / 2.0)).chain([(64, 30.0), (127, 1e9)])
                {
                    let kernel = gauss(radius, sigma);
                    let made = |level| {
                        let mut dst = Image::new(shape);
                        kernel.uint8(level, src.view(), dst.view_mut(), 0).unwrap();
                        dst
                    };
                    let expected = made(scalar);
                    for &level in &levels {
                        assert_eq!(
                            made(level),
                            expected,
                            "{} {shape:?} {radius}",
                            crate::simd::level::name(level)
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn nan_spreads_as_the_canonical_nan() {
        let mut src = Image { data: vec![0.5_f32; 9 * 9], shape: Shape::new(9, 9, 1) };
        src.data[40] = f32::from_bits(0xffc0_1234);
        src.data[0] = f32::INFINITY;
        let mut dst = Image::new(src.shape);
        gauss(1, 1.0).float32(Level::new(), src.view(), dst.view_mut(), 0).unwrap();
        let nans: Vec<usize> = (0..81).filter(|&i| dst.data[i].is_nan()).collect();
        assert!(nans.contains(&30) && nans.contains(&50) && !nans.contains(&42));
        assert!(nans.iter().all(|&i| dst.data[i].to_bits() == 0x7fc0_0000));
    }
}
