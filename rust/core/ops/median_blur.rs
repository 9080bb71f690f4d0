//! Replaces every sample by the median of the k x k samples around it, the edge repeated at the
//! border: the ((k^2 + 1) / 2)-th smallest, exact in every type.
//!
//! float32: the order of values, -0 as 0, and NaN, all of them one, above infinity. What comes out
//! is a sample of the image, 0 for -0 and the canonical NaN for any.
//!
//! Draws: the side k, lo + 2 below((hi - lo) / 2 + 1) of `blur_limit`. Source: OpenCV's
//! `medianBlur`, Albumentations' op of this name.
//!
//! Up to 7: min and max, in vectors ([`networks`]). Beyond, uint8: histograms of columns, in a time
//! that does not grow with k ([`columns`]); uint16 and float32: one histogram that slides, in a
//! time that grows with k ([`sliding`]).

mod columns;
mod networks;
mod sliding;

use fearless_simd::SimdIntElement;
use fearless_simd::prelude::*;
use serde::{Deserialize, Serialize};

use self::columns::Columns;
use self::networks::{Five, Seven, Three};
use self::sliding::Sliding;
use super::{Op, Side, Square};
use crate::bounds::{Odd, Range};
use crate::error::Result;
use crate::image::{Element, Shape, View};
use crate::kernels::border::Border;
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::window::{self, Filter, Line, ROWS, Rows, Stripe, Window};
use crate::maths::canonical;
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::Vocab;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MedianBlur {
    /// Least and largest side of the window.
    pub blur_limit: Range<Square>,
}

impl Op for MedianBlur {
    const NAME: &'static str = "MedianBlur";
    const CHANNELS: bool = true;
    type Params = Side;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Side> {
        Ok(Side { kernel_size: self.blur_limit.draw(draws) })
    }

    fn apply(&self, Side { kernel_size }: Side, _: &Site, _: Noise) -> Result<Steps> {
        let Odd(side) = kernel_size.get();
        Ok(Step::Pixels(Box::new(Median { radius: side as usize / 2 })).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        [[3, 3], [5, 5], [7, 7], [9, 11], [17, 17]]
            .map(|sides| MedianBlur { blur_limit: Range::new(sides.map(Odd)) })
            .into()
    }
}

/// The median of a window.
struct Median {
    radius: usize,
}

/// A sample as an integer of the same order.
trait Sample: Element {
    type Key: SimdIntElement + Default + Ord;
    type Keys<S: Simd>: SimdInt<S, Element = Self::Key>;
    /// Whether there are few enough values for histograms of columns.
    const FEW: bool = size_of::<Self>() == 1;

    fn key(self) -> Self::Key;
    fn sample(key: Self::Key) -> Self;
    fn store<S: Simd>(keys: Self::Keys<S>, out: &mut [Self]);

    /// All keys that the image has, or may have, from the least up.
    fn keys(src: View<Self>) -> Result<Vec<Self::Key>>;
    /// The place of a key among them, as a key.
    fn rank(keys: &[Self::Key], key: Self::Key) -> Self::Key;
    fn index(rank: Self::Key) -> usize;

    /// A row of the output, by histograms of columns.
    fn row<S: Simd>(_: S, _: &mut Columns, _: &Rows<Self::Key>, _: &mut [Self]) {
        unreachable!("of few values only")
    }
}

macro_rules! integer {
    ($type:ty, $lanes:ident, $($row:item)?) => {
        impl Sample for $type {
            type Key = $type;
            type Keys<S: Simd> = S::$lanes;
            $($row)?

            #[inline(always)]
            fn key(self) -> $type {
                self
            }

            #[inline(always)]
            fn sample(key: $type) -> $type {
                key
            }

            #[inline(always)]
            fn store<S: Simd>(keys: S::$lanes, out: &mut [$type]) {
                keys.store_slice(out);
            }

            fn keys(_: View<$type>) -> Result<Vec<$type>> {
                memory::collect(0..=<$type>::MAX, sliding::TABLE)
            }

            #[inline(always)]
            fn rank(_: &[$type], key: $type) -> $type {
                key
            }

            #[inline(always)]
            fn index(rank: $type) -> usize {
                rank.into()
            }
        }
    };
}
integer! { u8, u8s,
    #[inline(always)]
    fn row<S: Simd>(simd: S, columns: &mut Columns, rows: &Rows<u8>, out: &mut [u8]) {
        columns.row(simd, rows, out);
    }
}
integer! { u16, u16s, }

impl Sample for f32 {
    type Key = i32;
    type Keys<S: Simd> = S::i32s;

