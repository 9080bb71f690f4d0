//! What is lost in blocks of 8 x 8: their transform, quantised, and back.
//!
//! All in 32 bits, in which nothing overflows: what goes in is within -128 .. 127, a quantised
//! coefficient at most Q / 2 from its own, and the transforms keep lengths but for their scales.
//!
//! **Forward**, rows first, then columns. Of x0 .. x7, with
//!
//! ```text
//! a0 = x0 + x7   a1 = x1 + x6   a2 = x2 + x5   a3 = x3 + x4     b0 .. b3 the differences
//! e0 = a0 + a3   e3 = a0 - a3   e1 = a1 + a2   e2 = a1 - a2
//! z = 4433 (e2 + e3)
//! X0, X4 = e0 + e1, e0 - e1     rows: << 2, columns: D(.., 2)
//! X2, X6 = D(z + 6270 e3, n), D(z - 15137 e2, n)
//! X7, X5, X3, X1 = D(.., n) of odd(b3, b2, b1, b0)              n = 11 in rows, 15 in columns
//! ```
//!
//! **Inverse**, columns first, then rows. Of y0 .. y7, with
//!
//! ```text
//! z = 4433 (y2 + y6)            t2, t3 = z - 15137 y6, z + 6270 y2
//! t0, t1 = (y0 + y4) << 13, (y0 - y4) << 13
//! e0, e3 = t0 + t3, t0 - t3     e1, e2 = t1 + t2, t1 - t2
//! o0, o1, o2, o3 = odd(y7, y5, y3, y1)
//! v0, v7 = D(e0 + o3, n), D(e0 - o3, n)    v1, v6 of e1, o2    v2, v5 of e2, o1    v3, v4 of e3, o0
//! n = 11 in columns, 18 in rows
//! ```
//!
//! **odd**(p, q, r, s), with z1 = p + s, z2 = q + r, z3 = p + r, z4 = q + s, z5 = 9633 (z3 + z4),
//! u3 = z5 - 16069 z3, u4 = z5 - 3196 z4:
//!
//! ```text
//!  2446 p -  7373 z1 + u3,  16819 q - 20995 z2 + u4,
//! 25172 r - 20995 z2 + u3,  12299 s -  7373 z1 + u4
//! ```

use fearless_simd::prelude::*;
use fearless_simd::{f32x8, i32x8};
use fearless_simd_macros::simd;

/// Samples to a side.
pub const SIDE: usize = 8;

/// What coefficients are divided by, row by row.
pub type Table = [u8; SIDE * SIDE];

/// For Y, and for Cb and Cr.
pub fn tables(quality: u32) -> [Table; 2] {
    let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    let entry = |base: u8| ((u32::from(base) * scale + 50) / 100).clamp(1, 255) as u8;
    BASES.map(|base| base.map(entry))
}

/// T.81, Annex K.
const BASES: [Table; 2] = [
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69,
        56, 14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81,
        104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ],
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99,
        99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ],
];

/// A vector for each row, or for each column.
type Block<S> = [i32x8<S>; SIDE];

/// Takes all blocks of a plane, whose sides 8 divides, through quantisation.
#[simd]
pub fn quantise<S: Simd>(simd: S, table: &Table, plane: &mut [u8], stride: usize) {
    let quotients: [Quotient<S>; SIDE] =
        std::array::from_fn(|y| Quotient::new(simd, &table[y * SIDE..][..SIDE]));
    for strip in plane.chunks_exact_mut(SIDE * stride) {
        for left in (0..stride).step_by(SIDE) {
            let row = |y: usize| -> i32x8<S> {
                let row = &strip[y * stride + left..][..SIDE];
                i32x8::from_fn(simd, |x| i32::from(row[x]) - 128)
            };
            let block = transpose(std::array::from_fn(row));
            let block = forward(transpose(forward(block, true)), false);
            let block = std::array::from_fn(|y| quotients[y].quantise(simd, block[y]));
            let block = transpose(inverse(transpose(inverse(block, 11)), 18));
            for (y, row) in block.into_iter().enumerate() {
                let row = (row + 128).max(0).min(255);
                let out = &mut strip[y * stride + left..][..SIDE];
                out.iter_mut().zip(row.as_slice()).for_each(|(out, &v)| *out = v as u8);
            }
        }
    }
}

/// Three times a perfect shuffle of all rows.
#[inline(always)]
fn transpose<S: Simd>(mut block: Block<S>) -> Block<S> {
    for _ in 0..3 {
        block = std::array::from_fn(|i| {
            let (a, b) = (block[i / 2], block[i / 2 + SIDE / 2]);
            if i % 2 == 0 { a.zip_low(b) } else { a.zip_high(b) }
        });
    }
    block
}

#[inline(always)]
fn descale<S: Simd>(x: i32x8<S>, n: u32) -> i32x8<S> {
    (x + (1 << (n - 1))) >> n
}

