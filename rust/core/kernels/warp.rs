//! Reading an image through coordinates, with interpolation: docs/spec/warp.md.
//!
//! Each pixel of the output has a place in the input, a pair of pixel indices in Q32 fixed point.
//! They come a run of pixels at a time from [`Coordinates`]: of an affine map (warp/affine.rs), a
//! projective one (warp/projective.rs), one by the distance from the centre (warp/radial.rs), a field
//! given at nodes (warp/lattice.rs), or one table for the columns and one for the rows
//! (warp/separable.rs).
//!
//! An interpolation keeps n bits of the fraction, rounded: t = s + 2^(31 - n), index t >> 32,
//! fraction f = (t >> (32 - n)) & (2^n - 1), in units of 2^-n. A tap outside the image is resolved
//! by the border; one that is the fill value is mixed as any other.
//!
//! ```text
//!             n             taps at index
//! nearest     0             0               copied
//! bilinear    uint8    8    0, 1            weights products (256 - fx | fx) (256 - fy | fy):
//!                                           (sum + 2^15) >> 16
//!             uint16  16    0, 1            the same with 65536: (sum + 2^31) >> 32
//!             float32 24    0, 1            lerp(a, b, f) = a + (b - a) f: along x, then along y
//! bicubic     uint8   10    -1, 0, 1, 2     weights Q14 of the table CUBIC; along x
//!                                           h = (sum + 2^7) >> 8, along y (sum + 2^19) >> 20
//!             uint16  24    -1, 0, 1, 2     weights Q30 of `cubic_q30`; along x
//!                                           h = (sum + 2^17) >> 18, along y (sum + 2^41) >> 42
//!             float32 24    -1, 0, 1, 2     p1 + ((w0 (p0 - p1) + w2 (p2 - p1)) + w3 (p3 - p1)),
//!                                           weights `cubic_f32`: along x, then along y
//! ```
//!
//! Integers are clamped to their type, float32 is not. Bicubic is the convolution of Keys, "Cubic
//! convolution interpolation for digital image processing" (1981), a = -0.5. Masks: nearest.

mod affine;
mod bilinear;
mod lattice;
mod projective;
mod radial;
mod separable;
mod taps;

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::affine::Path;
use self::affine::{Straight, both};
pub use self::lattice::{Lattice, nodes};
use self::projective::Receding;
pub use self::radial::Radial;
pub use self::separable::Separable;
use self::taps::{Bicubic, Bilinear, Interpolate, Nearest, grid};
use crate::error::Result;
use crate::image::{Element, Shape, View, ViewMut};
use crate::kernels::border::Border;
use crate::kernels::fill::{Fill, FromFill};
use crate::kernels::kernel::{Geometry, Kernel, Reach};
use crate::kernels::step::Step;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::targets::map::{Affine, Map, Projective};
use crate::targets::masks::MaskType;
use crate::vectors;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    Nearest,
    Bilinear,
    Bicubic,
}

/// Pixels of a row whose coordinates are found together.
pub const RUN: usize = 256;

/// Where the pixels of the output are read.
pub trait Coordinates: Debug + Send + Sync {
    /// The Q32 pixel indices x and y of pixels of row `y` from `x` on, a multiple of [`RUN`], at
    /// most so many, `half` added to each: the line on which they lie, evenly, or, if they lie on
    /// none, each of them in `out`.
    fn run(
        &self,
        level: Level,
        half: i64,
        x: usize,
        y: usize,
        out: &mut [[i64; 2]],
    ) -> Option<Path>;
}

#[derive(Debug, Clone)]
pub struct Warp {
    coordinates: Arc<dyn Coordinates>,
    map: Map,
    size: [usize; 2],
    interpolation: Interpolation,
    border: Border,
    fill: Fill,
    /// Whether it is the input's mirror image, left and right exchanged, that is read.
    mirrored: bool,
}

