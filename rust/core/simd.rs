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
    /// (a b + 2^14) >> 15 in each lane; a = b = -2^15 must not occur.
    #[inline(always)]
    fn mulhrs(self, a: Self::i16s, b: Self::i16s) -> Self::i16s {
        Self::i16s::from_fn(self, |i| {
            let product = i32::from(a.as_slice()[i]) * i32::from(b.as_slice()[i]);
            ((product + (1 << 14)) >> 15) as i16
        })
    }

    /// sum + the pairwise dot product of a and b.
    #[inline(always)]
    fn dot_add(self, sum: Self::i32s, a: Self::i16s, b: Self::i16s) -> Self::i32s {
        sum + a.pairwise_dot_product(b)
    }

    // What goes on within blocks of 16 bytes is cheaper than across a wide vector; a vector of one
    // block is the default.

    /// The first halves of the blocks, byte by byte: a, b, a, b ...
    #[inline(always)]
    fn zip_low_within_blocks(self, a: Self::u8s, b: Self::u8s) -> Self::u8s {
        a.zip_low(b)
    }

    /// The second halves.
    #[inline(always)]
    fn zip_high_within_blocks(self, a: Self::u8s, b: Self::u8s) -> Self::u8s {
        a.zip_high(b)
    }

    /// Each block of a and then that of b, clamped to i16.
    #[inline(always)]
    fn clamp_i16_within_blocks(self, a: Self::i32s, b: Self::i32s) -> Self::i16s {
        a.saturating_narrow(b)
    }

    /// Each block of a and then that of b, clamped to u8.
    #[inline(always)]
    fn clamp_u8_within_blocks(self, a: Self::i16s, b: Self::i16s) -> Self::u8s {
        let [a, b] = [a, b].map(|v| v.max(0).bitcast::<Self::u16s>());
        a.saturating_narrow(b)
    }

    /// Bytes of each block of v by index in the block; 0 where the index is 128 or more.
    #[inline(always)]
    fn shuffle_within_blocks(self, v: Self::u8s, indices: Self::u8s) -> Self::u8s {
        v.swizzle_dyn_precise(indices)
    }

    /// Each block's 16 bytes from its own start.
    #[inline(always)]
    fn gather_blocks(self, bytes: &[u8], starts: &[u32]) -> Self::u8s {
        Self::u8s::from_slice(self, block(bytes, starts[0]))
    }
}

#[inline(always)]
fn block(bytes: &[u8], start: u32) -> &[u8] {
    let start = start as usize;
    &bytes[start..start + 16]
}

