//! The vocabulary that kernels are written in: the native-width vectors of fearless_simd and the
//! few primitives that it lacks. Each has a plain definition that every level equals.
//!
//! A kernel is one function, generic over [`Vocab`] and marked `#[simd]`, called by [`vectors!`].

pub mod level;

use fearless_simd::Fallback;
use fearless_simd::prelude::*;

/// Calls a function that is generic over [`Vocab`] at a level: `vectors!(level, simd => f(simd))`.
/// (fearless_simd's `dispatch!` hides the level's type, and with it what it knows beyond `Simd`.)
#[macro_export]
macro_rules! vectors {
    ($level:expr, $simd:ident => $call:expr) => {
        match $level {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            $crate::simd::level::Level::Avx512($simd) => $call,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            $crate::simd::level::Level::Avx2($simd) => $call,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            $crate::simd::level::Level::Sse4_2($simd) => $call,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            $crate::simd::level::Level::Sse2($simd) => $call,
            #[cfg(target_arch = "aarch64")]
            $crate::simd::level::Level::Neon($simd) => $call,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            $crate::simd::level::Level::WasmSimd128($simd) => $call,
            $crate::simd::level::Level::Fallback($simd) => $call,
            _ => unreachable!("the levels that a target has are all above"),
        }
    };
}

/// A level with the primitives that fearless_simd lacks.
pub trait Vocab: Simd {
    /// Whether bytes can be shuffled by one instruction.
    const SHUFFLES: bool = true;

    /// Whether a shuffle stays within blocks of 16 bytes while vectors are longer.
    const BLOCKS: bool = false;

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

    /// (a b) >> 16 in each lane.
    #[inline(always)]
    fn mulhi(self, a: Self::u16s, b: Self::u16s) -> Self::u16s {
        Self::u16s::from_fn(self, |i| {
            ((u32::from(a.as_slice()[i]) * u32::from(b.as_slice()[i])) >> 16) as u16
        })
    }

    /// The entry at each index; all are below 64.
    #[inline(always)]
    fn pick64(self, table: &[u8; 64], index: Self::u8s) -> Self::u8s {
        Self::u8s::from_fn(self, |i| table[usize::from(index.as_slice()[i] & 63)])
    }

    /// Each block of a and then that of b; all lanes are below 256.
    #[inline(always)]
    fn unpair(self, a: Self::u16s, b: Self::u16s) -> Self::u8s {
        self.clamp_u8_within_blocks(a.bitcast(), b.bitcast())
    }

    /// Three vectors of 16-byte blocks as those of blocks 0, 3, ..., of 1, 4, ... and of 2, 5, ...;
    /// needed where `BLOCKS`.
    #[inline(always)]
    fn thirds(self, v: [Self::u8s; 3]) -> [Self::u8s; 3] {
        v
    }

    /// Undoes `thirds`.
    #[inline(always)]
    fn unthirds(self, v: [Self::u8s; 3]) -> [Self::u8s; 3] {
        v
    }

    /// In each lane of eight bytes, their sum.
    #[inline(always)]
    fn sum8(self, v: Self::u8s) -> Self::u64s {
        let bytes = v.as_slice();
        Self::u64s::from_fn(self, |i| {
            bytes[8 * i..][..8].iter().fold(0, |sum, &byte| sum + u64::from(byte))
        })
    }

    /// `low + 256 high`, in the lanes that `unpair` has taken from its first.
    #[inline(always)]
    fn pair_first(self, low: Self::u8s, high: Self::u8s) -> Self::u16s {
        let [a, b] = if cfg!(target_endian = "big") { [high, low] } else { [low, high] };
        self.zip_low_within_blocks(a, b).bitcast()
    }

    /// `low + 256 high`, in the lanes that `unpair` has taken from its second.
    #[inline(always)]
    fn pair_second(self, low: Self::u8s, high: Self::u8s) -> Self::u16s {
        let [a, b] = if cfg!(target_endian = "big") { [high, low] } else { [low, high] };
        self.zip_high_within_blocks(a, b).bitcast()
    }

    /// sum + the pairwise dot product of a and b.
    #[inline(always)]
    fn dot_add(self, sum: Self::i32s, a: Self::i16s, b: Self::i16s) -> Self::i32s {
        sum + a.pairwise_dot_product(b)
    }