impl Warp {
    /// `inverse` leads from an output of `size` (height, width) back to the input.
    pub fn new(
        op: &str,
        inverse: Affine,
        size: [usize; 2],
        interpolation: Interpolation,
        border: Border,
        fill: Fill,
    ) -> Result<Warp> {
        let (coordinates, map) = Straight::new(op, inverse, size)?;
        Ok(Warp::reading(Arc::new(coordinates), map.into(), size, interpolation, border, fill))
    }

    /// The same, of a projective map.
    pub fn projective(
        op: &str,
        inverse: Projective,
        size: [usize; 2],
        interpolation: Interpolation,
        border: Border,
        fill: Fill,
    ) -> Result<Warp> {
        let (coordinates, map) = Receding::new(op, inverse, size)?;
        Ok(Warp::reading(Arc::new(coordinates), map, size, interpolation, border, fill))
    }

    /// `map` leads to where `coordinates` lead from.
    pub fn reading(
        coordinates: Arc<dyn Coordinates>,
        map: Map,
        size: [usize; 2],
        interpolation: Interpolation,
        border: Border,
        fill: Fill,
    ) -> Warp {
        Warp { coordinates, map, size, interpolation, border, fill, mirrored: false }
    }

    fn run<I, T, const N: usize>(
        &self,
        level: Level,
        fill: &[T],
        src: View<T>,
        dst: ViewMut<T>,
        first: usize,
    ) where
        T: Element,
        I: Interpolate<T, N>,
    {
        match src.shape().channels {
            1 => self.rows::<I, T, N, 1>(level, fill, src, dst, first),
            3 => self.rows::<I, T, N, 3>(level, fill, src, dst, first),
            4 => self.rows::<I, T, N, 4>(level, fill, src, dst, first),
            _ => self.rows::<I, T, N, 0>(level, fill, src, dst, first),
        }
    }

    /// With C channels known to the compiler, or any number if C is 0.
    fn rows<I, T, const N: usize, const C: usize>(
        &self,
        level: Level,
        fill: &[T],
        src: View<T>,
        mut dst: ViewMut<T>,
        first: usize,
    ) where
        T: Element,
        I: Interpolate<T, N>,
    {
        let channels = if C == 0 { src.shape().channels } else { C };
        let mut at = [[0; 2]; RUN];
        for y in 0..dst.shape().height {
            for (run, out) in dst.row(y).chunks_mut(RUN * channels).enumerate() {
                let count = out.len() / channels;
                let at = &mut at[..count];
                match self.coordinates.run(level, half(I::BITS), run * RUN, first + y, at) {
                    Some(path) => {
                        let within = both(path.spans(count, src.shape(), inside::<N>));
                        let place = |i: usize| [path.along(0, i), path.along(1, i)];
                        let end = |begin| stretch_of(&within, begin, count);
                        self.pixels::<I, T, N, C>(fill, src, out, place, end);
                    }
                    None => {
                        let place = |i: usize| at[i];
                        let end = |begin| stretch::<N>(begin..count, place, src.shape());
                        self.pixels::<I, T, N, C>(fill, src, out, place, end);
                    }
                }
            }
        }
    }

