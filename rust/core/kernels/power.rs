//! Powers of float32 pixels, without a power per pixel.
//!
//! Knots lie at 2^e (1 + j / 128), e = -24 .. -1, j = 0 .. 127, and at 1: there the value is
//! f32(pow(2^e, g) pow(1 + j / 128, g)) of detmath. From a knot a to the next, b, it is
//! a + (b - a) t, t the low 16 bits of x divided by 2^16. Below 2^-24 it is (x 2^24) times the first
//! knot's; from 1 on, 1; NaN stays.
//!
//! From 2^-24 on the error is at most g |g - 1| 2^-17 of the value, of 1 where g > 1, and the
//! rounding of float32. Below it, where no uint16 level lies, the straight line is off by less than
//! 2^(-24 g).

use crate::maths::detmath::pow;

/// Octaves below 1.
const OCTAVES: i32 = 24;
/// Knots of each: as many as seven bits say.
const KNOTS: i32 = 128;
/// What the upper half of 2^-24 is.
const FIRST: usize = (127 - 24) << 7;

/// x^g for x in 0 to 1.
pub struct Power {
    /// Each knot and how far the next is above it.
    steps: Vec<[f32; 2]>,
}

impl Power {
    pub fn new(exponent: f64) -> Power {
        let octave = |e: i32| pow(1.0 / f64::from(1 << -e), exponent);
        let part = |j: i32| pow(f64::from(KNOTS + j) / f64::from(KNOTS), exponent);
        let parts: Vec<f64> = (0..KNOTS).map(part).collect();
        let in_octave = |e| {
            let octave = octave(e);
            parts.iter().map(move |part| (octave * part) as f32)
        };
        let knots = (-OCTAVES..0).flat_map(in_octave).chain([1.0]).collect::<Vec<f32>>();
        Power { steps: knots.windows(2).map(|knots| [knots[0], knots[1] - knots[0]]).collect() }
    }

    #[inline(always)]
    pub fn at(&self, x: f32) -> f32 {
        let bits = x.to_bits();
        let knot = ((bits >> 16) as usize).wrapping_sub(FIRST);
        match self.steps.get(knot) {
            Some([value, step]) => value + step * ((bits & 0xffff) as f32 * (1.0 / 65536.0)),
            None if x >= 1.0 => 1.0,
            None => x * 16_777_216.0 * self.steps[0][0],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_close_to_the_power() {
        for g in [0.1, 0.2, 0.45, 0.8, 1.0, 1.2, 2.2, 5.0, 10.0] {
            let power = Power::new(g);
            let bound = g * (g - 1.0_f64).abs() / 131_072.0;
            let mut before = 0.0;
            for i in 0..200_000_u32 {
                // All octaves from 2^-24 on, at steps of no power of two.
                let x = f32::from_bits(0x3380_0000 + i * 1006);
                let (got, exact) = (f64::from(power.at(x)), pow(f64::from(x), g));
                let scale = if g > 1.0 { 1.0 } else { exact };
                let error = (got - exact).abs();
                assert!(error <= bound * scale + exact * 1.2e-7, "{x} {g}: {error}");
                assert!(got >= before, "{x} {g}");
                before = got;
            }
        }
    }

    #[test]
    fn ends() {
        let root = Power::new(0.5);
        assert_eq!([0.0, 0.25, 1.0, 2.0].map(|x| root.at(x)), [0.0, 0.5, 1.0, 1.0]);
        let dark = 1.0 / 16_777_216.0;
        assert_eq!(root.at(dark), 1.0 / 4096.0);
        assert_eq!(root.at(dark * 0.5), 0.5 / 4096.0);
        assert_eq!(root.at(f32::from_bits(1)), f32::from_bits(1) * 16_777_216.0 / 4096.0);
        assert!(root.at(f32::NAN).is_nan());
    }
}