    /// The bits of a negative number, but for its sign, fall where it rises. (0 is added to make
    /// -0 one with it.)
    #[inline(always)]
    fn key(self) -> i32 {
        let bits = canonical(self + 0.0).to_bits().cast_signed();
        bits ^ ((bits >> 31) & i32::MAX)
    }

    #[inline(always)]
    fn sample(key: i32) -> f32 {
        f32::from_bits((key ^ ((key >> 31) & i32::MAX)).cast_unsigned())
    }

    #[inline(always)]
    fn store<S: Simd>(keys: S::i32s, out: &mut [f32]) {
        let bits = keys ^ ((keys >> 31) & i32::MAX);
        bits.bitcast::<S::f32s>().store_slice(out);
    }

    fn keys(src: View<f32>) -> Result<Vec<i32>> {
        let samples = src.rows().flatten().map(|value| value.key());
        let mut keys = memory::room(src.shape().len(), sliding::TABLE)?;
        keys.extend(samples);
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// There are fewer than 2^32 values.
    #[inline(always)]
    fn rank(keys: &[i32], key: i32) -> i32 {
        (keys.partition_point(|&other| other < key) as u32).cast_signed()
    }

    #[inline(always)]
    fn index(rank: i32) -> usize {
        rank.cast_unsigned() as usize
    }
}

enum State<T: Sample> {
    /// Columns of a window's height, sorted: the least of each, the second least ...
    Sorted(Vec<T::Key>, Stripe),
    Columns(Columns),
    Sliding(Sliding<T>),
}

impl Window for Median {
    const BORDER: Border = Border::Edge;

    fn radius(&self) -> usize {
        self.radius
    }
}

impl<T: Sample> Filter<T> for Median {
    type Held = T::Key;
    type State = State<T>;

    fn columns(&self, shape: Shape) -> usize {
        match self.radius {
            1..=3 => window::narrow((4 * self.radius + 3) * size_of::<T::Key>(), shape),
            radius if T::FEW => columns::stripe(radius, shape),
            _ => shape.width,
        }
    }

    fn start(&self, src: View<T>, stripe: &Stripe) -> Result<State<T>> {
        let side = 2 * self.radius + 1;
        Ok(if self.radius <= 3 {
            let levels = side.saturating_mul(stripe.stride());
            State::Sorted(memory::vec(levels, T::Key::default(), ROWS)?, *stripe)
        } else if T::FEW && columns::fits(stripe) {
            State::Columns(Columns::new(side, stripe)?)
        } else {
            State::Sliding(Sliding::new(side, src)?)
        })
    }

    #[inline(always)]
    fn across<S: Vocab>(&self, _: S, state: &mut State<T>, line: &Line<T>, held: &mut [T::Key]) {
        match state {
            State::Sliding(sliding) => line.map(held, |v| T::rank(&sliding.keys, v.key())),
            _ => line.map(held, T::key),
        }
    }

