//! Cuts the image into tiles and lets those of one size change places.
//!
//! Of an image of W x H the tiles' edges are floor(i H / rows) and floor(j W / columns), in whole
//! numbers; tile t = i columns + j. Of a permutation of all tiles, those of one height and width,
//! in the order in which it lists them, come to lie at the places of that size, row by row. So
//! `tiles` says of each place which tile shows there.
//!
//! Points move with their tile; what becomes of a box is the box around all of its pieces. Refused
//! where the image has fewer rows or columns than the grid. Draws: the permutation. Source:
//! Albumentations' op of this name.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Op;
use crate::bounds::{Pair, bounds};
use crate::error::{Error, Result};
use crate::image::{Element, Shape, View, ViewMut};
use crate::kernels::kernel::{Geometry, Kernel, Reach};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::level::Level;
use crate::targets::map::{Map, Tile};
use crate::targets::masks::MaskType;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomGridShuffle {
    /// Rows and columns of tiles.
    pub grid: Pair<Count>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub tiles: Vec<usize>,
}

bounds! {
    Count: usize = 1..=64;
}

impl RandomGridShuffle {
    /// Top, left, height and width of each tile, row by row.
    fn tiles(&self, Shape { height, width, .. }: Shape) -> Vec<[usize; 4]> {
        let [rows, columns] = self.grid.get();
        let part = |i: usize, n: usize, count: usize| (i * n / count, (i + 1) * n / count);
        let mut tiles = Vec::with_capacity(rows * columns);
        for i in 0..rows {
            let (top, bottom) = part(i, height, rows);
            for j in 0..columns {
                let (left, right) = part(j, width, columns);
                tiles.push([top, left, bottom - top, right - left]);
            }
        }
        tiles
    }
}

impl Op for RandomGridShuffle {
    const NAME: &'static str = "RandomGridShuffle";
    type Params = Params;

    fn fits(&self, site: &Site) -> Result<()> {
        let ([rows, columns], Shape { height, width, .. }) = (self.grid.get(), site.shape);
        if rows <= height && columns <= width {
            return Ok(());
        }
        let allowed = format!("at most ({height}, {width}), the image's rows and columns");
        Err(Error::argument(Self::NAME, "grid", format!("({rows}, {columns})"), allowed))
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let tiles = self.tiles(site.shape);
        let mut order: Vec<usize> = (0..tiles.len()).collect();
        draws.shuffle(&mut order);
        let size = |tile: usize| [tiles[tile][2], tiles[tile][3]];
        // Sides differ by a pixel at most, so that there are at most four sizes.
        let mut sizes: Vec<_> = (0..tiles.len()).map(size).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let mut shown = vec![0; tiles.len()];
        for one in sizes {
            let places = (0..tiles.len()).filter(|&tile| size(tile) == one);
            let listed = order.iter().filter(|&&tile| size(tile) == one);
            places.zip(listed).for_each(|(place, &tile)| shown[place] = tile);
        }
        Ok(Params { tiles: shown })
    }

    fn apply(&self, Params { tiles: shown }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let tiles = self.tiles(site.shape);
        let mut left = vec![true; tiles.len()];
        let known = |tile: usize| tiles.get(tile).is_some() && std::mem::take(&mut left[tile]);
        let each_once = shown.len() == tiles.len() && shown.iter().copied().all(known);
        let size = |tile: usize| [tiles[tile][2], tiles[tile][3]];
        if !each_once || shown.iter().enumerate().any(|(place, &tile)| size(place) != size(tile)) {
            let allowed =
                format!("each of the {} tiles once, at the place of one of its size", tiles.len());
            return Err(Error::argument(Self::NAME, "tiles", format!("{shown:?}"), allowed));
        }
        let moved = |(place, &tile): (usize, &usize)| {
            let [top, left, ..] = tiles[place];
            Tile(tiles[tile], [top, left])
        };
        let tiles = shown.iter().enumerate().map(moved).collect();
        let size = [site.shape.height, site.shape.width];
        Ok(Step::Move(Box::new(Shuffled { tiles, size })).into())
    }

