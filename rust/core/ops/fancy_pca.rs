//! Adds to all pixels one colour along the axes in which colours vary: the colour augmentation of
//! AlexNet.
//!
//! shift_c = sum over k of V[c][k] (a_k l_k), in f64 in this order from 0.0;
//! out = clamp(v + M shift_c), v clamped to 0..M, M the value of white, rounded as RGBShift rounds.
//! l_k and V[.][k] are the eigenvalues, largest first, and unit eigenvectors of a covariance of
//! values in 0..1. With `axes` = `imagenet` it is that of ImageNet:
//!
//! ```text
//! l  0.2175   0.0188   0.0045
//! V -0.5675   0.7192   0.4009      red
//!   -0.5808  -0.0045  -0.8140      green
//!   -0.5836  -0.6948   0.4203      blue
//! ```
//!
//! and with `image` the image's own, in f64, N the number of pixels and S the sum of maths/sum.rs:
//!
//! ```text
//! mean_c = S(v_c) / N      a_cd = S((v_c - mean_c) (v_d - mean_d)) / N / (M M)
//! ```
//!
//! by Jacobi's method, 12 sweeps over p < q in order, V at first the identity: where a_pq is not 0,
//!
//! ```text
//! r = (a_qq - a_pp) / (2 a_pq)      t = s / (|r| + sqrt(1 + r r)), s = -1 if r < 0, else 1
//! c = 1 / sqrt(1 + t t)             s = t c
//! ```
//!
//! and columns p and q of a and V, then rows p and q of a, become c x_p - s x_q and s x_p + c x_q.
//! Of equal eigenvalues the earlier comes first; of each eigenvector the component of the largest
//! size, the first of equals, is positive. A NaN anywhere makes all samples NaN.
//!
//! An image has at most 16 channels, and 3 for `imagenet`. Draws: `deviates` a_k = alpha normal,
//! one for each channel. Source: Krizhevsky et al., "ImageNet Classification with Deep
//! Convolutional Neural Networks" (2012), and fb.resnet.torch. Albumentations' op of this name adds
//! no constant, but multiplies what is left of the mean.

use serde::{Deserialize, Serialize};

use super::rgb_shift::Added;
use super::{Flow, Op};
use crate::bounds::{List, Within, bounds};
use crate::error::{Error, Result};
use crate::image::{AnyView, AnyViewMut, Shape, View, ViewMut};
use crate::kernels::colour::{Colour, check_rgb};
use crate::kernels::curves::{self, Curve, Curves, Link};
use crate::kernels::kernel::Kernel;
use crate::kernels::step::{Site, Step, Steps};
use crate::maths::sum::Sums;
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::level::Level;

