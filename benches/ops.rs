//! Every op x level x size on uint8 with three channels, whole recipes, and the sources of
//! randomness.
//! `cargo bench -- HorizontalFlip/avx2` runs a part.

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::black_box;

use bitaug::data::order::Order;
use bitaug::image::{AnyImage, AnyView, DType, Shape, Strided, StridedMut};
use bitaug::kernels::step::{Site, Step};
use bitaug::ops;
use bitaug::pipeline::draw::{At, Drawn};
use bitaug::plan::run::{Plan, Scratch};
use bitaug::random::draws::Draws;
use bitaug::random::normal;
use bitaug::random::philox::Field;
use bitaug::simd::Vocab;
use bitaug::simd::level;
use bitaug::vectors;
use common::{address, node, pattern, pipeline, with_targets};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fearless_simd::prelude::*;
use fearless_simd_macros::simd;
use serde_json::json;

const SIDES: [usize; 4] = [64, 224, 512, 2048];

/// Steps over pixels, parameters drawn beforehand, outputs reused.
fn every_op(c: &mut Criterion) {
    for entry in ops::REGISTRY {
        for side in SIDES {
            let shape = Shape::new(side, side, 3);
            let site = Site::new(shape, DType::U8);
            for (i, fields) in (entry.examples)(shape).into_iter().enumerate() {
                let pipeline = pipeline(&node(entry.name, entry.version, fields)).unwrap();
                let at = address(1, 0, i as u64);
                let keys = pipeline.keys(at.stream_key());
                let at =
                    At { keys: &keys, epoch: at.epoch, index: at.index, frame: 0, others: None };
                let drawn = with_targets(shape, |all| pipeline.draw(at, site, Some(all)));
                let Ok(Drawn { steps, .. }) = drawn else { continue };
                let [step] = &steps[..] else { continue };
                if matches!(step, Step::Planar) {
                    continue;
                }
                let end = step.site(site);
                let src = pattern(DType::U8, shape);
                let mut dst = AnyImage::new(end.dtype, end.shape);
                let mut group = c.benchmark_group(format!("{}#{i}", entry.name));
                group.throughput(Throughput::Elements((side * side) as u64));
                for level in level::available() {
                    let id = BenchmarkId::new(level::name(level), side);
                    group.bench_function(id, |b| {
                        b.iter(|| step.run(level, black_box(src.view()), dst.view_mut(), 0));
                    });
                }
            }
        }
    }
}

/// What people run: drawn, fused and run as one, into an output that is reused.
fn recipes(c: &mut Criterion) {
    let jitter = json!({"op": "ColorJitter", "version": 1, "p": 1.0, "brightness": [0.6, 1.4],
        "contrast": [0.6, 1.4], "saturation": [0.6, 1.4], "hue": [0.0, 0.0]});
    let crop = json!({"op": "RandomResizedCrop", "version": 1, "p": 1.0, "size": [224, 224],
        "scale": [0.08, 1.0], "ratio": [0.75, 1.333], "interpolation": "bilinear", "antialias": true});
    let flip = json!({"op": "HorizontalFlip", "version": 1, "p": 0.5});
    let turn = json!({"op": "Affine", "version": 1, "p": 1.0, "scale": [0.9, 1.1],
        "rotate": [-15.0, 15.0], "translate": [[-0.05, 0.05], [-0.05, 0.05]],
        "shear": [[0.0, 0.0], [0.0, 0.0]], "interpolation": "bilinear", "border": "constant",
        "fill": [0.0], "fill_mask": 0.0});
    let noise = json!({"op": "GaussNoise", "version": 1, "p": 1.0, "std_range": [0.02, 0.1],
        "mean_range": [0.0, 0.0], "per_channel": true});
    let tail = [
        json!({"op": "Normalize", "version": 1, "p": 1.0, "mean": [0.485, 0.456, 0.406],
            "std": [0.229, 0.224, 0.225]}),
        json!({"op": "ToCHW", "version": 1, "p": 1.0}),
    ];
    let recipes = [
        ("imagenet", vec![crop, flip.clone(), jitter]),
        ("geo", vec![flip, turn, noise]),
        ("normalize to CHW", vec![]),
    ];
    for (name, ops) in recipes {
        let transforms = [&ops[..], &tail].concat();
        let compose = json!({"op": "Compose", "version": 1, "p": 1.0, "transforms": transforms});
        let pipeline = pipeline(&compose).unwrap();
        let keys = pipeline.keys(address(1, 0, 0).stream_key());
        let mut group = c.benchmark_group(format!("recipe/{name}"));
        for side in SIDES {
            let shape = Shape::new(side, side, 3);
            let site = Site::new(shape, DType::U8);
            let src = vec![100_u8; shape.len()];
            let row = 3 * side as isize;
            // SAFETY: `src` holds a contiguous image of this shape and outlives the view.
            let src = unsafe { Strided::from_raw(src.as_ptr(), shape, [row, 3, 1]) };
            let Some(end) = pipeline.output(site).2 else { unreachable!("no draw decides it") };
            let mut out = vec![0.0_f32; end.len()];
            let plane = 4 * (end.height * end.width) as isize;
            let strides = [4 * end.width as isize, 4, plane];
            // SAFETY: `out` holds the planes of an image of this shape and outlives the view.
            let mut dst = unsafe { StridedMut::from_raw(out.as_mut_ptr().cast(), end, strides) };
            let mut scratch = Scratch::default();
            for level in level::available() {
                let mut index = 0;
                group.bench_function(BenchmarkId::new(level::name(level), side), |b| {
                    b.iter(|| {
                        index += 1;
                        let Drawn { steps, .. } = pipeline
                            .draw(
                                At { keys: &keys, epoch: 0, index, frame: 0, others: None },
                                site,
                                None,
                            )
                            .unwrap();
                        let plan = Plan::fused(steps).unwrap();
                        plan.run(level, DType::U8, &src, &mut dst, &mut scratch).unwrap();
                    });
                });
            }
        }
    }
}

