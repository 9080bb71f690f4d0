//! All ops x all levels x edge shapes, against scalar: equal bytes.

mod common;

use bitaug::image::Shape;
use bitaug::simd::level;
use common::{DTYPES, How, address, entries, node, pattern, pipeline, sample};

/// Widths around every vector length, channels that are fast and one that is not.
const WIDTHS: [usize; 17] = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 67];
const CHANNELS: [usize; 4] = [1, 3, 4, 7];
const HEIGHTS: [usize; 3] = [1, 2, 5];

#[test]
fn every_level_equals_scalar() {
    let levels = level::available();
    let names: Vec<_> = levels.iter().map(|&level| level::name(level)).collect();
    for entry in entries() {
        let mut compared = 0;
        for (i, &width) in WIDTHS.iter().enumerate() {
            for channels in CHANNELS {
                let shape = Shape::new(HEIGHTS[(i + channels) % 3], width, channels);
                for (seed, fields) in (entry.examples)(shape).into_iter().enumerate() {
                    let pipeline = pipeline(&node(entry.name, entry.version, fields)).unwrap();
                    let at = address(seed as u64, 3, width as u64);
                    for dtype in DTYPES {
                        let image = pattern(dtype, shape);
                        let run = |level, gap| {
                            sample(&pipeline, How { level, fuse: true, gap }, &at, &image)
                        };
                        let scalar = run(levels[0], 0);
                        for &level in &levels {
                            let gap = i % 4;
                            let got = run(level, gap);
                            let name = level::name(level);
                            let what = (entry.name, name, shape, dtype, gap);
                            assert!(got == scalar, "{what:?} {}", pipeline.spec().to_json());
                        }
                        compared += usize::from(scalar.is_ok());
                    }
                }
            }
        }
        assert!(compared >= 50, "{} was hardly run: {compared}", entry.name);
        println!("{}: {compared} cases equal at {}", entry.name, names.join(", "));
    }
}

/// The list of levels is what the processor has, not what happened to be compiled.
#[cfg(target_arch = "x86_64")]
#[test]
fn no_level_is_missing() {
    let names: Vec<_> = level::available().into_iter().map(level::name).collect();
    for (name, there) in [
        ("scalar", true),
        ("sse2", true),
        ("sse4.2", is_x86_feature_detected!("sse4.2")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("avx512", is_x86_feature_detected!("avx512vbmi2")),
    ] {
        assert_eq!(names.contains(&name), there, "{name}: {names:?}");
    }
}