bounds! {
    Alpha: f64 = 0.0..=100.0;
    /// The largest normal deviate is below 8.
    Deviate: f64 = -800.0..=800.0;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axes {
    Image,
    Imagenet,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FancyPCA {
    pub alpha: Within<Alpha>,
    pub axes: Axes,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub deviates: List<Deviate>,
}

const CHANNELS: usize = 16;
const WHAT: &str = "the covariance of the channels";

impl Op for FancyPCA {
    const NAME: &'static str = "FancyPCA";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn fits(&self, site: &Site) -> Result<()> {
        if self.axes == Axes::Imagenet {
            return check_rgb(Self::NAME, "axes=\"imagenet\"", site.shape);
        }
        if site.shape.channels <= CHANNELS {
            return Ok(());
        }
        let message = format!("at most {CHANNELS} channels, the image has {}", site.shape.channels);
        Err(Error::refused(Self::NAME, message))
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let alpha = self.alpha.get();
        let deviate = |_| alpha * draws.mattering(alpha != 0.0, Draws::normal);
        let deviates = memory::collect((0..site.shape.channels).map(deviate), WHAT)?;
        Ok(Params { deviates: List::new(deviates) })
    }

    fn apply(&self, Params { deviates }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let channels = site.shape.channels;
        if deviates.len() != channels {
            let value = format!("{} values", deviates.len());
            let allowed = format!("one for each channel, {channels}");
            return Err(Error::argument(Self::NAME, "deviates", value, allowed));
        }
        let white = site.white;
        Ok(match self.axes {
            Axes::Imagenet => {
                let (values, vectors) = IMAGENET;
                Step::curves(added(&values, &vectors.map(Vec::from), &deviates, white))
            }
            Axes::Image => Step::Pixels(Box::new(Along { deviates, white })),
        }
        .into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let fields =
            [(0.1, Axes::Image), (10.0, Axes::Image), (0.0, Axes::Image), (0.5, Axes::Imagenet)];
        let fits = |&(_, axes): &(f64, Axes)| match axes {
            Axes::Image => shape.channels <= CHANNELS,
            Axes::Imagenet => shape.channels == 3,
        };
        let op = |(alpha, axes)| FancyPCA { alpha: Within::new(alpha), axes };
        fields.into_iter().filter(fits).map(op).collect()
    }
}

/// Of red, green and blue in 0..1, of fb.resnet.torch: eigenvalues, and for each channel the
/// components of the eigenvectors.
const IMAGENET: ([f64; 3], [[f64; 3]; 3]) = (
    [0.2175, 0.0188, 0.0045],
    [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]],
);

/// What is added to each channel.
fn added(
    values: &[f64],
    vectors: &[Vec<f64>],
    deviates: &[f64],
    white: f64,
) -> Vec<Box<dyn Curve>> {
    let shift = |row: &Vec<f64>| {
        let terms = row.iter().zip(values).zip(deviates);
        terms.fold(0.0, |sum, ((v, value), deviate)| sum + v * (deviate * value))
    };
    let curve = |row| Box::new(Added::new(shift(row), white)) as Box<dyn Curve>;
    vectors.iter().map(curve).collect()
}

/// Along the axes of the image itself.
struct Along {
    deviates: List<Deviate>,
    white: f64,
}

impl Along {
    fn chain<T: Colour>(&self, level: Level, src: View<T>) -> Result<[Link; 1]> {
        let (values, vectors) = eigen(covariance(level, src, self.white)?);
        let curves = added(&values, &vectors, &self.deviates, self.white);
        Ok([Link::Given(Curves::Each(curves))])
    }
}

impl Kernel for Along {
    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, _: usize) -> Result<()> {
        let chain = self.chain(level, src)?;
        curves::run(&chain, level, AnyView::U8(src), AnyViewMut::U8(dst))
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) -> Result<()> {
        let chain = self.chain(level, src)?;
        curves::run(&chain, level, AnyView::U16(src), AnyViewMut::U16(dst))
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) -> Result<()> {
        let chain = self.chain(level, src)?;
        curves::run(&chain, level, AnyView::F32(src), AnyViewMut::F32(dst))
    }
}

fn covariance<T: Colour>(level: Level, src: View<T>, white: f64) -> Result<Vec<Vec<f64>>> {
    let Shape { height, width, channels } = src.shape();
    let (pixels, limit) = (height * width, T::from_fill(white));
    let count = pixels as f64;
    let mut sums = Sums::new(channels, pixels)?;
    let mut row = memory::vec(width * channels, 0.0, WHAT)?;
    let limited = |values: &[T], row: &mut [f64]| {
        row.iter_mut().zip(values).for_each(|(out, v)| *out = v.limit(limit).into());
    };
    for values in src.rows() {
        limited(values, &mut row);
        sums.add(level, &row);
    }
    let means: Vec<f64> = sums.finish().into_iter().map(|sum| sum / count).collect();
    let pairs = channels * (channels + 1) / 2;
    let mut sums = Sums::new(pairs, pixels)?;
    let mut products = memory::vec(width * pairs, 0.0, WHAT)?;
    for values in src.rows() {
        limited(values, &mut row);
        let pixels = row.chunks_exact_mut(channels).zip(products.chunks_exact_mut(pairs));
        for (pixel, products) in pixels {
            pixel.iter_mut().zip(&means).for_each(|(v, mean)| *v -= mean);
            let mut products = products.iter_mut();
            for (c, first) in pixel.iter().enumerate() {
                for (second, product) in pixel[c..].iter().zip(&mut products) {
                    *product = first * second;
                }
            }
        }
        sums.add(level, &products);
    }
    let mut sums = sums.finish().into_iter();
    let mut found = vec![vec![0.0; channels]; channels];
    for c in 0..channels {
        for d in c..channels {
            let sum = sums.next().expect("a sum for each pair");
            found[c][d] = sum / count / (white * white);
            found[d][c] = found[c][d];
        }
    }
    Ok(found)
}

