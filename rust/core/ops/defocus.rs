//! Blurs with a disc, as a lens out of focus does.
//!
//! The n pixels with x^2 + y^2 <= r^2 count 1 / n each; a Gaussian of sigma, over g pixels to each
//! side, softens the rim, with g = 1 up to a radius of 8 and 2 beyond. In f64, in the order written:
//!
//! ```text
//! H[d] = exp(-(d d / (2 sigma sigma)))      G[d] = H[|d|] / (1 + 2 (H[1] + ... H[g]))
//! R[y][x] = (sum of G[j] where (x - j, y) is in the disc, j = -g .. g) / n
//! w[y][x] = sum of G[i] R[y - i][x], i = -g .. g
//! ```
//!
//! and kernels/taps.rs of these weights, whose window is 2 (r + g) + 1 wide.
//!
//! Draws: r, an integer of `radius`; sigma, a range of `alias_blur`. Source: Albumentations' op of
//! this name, which cuts a softened disc off at the disc's own sides from r = 8 on.

use serde::{Deserialize, Serialize};

use super::Op;
use crate::bounds::{Range, Within, bounds};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::taps::Taps;
use crate::maths::detmath::exp;
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defocus {
    pub radius: Range<Radius>,
    pub alias_blur: Range<Sigma>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub radius: Within<Radius>,
    pub alias_blur: Within<Sigma>,
}

bounds! {
    /// The time that it takes grows with the area.
    Radius: u32 = 1..=16, "pixels";
    Sigma: f64 = 0.01..=100.0, "pixels";
}

impl Params {
    /// The window's side, and its weights row by row.
    fn weights(&self) -> (usize, Vec<f64>) {
        let (r, sigma) = (self.radius.get() as i32, self.alias_blur.get());
        let g = if r <= 8 { 1 } else { 2 };
        let height = |d: i32| exp(-(f64::from(d * d) / (2.0 * sigma * sigma)));
        let total = 1.0 + 2.0 * (1..=g).fold(0.0, |sum, d| sum + height(d));
        let share = |d: i32| height(d) / total;
        let inside = |x: i32, y: i32| x * x + y * y <= r * r;
        let count = (-r..=r).flat_map(|y| (-r..=r).filter(move |&x| inside(x, y))).count() as f64;
        let row = |x: i32, y: i32| {
            let there = (-g..=g).filter(|j| inside(x - j, y));
            there.fold(0.0, |sum, j| sum + share(j)) / count
        };
        let weight = |x: i32, y: i32| (-g..=g).fold(0.0, |sum, i| sum + share(i) * row(x, y - i));
        let reach = r + g;
        let cells = (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| (x, y)));
        (2 * reach as usize + 1, cells.map(|(x, y)| weight(x, y)).collect())
    }
}

impl Op for Defocus {
    const NAME: &'static str = "Defocus";
    const CHANNELS: bool = true;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let radius = self.radius.draw(draws);
        Ok(Params { radius, alias_blur: self.alias_blur.draw(draws) })
    }

    fn apply(&self, params: Params, _: &Site, _: Noise) -> Result<Steps> {
        let (side, weights) = params.weights();
        Ok(Step::Pixels(Box::new(Taps::weighted(side, &weights, None))).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        [([3, 10], [0.1, 0.5]), ([1, 1], [0.01, 0.01]), ([12, 12], [2.0, 2.0])]
            .map(|(radius, sigma)| Defocus {
                radius: Range::new(radius),
                alias_blur: Range::new(sigma),
            })
            .into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};

    #[test]
    fn weights_are_a_disc_with_a_soft_rim() {
        for (radius, sigma) in [(1, 0.01), (3, 0.5), (8, 0.5), (9, 1.0), (16, 100.0)] {
            let (radius, alias_blur) = (Within::new(radius), Within::new(sigma));
            let (side, weights) = Params { radius, alias_blur }.weights();
            assert_eq!(weights.len(), side * side);
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-13);
            let middle = side / 2;
            let at = |y: usize, x: usize| weights[y * side + x];
            for i in 0..=middle {
                let [up, left] = [at(middle - i, middle), at(middle, middle - i)];
                assert!((up - left).abs() < 1e-15 && up <= at(middle, middle) + 1e-15);
            }
        }
        let sharp = Params { radius: Within::new(1), alias_blur: Within::new(0.01) }.weights().1;
        assert_eq!(sharp.iter().filter(|&&weight| weight == 0.2).count(), 5);
    }

    #[test]
    fn refuses() {
        let [op, ..] = &Defocus::examples(Shape::new(1, 1, 1))[..] else { panic!() };
        assert!(refusal(op, "radius", json!([0, 3])).contains("within 1 to 16, pixels"));
        assert!(refusal(op, "alias_blur", json!([0.0, 3.0])).contains("alias_blur=(0, 3)"));
        let site = Site::new(Shape::new(4, 4, 3), DType::U8);
        assert!(edited(op, &site, json!({"radius": 17, "alias_blur": 0.1})).is_err());
    }
}
