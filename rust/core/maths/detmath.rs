//! Elementary functions for parameters and tables, the same bits everywhere. Never used per pixel.
//!
//! ```text
//! sin, cos   x - n pi/2 with pi/2 in three parts, then Taylor: r - r^3/3! + ...   |x| <= 2^20
//! *_deg      r = x - 90 n is exact, then r pi/180 into the same polynomials         |x| <= 2^50
//! tan        sin / cos
//! exp        2^k e^r, r = x - k ln 2 with ln 2 in two parts, Taylor to r^13
//! exp2       2^k e^(r ln 2), r = x - k
//! ln         x = 2^k m, m in (1/sqrt 2, sqrt 2]: k ln 2 + 2 atanh(f / (2 + f)), f = m - 1
//! pow        exp(y ln x)
//! ```
//!
//! Source: Cody and Waite, "Software Manual for the Elementary Functions" (1980); the order of the
//! last sums of cos and ln is that of FreeBSD's msun. Only + - * / and floor, each rounded to f64
//! in the order written. Errors (docs/spec/detmath.md): below 1 ulp; sin_deg and cos_deg 1.5, tan
//! and tan_deg 3, pow 1 + 2 |y ln x|. Every NaN that comes out is 0x7ff8000000000000; arguments
//! beyond a bound above give it too.

use std::f64::consts::{FRAC_2_PI, LN_2, LOG2_E, SQRT_2};

/// pi/2 in 33 + 33 + 53 bits, so that n times the first two is exact for |n| <= 2^20.
const HALF_PI: [f64; 3] = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21];
/// ln 2 in 32 + 53 bits.
const LN_2_PARTS: [f64; 2] = [0.6931471803691238, 1.9082149292705877e-10];
/// pi/180 in 26 + 53 bits.
const RADIAN: [f64; 2] = [0.01745329238474369, 1.3519960527851425e-10];

/// -1/3!, 1/5!, ... 1/17!
const SIN: [f64; 8] = [
    -1.0 / 6.0,
    1.0 / 120.0,
    -1.0 / 5040.0,
    1.0 / 362880.0,
    -1.0 / 39916800.0,
    1.0 / 6227020800.0,
    -1.0 / 1307674368000.0,
    1.0 / 355687428096000.0,
];
/// 1/4!, -1/6!, ... 1/16!
const COS: [f64; 7] = [
    1.0 / 24.0,
    -1.0 / 720.0,
    1.0 / 40320.0,
    -1.0 / 3628800.0,
    1.0 / 479001600.0,
    -1.0 / 87178291200.0,
    1.0 / 20922789888000.0,
];
/// 1/2!, 1/3!, ... 1/13!
const EXP: [f64; 12] = [
    1.0 / 2.0,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5040.0,
    1.0 / 40320.0,
    1.0 / 362880.0,
    1.0 / 3628800.0,
    1.0 / 39916800.0,
    1.0 / 479001600.0,
    1.0 / 6227020800.0,
];
/// 2/3, 2/5, ... 2/21
const ATANH: [f64; 10] = [
    2.0 / 3.0,
    2.0 / 5.0,
    2.0 / 7.0,
    2.0 / 9.0,
    2.0 / 11.0,
    2.0 / 13.0,
    2.0 / 15.0,
    2.0 / 17.0,
    2.0 / 19.0,
    2.0 / 21.0,
];

/// c[0] + x (c[1] + x (c[2] + ...))
fn horner(x: f64, c: &[f64]) -> f64 {
    c.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// 2^k for k in -1022..=1023.
fn power_of_two(k: f64) -> f64 {
    f64::from_bits(((k + 1023.0) as u64) << 52)
}

/// v 2^k, in two steps as 2^k alone may be out of range.
fn scale(v: f64, k: f64) -> f64 {
    let half = (k * 0.5).floor();
    v * power_of_two(half) * power_of_two(k - half)
}

/// Sine and cosine of n right angles plus a + b radians: a + b is at most pi/4, b small beside a.
/// Zeros are positive.
fn turn(n: f64, a: f64, b: f64) -> (f64, f64) {
    let r = a + b;
    let tail = b - (r - a); // what r lost
    let z = r * r;
    let h = 0.5 * z;
    let w = 1.0 - h;
    let s = r + (r * (z * horner(z, &SIN)) + tail * w);
    let c = w + (((1.0 - w) - h) + (z * (z * horner(z, &COS)) - r * tail));
    match n - 4.0 * (n * 0.25).floor() {
        0.0 => (s, c),
        1.0 => (c, 0.0 - s),
        2.0 => (0.0 - s, 0.0 - c),
        _ => (0.0 - c, s),
    }
}

pub fn sin_cos(x: f64) -> (f64, f64) {
    if x.is_nan() || x.abs() > 1048576.0 {
        return (f64::NAN, f64::NAN);
    }
    let n = (x * FRAC_2_PI + 0.5).floor();
    let a = x - n * HALF_PI[0];
    let b = n * HALF_PI[1];
    let r = a - b;
    turn(n, r, ((a - r) - b) - n * HALF_PI[2])
}

pub fn sin(x: f64) -> f64 {
    sin_cos(x).0
}

pub fn cos(x: f64) -> f64 {
    sin_cos(x).1
}

pub fn tan(x: f64) -> f64 {
    let (s, c) = sin_cos(x);
    s / c
}

/// Of degrees; exact at multiples of 90.
pub fn sin_cos_deg(x: f64) -> (f64, f64) {
    if x.is_nan() || x.abs() > 1125899906842624.0 {
        return (f64::NAN, f64::NAN);
    }
    let n = (x / 90.0 + 0.5).floor();
    let r = x - n * 90.0;
    turn(n, r * RADIAN[0], r * RADIAN[1])
}

pub fn sin_deg(x: f64) -> f64 {
    sin_cos_deg(x).0
}

pub fn cos_deg(x: f64) -> f64 {
    sin_cos_deg(x).1
}

/// Infinite at odd multiples of 90: +inf at 90, -inf at 270, as a limit from one side.
pub fn tan_deg(x: f64) -> f64 {
    let (s, c) = sin_cos_deg(x);
    s / c
}

/// e^r for |r| <= ln 2 / 2 (and a little more).
fn exp_small(r: f64) -> f64 {
    1.0 + (r + r * (r * horner(r, &EXP)))
}

pub fn exp(x: f64) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    if x > 710.0 {
        return f64::INFINITY;
    }
    if x < -746.0 {
        return 0.0;
    }
    let k = (x * LOG2_E + 0.5).floor();
    scale(exp_small((x - k * LN_2_PARTS[0]) - k * LN_2_PARTS[1]), k)
}

