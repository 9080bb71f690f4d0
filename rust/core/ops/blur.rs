//! Blurs with a box: every sample becomes the mean of the k x k samples around it, reflect101 at
//! the border.
//!
//! uint8 and uint16: `(2 sum + n) div 2n` of the n = k^2 samples. As n is odd, no mean lies halfway
//! between two integers. float32: kernels/convolve.rs with k equal heights.
//!
//! Draws: the side k, lo + 2 below((hi - lo) / 2 + 1) of `blur_limit`. Source: OpenCV's `blur`,
//! Albumentations' op of this name.
//!
//! Sums of k samples of a row are held for each row that a window spans; sums of k of those go from
//! row to row by what comes in and what has left, modulo their type. A quotient is a product's high
//! half.

use std::ops::AddAssign;

use fearless_simd::SimdIntElement;
use fearless_simd::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Op, Side, Square};
use crate::bounds::{Odd, Range};
use crate::error::Result;
use crate::image::{Element, Shape, View};
use crate::kernels::border::Border;
use crate::kernels::convolve::{self, Floats, Separable};
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::window::{self, Filter, Line, ROWS, Rows, SLACK, Stripe, Window};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::Vocab;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blur {
    /// Least and largest side of the box.
    pub blur_limit: Range<Square>,
}

impl Op for Blur {
    const NAME: &'static str = "Blur";
    const CHANNELS: bool = true;
    type Params = Side;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Side> {
        Ok(Side { kernel_size: self.blur_limit.draw(draws) })
    }

    fn apply(&self, Side { kernel_size }: Side, _: &Site, _: Noise) -> Result<Steps> {
        let Odd(side) = kernel_size.get();
        Ok(Step::Pixels(Box::new(Mean::new(side))).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        // Sums of 16 bits reach to 15.
        [[3, 3], [5, 7], [15, 17], [101, 101]]
            .map(|sides| Blur { blur_limit: Range::new(sides.map(Odd)) })
            .into()
    }
}

/// The mean of a k x k window.
struct Mean {
    side: u32,
    floats: Floats,
}

impl Mean {
    fn new(side: u32) -> Self {
        let heights = vec![1.0; side as usize / 2 + 1];
        Mean { side, floats: Separable::new(heights).floats() }
    }
}

impl Window for Mean {
    const BORDER: Border = convolve::BORDER;

    fn radius(&self) -> usize {
        self.side as usize / 2
    }
}

/// What samples are summed in.
trait Sum: SimdIntElement + Default + AddAssign + Into<u32> {
    type Lanes<S: Simd>: SimdInt<S, Element = Self>;
    fn of(value: u64) -> Self;
    /// (a b) >> BITS in each lane.
    fn high<S: Vocab>(simd: S, a: Self::Lanes<S>, b: Self::Lanes<S>) -> Self::Lanes<S>;
}

impl Sum for u16 {
    type Lanes<S: Simd> = S::u16s;

    fn of(value: u64) -> u16 {
        value.try_into().expect("it fits")
    }

    #[inline(always)]
    fn high<S: Vocab>(simd: S, a: S::u16s, b: S::u16s) -> S::u16s {
        simd.mulhi(a, b)
    }
}

impl Sum for u32 {
    type Lanes<S: Simd> = S::u32s;

    fn of(value: u64) -> u32 {
        value.try_into().expect("it fits")
    }

