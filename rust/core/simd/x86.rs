//! What x86 has an instruction for.

use std::arch::asm;
#[cfg(target_arch = "x86")]
use std::arch::x86::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use fearless_simd::x86::{Avx2, Avx512, Sse2, Sse4_2};
use fearless_simd::{kernel, u8x16, u8x32, u8x64};

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

/// A product as its instruction. LLVM takes the intrinsics apart: where a loop multiplies by
/// what it does not change, it widens that once, outside, and then the lanes of every product.
macro_rules! product {
    ($level:ident, $name:ident: $lanes:ident, $raw:ty, $register:ident, $instruction:literal) => {
        #[inline(always)]
        fn $name(self, a: Self::$lanes, b: Self::$lanes) -> Self::$lanes {
            kernel!(
                #[inline]
                fn run(_level: $level, a: $raw, b: $raw) -> $raw {
                    let mut a = a;
                    // SAFETY: the level has this instruction, and it changes nothing but `a`.
                    unsafe {
                        asm!(
                            $instruction,
                            a = inout($register) a,
                            b = in($register) b,
                            options(pure, nomem, nostack, preserves_flags),
                        );
                    }
                    a
                }
            );
            run(self, a.into(), b.into()).simd_into(self)
        }
    };
}

macro_rules! sum8 {
    ($level:ident, $raw:ty, $sad:ident, $zero:ident) => {
        #[inline(always)]
        fn sum8(self, v: Self::u8s) -> Self::u64s {
            kernel!(
                #[inline]
                fn run(_level: $level, v: $raw) -> $raw {
                    $sad(v, $zero())
                }
            );
            run(self, v.into()).simd_into(self)
        }
    };
}

kernel!(
    // Which half of a, and which of b: low (0) or high (1).
    #[inline]
    fn halves_00(_level: Avx2, a: __m256i, b: __m256i) -> __m256i {
        _mm256_permute2x128_si256::<0x20>(a, b)
    }
);
kernel!(
    #[inline]
    fn halves_01(_level: Avx2, a: __m256i, b: __m256i) -> __m256i {
        _mm256_permute2x128_si256::<0x30>(a, b)
    }
);
kernel!(
    #[inline]
    fn halves_10(_level: Avx2, a: __m256i, b: __m256i) -> __m256i {
        _mm256_permute2x128_si256::<0x21>(a, b)
    }
);
kernel!(
    #[inline]
    fn halves_11(_level: Avx2, a: __m256i, b: __m256i) -> __m256i {
        _mm256_permute2x128_si256::<0x31>(a, b)
    }
);

/// A shuffle gives 0 where its index has the top bit, and else takes its low four: the first
/// quarter picks for all, and each of the others undoes what the ones before have picked.
#[inline(always)]
fn pick64<S: Simd>(simd: S, table: &[u8; 64], index: S::u8s) -> S::u8s {
    let quarter = u8x16::from_slice(simd, &table[..16]);
    let mut picked = S::u8s::block_splat(quarter).swizzle_dyn_within_blocks(index);
    for at in [16, 32, 48] {
        let quarter = u8x16::from_slice(simd, &table[at..][..16]);
        let step = S::u8s::block_splat(quarter ^ u8x16::from_slice(simd, &table[at - 16..][..16]));
        picked ^= step.swizzle_dyn_within_blocks(index - at as u8);
    }
    picked
}

impl Vocab for Sse2 {
    const SHUFFLES: bool = false;

    product!(Sse2, mulhi: u16s, __m128i, xmm_reg, "pmulhuw {a}, {b}");
    product!(Sse2, mul_halves: u64s, __m128i, xmm_reg, "pmuludq {a}, {b}");
    intrinsic!(Sse2, clamp_u8_within_blocks = _mm_packus_epi16(a: i16s as __m128i, b: i16s as __m128i) -> u8s as __m128i);
    sum8!(Sse2, __m128i, _mm_sad_epu8, _mm_setzero_si128);
}

impl Vocab for Sse4_2 {
    product!(Sse4_2, mulhi: u16s, __m128i, xmm_reg, "pmulhuw {a}, {b}");
    product!(Sse4_2, mul_halves: u64s, __m128i, xmm_reg, "pmuludq {a}, {b}");
    sum8!(Sse4_2, __m128i, _mm_sad_epu8, _mm_setzero_si128);
    #[inline(always)]
    fn pick64(self, table: &[u8; 64], index: Self::u8s) -> Self::u8s {
        pick64(self, table, index)
    }
    intrinsic!(Sse4_2, dot_bytes = _mm_maddubs_epi16(a: u8s as __m128i, b: i8s as __m128i) -> i16s as __m128i);
    intrinsic!(Sse4_2, mulhrs = _mm_mulhrs_epi16(a: i16s as __m128i, b: i16s as __m128i) -> i16s as __m128i);
    intrinsic!(Sse4_2, shuffle_within_blocks = _mm_shuffle_epi8(v: u8s as __m128i, indices: u8s as __m128i) -> u8s as __m128i);
    intrinsic!(Sse4_2, clamp_u8_within_blocks = _mm_packus_epi16(a: i16s as __m128i, b: i16s as __m128i) -> u8s as __m128i);
}