    /// The pairwise dot product of a and b; each fits 16 bits.
    #[inline(always)]
    fn dot_bytes(self, a: Self::u8s, b: Self::i8s) -> Self::i16s {
        let (a, b): (Self::u16s, Self::i16s) = (a.bitcast(), b.bitcast());
        let low: Self::i16s = (a & 255).bitcast();
        let high: Self::i16s = (a >> 8).bitcast();
        low * ((b << 8) >> 8) + high * (b >> 8)
    }

    /// The product of the low halves.
    #[inline(always)]
    fn mul_halves(self, a: Self::u64s, b: Self::u64s) -> Self::u64s {
        let low = Self::u64s::splat(self, u64::from(u32::MAX));
        (a & low) * (b & low)
    }

    /// sum + the dot product of four bytes of a and b.
    #[inline(always)]
    fn dot4_add(self, sum: Self::i32s, a: Self::u8s, b: Self::i8s) -> Self::i32s {
        let product = |i: usize| i32::from(a.as_slice()[i]) * i32::from(b.as_slice()[i]);
        let dot = |i| (4 * i..4 * i + 4).fold(0, |dot, at| dot + product(at));
        sum + Self::i32s::from_fn(self, dot)
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

    /// The first halves of the blocks, lane by lane: a, b, a, b ...
    #[inline(always)]
    fn zip16_low_within_blocks(self, a: Self::i16s, b: Self::i16s) -> Self::i16s {
        a.zip_low(b)
    }

    /// The second halves.
    #[inline(always)]
    fn zip16_high_within_blocks(self, a: Self::i16s, b: Self::i16s) -> Self::i16s {
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

    /// a and then b, clamped to u8.
    #[inline(always)]
    fn clamp_u8(self, a: Self::i16s, b: Self::i16s) -> Self::u8s {
        self.clamp_u8_within_blocks(a, b)
    }

    /// Bytes of each block of v by index in the block; 0 where the index is 128 or more.
    #[inline(always)]
    fn shuffle_within_blocks(self, v: Self::u8s, indices: Self::u8s) -> Self::u8s {
        v.swizzle_dyn_precise(indices)
    }

    /// Each block's 16 bytes from its own start.
    ///
    /// # Safety
    /// Each start + 16 is at most the length of `bytes`.
    #[inline(always)]
    unsafe fn gather_blocks(self, bytes: &[u8], starts: &[u32]) -> Self::u8s {
        // SAFETY: the caller's.
        Self::u8s::from_slice(self, unsafe { block(bytes, starts[0]) })
    }
}

/// # Safety
/// `start` + 16 is at most the length of `bytes`.
#[inline(always)]
unsafe fn block(bytes: &[u8], start: u32) -> &[u8] {
    let start = start as usize;
    // SAFETY: the caller's.
    unsafe { bytes.get_unchecked(start..start + 16) }
}

impl Vocab for Fallback {
    const SHUFFLES: bool = false;
}

#[cfg(target_arch = "aarch64")]
impl Vocab for fearless_simd::aarch64::Neon {}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl Vocab for fearless_simd::wasm32::WasmSimd128 {}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod x86;

#[cfg(test)]
mod tests {
    use fearless_simd_macros::simd;

    use super::*;
    use crate::simd::level;

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

    #[test]
    fn mulhi_is_its_definition() {
        #[simd]
        fn run<S: Vocab>(simd: S, a: &[u16], b: &[u16], out: &mut [u16]) {
            let n = S::u16s::LEN;
            for ((a, b), out) in
                a.chunks_exact(n).zip(b.chunks_exact(n)).zip(out.chunks_exact_mut(n))
            {
                let v = simd.mulhi(S::u16s::from_slice(simd, a), S::u16s::from_slice(simd, b));
                v.store_slice(out);
            }
        }
        let a: Vec<u16> = (0..4096_u32).map(|i| (i * 7919) as u16).collect();
        let b: Vec<u16> = (0..4096_u32).map(|i| (i * 104_729) as u16).collect();
        for level in level::available() {
            let mut out = vec![0; a.len()];
            vectors!(level, simd => run(simd, &a, &b, &mut out));
            for i in 0..a.len() {
                let want = (u32::from(a[i]) * u32::from(b[i])) >> 16;
                assert_eq!(u32::from(out[i]), want, "{level:?} {} {}", a[i], b[i]);
            }
        }
    }

    #[test]
    fn pick64_and_pairs_are_their_definitions() {
        #[simd]
        fn run<S: Vocab>(simd: S, low: &[u8; 64], high: &[u8; 64], index: &[u16], out: &mut [u16]) {
            let n = S::u16s::LEN;
            for (index, out) in index.chunks_exact(2 * n).zip(out.chunks_exact_mut(2 * n)) {
                let (a, b) = index.split_at(n);
                let i = simd.unpair(S::u16s::from_slice(simd, a), S::u16s::from_slice(simd, b));
                let (low, high) = (simd.pick64(low, i), simd.pick64(high, i));
                simd.pair_first(low, high).store_slice(&mut out[..n]);
                simd.pair_second(low, high).store_slice(&mut out[n..]);
            }
        }
        let low = std::array::from_fn(|i| (i * 151 + 7) as u8);
        let high = std::array::from_fn(|i| (i * 89 + 200) as u8);
        let index: Vec<u16> = (0..4096).map(|i| i * 29 % 64).collect();
        for level in level::available() {
            let mut out = vec![0; index.len()];
            vectors!(level, simd => run(simd, &low, &high, &index, &mut out));
            for (&i, got) in index.iter().zip(out) {
                let i = usize::from(i);
                assert_eq!(got, u16::from_le_bytes([low[i], high[i]]), "{level:?} {i}");
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
            let low16 = simd.zip16_low_within_blocks(wide_a, wide_b);
            let high16 = simd.zip16_high_within_blocks(wide_a, wide_b);
            for (i, (&low, &high)) in low16.as_slice().iter().zip(high16.as_slice()).enumerate() {
                let v = if i % 2 == 0 { &wide_a } else { &wide_b };
                let from = i / 8 * 8 + i % 8 / 2;
                assert_eq!([low, high], [v.as_slice()[from], v.as_slice()[from + 4]]);
            }
            let shorts = simd.clamp_i16_within_blocks(sum, more);
            let packed = simd.clamp_u8_within_blocks(wide_a >> 7, wide_b);
            let clamped = simd.clamp_u8(wide_a >> 7, wide_b);
            let shuffled = simd.shuffle_within_blocks(a, b & 143);
            // SAFETY: the starts are at most 240, of 256 bytes.
            let gathered = unsafe { simd.gather_blocks(bytes, &starts[..n / 16]) };
            let dots = simd.dot_add(sum, wide_a, wide_b);
            let signed: S::i8s = (b >> 1).bitcast::<S::i8s>() - 64;
            let byte_dots = simd.dot_bytes(a, signed);
            let (long_a, long_b): (S::u64s, S::u64s) = (a.bitcast(), b.bitcast());
            let products = simd.mul_halves(long_a, long_b);
            let full: S::i8s = b.bitcast();
            let dots4 = simd.dot4_add(sum, a, full);
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
                let v = if at(i) < n / 2 { wide_a >> 7 } else { wide_b };
                let short = v.as_slice()[at(i) % (n / 2)];
                assert_eq!(clamped[at(i)], short.clamp(0, 255) as u8);
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
            for i in 0..n / 2 {
                let product = |i: usize| i16::from(a[i]) * i16::from(signed[i]);
                assert_eq!(byte_dots[i], product(2 * i) + product(2 * i + 1));
            }
            for i in 0..n / 8 {
                let low = |v: u64| v & u64::from(u32::MAX);
                assert_eq!(products[i], low(long_a[i]) * low(long_b[i]));
            }
            for i in 0..n / 4 {
                let product = |i: usize| i32::from(wide_a[i]) * i32::from(wide_b[i]);
                let dot = product(2 * i).wrapping_add(product(2 * i + 1));
                assert_eq!(dots[i], sum[i].wrapping_add(dot));
                let product = |i: usize| i32::from(a[i]) * i32::from(full[i]);
                let dot = (4 * i..4 * i + 4).fold(0, |dot, i| dot + product(i));
                assert_eq!(dots4[i], sum[i].wrapping_add(dot));
            }
        }
        let bytes: Vec<u8> = (0..256_usize).map(|i| (i * i * 31 % 253) as u8).collect();
        for level in level::available() {
            vectors!(level, simd => run(simd, &bytes, &[240, 3, 77, 0]));
        }
    }
}
