//! One sample through a pipeline, as the integration tests run it.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::HashMap;
use std::sync::Arc;

use bitaug::Pipeline;
use bitaug::Result;
use bitaug::digest::Digest;
use bitaug::image::{AnyImage, DType, Image, Shape, Strided, StridedMut};
use bitaug::kernels::step::{Site, Step};
use bitaug::mix::{self, Other, Others, Places};
use bitaug::ops;
use bitaug::pipeline::draw::At;
use bitaug::pipeline::spec::Spec;
use bitaug::plan::run::{Plan, Scratch};
use bitaug::random::address::{Address, Stream, label};
use bitaug::random::philox::Field;
use bitaug::simd::level::Level;
use bitaug::targets::Targets;
use bitaug::targets::boxes::{BboxParams, Boxes};
use bitaug::targets::masks::{MaskKind, MaskType};
use serde_json::{Map, Value, json};

pub const DTYPES: [DType; 3] = [DType::U8, DType::U16, DType::F32];

/// Noise with many black and white samples. Element e takes word w = its word of the plane
/// label("pattern"), epoch 0, index 0 or another; by (w >> 24) & 7: 0 gives black, 1 white, else the low
/// bits: w & 255, w & 65535, or (w & 0xffffff) * 2^-24.
pub fn pattern(dtype: DType, shape: Shape) -> AnyImage {
    pattern_of(dtype, shape, 0)
}

pub fn pattern_of(dtype: DType, shape: Shape, index: u64) -> AnyImage {
    let field = Field { key: label("pattern"), epoch: 0, index };
    let words = (0..shape.len() as u64).map(|e| field.word(e));
    fn image<T>(
        words: impl Iterator<Item = u32>,
        shape: Shape,
        white: T,
        value: impl Fn(u32) -> T,
    ) -> Image<T>
    where
        T: Copy + Default,
    {
        let sample = |w: u32| match w >> 24 & 7 {
            0 => T::default(),
            1 => white,
            _ => value(w),
        };
        Image { data: words.map(sample).collect(), shape }
    }
    match dtype {
        DType::U8 => AnyImage::U8(image(words, shape, u8::MAX, |w| w as u8)),
        DType::U16 => AnyImage::U16(image(words, shape, u16::MAX, |w| w as u16)),
        DType::F32 => {
            AnyImage::F32(image(words, shape, 1.0, |w| (w & 0xff_ffff) as f32 / 16_777_216.0))
        }
    }
}

/// An op's fields as a node that always runs.
pub fn node(name: &str, version: u32, fields: Map<String, Value>) -> Value {
    let mut node = fields;
    node.insert("op".into(), json!(name));
    node.insert("version".into(), json!(version));
    node.insert("p".into(), json!(1.0));
    Value::Object(node)
}

/// What the tests know of an op, be it one that mixes samples.
pub struct Known {
    pub name: &'static str,
    pub version: u32,
    pub examples: fn(Shape) -> Vec<Map<String, Value>>,
    pub mixes: bool,
}

/// All ops.
pub fn entries() -> impl Iterator<Item = Known> {
    let ops = ops::REGISTRY.iter().map(|entry| (entry.name, entry.version, entry.examples, false));
    let mixes = mix::REGISTRY.iter().map(|entry| (entry.name, entry.version, entry.examples, true));
    ops.chain(mixes).map(|(name, version, examples, mixes)| Known {
        name,
        version,
        examples,
        mixes,
    })
}

pub fn pipeline(node: &Value) -> Result<Pipeline> {
    Spec::from_value(node.clone()).map(Pipeline::new)
}

pub fn address(seed: u64, epoch: u32, index: u64) -> Address {
    Address { seed, stream: Stream::Name("train".into()), epoch, index, repeat: 0 }
}

/// What comes with every image of the tests, for the ops whose draws depend on it: three boxes, and
/// a mask whose pixel i is i mod 7 where i mod 29 is 3, else 0.
fn targets(shape: Shape) -> (Boxes, MaskType, Image<u8>) {
    let (w, h) = (shape.width as f64, shape.height as f64);
    let boxes = [
        [0.1 * w, 0.2 * h, 0.6 * w, 0.9 * h],
        [0.5 * w, 0.0, w, 0.5 * h],
        [0.7 * w, 0.7 * h, 0.9 * w, 0.8 * h],
    ];
    let boxes = BboxParams::default().read(&boxes, shape).expect("they are boxes in pixels");
    let shape = Shape { channels: 1, ..shape };
    let data = (0..shape.len()).map(|i| if i % 29 == 3 { (i % 7) as u8 } else { 0 }).collect();
    (boxes, MaskType { kind: MaskKind::Unsigned, size: 1 }, Image { data, shape })
}

pub fn with_targets<R>(shape: Shape, call: impl FnOnce(Targets) -> R) -> R {
    let (boxes, of, mask) = targets(shape);
    let masks = &[(of, Strided::of(mask.view()))];
    call(Targets { boxes: Some(boxes), masks, ..Targets::default() })
}

