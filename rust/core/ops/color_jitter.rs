//! Changes brightness, contrast, saturation and hue, in a random order.
//!
//! Each sub-op works on the rounded and clamped result of the one before. With v a sample, f the
//! factor and L the luma (kernels/colour.rs) of its pixel:
//!
//! ```text
//! brightness  v f
//! contrast    v f + (1 - f) mean, mean of the luma over the image as the sub-ops before left it
//! saturation  v f + (1 - f) L
//! hue         the HSV hexagon turned by `hue` turns: max, min and saturation stay
//! ```
//!
//! Contrast takes an image of other than 3 channels too: there its mean is that of all samples.
//! Saturation and hue need 3 channels unless they are neutral. A factor of 1 and a hue of 0 change
//! nothing (uint16 and float32 are brought into 0..M, M the value of white, all the same). The mean
//! is from maths/sum.rs. clamp is to 0..M, F = floor(2^k f + 0.5), N = 2^k - F.
//!
//! - uint8, k = 11, in sixteenths of a level, all within 16 bits; hrs(a, b) = (a b + 16384) >> 15:
//!   clamp((((v F + 64) >> 7) + o + 8) >> 4), where o is 0, or floor(N mean / 128 + 0.5) of the
//!   exact mean, or hrs(G, N) + N with G the sum of hrs(256 (v - 128), luma weight) over r, g, b.
//! - uint16, k = 20: clamp((v F + o + 2^19) >> 20), where o is 0, or floor(N mean + 0.5) of the
//!   exact mean; saturation clamp((2^15 v F + N (9798 r + 19235 g + 3735 b) + 2^34) >> 35).
//! - float32: v f + o, f and 1 - f from f64; o is 0, (1 - f) mean in f64, rounded last, or
//!   (1 - f) L.
//!
//! Hue without division: d = max - min; sector j and n are 0, g - b if r is max, else 1, b - r if
//! g is max, else 2, r - g. With D = d 2^i, s the turn by hue and j, H = n 2^i + d s, 6 D added if
//! below 0 or else subtracted if not below 6 D, the channels are min + X / 2^i, X = |H - 3 D| - D,
//! 2 D - |H - 2 D|, 2 D - |H - 4 D|, clamped to 0..D.
//!
//! - uint8, i = 4: t = floor(24576 hue + 0.5), s = (t + 8192 j) mod 24576, d s / 256 rounded as
//!   (d s + 128) >> 8; out = (X + 16 min + 8) >> 4.
//! - uint16, i = 20: t = floor(6 2^20 hue + 0.5), s = (t + 2^21 j) mod 6 2^20;
//!   out = (X + 2^20 min + 2^19) >> 20.
//! - float32, i = 0: s = 6 (hue - floor(hue)) + 2 j, less 6 if that is 6 or more, f64 rounded to
//!   f32; 3 D = 2 D + D, 6 D = 3 D + 3 D; a NaN makes its pixel NaN.
//!
//! Draws: the order, a permutation of brightness, contrast, saturation, hue; then `brightness`,
//! `contrast`, `saturation`, `hue`. Source: torchvision's op of this name, which rounds the mean
//! and truncates; bounds are in docs/spec/colour.md.

mod vectors;

use fearless_simd::{Simd, dispatch};
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Range, Within, bounds};
use crate::error::{Error, Result};
use crate::image::{Shape, View, ViewMut, flat};
use crate::kernels::colour::{Colour, LUMA, check_rgb};
use crate::kernels::hexagon::{float_turns, hexagon, sector, turns};
use crate::kernels::kernel::Kernel;
use crate::kernels::linear::{Factor, Linear, Mean};
use crate::kernels::rgb::{self, hrs};
use crate::kernels::step::{Site, Step, Steps};
use crate::maths::sum::Sums;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::vectors;

