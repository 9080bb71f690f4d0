//! Every op x level x size on uint8 with three channels, and the sources of randomness.
//! `cargo bench -- HorizontalFlip/avx2` runs a part.

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::black_box;

use bitaug::draws::Draws;
use bitaug::image::{AnyImage, AnyView, DType, Shape};
use bitaug::order::Order;
use bitaug::philox::Field;
use bitaug::step::{Site, Step};
use bitaug::{level, ops};
use common::{address, node, pattern, pipeline};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const SIDES: [usize; 2] = [224, 512];

/// Steps over pixels, parameters drawn beforehand, outputs reused.
fn every_op(c: &mut Criterion) {
    for entry in ops::REGISTRY {
        for side in SIDES {
            let shape = Shape::new(side, side, 3);
            let site = Site { shape, dtype: DType::U8 };
            for (i, fields) in (entry.examples)(shape).into_iter().enumerate() {
                let pipeline = pipeline(&node(entry.name, entry.version, fields)).unwrap();
                let at = address(1, 0, i as u64);
                let keys = pipeline.keys(at.stream_key());
                let Ok(steps) = pipeline.draw(&keys, at.epoch, at.index, site) else { continue };
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

/// What it takes to draw an op's parameters and to prepare its step: keys are the batch's.
fn draw(c: &mut Criterion) {
    let shape = Shape::new(512, 512, 3);
    let site = Site { shape, dtype: DType::U8 };
    let mut group = c.benchmark_group("draw");
    for entry in ops::REGISTRY {
        let fields = (entry.examples)(shape).swap_remove(0);
        let pipeline = pipeline(&node(entry.name, entry.version, fields)).unwrap();
        let keys = pipeline.keys(address(1, 0, 0).stream_key());
        let mut index = 0;
        group.bench_function(entry.name, |b| {
            b.iter(|| {
                index += 1;
                pipeline.draw(&keys, 0, black_box(index), site)
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

criterion_group!(benches, copy, randomness, order, draw, every_op);
criterion_main!(benches);
