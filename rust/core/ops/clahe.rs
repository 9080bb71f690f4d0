//! Spreads the values of each part of an image by themselves, but not without limit: contrast
//! limited adaptive histogram equalization.
//!
//! An image of one channel is taken as it is, of one of three its luma L (kernels/colour.rs), of
//! which L' is made; each channel then becomes clamp(v + L' - L). Values are clamped to 0..M, M the
//! value of white, before that. Division of integers rounds down.
//!
//! Tiles: `tile_grid_size` = (R, C) rows and columns of tiles. If R divides the height H and C the
//! width W, a tile is h = H / R by w = W / C pixels; else h = H / R + 1, w = W / C + 1, and the
//! image goes on to the right and below by `reflect101`. A = h w. A level is one of 0..255: uint8
//! values themselves, of others p / 256, p the value in parts of 65535: of a uint16 value v
//! (2 65535 v + M) / (2 M), of float32 floor(65535 (v / white) + 0.5); a NaN has none.
//!
//! Of each tile n counts the samples by level. Of each level what is above
//! max(1, floor(clip_limit A / 256)) is taken away; with e all that was, e / 256 is added to each
//! level, and one more to levels 0, s, 2 s ..., r = e mod 256 of them, s = max(1, 256 / r). S_i is
//! the sum of n up to and with level i.
//!
//! ```text
//! uint8   T(i) = min(255, (510 S_i + A) / (2 A));  one = 2^12
//! others  K(i) = min(65535, (2 65535 S_i + A) / (2 A)), K(-1) = 0;  one = 2^16
//!         T(p) = K(i - 1) (255 - q) + K(i) q,  i = p / 256, q = p mod 256
//! ```
//!
//! Between the centres of tiles T is that of the nearest four: in column x, m = 2 x - w, they are
//! columns t = floor(m / 2 w) and t + 1, clamped to 0..C-1, the second with the weight
//! f = (one (m - 2 w t) + w) / (2 w), the first with one - f; rows alike. With U the sum of T times
//! both weights L' is (U + 2^23) >> 24; of others, in parts of 65535, (U + 255 2^31) / (255 2^32),
//! and then (2 M L' + 65535) / (2 65535) of uint16, (L' / 65535) white of float32. A float32 pixel
//! with a NaN becomes NaN; of three channels v, L and L' are in parts of 65535 there.
//!
//! Draws: `clip_limit`. Source: OpenCV's CLAHE of 8 bits, whose grid is (columns, rows): within 1,
//! as it interpolates in float32. Through Lab, as Albumentations does it with colours, is another
//! picture.

use fearless_simd::dispatch;
use fearless_simd::prelude::*;
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Pair, Range, Within, bounds};
use crate::error::Result;
use crate::image::{Shape, View, ViewMut};
use crate::kernels::border::Border;
use crate::kernels::colour::{Colour, check_gray_or_rgb, luma_row, shift_row};
use crate::kernels::curves::Leveled;
use crate::kernels::kernel::Kernel;
use crate::kernels::step::{Site, Step, Steps};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::level::Level;
use crate::vectors;