    /// Of two lanes, those in the low and the high half of a longer one.
    #[inline(always)]
    fn high<S: Vocab>(simd: S, a: S::u32s, b: S::u32s) -> S::u32s {
        let (a, b): (S::u64s, S::u64s) = (a.bitcast(), b.bitcast());
        let low = simd.mul_halves(a, b) >> 32;
        let high = simd.mul_halves(a >> 32, b >> 32);
        (low | (high >> 32 << 32)).bitcast()
    }
}

/// Divides sums of n samples by n, rounded: (sum + add) factor >> (BITS + shift).
#[derive(Debug, Clone, Copy)]
struct Divisor<W> {
    add: W,
    factor: W,
    shift: u32,
}

impl<W: Sum> Divisor<W> {
    /// With s = floor(log2 n) and 2^(BITS + s) = factor n - error, the product is exact as long as
    /// (sum + add) error < 2^(BITS + s). Of the factors on either side one is: rounded up, or
    /// rounded down with 1 more to add. Both fit their type, as n is no power of two.
    fn new(n: u64) -> Self {
        let shift = n.ilog2();
        let power = 1_u64 << W::BITS << shift;
        let (half, down) = (n / 2, power / n);
        let up = (down + 1) * n - power <= n / 2;
        let (add, factor) = if up { (half, down + 1) } else { (half + 1, down) };
        Divisor { add: W::of(add), factor: W::of(factor), shift }
    }

    #[inline(always)]
    fn divide<S: Vocab>(&self, simd: S, sum: W::Lanes<S>) -> W::Lanes<S> {
        let [add, factor] = [self.add, self.factor].map(|value| W::Lanes::splat(simd, value));
        W::high(simd, sum + add, factor) >> self.shift
    }
}

/// A sample of an integer image.
trait Sample: Element + Into<Self::Across> {
    /// What k samples of a row are summed in.
    type Across: Sum;
    const WHITE: u64;

    /// Writes as many samples as are in two vectors.
    fn store<S: Vocab>(simd: S, a: Lanes<Self, S>, b: Lanes<Self, S>, out: &mut [Self]);

    /// Adds what comes in, and takes what has left, of longer sums; gives the means.
    fn wide<S: Vocab>(
        _: S,
        _: [&[Self::Across]; 2],
        _: &mut [u32],
        _: &Divisor<u32>,
    ) -> [Lanes<Self, S>; 2] {
        unreachable!("their sums are no longer")
    }
}

type Lanes<T, S> = <<T as Sample>::Across as Sum>::Lanes<S>;

impl Sample for u8 {
    type Across = u16;
    const WHITE: u64 = 255;

    #[inline(always)]
    fn store<S: Vocab>(simd: S, a: S::u16s, b: S::u16s, out: &mut [u8]) {
        simd.clamp_u8(a.bitcast(), b.bitcast()).store_slice(out);
    }

    #[inline(always)]
    fn wide<S: Vocab>(
        simd: S,
        [new, gone]: [&[u16]; 2],
        sums: &mut [u32],
        divisor: &Divisor<u32>,
    ) -> [S::u16s; 2] {
        let n = S::u16s::LEN;
        let mut means = [S::u16s::splat(simd, 0); 2];
        for i in 0..2 {
            let (new, gone) = (&new[i * n..][..n], &gone[i * n..][..n]);
            let (a, b) = S::u16s::from_slice(simd, new).widen();
            let (less_a, less_b) = S::u16s::from_slice(simd, gone).widen();
            let (low, high) = sums[i * n..][..n].split_at_mut(n / 2);
            let a = S::u32s::from_slice(simd, low) + a - less_a;
            let b = S::u32s::from_slice(simd, high) + b - less_b;
            a.store_slice(low);
            b.store_slice(high);
            means[i] = divisor.divide(simd, a).saturating_narrow(divisor.divide(simd, b));
        }
        means
    }
}

impl Sample for u16 {
    type Across = u32;
    const WHITE: u64 = 65535;

    #[inline(always)]
    fn store<S: Vocab>(_: S, a: S::u32s, b: S::u32s, out: &mut [u16]) {
        a.saturating_narrow(b).store_slice(out);
    }
}

/// Of the integer images.
struct State<H> {
    stripe: Stripe,
    /// A row that is continued; the sums of 8 of its samples from each on; those of 64.
    levels: Vec<H>,
    /// Where among them the sums begin that make up those of a window's side.
    starts: Vec<usize>,
    sums: Sums<H>,
    fresh: bool,
}

/// The sums of k x k samples.
enum Sums<H> {
    Short(Vec<H>, Divisor<H>),
    Long(Vec<u32>, Divisor<u32>),
}

impl<T: Sample> Filter<T> for Mean {
    type Held = T::Across;
    type State = State<T::Across>;

