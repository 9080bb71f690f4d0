//! The catalogue: one file per op, one line per op in [`ops!`].

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map as JsonMap, Value};

use crate::bounds::{Odd, Within, bounds};
use crate::error::{Error, Result};
use crate::image::{DType, Shape};
use crate::kernels::linear;
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::schema;
use crate::targets::Seen;

/// What an op asks of the value range before it, and does to what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Any values in, the same range out.
    Any,
    /// Works on 0 to white, and is refused after a Normalize.
    Nominal,
    /// Gives float32 in 0..1.
    Floats,
    /// Gives float32 in no particular range.
    Normalizes,
    /// Gives channels first: nothing may follow.
    Planar,
}

impl Flow {
    /// Whether it decides the output's type or layout, and so must always run.
    pub fn is_certain(self) -> bool {
        matches!(self, Flow::Floats | Flow::Normalizes | Flow::Planar)
    }

    /// Whether it works in parts of white.
    pub fn is_nominal(self) -> bool {
        matches!(self, Flow::Nominal | Flow::Floats | Flow::Normalizes)
    }
}

/// What of the targets an op's draws depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sees {
    Nothing,
    Boxes,
    Masks,
}

impl std::fmt::Display for Sees {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Sees::Nothing => "nothing",
            Sees::Boxes => "bboxes",
            Sees::Masks => "mask or masks",
        })
    }
}

/// An op: its fields are its configuration, complete, without defaults.
///
/// `sample` draws the parameters of one sample, `apply` turns them into a step over pixels; both
/// are pure. Field `p` and `name` belong to the pipeline, not to the op.
pub trait Op: Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    const NAME: &'static str;
    const VERSION: u32 = 1;
    const FLOW: Flow = Flow::Any;
    /// Planes of per-pixel draws.
    const PLANES: u32 = 0;
    /// Its draws depend on these, which the call must have: then `sample_seeing` is asked.
    const SEES: Sees = Sees::Nothing;
    /// Whether it can be told to work on some channels only: [`Node`](crate::pipeline::spec::Node).
    const CHANNELS: bool = matches!(Self::FLOW, Flow::Nominal);
    type Params: Serialize + DeserializeOwned;

    /// Refuses a configuration that no image could satisfy.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Height and width of the output for an input of these, None where a draw decides them.
    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        input
    }

    /// Refuses an image that the op cannot work on, whether or not it is drawn for it.
    fn fits(&self, _: &Site) -> Result<()> {
        Ok(())
    }

    /// The values that it may put into images and masks.
    fn fills(&self) -> Option<Fills<'_>> {
        None
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Self::Params>;

    fn sample_seeing(&self, site: &Site, _: &Seen, draws: &mut Draws) -> Result<Self::Params> {
        self.sample(site, draws)
    }

    /// The parameters may have been edited: they are checked here.
    fn apply(&self, params: Self::Params, site: &Site, noise: Noise) -> Result<Steps>;

    /// Configurations that fit an image of this shape and between them reach every branch: what
    /// the level, golden and reference tests run.
    fn examples(shape: Shape) -> Vec<Self>;
}

/// An [`Op`] of any type.
pub trait DynOp: Send + Sync {
    fn name(&self) -> &'static str;
    fn version(&self) -> u32;
    fn flow(&self) -> Flow;
    fn planes(&self) -> u32;
    fn sees(&self) -> Sees;
    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]>;
    fn fits(&self, site: &Site) -> Result<()>;
    /// What it shows of [`Op::fills`].
    fn fills(&self) -> Option<Fills<'_>>;
    fn fields(&self) -> Fields;
    /// Samples and applies; the parameters are written down if `record` is given.
    fn draw(
        &self,
        site: &Site,
        seen: Option<&Seen>,
        draws: &mut Draws,
        noise: Noise,
        record: Option<&mut Value>,
    ) -> Result<Steps>;
    /// Applies parameters that were written down.
    fn replay(&self, site: &Site, params: Value, noise: Noise) -> Result<Steps>;

    /// What changes the sample instead of steps, if anything does.
    fn changes(&self) -> Option<&custom::Custom> {
        None
    }

    /// Tells what comes from outside which op works in parts of white behind it.
    fn is_before(&mut self, _: &Arc<custom::Behind>) {}
}

impl<T: Op> DynOp for T {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn version(&self) -> u32 {
        T::VERSION
    }

    fn flow(&self) -> Flow {
        T::FLOW
    }

