//! Medians of small windows by min and max alone, in vectors. The columns of a window's height are
//! sorted once; each is part of k windows. Of k sorted columns, the i-th smallest samples are then
//! sorted too, for each i, which leaves the columns sorted: of such a table, most of the corners
//! cannot be the median. What of a sort is not used, the compiler leaves out.

use fearless_simd::prelude::*;

use super::Sample;
use crate::kernels::window::{Rows, SLACK, Stripe, load};

/// The least first, after comparing and exchanging by pairs.
macro_rules! sort {
    ($v:ident: $($a:literal $b:literal),*) => {
        $(($v[$a], $v[$b]) = ($v[$a].min($v[$b]), $v[$a].max($v[$b]));)*
    };
}

pub trait Network<const K: usize> {
    fn sort<S: Simd, V: SimdInt<S>>(column: [V; K]) -> [V; K];
    /// Of sorted columns: `levels[i]` is the i-th smallest of each.
    fn median<S: Simd, V: SimdInt<S>>(levels: [[V; K]; K]) -> V;
}

pub struct Three;

impl Network<3> for Three {
    #[inline(always)]
    fn sort<S: Simd, V: SimdInt<S>>(mut v: [V; 3]) -> [V; 3] {
        sort!(v: 0 1, 1 2, 0 1);
        v
    }

    #[inline(always)]
    fn median<S: Simd, V: SimdInt<S>>([low, middle, high]: [[V; 3]; 3]) -> V {
        middle3(largest(low), Self::sort(middle)[1], least(high))
    }
}

pub struct Five;

impl Network<5> for Five {
    #[inline(always)]
    fn sort<S: Simd, V: SimdInt<S>>(mut v: [V; 5]) -> [V; 5] {
        sort!(v: 0 3, 1 4, 0 2, 1 3, 0 1, 2 4, 1 2, 3 4, 2 3);
        v
    }

    /// Six samples are below the three diagonals that are read here and six above. Of the middle
    /// one, sorted, the middle has all of the lower one but its largest below and all of the upper
    /// one but its least above; so the median is that of these three.
    #[inline(always)]
    fn median<S: Simd, V: SimdInt<S>>(levels: [[V; 5]; 5]) -> V {
        let t = sorted::<S, V, Self, 5>(levels);
        let low = largest([t[0][3], t[1][2], t[2][1], t[3][0]]);
        let middle = Self::sort([t[0][4], t[1][3], t[2][2], t[3][1], t[4][0]])[2];
        let high = least([t[1][4], t[2][3], t[3][2], t[4][1]]);
        middle3(low, middle, high)
    }
}

pub struct Seven;

impl Network<7> for Seven {
    #[inline(always)]
    fn sort<S: Simd, V: SimdInt<S>>(mut v: [V; 7]) -> [V; 7] {
        sort!(v: 0 6, 2 3, 4 5, 0 2, 1 4, 3 6, 0 1, 2 5, 3 4, 1 2, 4 6, 2 3, 4 5, 1 2, 3 4, 5 6);
        v
    }

    /// Ten samples are below the five diagonals that are read here and ten above. A sample of one
    /// diagonal is above its neighbours in the one before; counted over sorted diagonals a, b, c,
    /// d, e, this leaves eleven that may be the median, nine of them below and nine above:
    /// a[4], b[3..6], c[2..5], d[0..3], e[0]. Of these, a[4] <= b[4] and d[1] <= e[0].
    #[inline(always)]
    fn median<S: Simd, V: SimdInt<S>>(levels: [[V; 7]; 7]) -> V {
        let t = sorted::<S, V, Self, 7>(levels);
        let a = largest([t[0][4], t[1][3], t[2][2], t[3][1], t[4][0]]);
        let b = sort6([t[0][5], t[1][4], t[2][3], t[3][2], t[4][1], t[5][0]]);
        let c = Self::sort([t[0][6], t[1][5], t[2][4], t[3][3], t[4][2], t[5][1], t[6][0]]);
        let d = sort6([t[1][6], t[2][5], t[3][4], t[4][3], t[5][2], t[6][1]]);
        let e = least([t[2][6], t[3][5], t[4][4], t[5][3], t[6][2]]);
        let mut v = [a.min(b[3]), a.max(b[3]), b[4], b[5], d[0], d[1], d[2].min(e), d[2].max(e)];
        // Merges the halves of v.
        sort!(v: 0 4, 1 5, 2 6, 3 7, 2 4, 3 5, 1 2, 3 4, 5 6);
        // The sixth smallest of v and three of c.
        least([v[5], v[4].max(c[2]), v[3].max(c[3]), v[2].max(c[4])])
    }
}

#[inline(always)]
fn sort6<S: Simd, V: SimdInt<S>>(mut v: [V; 6]) -> [V; 6] {
    sort!(v: 0 5, 1 3, 2 4, 1 2, 3 4, 0 3, 2 5, 0 1, 2 3, 4 5, 1 2, 3 4);
    v
}