    /// All: of a window's rows, only two are read.
    fn columns(&self, shape: Shape) -> usize {
        shape.width
    }

    fn start(&self, _: View<T>, stripe: &Stripe) -> Result<Self::State> {
        let side = self.side as usize;
        let mut starts = Vec::new();
        let mut left = side;
        for level in (0..=side.ilog(8)).rev() {
            let count = 8_usize.pow(level);
            while left >= count {
                starts.push(level as usize * stripe.stride() + (side - left) * stripe.channels);
                left -= count;
            }
        }
        let size = stripe.stride().saturating_mul(side.ilog(8) as usize + 1);
        let levels = memory::vec(size, T::Across::default(), ROWS)?;
        let n = u64::from(self.side * self.side);
        let sums = if (n * T::WHITE + n / 2) >> T::Across::BITS == 0 {
            let sums = memory::vec(stripe.stride(), T::Across::default(), ROWS)?;
            Sums::Short(sums, Divisor::new(n))
        } else {
            Sums::Long(memory::vec(stripe.stride(), 0, ROWS)?, Divisor::new(n))
        };
        Ok(State { stripe: *stripe, levels, starts, sums, fresh: true })
    }

    #[inline(always)]
    fn across<S: Vocab>(
        &self,
        simd: S,
        state: &mut Self::State,
        line: &Line<T>,
        held: &mut [T::Across],
    ) {
        let Stripe { row, extended, channels } = state.stripe;
        let stride = state.stripe.stride();
        line.map(&mut state.levels, T::into);
        let (mut count, mut rest) = (1, &mut state.levels[..]);
        while rest.len() > stride {
            let (from, to) = rest.split_at_mut(stride);
            let starts: [usize; 8] = std::array::from_fn(|i| i * count * channels);
            count *= 8;
            add(simd, from, &starts, &mut to[..extended - (count - 1) * channels + SLACK]);
            rest = to;
        }
        add(simd, &state.levels, &state.starts, &mut held[..row + SLACK]);
    }

