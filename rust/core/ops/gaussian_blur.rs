//! Blurs with a Gaussian of a random width.
//!
//! The kernel's heights are exp(-d^2 / (2 sigma^2)) at the distances d = 0 .. (size - 1) / 2, in
//! f64: `exp(-(d * d) / (2 * sigma * sigma))`, 1 at the centre. kernels/convolve.rs makes weights
//! of them and convolves rows, then columns, reflect101 at the border.
//!
//! Draws: the kernel size, lo + 2 below((hi - lo) / 2 + 1) of `blur_limit`; `sigma`, a range. A
//! `blur_limit` of 0 to 0 makes the size 2 floor(3.5 sigma) + 1. Source: OpenCV's `GaussianBlur`,
//! torchvision's and Albumentations' ops of this name.

use std::ops::Bound::{Excluded, Unbounded};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::{MAX_SIDE, Op};
use crate::bounds::{Checked, Odd, Range, Refused, Within, bounds, read, shown};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::convolve::Separable;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GaussianBlur {
    pub blur_limit: Sizes,
    pub sigma_limit: Range<Sigma>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub kernel_size: Within<Size>,
    pub sigma: Within<Sigma>,
}

bounds! {
    Size: Odd = Odd(1)..=Odd(MAX_SIDE), "pixels";
    Sigma: f64 = (Excluded(0.0), Unbounded), "pixels";
}

/// Least and largest kernel size. None, which is written as 0 to 0: computed from sigma.
#[derive(Debug)]
pub struct Sizes(Option<Range<Size>>);

impl Checked for Sizes {
    type Raw = [u32; 2];

    fn check(sizes: [u32; 2]) -> Result<Self, Refused> {
        if sizes == [0, 0] {
            return Ok(Sizes(None));
        }
        Range::check(sizes.map(Odd)).map(|range| Sizes(Some(range)))
    }

    fn words() -> String {
        Range::<Size>::words() + ", or (0, 0)"
    }

    fn schema() -> Value {
        json!({"anyOf": [Range::<Size>::schema(), {"const": [0, 0]}]})
    }
}

impl<'de> Deserialize<'de> for Sizes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read(from)
    }
}

impl Serialize for Sizes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.map_or([Odd(0); 2], Range::ends).serialize(to)
    }
}

fn size_of(sigma: f64) -> Odd {
    // `as` saturates: what is too wide stays too wide.
    Odd(((sigma * 3.5).floor() as u32).saturating_mul(2).saturating_add(1))
}

impl Op for GaussianBlur {
    const NAME: &'static str = "GaussianBlur";
    const CHANNELS: bool = true;
    type Params = Params;

    fn check(&self) -> Result<()> {
        let ends @ [_, most] = self.sigma_limit.ends();
        if self.blur_limit.0.is_none() && size_of(most) > Odd(MAX_SIDE) {
            let value = shown(&ends);
            let allowed = format!("at most 36.5 with blur_limit=(0, 0): no kernel over {MAX_SIDE}");
            return Err(Error::argument(Self::NAME, "sigma_limit", value, allowed));
        }
        Ok(())
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let size = self.blur_limit.0.map(|range| range.draw(draws));
        if size.is_none() {
            draws.skip(2);
        }
        let sigma = self.sigma_limit.draw(draws);
        let kernel_size = size.unwrap_or_else(|| Within::new(size_of(sigma.get())));
        Ok(Params { kernel_size, sigma })
    }

    fn apply(&self, params: Params, _: &Site, _: Noise) -> Result<Steps> {
        let (Odd(kernel_size), sigma) = (params.kernel_size.get(), params.sigma.get());
        Ok(Step::Pixels(Box::new(Separable::gaussian(kernel_size, sigma))).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        vec![
            blur(Some([1, 7]), [0.1, 2.0]),
            blur(None, [0.5, 3.0]),
            blur(Some([23, 23]), [4.0, 6.0]),
            blur(Some([101, 101]), [50.0, 50.0]),
        ]
    }
}

fn blur(sizes: Option<[u32; 2]>, sigma: [f64; 2]) -> GaussianBlur {
    GaussianBlur {
        blur_limit: Sizes(sizes.map(|sizes| Range::new(sizes.map(Odd)))),
        sigma_limit: Range::new(sigma),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};
    use crate::random::philox::Field;

    const SITE: Site = Site::new(Shape::new(5, 5, 3), DType::U8);

    fn samples(op: &GaussianBlur) -> impl Iterator<Item = Params> {
        (0..3000).map(|index| {
            let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
            op.sample(&SITE, &mut draws).unwrap()
        })
    }

    #[test]
    fn sizes_are_odd_and_cover_the_range() {
        let mut counts = [0; 8];
        for Params { kernel_size, sigma } in samples(&blur(Some([3, 7]), [0.1, 2.0])) {
            counts[kernel_size.get().0 as usize] += 1;
            assert!((0.1..=2.0).contains(&sigma.get()));
        }
        assert!([3, 5, 7].iter().all(|&size| counts[size] > 900), "{counts:?}");
        assert_eq!(counts[3] + counts[5] + counts[7], 3000);
        for Params { kernel_size, sigma } in samples(&blur(None, [0.1, 36.5])) {
            assert_eq!(kernel_size.get().0, (sigma.get() * 3.5) as u32 * 2 + 1);
        }
    }

    #[test]
    fn refuses() {
        let (set, free) = (blur(Some([3, 3]), [0.5, 1.0]), blur(None, [0.5, 1.0]));
        for limit in [[0, 3], [2, 3], [3, 4], [5, 3], [1, 257], [u32::MAX, u32::MAX]] {
            let message = refusal(&set, "blur_limit", json!(limit));
            let allowed = "two odd sizes lo <= hi within 1 to 255, pixels, or (0, 0)";
            assert!(message.ends_with(allowed), "{message}");
        }
        for sigma in [[0.0, 1.0], [2.0, 1.0], [-1.0, 1.0]] {
            let message = refusal(&set, "sigma_limit", json!(sigma));
            let allowed = "two finite numbers lo <= hi above 0, pixels";
            assert!(message.ends_with(allowed), "{message}");
        }
        assert!(refusal(&free, "sigma_limit", json!([1.0, 36.6])).contains("at most 36.5"));
        assert!(blur(None, [1.0, 36.5]).check().is_ok());
        assert!(blur(Some([255, 255]), [1e-300, 1e300]).check().is_ok());
        for (size, sigma) in [(0, 1.0), (4, 1.0), (257, 1.0), (3, 0.0), (3, f64::NAN)] {
            let params = json!({"kernel_size": size, "sigma": sigma});
            assert!(edited(&set, &SITE, params).is_err());
        }
    }
}
