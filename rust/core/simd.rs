//! The vocabulary that kernels are written in: the native-width vectors of fearless_simd and the
//! few primitives that it lacks. Each has a plain definition that every level equals.
//!
//! A kernel is one function, generic over [`Vocab`] and marked `#[simd]`, called by [`vectors!`].

use fearless_simd::prelude::*;
use fearless_simd::{Fallback, kernel};

/// Calls a function that is generic over [`Vocab`] at a level: `vectors!(level, simd => f(simd))`.
/// (fearless_simd's `dispatch!` hides the level's type, and with it what it knows beyond `Simd`.)
#[macro_export]
macro_rules! vectors {
    ($level:expr, $simd:ident => $call:expr) => {
        match $level {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            $crate::level::Level::Avx512($simd) => $call,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            $crate::level::Level::Avx2($simd) => $call,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            $crate::level::Level::Sse4_2($simd) => $call,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            $crate::level::Level::Sse2($simd) => $call,
            #[cfg(target_arch = "aarch64")]
            $crate::level::Level::Neon($simd) => $call,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            $crate::level::Level::WasmSimd128($simd) => $call,
            $crate::level::Level::Fallback($simd) => $call,
            _ => unreachable!("the levels that a target has are all above"),
        }
    };
}

/// A level with the primitives that fearless_simd lacks.
pub trait Vocab: Simd {
    /// Whether bytes can be shuffled by one instruction.
    const SHUFFLES: bool = true;

    /// Whether `lookup` beats one load after the other.
    const LOOKUP: bool = false;

    /// (a b + 2^14) >> 15 in each lane; a = b = -2^15 must not occur.
    #[inline(always)]
    fn mulhrs(self, a: Self::i16s, b: Self::i16s) -> Self::i16s {
        Self::i16s::from_fn(self, |i| {
            let product = i32::from(a.as_slice()[i]) * i32::from(b.as_slice()[i]);
            ((product + (1 << 14)) >> 15) as i16
        })
    }

    /// The entry at each index.
    #[inline(always)]
    fn lookup(self, table: &[u8; 256], index: Self::u8s) -> Self::u8s {
        Self::u8s::from_fn(self, |i| table[usize::from(index.as_slice()[i])])
    }
}

impl Vocab for Fallback {
    const SHUFFLES: bool = false;
}

#[cfg(target_arch = "aarch64")]
impl Vocab for fearless_simd::aarch64::Neon {}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl Vocab for fearless_simd::wasm32::WasmSimd128 {}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod x86 {
    #[cfg(target_arch = "x86")]
    use std::arch::x86::*;
    #[cfg(target_arch = "x86_64")]
    use std::arch::x86_64::*;

    use fearless_simd::u8x16;
    use fearless_simd::x86::{Avx2, Avx512, Sse2, Sse4_2};

    use super::*;

    /// A method of the vocabulary as one intrinsic: `intrinsic!(Level, method = intrinsic: A, A)`.
    macro_rules! intrinsic {
        ($level:ident, $name:ident = $intrinsic:ident($($arg:ident: $lanes:ident as $raw:ty),*) -> $out:ident as $made:ty) => {
            #[inline(always)]
            fn $name(self, $($arg: Self::$lanes),*) -> Self::$out {
                kernel!(
                    #[inline]
                    fn run(_level: $level, $($arg: $raw),*) -> $made {
                        $intrinsic($($arg),*)
                    }
                );
                run(self, $($arg.into()),*).simd_into(self)
            }
        };
    }

    impl Vocab for Sse2 {
        const SHUFFLES: bool = false;
    }

    impl Vocab for Sse4_2 {
        intrinsic!(Sse4_2, mulhrs = _mm_mulhrs_epi16(a: i16s as __m128i, b: i16s as __m128i) -> i16s as __m128i);
    }

    impl Vocab for Avx2 {
        const LOOKUP: bool = true;

        intrinsic!(Avx2, mulhrs = _mm256_mulhrs_epi16(a: i16s as __m256i, b: i16s as __m256i) -> i16s as __m256i);

