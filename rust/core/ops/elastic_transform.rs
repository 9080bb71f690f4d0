//! Moves pixels by a smooth random field, as rubber is pulled.
//!
//! The classical field: uniform noise in (-1, 1), one for x and one for y, blurred by a Gaussian of
//! width `sigma` pixels and multiplied by `alpha`. Its displacements have a standard deviation of
//! 0.163 alpha / sigma pixels, and folds begin at alpha = 1.5 to 2 sigma^2. It is made on a coarse
//! grid, so that its cost does not grow with sigma, for an image of W x H pixels:
//!
//! 1. g is the largest power of two with 1.5 g <= sigma, but at least 1. g = 1: h = 1, s = sigma.
//!    Else h = g / 2, s = sqrt((sigma / g) (sigma / g) - 1/4), f64.
//! 2. Coarse nodes: ceil((W - 1) / g) + 3 by ceil((H - 1) / g) + 3; node (i, j) lies at the edge
//!    coordinates (0.5 + (i - 1) g, 0.5 + (j - 1) g). With R = ceil(4 s) more on each side, element
//!    e of them, row by row, takes word e of the plane: of its low half a the noise of x,
//!    (2 a + 1 - 65536) 2^-16, of its high half that of y.
//! 3. Both are convolved in float32 as blur.md says, of heights exp(-(d * d) / (2 s s)) at the
//!    distances d = 0 .. R; of the result the R outermost on each side are left out, so that no
//!    border enters.
//! 4. A node's displacement is floor(v (alpha / g) 65536 + 0.5), f64, Q16 pixels.
//! 5. g > 1: nodes at the distance h, from 0.5 on, by one step of cubic subdivision, along x, then
//!    along y: at a coarse node b between a and c it is (a + 6 b + c + 4) >> 3, half-way between
//!    two (b + c + 1) >> 1. g = 1: the coarse nodes but for the outermost.
//!
//! kernels/warp/lattice.rs says how pixels and points go by these nodes; kernels/warp.rs has borders
//! and rounding. Draws: `alpha`, `sigma`, ranges; the plane is that of frame 0 in all of a video.
//! Sources: Simard, Steinkraus and Platt, "Best Practices for Convolutional Neural Networks Applied
//! to Visual Document Analysis" (2003), and others' ops of this name.

use std::sync::Arc;

use fearless_simd::{Simd, dispatch};
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use super::{Fills, Op};
use crate::bounds::{FillValue, List, Range, Within, bounds};
use crate::error::Result;
use crate::image::{Image, Shape, View, ViewMut};
use crate::kernels::border::Border;
use crate::kernels::convolve::Separable;
use crate::kernels::fill::Fill;
use crate::kernels::kernel::Kernel;
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::warp::{Interpolation, Lattice, Warp, nodes};
use crate::maths::detmath::exp;
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::random::philox::{Field, GROUP};
use crate::simd::level::{self, Level};
use crate::targets::map::Map;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticTransform {
    pub alpha: Range<Alpha>,
    pub sigma: Range<Sigma>,
    pub interpolation: Interpolation,
    pub border: Border,
    pub fill: List<FillValue>,
    pub fill_mask: f64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub alpha: Within<Alpha>,
    pub sigma: Within<Sigma>,
}

bounds! {
    Alpha: f64 = 0.0..=8192.0, "pixels";
    Sigma: f64 = 0.5..=512.0, "pixels";
}

const FIELD: &str = "a field of displacements";

/// Of noise on a coarse grid, the displacements of an image.
struct Coarse {
    /// Of the distance between nodes.
    log2: u32,
    /// Rows and columns of nodes, without the margin.
    size: [usize; 2],
    /// Of the blur, in nodes.
    sigma: f64,
    /// Nodes on each side that enter by the blur alone.
    margin: usize,
}

impl Coarse {
    fn new(sigma: f64, size: [usize; 2]) -> Coarse {
        let mut log2 = 0;
        while f64::from(2 << log2) * 1.5 <= sigma {
            log2 += 1;
        }
        let part = sigma / f64::from(1 << log2);
        let sigma = if log2 == 0 { sigma } else { (part * part - 0.25).sqrt() };
        let margin = (4.0 * sigma).ceil() as usize;
        Coarse { log2, size: size.map(|n| nodes(n, log2) + 2), sigma, margin }
    }