bounds! {
    /// Times the mean of a tile's counts; at 256 none can be above it.
    Limit: f64 = 0.01..=256.0;
    Tiles: usize = 1..=256, "tiles";
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clahe {
    pub clip_limit: Range<Limit>,
    /// Rows and columns.
    pub tile_grid_size: Pair<Tiles>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub clip_limit: Within<Limit>,
}

impl Op for Clahe {
    const NAME: &'static str = "CLAHE";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn fits(&self, site: &Site) -> Result<()> {
        check_gray_or_rgb(Self::NAME, "luma", site.shape)
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { clip_limit: self.clip_limit.draw(draws) })
    }

    fn apply(&self, Params { clip_limit }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let Shape { height, width, .. } = site.shape;
        let [rows, columns] = self.tile_grid_size.get();
        let fit = height % rows == 0 && width % columns == 0;
        let axis = |tiles: usize, length: usize| Axis {
            tiles,
            side: length / tiles + usize::from(!fit),
            length,
        };
        let (rows, columns) = (axis(rows, height), axis(columns, width));
        let area = rows.side as f64 * columns.side as f64;
        // `as` rounds down.
        let most = (clip_limit.get() * area / 256.0) as u32;
        let local = Local { rows, columns, most: most.max(1), white: site.white };
        Ok(Step::Pixels(Box::new(local)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let known = [1, 3].contains(&shape.channels);
        let fields = [([1.0, 4.0], [8, 8]), ([40.0, 40.0], [1, 3]), ([256.0, 256.0], [2, 1])];
        let op = |(limit, tiles)| Clahe {
            clip_limit: Range::new(limit),
            tile_grid_size: Pair::new(tiles),
        };
        fields.into_iter().filter(|_| known).map(op).collect()
    }
}

/// Tiles along a side of an image.
struct Axis {
    tiles: usize,
    /// Of a tile.
    side: usize,
    /// Of the image.
    length: usize,
}

impl Axis {
    /// The pixel at a place in the tiles.
    fn pixel(&self, at: usize) -> usize {
        let found = Border::Reflect101.resolve(at as i64, self.length as i64);
        found.expect("it reflects") as usize
    }

    /// One more than the number of the tile whose centre is at or before a pixel, and the weight
    /// of the next one in parts of 2^bits.
    fn place(&self, pixel: usize, bits: u32) -> (usize, u64) {
        let (pixel, side) = (pixel as u64, self.side as u64);
        // From the centre of the tile before the first.
        let (from, around) = (2 * pixel + side, 2 * side);
        let part = ((from % around) << bits) + side;
        ((from / around) as usize, part / around)
    }

    /// The tiles of that number.
    fn nearest(&self, number: usize) -> [usize; 2] {
        [number.saturating_sub(1), number.min(self.tiles - 1)]
    }
}

struct Local {
    rows: Axis,
    columns: Axis,
    /// Of a tile's samples that may have the same level.
    most: u32,
    white: f64,
}

/// What a tile makes of a level.
type Table<T> = [T; 256];

/// In parts of 65535; None of NaN.
type Value = Option<u16>;

/// Counters of a level, for neighbours: one that was just written takes some cycles until it can
/// be read again.
const LANES: usize = 4;

const WHAT: &str = "the tables of the tiles";

impl Local {
    /// Of each tile, row by row; `level` is a value's, None if it has none. `top` is the most that
    /// a level may become.
    fn tables<'a, V: Copy + 'a, T: Copy + Default>(
        &self,
        plane: impl Fn(usize) -> &'a [V],
        level: impl Fn(V) -> Option<u8>,
        top: u64,
        entry: impl Fn(u64) -> T,
    ) -> Result<Vec<Table<T>>> {
        let Local { rows, columns, .. } = self;
        let (width, padded) = (columns.length, columns.tiles * columns.side);
        let beyond = memory::collect((width..padded).map(|x| columns.pixel(x)), WHAT)?;
        let mut row = memory::room(padded, WHAT)?;
        let mut tables = memory::vec(rows.tiles * columns.tiles, [T::default(); 256], WHAT)?;
        let mut counts = memory::vec(columns.tiles, [[0_u32; 256]; LANES], WHAT)?;
        let area = rows.side as u64 * columns.side as u64;
        for (tile, tables) in tables.chunks_exact_mut(columns.tiles).enumerate() {
            counts.fill([[0; 256]; LANES]);
            for y in tile * rows.side..(tile + 1) * rows.side {
                let pixels = plane(rows.pixel(y));
                row.clear();
                row.extend_from_slice(pixels);
                row.extend(beyond.iter().map(|&x| pixels[x]));
                for (counts, pixels) in counts.iter_mut().zip(row.chunks_exact(columns.side)) {
                    count(counts, pixels, &level);
                }
            }
            for (table, counts) in tables.iter_mut().zip(&counts) {
                let counts = self.limited(counts);
                let mut sum = 0;
                for (out, count) in table.iter_mut().zip(counts) {
                    sum += u64::from(count);
                    *out = entry(((2 * top * sum + area) / (2 * area)).min(top));
                }
            }
        }
        Ok(tables)
    }

    /// The counts of a tile without what is above the limit, which is spread over all levels.
    fn limited(&self, lanes: &[Table<u32>; LANES]) -> Table<u32> {
        let mut counts: Table<u32> =
            std::array::from_fn(|i| lanes.iter().fold(0, |sum, lane| sum + lane[i]));
        let mut above = 0;
        for count in &mut counts {
            let kept = (*count).min(self.most);
            above += *count - kept;
            *count = kept;
        }
        let rest = (above % 256) as usize;
        counts.iter_mut().for_each(|count| *count += above / 256);
        if rest > 0 {
            counts.iter_mut().step_by(256 / rest).take(rest).for_each(|count| *count += 1);
        }
        counts
    }

    /// What becomes of a plane of bytes, row by row.
    fn bytes<'a>(
        &self,
        level: Level,
        plane: impl Fn(usize) -> &'a [u8],
        mut done: impl FnMut(usize, &[u8]),
    ) -> Result<()> {
        let tables = self.tables(&plane, Some, 255, |value| value as u8)?;
        let Local { rows, columns, .. } = self;
        let width = columns.length;
        // The four of each place between centres side by side, so that one load has them all.
        let mut fours = memory::vec(columns.tiles + 1, [0_u32; 256], WHAT)?;
        let mut fours_of = None;
        let places = memory::collect((0..width).map(|x| columns.place(x, 12)), WHAT)?;
        let weights = memory::collect(places.iter().map(|&(_, weight)| weight as u32), WHAT)?;
        let (mut found, mut out) = (memory::vec(width, 0, WHAT)?, memory::vec(width, 0, WHAT)?);
        for y in 0..rows.length {
            let (number, weight) = rows.place(y, 12);
            if fours_of != Some(number) {
                fours_of = Some(number);
                for (i, four) in fours.iter_mut().enumerate() {
                    let [[a, b], [c, d]] = rows
                        .nearest(number)
                        .map(|row| columns.nearest(i).map(|column| row * columns.tiles + column))
                        .map(|row| row.map(|tile| &tables[tile]));
                    for (level, four) in four.iter_mut().enumerate() {
                        *four = u32::from_le_bytes([a, b, c, d].map(|table| table[level]));
                    }
                }
            }
            for ((found, &level), &(number, _)) in found.iter_mut().zip(plane(y)).zip(&places) {
                *found = fours[number][usize::from(level)];
            }
            dispatch!(level, simd => mix_row(simd, &found, &weights, weight as u32, &mut out));
            done(y, &out);
        }
        Ok(())
    }

    /// The same of values in parts of 65535, of which None stay.
    fn wide(&self, plane: &[Value], mut done: impl FnMut(usize, &[Value])) -> Result<()> {
        let level = |value: Value| value.map(|value| (value >> 8) as u8);
        let Local { rows, columns, .. } = self;
        let row = |y: usize| &plane[y * columns.length..][..columns.length];
        let tables = self.tables(row, level, 65535, |value| value as u16)?;
        let places = memory::collect((0..columns.length).map(|x| columns.place(x, 16)), WHAT)?;
        let mut out = memory::vec(columns.length, None, WHAT)?;
        for y in 0..rows.length {
            let (number, down) = rows.place(y, 16);
            let [above, below] =
                rows.nearest(number).map(|tile| &tables[tile * columns.tiles..][..columns.tiles]);
            for ((out, value), &(number, right)) in out.iter_mut().zip(row(y)).zip(&places) {
                let [left_tile, right_tile] = columns.nearest(number);
                *out = value.map(|value| {
                    let across = |row: &[Table<u16>]| {
                        let (a, b) = (line(&row[left_tile], value), line(&row[right_tile], value));
                        a * ((1 << 16) - right) + b * right
                    };
                    let sum = across(above) * ((1 << 16) - down) + across(below) * down;
                    ((sum + (255 << 31)) / (255 << 32)) as u16
                });
            }
            done(y, &out);
        }
        Ok(())
    }

    fn run<T: Leveled>(&self, src: View<T>, mut dst: ViewMut<T>) -> Result<()> {
        let Shape { height, width, channels } = src.shape();
        let white = T::from_fill(self.white);
        let most = u64::from(white.level(white).expect("white is a number"));
        let part = |level: u16| ((2 * 65535 * u64::from(level) + most) / (2 * most)) as u16;
        let whole = |part: u16| ((2 * most * u64::from(part) + 65535) / (2 * 65535)) as u16;
        // The level of its luma.
        let luma = |pixel: &[T]| match *pixel {
            [r, g, b] => {
                let levels = [r.level(white)?, g.level(white)?, b.level(white)?];
                Some(u16::luma(levels))
            }
            _ => pixel[0].level(white),
        };
        let mut values: Vec<Value> = memory::room(height * width, WHAT)?;
        for row in src.rows() {
            values.extend(row.chunks_exact(channels).map(|pixel| luma(pixel).map(part)));
        }
        self.wide(&values, |y, changed| {
            let pixels = dst.row(y).chunks_exact_mut(channels).zip(src.row(y).chunks(channels));
            for ((out, pixel), changed) in pixels.zip(changed) {
                let (Some(luma), Some(changed)) = (luma(pixel), changed.map(whole)) else {
                    out.fill(T::from_fill(f64::NAN).limit(white));
                    continue;
                };
                let more = i32::from(changed) - i32::from(luma);
                for (out, value) in out.iter_mut().zip(pixel) {
                    let level = value.level(white).expect("its luma has one");
                    let moved = (i32::from(level) + more).clamp(0, most as i32);
                    *out = T::of_level(moved as u16, white);
                }
            }
        })
    }
}