bounds! {
    Turn: f64 = -0.5..=0.5, "turns";
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColorJitter {
    pub brightness: Range<Factor>,
    pub contrast: Range<Factor>,
    pub saturation: Range<Factor>,
    pub hue: Range<Turn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubOp {
    Brightness,
    Contrast,
    Saturation,
    Hue,
}

const SUB_OPS: [SubOp; 4] = [SubOp::Brightness, SubOp::Contrast, SubOp::Saturation, SubOp::Hue];

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub order: [SubOp; 4],
    pub brightness: Within<Factor>,
    pub contrast: Within<Factor>,
    pub saturation: Within<Factor>,
    pub hue: Within<Turn>,
}

impl SubOp {
    fn name(self) -> &'static str {
        match self {
            SubOp::Brightness => "brightness",
            SubOp::Contrast => "contrast",
            SubOp::Saturation => "saturation",
            SubOp::Hue => "hue",
        }
    }

    fn neutral(self) -> f64 {
        if self == SubOp::Hue { 0.0 } else { 1.0 }
    }

    /// Refuses what needs a colour where there is none.
    fn check_channels(self, range: [f64; 2], shape: Shape) -> Result<()> {
        if matches!(self, SubOp::Saturation | SubOp::Hue) && range != [self.neutral(); 2] {
            check_rgb(ColorJitter::NAME, self.name(), shape)?;
        }
        Ok(())
    }
}

impl ColorJitter {
    fn range(&self, sub_op: SubOp) -> [f64; 2] {
        match sub_op {
            SubOp::Brightness => self.brightness.ends(),
            SubOp::Contrast => self.contrast.ends(),
            SubOp::Saturation => self.saturation.ends(),
            SubOp::Hue => self.hue.ends(),
        }
    }
}

impl Params {
    fn value(&self, sub_op: SubOp) -> f64 {
        match sub_op {
            SubOp::Brightness => self.brightness.get(),
            SubOp::Contrast => self.contrast.get(),
            SubOp::Saturation => self.saturation.get(),
            SubOp::Hue => self.hue.get(),
        }
    }
}

impl Op for ColorJitter {
    const NAME: &'static str = "ColorJitter";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn fits(&self, site: &Site) -> Result<()> {
        SUB_OPS
            .into_iter()
            .try_for_each(|sub_op| sub_op.check_channels(self.range(sub_op), site.shape))
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let active = |&sub_op: &SubOp| self.range(sub_op) != [sub_op.neutral(); 2];
        let several = SUB_OPS.iter().filter(|sub_op| active(sub_op)).count() > 1;
        let order = draws.mattering(several, Draws::permutation).map(|i| SUB_OPS[i]);
        Ok(Params {
            order,
            brightness: self.brightness.draw(draws),
            contrast: self.contrast.draw(draws),
            saturation: self.saturation.draw(draws),
            hue: self.hue.draw(draws),
        })
    }

    fn apply(&self, params: Params, site: &Site, _: Noise) -> Result<Steps> {
        for sub_op in SUB_OPS {
            if !params.order.contains(&sub_op) {
                let value = params.order.map(SubOp::name).join(", ");
                let allowed = format!("{} once each", SUB_OPS.map(SubOp::name).join(", "));
                return Err(Error::argument(Self::NAME, "order", value, allowed));
            }
            sub_op.check_channels([params.value(sub_op); 2], site.shape)?;
        }
        let stages = params.order.map(|sub_op| (sub_op, params.value(sub_op)));
        Ok(jitter(stages.into(), site.white).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let colour = |range: [f64; 2], neutral: f64| {
            if shape.channels == 3 { range } else { [neutral; 2] }
        };
        let jitter = |brightness, contrast, saturation, hue| ColorJitter {
            brightness: Range::new(brightness),
            contrast: Range::new(contrast),
            saturation: Range::new(colour(saturation, 1.0)),
            hue: Range::new(colour(hue, 0.0)),
        };
        vec![
            jitter([0.5, 1.5], [0.5, 1.5], [0.0, 2.0], [-0.5, 0.5]),
            jitter([1.0, 1.0], [0.0, 8.0], [8.0, 8.0], [0.0, 0.0]),
            jitter([0.9, 0.9], [1.0, 1.0], [1.0, 1.0], [-0.1, 0.1]),
        ]
    }
}

type Stage = (SubOp, f64);

/// Sub-ops in their order; none that is not neutral changes nothing but what is out of range.
pub fn jitter(mut stages: Vec<Stage>, white: f64) -> Step {
    stages.retain(|(sub_op, value)| *value != sub_op.neutral());
    Step::Pixels(Box::new(Jitter { stages, white }))
}

/// The sub-ops that are not neutral, in their order.
struct Jitter {
    stages: Vec<Stage>,
    white: f64,
}

