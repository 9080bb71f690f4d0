//! Normal deviates in fixed point, by the inverse of the distribution function, and their use as
//! noise. This plain code is the definition; kernels must equal it.
//!
//! ```text
//! t = low 15 bits of h ^ ~s, s = all ones if h >= 2^15 else 0     so h as i16 orders the deviates
//! |z| has upper tail probability (t + 1/2) / 2^16                  t >= 16: 16 random bits
//!                                (t 2^32 + r + 1/2) / 2^48         t < 16: 32 more, r
//! body   64 segments of t (32, 128, 1024 wide): B - x (S - x 8 Q), x the fraction of the segment
//! edge   t = 16..31 from a table of exact values
//! tail   straight lines between knots at 2^e (1 + j / 8) of x = (t 2^32 + r) 2 + 1, e < 37, j < 8
//! noise  sign * ((|z| g + 2^(15+j)) >> (16 + j)), g = round(sigma 2^j)
//! ```
//!
//! Tables: tools/fit_normal.py. Errors (docs/spec/normal.md): |z| 1.0e-3 in the body, 2.7e-4 in
//! the tail, which ends at 7.87; distribution function 3.7e-5; variance 1.00000.

pub mod tables;

use fearless_simd::prelude::*;

use crate::simd::Vocab;
use tables::{BASE, CURVE, EDGE, SLOPE, TAIL};

/// Fraction bits of a deviate.
pub const Z_BITS: u32 = 16;
/// A `t` below this asks for a tail word.
pub const TAIL_BELOW: u16 = 16;

/// The deviate of 16 random bits in Q16; `tail` is asked for its 32 bits by one h in 2048.
/// Odd: `deviate(!h) = -deviate(h)`. Rises with `h as i16`.
#[inline(always)]
pub fn deviate(h: u16, tail: impl FnOnce() -> u32) -> i32 {
    let sign = (h as i16 >> 15) as u16;
    let t = (h ^ !sign) & 0x7fff;
    let z = if t < TAIL_BELOW { tail_magnitude(t, tail()) } else { u32::from(magnitude(t)) << 2 };
    let sign = i32::from(sign as i16);
    (z as i32 ^ sign) - sign
}

/// |z| in Q14 for t in 16..32768, in unsigned 16-bit arithmetic that never wraps but in F.
#[inline(always)]
pub fn magnitude(t: u16) -> u16 {
    if t < 32 {
        return EDGE[usize::from(t - TAIL_BELOW)];
    }
    let x = match t {
        ..128 => t << 5,
        128..4096 => t << 3 | 0x8000,
        _ => t,
    };
    let i = usize::from(x >> 10);
    let f = x << 6;
    BASE[i] - high(f, SLOPE[i] - high(f, 8 * u16::from(CURVE[i])))
}

#[inline(always)]
fn high(a: u16, b: u16) -> u16 {
    ((u32::from(a) * u32::from(b)) >> 16) as u16
}

const fn bytes(table: &[u16; 64], byte: u32) -> [u8; 64] {
    let mut out = [0; 64];
    let mut i = 0;
    while i < 64 {
        out[i] = (table[i] >> (8 * byte)) as u8;
        i += 1;
    }
    out
}
const BASE_BYTES: [[u8; 64]; 2] = [bytes(&BASE, 0), bytes(&BASE, 1)];
const SLOPE_BYTES: [[u8; 64]; 2] = [bytes(&SLOPE, 0), bytes(&SLOPE, 1)];

/// |z| in Q14 of the deviates of bits `h`, and whether some are [`rare`], for which it is not.
#[inline(always)]
pub fn magnitudes<S: Vocab>(simd: S, h: [S::u16s; 2]) -> ([S::u16s; 2], bool) {
    let x = [stretch::<S>(rank::<S>(h[0])), stretch::<S>(rank::<S>(h[1]))];
    let i = simd.unpair(x[0] >> 10, x[1] >> 10);
    let mut z = pick_words(simd, &BASE_BYTES, i);
    let slope = pick_words(simd, &SLOPE_BYTES, i);
    let curve = simd.pick64(&CURVE, i);
    let zero = S::u8s::splat(simd, 0);
    let curve = [simd.pair_first(curve, zero), simd.pair_second(curve, zero)];
    for v in 0..2 {
        let f = x[v] << 6;
        z[v] -= simd.mulhi(f, slope[v] - simd.mulhi(f, curve[v] << 3));
    }
    // The first segment holds no others.
    (z, i.simd_eq(0).any_true())
}

/// Where t < 32, once in 1024.
#[inline(always)]
pub fn rare<S: Simd>(h: S::u16s) -> S::mask16s {
    below::<S>(rank::<S>(h), 32)
}

/// The t of [`deviate`].
#[inline(always)]
fn rank<S: Simd>(h: S::u16s) -> S::u16s {
    h ^ sign::<S>(h) ^ 0x7fff
}

/// All ones in the lanes of negative deviates.
#[inline(always)]
pub fn sign<S: Simd>(h: S::u16s) -> S::u16s {
    (h.bitcast::<S::i16s>() >> 15).bitcast()
}