    fn planes(&self) -> u32 {
        T::PLANES
    }

    fn sees(&self) -> Sees {
        T::SEES
    }

    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Op::size(self, input)
    }

    fn fits(&self, site: &Site) -> Result<()> {
        if let Some(fills) = Op::fills(self) {
            fills.fits(T::NAME, site)?;
        }
        Op::fits(self, site)
    }

    fn fills(&self) -> Option<Fills<'_>> {
        Op::fills(self).filter(|fills| fills.shown)
    }

    fn fields(&self) -> Fields {
        object(serde_json::to_value(self).expect("an op's fields are plain data"))
    }

    fn draw(
        &self,
        site: &Site,
        seen: Option<&Seen>,
        draws: &mut Draws,
        noise: Noise,
        record: Option<&mut Value>,
    ) -> Result<Steps> {
        let params = match seen {
            Some(seen) => self.sample_seeing(site, seen, draws),
            None => self.sample(site, draws),
        }?;
        if let Some(record) = record {
            *record = serde_json::to_value(&params).expect("parameters are plain data");
        }
        self.apply(params, site, noise)
    }

    fn replay(&self, site: &Site, params: Value, noise: Noise) -> Result<Steps> {
        let params = Error::reading(&format!("{}: params", T::NAME), params)?;
        self.apply(params, site, noise)
    }
}

pub fn object(value: Value) -> Fields {
    match value {
        Value::Object(map) => map,
        Value::Null => JsonMap::new(),
        _ => unreachable!("an op serialises as an object"),
    }
}

pub type Fields = JsonMap<String, Value>;

/// One version of one op, as the registry holds it.
pub struct Entry {
    pub name: &'static str,
    pub version: u32,
    pub channels: bool,
    pub parse: fn(Fields) -> Result<Box<dyn DynOp>>,
    /// The JSON Schema of each field.
    pub schema: fn() -> Fields,
    /// The fields of [`Op::examples`].
    pub examples: fn(Shape) -> Vec<Fields>,
}

impl Entry {
    const fn of<T: Op>() -> Self {
        Entry {
            name: T::NAME,
            version: T::VERSION,
            channels: T::CHANNELS,
            parse: parse::<T>,
            schema: schema::fields::<T>,
            examples: examples::<T>,
        }
    }
}

fn parse<T: Op>(fields: Fields) -> Result<Box<dyn DynOp>> {
    let op: T = Error::reading(T::NAME, Value::Object(fields))?;
    op.check()?;
    Ok(Box::new(op))
}

/// What is said about an op of which a field is changed to what cannot be.
#[cfg(test)]
fn refusal<T: Op>(op: &T, field: &str, value: Value) -> String {
    let mut fields = op.fields();
    assert!(fields.insert(field.into(), value).is_some(), "{field}");
    parse::<T>(fields).err().expect(field).to_string()
}

/// What parameters do that somebody has edited.
#[cfg(test)]
fn edited<T: Op>(op: &T, site: &Site, params: Value) -> Result<Steps> {
    op.replay(site, params, Noise::default())
}

fn examples<T: Op>(shape: Shape) -> Vec<Fields> {
    T::examples(shape).iter().map(|op| op.fields()).collect()
}

pub mod custom;

macro_rules! ops {
    ($($module:ident::$type:ident),* $(,)?) => {
        $(pub mod $module;)*
        pub const REGISTRY: &[Entry] = &[$(Entry::of::<$module::$type>()),*];
    };
}