    /// The blurred noise of x and y, with a margin.
    fn blurred(&self, level: Level, field: Field) -> Result<Image<f32>> {
        let [height, width] = self.size.map(|n| n + 2 * self.margin);
        let shape = Shape::new(height, width, 2);
        memory::check_table::<f32>(height.saturating_mul(width).saturating_mul(2), FIELD)?;
        let mut noise = memory::vec(shape.len(), 0.0, FIELD)?;
        let mut words = [0; 32 * GROUP];
        for (i, noise) in noise.chunks_mut(2 * words.len()).enumerate() {
            let words = &mut words[..noise.len() / 2];
            field.fill(level, (i * 32 * GROUP) as u64, words);
            dispatch!(level, simd => uniform(simd, words, noise));
        }
        let heights = (0..=self.margin as u32)
            .map(|d| exp(-(f64::from(d * d) / (2.0 * self.sigma * self.sigma))))
            .collect();
        let mut blurred = memory::vec(shape.len(), 0.0, FIELD)?;
        let (src, dst) =
            (View::new(&noise, shape, shape.row()), ViewMut::new(&mut blurred, shape, shape.row()));
        Separable::new(heights).float32(level, src, dst, 0)?;
        Ok(Image { data: blurred, shape })
    }
}

/// Of each word the noise of x and of y.
#[simd]
fn uniform<S: Simd>(_: S, words: &[u32], noise: &mut [f32]) {
    let value = |half: u32| (2 * half as i32 + 1 - 65536) as f32 * (1.0 / 65536.0);
    for (noise, word) in noise.as_chunks_mut().0.iter_mut().zip(words) {
        *noise = [value(*word & 0xffff), value(*word >> 16)];
    }
}

/// In Q16 pixels.
#[simd]
fn displacements<S: Simd>(_: S, blurred: &[f32], scale: f64, out: &mut [i32]) {
    for (out, &v) in out.iter_mut().zip(blurred) {
        *out = (f64::from(v) * scale * 65536.0 + 0.5).floor() as i32;
    }
}

/// Nodes at even places, of those before, at and behind them: below 2^28 all of them, as g is at
/// least 2.
#[simd]
fn at_nodes<S: Simd>(_: S, out: &mut [i32], [before, at, behind]: [&[i32]; 3]) {
    for (((out, a), b), c) in out.iter_mut().zip(before).zip(at).zip(behind) {
        *out = (a + 6 * b + c + 4) >> 3;
    }
}

/// Nodes half-way between two.
#[simd]
fn between<S: Simd>(_: S, out: &mut [i32], [before, behind]: [&[i32]; 2]) {
    for ((out, b), c) in out.iter_mut().zip(before).zip(behind) {
        *out = (b + c + 1) >> 1;
    }
}

/// Displacements at the nodes of an image of this height and width, and the logarithm of their
/// distance.
fn field(params: &Params, plane: Field, size: [usize; 2]) -> Result<(Vec<[i32; 2]>, u32)> {
    let level = level::best()?;
    let coarse = Coarse::new(params.sigma.get(), size);
    let blurred = coarse.blurred(level, plane)?;
    let scale = params.alpha.get() / f64::from(1 << coarse.log2);
    let row = |j: usize, out: &mut [[i32; 2]]| {
        let values = &blurred.view().row(coarse.margin + j)[2 * coarse.margin..];
        dispatch!(level, simd => displacements(simd, values, scale, out.as_flattened_mut()));
    };

    let log2 = coarse.log2.saturating_sub(1);
    let [rows, columns] = size.map(|n| nodes(n, log2));
    let mut fine = memory::vec(rows * columns, [0; 2], FIELD)?;
    if coarse.log2 == 0 {
        let mut line = memory::vec(columns + 1, [0; 2], FIELD)?;
        for (j, fine) in fine.chunks_exact_mut(columns).enumerate() {
            row(j + 1, &mut line);
            fine.copy_from_slice(&line[1..]);
        }
        return Ok((fine, 0));
    }
    let mut line = memory::vec(coarse.size[1], [0; 2], FIELD)?;
    let mut even = memory::vec(columns.div_ceil(2), [0; 2], FIELD)?;
    let mut odd = memory::vec(columns.div_ceil(2), [0; 2], FIELD)?;
    // Three coarse rows that are fine along x, the row j at j mod 3.
    let mut wide = memory::vec(3 * columns, [0; 2], FIELD)?;
    let mut made = 0;
    for (i, fine) in fine.chunks_exact_mut(columns).enumerate() {
        while made < i / 2 + 3 {
            row(made, &mut line);
            let flat = line.as_flattened();
            let [before, behind] = [flat, &flat[4..]];
            let out = even.as_flattened_mut();
            dispatch!(level, simd => at_nodes(simd, out, [before, &flat[2..], behind]));
            let out = odd.as_flattened_mut();
            dispatch!(level, simd => between(simd, out, [&flat[2..], behind]));
            let wide = &mut wide[made % 3 * columns..][..columns];
            for (wide, (even, odd)) in wide.chunks_mut(2).zip(even.iter().zip(&odd)) {
                wide[0] = *even;
                if let Some(wide) = wide.get_mut(1) {
                    *wide = *odd;
                }
            }
            made += 1;
        }
        let wide = |j: usize| wide[(i / 2 + j) % 3 * columns..][..columns].as_flattened();
        let out = fine.as_flattened_mut();
        if i % 2 == 0 {
            dispatch!(level, simd => at_nodes(simd, out, [wide(0), wide(1), wide(2)]));
        } else {
            dispatch!(level, simd => between(simd, out, [wide(1), wide(2)]));
        }
    }
    Ok((fine, log2))
}