#[inline(always)]
fn middle3<S: Simd, V: SimdInt<S>>(a: V, b: V, c: V) -> V {
    a.min(b).max(a.max(b).min(c))
}

// Loops, as closures would not be compiled for the level.

#[inline(always)]
fn largest<S: Simd, V: SimdInt<S>, const N: usize>(v: [V; N]) -> V {
    let mut most = v[0];
    for &other in &v[1..] {
        most = most.max(other);
    }
    most
}

#[inline(always)]
fn least<S: Simd, V: SimdInt<S>, const N: usize>(v: [V; N]) -> V {
    let mut least = v[0];
    for &other in &v[1..] {
        least = least.min(other);
    }
    least
}

#[inline(always)]
fn sorted<S: Simd, V: SimdInt<S>, N: Network<K>, const K: usize>(
    mut levels: [[V; K]; K],
) -> [[V; K]; K] {
    for level in &mut levels {
        *level = N::sort(*level);
    }
    levels
}

/// A row of the output.
#[inline(always)]
pub fn row<S: Simd, T: Sample, N: Network<K>, const K: usize>(
    simd: S,
    rows: &Rows<T::Key>,
    stripe: &Stripe,
    sorted: &mut [T::Key],
    out: &mut [T],
) {
    let n = <T::Keys<S>>::LEN;
    let zero = <T::Keys<S>>::splat(simd, T::Key::default());
    let &Stripe { row, extended, channels } = stripe;
    let stride = stripe.stride();
    let column: [&[T::Key]; K] = std::array::from_fn(|i| rows.row(i));
    assert!(column.iter().all(|row| row.len() == stride) && sorted.len() == K * stride);
    assert!(out.len() == row && row + (K - 1) * channels == extended);
    for at in (0..extended).step_by(n) {
        let mut samples = [zero; K];
        for (sample, row) in samples.iter_mut().zip(column) {
            // SAFETY: the assertions above; a row has slack for a vector.
            *sample = unsafe { load(simd, row, at) };
        }
        for (i, sample) in N::sort(samples).iter().enumerate() {
            let start = i * stride + at;
            // SAFETY: as above.
            sample.store_slice(unsafe { sorted.get_unchecked_mut(start..start + n) });
        }
    }
    for (block, out) in out.chunks_mut(n).enumerate() {
        let mut levels = [[zero; K]; K];
        for (i, level) in levels.iter_mut().enumerate() {
            for (j, samples) in level.iter_mut().enumerate() {
                let at = i * stride + block * n + j * channels;
                // SAFETY: as above.
                *samples = unsafe { load(simd, sorted, at) };
            }
        }
        let median = N::median(levels);
        if out.len() == n {
            T::store(median, out);
        } else {
            let mut last = [T::default(); SLACK];
            T::store(median, &mut last[..n]);
            out.copy_from_slice(&last[..out.len()]);
        }
    }
}

/// A network of min and max is right for all values if it is for zeros and ones.
#[cfg(test)]
#[allow(clippy::needless_range_loop, reason = "a lane is an index into two arrays at once")]
mod tests {
    use fearless_simd_macros::simd;

    use super::*;
    use crate::simd::level::Level;
    use crate::vectors;

    #[simd]
    fn columns_are_sorted<S: Simd, N: Network<K>, const K: usize>(simd: S, _: N) {
        for ones in 0..1 << K {
            let column: [u8; K] = std::array::from_fn(|i| (ones >> i & 1) as u8);
            let sorted = N::sort(column.map(|value| S::u8s::splat(simd, value)));
            assert!(sorted.is_sorted_by_key(|v| v.as_slice()[0]), "{column:?}");
        }
    }

    /// All numbers of ones that sorted columns may have.
    #[simd]
    fn medians_are_exact<S: Simd, N: Network<K>, const K: usize>(simd: S, _: N) {
        let n = S::u8s::LEN;
        let all = (K + 1).pow(K as u32);
        let mut levels = [[S::u8s::splat(simd, 0); K]; K];
        for first in (0..all).step_by(n) {
            let mut ones = [0; SLACK];
            for lane in 0..n {
                let mut rest = (first + lane) % all;
                for j in 0..K {
                    let count = rest % (K + 1);
                    rest /= K + 1;
                    ones[lane] += count;
                    for i in 0..K {
                        levels[i][j].as_mut_slice()[lane] = u8::from(i + count >= K);
                    }
                }
            }
            let median = N::median(levels);
            for lane in 0..n {
                let expected = u8::from(2 * ones[lane] > K * K);
                assert_eq!(median.as_slice()[lane], expected, "{K} {}", first + lane);
            }
        }
    }

    #[test]
    fn networks_are_exact() {
        let level = Level::new();
        vectors!(level, simd => columns_are_sorted(simd, Three));
        vectors!(level, simd => columns_are_sorted(simd, Five));
        vectors!(level, simd => columns_are_sorted(simd, Seven));
        vectors!(level, simd => medians_are_exact(simd, Three));
        vectors!(level, simd => medians_are_exact(simd, Five));
        vectors!(level, simd => medians_are_exact(simd, Seven));
    }
}