impl Vocab for Avx2 {
    const BLOCKS: bool = true;
    const LOOKUP: bool = true;

    product!(Avx2, mulhi: u16s, __m256i, ymm_reg, "vpmulhuw {a}, {a}, {b}");
    product!(Avx2, mul_halves: u64s, __m256i, ymm_reg, "vpmuludq {a}, {a}, {b}");
    sum8!(Avx2, __m256i, _mm256_sad_epu8, _mm256_setzero_si256);

    #[inline(always)]
    fn thirds(self, [a, b, c]: [Self::u8s; 3]) -> [Self::u8s; 3] {
        let [a, b, c] = [a.into(), b.into(), c.into()];
        [
            halves_01(self, a, b).simd_into(self),
            halves_10(self, a, c).simd_into(self),
            halves_01(self, b, c).simd_into(self),
        ]
    }

    #[inline(always)]
    fn unthirds(self, [a, b, c]: [Self::u8s; 3]) -> [Self::u8s; 3] {
        let [a, b, c] = [a.into(), b.into(), c.into()];
        [
            halves_00(self, a, b).simd_into(self),
            halves_01(self, c, a).simd_into(self),
            halves_11(self, b, c).simd_into(self),
        ]
    }

    #[inline(always)]
    fn pick64(self, table: &[u8; 64], index: Self::u8s) -> Self::u8s {
        pick64(self, table, index)
    }
    intrinsic!(Avx2, dot_bytes = _mm256_maddubs_epi16(a: u8s as __m256i, b: i8s as __m256i) -> i16s as __m256i);
    intrinsic!(Avx2, mulhrs = _mm256_mulhrs_epi16(a: i16s as __m256i, b: i16s as __m256i) -> i16s as __m256i);

    /// Of each quarter of the table the entry that the low six bits say; then the top two decide.
    #[inline(always)]
    fn lookup(self, table: &[u8; 256], index: Self::u8s) -> Self::u8s {
        kernel!(
            // b where the top bit of a lane of `top` is set, else a.
            #[inline]
            fn choose(_level: Avx2, a: __m256i, b: __m256i, top: __m256i) -> __m256i {
                _mm256_blendv_epi8(a, b, top)
            }
        );
        let low = index & 63;
        let mut quarters = [low.into(); 4];
        for (quarter, entries) in quarters.iter_mut().zip(table.as_chunks().0) {
            *quarter = pick64(self, entries, low).into();
        }
        let (second, half) = ((index + index).into(), index.into());
        let lower = choose(self, quarters[0], quarters[1], second);
        let upper = choose(self, quarters[2], quarters[3], second);
        choose(self, lower, upper, half).simd_into(self)
    }

    intrinsic!(Avx2, zip16_low_within_blocks = _mm256_unpacklo_epi16(a: i16s as __m256i, b: i16s as __m256i) -> i16s as __m256i);
    intrinsic!(Avx2, zip16_high_within_blocks = _mm256_unpackhi_epi16(a: i16s as __m256i, b: i16s as __m256i) -> i16s as __m256i);
    intrinsic!(Avx2, zip_low_within_blocks = _mm256_unpacklo_epi8(a: u8s as __m256i, b: u8s as __m256i) -> u8s as __m256i);
    intrinsic!(Avx2, zip_high_within_blocks = _mm256_unpackhi_epi8(a: u8s as __m256i, b: u8s as __m256i) -> u8s as __m256i);
    intrinsic!(Avx2, clamp_i16_within_blocks = _mm256_packs_epi32(a: i32s as __m256i, b: i32s as __m256i) -> i16s as __m256i);
    intrinsic!(Avx2, shuffle_within_blocks = _mm256_shuffle_epi8(v: u8s as __m256i, indices: u8s as __m256i) -> u8s as __m256i);
    intrinsic!(Avx2, clamp_u8_within_blocks = _mm256_packus_epi16(a: i16s as __m256i, b: i16s as __m256i) -> u8s as __m256i);
    #[inline(always)]
    fn clamp_u8(self, a: Self::i16s, b: Self::i16s) -> Self::u8s {
        kernel!(
            #[inline]
            fn run(_level: Avx2, a: __m256i, b: __m256i) -> __m256i {
                _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi16(a, b))
            }
        );
        run(self, a.into(), b.into()).simd_into(self)
    }

    #[inline(always)]
    unsafe fn gather_blocks(self, bytes: &[u8], starts: &[u32]) -> u8x32<Self> {
        // SAFETY: the caller's.
        let [a, b] = unsafe { [block(bytes, starts[0]), block(bytes, starts[1])] };
        u8x16::from_slice(self, a).combine(u8x16::from_slice(self, b))
    }
}