impl Jitter {
    /// Row by row up to contrast, which needs the mean of all rows; then row by row from it on.
    fn run<T: Depth>(&self, level: Level, src: View<T>, mut dst: ViewMut<T>) -> Result<()> {
        let Shape { height, width, channels } = src.shape();
        let (before, from_contrast) = self.around_contrast();
        let white = T::from_fill(self.white);
        let mut sums = Sums::new(channels, height * width)?;
        let stages: Vec<_> = before.iter().map(|stage| Constants::new(stage, None)).collect();
        for y in 0..height {
            let row = dst.row(y);
            dispatch!(level, simd => limit_row(simd, white, src.row(y), row));
            stages.iter().for_each(|stage| stage.run(level, white, row));
            if !from_contrast.is_empty() {
                sums.add(level, row);
            }
        }
        if from_contrast.is_empty() {
            return Ok(());
        }
        let mean = Mean::new(sums.finish(), src.shape());
        let constants = |stage| Constants::new(stage, Some(&mean));
        let stages: Vec<_> = from_contrast.iter().map(constants).collect();
        for y in 0..height {
            let row = dst.row(y);
            stages.iter().for_each(|stage| stage.run(level, white, row));
        }
        Ok(())
    }

    /// In vectors where the level shuffles. What precedes contrast is cheaper to do again, once the
    /// mean is known, than to write and read.
    fn run_uint8<S: Vocab>(
        &self,
        simd: S,
        level: Level,
        src: View<u8>,
        dst: ViewMut<u8>,
    ) -> Result<()> {
        if !S::SHUFFLES || src.shape().channels != 3 {
            return self.run(level, src, dst);
        }
        let (src, dst) = flat(src, dst);
        let (before, from_contrast) = self.around_contrast();
        let mut stages: Vec<_> = before.iter().map(|stage| Constants::new(stage, None)).collect();
        if !from_contrast.is_empty() {
            let sums = vectors::sum(simd, &stages, src).map(|sum| sum as f64).to_vec();
            let mean = Mean::new(sums, src.shape());
            stages.extend(from_contrast.iter().map(|stage| Constants::new(stage, Some(&mean))));
        }
        rgb::write(simd, &stages[..], src, dst);
        Ok(())
    }

    fn around_contrast(&self) -> (&[Stage], &[Stage]) {
        let contrast = self.stages.iter().position(|(sub_op, _)| *sub_op == SubOp::Contrast);
        self.stages.split_at(contrast.unwrap_or(self.stages.len()))
    }
}

impl Kernel for Jitter {
    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, _: usize) -> Result<()> {
        vectors!(level, simd => self.run_uint8(simd, level, src, dst))
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) -> Result<()> {
        self.run(level, src, dst)
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) -> Result<()> {
        self.run(level, src, dst)
    }
}

/// A sub-op's constants in the arithmetic of the image's type.
enum Constants<T: Depth> {
    Linear { factor: T::Wide, offset: T::Wide },
    Saturation { factor: T::Wide, rest: T::Wide },
    Hue { turns: [T::Wide; 3] },
}

impl<T: Depth> Constants<T> {
    /// Contrast needs the mean of what it works on; before it there is none.
    fn new(&(sub_op, value): &Stage, mean: Option<&Mean>) -> Self {
        let factor = T::factor(value);
        match sub_op {
            SubOp::Brightness => Constants::Linear { factor, offset: T::Wide::default() },
            SubOp::Contrast => {
                let offset = T::offset(value, mean.expect("contrast comes with a mean"));
                Constants::Linear { factor, offset }
            }
            SubOp::Saturation => Constants::Saturation { factor, rest: T::rest(value) },
            SubOp::Hue => Constants::Hue { turns: T::turns(value) },
        }
    }

    #[inline(always)]
    fn plain(&self, white: T, row: &mut [T]) {
        match *self {
            Constants::Linear { factor, offset } => {
                row.iter_mut().for_each(|value| *value = value.linear(factor, offset, white));
            }
            Constants::Saturation { factor, rest } => {
                for rgb in row.as_chunks_mut::<3>().0 {
                    *rgb = T::saturate(*rgb, factor, rest, white);
                }
            }
            Constants::Hue { turns } => {
                for rgb in row.as_chunks_mut::<3>().0 {
                    *rgb = T::turn(*rgb, turns, white);
                }
            }
        }
    }

