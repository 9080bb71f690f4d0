//! To float32: the exact value as f32, then one division, or one multiplication and one addition.
//! The constants are given, or found from what the image is like: `normalization` of
//! ops/normalize.rs.

use fearless_simd::dispatch;
use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use crate::error::Result;
use crate::image::{Aligned, AnyView, Element, Shape, View, ViewMut, flat};
use crate::kernels::colour::Channels;
use crate::maths::canonical;
use crate::maths::sum::Sums;
use crate::memory;
use crate::simd::Vocab;
use crate::simd::level::{self, Level};
use crate::vectors;

/// Samples of output that the second cache holds.
const CACHED: usize = 1 << 18;

#[derive(Debug, Clone, PartialEq)]
pub enum Floats {
    /// v / divisor.
    Divide(f32),
    /// v * scale[c] + bias[c].
    Scale { scale: Vec<f32>, bias: Vec<f32> },
    /// Scale by what the image is like as a whole.
    Own(Own),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Own {
    pub spread: Spread,
    /// Of each channel by itself.
    pub each: bool,
    pub white: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    Deviation,
    Extent,
}

/// How many deviations are kept apart.
const MOST: f32 = 20.0;

const OWN: &str = "the constants of the channels";

impl Own {
    /// The scale that this image asks for.
    fn of(&self, level: Level, src: AnyView) -> Result<Floats> {
        match src {
            AnyView::U8(src) => self.scale(level, src),
            AnyView::U16(src) => self.scale(level, src),
            AnyView::F32(src) => self.scale(level, src),
        }
    }

    fn scale<T: Sample>(&self, level: Level, src: View<T>) -> Result<Floats> {
        let channels = src.shape().channels;
        let least = 1e-4 * (self.white / 255.0);
        let found = match self.spread {
            Spread::Deviation => self.deviations(level, src)?,
            Spread::Extent => self.extents(src)?,
        };
        let constants = |&[origin, size]: &[f64; 2]| {
            let size = size + least;
            [(1.0 / size) as f32, (-origin / size) as f32]
        };
        let at = |c: usize| constants(&found[c % found.len()]);
        Ok(Floats::Scale {
            scale: memory::collect((0..channels).map(|c| at(c)[0]), OWN)?,
            bias: memory::collect((0..channels).map(|c| at(c)[1]), OWN)?,
        })
    }

    /// Mean and standard deviation.
    fn deviations<T: Sample>(&self, level: Level, src: View<T>) -> Result<Vec<[f64; 2]>> {
        let Shape { height, width, channels } = src.shape();
        let pixels = height * width;
        let means = |sums: Vec<f64>| -> Vec<f64> {
            let count = pixels as f64;
            if self.each {
                return sums.into_iter().map(|sum| sum / count).collect();
            }
            vec![sums.iter().fold(0.0, |all, sum| all + sum) / (count * channels as f64)]
        };
        let mut sums = Sums::new(channels, pixels)?;
        for row in src.rows() {
            sums.add(level, row);
        }
        let origins = means(sums.finish());
        let mut sums = Sums::new(channels, pixels)?;
        let mut squares = memory::vec(width * channels, 0.0, OWN)?;
        for row in src.rows() {
            for (i, (square, &value)) in squares.iter_mut().zip(row).enumerate() {
                let from: f64 = value.into() - origins[i % channels % origins.len()];
                *square = from * from;
            }
            sums.add(level, &squares);
        }
        let deviations = means(sums.finish()).into_iter().map(f64::sqrt);
        memory::collect(origins.iter().copied().zip(deviations).map(<[f64; 2]>::from), OWN)
    }

    /// Least value, and how far the greatest is above it.
    fn extents<T: Sample>(&self, src: View<T>) -> Result<Vec<[f64; 2]>> {
        let channels = src.shape().channels;
        let groups = if self.each { channels } else { 1 };
        let mut found = memory::vec(groups, [f64::INFINITY, f64::NEG_INFINITY], OWN)?;
        for row in src.rows() {
            for (i, &value) in row.iter().enumerate() {
                let value: f64 = value.into();
                let [least, most] = &mut found[i % channels % groups];
                // A NaN is neither.
                (*least, *most) = (least.min(value), most.max(value));
            }
        }
        for [least, most] in &mut found {
            *most -= *least;
            *least = if most.is_finite() { *least } else { f64::NAN };
        }
        Ok(found)
    }

    fn limit(&self, values: &mut [f32]) {
        if self.spread == Spread::Deviation {
            for value in values {
                let above = if *value < -MOST { -MOST } else { *value };
                *value = if above > MOST { MOST } else { above };
            }
        }
    }
}

/// A sample as the float32 of the same value.
trait Sample: Element + Into<f64> {
    fn float(self) -> f32;

