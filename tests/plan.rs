//! Steps that are fused or share bands of rows give the bytes of each step by itself.

mod common;

use std::collections::BTreeSet;

use bitaug::image::{DType, Shape};
use bitaug::kernels::kernel::Geometry;
use bitaug::kernels::place::Place;
use bitaug::kernels::step::{Site, Step};
use bitaug::ops;
use bitaug::simd::level;
use common::{DTYPES, How, Known, address, entries, node, pattern, pipeline, runs, sample, steps};
use serde_json::{Value, json};

/// Rows enough for several bands, the last of them shorter.
const SHAPE: Shape = Shape::new(301, 203, 3);

/// Every op as a node, by its examples in turn.
fn nodes(turn: usize) -> Vec<Value> {
    let node = |entry: Known| {
        let mut examples = (entry.examples)(SHAPE);
        let fields = examples.swap_remove(turn % examples.len());
        node(entry.name, entry.version, fields)
    };
    entries().map(node).collect()
}

/// All that a plan asks of an op's steps.
fn kind(node: &Value) -> Vec<String> {
    let site = Site::new(SHAPE, DType::U8);
    let kind = |step| {
        let reach = Step::reach(&step);
        let how = match step {
            Step::Place(place) => {
                let mirrors = place == Place::mirror(place.size());
                format!("place {mirrors} {}", place.window().unwrap().is_some())
            }
            Step::Move(mut map) => format!("move {} {}", map.mirror(), map.mirror_input()),
            Step::Curves(_) => "curves".into(),
            Step::Pixels(_) => "pixels".into(),
            Step::Floats(_) => "floats".into(),
            Step::Planar => "planar".into(),
            Step::Follow(_) => "follow".into(),
            Step::Mixed(mixed) => format!("mixed {}", mixed.blend),
        };
        format!("{how} {reach:?}")
    };
    let pipeline = pipeline(node).unwrap();
    steps(&pipeline, &address(0, 2, 0), site).unwrap().into_iter().map(kind).collect()
}

/// Ordinarily a pair of ops for each pair of kinds, in a deep run all.
#[test]
fn a_fused_pipeline_equals_its_steps() {
    let level = *level::available().last().unwrap();
    let nodes: Vec<_> = (0..3).map(nodes).collect();
    let kinds: Vec<Vec<_>> = nodes.iter().map(|nodes| nodes.iter().map(kind).collect()).collect();
    let (mut met, mut compared, mut tried) = (BTreeSet::new(), 0, 0);
    for (i, first) in nodes[0].iter().enumerate() {
        for (j, second) in nodes[1].iter().enumerate() {
            let new = met.insert((&kinds[0][i], &kinds[1][j]));
            if !runs(new, i * nodes[1].len() + j) {
                continue;
            }
            let third = &nodes[2][(5 * i + j) % nodes[2].len()];
            for tail in [vec![second], vec![second, third]] {
                tried += 1;
                let mut transforms = vec![first.clone()];
                transforms.extend(tail.into_iter().cloned());
                let root = json!({
                    "op": "Compose", "version": 1, "p": 1.0, "transforms": transforms,
                    "bbox_params": null,
                });
                let Ok(pipeline) = pipeline(&root) else { continue };
                let dtype = if (i + j) % 4 == 0 { DTYPES[(i + j) / 4 % 3] } else { DType::U8 };
                let image = pattern(dtype, SHAPE);
                let run = |fuse| {
                    let at = address(i as u64, 2, j as u64);
                    sample(&pipeline, How { level, fuse, gap: 0 }, &at, &image)
                };
                let stepwise = run(false);
                assert!(run(true) == stepwise, "{root}");
                compared += usize::from(stepwise.is_ok());
            }
        }
    }
    assert!(4 * compared > 3 * tried, "hardly run: {compared} of {tried}");
    println!("{compared} pipelines equal their steps");
}

#[test]
fn a_resize_and_its_flips_equal_their_steps() {
    let flip = json!({"op": "HorizontalFlip", "version": 1, "p": 1.0});
    for channels in 1..=4 {
        let shape = Shape::new(61, 83, channels);
        let resizes = ops::REGISTRY.iter().filter(|entry| entry.name.contains("Resize"));
        let nodes = resizes.flat_map(|entry| {
            let examples = (entry.examples)(shape).into_iter();
            examples.map(|fields| node(entry.name, entry.version, fields))
        });
        for (i, resize) in nodes.enumerate() {
            let flips = vec![flip.clone(); 1 + i % 2];
            let transforms = [vec![resize], flips].concat();
            let root = json!({
                "op": "Compose", "version": 1, "p": 1.0, "transforms": transforms,
                "bbox_params": null,
            });
            let pipeline = pipeline(&root).unwrap();
            for dtype in DTYPES {
                let image = pattern(dtype, shape);
                for level in level::available() {
                    let run = |fuse| {
                        let how = How { level, fuse, gap: 0 };
                        sample(&pipeline, how, &address(3, 0, 5), &image).unwrap()
                    };
                    assert!(run(true) == run(false), "{root} {channels} {}", level::name(level));
                }
            }
        }
    }
}

/// Given and measured, for all channels and for each, those that measure behind those that turn
/// the order of values around.
#[test]
fn chains_of_curves_equal_their_steps() {
    let op = |name: &str, fields: Value| {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        node(name, 1, fields)
    };
    let stretch = |cutoff, tone| json!({"cutoff": cutoff, "ignore": null, "preserve_tone": tone});
    let links = |channels: i64| {
        let bits: Vec<_> = (0..channels).map(|c| [1 + c, 8]).collect();
        vec![
            op("Solarize", json!({"threshold_range": [0.3, 0.9]})),
            op("AutoContrast", stretch([0.0, 0.0], false)),
            op("Posterize", json!({"num_bits": bits})),
            op("RandomGamma", json!({"gamma_limit": [50.0, 200.0]})),
            op("Equalize", json!({"mode": "pil", "by_channels": true})),
            op("InvertImg", json!({})),
            op("AutoContrast", stretch([0.0, 0.0], channels == 3)),
            op("SolarizeAdd", json!({"add_range": [0.0, 0.43], "threshold": 0.5})),
            op("AutoContrast", stretch([5.0, 10.0], channels == 3)),
            op("Equalize", json!({"mode": "cv", "by_channels": channels != 3})),
            op(
                "RandomBrightnessContrast",
                json!({"brightness_limit": [-0.2, 0.2], "contrast_limit": [-0.2, 0.2]}),
            ),
        ]
    };
    for channels in 1..=5 {
        let links = links(channels);
        let shape = Shape::new(37, 71, channels as usize);
        for (first, end) in [(0, 11), (1, 7), (0, 2), (4, 9), (2, 4)] {
            let root = json!({
                "op": "Compose", "version": 1, "p": 1.0, "transforms": links[first..end],
                "bbox_params": null,
            });
            let pipeline = pipeline(&root).unwrap();
            for dtype in DTYPES {
                let image = pattern(dtype, shape);
                let run = |level, fuse| {
                    let how = How { level, fuse, gap: 0 };
                    sample(&pipeline, how, &address(3, 0, 5), &image).unwrap()
                };
                let wanted = run(level::available()[0], false);
                for level in level::available() {
                    let name = level::name(level);
                    assert!(run(level, true) == wanted, "{first} {end} {shape:?} {name}");
                }
            }
        }
    }
}
