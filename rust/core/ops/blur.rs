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

use serde::{Deserialize, Serialize};

use super::{Op, Side, check_side, check_sides, draw_side};
use crate::error::Result;
use crate::image::{Element, Shape, View};
use crate::kernels::border::Border;
use crate::kernels::convolve::{self, Floats, Separable};
use crate::kernels::window::{Filter, Line, ROWS, Rows, Stripe, Window};
use crate::memory;
use crate::plan::step::{Site, Step};
use crate::random::draws::Draws;
use crate::random::philox::Field;
use crate::simd::Vocab;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blur {
    /// Least and largest side of the box.
    pub blur_limit: [u32; 2],
}

impl Op for Blur {
    const NAME: &'static str = "Blur";
    const CHANNELS: bool = true;
    type Params = Side;

    fn check(&self) -> Result<()> {
        check_sides(Self::NAME, self.blur_limit)
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Side> {
        Ok(Side { kernel_size: draw_side(draws, self.blur_limit) })
    }

    fn apply(&self, Side { kernel_size }: Side, _: &Site, _: &[Field]) -> Result<Step> {
        check_side(Self::NAME, kernel_size)?;
        Ok(Step::Pixels(Box::new(Mean::new(kernel_size))))
    }

    fn examples(_: Shape) -> Vec<Self> {
        // Sums of 16 bits reach to 15.
        [[3, 3], [5, 7], [15, 17], [101, 101]].map(|blur_limit| Blur { blur_limit }).into()
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
trait Sum: Copy + Default + Send + Sync + 'static {
    const BITS: u32;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    /// (self factor) >> (BITS + shift)
    fn quotient(self, factor: Self, shift: u32) -> Self;
    fn of(value: u64) -> Self;
}

macro_rules! sum {
    ($type:ty, $wide:ty) => {
        impl Sum for $type {
            const BITS: u32 = <$type>::BITS;

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline(always)]
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            #[inline(always)]
            fn quotient(self, factor: Self, shift: u32) -> Self {
                let high = (<$wide>::from(self) * <$wide>::from(factor)) >> <$type>::BITS;
                high as $type >> shift
            }

            fn of(value: u64) -> Self {
                value.try_into().expect("sums and factors fit")
            }
        }
    };
}
sum!(u16, u32);
sum!(u32, u64);

/// A sample of an integer image.
trait Sample: Element + Into<Self::Across> {
    /// What k samples of a row are summed in.
    type Across: Sum + Into<u32> + Default;
    const WHITE: u64;
    fn of(mean: u32) -> Self;
}
impl Sample for u8 {
    type Across = u16;
    const WHITE: u64 = 255;
    #[inline(always)]
    fn of(mean: u32) -> u8 {
        mean as u8
    }
}
impl Sample for u16 {
    type Across = u32;
    const WHITE: u64 = 65535;
    #[inline(always)]
    fn of(mean: u32) -> u16 {
        mean as u16
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
        let power = 1_u64 << (W::BITS + shift);
        let (half, down) = (n / 2, power / n);
        let up = (down + 1) * n - power <= n / 2;
        let (add, factor) = if up { (half, down + 1) } else { (half + 1, down) };
        Divisor { add: W::of(add), factor: W::of(factor), shift }
    }

    #[inline(always)]
    fn divide(&self, sum: W) -> W {
        sum.plus(self.add).quotient(self.factor, self.shift)
    }
}

/// Of the integer images.
struct State<H> {
    /// A row that is continued, in two buffers.
    lines: [Vec<H>; 2],
    row: usize,
    sums: Sums,
    fresh: bool,
}

/// The sums of k x k samples, in the type that holds them.
enum Sums {
    Short(Vec<u16>, Divisor<u16>),
    Long(Vec<u32>, Divisor<u32>),
}

impl<T: Sample> Filter<T> for Mean {
    type Held = T::Across;
    type State = State<T::Across>;