    #[inline(always)]
    fn down<S: Vocab>(
        &self,
        simd: S,
        state: &mut Self::State,
        rows: &Rows<T::Across>,
        out: &mut [T],
    ) {
        if std::mem::take(&mut state.fresh) {
            // All but the newest; and what is taken away below, whatever it is.
            for row in rows.iter().take(rows.slots().len() - 1).chain([rows.gone()]) {
                match &mut state.sums {
                    Sums::Short(sums, _) => sum(sums, row),
                    Sums::Long(sums, _) => sum(sums, row),
                }
            }
        }
        let n = 2 * Lanes::<T, S>::LEN;
        let (newest, gone) = (rows.newest().chunks_exact(n), rows.gone().chunks_exact(n));
        for (i, ((new, gone), out)) in newest.zip(gone).zip(out.chunks_mut(n)).enumerate() {
            let [a, b] = match &mut state.sums {
                Sums::Short(sums, divisor) => {
                    short(simd, [new, gone], &mut sums[i * n..][..n], divisor)
                }
                Sums::Long(sums, divisor) => {
                    T::wide(simd, [new, gone], &mut sums[i * n..][..n], divisor)
                }
            };
            if out.len() == n {
                T::store(simd, a, b, out);
            } else {
                let mut last = [T::default(); SLACK];
                T::store(simd, a, b, &mut last[..n]);
                out.copy_from_slice(&last[..out.len()]);
            }
        }
    }
}

#[inline(always)]
fn sum<W: AddAssign, H: Copy + Into<W>>(sums: &mut [W], row: &[H]) {
    for (sum, &new) in sums.iter_mut().zip(row) {
        *sum += new.into();
    }
}

/// As [`Sample::wide`], of sums that are held in the same type.
#[inline(always)]
fn short<S: Vocab, W: Sum>(
    simd: S,
    [new, gone]: [&[W]; 2],
    sums: &mut [W],
    divisor: &Divisor<W>,
) -> [W::Lanes<S>; 2] {
    let n = W::Lanes::<S>::LEN;
    let mut means = [W::Lanes::splat(simd, W::default()); 2];
    for i in 0..2 {
        let vector = |values: &[W]| W::Lanes::<S>::from_slice(simd, &values[i * n..][..n]);
        let sum = vector(sums) + vector(new) - vector(gone);
        sum.store_slice(&mut sums[i * n..][..n]);
        means[i] = divisor.divide(simd, sum);
    }
    means
}

/// Vectors that are summed side by side.
const VECTORS: usize = 4;

/// The sums of what begins at each start; as much of them as is whole vectors.
#[inline(always)]
fn add<S: Vocab, W: Sum>(simd: S, values: &[W], starts: &[usize], out: &mut [W]) {
    let n = W::Lanes::<S>::LEN;
    assert!(starts.iter().all(|start| start + out.len() <= values.len()));
    for (block, out) in out.chunks_exact_mut(VECTORS * n).enumerate() {
        let mut sums = [W::Lanes::splat(simd, W::default()); VECTORS];
        for start in starts {
            for (v, sum) in sums.iter_mut().enumerate() {
                let at = start + (block * VECTORS + v) * n;
                // SAFETY: the assertion above; the block is within `out`.
                let values: W::Lanes<S> = unsafe { window::load(simd, values, at) };
                *sum += values;
            }
        }
        for (sum, out) in sums.iter().zip(out.chunks_exact_mut(n)) {
            sum.store_slice(out);
        }
    }
}

impl Filter<f32> for Mean {
    type Held = <Floats as Filter<f32>>::Held;
    type State = <Floats as Filter<f32>>::State;

    fn columns(&self, shape: Shape) -> usize {
        self.floats.columns(shape)
    }

    fn start(&self, src: View<f32>, stripe: &Stripe) -> Result<Self::State> {
        self.floats.start(src, stripe)
    }

    #[inline(always)]
    fn across<S: Vocab>(
        &self,
        simd: S,
        state: &mut Self::State,
        line: &Line<f32>,
        held: &mut [f32],
    ) {
        self.floats.across(simd, state, line, held);
    }

