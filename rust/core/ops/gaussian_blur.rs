//! Blurs with a Gaussian of a random width.
//!
//! The kernel's heights are exp(-d^2 / (2 sigma^2)) at the distances d = 0 .. (size - 1) / 2, in
//! f64: `exp(-(d * d) / (2 * sigma * sigma))`, 1 at the centre. kernels/convolve.rs makes weights
//! of them and convolves rows, then columns, reflect101 at the border.
//!
//! Draws: the kernel size, lo + 2 below((hi - lo) / 2 + 1) of `blur_limit`; `sigma`, a range. A
//! `blur_limit` of 0 to 0 makes the size 2 floor(3.5 sigma) + 1. Source: OpenCV's `GaussianBlur`,
//! torchvision's and Albumentations' ops of this name.

use serde::{Deserialize, Serialize};

use super::{MAX_SIDE, Op, draw_side};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::convolve::Separable;
use crate::kernels::step::{Site, Step, Steps};
use crate::maths::detmath;
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GaussianBlur {
    /// Least and largest kernel size; both 0: computed from sigma.
    pub blur_limit: [u32; 2],
    pub sigma_limit: [f64; 2],
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub kernel_size: u32,
    pub sigma: f64,
}

fn is_size(size: u32) -> bool {
    size % 2 == 1 && size <= MAX_SIDE
}

fn size_of(sigma: f64) -> u32 {
    // `as` saturates: what is too wide stays too wide.
    ((sigma * 3.5).floor() as u32).saturating_mul(2).saturating_add(1)
}

impl Op for GaussianBlur {
    const NAME: &'static str = "GaussianBlur";
    const CHANNELS: bool = true;
    type Params = Params;

    fn check(&self) -> Result<()> {
        let [lo, hi] = self.blur_limit;
        if [lo, hi] != [0, 0] && !(is_size(lo) && is_size(hi) && lo <= hi) {
            let allowed = format!("two odd sizes lo <= hi within 1 to {MAX_SIDE}, or (0, 0)");
            let value = format!("({lo}, {hi})");
            return Err(Error::argument(Self::NAME, "blur_limit", value, allowed));
        }
        let [least, most] = self.sigma_limit;
        if !(0.0 < least && least <= most && most.is_finite()) {
            let value = format!("({least}, {most})");
            let allowed = "two finite numbers lo <= hi above 0";
            return Err(Error::argument(Self::NAME, "sigma_limit", value, allowed));
        }
        if hi == 0 && !is_size(size_of(most)) {
            let value = format!("({least}, {most})");
            let allowed = format!("at most 36.5 with blur_limit=(0, 0): no kernel over {MAX_SIDE}");
            return Err(Error::argument(Self::NAME, "sigma_limit", value, allowed));
        }
        Ok(())
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let size = draw_side(draws, self.blur_limit);
        let sigma = draws.range(self.sigma_limit);
        let kernel_size = if self.blur_limit == [0, 0] { size_of(sigma) } else { size };
        Ok(Params { kernel_size, sigma })
    }

    fn apply(&self, params: Params, _: &Site, _: Noise) -> Result<Steps> {
        let Params { kernel_size, sigma } = params;
        if !is_size(kernel_size) {
            let allowed = format!("an odd size within 1 to {MAX_SIDE}");
            return Err(Error::argument(Self::NAME, "kernel_size", kernel_size, allowed));
        }
        if !(sigma > 0.0 && sigma.is_finite()) {
            return Err(Error::argument(Self::NAME, "sigma", sigma, "a finite number above 0"));
        }
        let side = |d: u32| detmath::exp(-(f64::from(d * d) / (2.0 * sigma * sigma)));
        let heights = std::iter::once(1.0).chain((1..=kernel_size / 2).map(side)).collect();
        Ok(Step::Pixels(Box::new(Separable::new(heights))).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        let blur = |blur_limit, sigma_limit| GaussianBlur { blur_limit, sigma_limit };
        vec![
            blur([1, 7], [0.1, 2.0]),
            blur([0, 0], [0.5, 3.0]),
            blur([23, 23], [4.0, 6.0]),
            blur([101, 101], [50.0, 50.0]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::DType;
    use crate::random::philox::Field;

    const SITE: Site = Site::new(Shape::new(5, 5, 3), DType::U8);

    fn blur(blur_limit: [u32; 2], sigma_limit: [f64; 2]) -> GaussianBlur {
        GaussianBlur { blur_limit, sigma_limit }
    }

    fn samples(op: &GaussianBlur) -> impl Iterator<Item = Params> {
        (0..3000).map(|index| {
            let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
            op.sample(&SITE, &mut draws).unwrap()
        })
    }

    #[test]
    fn sizes_are_odd_and_cover_the_range() {
        let mut counts = [0; 8];
        for Params { kernel_size, sigma } in samples(&blur([3, 7], [0.1, 2.0])) {
            counts[kernel_size as usize] += 1;
            assert!((0.1..=2.0).contains(&sigma));
        }
        assert!([3, 5, 7].iter().all(|&size| counts[size] > 900), "{counts:?}");
        assert_eq!(counts[3] + counts[5] + counts[7], 3000);
        for Params { kernel_size, sigma } in samples(&blur([0, 0], [0.1, 36.5])) {
            assert_eq!(kernel_size, (sigma * 3.5) as u32 * 2 + 1);
        }
    }

    #[test]
    fn refuses() {
        let good = [0.5, 1.0];
        let limits = [[0, 3], [2, 3], [3, 4], [5, 3], [1, 257], [u32::MAX, u32::MAX]];
        for limit in limits {
            assert!(blur(limit, good).check().is_err(), "{limit:?}");
        }
        for sigma in [[0.0, 1.0], [2.0, 1.0], [-1.0, 1.0], [1.0, f64::NAN], [1.0, f64::INFINITY]] {
            assert!(blur([3, 3], sigma).check().is_err(), "{sigma:?}");
        }
        assert!(blur([0, 0], [1.0, 36.6]).check().is_err());
        assert!(blur([0, 0], [1.0, 36.5]).check().is_ok());
        assert!(blur([255, 255], [1e-300, 1e300]).check().is_ok());
        let op = blur([3, 3], good);
        for (kernel_size, sigma) in [(0, 1.0), (4, 1.0), (257, 1.0), (3, 0.0), (3, f64::NAN)] {
            assert!(op.apply(Params { kernel_size, sigma }, &SITE, Noise::default()).is_err());
        }
    }
}