    fn start(&self, _: View<T>, stripe: &Stripe) -> Result<Self::State> {
        let line = || memory::vec(stripe.stride(), T::Across::default(), ROWS);
        let n = u64::from(self.side * self.side);
        let sums = if n * T::WHITE + n / 2 < 1 << 16 {
            Sums::Short(memory::vec(stripe.row, 0, ROWS)?, Divisor::new(n))
        } else {
            Sums::Long(memory::vec(stripe.row, 0, ROWS)?, Divisor::new(n))
        };
        Ok(State { lines: [line()?, line()?], row: stripe.row, sums, fresh: true })
    }

    #[inline(always)]
    fn across<S: Vocab>(
        &self,
        _: S,
        state: &mut Self::State,
        line: &Line<T>,
        held: &mut [T::Across],
    ) {
        line.map(&mut state.lines[0], T::into);
        let held = &mut held[..state.row];
        match self.side {
            3 => add::<_, 3>(&state.lines[0], line.channels, held),
            5 => add::<_, 5>(&state.lines[0], line.channels, held),
            7 => add::<_, 7>(&state.lines[0], line.channels, held),
            side => double(&mut state.lines, side as usize, line.channels, held),
        }
    }

    #[inline(always)]
    fn down<S: Vocab>(
        &self,
        _: S,
        state: &mut Self::State,
        rows: &Rows<T::Across>,
        out: &mut [T],
    ) {
        let fresh = std::mem::take(&mut state.fresh);
        match &mut state.sums {
            Sums::Short(sums, divisor) => means(fresh, rows, sums, divisor, short, out),
            Sums::Long(sums, divisor) => means(fresh, rows, sums, divisor, T::Across::into, out),
        }
    }
}

#[inline(always)]
fn short<H: Into<u32>>(held: H) -> u16 {
    held.into() as u16
}

/// Sums of K samples from each on.
#[inline(always)]
fn add<H: Sum, const K: usize>(line: &[H], channels: usize, out: &mut [H]) {
    let taps: [&[H]; K] = std::array::from_fn(|i| &line[i * channels..][..out.len()]);
    for (i, out) in out.iter_mut().enumerate() {
        *out = taps[1..].iter().fold(taps[0][i], |sum, tap| sum.plus(tap[i]));
    }
}

/// The same of any number: those of 1, 2, 4 ... samples, each made of the ones before, where `side`
/// has such a bit.
#[inline(always)]
fn double<H: Sum>(lines: &mut [Vec<H>; 2], side: usize, channels: usize, out: &mut [H]) {
    out.fill(H::default());
    let [from, to] = lines;
    let (mut count, mut done) = (1, 0);
    loop {
        if side & count != 0 {
            for (out, sum) in out.iter_mut().zip(&from[done * channels..]) {
                *out = out.plus(*sum);
            }
            done += count;
        }
        if done == side {
            return;
        }
        for ((to, a), b) in to.iter_mut().zip(&*from).zip(&from[count * channels..]) {
            *to = a.plus(*b);
        }
        std::mem::swap(from, to);
        count *= 2;
    }
}

/// Takes the sums one row down, and their means.
#[inline(always)]
fn means<T: Sample, W: Sum + Into<u32>>(
    fresh: bool,
    rows: &Rows<T::Across>,
    sums: &mut [W],
    divisor: &Divisor<W>,
    wide: impl Fn(T::Across) -> W,
    out: &mut [T],
) {
    if fresh {
        for row in rows.iter() {
            for (sum, &new) in sums.iter_mut().zip(row) {
                *sum = sum.plus(wide(new));
            }
        }
    } else {
        for ((sum, &new), &gone) in sums.iter_mut().zip(rows.newest()).zip(rows.gone()) {
            *sum = sum.plus(wide(new)).minus(wide(gone));
        }
    }
    for (out, &sum) in out.iter_mut().zip(&*sums) {
        *out = T::of(divisor.divide(sum).into());
    }
}

impl Filter<f32> for Mean {
    type Held = <Floats as Filter<f32>>::Held;
    type State = <Floats as Filter<f32>>::State;

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
    fn down<S: Vocab>(
        &self,
        simd: S,
        state: &mut Self::State,
        rows: &Rows<f32>,
        out: &mut [f32],
    ) {
        self.floats.down(simd, state, rows, out);
    }
}
