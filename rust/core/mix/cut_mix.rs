//! A rectangle of another image in the place of the image's own.
//!
//! With half = floor(0.5 sqrt(1 - weight) W) along x, and H along y, the rectangle is
//! x - half .. x + half, y - half .. y + half, cut by the image; what each counts for is the part of
//! the image that it covers, of the other in 65536ths, floor(65536 area / (H W) + 0.5). Both images
//! are of one size. Pixels and masks are copied. Of the other's boxes and points those within the
//! rectangle are there; the image's own boxes by what the rectangle leaves of them, its own points
//! where it does not cover them.
//!
//! Draws: the other, a position below n - 1 (and one more from the own one on); the weight, a beta
//! deviate of `alpha`; x below W; y below H. Source: Yun et al., "CutMix: Regularization Strategy to
//! Train Strong Classifiers with Localizable Features", 2019, as torchvision has it.

use serde::{Deserialize, Serialize};

use super::{Canvas, Mix, Placed, another, same_size, weight};
use crate::bounds::Pair;
use crate::error::{Error, Result};
use crate::image::{Shape, Site};
use crate::kernels::place::Place;
use crate::kernels::step::Step;
use crate::random::beta::{Alpha, Beta};
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutMix {
    pub alpha: Pair<Alpha>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Top, left, height and width of the rectangle.
    pub hole: [usize; 4],
}

impl Mix for CutMix {
    const NAME: &'static str = "CutMix";
    type Params = Params;

    fn others(&self, own: u64, size: u64, draws: &mut Draws) -> Vec<u64> {
        vec![another(own, size, draws)]
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Params {
        let rest = 1.0 - Beta::new(self.alpha).at(draws.unit());
        let mut side = |n: usize| {
            let (center, half) = (draws.below(n as u64), 0.5 * rest.sqrt() * n as f64);
            let half = half.floor() as u64;
            let start = center.saturating_sub(half);
            [start as usize, ((center + half).min(n as u64) - start) as usize]
        };
        let [left, width] = side(site.shape.width);
        let [top, height] = side(site.shape.height);
        Params { hole: [top, left, height, width] }
    }

    fn apply(&self, Params { hole }: Params, sites: &[Site]) -> Result<Canvas> {
        let whole = same_size(Self::NAME, sites)?;
        let [top, left, height, width] = hole;
        let fits = |start: usize, len: usize, n: usize| start <= n && len <= n - start;
        if !(fits(top, height, whole[0]) && fits(left, width, whole[1])) {
            let allowed = format!("top, left, height, width inside {} x {}", whole[0], whole[1]);
            return Err(Error::argument(Self::NAME, "hole", format!("{hole:?}"), allowed));
        }
        let size = [height, width];
        let empty = size.contains(&0);
        let cut = (!empty).then(|| Step::Place(Place::crop(top, left, height, width)));
        let parts = vec![
            Placed { steps: Vec::new(), at: [0, 0], size: whole },
            Placed { steps: cut.into_iter().collect(), at: [top, left], size },
        ];
        let part = (height as f64 * width as f64) / (whole[0] as f64 * whole[1] as f64);
        let part = weight(part);
        Ok(Canvas { size: whole, parts, weights: vec![65536 - part, part], blend: false })
    }

    fn examples(_: Shape) -> Vec<Self> {
        [[1.0, 1.0], [0.05, 0.05], [8.0, 2.0]]
            .map(|alpha| CutMix { alpha: Pair::new(alpha) })
            .into()
    }
}