impl Kernel for Local {
    fn uint8(&self, level: Level, src: View<u8>, mut dst: ViewMut<u8>, _: usize) -> Result<()> {
        let Shape { height, width, channels } = src.shape();
        if channels == 1 {
            return self.bytes(level, |y| src.row(y), |y, row| dst.row(y).copy_from_slice(row));
        }
        let mut lumas = memory::vec(height * width, 0, WHAT)?;
        for (row, lumas) in src.rows().zip(lumas.chunks_exact_mut(width)) {
            vectors!(level, simd => luma_row(simd, row, lumas));
        }
        let lumas = |y: usize| &lumas[y * width..][..width];
        self.bytes(level, lumas, |y, changed| {
            let (row, out) = (src.row(y), dst.row(y));
            vectors!(level, simd => shift_row(simd, lumas(y), changed, row, out));
        })
    }

    fn uint16(&self, _: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) -> Result<()> {
        self.run(src, dst)
    }

    fn float32(&self, _: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) -> Result<()> {
        self.run(src, dst)
    }
}

fn count<V: Copy>(counts: &mut [Table<u32>; LANES], values: &[V], level: impl Fn(V) -> Option<u8>) {
    for values in values.chunks(LANES) {
        for (counts, &value) in counts.iter_mut().zip(values) {
            if let Some(level) = level(value) {
                counts[usize::from(level)] += 1;
            }
        }
    }
}