    /// Pixels of three channels into three planes.
    fn split(level: Level, floats: &Floats, src: View<Self>, planes: [&mut [f32]; 3]) {
        let large = 3 * planes[0].len() > CACHED;
        let level = if large { level::for_streams(level) } else { level };
        dispatch!(level, simd => split(simd, floats, src, planes));
    }
}
impl Sample for u8 {
    fn float(self) -> f32 {
        f32::from(self)
    }

    fn split(level: Level, floats: &Floats, src: View<u8>, planes: [&mut [f32]; 3]) {
        vectors!(level, simd => split_bytes(simd, floats, src, planes));
    }
}
impl Sample for u16 {
    fn float(self) -> f32 {
        f32::from(self)
    }
}
impl Sample for f32 {
    fn float(self) -> f32 {
        self
    }
}

impl Floats {
    pub fn run(&self, level: Level, src: AnyView, mut dst: ViewMut<f32>) -> Result<()> {
        if let Floats::Own(own) = self {
            own.of(level, src)?.run(level, src, dst.reborrow())?;
            for y in 0..dst.shape().height {
                own.limit(dst.row(y));
            }
            return Ok(());
        }
        match src {
            AnyView::U8(src) => dispatch!(level, simd => rows(simd, self, src, dst)),
            AnyView::U16(src) => dispatch!(level, simd => rows(simd, self, src, dst)),
            AnyView::F32(src) => dispatch!(level, simd => rows(simd, self, src, dst)),
        }
    }

    /// The same into planes, channel after channel; `src` is the rows from `first` on.
    pub fn run_planar(
        &self,
        level: Level,
        src: AnyView,
        planes: &mut [f32],
        first: usize,
    ) -> Result<()> {
        if let Floats::Own(own) = self {
            own.of(level, src)?.run_planar(level, src, planes, first)?;
            own.limit(planes);
            return Ok(());
        }
        match src {
            AnyView::U8(src) => self.planes(level, src, planes, first),
            AnyView::U16(src) => self.planes(level, src, planes, first),
            AnyView::F32(src) => self.planes(level, src, planes, first),
        }
        Ok(())
    }

    /// Whether rows are made of more than the same rows of the input.
    pub fn measures(&self) -> bool {
        matches!(self, Floats::Own(_))
    }

    fn planes<T: Sample>(&self, level: Level, src: View<T>, planes: &mut [f32], first: usize) {
        let Shape { height, width, channels } = src.shape();
        let plane = planes.len() / channels;
        let band = first * width..(first + height) * width;
        let mut planes = planes.chunks_exact_mut(plane).map(|plane| &mut plane[band.clone()]);
        if channels == 3 {
            let planes = std::array::from_fn(|_| planes.next().expect("three planes"));
            return T::split(level, self, src, planes);
        }
        for (c, plane) in planes.enumerate() {
            for (row, out) in src.rows().zip(plane.chunks_exact_mut(width)) {
                for (out, value) in out.iter_mut().zip(row.iter().skip(c).step_by(channels)) {
                    *out = self.value(c, value.float());
                }
            }
        }
    }

    /// The values of bytes of channel c. As loops of `value`, SSE4.2 takes four times as long.
    #[inline(always)]
    fn fill(&self, c: usize, bytes: &[u8], out: &mut [f32]) {
        match self {
            Floats::Divide(divisor) => {
                for (out, &value) in out.iter_mut().zip(bytes) {
                    *out = canonical(f32::from(value) / divisor);
                }
            }
            Floats::Scale { scale, bias } => {
                let (scale, bias) = (scale[c], bias[c]);
                for (out, &value) in out.iter_mut().zip(bytes) {
                    *out = canonical(f32::from(value) * scale + bias);
                }
            }
            Floats::Own(_) => unreachable!("{MADE}"),
        }
    }