    /// Pixels at given places: `end` says of one whether its N x N taps all lie in the image, and
    /// which is the first behind it that is of the other kind.
    #[inline(always)]
    fn pixels<I, T, const N: usize, const C: usize>(
        &self,
        fill: &[T],
        src: View<T>,
        out: &mut [T],
        place: impl Fn(usize) -> [i64; 2],
        end: impl Fn(usize) -> (bool, usize),
    ) where
        T: Element,
        I: Interpolate<T, N>,
    {
        let Shape { width, channels, .. } = src.shape();
        let channels = if C == 0 { channels } else { C };
        let mut out = out.chunks_exact_mut(channels);
        let (mut begin, count) = (0, out.len());
        while begin < count {
            let (is_inside, end) = end(begin);
            let pixels = (begin..end).zip(&mut out);
            begin = end;
            if is_inside {
                for (i, out) in pixels {
                    let [x, y] = place(i);
                    let weights = I::weights(fraction(x, I::BITS), fraction(y, I::BITS));
                    let (mut col, row) = (corner::<N>(x) as usize, corner::<N>(y) as usize);
                    if self.mirrored {
                        col = width - N - col;
                    }
                    let mut rows: [&[T]; N] = [&[]; N];
                    for (j, pixels) in rows.iter_mut().enumerate() {
                        *pixels = &src.row(row + j)[col * channels..][..N * channels];
                    }
                    for (c, out) in out.iter_mut().enumerate() {
                        let at = |i: usize| if self.mirrored { N - 1 - i } else { i };
                        *out = I::mix(weights, grid(|j, i| rows[j][at(i) * channels + c]));
                    }
                }
                continue;
            }
            for (i, out) in pixels {
                let [x, y] = place(i);
                let weights = I::weights(fraction(x, I::BITS), fraction(y, I::BITS));
                let [cols, rows] = self.resolve::<N>([x, y], src.shape());
                for (c, out) in out.iter_mut().enumerate() {
                    let tap = |j: usize, i: usize| match (rows[j], cols[i]) {
                        (Some(row), Some(col)) => src.row(row)[col * channels + c],
                        _ => fill[c],
                    };
                    *out = I::mix(weights, grid(tap));
                }
            }
        }
    }

    fn bytes<S: Vocab>(
        &self,
        simd: S,
        level: Level,
        src: View<u8>,
        dst: ViewMut<u8>,
        first: usize,
    ) -> Result<()> {
        let longest = src.shape().height.max(src.samples().1);
        let fast = S::SHUFFLES
            && self.interpolation == Interpolation::Bilinear
            && longest <= bilinear::LONGEST;
        let fill = &self.fill.pixel::<u8>(src.shape().channels)?;
        match src.shape().channels {
            1 if fast => bilinear::image::<S, 1>(simd, level, self, fill, src, dst, first),
            3 if fast => bilinear::image::<S, 3>(simd, level, self, fill, src, dst, first),
            4 if fast => bilinear::image::<S, 4>(simd, level, self, fill, src, dst, first),
            _ => self.image(level, src, dst, first)?,
        }
        Ok(())
    }

    /// The columns and the rows where the N x N taps at a position are found; None for the fill
    /// value.
    #[inline(always)]
    fn resolve<const N: usize>(&self, at: [i64; 2], shape: Shape) -> [[Option<usize>; N]; 2] {
        let mut taps = [[None; N]; 2];
        for (k, n) in [shape.width, shape.height].into_iter().enumerate() {
            for (i, tap) in taps[k].iter_mut().enumerate() {
                let found = self.border.resolve(corner::<N>(at[k]) + i as i64, n as i64);
                *tap = found.map(|at| at as usize);
            }
        }
        if self.mirrored {
            for col in taps[0].iter_mut().flatten() {
                *col = shape.width - 1 - *col;
            }
        }
        taps
    }

    fn image<T: FromFill>(
        &self,
        level: Level,
        src: View<T>,
        dst: ViewMut<T>,
        first: usize,
    ) -> Result<()>
    where
        Bilinear: Interpolate<T, 2>,
        Bicubic: Interpolate<T, 4>,
    {
        let fill = &self.fill.pixel::<T>(src.shape().channels)?;
        match self.interpolation {
            Interpolation::Nearest => self.run::<Nearest, T, 1>(level, fill, src, dst, first),
            Interpolation::Bilinear => self.run::<Bilinear, T, 2>(level, fill, src, dst, first),
            Interpolation::Bicubic => self.run::<Bicubic, T, 4>(level, fill, src, dst, first),
        }
        Ok(())
    }
}

impl Kernel for Warp {
    fn reach(&self) -> Reach {
        Reach::Bands
    }

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, first: usize) -> Result<()> {
        vectors!(level, simd => self.bytes(simd, level, src, dst, first))
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) -> Result<()> {
        self.image(level, src, dst, first)
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) -> Result<()> {
        self.image(level, src, dst, first)
    }
}

impl Geometry for Warp {
    fn size(&self) -> [usize; 2] {
        self.size
    }

    fn map(&self) -> Map {
        self.map.clone()
    }