    fn run(&self, level: Level, white: T, row: &mut [T]) {
        dispatch!(level, simd => stage_row(simd, self, white, row));
    }
}

#[simd]
fn limit_row<S: Simd, T: Depth>(_: S, white: T, src: &[T], dst: &mut [T]) {
    for (out, value) in dst.iter_mut().zip(src) {
        *out = value.limit(white);
    }
}

#[simd]
fn stage_row<S: Simd, T: Depth>(_: S, stage: &Constants<T>, white: T, row: &mut [T]) {
    stage.plain(white, row);
}

/// A sample type with its arithmetic.
trait Depth: Linear {
    /// Of each sector.
    fn turns(hue: f64) -> [Self::Wide; 3];

    fn saturate(rgb: [Self; 3], factor: Self::Wide, rest: Self::Wide, white: Self) -> [Self; 3];
    fn turn(rgb: [Self; 3], turns: [Self::Wide; 3], white: Self) -> [Self; 3];
}

impl Depth for u8 {
    fn turns(hue: f64) -> [i32; 3] {
        turns(hue, 4096).map(|turn| turn as i32)
    }

    #[inline(always)]
    fn saturate(rgb: [u8; 3], factor: i32, rest: i32, white: u8) -> [u8; 3] {
        let [r, g, b] = [0, 1, 2].map(|c| hrs((i32::from(rgb[c]) - 128) << 8, i32::from(LUMA[c])));
        let offset = hrs(r + g + b, rest) + rest;
        rgb.map(|value| value.linear(factor, offset, white))
    }

    #[inline(always)]
    fn turn(rgb: [u8; 3], turns: [i32; 3], _: u8) -> [u8; 3] {
        let (max, min, numerator, turn) = sector(rgb.map(i32::from), turns);
        let d = max - min;
        let h = 16 * numerator + ((d * turn + 128) >> 8);
        hexagon(h, 16 * d).map(|x| ((x + 16 * min + 8) >> 4) as u8)
    }
}

impl Depth for u16 {
    fn turns(hue: f64) -> [i64; 3] {
        turns(hue, 1 << 20)
    }

    #[inline(always)]
    fn saturate(rgb: [u16; 3], factor: i64, rest: i64, white: u16) -> [u16; 3] {
        let [r, g, b] = [0, 1, 2].map(|c| i64::from(rgb[c]) * i64::from(LUMA[c]));
        let offset = rest * (r + g + b) + (1 << 34);
        rgb.map(|value| {
            let x = (i64::from(value) * factor) << 15;
            ((x + offset) >> 35).max(0).min(white.into()) as u16
        })
    }

    #[inline(always)]
    fn turn(rgb: [u16; 3], turns: [i64; 3], _: u16) -> [u16; 3] {
        let (max, min, numerator, turn) = sector(rgb.map(i64::from), turns);
        let d = max - min;
        let h = (numerator << 20) + d * turn;
        hexagon(h, d << 20).map(|x| ((x + (min << 20) + (1 << 19)) >> 20) as u16)
    }
}

impl Depth for f32 {
    fn turns(hue: f64) -> [f32; 3] {
        float_turns(hue)
    }

    #[inline(always)]
    fn saturate(rgb: [f32; 3], factor: f32, rest: f32, white: f32) -> [f32; 3] {
        let offset = rest * <f32 as Colour>::luma(rgb);
        rgb.map(|value| value.linear(factor, offset, white))
    }