    #[inline(always)]
    fn down<S: Vocab>(&self, simd: S, state: &mut Self::State, rows: &Rows<f32>, out: &mut [f32]) {
        self.floats.down(simd, state, rows, out);
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd_macros::simd;
    use serde_json::json;

    use super::*;
    use crate::image::Image;
    use crate::ops::{edited, refusal};
    use crate::simd::level;
    use crate::vectors;

    /// Around every sum at which the mean changes.
    #[test]
    fn quotients_are_exact() {
        fn check<W: Sum>(n: u64, white: u64) {
            let Divisor { add, factor, shift } = Divisor::<W>::new(n);
            let [add, factor]: [u32; 2] = [add.into(), factor.into()];
            for mean in 0..=white {
                let last = (n * mean + n / 2).min(n * white);
                for (sum, mean) in [(last, mean), ((last + 1).min(n * white), white.min(mean + 1))]
                {
                    let sum = sum + u64::from(add);
                    assert!(sum >> W::BITS == 0);
                    let high = (sum * u64::from(factor)) >> W::BITS;
                    assert_eq!(high >> shift, mean, "{n} {sum}");
                }
            }
        }
        for side in (3..=255).step_by(2) {
            let n = side * side;
            check::<u32>(n, 65535);
            check::<u32>(n, 255);
            if side <= 15 {
                check::<u16>(n, 255);
            }
        }
    }

    #[test]
    fn high_is_its_definition() {
        #[simd]
        fn run<S: Vocab>(simd: S) {
            for i in 0..2000_u32 {
                let noise = |lane: usize| (i * 64 + lane as u32).wrapping_mul(2_654_435_761);
                let a = S::u32s::from_fn(simd, noise);
                let b = S::u32s::from_fn(simd, |lane| noise(lane).rotate_left(16));
                let high = u32::high(simd, a, b);
                for ((a, b), high) in a.as_slice().iter().zip(b.as_slice()).zip(high.as_slice()) {
                    assert_eq!((u64::from(*a) * u64::from(*b)) >> 32, u64::from(*high));
                }
            }
        }
        for level in level::available() {
            vectors!(level, simd => run(simd));
        }
    }

    /// (2 sum + n) div 2n of every window.
    fn expected<T: Sample>(src: &Image<T>, side: usize, of: impl Fn(u64) -> T) -> Image<T>
    where
        u64: From<T>,
    {
        let Shape { height, width, channels } = src.shape;
        let positions =
            |n| -> Vec<_> { window::continued(Mean::BORDER, n, side / 2, side / 2).collect() };
        let (ys, xs) = (positions(height), positions(width));
        let n = (side * side) as u64;
        let mut out = Image::new(src.shape);
        for (i, out) in out.data.iter_mut().enumerate() {
            let (y, x, c) = (i / channels / width, i / channels % width, i % channels);
            let pixels = ys[y..y + side]
                .iter()
                .flat_map(|&y| xs[x..x + side].iter().map(move |&x| src.view().pixel(y, x)[c]));
            let sum = pixels.fold(0, |sum, value| sum + u64::from(value));
            *out = of((2 * sum + n) / (2 * n));
        }
        out
    }

    /// Rows of many vectors and their ends, windows wider than the image.
    #[test]
    fn means_are_exact() {
        fn compare<T: Sample + std::fmt::Debug>(shape: Shape, of: impl Fn(u64) -> T)
        where
            Mean: Filter<T>,
            u64: From<T>,
        {
            let noise = |i: usize| (i.wrapping_mul(2_654_435_761) >> 13) as u64 % (T::WHITE + 1);
            let white = |i: usize| if i % 97 < 90 { T::WHITE } else { noise(i) };
            for value in [&noise as &dyn Fn(usize) -> u64, &white] {
                let src = Image { data: (0..shape.len()).map(|i| of(value(i))).collect(), shape };
                for side in [3, 5, 7, 9, 15, 17, 63, 65, 255] {
                    if side * side * shape.len() > 1 << 22 {
                        continue;
                    }
                    let expected = expected(&src, side, &of);
                    for level in level::available() {
                        let mut dst = Image::new(shape);
                        let mean = Mean::new(side as u32);
                        window::run(level, &mean, src.view(), dst.view_mut(), 0).unwrap();
                        assert_eq!(dst, expected, "{} {shape:?} {side}", level::name(level));
                    }
                }
            }
        }
        for [height, width, channels] in [[3, 300, 3], [20, 43, 1], [9, 16, 4], [1, 5, 7]] {
            let shape = Shape::new(height, width, channels);
            compare(shape, |value| value as u8);
            compare(shape, |value| value as u16);
        }
    }

    #[test]
    fn refuses() {
        let site = Site::new(Shape::new(5, 5, 3), crate::image::DType::U8);
        let op = Blur { blur_limit: Range::new([Odd(3), Odd(255)]) };
        for blur_limit in [[1, 3], [2, 3], [3, 4], [5, 3], [3, 257], [0, 0], [u32::MAX; 2]] {
            let message = refusal(&op, "blur_limit", json!(blur_limit));
            assert!(message.contains("two odd sizes lo <= hi within 3 to 255"), "{message}");
        }
        for side in [0, 1, 4, 257] {
            let params = json!({"kernel_size": side});
            assert!(edited(&op, &site, params).is_err());
        }
    }
}