        /// A shuffle gives 0 where its index is negative, and else looks at its low four bits. So,
        /// in each half of the table, the index goes down by 16 from shuffle to shuffle, and each
        /// replaces what the ones before have picked by the entry 16 further on.
        #[inline(always)]
        fn lookup(self, table: &[u8; 256], index: Self::u8s) -> Self::u8s {
            let mut picked = Self::u8s::splat(self, 0);
            for (half, flip) in table.as_chunks::<128>().0.iter().zip([0, 0x80]) {
                let mut index: Self::i8s = (index ^ flip).bitcast();
                let mut before = u8x16::splat(self, 0);
                for entries in half.as_chunks::<16>().0 {
                    let entries = u8x16::from_slice(self, entries);
                    let change = Self::u8s::block_splat(entries ^ before);
                    picked ^= change.swizzle_dyn_within_blocks(index.bitcast::<Self::u8s>());
                    (before, index) = (entries, index.saturating_sub(16));
                }
            }
            picked
        }
    }

    impl Vocab for Avx512 {
        const LOOKUP: bool = true;

        intrinsic!(Avx512, mulhrs = _mm512_mulhrs_epi16(a: i16s as __m512i, b: i16s as __m512i) -> i16s as __m512i);

        #[inline(always)]
        fn lookup(self, table: &[u8; 256], index: Self::u8s) -> Self::u8s {
            let quarter = |i: usize| Self::u8s::from_slice(self, &table[64 * i..][..64]);
            let low = quarter(0).concat_swizzle_dyn(quarter(1), index & 0x7f);
            let high = quarter(2).concat_swizzle_dyn(quarter(3), index & 0x7f);
            index.simd_ge(0x80).select(high, low)
        }
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd_macros::simd;

    use super::*;
    use crate::level;

    #[test]
    fn lookup_is_its_definition() {
        #[simd]
        fn run<S: Vocab>(simd: S, table: &[u8; 256], index: &[u8], out: &mut [u8]) {
            let n = S::u8s::LEN;
            for (index, out) in index.chunks_exact(n).zip(out.chunks_exact_mut(n)) {
                simd.lookup(table, S::u8s::from_slice(simd, index)).store_slice(out);
            }
        }
        let table = std::array::from_fn(|i| (i * 167 % 251) as u8);
        let index: Vec<u8> = (0..4096).map(|i| (i * 31 + i / 256) as u8).collect();
        for level in level::available() {
            let mut out = vec![0; index.len()];
            vectors!(level, simd => run(simd, &table, &index, &mut out));
            assert!(
                out.iter().zip(&index).all(|(&out, &i)| out == table[usize::from(i)]),
                "{level:?}"
            );
        }
    }

    #[test]
    fn mulhrs_is_its_definition() {
        #[simd]
        fn run<S: Vocab>(simd: S, a: &[i16], b: &[i16], out: &mut [i16]) {
            let n = S::i16s::LEN;
            for ((a, b), out) in
                a.chunks_exact(n).zip(b.chunks_exact(n)).zip(out.chunks_exact_mut(n))
            {
                let v = simd.mulhrs(S::i16s::from_slice(simd, a), S::i16s::from_slice(simd, b));
                v.store_slice(out);
            }
        }
        let a: Vec<i16> = (0..4096_i32).map(|i| (i * 7919 % 65536 - 32768) as i16).collect();
        let b: Vec<i16> = (0..4096_i32).map(|i| (i * 104_729 % 65535 - 32767) as i16).collect();
        for level in level::available() {
            let mut out = vec![0; a.len()];
            vectors!(level, simd => run(simd, &a, &b, &mut out));
            for i in 0..a.len() {
                let want = (i32::from(a[i]) * i32::from(b[i]) + (1 << 14)) >> 15;
                assert_eq!(i32::from(out[i]), want, "{level:?} {} {}", a[i], b[i]);
            }
        }
    }
}