#[inline(always)]
fn pick_words<S: Vocab>(simd: S, [low, high]: &[[u8; 64]; 2], index: S::u8s) -> [S::u16s; 2] {
    let (low, high) = (simd.pick64(low, index), simd.pick64(high, index));
    [simd.pair_first(low, high), simd.pair_second(low, high)]
}

/// The x of [`magnitude`].
#[inline(always)]
fn stretch<S: Simd>(t: S::u16s) -> S::u16s {
    let x = below::<S>(t, 4096).select((t << 3).saturating_add(0x8000), t);
    below::<S>(t, 128).select(t << 5, x)
}

/// Where t < limit; t has 15 bits, so that the comparison of i16 serves.
#[inline(always)]
fn below<S: Simd>(t: S::u16s, limit: i16) -> S::mask16s {
    t.bitcast::<S::i16s>().simd_lt(limit)
}

/// |z| in Q16 for t in 0..16 and 32 bits more.
#[cold]
pub fn tail_magnitude(t: u16, r: u32) -> u32 {
    let x = (u64::from(t) << 32 | u64::from(r)) << 1 | 1;
    let e = x.ilog2();
    let x = x << (36 - e); // the leading one at bit 36, three bits of j, 16 of fraction
    let i = (8 * e) as usize + ((x >> 33) & 7) as usize;
    let f = ((x >> 17) & 0xffff) as u32;
    TAIL[i] - (((TAIL[i] - TAIL[i + 1]) * f) >> 16)
}

/// A standard deviation in pixel levels, ready to multiply: `g = round(sigma 2^j)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gain {
    pub g: u32,
    pub j: u32,
}

impl Gain {
    /// For uint8, sigma in 0..=255: g < 2^15, so that i16 lanes suffice.
    pub fn uint8(sigma: f64) -> Self {
        Self::new(sigma, 32767.5)
    }

    /// For uint16, sigma in 0..=65535: g < 2^16, so that u32 lanes suffice.
    pub fn uint16(sigma: f64) -> Self {
        Self::new(sigma, 65535.5)
    }

    /// The largest j <= 14 with sigma 2^j < limit.
    fn new(sigma: f64, limit: f64) -> Self {
        debug_assert!((0.0..limit).contains(&sigma));
        let mut j = 14;
        while j > 0 && sigma * f64::from(1_u32 << j) >= limit {
            j -= 1;
        }
        Gain { g: (sigma * f64::from(1_u32 << j) + 0.5).floor() as u32, j }
    }

    /// sigma times a deviate in whole levels, rounded half away from zero. To be added to the pixel
    /// and clamped.
    ///
    /// With z of [`magnitude`] the same in uint8 lanes, k = j - 2 (i16 lanes hold it):
    /// `((high(z, g) ^ sign) + 2^(k-1)) >> k`; in uint16 (u32 lanes hold it):
    /// `(z g + 2^(13+j)) >> (14 + j)`, then the sign.
    #[inline(always)]
    pub fn noise(self, z: i32) -> i32 {
        let product = u64::from(z.unsigned_abs()) * u64::from(self.g);
        let level = ((product + (1 << (Z_BITS + self.j - 1))) >> (Z_BITS + self.j)) as i32;
        if z < 0 { -level } else { level }
    }
}