/// Whether a case of a sweep runs: the ordinary ones, or in a deep run (`./nox -s deep`) all, or as
/// `BITAUG_DEEP` says one in N from the seed on, so that N seeds in a row are all.
pub fn runs(ordinary: bool, case: usize) -> bool {
    let Ok(deep) = std::env::var("BITAUG_DEEP") else { return ordinary };
    let part =
        deep.split_once('/').and_then(|(seed, n)| Some((seed.parse().ok()?, n.parse().ok()?)));
    let (seed, n): (usize, usize) = part.expect("BITAUG_DEEP is SEED/N");
    case % n == seed % n
}

/// How a sample is to be run; none of it may change a byte.
#[derive(Clone, Copy)]
pub struct How {
    pub level: Level,
    pub fuse: bool,
    /// Samples between the end of a row and the start of the next.
    pub gap: usize,
}

/// The output's samples in C order and its shape, HWC or CHW.
#[derive(Debug, PartialEq)]
pub struct Output {
    pub dtype: DType,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

impl Output {
    pub fn digest(&self) -> u64 {
        let mut digest = Digest::new(self.dtype.name(), &self.shape);
        digest.update(&self.bytes, self.dtype.size());
        digest.finish()
    }
}

/// What a pipeline makes of its draws.
pub fn steps(pipeline: &Pipeline, at: &Address, site: Site) -> Result<Vec<Step>> {
    let keys = pipeline.keys(at.stream_key());
    let mut at = At { keys: &keys, epoch: at.epoch, index: at.index, frame: 0, others: None };
    let others = if pipeline.mixes() { Some(others(pipeline, at, site)?) } else { None };
    at.others = others.as_ref();
    with_targets(site.shape, |targets| Ok(pipeline.draw(at, site, Some(targets))?.steps))
}

/// So many samples there are to mix with: each the pattern of its position, as large as the image,
/// with the same targets.
pub const OTHERS: u64 = 1 << 32;

fn others(pipeline: &Pipeline, at: At, site: Site) -> Result<Others> {
    let mut samples = HashMap::new();
    let places = Places::Numbered(OTHERS);
    for position in pipeline.others(at, &places)? {
        // They outlive the steps that hold them, as what Python holds does.
        let image = match Box::leak(Box::new(pattern_of(site.dtype, site.shape, position))) {
            AnyImage::U8(image) => Strided::of(image.view()),
            AnyImage::U16(image) => Strided::of(image.view()),
            AnyImage::F32(image) => Strided::of(image.view()),
        };
        let (boxes, of, mask) = targets(site.shape);
        let masks = vec![(of, Strided::of(Box::leak(Box::new(mask)).view()))];
        let other = pipeline.other(image, site.dtype)?;
        let other = Other { masks, boxes: Some(boxes), ..other };
        samples.insert(position, Arc::new(other));
    }
    Ok(Others { places, samples })
}

pub fn sample(pipeline: &Pipeline, how: How, at: &Address, image: &AnyImage) -> Result<Output> {
    match image {
        AnyImage::U8(image) => typed(pipeline, how, at, DType::U8, image),
        AnyImage::U16(image) => typed(pipeline, how, at, DType::U16, image),
        AnyImage::F32(image) => typed(pipeline, how, at, DType::F32, image),
    }
}

fn typed<T: Copy + Default>(
    pipeline: &Pipeline,
    how: How,
    at: &Address,
    dtype: DType,
    image: &Image<T>,
) -> Result<Output> {
    let shape = image.shape;
    let size = size_of::<T>();
    let mut data = Vec::new();
    for row in image.data.chunks_exact(shape.row()) {
        data.extend_from_slice(row);
        data.resize(data.len() + how.gap, T::default());
    }
    let down = (shape.row() + how.gap) * size;
    let strides = [down as isize, (shape.channels * size) as isize, size as isize];
    // SAFETY: `data` holds every row of `shape` at these strides, and outlives `src`.
    let src = unsafe { Strided::from_raw(data.as_ptr().cast(), shape, strides) };

    let site = Site::new(shape, dtype);
    let steps = steps(pipeline, at, site)?;
    let end = steps.iter().fold(site, |site, step| step.site(site));
    let (out_dtype, planar, fixed) = pipeline.output(site);
    assert_eq!(end.dtype, out_dtype);
    assert!(fixed.is_none_or(|shape| shape == end.shape), "the promised shape");
    let plan = if how.fuse { Plan::fused(steps)? } else { Plan::stepwise(steps)? };

    let Shape { height, width, channels } = end.shape;
    let each = out_dtype.size() as isize;
    let (h, w, c) = (height as isize, width as isize, channels as isize);
    let strides =
        if planar { [w * each, each, h * w * each] } else { [w * c * each, c * each, each] };
    let mut words = vec![0u32; (end.shape.len() * out_dtype.size()).div_ceil(4)];
    // SAFETY: `words` holds a contiguous image of this shape, aligned for every sample type.
    let mut dst = unsafe { StridedMut::from_raw(words.as_mut_ptr().cast(), end.shape, strides) };
    plan.run(how.level, dtype, &src, &mut dst, &mut Scratch::default())?;
    let bytes = words.iter().flat_map(|word| word.to_ne_bytes());
    Ok(Output {
        dtype: out_dtype,
        shape: if planar { vec![channels, height, width] } else { vec![height, width, channels] },
        bytes: bytes.take(end.shape.len() * out_dtype.size()).collect(),
    })
}
