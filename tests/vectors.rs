//! The vectors of docs/spec.md, which the NumPy twin has written (tests/reference/vectors.py).

use bitaug::data::order::Order;
use bitaug::data::systematic::Systematic;
use bitaug::digest::{Digest, hex};
use bitaug::pipeline::spec::{Kind, Node, Spec};
use bitaug::random::address::{self, Address, Stream, fold, label};
use bitaug::random::draws::Draws;
use bitaug::random::philox::Field;
use bitaug::simd::level;
use xxhash_rust::xxh3::xxh3_64;

fn lines(text: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| (line, line.split(' ').collect()))
}

fn hex64(text: &str) -> u64 {
    u64::from_str_radix(text, 16).unwrap()
}

fn decimal<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// What hash and samples are written as.
fn bytes(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

const ELEMENTS: [u64; 8] = [0, 1, 2, 3, 63, 64, 1000, (1 << 34) - 1];

#[test]
fn addresses() {
    let mut seen = 0;
    for (line, words) in lines(include_str!("vectors/addresses.txt")) {
        let text = |i: usize| words[i].trim_matches('"');
        match words[0] {
            "label" => assert_eq!(label(text(1)), hex64(words[2]), "{line}"),
            "fold" => {
                let key = fold(hex64(words[1]), hex64(words[2]), decimal(words[3]));
                assert_eq!(key, hex64(words[4]), "{line}");
            }
            "address" => {
                let address = Address {
                    seed: decimal(words[1]),
                    stream: Stream::Name(text(2).into()),
                    epoch: decimal(words[4]),
                    index: decimal(words[5]),
                    repeat: decimal(words[6]),
                };
                let stream = address.stream_key();
                let op = address::op_key(stream, label(text(3)));
                let parameter = address::parameter_key(op);
                let pixel = address::pixel_key(op, 0);
                let mut draws = Draws::new(address.field(parameter));
                let mut got = vec![hex(stream), hex(op), hex(parameter)];
                got.extend((0..8).map(|_| format!("{:08x}", draws.word())));
                got.extend([hex(pixel), hex(address::pixel_key(op, 1 | 2 << 32))]);
                let field = address.field(pixel);
                got.extend(ELEMENTS.map(|e| format!("{:08x}", field.word(e))));
                assert_eq!(got, words[7..], "{line}");
            }
            kind => panic!("{kind}"),
        }
        seen += 1;
    }
    assert_eq!(seen, 24);
}

#[test]
fn draws() {
    let mut seen = 0;
    for (line, words) in lines(include_str!("vectors/draws.txt")) {
        let [key, epoch, index, first, name, ref arguments @ .., result] = words[..] else {
            panic!("{line}")
        };
        let mut draws =
            Draws::new(Field { key: hex64(key), epoch: decimal(epoch), index: decimal(index) });
        (0..decimal(first)).for_each(|_| _ = draws.word());
        let float = |i: usize| f64::from_bits(hex64(arguments[i]));
        let bits = |v: f64| hex(v.to_bits());
        let list =
            |order: &[usize]| order.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        let got = match name {
            "unit" => bits(draws.unit()),
            "range" => bits(draws.range([float(0), float(1)])),
            "log_range" => bits(draws.log_range([float(0), float(1)])),
            "below" => draws.below(decimal(arguments[0])).to_string(),
            "integer" => draws.integer([decimal(arguments[0]), decimal(arguments[1])]).to_string(),
            "bernoulli" => draws.bernoulli(float(0)).to_string(),
            "permutation" => match arguments[0] {
                "1" => list(&draws.permutation::<1>()),
                "2" => list(&draws.permutation::<2>()),
                "4" => list(&draws.permutation::<4>()),
                "7" => list(&draws.permutation::<7>()),
                n => panic!("{n}"),
            },
            name => panic!("{name}"),
        };
        assert_eq!(got, result, "{line}");
        seen += 1;
    }
    assert!(seen > 50);
}

#[test]
fn orders() {
    let mut seen = 0;
    for (line, words) in lines(include_str!("vectors/order.txt")) {
        let numbers = |i: usize| words[i].split(',').map(decimal::<u64>).collect::<Vec<_>>();
        let stream = words[2].trim_matches('"');
        let key = address::stream_key(decimal(words[1]), label(stream), 0);
        match words[0] {
            "order" => {
                let (order, epoch) = (Order::new(key, decimal(words[3])), decimal(words[4]));
                for level in level::available() {
                    let mut found = numbers(5);
                    order.indices(level, epoch, &mut found);
                    assert_eq!(found, numbers(6), "{line}");
                    order.positions(level, epoch, &mut found);
                    assert_eq!(found, numbers(5), "{line}");
                }
            }
            "members" => {
                let order = Order::of_group(key, decimal(words[3]), decimal(words[4]));
                let epoch = decimal(words[5]);
                for (position, member) in (0..).zip(numbers(6)) {
                    assert_eq!(order.index(epoch, position), member, "{line}");
                    assert_eq!(order.position(epoch, member), position, "{line}");
                }
            }
            "dealt" => {
                let mut sum = 0;
                let mut cumulative = numbers(4);
                for weight in &mut cumulative {
                    sum += *weight;
                    *weight = sum;
                }
                let n = decimal(words[3]);
                let dealt = Systematic::new(key, n, &cumulative, decimal(words[5]));
                let slots = (0..n).map(|slot| dealt.at(slot));
                let taken: Vec<_> = slots.map(|(i, turn)| format!("{i}:{turn}")).collect();
                assert_eq!(taken.join(","), words[6], "{line}");
            }
            "split" => {
                let text = label(words[3].trim_matches('"'));
                assert_eq!(fold(key, text, 8), hex64(words[4]), "{line}");
            }
            kind => panic!("{kind}"),
        }
        seen += 1;
    }
    assert_eq!(seen, 66);
}

#[test]
fn digests() {
    let mut seen = 0;
    for (line, words) in lines(include_str!("vectors/digests.txt")) {
        match words[0] {
            "content" => content(words[1], words[2], &bytes(words[3]), hex64(words[4])),
            "pipeline" => {
                let [_, data, digest, paths, document] =
                    line.splitn(5, ' ').collect::<Vec<_>>()[..]
                else {
                    panic!("{line}")
                };
                pipeline(&bytes(data), hex64(digest), paths, document);
            }
            kind => panic!("{kind}"),
        }
        seen += 1;
    }
    assert!(seen > 10);
}

fn content(dtype: &str, shape: &str, data: &[u8], expected: u64) {
    assert_eq!(xxh3_64(data), expected);
    let shape: Vec<usize> = shape.split(',').filter(|&n| n != "-").map(decimal).collect();
    let mut digest = Digest::new(dtype, &shape);
    let samples = &data[dtype.len() + 1 + 8 * (1 + shape.len())..];
    let count = shape.iter().copied().reduce(|n, axis| n * axis).unwrap_or(1);
    let size = samples.len().checked_div(count).unwrap_or(1);
    for sample in samples.chunks_exact(size) {
        let mut native = sample.to_vec();
        if cfg!(target_endian = "big") {
            native.reverse();
        }
        digest.update(&native, size);
    }
    assert_eq!(digest.finish(), expected, "{dtype} {shape:?}");
}

fn pipeline(data: &[u8], digest: u64, paths: &str, document: &str) {
    assert_eq!(xxh3_64(data), digest);
    let spec = |text: &str| Spec::from_value(serde_json::from_str(text).unwrap()).unwrap();
    assert_eq!(spec(document).digest(), digest, "{document}");
    let integers = document.replace("1.0", "1").replace(" 0.0", " 0");
    assert_eq!(spec(&integers).digest(), digest, "{integers}");
    let expected: Vec<&str> = paths.split(',').filter(|&path| path != "-").collect();
    let mut found = Vec::new();
    below(&spec(document).root, &mut found);
    assert_eq!(found, expected);
}

fn below(node: &Node, paths: &mut Vec<String>) {
    if let Kind::Container(_, children) = &node.kind {
        for child in children {
            paths.push(child.path.clone());
            assert_eq!(child.path_label, label(&child.path));
            below(child, paths);
        }
    }
}
