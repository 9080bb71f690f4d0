//! Beta deviates from one word, by the inverse of the distribution function, in f64.
//!
//! With s = ln x, the logarithm of the incomplete beta integral from 0 to x, x <= 1/2, is
//!
//! ```text
//! lnG(a, b, s) = (a s + b ln(1 - x)) + ln(S / a)     S = 1 + t1 + t2 + ..., t0 = 1
//! t(n+1) = t(n) (x ((a + b + n) / (a + 1 + n)))       until a term is at most S 2^-56
//! ```
//!
//! (all terms are positive). With gl = lnG(a, b, ln 1/2), gr = lnG(b, a, ln 1/2) and m the larger,
//! ln B = m + ln(exp(gl - m) + exp(gr - m)), and p0 = exp(gl - ln B), or 1/2 where a = b, is the
//! chance of x <= 1/2. Of a word u in (0, 1): the side is (a, b) with T = ln(u) + ln B where
//! u <= p0, else (b, a) with T = ln(1 - u) + ln B. From s = min(ln 1/2, (T + ln a) / a), ten steps
//! of Newton's method:
//!
//! ```text
//! s = min(ln 1/2, s - (g - T) / slope)     slope = exp((a s + (b - 1) ln(1 - x)) - g)
//! ```
//!
//! with g = lnG(a, b, s) and x = exp(s), which approach from one side. The result is exp(s) or, on
//! the side (b, a), 1 - exp(s).

use crate::bounds::{Pair, bounds};
use crate::maths::detmath::{exp, ln};

bounds! {
    /// What both parameters may be.
    Alpha: f64 = 0.05..=64.0;
}

#[derive(Debug, Clone, Copy)]
pub struct Beta {
    a: f64,
    b: f64,
    /// The logarithm of the beta function.
    ln_b: f64,
    /// The chance of at most 1/2.
    low: f64,
}

fn ln_integral(a: f64, b: f64, s: f64, x: f64) -> f64 {
    let (mut sum, mut term, mut n) = (1.0, 1.0, 0.0);
    while term > sum * (1.0 / (1_u64 << 56) as f64) {
        term *= x * ((a + b + n) / (a + 1.0 + n));
        sum += term;
        n += 1.0;
    }
    (a * s + b * ln(1.0 - x)) + ln(sum / a)
}

impl Beta {
    pub fn new(alpha: Pair<Alpha>) -> Beta {
        let [a, b] = alpha.get();
        let half = ln(0.5);
        let (left, right) = (ln_integral(a, b, half, 0.5), ln_integral(b, a, half, 0.5));
        let most = left.max(right);
        let ln_b = most + ln(exp(left - most) + exp(right - most));
        let low = if a == b { 0.5 } else { exp(left - ln_b) };
        Beta { a, b, ln_b, low }
    }

    /// The deviate of a uniform number in (0, 1).
    pub fn at(&self, u: f64) -> f64 {
        if u <= self.low {
            self.side(self.a, self.b, u)
        } else {
            1.0 - self.side(self.b, self.a, 1.0 - u)
        }
    }

    fn side(&self, a: f64, b: f64, u: f64) -> f64 {
        let (target, half) = (ln(u) + self.ln_b, ln(0.5));
        let mut s = half.min((target + ln(a)) / a);
        for _ in 0..10 {
            let x = exp(s);
            let g = ln_integral(a, b, s, x);
            let slope = exp((a * s + (b - 1.0) * ln(1.0 - x)) - g);
            s = half.min(s - (g - target) / slope);
        }
        exp(s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::maths::detmath::sin;

    #[test]
    fn what_is_known_in_closed_form() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        let beta = |alpha| Beta::new(Pair::new(alpha));
        for u in [1e-9, 0.001, 0.3, 0.5, 0.8, 0.999_999] {
            close(beta([1.0, 1.0]).at(u), u);
            close(beta([2.0, 1.0]).at(u), u.sqrt());
            close(beta([1.0, 2.0]).at(u), 1.0 - (1.0 - u).sqrt());
            let angle = sin(u * std::f64::consts::FRAC_PI_2);
            close(beta([0.5, 0.5]).at(u), angle * angle);
        }
    }

    #[test]
    fn the_extremes_are_within_bounds_and_in_order() {
        for a in [0.05, 0.2, 1.0, 7.0, 64.0] {
            for b in [0.05, 0.9, 1.0, 32.0, 64.0] {
                let beta = Beta::new(Pair::new([a, b]));
                let words = [0_u32, 1, 1 << 20, 1 << 31, 3 << 30, u32::MAX];
                let all = words.map(|w| beta.at((f64::from(w) + 0.5) / 4_294_967_296.0));
                assert!(all.is_sorted() && all[0] >= 0.0 && all[5] <= 1.0, "{a} {b} {all:?}");
            }
        }
    }
}