#[inline(always)]
fn forward<S: Simd>(x: Block<S>, first: bool) -> Block<S> {
    let n = if first { 11 } else { 15 };
    let [a0, a1, a2, a3] = [0, 1, 2, 3].map(|i| x[i] + x[7 - i]);
    let [b0, b1, b2, b3] = [0, 1, 2, 3].map(|i| x[i] - x[7 - i]);
    let (e0, e3, e1, e2) = (a0 + a3, a0 - a3, a1 + a2, a1 - a2);
    let z = (e2 + e3) * 4433;
    let [y0, y4] = [e0 + e1, e0 - e1].map(|v| if first { v << 2 } else { descale(v, 2) });
    let [y7, y5, y3, y1] = odd([b3, b2, b1, b0]).map(|v| descale(v, n));
    let [y2, y6] = [z + e3 * 6270, z - e2 * 15137].map(|v| descale(v, n));
    [y0, y1, y2, y3, y4, y5, y6, y7]
}

#[inline(always)]
fn inverse<S: Simd>([y0, y1, y2, y3, y4, y5, y6, y7]: Block<S>, n: u32) -> Block<S> {
    let z = (y2 + y6) * 4433;
    let (t2, t3) = (z - y6 * 15137, z + y2 * 6270);
    let (t0, t1) = ((y0 + y4) << 13, (y0 - y4) << 13);
    let even = [t0 + t3, t1 + t2, t1 - t2, t0 - t3];
    let odd = odd([y7, y5, y3, y1]);
    std::array::from_fn(|x| {
        let at = x.min(7 - x);
        let (e, o) = (even[at], odd[3 - at]);
        descale(if x < 4 { e + o } else { e - o }, n)
    })
}

#[inline(always)]
fn odd<S: Simd>([p, q, r, s]: [i32x8<S>; 4]) -> [i32x8<S>; 4] {
    let (z1, z2, z3, z4) = (p + s, q + r, p + r, q + s);
    let z5 = (z3 + z4) * 9633;
    let (u3, u4) = (z5 - z3 * 16069, z5 - z4 * 3196);
    let (z1, z2) = (z1 * 7373, z2 * 20995);
    [p * 2446 - z1 + u3, q * 16819 - z2 + u4, r * 25172 - z2 + u3, s * 12299 - z1 + u4]
}

/// Divides by 8 Q and multiplies by Q.
struct Quotient<S: Simd> {
    q: i32x8<S>,
    /// 4 Q + 0.5, so that no quotient is just below a whole number.
    half: f32x8<S>,
    reciprocal: f32x8<S>,
}

impl<S: Simd> Quotient<S> {
    #[inline(always)]
    fn new(simd: S, row: &[u8]) -> Self {
        Quotient {
            q: i32x8::from_fn(simd, |x| row[x].into()),
            half: f32x8::from_fn(simd, |x| 4.0 * f32::from(row[x]) + 0.5),
            reciprocal: f32x8::from_fn(simd, |x| 1.0 / (8.0 * f32::from(row[x]))),
        }
    }

    /// sign(X) ((|X| + 4 Q) div 8 Q) Q
    #[inline(always)]
    fn quantise(&self, _: S, x: i32x8<S>) -> i32x8<S> {
        let sign = x >> 31;
        let size: f32x8<S> = ((x ^ sign) - sign).to_float();
        let size: i32x8<S> = ((size + self.half) * self.reciprocal).to_int();
        ((size ^ sign) - sign) * self.q
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::level;
    use crate::vectors;

    #[simd]
    fn turned<S: Simd>(simd: S) {
        let block = std::array::from_fn(|y| i32x8::from_fn(simd, |x| (8 * y + x) as i32));
        for (y, row) in transpose(block).iter().enumerate() {
            for (x, &value) in row.as_slice().iter().enumerate() {
                assert_eq!(value as usize, 8 * x + y);
            }
        }
    }

    #[simd]
    fn quotients<S: Simd>(simd: S) {
        for q in 1..=255 {
            let quotient = Quotient::new(simd, &[q; 8]);
            let q = i32::from(q);
            for first in (-9216..9216).step_by(8) {
                let x = i32x8::from_fn(simd, |i| first + i as i32);
                for (i, &found) in quotient.quantise(simd, x).as_slice().iter().enumerate() {
                    let x = first + i as i32;
                    assert_eq!(found, x.signum() * ((x.abs() + 4 * q) / (8 * q)) * q, "{x} {q}");
                }
            }
        }
    }

    #[test]
    fn parts_are_their_definitions() {
        for level in level::available() {
            vectors!(level, simd => turned(simd));
            vectors!(level, simd => quotients(simd));
        }
    }

    /// With divisors of 1, blocks come back but for the rounding of coefficients.
    #[test]
    fn the_best_quality_keeps_blocks() {
        let mut plane: Vec<u8> = (0..64 * 64_u32)
            .map(|i| if i % 3 == 0 { (i * i * 31 >> 3) as u8 } else { (i as u8 & 1) * 255 })
            .collect();
        let before = plane.clone();
        let table = tables(100)[0];
        assert_eq!(table, [1; 64]);
        for level in level::available() {
            plane.copy_from_slice(&before);
            vectors!(level, simd => quantise(simd, &table, &mut plane, 64));
            assert!(plane.iter().zip(&before).all(|(a, b)| a.abs_diff(*b) <= 1));
        }
    }

    #[test]
    fn tables_follow_the_quality() {
        assert_eq!(tables(50), BASES);
        assert_eq!(tables(1), [[255; 64]; 2]);
        assert_eq!(tables(75)[0][..4], [8, 6, 5, 8]);
        assert_eq!(tables(25)[1][..4], [34, 36, 48, 94]);
    }
}