    #[inline(always)]
    fn turn(rgb: [f32; 3], turns: [f32; 3], white: f32) -> [f32; 3] {
        let (max, min, numerator, turn) = sector(rgb, turns);
        let d = max - min;
        // A NaN may not have been the largest or the smallest.
        let min = if rgb.iter().any(|value| value.is_nan()) { f32::NAN } else { min };
        hexagon(numerator + d * turn, d).map(|x| (x + min).limit(white))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::image::{AnyView, AnyViewMut, DType, Image};
    use crate::ops::{edited, refusal};

    fn any() -> ColorJitter {
        let factors = Range::new([0.0, 8.0]);
        let hue = Range::new([-0.5, 0.5]);
        ColorJitter { brightness: factors, contrast: factors, saturation: factors, hue }
    }

    fn params([brightness, contrast, saturation]: [f64; 3], hue: f64) -> Params {
        Params {
            order: SUB_OPS,
            brightness: Within::new(brightness),
            contrast: Within::new(contrast),
            saturation: Within::new(saturation),
            hue: Within::new(hue),
        }
    }

    fn neutral() -> Params {
        params([1.0; 3], 0.0)
    }

    fn photo(channels: usize) -> Image<u8> {
        let shape = Shape::new(5, 67, channels);
        let data = (0..shape.len() as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8);
        Image { data: data.collect(), shape }
    }

    fn site(shape: Shape) -> Site {
        Site::new(shape, DType::U8)
    }

    fn apply(params: Params, image: &Image<u8>) -> Result<Image<u8>> {
        let step = any().apply(params, &site(image.shape), Noise::default())?.only();
        let mut out = Image::new(image.shape);
        step.run(Level::new(), AnyView::U8(image.view()), AnyViewMut::U8(out.view_mut()), 0)
            .unwrap();
        Ok(out)
    }

    #[test]
    fn the_sub_ops_one_by_one_are_the_whole() {
        use SubOp::*;
        let factors = params([1.3, 0.6, 3.0], 0.2);
        for order in [SUB_OPS, [Hue, Contrast, Saturation, Brightness]] {
            let mut image = photo(3);
            for sub_op in order {
                let mut params = neutral();
                match sub_op {
                    Brightness => params.brightness = factors.brightness,
                    Contrast => params.contrast = factors.contrast,
                    Saturation => params.saturation = factors.saturation,
                    Hue => params.hue = factors.hue,
                }
                image = apply(params, &image).unwrap();
            }
            assert_eq!(apply(Params { order, ..factors }, &photo(3)).unwrap(), image);
        }
    }

    #[test]
    fn neutral_is_the_identity_even_where_it_is_computed() {
        assert_eq!(apply(neutral(), &photo(4)).unwrap(), photo(4));
        let mean = Mean::new(vec![1e6, 2e6, 3e6], Shape::new(100, 200, 3));
        for rgb in photo(3).data.as_chunks::<3>().0 {
            let wide = rgb.map(|value| u16::from(value) * 257);
            assert_eq!(rgb.map(|v| v.linear(u8::factor(1.0), u8::offset(1.0, &mean), 255)), *rgb);
            assert_eq!(u8::saturate(*rgb, u8::factor(1.0), u8::rest(1.0), 255), *rgb);
            assert_eq!(u8::turn(*rgb, u8::turns(0.0), 255), *rgb);
            assert_eq!(
                wide.map(|v| v.linear(u16::factor(1.0), u16::offset(1.0, &mean), 65535)),
                wide
            );
            assert_eq!(u16::saturate(wide, u16::factor(1.0), u16::rest(1.0), 65535), wide);
            assert_eq!(u16::turn(wide, u16::turns(0.0), 65535), wide);
        }
    }

    #[test]
    fn colour_needs_three_channels() {
        let gray = site(Shape::new(4, 4, 1));
        let message = any().fits(&gray).unwrap_err().to_string();
        assert_eq!(message, "ColorJitter: saturation needs 3 channels, the image has 1");
        let saturation = Range::new([1.0; 2]);
        let plain = ColorJitter { saturation, hue: Range::new([0.0; 2]), ..any() };
        assert!(plain.fits(&gray).is_ok());
        let message = apply(params([1.0; 3], 0.1), &photo(4)).unwrap_err().to_string();
        assert_eq!(message, "ColorJitter: hue needs 3 channels, the image has 4");
    }

    #[test]
    fn edited_parameters_are_checked() {
        let site = site(Shape::new(5, 67, 3));
        let refused = |field: &str, value: Value| {
            let mut params = json!(neutral());
            params[field] = value;
            edited(&any(), &site, params).err().unwrap().to_string()
        };
        assert_eq!(
            refused("contrast", json!(9)),
            "ColorJitter: params: contrast=9: a number within 0 to 8"
        );
        assert!(refused("hue", json!(-0.6)).contains("hue=-0.6"));
        assert!(
            refused("order", json!(["hue", "hue", "hue", "hue"]))
                .contains("order=hue, hue, hue, hue")
        );
        assert!(refusal(&any(), "hue", json!([0.1, -0.1])).contains("hue=(0.1, -0.1)"));
    }
}