    fn examples(Shape { height, width, .. }: Shape) -> Vec<Self> {
        let grids = [[3, 3], [2, 5], [1, 1]];
        let most = [height, width];
        grids
            .map(|grid| [0, 1].map(|k: usize| most[k].min(grid[k])))
            .map(|grid| RandomGridShuffle { grid: Pair::new(grid) })
            .into()
    }
}

/// Tiles in the order of their places in the output, row by row.
#[derive(Debug, Clone)]
struct Shuffled {
    tiles: Arc<[Tile]>,
    size: [usize; 2],
}

impl Shuffled {
    fn image<T: Element>(&self, src: View<T>, mut dst: ViewMut<T>, first: usize) -> Result<()> {
        let (channels, count) = (src.shape().channels, dst.shape().height);
        for &Tile([top, left, height, width], [to_top, to_left]) in self.tiles.iter() {
            let (from, to) = (left * channels, to_left * channels);
            for y in to_top.max(first)..(to_top + height).min(first + count) {
                let row = &src.row(top + y - to_top)[from..][..width * channels];
                dst.row(y - first)[to..][..width * channels].copy_from_slice(row);
            }
        }
        Ok(())
    }
}

impl Kernel for Shuffled {
    fn reach(&self) -> Reach {
        Reach::Bands
    }

    fn uint8(&self, _: Level, src: View<u8>, dst: ViewMut<u8>, first: usize) -> Result<()> {
        self.image(src, dst, first)
    }

    fn uint16(&self, _: Level, src: View<u16>, dst: ViewMut<u16>, first: usize) -> Result<()> {
        self.image(src, dst, first)
    }

    fn float32(&self, _: Level, src: View<f32>, dst: ViewMut<f32>, first: usize) -> Result<()> {
        self.image(src, dst, first)
    }
}

impl Geometry for Shuffled {
    fn size(&self) -> [usize; 2] {
        self.size
    }

    fn map(&self) -> Map {
        Map::Tiles(self.tiles.clone())
    }

    fn mask(&self, _: MaskType, _: usize) -> Result<Step> {
        Ok(Step::Move(Box::new(self.clone())))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::edited;
    use crate::random::philox::Field;

    fn op(grid: [usize; 2]) -> RandomGridShuffle {
        RandomGridShuffle { grid: Pair::new(grid) }
    }

    #[test]
    fn tiles_of_one_size_change_places() {
        let shape = Shape::new(10, 7, 3);
        let (op, site) = (op([3, 3]), Site::new(shape, DType::U8));
        let tiles = op.tiles(shape);
        assert_eq!(tiles[..2], [[0, 0, 3, 2], [0, 2, 3, 2]]);
        assert_eq!(tiles[8], [6, 4, 4, 3]);
        let mut met = std::collections::HashSet::new();
        for index in 0..200 {
            let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
            let Params { tiles: shown } = op.sample(&site, &mut draws).unwrap();
            let same = |(place, &tile): (usize, &usize)| tiles[place][2..] == tiles[tile][2..];
            assert!(shown.iter().enumerate().all(same), "{shown:?}");
            assert_eq!(shown[8], 8);
            let mut sorted = shown.clone();
            sorted.sort_unstable();
            assert!(sorted.iter().copied().eq(0..9));
            met.insert(shown);
        }
        // 4! of 3 x 2, and 2 each of two other sizes.
        assert!(met.len() > 80, "{}", met.len());
    }

    #[test]
    fn refuses() {
        let site = Site::new(Shape::new(4, 9, 1), DType::U8);
        let said = |tiles: &[usize]| {
            let found = edited(&op([2, 2]), &site, json!({"tiles": tiles}));
            found.err().map(|e| e.to_string()).unwrap_or_default()
        };
        assert_eq!(said(&[2, 3, 0, 1]), "");
        for tiles in [&[1, 0, 3, 2][..], &[0, 1, 2], &[0, 1, 2, 2], &[0, 1, 2, 4], &[0; 1000]] {
            let message = said(tiles);
            assert!(message.starts_with("RandomGridShuffle: tiles=["), "{message}");
            assert!(message.contains("each of the 4 tiles once") && message.len() < 400);
        }
        let message = op([5, 2]).fits(&site).unwrap_err().to_string();
        assert!(message.contains("grid=(5, 2): at most (4, 9)"), "{message}");
    }
}
