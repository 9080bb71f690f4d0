//! Blurs with a kernel that is drawn: a generalised Gaussian, turned, with noise on it.
//!
//! In a window of side k, with x and y from -h to h, h = k div 2, y down, in f64 in the order
//! written:
//!
//! ```text
//! x' = x cos(angle) - y sin(angle)      y' = x sin(angle) + y cos(angle)
//! q = (x' / sigma_x)^2 + (y' / sigma_y)^2
//! w = exp(-0.5 pow(q, beta)) noise
//! ```
//!
//! each divided by the sum of all, added row by row: kernels/taps.rs. Squares are products; sine,
//! cosine, exp and pow are detmath's. A positive angle turns the kernel counter-clockwise. beta 1 is
//! a Gaussian, more is flatter with steeper sides, less has a sharper peak.
//!
//! Draws: the side k, lo + 2 below((hi - lo) / 2 + 1) of `blur_limit`; sigma_x, sigma_y; the angle, of
//! `rotate_limit`; a bernoulli(0.5), and beta, a range of `beta_limit`: if 1 is inside it, of the
//! part below 1 where that is true and of the part above where it is not; then, for each place of the
//! largest window of `blur_limit`, row by row, the noise of `noise_limit`, of which the first k k are
//! taken. Source: Wang et al., "Real-ESRGAN" (2021); Albumentations' op of this name, whose angles are
//! clockwise.

use serde::{Deserialize, Serialize};

use super::Op;
use super::affine::Degrees;
use crate::bounds::{Odd, Range, Within, bounds};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::taps::Taps;
use crate::maths::detmath::{exp, pow, sin_cos_deg};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdvancedBlur {
    /// Least and largest side of the window.
    pub blur_limit: Range<Small>,
    pub sigma_x_limit: Range<Sigma>,
    pub sigma_y_limit: Range<Sigma>,
    /// Counter-clockwise.
    pub rotate_limit: Range<Degrees>,
    pub beta_limit: Range<Beta>,
    pub noise_limit: Range<Factor>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub kernel_size: Within<Small>,
    pub sigma_x: Within<Sigma>,
    pub sigma_y: Within<Sigma>,
    pub angle: Within<Degrees>,
    pub beta: Within<Beta>,
    /// Row by row.
    pub noise: Vec<Within<Factor>>,
}

bounds! {
    /// The time that it takes grows with the area.
    Small: Odd = Odd(3)..=Odd(31), "pixels";
    Sigma: f64 = 0.05..=1e3, "pixels";
    Beta: f64 = 0.05..=100.0;
    Factor: f64 = 0.01..=100.0;
}

impl Params {
    /// Row by row; they sum to 1.
    fn weights(&self) -> Vec<f64> {
        let Odd(side) = self.kernel_size.get();
        let half = f64::from(side / 2);
        let (sin, cos) = sin_cos_deg(self.angle.get());
        let square = |value: f64| value * value;
        let height = |(i, noise): (u32, &Within<Factor>)| {
            let [y, x] = [i / side, i % side].map(|at| f64::from(at) - half);
            let (across, along) = (x * cos - y * sin, x * sin + y * cos);
            let q = square(across / self.sigma_x.get()) + square(along / self.sigma_y.get());
            exp(-0.5 * pow(q, self.beta.get())) * noise.get()
        };
        let mut weights: Vec<f64> = (0..).zip(&self.noise).map(height).collect();
        let total = weights.iter().fold(0.0, |sum, weight| sum + weight);
        weights.iter_mut().for_each(|weight| *weight /= total);
        weights
    }
}