/// Exact at integers.
pub fn exp2(x: f64) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    if x > 1025.0 {
        return f64::INFINITY;
    }
    if x < -1076.0 {
        return 0.0;
    }
    let k = (x + 0.5).floor();
    scale(exp_small((x - k) * LN_2), k)
}

/// -inf at both zeros, NaN below.
pub fn ln(x: f64) -> f64 {
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x == f64::INFINITY {
        return x;
    }
    let subnormal = x < f64::MIN_POSITIVE;
    let bits = if subnormal { x * 18014398509481984.0 } else { x }.to_bits();
    let mut k = (bits >> 52) as f64 - if subnormal { 1077.0 } else { 1023.0 };
    let mut m = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 1023 << 52);
    if m > SQRT_2 {
        m *= 0.5;
        k += 1.0;
    }
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let r = z * horner(z, &ATANH);
    k * LN_2_PARTS[0] - ((s * (f - r) - k * LN_2_PARTS[1]) - f)
}

/// x^y for x >= 0, NaN below. 1 where x = 1 or y = 0; pow(x, 1) need not be x.
pub fn pow(x: f64, y: f64) -> f64 {
    if x == 1.0 || y == 0.0 { 1.0 } else { exp(y * ln(x)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line of the twin's vectors: a name, then the bits of the arguments and of the result.
    #[test]
    fn equals_the_twin() {
        let vectors = include_str!("../../../tests/vectors/detmath.txt");
        let mut seen = 0;
        for line in vectors.lines().filter(|line| !line.starts_with('#')) {
            let (name, bits) = line.split_once(' ').unwrap();
            let v: Vec<f64> = bits
                .split(' ')
                .map(|hex| f64::from_bits(u64::from_str_radix(hex, 16).unwrap()))
                .collect();
            let got = match name {
                "sin" => sin(v[0]),
                "cos" => cos(v[0]),
                "tan" => tan(v[0]),
                "sin_deg" => sin_deg(v[0]),
                "cos_deg" => cos_deg(v[0]),
                "tan_deg" => tan_deg(v[0]),
                "exp" => exp(v[0]),
                "exp2" => exp2(v[0]),
                "ln" => ln(v[0]),
                "pow" => pow(v[0], v[1]),
                _ => panic!("{name}"),
            };
            assert_eq!(got.to_bits(), v[v.len() - 1].to_bits(), "{line}: {got:e}");
            seen += 1;
        }
        assert!(seen > 300);
    }

    #[test]
    fn right_angles_are_exact() {
        for n in -1000..=1000_i64 {
            let x = 90.0 * n as f64;
            let (s, c) =
                [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0)][n.rem_euclid(4) as usize];
            assert_eq!((sin_deg(x), cos_deg(x)), (s, c), "{x}");
            assert!(sin_deg(x).to_bits() != (-0.0_f64).to_bits());
            let t = if c == 0.0 { s * f64::INFINITY } else { 0.0 };
            assert_eq!(tan_deg(x), t, "{x}");
        }
    }

    #[test]
    fn integers_are_exact() {
        for k in -1074..=1023 {
            let x = exp2(f64::from(k));
            let expected = if k < -1022 {
                f64::from_bits(1 << (k + 1074))
            } else {
                power_of_two(f64::from(k))
            };
            assert_eq!(x, expected);
        }
        assert_eq!((exp(0.0), ln(1.0), pow(0.0, 0.5), pow(0.3, 0.0)), (1.0, 0.0, 0.0, 1.0));
    }
}