    #[inline(always)]
    fn down<S: Vocab>(&self, simd: S, state: &mut State<T>, rows: &Rows<T::Key>, out: &mut [T]) {
        match state {
            State::Sorted(sorted, stripe) => match self.radius {
                1 => networks::row::<S, T, Three, 3>(simd, rows, stripe, sorted, out),
                2 => networks::row::<S, T, Five, 5>(simd, rows, stripe, sorted, out),
                _ => networks::row::<S, T, Seven, 7>(simd, rows, stripe, sorted, out),
            },
            State::Columns(columns) => T::row(simd, columns, rows, out),
            State::Sliding(sliding) => sliding.row(rows, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::Image;
    use crate::ops::{edited, refusal};
    use crate::simd::level;

    #[test]
    fn keys_have_the_order_of_values() {
        let values = [f32::NEG_INFINITY, -1.0, -1e-40, 0.0, 1e-40, 1.0, f32::INFINITY, f32::NAN];
        let keys = values.map(f32::key);
        assert!(keys.is_sorted_by(|a, b| a < b));
        for (key, value) in keys.into_iter().zip(values) {
            assert_eq!(f32::sample(key).to_bits(), canonical(value).to_bits());
        }
        assert_eq!((-0.0_f32).key(), 0.0_f32.key());
        assert_eq!(f32::from_bits(0xffc0_1234).key(), f32::NAN.key());
    }

    /// By sorting each window.
    fn expected<T: Sample>(src: &Image<T>, radius: usize) -> Image<T> {
        let Shape { height, width, channels } = src.shape;
        let mut out = Image::new(src.shape);
        let at = |i: usize, step: usize, n: usize| (i + step).saturating_sub(radius).min(n - 1);
        let side = 2 * radius + 1;
        for (i, out) in out.data.iter_mut().enumerate() {
            let (y, x, c) = (i / channels / width, i / channels % width, i % channels);
            let mut keys = Vec::new();
            for row in (0..side).map(|step| src.view().row(at(y, step, height))) {
                keys.extend((0..side).map(|step| row[at(x, step, width) * channels + c].key()));
            }
            keys.sort_unstable();
            *out = T::sample(keys[side * side / 2]);
        }
        out
    }

    fn compare<T: Sample + std::fmt::Debug>(
        shape: [usize; 3],
        radii: impl IntoIterator<Item = usize>,
        value: impl Fn(usize) -> T,
    ) where
        Median: Filter<T>,
    {
        let [height, width, channels] = shape;
        let shape = Shape::new(height, width, channels);
        // Two thirds of noise, then a gradient.
        let noise = |i: usize| (i.wrapping_mul(2_654_435_761) ^ (i >> 3)) >> 7;
        let smooth = |i: usize| i / channels % width * 700;
        let sample = |i| value(if 3 * i < 2 * shape.len() { noise(i) } else { smooth(i) });
        let src = Image { data: (0..shape.len()).map(sample).collect(), shape };
        for radius in radii {
            let expected = expected(&src, radius);
            for level in level::available() {
                let mut dst = Image::new(shape);
                let median = Median { radius };
                window::run(level, &median, src.view(), dst.view_mut(), 0).unwrap();
                let equal = crate::image::bytes(&dst.data) == crate::image::bytes(&expected.data);
                assert!(equal, "{} {shape:?} {radius}", level::name(level));
            }
        }
    }

    /// Several stripes and the ends of vectors, windows wider than the image, few values and many.
    #[test]
    fn medians_are_those_of_sorted_windows() {
        let float = |i: usize| match i % 23 {
            0 => f32::NAN,
            1 => -f32::NAN,
            2 => -0.0,
            3 => f32::NEG_INFINITY,
            4 => 0.0,
            _ => (i % 65_521) as f32 / 1000.0 - 30.0,
        };
        for (shape, most) in [([4, 400, 3], 5), ([1, 1, 1], 40), ([19, 34, 4], 9), ([3, 9, 2], 127)]
        {
            let radii = || [1, 2, 3, 4, 5, 9, 40, 127].into_iter().filter(move |&r| r <= most);
            compare(shape, radii(), |i| i as u8);
            compare(shape, radii(), |i| (i % 3 * 100) as u8);
            compare(shape, radii(), |i| i as u16);
            compare(shape, radii(), float);
        }
        // Of so many channels that histograms of columns would take too much memory.
        compare([1, 2, 7000], [4], |i| i as u8);
    }

    #[test]
    fn refuses() {
        let site = Site::new(Shape::new(5, 5, 3), crate::image::DType::U8);
        let op = MedianBlur { blur_limit: Range::new([Odd(3), Odd(255)]) };
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