impl Op for AdvancedBlur {
    const NAME: &'static str = "AdvancedBlur";
    const CHANNELS: bool = true;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let kernel_size = self.blur_limit.draw(draws);
        let sigma_x = self.sigma_x_limit.draw(draws);
        let sigma_y = self.sigma_y_limit.draw(draws);
        let angle = self.rotate_limit.draw(draws);
        let [least, most] = self.beta_limit.ends();
        let both = least < 1.0 && 1.0 < most;
        let peaked = draws.mattering(both, |draws| draws.bernoulli(0.5));
        let ends = match (both, peaked) {
            (false, _) => [least, most],
            (true, true) => [least, 1.0],
            (true, false) => [1.0, most],
        };
        let beta = Range::new(ends).draw(draws);
        let places = |Odd(side): Odd| (side * side) as usize;
        let noise = (0..places(kernel_size.get())).map(|_| self.noise_limit.draw(draws)).collect();
        draws.skip((places(self.blur_limit.ends()[1]) - places(kernel_size.get())) as u32);
        Ok(Params { kernel_size, sigma_x, sigma_y, angle, beta, noise })
    }

    fn apply(&self, params: Params, _: &Site, _: Noise) -> Result<Steps> {
        let Odd(side) = params.kernel_size.get();
        let side = side as usize;
        if params.noise.len() != side * side {
            let value = format!("{} values", params.noise.len());
            let allowed = format!("{} values, one for each place of the window", side * side);
            return Err(Error::argument(Self::NAME, "noise", value, allowed));
        }
        Ok(Step::Pixels(Box::new(Taps::weighted(side, &params.weights(), None))).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let blur = |sides: [u32; 2], sigmas: [[f64; 2]; 2], noise| AdvancedBlur {
            blur_limit: Range::new(sides.map(Odd)),
            sigma_x_limit: Range::new(sigmas[0]),
            sigma_y_limit: Range::new(sigmas[1]),
            rotate_limit: Range::new([-90.0, 90.0]),
            beta_limit: Range::new([0.5, 8.0]),
            noise_limit: Range::new(noise),
        };
        vec![
            blur([3, 7], [[0.2, 1.0]; 2], [0.9, 1.1]),
            blur([3, 3], [[0.05, 0.05], [1e3, 1e3]], [0.01, 100.0]),
            blur([15, 21], [[2.0, 6.0], [0.5, 2.0]], [1.0, 1.0]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};
    use crate::random::philox::Field;

    const SITE: Site = Site::new(Shape::new(9, 9, 3), DType::U8);

    #[test]
    fn kernels_sum_to_one_and_turn_counter_clockwise() {
        let params = |angle| Params {
            kernel_size: Within::new(Odd(9)),
            sigma_x: Within::new(3.0),
            sigma_y: Within::new(0.5),
            angle: Within::new(angle),
            beta: Within::new(1.0),
            noise: vec![Within::new(1.0); 81],
        };
        for angle in [0.0, 30.0, 45.0, -90.0] {
            let weights = params(angle).weights();
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-14);
            assert!(weights.iter().all(|&weight| weight <= weights[40]));
        }
        let [flat, leaning] = [0.0, 45.0].map(|angle| params(angle).weights());
        assert!(flat[36] > 1e3 * flat[4]);
        // Up on the right, down on the left.
        assert!(leaning[2 * 9 + 6] > 1e3 * leaning[2 * 9 + 2]);
    }

    /// However large the window that is drawn, the words are as many.
    #[test]
    fn draws_keep_their_words() {
        let [op, ..] = &AdvancedBlur::examples(SITE.shape)[..] else { panic!() };
        let mut sides = [0; 8];
        for index in 0..200 {
            let field = Field { key: 5, epoch: 0, index };
            let (mut drawn, mut words) = (Draws::new(field), Draws::new(field));
            let params = op.sample(&SITE, &mut drawn).unwrap();
            sides[params.kernel_size.get().0 as usize] += 1;
            words.skip(2 + 5 + 49);
            assert_eq!(drawn.word(), words.word());
            op.apply(params, &SITE, Noise::default()).unwrap();
        }
        assert!([3, 5, 7].iter().all(|&side| sides[side] > 40), "{sides:?}");
    }

    #[test]
    fn half_of_the_draws_are_flat() {
        let [mut op, ..] = <[_; 3]>::try_from(AdvancedBlur::examples(SITE.shape)).unwrap();
        let mut flat = |ends| {
            op.beta_limit = Range::new(ends);
            let drawn = (0..500).map(|index| {
                let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
                let beta = op.sample(&SITE, &mut draws).unwrap().beta.get();
                assert!((ends[0]..=ends[1]).contains(&beta));
                beta
            });
            drawn.filter(|&beta| beta > 1.0).count()
        };
        assert!((200..300).contains(&flat([0.05, 100.0])));
        assert_eq!([[2.0, 3.0], [0.5, 1.0], [3.0, 3.0]].map(flat), [500, 0, 500]);
    }

    #[test]
    fn refuses() {
        let [op, ..] = &AdvancedBlur::examples(SITE.shape)[..] else { panic!() };
        for (field, value) in [
            ("blur_limit", json!([3, 33])),
            ("sigma_x_limit", json!([0.0, 1.0])),
            ("beta_limit", json!([0.0, 1.0])),
            ("noise_limit", json!([0.0, 1.0])),
        ] {
            let message = refusal(op, field, value);
            assert!(message.starts_with(&format!("AdvancedBlur: {field}=(")), "{message}");
        }
        let params = |count| {
            json!({"kernel_size": 3, "sigma_x": 1.0, "sigma_y": 1.0, "angle": 0.0, "beta": 1.0,
                   "noise": vec![1.0; count]})
        };
        assert!(edited(op, &SITE, params(9)).is_ok() && edited(op, &SITE, params(8)).is_err());
    }
}
