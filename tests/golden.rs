//! The published digests: op x configuration x type x shape x seed, a file for each op, and whole
//! pipelines. Every row carries its complete spec, so that any platform recomputes it without Python.
//! `BITAUG_GOLDEN=write cargo test --test golden` adds what is missing and refuses to change a row.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use bitaug::digest;
use bitaug::image::{DType, Shape};
use bitaug::simd::level;
use common::{DTYPES, How, OTHERS, address, entries, node, pattern, pipeline, sample};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Row {
    op: String,
    dtype: DType,
    shape: [usize; 3],
    seed: u64,
    epoch: u32,
    index: u64,
    digest: String,
    spec: Value,
}

const SHAPES: [[usize; 3]; 4] = [[31, 67, 3], [16, 16, 1], [1, 5, 4], [9, 2, 7]];

/// Every row that should be there, its digest still to be computed.
fn wanted() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |op: &str, mixes, dtype, shape, seed: u64, spec: Value| {
        let (epoch, index) = (seed as u32 % 3, seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // A sample that is mixed is one of those that there are.
        let index = if mixes { index % OTHERS } else { index };
        let digest = String::new();
        rows.push(Row { op: op.into(), dtype, shape, seed, epoch, index, digest, spec });
    };
    for entry in entries() {
        for shape in SHAPES {
            let [height, width, channels] = shape;
            for (i, fields) in
                (entry.examples)(Shape::new(height, width, channels)).into_iter().enumerate()
            {
                for dtype in DTYPES {
                    let spec = node(entry.name, entry.version, fields.clone());
                    row(entry.name, entry.mixes, dtype, shape, 1 + i as u64, spec);
                }
            }
        }
    }
    for (name, spec) in pipelines() {
        for dtype in DTYPES {
            // Floats of the pattern are of 0 to 1, which a pipeline of larger ones refuses.
            if dtype == DType::F32 && spec["white"].as_f64().is_some_and(|white| white > 1.0) {
                continue;
            }
            for seed in [1, 2, u64::MAX] {
                row(name, false, dtype, [40, 53, 3], seed, spec.clone());
            }
        }
    }
    rows
}