/// The eigenvalues of a symmetric matrix, and for each row the components of its eigenvectors.
fn eigen(mut a: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = a.len();
    let mut v: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for (p, q) in (0..SWEEPS).flat_map(|_| (0..n).flat_map(|p| (p + 1..n).map(move |q| (p, q)))) {
        if a[p][q] == 0.0 {
            continue;
        }
        let r = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
        let t = (if r < 0.0 { -1.0 } else { 1.0 }) / (r.abs() + (1.0 + r * r).sqrt());
        let c = 1.0 / (1.0 + t * t).sqrt();
        let s = t * c;
        let turned = |x: f64, y: f64| (c * x - s * y, s * x + c * y);
        for row in a.iter_mut().chain(&mut v) {
            (row[p], row[q]) = turned(row[p], row[q]);
        }
        for i in 0..n {
            (a[p][i], a[q][i]) = turned(a[p][i], a[q][i]);
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a[j][j].total_cmp(&a[i][i]));
    let sign = |k: usize| {
        let largest = v.iter().map(|row| row[k]).fold(0.0_f64, |largest, component| {
            if component.abs() > largest.abs() { component } else { largest }
        });
        if largest < 0.0 { -1.0 } else { 1.0 }
    };
    let signs: Vec<f64> = (0..n).map(sign).collect();
    let values = order.iter().map(|&k| a[k][k]).collect();
    let component = |row: &Vec<f64>| order.iter().map(|&k| signs[k] * row[k]).collect();
    (values, v.iter().map(component).collect())
}

const SWEEPS: usize = 12;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::edited;

    #[test]
    fn they_are_those_of_the_matrix() {
        let matrix = vec![vec![2.0, 1.0, 0.5], vec![1.0, 3.0, -0.25], vec![0.5, -0.25, 1.0]];
        let (values, vectors) = eigen(matrix.clone());
        assert!(values.is_sorted_by(|a, b| a >= b), "{values:?}");
        for c in 0..3 {
            for d in 0..3 {
                let made = (0..3).map(|k| vectors[c][k] * values[k] * vectors[d][k]).sum::<f64>();
                assert!((made - matrix[c][d]).abs() < 1e-14, "{c} {d}");
            }
        }
        let (values, vectors) = eigen(vec![vec![0.0; 2]; 2]);
        assert_eq!((values, vectors), (vec![0.0; 2], vec![vec![1.0, 0.0], vec![0.0, 1.0]]));
    }

    #[test]
    fn edited_parameters_are_checked() {
        let op = FancyPCA { alpha: Within::new(0.1), axes: Axes::Image };
        let site = Site::new(Shape::new(4, 4, 3), DType::U8);
        let refused = edited(&op, &site, json!({"deviates": [0.1]})).err().unwrap().to_string();
        assert_eq!(refused, "FancyPCA: deviates=1 values: one for each channel, 3");
        let wide = Site::new(Shape::new(4, 4, 17), DType::U8);
        let message = op.fits(&wide).unwrap_err().to_string();
        assert_eq!(message, "FancyPCA: at most 16 channels, the image has 17");
    }
}