impl Vocab for Fallback {}

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

    use fearless_simd::x86::{Avx2, Avx512, Sse2, Sse4_2};
    use fearless_simd::{u8x16, u8x32, u8x64};

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
        intrinsic!(Sse2, clamp_u8_within_blocks = _mm_packus_epi16(a: i16s as __m128i, b: i16s as __m128i) -> u8s as __m128i);
    }

    impl Vocab for Sse4_2 {
        intrinsic!(Sse4_2, mulhrs = _mm_mulhrs_epi16(a: i16s as __m128i, b: i16s as __m128i) -> i16s as __m128i);
        intrinsic!(Sse4_2, shuffle_within_blocks = _mm_shuffle_epi8(v: u8s as __m128i, indices: u8s as __m128i) -> u8s as __m128i);
        intrinsic!(Sse4_2, clamp_u8_within_blocks = _mm_packus_epi16(a: i16s as __m128i, b: i16s as __m128i) -> u8s as __m128i);
    }

    impl Vocab for Avx2 {
        intrinsic!(Avx2, mulhrs = _mm256_mulhrs_epi16(a: i16s as __m256i, b: i16s as __m256i) -> i16s as __m256i);
        intrinsic!(Avx2, zip_low_within_blocks = _mm256_unpacklo_epi8(a: u8s as __m256i, b: u8s as __m256i) -> u8s as __m256i);
        intrinsic!(Avx2, zip_high_within_blocks = _mm256_unpackhi_epi8(a: u8s as __m256i, b: u8s as __m256i) -> u8s as __m256i);
        intrinsic!(Avx2, clamp_i16_within_blocks = _mm256_packs_epi32(a: i32s as __m256i, b: i32s as __m256i) -> i16s as __m256i);
        intrinsic!(Avx2, shuffle_within_blocks = _mm256_shuffle_epi8(v: u8s as __m256i, indices: u8s as __m256i) -> u8s as __m256i);
        intrinsic!(Avx2, clamp_u8_within_blocks = _mm256_packus_epi16(a: i16s as __m256i, b: i16s as __m256i) -> u8s as __m256i);

        #[inline(always)]
        fn gather_blocks(self, bytes: &[u8], starts: &[u32]) -> u8x32<Self> {
            let a = u8x16::from_slice(self, block(bytes, starts[0]));
            let b = u8x16::from_slice(self, block(bytes, starts[1]));
            a.combine(b)
        }
    }

    impl Vocab for Avx512 {
        intrinsic!(Avx512, mulhrs = _mm512_mulhrs_epi16(a: i16s as __m512i, b: i16s as __m512i) -> i16s as __m512i);
        intrinsic!(Avx512, dot_add = _mm512_dpwssd_epi32(sum: i32s as __m512i, a: i16s as __m512i, b: i16s as __m512i) -> i32s as __m512i);
        intrinsic!(Avx512, zip_low_within_blocks = _mm512_unpacklo_epi8(a: u8s as __m512i, b: u8s as __m512i) -> u8s as __m512i);
        intrinsic!(Avx512, zip_high_within_blocks = _mm512_unpackhi_epi8(a: u8s as __m512i, b: u8s as __m512i) -> u8s as __m512i);
        intrinsic!(Avx512, clamp_i16_within_blocks = _mm512_packs_epi32(a: i32s as __m512i, b: i32s as __m512i) -> i16s as __m512i);
        intrinsic!(Avx512, shuffle_within_blocks = _mm512_shuffle_epi8(v: u8s as __m512i, indices: u8s as __m512i) -> u8s as __m512i);
        intrinsic!(Avx512, clamp_u8_within_blocks = _mm512_packus_epi16(a: i16s as __m512i, b: i16s as __m512i) -> u8s as __m512i);

        #[inline(always)]
        fn gather_blocks(self, bytes: &[u8], starts: &[u32]) -> u8x64<Self> {
            let a = u8x16::from_slice(self, block(bytes, starts[0]));
            let b = u8x16::from_slice(self, block(bytes, starts[1]));
            let c = u8x16::from_slice(self, block(bytes, starts[2]));
            let d = u8x16::from_slice(self, block(bytes, starts[3]));
            a.combine(b).combine(c.combine(d))
        }
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd_macros::simd;

    use super::*;
    use crate::level;

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

    #[test]
    fn what_goes_on_within_blocks_is_its_definition() {
        #[simd]
        fn run<S: Vocab>(simd: S, bytes: &[u8], starts: &[u32]) {
            let n = S::u8s::LEN;
            let [a, b] = [0, n].map(|at| S::u8s::from_slice(simd, &bytes[at..at + n]));
            let [wide_a, wide_b]: [S::i16s; 2] = [a.bitcast(), b.bitcast()];
            let [sum, more]: [S::i32s; 2] = [wide_a.bitcast(), wide_b.bitcast()];
            let more = more >> 16;
            let low = simd.zip_low_within_blocks(a, b);
            let high = simd.zip_high_within_blocks(a, b);
            let shorts = simd.clamp_i16_within_blocks(sum, more);
            let packed = simd.clamp_u8_within_blocks(wide_a >> 7, wide_b);
            let shuffled = simd.shuffle_within_blocks(a, b & 143);
            let gathered = simd.gather_blocks(bytes, &starts[..n / 16]);
            let dots = simd.dot_add(sum, wide_a, wide_b);
            for i in 0..n {
                let (block, i) = (i / 16 * 16, i % 16);
                let at = |lane: usize| block + lane;
                let zipped = |from: usize| {
                    let v = if i % 2 == 0 { &a } else { &b };
                    v.as_slice()[at(from + i / 2)]
                };
                assert_eq!([low[at(i)], high[at(i)]], [zipped(0), zipped(8)]);
                let v = if i < 8 { wide_a >> 7 } else { wide_b };
                let short = v.as_slice()[block / 2 + i % 8];
                assert_eq!(packed[at(i)], short.clamp(0, 255) as u8);
                let index = usize::from(b[at(i)] & 143);
                assert_eq!(shuffled[at(i)], if index < 16 { a[at(index)] } else { 0 });
                assert_eq!(gathered[at(i)], bytes[starts[block / 16] as usize + i]);
            }
            for i in 0..n / 2 {
                let (block, i) = (i / 8, i % 8);
                let v = if i < 4 { sum } else { more };
                let want = v.as_slice()[4 * block + i % 4].clamp(-32768, 32767);
                assert_eq!(i32::from(shorts[8 * block + i]), want);
            }
            for i in 0..n / 4 {
                let product = |i: usize| i32::from(wide_a[i]) * i32::from(wide_b[i]);
                let dot = product(2 * i).wrapping_add(product(2 * i + 1));
                assert_eq!(dots[i], sum[i].wrapping_add(dot));
            }
        }
        let bytes: Vec<u8> = (0..256_usize).map(|i| (i * i * 31 % 253) as u8).collect();
        for level in level::available() {
            vectors!(level, simd => run(simd, &bytes, &[240, 3, 77, 0]));
        }
    }
}