    fn mirror_input(&mut self) -> bool {
        self.mirrored ^= true;
        true
    }

    fn mask(&self, mask: MaskType, channels: usize) -> Result<Step> {
        let fill = mask.fill(self.fill.mask, channels)?;
        let interpolation = match mask {
            MaskType::MAP => self.interpolation,
            _ => Interpolation::Nearest,
        };
        Ok(Step::Move(Box::new(Warp { fill, interpolation, ..self.clone() })))
    }
}

/// Whether pixel `begin` lies within the span, and the first behind it, of `count`, that does not
/// lie as it does.
#[inline(always)]
fn stretch_of(within: &Range<usize>, begin: usize, count: usize) -> (bool, usize) {
    let ends = [within.start, within.end, count].into_iter().filter(|&end| end > begin);
    (within.contains(&begin), ends.min().unwrap_or(count))
}

/// Whether the N x N taps of the first of some pixels all lie in the image, and the first pixel
/// behind it of which that is not so.
#[inline(always)]
fn stretch<const N: usize>(
    mut pixels: Range<usize>,
    place: impl Fn(usize) -> [i64; 2],
    shape: Shape,
) -> (bool, usize) {
    let [xs, ys] = [shape.width, shape.height].map(|n| inside::<N>(n as i64));
    let is_inside = |i: usize| {
        let [x, y] = place(i);
        xs.contains(&x) & ys.contains(&y)
    };
    let (first, end) = (is_inside(pixels.start), pixels.end);
    (first, pixels.find(|&i| is_inside(i) != first).unwrap_or(end))
}

/// Q32, rounded.
#[inline(always)]
fn fixed(v: f64) -> i64 {
    (v * 4_294_967_296.0 + 0.5).floor() as i64
}

/// What rounds a coordinate to `bits` bits of fraction when it is added.
#[inline(always)]
fn half(bits: u32) -> i64 {
    1 << (31 - bits)
}

/// The index of the first of N taps.
#[inline(always)]
fn corner<const N: usize>(t: i64) -> i64 {
    (t >> 32) - (N as i64 - 1) / 2
}

#[inline(always)]
fn fraction(t: i64, bits: u32) -> u32 {
    (t as u32).checked_shr(32 - bits).unwrap_or(0)
}