/// For float32, sigma >= 0 in units of the nominal maximum 1.0: `v + z as f32 * float_gain(sigma)`,
/// product and sum each rounded; z as f32 is exact.
pub fn float_gain(sigma: f64) -> f32 {
    (sigma * (1.0 / 65536.0)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::maths::detmath;
    use crate::random::address::label;

    const UNIT: f64 = 65536.0;

    fn no_tail() -> u32 {
        unreachable!("the body asked for a tail word")
    }

    /// P(Z > z) for z >= 0: a Taylor series of positive terms, or Laplace's continued fraction.
    fn upper_tail(z: f64) -> f64 {
        let density = detmath::exp(-0.5 * z * z) * 0.3989422804014327;
        if z < 3.0 {
            let (mut sum, mut term) = (0.0, z);
            for n in 1..60 {
                sum += term;
                term *= z * z / f64::from(2 * n + 1);
            }
            0.5 - density * sum
        } else {
            density / (1..200).rev().fold(z, |below, n| z + f64::from(n) / below)
        }
    }

    /// z - (the z of upper tail probability p), to first order.
    fn error(z: f64, p: f64) -> f64 {
        (p - upper_tail(z)) / (detmath::exp(-0.5 * z * z) * 0.3989422804014327)
    }

    #[test]
    fn odd_and_rising() {
        let tail = || 0x8000_0000;
        for h in 0..=u16::MAX {
            assert_eq!(deviate(!h, tail), -deviate(h, tail));
        }
        let by_rank = |n: i32| deviate(n as u16, tail);
        assert!((-32768..32767).all(|n| by_rank(n) <= by_rank(n + 1)));
        assert!(tail_magnitude(15, u32::MAX) >= u32::from(magnitude(16)) << 2);
    }

    #[test]
    fn body_is_near_the_exact_deviate() {
        let worst = (16..0x8000_u16).fold(0.0, |worst: f64, t| {
            let z = f64::from(deviate(0x7fff - t, no_tail)) / UNIT;
            worst.max(error(z, (f64::from(t) + 0.5) / 65536.0).abs())
        });
        assert!(worst < 1.0e-3, "{worst}");
    }

    #[test]
    fn tail_is_near_the_exact_deviate() {
        // 16 points of every eighth of an octave of x, as far as there are bits for them
        let points = (8..36).flat_map(|e| (128..256_u64).map(move |m| m << e >> 7));
        let mut last = u32::MAX;
        for x in points {
            let z = tail_magnitude((x >> 32) as u16, x as u32);
            let p = (x as f64 + 0.5) / (1_u64 << 48) as f64;
            assert!(error(f64::from(z) / UNIT, p).abs() < 3e-4, "{x}");
            assert!(z <= last);
            last = z;
        }
        assert_eq!(tail_magnitude(0, 0), TAIL[0]);
    }

    #[test]
    fn moments() {
        // the tail by the mean of its own 2^-12 of probability: 4096 even steps of t 2^32 + r
        let square = |z: u32| (f64::from(z) / UNIT) * (f64::from(z) / UNIT);
        let body = (16..0x8000).fold(0.0, |sum, t| sum + square(u32::from(magnitude(t)) << 2));
        let tail = (0..1 << 16).fold(0.0, |sum, n: u32| {
            sum + square(tail_magnitude((n >> 12) as u16, n << 20 | 1 << 19)) / 4096.0
        });
        let variance = (body + tail) / 32768.0;
        assert!((variance - 1.0).abs() < 1e-6, "{variance}");
    }

    const SIGMAS: [f64; 9] = [0.0, 0.01, 0.7, 1.9999, 2.0, 25.0, 100.3, 254.9, 255.0];

    /// The lanes promised to the kernels: nothing leaves i16 or u32.
    #[test]
    fn narrow_arithmetic_suffices() {
        for sigma in SIGMAS {
            let (small, large) = (Gain::uint8(sigma), Gain::uint16(sigma * 257.0));
            assert!(small.g < 1 << 15 && large.g < 1 << 16 && small.j >= 7);
            let k = small.j - 2;
            for h in (0..=u16::MAX).filter(|h| (16..0xfff0).contains(&h.wrapping_add(0x8000))) {
                let sign = h as i16 >> 15;
                let t = (h ^ !(sign as u16)) & 0x7fff;
                let z = magnitude(t);
                let n = i16::try_from(high(z, small.g as u16)).unwrap() ^ sign;
                let sum = n.checked_add(1 << (k - 1)).unwrap();
                let wide = deviate(h, no_tail);
                assert_eq!(small.noise(wide), i32::from(sum >> k), "{sigma} {h}");
                let product = (u32::from(z) * large.g).checked_add(1 << (13 + large.j)).unwrap();
                let level = (product >> (14 + large.j)) as i32;
                assert_eq!(large.noise(wide), if sign < 0 { -level } else { level });
            }
        }
    }

    #[test]
    fn noise_is_near_sigma_z() {
        for (gain, sigma) in
            SIGMAS.iter().flat_map(|&s| [(Gain::uint8(s), s), (Gain::uint16(s * 257.0), s * 257.0)])
        {
            for h in 0..=u16::MAX {
                let z = deviate(h, || 0x1234_5678);
                let exact = f64::from(z) / UNIT * sigma;
                let bound = 0.5 + 8.0 * (0.5 / f64::from(1_u32 << gain.j)).min(sigma);
                assert!((f64::from(gain.noise(z)) - exact).abs() <= bound, "{sigma} {h}");
            }
        }
    }

    /// Every line of the twin's vectors.
    #[test]
    fn equals_the_twin() {
        let mut seen = 0;
        let vectors = include_str!("../../../tests/vectors/normal.txt");
        for line in vectors.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split(' ').collect();
            let hex = |i: usize| u64::from_str_radix(words[i], 16).unwrap();
            let int = |i: usize| words[i].parse::<i32>().unwrap();
            let sigma = || f64::from_bits(hex(1));
            match words[0] {
                "all" => {
                    let text = (0..=u16::MAX).fold(String::new(), |text, h| {
                        text + &format!("{}\n", deviate(h, || 0x9e37_79b9))
                    });
                    assert_eq!(label(&text), hex(1));
                }
                "z" => assert_eq!(deviate(hex(1) as u16, || hex(2) as u32), int(3), "{line}"),
                "uint8" => assert_eq!(Gain::uint8(sigma()).noise(int(2)), int(3), "{line}"),
                "uint16" => assert_eq!(Gain::uint16(sigma()).noise(int(2)), int(3), "{line}"),
                "float32" => {
                    let noisy = f32::from_bits(hex(3) as u32) + int(2) as f32 * float_gain(sigma());
                    assert_eq!(noisy.to_bits(), hex(4) as u32, "{line}");
                }
                name => panic!("{name}"),
            }
            seen += 1;
        }
        assert!(seen > 300);
    }
}