/// Pipelines that fuse: tables, index maps, and the tail.
fn pipelines() -> Vec<(&'static str, Value)> {
    let contrast = json!({"op": "RandomBrightnessContrast", "version": 1, "p": 1.0,
        "brightness_limit": [-0.2, 0.2], "contrast_limit": [-0.2, 0.2]});
    let flip = json!({"op": "HorizontalFlip", "version": 1, "p": 0.5});
    let crop = json!({"op": "RandomCrop", "version": 1, "p": 1.0, "height": 32, "width": 24});
    let pad = json!({"op": "Pad", "version": 1, "p": 0.5, "padding": [1, 2, 3, 4],
        "border": "reflect101", "fill": [0.0], "fill_mask": 0.0});
    let turn = json!({"op": "RandomRotate90", "version": 1, "p": 1.0});
    let normalize = json!({"op": "Normalize", "version": 1, "p": 1.0,
        "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]});
    let chw = json!({"op": "ToCHW", "version": 1, "p": 1.0});
    let noise = json!({"op": "GaussNoise", "version": 1, "p": 1.0, "std_range": [0.02, 0.2],
        "mean_range": [-0.1, 0.1], "per_channel": true});
    let jitter = json!({"op": "ColorJitter", "version": 1, "p": 1.0, "brightness": [0.6, 1.4],
        "contrast": [0.6, 1.4], "saturation": [0.6, 1.4], "hue": [-0.1, 0.1]});
    let some = |op: &Value, channels: &[usize]| {
        let mut op = op.clone();
        op["channels"] = json!(channels);
        op
    };
    let compose = |p: f64, transforms: Value| json!({"op": "Compose", "version": 1, "p": p, "transforms": transforms});
    let policy = |mut node: Value| {
        for (field, value) in [
            ("version", json!(1)),
            ("p", json!(1.0)),
            ("interpolation", json!("nearest")),
            ("fill", json!([0.5])),
        ] {
            node[field] = value;
        }
        node
    };
    vec![
        ("places", compose(1.0, json!([flip, pad, turn, crop, flip]))),
        ("tables", compose(1.0, json!([contrast, contrast, flip, contrast]))),
        ("tail", compose(1.0, json!([flip, contrast, normalize, chw]))),
        (
            "white",
            json!({"op": "Compose", "version": 1, "p": 1.0, "white": 60000, "transforms":
                [contrast, noise, jitter, {"op": "ToGray", "version": 1, "p": 0.5}, contrast]}),
        ),
        (
            "gray",
            json!({"op": "Compose", "version": 1, "p": 1.0, "white": 0.9, "transforms":
                [noise, jitter, {"op": "ToFloat", "version": 1, "p": 1.0}, jitter]}),
        ),
        (
            "channels",
            compose(
                1.0,
                json!([some(&noise, &[1]), some(&jitter, &[2, 0, 1]), some(&contrast, &[2, 0])]),
            ),
        ),
        ("auto_augment", policy(json!({"op": "AutoAugment", "policy": "imagenet"}))),
        (
            "rand_augment",
            policy(json!({"op": "RandAugment", "num_ops": 4, "magnitude": 9,
                "num_magnitude_bins": 31})),
        ),
        (
            "trivial_augment_wide",
            policy(json!({"op": "TrivialAugmentWide", "num_magnitude_bins": 31})),
        ),
        ("nested", compose(0.7, json!([flip, compose(0.5, json!([flip, contrast])), turn]))),
    ]
}

fn key(row: &Row) -> String {
    serde_json::to_string(&Row { digest: String::new(), ..row.clone() }).unwrap()
}

fn compute(row: &Row, how: How) -> Option<String> {
    let [height, width, channels] = row.shape;
    let image = pattern(row.dtype, Shape::new(height, width, channels));
    let pipeline = pipeline(&row.spec).unwrap();
    let at = address(row.seed, row.epoch, row.index);
    // An op may refuse the shape (ToGray of one channel): then there is no row.
    sample(&pipeline, how, &at, &image).ok().map(|output| digest::hex(output.digest()))
}

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

/// Where a row is: an op has a file of its own, the pipelines share one.
fn file(row: &Row) -> PathBuf {
    let whole = pipelines().iter().any(|(name, _)| row.op == *name);
    Path::new(FOLDER).join(if whole { "pipelines" } else { &row.op }).with_extension("jsonl")
}

/// The published rows by their files.
fn published() -> BTreeMap<PathBuf, Vec<Row>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let rows = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        files.insert(path, rows);
    }
    files
}

#[test]
fn published_digests_hold() {
    let levels = level::available();
    let mut files = published();
    let mut keys = BTreeSet::new();
    for (path, row) in files.iter().flat_map(|(path, rows)| rows.iter().map(move |row| (path, row)))
    {
        assert_eq!(path, &file(row), "in the file of another: {row:?}");
        assert!(keys.insert(key(row)), "twice: {row:?}");
        for &level in &levels {
            for fuse in [true, false] {
                let got = compute(row, How { level, fuse, gap: 0 });
                let name = level::name(level);
                assert_eq!(got.as_ref(), Some(&row.digest), "{name} fuse={fuse} {row:?}");
            }
        }
    }

    let how = How { level: level::Level::fallback(), fuse: false, gap: 0 };
    let missing: Vec<Row> = wanted()
        .into_iter()
        .filter(|row| !keys.contains(&key(row)))
        .filter_map(|row| compute(&row, how).map(|digest| Row { digest, ..row }))
        .collect();
    if std::env::var("BITAUG_GOLDEN").as_deref() == Ok("write") {
        for row in missing {
            files.entry(file(&row)).or_default().push(row);
        }
        for (path, rows) in files {
            let lines = rows.iter().map(|row| serde_json::to_string(row).unwrap() + "\n");
            fs::write(path, lines.collect::<String>()).unwrap();
        }
    } else {
        assert!(missing.is_empty(), "{} rows are not published: {:?}", missing.len(), missing[0]);
    }
    let names: Vec<_> = levels.iter().map(|&level| level::name(level)).collect();
    println!("{} digests at {}", keys.len(), names.join(", "));
}