/// Between four each; modulo 2^32, as the sum of the products is below that.
#[simd]
fn mix_row<S: Simd>(_: S, fours: &[u32], right: &[u32], down: u32, out: &mut [u8]) {
    for ((out, &four), &right) in out.iter_mut().zip(fours).zip(right) {
        let (a, b, c, d) = (four & 255, four >> 8 & 255, four >> 16 & 255, four >> 24);
        let above = (a << 12).wrapping_add(b.wrapping_sub(a).wrapping_mul(right));
        let below = (c << 12).wrapping_add(d.wrapping_sub(c).wrapping_mul(right));
        let sum = (above << 12).wrapping_add(below.wrapping_sub(above).wrapping_mul(down));
        *out = (sum.wrapping_add(1 << 23) >> 24) as u8;
    }
}

/// 255 times what a table makes of a value: between what it makes of its level and of the one
/// before.
fn line(table: &Table<u16>, value: u16) -> u64 {
    let (level, part) = (usize::from(value >> 8), u64::from(value & 255));
    let before = if level == 0 { 0 } else { table[level - 1] };
    u64::from(before) * (255 - part) + u64::from(table[level]) * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_between_the_centres_of_tiles() {
        let axis = Axis { tiles: 3, side: 4, length: 12 };
        let places: Vec<_> = (0..12).map(|x| axis.place(x, 12)).collect();
        // In eighths of the way: before the first centre, between two, behind the last.
        let eighths = [(0, 4), (0, 6), (1, 0), (1, 2), (1, 4), (1, 6), (2, 0), (2, 2), (2, 4)];
        assert_eq!(places[..9], eighths.map(|(number, eighths)| (number, eighths * 512)));
        assert_eq!(
            (0..4).map(|n| axis.nearest(n)).collect::<Vec<_>>(),
            [[0, 0], [0, 1], [1, 2], [2, 2]]
        );
    }

    #[test]
    fn what_is_clipped_is_spread_and_nothing_lost() {
        let axis = || Axis { tiles: 1, side: 32, length: 32 };
        let local = Local { rows: axis(), columns: axis(), most: 10, white: 255.0 };
        let mut lanes = [[0; 256]; LANES];
        (lanes[0][7], lanes[1][7], lanes[3][9]) = (300, 400, 324);
        let counts = local.limited(&lanes);
        // 690 + 314 are above: 3 for each level, and 236 of them one more.
        assert_eq!(counts[..10], [4, 4, 4, 4, 4, 4, 4, 14, 4, 14]);
        assert_eq!((counts[235], counts[236]), (4, 3));
        assert_eq!(counts.iter().sum::<u32>(), 1024);
    }
}