    #[inline(always)]
    fn value(&self, c: usize, value: f32) -> f32 {
        canonical(match self {
            Floats::Divide(divisor) => value / divisor,
            Floats::Scale { scale, bias } => value * scale[c] + bias[c],
            Floats::Own(_) => unreachable!("{MADE}"),
        })
    }
}

const MADE: &str = "what is the image's own was found before";

#[simd]
fn rows<S: Simd, T: Sample>(_: S, floats: &Floats, src: View<T>, dst: ViewMut<f32>) -> Result<()> {
    let (src, mut dst) = flat(src, dst);
    match floats {
        Floats::Divide(divisor) => {
            for (y, row) in src.rows().enumerate() {
                for (out, value) in dst.row(y).iter_mut().zip(row) {
                    *out = canonical(value.float() / divisor);
                }
            }
        }
        Floats::Scale { scale, bias } => {
            // As many of both as make whole vectors, so that there is no channel to count.
            const PIXELS: usize = 256;
            let pixels = PIXELS.min(src.shape().width);
            let repeat = |values| memory::repeat(values, pixels, "the constants of a row");
            let (scale, bias) = (repeat(scale)?, repeat(bias)?);
            for (y, row) in src.rows().enumerate() {
                let parts = dst.row(y).chunks_mut(scale.len()).zip(row.chunks(scale.len()));
                for (out, values) in parts {
                    for (((out, value), scale), bias) in
                        out.iter_mut().zip(values).zip(&scale).zip(&bias)
                    {
                        *out = canonical(value.float() * scale + bias);
                    }
                }
            }
        }
        Floats::Own(_) => unreachable!("{MADE}"),
    }
    Ok(())
}

#[simd]
fn split<S: Simd, T: Sample>(_: S, floats: &Floats, src: View<T>, planes: [&mut [f32]; 3]) {
    let src = src.flat().unwrap_or(src);
    let width = src.shape().width;
    let [r, g, b] = planes.map(|plane| plane.chunks_exact_mut(width));
    for (((row, r), g), b) in src.rows().zip(r).zip(g).zip(b) {
        let pixels = row.as_chunks::<3>().0;
        for (((pixel, r), g), b) in pixels.iter().zip(r).zip(g).zip(b) {
            *r = floats.value(0, pixel[0].float());
            *g = floats.value(1, pixel[1].float());
            *b = floats.value(2, pixel[2].float());
        }
    }
}

/// The same for bytes, in vectors of a channel each.
#[simd]
fn split_bytes<S: Vocab>(simd: S, floats: &Floats, src: View<u8>, planes: [&mut [f32]; 3]) {
    if !S::SHUFFLES {
        return split(simd, floats, src, planes);
    }
    let src = src.flat().unwrap_or(src);
    let width = src.shape().width;
    let channels = Channels::new(simd);
    let n = S::u8s::LEN;
    let Aligned(bytes) = &mut Aligned([[0; 64]; 3]);
    let [r, g, b] = planes.map(|plane| plane.chunks_exact_mut(width));
    for (((row, r), g), b) in src.rows().zip(r).zip(g).zip(b) {
        // From where stores cross no line of the cache.
        let head = r.as_ptr().align_offset(64).min(width);
        let end = width - (width - head) % n;
        let mut planes = [r, g, b];
        for at in (head..end).step_by(n) {
            let rgb = channels.split(simd, &row[3 * at..][..3 * n]);
            for c in 0..3 {
                rgb[c].store_slice(&mut bytes[c][..n]);
                floats.fill(c, &bytes[c][..n], &mut planes[c][at..][..n]);
            }
        }
        for rest in [0..head, end..width] {
            let pixels = row[3 * rest.start..3 * rest.end].as_chunks::<3>().0;
            for (c, plane) in planes.iter_mut().enumerate() {
                for (out, pixel) in plane[rest.clone()].iter_mut().zip(pixels) {
                    *out = floats.value(c, pixel[c].float());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wherever the planes begin in a line of the cache, and whatever is left over.
    #[test]
    fn vectors_of_a_channel_equal_pixels() {
        let scale = Floats::Scale { scale: vec![0.5, -2.0, 0.1], bias: vec![0.25, 3.0, f32::NAN] };
        for floats in [scale, Floats::Divide(255.0)] {
            for width in [1, 15, 64, 79, 300] {
                let bytes: Vec<u8> = (0..3 * 2 * width).map(|i| (i * 37 % 251) as u8).collect();
                let src = View::new(&bytes, Shape::new(2, width, 3), 3 * width);
                for (level, skipped) in crate::simd::level::available()
                    .into_iter()
                    .flat_map(|l| [0, 1, 7].map(|s| (l, s)))
                {
                    let mut memory = vec![0.0; skipped + bytes.len()];
                    floats.run_planar(level, AnyView::U8(src), &mut memory[skipped..], 0).unwrap();
                    for (i, value) in memory[skipped..].iter().enumerate() {
                        let (c, pixel) = (i / (2 * width), i % (2 * width));
                        let expected = floats.value(c, bytes[3 * pixel + c].into());
                        assert_eq!(value.to_bits(), expected.to_bits(), "{level:?} {width} {i}");
                    }
                }
            }
        }
    }
}