impl Op for ElasticTransform {
    const NAME: &'static str = "ElasticTransform";
    const PLANES: u32 = 1;
    type Params = Params;

    fn fills(&self) -> Option<Fills<'_>> {
        let shown = self.border == Border::Constant;
        Some(Fills { image: &self.fill, mask: Some(self.fill_mask), shown })
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { alpha: self.alpha.draw(draws), sigma: self.sigma.draw(draws) })
    }

    fn apply(&self, params: Params, site: &Site, noise: Noise) -> Result<Steps> {
        let size = [site.shape.height, site.shape.width];
        let (nodes, log2) = field(&params, noise.shared(0), size)?;
        let lattice = Arc::new(Lattice::new(nodes, log2, size, params.sigma.get()));
        let map = Map::Field(lattice.clone());
        let fill = Fill { image: self.fill.to_vec(), mask: self.fill_mask };
        let warp = Warp::reading(lattice, map, size, self.interpolation, self.border, fill);
        Ok(Step::Move(Box::new(warp)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        use {Border::*, Interpolation::*};
        let elastic = |alpha, sigma, interpolation, border| ElasticTransform {
            alpha: Range::new(alpha),
            sigma: Range::new(sigma),
            interpolation,
            border,
            fill: List::new((0..shape.channels).map(|c| 0.7 + 40.0 * c as f64).collect()),
            fill_mask: 7.0,
        };
        vec![
            elastic([30.0, 50.0], [5.0, 7.0], Bilinear, Constant),
            elastic([20.0, 20.0], [3.0, 3.9], Bilinear, Reflect101),
            elastic([2.0, 3.0], [0.5, 1.0], Nearest, Wrap),
            elastic([200.0, 300.0], [4.0, 4.0], Bilinear, Edge),
            elastic([300.0, 400.0], [16.0, 24.0], Bicubic, Constant),
            elastic([8192.0, 8192.0], [512.0, 512.0], Bicubic, Reflect),
            elastic([0.0, 0.0], [8.0, 8.0], Bilinear, Constant),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(alpha: f64, sigma: f64) -> Params {
        Params { alpha: Within::new(alpha), sigma: Within::new(sigma) }
    }

    const PLANE: Field = Field { key: 7, epoch: 0, index: 3 };

    #[test]
    fn grids_follow_sigma() {
        for (sigma, log2, blur) in [
            (0.5, 0, 0.5),
            (2.99, 0, 2.99),
            (3.0, 1, 2.0_f64.sqrt()),
            (6.0, 2, 2.0_f64.sqrt()),
            (11.0, 2, (2.75_f64 * 2.75 - 0.25).sqrt()),
            (512.0, 8, 3.75_f64.sqrt()),
        ] {
            let coarse = Coarse::new(sigma, [50, 70]);
            assert_eq!((coarse.log2, coarse.sigma), (log2, blur), "{sigma}");
        }
    }

    /// However large alpha is, no sum of the subdivision overflows and no pixel goes farther.
    #[test]
    fn nothing_moves_by_more_than_alpha() {
        for sigma in [0.5, 1.0, 2.9, 3.0, 7.0, 512.0] {
            let (nodes, _) = field(&params(8192.0, sigma), PLANE, [60, 80]).unwrap();
            let most = nodes.as_flattened().iter().fold(0, |most, n| most.max(n.unsigned_abs()));
            assert!(most < 8192 << 16, "{sigma} {most}");
        }
        // Noise is at most 1 - 2^-16, and g at least 2.
        let extreme = [(1 << 28) - 4000; 6];
        let mut out = [0; 2];
        let level = Level::fallback();
        dispatch!(level, simd => at_nodes(simd, &mut out, [&extreme, &extreme[2..], &extreme[4..]].map(|n| &n[..2])));
        assert_eq!(out, [(1 << 28) - 4000; 2]);
    }

    #[test]
    fn a_field_of_no_strength_is_still() {
        let (nodes, _) = field(&params(0.0, 9.0), PLANE, [30, 40]).unwrap();
        assert!(nodes.as_flattened().iter().all(|&n| n == 0));
    }

    /// A table that would be larger than memory is not tried.
    #[test]
    fn a_field_that_no_memory_holds_is_an_error() {
        let found = field(&params(1.0, 1.0), PLANE, [1 << 15, 1 << 15]);
        assert!(found.unwrap_err().to_string().starts_with("no memory for a field"));
    }
}