/// The positions whose N taps all lie within 0..n.
#[inline(always)]
fn inside<const N: usize>(n: i64) -> Range<i64> {
    let before = (N as i64 - 1) / 2;
    before << 32..(n - N as i64 + before + 1) << 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Image;
    use crate::kernels::place::Place;

    const BORDERS: [Border; 5] =
        [Border::Constant, Border::Edge, Border::Reflect, Border::Reflect101, Border::Wrap];
    const INTERPOLATIONS: [Interpolation; 3] =
        [Interpolation::Nearest, Interpolation::Bilinear, Interpolation::Bicubic];

    fn warp(m: [f64; 6], size: [usize; 2], interpolation: Interpolation, border: Border) -> Warp {
        let fill = Fill { image: vec![77.0], mask: 3.0 };
        Warp::new("Test", Affine(m), size, interpolation, border, fill).unwrap()
    }

    fn image(shape: Shape) -> Image<u8> {
        let data = (0..shape.len()).map(|i| (i * i * 31 % 251) as u8).collect();
        Image { data, shape }
    }

    fn warped(warp: &Warp, src: &Image<u8>) -> Image<u8> {
        let mut out = Image::new(src.shape.sized(warp.size[0], warp.size[1]));
        warp.uint8(Level::fallback(), src.view(), out.view_mut(), 0).unwrap();
        out
    }

    #[test]
    fn whole_pixels_move_unchanged() {
        let src = image(Shape::new(9, 9, 3));
        for interpolation in INTERPOLATIONS {
            for border in BORDERS {
                let run = |m| warped(&warp(m, [9, 9], interpolation, border), &src);
                assert_eq!(run(Affine::IDENTITY.0), src);
                let turned = run([0.0, -1.0, 9.0, 1.0, 0.0, 0.0]);
                let shifted = run([1.0, 0.0, -2.0, 0.0, 1.0, 3.0]);
                for y in 0..9 {
                    for x in 0..9 {
                        assert_eq!(turned.view().pixel(y, x), src.view().pixel(x, 8 - y));
                        let at = [y as i64 + 3, x as i64 - 2].map(|i| border.resolve(i, 9));
                        let want = match at {
                            [Some(y), Some(x)] => src.view().pixel(y as usize, x as usize),
                            _ => &[77; 3],
                        };
                        assert_eq!(shifted.view().pixel(y, x), want);
                    }
                }
            }
        }
    }

    /// Rows of several runs, whose pixels leave the image on all sides and come back; images of one
    /// pixel, row or column.
    #[test]
    fn levels_equal_scalar_on_long_rows() {
        let sizes = [[70, 610], [1, 1], [1, 600], [60, 1], [2, 2], [3, 40], [300, 20]];
        let maps = [
            [0.9, 0.4, -20.0, -0.1, 0.8, 40.0],
            [1.0, 0.0, -0.3, 0.0, 1.0, 0.4],
            [-2.5, 0.1, 900.0, 0.02, -0.9, 60.0],
            [0.001, 0.0, 608.6, 0.0, 0.01, 68.6],
            [40.0, -3.0, -9000.0, 17.0, 5.0, -5000.0],
        ];
        for (channels, [height, width]) in
            [1, 3, 4].into_iter().flat_map(|c| sizes.map(|size| (c, size)))
        {
            let src = image(Shape::new(height, width, channels));
            for (border, m) in BORDERS.into_iter().flat_map(|b| maps.map(|m| (b, m))) {
                let mut warp = warp(m, [33, 777], Interpolation::Bilinear, border);
                for mirrored in [false, true] {
                    warp.mirrored = mirrored;
                    let expected = warped(&warp, &src);
                    for level in crate::simd::level::available() {
                        let mut out = Image::new(expected.shape);
                        warp.uint8(level, src.view(), out.view_mut(), 0).unwrap();
                        assert!(out == expected, "{level:?} {channels} {border:?} {m:?}");
                    }
                }
            }
        }
    }

    /// Places near and far, in no order.
    #[derive(Debug)]
    struct Anywhere([usize; 2]);

    impl Coordinates for Anywhere {
        fn run(
            &self,
            _: Level,
            half: i64,
            x: usize,
            y: usize,
            out: &mut [[i64; 2]],
        ) -> Option<Path> {
            for (i, at) in out.iter_mut().enumerate() {
                let hash = ((x + i + 1000 * y) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let far = [2, 2, 2, 2, 2, 2, 3, 40][((x + i) / 20 + y) % 8];
                *at = [hash, hash.rotate_left(32)].map(|v| (v % (far << 40)) as i64);
                for (at, n) in at.iter_mut().zip(self.0) {
                    *at =
                        ((*at * n as i64) >> 9) - (((far / 2 - 1) * n as u64) << 31) as i64 + half;
                }
            }
            None
        }
    }

    #[test]
    fn levels_equal_scalar_at_given_places() {
        let sizes = [[70, 610], [1, 1], [1, 600], [60, 1], [2, 2], [3, 40], [300, 20], [9, 9]];
        for ([height, width], channels) in
            sizes.into_iter().flat_map(|size| [1, 3, 4].map(|c| (size, c)))
        {
            let src = image(Shape::new(height, width, channels));
            for border in BORDERS {
                let size = [21, 523];
                let mut warp = warp(Affine::IDENTITY.0, size, Interpolation::Bilinear, border);
                warp.coordinates = Arc::new(Anywhere([width, height]));
                for mirrored in [false, true] {
                    warp.mirrored = mirrored;
                    let expected = warped(&warp, &src);
                    for level in crate::simd::level::available() {
                        let mut out = Image::new(expected.shape);
                        warp.uint8(level, src.view(), out.view_mut(), 0).unwrap();
                        assert!(
                            out == expected,
                            "{level:?} {height} {width} {channels} {border:?}"
                        );
                    }
                }
            }
        }
    }

    /// The same places, on lines and one by one.
    #[test]
    fn a_place_is_read_alike_however_it_is_given() {
        #[derive(Debug)]
        struct Listed(Arc<dyn Coordinates>);

        impl Coordinates for Listed {
            fn run(
                &self,
                level: Level,
                half: i64,
                x: usize,
                y: usize,
                out: &mut [[i64; 2]],
            ) -> Option<Path> {
                let path = self.0.run(level, half, x, y, out)?;
                for (i, at) in out.iter_mut().enumerate() {
                    *at = [path.along(0, i), path.along(1, i)];
                }
                None
            }
        }
        let src = image(Shape::new(40, 300, 3));
        for (border, interpolation) in
            BORDERS.into_iter().flat_map(|b| INTERPOLATIONS.map(|i| (b, i)))
        {
            let mut warp =
                warp([0.9, 0.4, -20.0, -0.1, 0.8, 9.0], [50, 700], interpolation, border);
            for mirrored in [false, true] {
                warp.mirrored = mirrored;
                let listed = Warp {
                    coordinates: Arc::new(Listed(warp.coordinates.clone())),
                    ..warp.clone()
                };
                for level in crate::simd::level::available() {
                    let [one, other] = [&warp, &listed].map(|warp| {
                        let mut out = Image::new(src.shape.sized(50, 700));
                        warp.uint8(level, src.view(), out.view_mut(), 0).unwrap();
                        out
                    });
                    assert!(one == other, "{level:?} {border:?} {interpolation:?} {mirrored}");
                }
            }
        }
    }

    /// With all interpolations and borders, reading the mirror image is reading the flipped one.
    #[test]
    fn a_flip_before_is_taken_in() {
        let src = image(Shape::new(11, 17, 3));
        let mut flipped = Image::new(src.shape);
        let flip = Place::mirror([11, 17]);
        flip.uint8(Level::fallback(), src.view(), flipped.view_mut(), 0).unwrap();
        for (border, interpolation) in
            BORDERS.into_iter().flat_map(|b| INTERPOLATIONS.map(|i| (b, i)))
        {
            let mut warp = warp([0.9, 0.4, -3.0, -0.3, 0.8, 4.0], [30, 40], interpolation, border);
            let expected = warped(&warp, &flipped);
            assert!(warp.mirror_input());
            assert_eq!(warped(&warp, &src), expected, "{border:?} {interpolation:?}");
        }
    }

    #[test]
    fn far_and_singular_maps_are_refused_others_run() {
        let src = image(Shape::new(3, 4, 1));
        let limit = f64::from(1 << 30);
        for value in [0.0, 1e-300, 1e-9, 1.0, limit / 8.0, limit, 1e300, f64::INFINITY, f64::NAN] {
            for place in 0..6 {
                for sign in [1.0, -1.0] {
                    let mut m = [1.0, 0.5, 0.0, -0.25, 1.0, 0.0];
                    m[place] = value * sign;
                    let fill = Fill { image: vec![1.0], mask: 0.0 };
                    for border in BORDERS {
                        for interpolation in INTERPOLATIONS {
                            let fill = fill.clone();
                            let warp =
                                Warp::new("T", Affine(m), [2, 600], interpolation, border, fill);
                            let reach = value * [600.0, 2.0, 1.0][place % 3];
                            let far = reach.is_nan() || reach > limit - 601.0;
                            assert_eq!(warp.is_err(), far, "{m:?}");
                            warp.iter().for_each(|warp| drop(warped(warp, &src)));
                        }
                    }
                }
            }
        }
        let fill = Fill { image: vec![1.0], mask: 0.0 };
        let flat = Affine([1.0, 2.0, 0.0, 2.0, 4.0, 0.0]);
        let singular = Warp::new("T", flat, [2, 2], Interpolation::Nearest, Border::Edge, fill);
        assert!(singular.unwrap_err().to_string().contains("can be inverted"));
    }
}