ops! {
    advanced_blur::AdvancedBlur,
    affine::Affine,
    at_least_one_bbox_random_crop::AtLeastOneBBoxRandomCrop,
    auto_contrast::AutoContrast,
    bbox_safe_random_crop::BBoxSafeRandomCrop,
    blur::Blur,
    brightness::Brightness,
    center_crop::CenterCrop,
    channel_dropout::ChannelDropout,
    channel_shuffle::ChannelShuffle,
    channel_swap::ChannelSwap,
    clahe::Clahe,
    coarse_dropout::CoarseDropout,
    color::Color,
    color_jitter::ColorJitter,
    contrast::Contrast,
    crop::Crop,
    crop_and_pad::CropAndPad,
    crop_non_empty_mask::CropNonEmptyMask,
    d4::D4,
    defocus::Defocus,
    downscale::Downscale,
    elastic_transform::ElasticTransform,
    emboss::Emboss,
    equalize::Equalize,
    fancy_pca::FancyPCA,
    gauss_noise::GaussNoise,
    gaussian_blur::GaussianBlur,
    grid_distortion::GridDistortion,
    grid_dropout::GridDropout,
    horizontal_flip::HorizontalFlip,
    hue_saturation_value::HueSaturationValue,
    image_compression::ImageCompression,
    invert_img::InvertImg,
    iso_noise::ISONoise,
    letter_box::LetterBox,
    longest_max_size::LongestMaxSize,
    median_blur::MedianBlur,
    morphological::Morphological,
    motion_blur::MotionBlur,
    multiplicative_noise::MultiplicativeNoise,
    normalize::Normalize,
    optical_distortion::OpticalDistortion,
    pad::Pad,
    pad_if_needed::PadIfNeeded,
    perspective::Perspective,
    pixel_dropout::PixelDropout,
    planckian_jitter::PlanckianJitter,
    posterize::Posterize,
    random_brightness_contrast::RandomBrightnessContrast,
    random_crop::RandomCrop,
    random_crop_from_borders::RandomCropFromBorders,
    random_erasing::RandomErasing,
    random_gamma::RandomGamma,
    random_grid_shuffle::RandomGridShuffle,
    random_iou_crop::RandomIoUCrop,
    random_photometric_distort::RandomPhotometricDistort,
    random_resize::RandomResize,
    random_resized_crop::RandomResizedCrop,
    random_rotate90::RandomRotate90,
    random_scale::RandomScale,
    random_shortest_size::RandomShortestSize,
    random_sized_bbox_safe_crop::RandomSizedBBoxSafeCrop,
    random_sized_crop::RandomSizedCrop,
    random_tone_curve::RandomToneCurve,
    random_zoom_out::RandomZoomOut,
    resize::Resize,
    rgb_shift::RGBShift,
    rotate::Rotate,
    salt_and_pepper::SaltAndPepper,
    scale_jitter::ScaleJitter,
    sharpen::Sharpen,
    sharpness::Sharpness,
    shear::Shear,
    shot_noise::ShotNoise,
    smallest_max_size::SmallestMaxSize,
    solarize::Solarize,
    solarize_add::SolarizeAdd,
    to_chw::ToCHW,
    to_float::ToFloat,
    to_gray::ToGray,
    to_sepia::ToSepia,
    transpose::Transpose,
    unsharp_mask::UnsharpMask,
    vertical_flip::VerticalFlip,
    xy_masking::XYMasking,
}

pub fn find(name: &str, version: u32) -> Option<&'static Entry> {
    REGISTRY.iter().find(|entry| entry.name == name && entry.version == version)
}

/// Parameters of an op that draws none.
#[derive(Debug, Clone, Copy, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// How far an image is taken from another one: 0 is the other, 1 the image itself.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    pub factor: Within<linear::Factor>,
}

/// The side of the window of a filter, in pixels.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    pub kernel_size: Within<Square>,
}

/// Larger windows would leave the stated bounds of blurs.
pub const MAX_SIDE: u32 = 255;

bounds! {
    /// The window of a filter, by its side.
    Square: Odd = Odd(3)..=Odd(MAX_SIDE), "pixels";
}

/// Whether a field that a later release has added means what was before: then no document has it.
pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The fields `fill` and `fill_mask` of an op.
pub struct Fills<'a> {
    pub image: &'a [f64],
    /// None where masks are not filled.
    pub mask: Option<f64>,
    /// Whether the op puts them anywhere, whatever it draws.
    pub shown: bool,
}

impl Fills<'_> {
    /// Refuses a number of values that is neither 1 nor that of the image's channels and, where
    /// they are shown, values that its type cannot hold but for rounding.
    pub fn fits(&self, op: &str, site: &Site) -> Result<()> {
        let channels = site.shape.channels;
        if self.image.len() != 1 && self.image.len() != channels {
            let allowed = format!("1 or {channels} values, the image's channels");
            return Err(Error::argument(op, "fill", format!("{:?}", self.image), allowed));
        }
        let most = site.dtype.nominal_max();
        let held = |value: &f64| (0.0..=most).contains(&(value + 0.5).floor());
        if !self.shown || site.dtype == DType::F32 || self.image.iter().all(held) {
            return Ok(());
        }
        let allowed = format!("values that {} holds, 0 to {most}", site.dtype.name());
        Err(Error::argument(op, "fill", format!("{:?}", self.image), allowed))
    }
}
