//! Squeezes and stretches the columns and rows of a grid.
//!
//! Along an axis of L pixels, in edge coordinates, f64, the output has n = `num_steps` cells that
//! are equally long, and what shows in cell i is s(i) times as long in the input, but for a common
//! factor: with C(0) = 0, C(i+1) = C(i) + s(i), the cells of the input end at S(i) = C(i) (L / C(n)).
//! Output place p reads
//!
//! ```text
//! S(i) + (p - (i L) / n) ((S(i+1) - S(i)) / (L / n)) - 0.5    i = floor((p n) / L) within 0..n-1
//! ```
//!
//! as a pixel index, in Q32: floor(v 2^32 + 0.5). What lies at p in the input comes to lie at
//!
//! ```text
//! (i L) / n + (p - S(i)) ((L / n) / (S(i+1) - S(i)))          the last i with S(i) <= p
//! ```
//!
//! so that the image is mapped onto itself; a tap beyond it is the edge's pixel. Interpolation:
//! kernels/warp.rs. Draws: 1 + a range of `distort_limit`, for each cell along x, then along y.
//! Source: Albumentations' op of this name, whose `normalized` this is.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Op;
use crate::bounds::{Range, Within, bounds};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::border::Border;
use crate::kernels::fill::Fill;
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::warp::{Interpolation, Separable, Warp};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::targets::map::{Field, Map};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridDistortion {
    /// Cells along either axis.
    pub num_steps: Within<Cells>,
    /// How much longer, as a part, what a cell shows may be.
    pub distort_limit: Range<Limit>,
    pub interpolation: Interpolation,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// How long, beside each other, are the parts of the input that the cells show.
    pub columns: Vec<Within<Cell>>,
    pub rows: Vec<Within<Cell>>,
}

const LIMIT: f64 = 0.95;

bounds! {
    Cells: usize = 1..=64;
    Limit: f64 = -LIMIT..=LIMIT;
    Cell: f64 = 1.0 - LIMIT..=1.0 + LIMIT;
}

/// An axis of the grid.
#[derive(Debug)]
struct Axis {
    length: f64,
    /// Where the cells of the input start, and the last ends.
    edges: Vec<f64>,
}

impl Axis {
    fn new(length: usize, steps: &[Within<Cell>]) -> Axis {
        let mut edges = vec![0.0];
        edges.extend(steps.iter().scan(0.0, |end, step| {
            *end += step.get();
            Some(*end)
        }));
        let length = length as f64;
        let scale = length / edges[steps.len()];
        edges.iter_mut().for_each(|edge| *edge *= scale);
        Axis { length, edges }
    }

    /// Cells.
    fn count(&self) -> f64 {
        (self.edges.len() - 1) as f64
    }

    /// The cell of the output that holds a place, or is nearest to it.
    fn cell(&self, at: f64) -> usize {
        (at * self.count() / self.length).floor().clamp(0.0, self.count() - 1.0) as usize
    }

    /// How much of the input a pixel of a cell shows.
    fn slope(&self, cell: usize) -> f64 {
        (self.edges[cell + 1] - self.edges[cell]) / (self.length / self.count())
    }

    fn back(&self, at: f64) -> f64 {
        let i = self.cell(at);
        self.edges[i] + (at - i as f64 * self.length / self.count()) * self.slope(i)
    }

    fn there(&self, at: f64) -> f64 {
        let inner = &self.edges[1..self.edges.len() - 1];
        let i = inner.partition_point(|&edge| edge <= at);
        let stretch = self.length / self.count() / (self.edges[i + 1] - self.edges[i]);
        i as f64 * self.length / self.count() + (at - self.edges[i]) * stretch
    }
}

/// Along x and y.
#[derive(Debug)]
struct Grid([Axis; 2]);

impl Field for Grid {
    fn inverse(&self, point: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|k| self.0[k].back(point[k]))
    }

    fn forward(&self, point: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|k| self.0[k].there(point[k]))
    }

    fn slope(&self, point: [f64; 2]) -> [[f64; 2]; 2] {
        let [x, y] = [0, 1].map(|k| self.0[k].slope(self.0[k].cell(point[k])));
        [[x, 0.0], [0.0, y]]
    }

    /// Corners alone: its rows and columns stay straight.
    fn parts(&self, _: f64) -> usize {
        1
    }
}

impl Op for GridDistortion {
    const NAME: &'static str = "GridDistortion";
    type Params = Params;

    fn fits(&self, site: &Site) -> Result<()> {
        let most = site.shape.height.min(site.shape.width);
        if self.num_steps.get() <= most {
            return Ok(());
        }
        let allowed = format!("at most {most}, the image's shorter side");
        Err(Error::argument(Self::NAME, "num_steps", self.num_steps.get(), allowed))
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let mut cell = |_| Within::new(1.0 + self.distort_limit.draw(draws).get());
        let mut cells = || (0..self.num_steps.get()).map(&mut cell).collect();
        Ok(Params { columns: cells(), rows: cells() })
    }

    fn apply(&self, Params { columns, rows }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let wanted = self.num_steps.get();
        for (field, cells) in [("columns", &columns), ("rows", &rows)] {
            if cells.len() != wanted {
                let (value, allowed) = (cells.len(), wanted);
                let [value, allowed] = [value, allowed].map(|n| format!("{n} values"));
                return Err(Error::argument(Self::NAME, field, value, allowed));
            }
        }
        let Shape { height, width, .. } = site.shape;
        let grid = Grid([Axis::new(width, &columns), Axis::new(height, &rows)]);
        let size = [height, width];
        let coordinates = Separable::new(size, |k, at| grid.0[k].back(at))?;
        let map = Map::Field(Arc::new(grid));
        let nothing = Fill { image: vec![0.0], mask: 0.0 };
        let (interpolation, border) = (self.interpolation, Border::Edge);
        let warp = Warp::reading(Arc::new(coordinates), map, size, interpolation, border, nothing);
        Ok(Step::Move(Box::new(warp)).into())
    }

    fn examples(Shape { height, width, .. }: Shape) -> Vec<Self> {
        let grid = |num_steps: usize, distort_limit, interpolation| GridDistortion {
            num_steps: Within::new(num_steps.min(height).min(width)),
            distort_limit: Range::new(distort_limit),
            interpolation,
        };
        vec![
            grid(5, [-0.3, 0.3], Interpolation::Bilinear),
            grid(3, [-0.95, 0.95], Interpolation::Bilinear),
            grid(64, [-0.5, 0.5], Interpolation::Nearest),
            grid(4, [0.0, 0.6], Interpolation::Bicubic),
            grid(1, [-0.2, 0.2], Interpolation::Bicubic),
        ]
    }
}