impl Vocab for Avx512 {
    const LOOKUP: bool = true;

    product!(Avx512, mulhi: u16s, __m512i, zmm_reg, "vpmulhuw {a}, {a}, {b}");
    product!(Avx512, mul_halves: u64s, __m512i, zmm_reg, "vpmuludq {a}, {a}, {b}");
    sum8!(Avx512, __m512i, _mm512_sad_epu8, _mm512_setzero_si512);
    #[inline(always)]
    fn pick64(self, table: &[u8; 64], index: Self::u8s) -> Self::u8s {
        u8x64::from_slice(self, table).swizzle_dyn(index)
    }
    intrinsic!(Avx512, dot_bytes = _mm512_maddubs_epi16(a: u8s as __m512i, b: i8s as __m512i) -> i16s as __m512i);
    intrinsic!(Avx512, mulhrs = _mm512_mulhrs_epi16(a: i16s as __m512i, b: i16s as __m512i) -> i16s as __m512i);

    #[inline(always)]
    fn lookup(self, table: &[u8; 256], index: Self::u8s) -> Self::u8s {
        let quarter = |i: usize| Self::u8s::from_slice(self, &table[64 * i..][..64]);
        let low = quarter(0).concat_swizzle_dyn(quarter(1), index & 0x7f);
        let high = quarter(2).concat_swizzle_dyn(quarter(3), index & 0x7f);
        index.simd_ge(0x80).select(high, low)
    }

    intrinsic!(Avx512, dot4_add = _mm512_dpbusd_epi32(sum: i32s as __m512i, a: u8s as __m512i, b: i8s as __m512i) -> i32s as __m512i);
    /// As its instruction: LLVM takes the intrinsic apart too, into a product and a sum.
    #[inline(always)]
    fn dot_add(self, sum: Self::i32s, a: Self::i16s, b: Self::i16s) -> Self::i32s {
        kernel!(
            #[inline]
            fn run(_level: Avx512, sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
                let mut sum = sum;
                // SAFETY: the level has this instruction, and it changes nothing but `sum`.
                unsafe {
                    asm!(
                        "vpdpwssd {sum}, {a}, {b}",
                        sum = inout(zmm_reg) sum,
                        a = in(zmm_reg) a,
                        b = in(zmm_reg) b,
                        options(pure, nomem, nostack, preserves_flags),
                    );
                }
                sum
            }
        );
        run(self, sum.into(), a.into(), b.into()).simd_into(self)
    }
    intrinsic!(Avx512, zip16_low_within_blocks = _mm512_unpacklo_epi16(a: i16s as __m512i, b: i16s as __m512i) -> i16s as __m512i);
    intrinsic!(Avx512, zip16_high_within_blocks = _mm512_unpackhi_epi16(a: i16s as __m512i, b: i16s as __m512i) -> i16s as __m512i);
    intrinsic!(Avx512, zip_low_within_blocks = _mm512_unpacklo_epi8(a: u8s as __m512i, b: u8s as __m512i) -> u8s as __m512i);
    intrinsic!(Avx512, zip_high_within_blocks = _mm512_unpackhi_epi8(a: u8s as __m512i, b: u8s as __m512i) -> u8s as __m512i);
    intrinsic!(Avx512, clamp_i16_within_blocks = _mm512_packs_epi32(a: i32s as __m512i, b: i32s as __m512i) -> i16s as __m512i);
    intrinsic!(Avx512, shuffle_within_blocks = _mm512_shuffle_epi8(v: u8s as __m512i, indices: u8s as __m512i) -> u8s as __m512i);
    intrinsic!(Avx512, clamp_u8_within_blocks = _mm512_packus_epi16(a: i16s as __m512i, b: i16s as __m512i) -> u8s as __m512i);
    #[inline(always)]
    fn clamp_u8(self, a: Self::i16s, b: Self::i16s) -> Self::u8s {
        kernel!(
            #[inline]
            fn run(_level: Avx512, a: __m512i, b: __m512i) -> __m512i {
                let order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
                _mm512_permutexvar_epi64(order, _mm512_packus_epi16(a, b))
            }
        );
        run(self, a.into(), b.into()).simd_into(self)
    }

    #[inline(always)]
    unsafe fn gather_blocks(self, bytes: &[u8], starts: &[u32]) -> u8x64<Self> {
        // SAFETY: the caller's.
        let [a, b] = unsafe { [block(bytes, starts[0]), block(bytes, starts[1])] };
        // SAFETY: the caller's.
        let [c, d] = unsafe { [block(bytes, starts[2]), block(bytes, starts[3])] };
        let first = u8x16::from_slice(self, a).combine(u8x16::from_slice(self, b));
        first.combine(u8x16::from_slice(self, c).combine(u8x16::from_slice(self, d)))
    }
}