/// What it takes to draw an op's parameters and to prepare its step: keys are the batch's.
fn draw(c: &mut Criterion) {
    let shape = Shape::new(512, 512, 3);
    let site = Site::new(shape, DType::U8);
    let mut group = c.benchmark_group("draw");
    for entry in ops::REGISTRY {
        let fields = (entry.examples)(shape).swap_remove(0);
        let pipeline = pipeline(&node(entry.name, entry.version, fields)).unwrap();
        let keys = pipeline.keys(address(1, 0, 0).stream_key());
        let mut index = 0;
        with_targets(shape, |all| {
            group.bench_function(entry.name, |b| {
                let draw = |targets| {
                    index += 1;
                    let at = At {
                        keys: &keys,
                        epoch: 0,
                        index: black_box(index),
                        frame: 0,
                        others: None,
                    };
                    pipeline.draw(at, site, Some(targets))
                };
                b.iter_batched(|| all.clone(), draw, BatchSize::SmallInput);
            });
        });
    }
}

/// The floor of everything: one copy of the image.
fn copy(c: &mut Criterion) {
    for side in SIDES {
        let src = pattern(DType::U8, Shape::new(side, side, 3));
        let mut dst = AnyImage::new(DType::U8, Shape::new(side, side, 3));
        c.bench_function(&format!("copy/{side}"), |b| {
            b.iter(|| {
                let view: AnyView = black_box(&src).view();
                dst.view_mut().copy_from(view);
            });
        });
    }
}

fn randomness(c: &mut Criterion) {
    let field = Field { key: 1, epoch: 2, index: 3 };
    let mut words = vec![0; 1 << 16];
    let mut group = c.benchmark_group("philox");
    group.throughput(Throughput::Bytes(4 * words.len() as u64));
    for level in level::available() {
        group.bench_function(level::name(level), |b| {
            b.iter(|| field.fill(level, 0, black_box(&mut words)));
        });
    }
    group.finish();
    c.bench_function("draws/16", |b| {
        b.iter(|| {
            let mut draws = Draws::new(black_box(field));
            (0..16).fold(0.0, |sum, _| sum + draws.unit())
        });
    });
}

/// Normal deviates of 16 random bits each; rare ones, one in 1024, are left to their definition.
fn deviates(c: &mut Criterion) {
    #[simd]
    fn magnitudes<S: Vocab>(simd: S, bits: &[u16], out: &mut [u16]) {
        let n = S::u16s::LEN;
        for (h, out) in bits.chunks_exact(2 * n).zip(out.chunks_exact_mut(2 * n)) {
            let h = [S::u16s::from_slice(simd, &h[..n]), S::u16s::from_slice(simd, &h[n..])];
            let (z, _) = normal::magnitudes(simd, h);
            z[0].store_slice(&mut out[..n]);
            z[1].store_slice(&mut out[n..]);
        }
    }
    let bits: Vec<u16> = (0..1 << 16).map(|i: u32| (i.wrapping_mul(40_503) >> 3) as u16).collect();
    let mut out = vec![0; bits.len()];
    let mut group = c.benchmark_group("normal");
    group.throughput(Throughput::Elements(bits.len() as u64));
    for level in level::available() {
        group.bench_function(level::name(level), |b| {
            b.iter(|| vectors!(level, simd => magnitudes(simd, black_box(&bits), &mut out)));
        });
    }
}

/// Positions of an epoch to samples, where hardly any and where most have to walk on.
fn order(c: &mut Criterion) {
    let positions: Vec<u64> = (0..1 << 14).collect();
    let mut numbers = positions.clone();
    let mut group = c.benchmark_group("order");
    group.throughput(Throughput::Elements(positions.len() as u64));
    for n in [1 << 20, (1 << 20) + 1] {
        let order = Order::new(1, n);
        for level in level::available() {
            group.bench_function(BenchmarkId::new(level::name(level), n), |b| {
                b.iter(|| {
                    numbers.copy_from_slice(&positions);
                    order.indices(level, 0, black_box(&mut numbers));
                });
            });
        }
    }
}

criterion_group!(benches, copy, randomness, deviates, order, draw, recipes, every_op);
criterion_main!(benches);
