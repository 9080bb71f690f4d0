//! What is asked of whole data sets: their statistics, and the nearest of many hashes.
//! `cargo bench --bench sets -- nearest/avx2` runs a part.

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::black_box;

use bitaug::data::hamming;
use bitaug::data::statistics::Tally;
use bitaug::image::{AnyImage, Shape, Strided};
use bitaug::plan::threads::go_on;
use bitaug::random::philox::Field;
use bitaug::simd::level;
use bitaug::simd::level::Level;
use common::{DTYPES, pattern};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn statistics(c: &mut Criterion) {
    for dtype in DTYPES {
        let mut group = c.benchmark_group(format!("statistics/{}", dtype.name()));
        for channels in [1, 2, 3, 4, 16] {
            let shape = Shape::new(512, 512, channels);
            let noise = pattern(dtype, shape);
            // Counting what is all alike is the slowest.
            let black = AnyImage::new(dtype, shape);
            group.throughput(Throughput::Elements(shape.len() as u64));
            for (name, image) in [("noise", &noise), ("black", &black)] {
                let image = match image {
                    AnyImage::U8(image) => Strided::of(image.view()),
                    AnyImage::U16(image) => Strided::of(image.view()),
                    AnyImage::F32(image) => Strided::of(image.view()),
                };
                let mut tally = Tally::new(dtype, channels).unwrap();
                group.bench_function(BenchmarkId::new(name, channels), |b| {
                    b.iter(|| tally.add(black_box(&[image]), 1).unwrap());
                });
            }
        }
    }
}

/// Hashes among 100,000 others, of which none is near, on one thread: as many at this machine's
/// best level, a tenth at each.
fn nearest(c: &mut Criterion) {
    let hashes = |index| -> Vec<u64> {
        let field = Field { key: 1, epoch: 0, index };
        let word = |e| u64::from(field.word(e));
        (0..100_000).map(|e| word(2 * e) << 32 | word(2 * e + 1)).collect()
    };
    let (queries, keys) = (hashes(0), hashes(1));
    let mut group = c.benchmark_group("nearest");
    group.sample_size(10);
    let each = level::available().into_iter().map(|level| (level, 10_000));
    for (level, count) in each.chain([(Level::new(), queries.len())]) {
        let queries = &queries[..count];
        group.throughput(Throughput::Elements((count * keys.len()) as u64));
        group.bench_function(BenchmarkId::new(level::name(level), count), |b| {
            b.iter(|| hamming::nearest(level, queries, black_box(&keys), 6, false, 1, &go_on));
        });
    }
}

criterion_group!(benches, statistics, nearest);
criterion_main!(benches);
