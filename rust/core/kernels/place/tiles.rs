//! Pixels transposed and put in reverse order, in vectors.

use fearless_simd::prelude::*;
use fearless_simd::{u8x16, u32x4};
use fearless_simd_macros::simd;

use super::line::{Kind, Run};
use crate::image::{View, ViewMut};
use crate::simd::Vocab;

/// Rows and columns that are transposed at a time, of pixels of so many bytes: what the first cache
/// holds of both sides.
pub(super) const fn side(pixel: usize) -> usize {
    match pixel {
        1 => 128,
        3 | 4 => 64,
        _ => 32,
    }
}

/// side(P) lines of at most as many pixels of P bytes, with room behind those of three.
#[repr(C, align(64))]
pub(super) struct Tile([u8; Tile::BYTES]);

impl Tile {
    const BYTES: usize = 1 << 14;

    pub fn new() -> Tile {
        Tile([0; Tile::BYTES])
    }

    /// Bytes from one line to the next.
    const fn pitch(pixel: usize) -> usize {
        Tile::BYTES / side(pixel)
    }

    fn lines<const P: usize>(&mut self) -> impl Iterator<Item = &mut [u8]> {
        self.0.chunks_exact_mut(Tile::pitch(P))
    }
}

/// As many bytes as the shorter has: mostly a line of a tile, whose length the compiler knows.
#[inline(always)]
fn copy<const P: usize>(from: &[u8], to: &mut [u8]) {
    let len = from.len().min(to.len());
    let len = if len == side(P) * P { side(P) * P } else { len };
    to[..len].copy_from_slice(&from[..len]);
}

/// Puts the columns of `rows` within the rows `cols` of the input, of pixels of P bytes, as rows
/// into the output, from a row and column on: by way of a tile of either.
#[simd]
pub(super) fn transpose<S: Vocab, const P: usize>(
    simd: S,
    [from, to]: &mut [Tile; 2],
    src: View<u8>,
    rows: Run,
    cols: &[Option<usize>],
    dst: &mut ViewMut<u8>,
    [top, left]: [usize; 2],
) {
    for (line, col) in from.lines::<P>().zip(cols.iter().flatten()) {
        copy::<P>(&src.row(*col)[rows.start * P..][..rows.len * P], line);
    }
    let size = [rows.len, cols.len()];
    match P {
        1 => transpose_lanes::<S, u8x16<S>, P, 16, { Tile::pitch(1) }>(simd, size, from, to),
        4 => transpose_lanes::<S, u32x4<S>, P, 4, { Tile::pitch(4) }>(simd, size, from, to),
        3 if S::SHUFFLES => {
            transpose_lanes::<S, u32x4<S>, P, 4, { Tile::pitch(4) }>(simd, size, from, to)
        }
        _ => {
            for (y, line) in to.lines::<P>().take(rows.len).enumerate() {
                for (x, out) in line[..cols.len() * P].chunks_exact_mut(P).enumerate() {
                    out.copy_from_slice(&from.0[x * Tile::pitch(P) + y * P..][..P]);
                }
            }
        }
    }
    for (y, line) in to.lines::<P>().take(rows.len).enumerate() {
        let y = if rows.kind == Kind::Backward { rows.len - 1 - y } else { y };
        copy::<P>(line, &mut dst.row(top + y)[left * P..][..cols.len() * P]);
    }
}

/// N x N pixels at a time, each in a lane: one of three bytes in a lane of four. What is beyond the
/// size is made too, and stands for nothing.
#[inline(always)]
fn transpose_lanes<S: Simd, V, const P: usize, const N: usize, const PITCH: usize>(
    simd: S,
    [rows, cols]: [usize; 2],
    from: &Tile,
    to: &mut Tile,
) where
    V: SimdBase<S, ByteVector = u8x16<S>>,
{
    let widen = u8x16::from_fn(simd, |i| (i / 4 * 3 + i % 4) as u8);
    let narrow = u8x16::from_fn(simd, |i| if i < 12 { (i / 3 * 4 + i % 3) as u8 } else { 0 });
    let (from, to) = (from.0.as_chunks::<PITCH>().0, to.0.as_chunks_mut::<PITCH>().0);
    let (from, to) = (from.as_chunks::<N>().0, to.as_chunks_mut::<N>().0);
    for (y, to) in to.iter_mut().take(rows.div_ceil(N)).enumerate() {
        for (x, from) in from.iter().take(cols.div_ceil(N)).enumerate() {
            let mut lanes = [V::splat(simd, Default::default()); N];
            for (lanes, line) in lanes.iter_mut().zip(from) {
                let pixels = u8x16::from_slice(simd, &line[y * N * P..][..16]);
                *lanes = V::from_bytes(if P == 3 { pixels.swizzle_dyn(widen) } else { pixels });
            }
            // A zip puts a lane's row behind its column, bit by bit: after log2 N of them the two
            // have changed places.
            let mut round = 1;
            while round < N {
                let before = lanes;
                for i in 0..N / 2 {
                    let (a, b) = (before[i], before[i + N / 2]);
                    (lanes[2 * i], lanes[2 * i + 1]) = (a.zip_low(b), a.zip_high(b));
                }
                round *= 2;
            }
            for (lanes, line) in lanes.iter().zip(&mut *to) {
                let pixels = lanes.to_bytes();
                let pixels = if P == 3 { pixels.swizzle_dyn(narrow) } else { pixels };
                // Four pixels of three bytes are followed by four bytes that the next overwrite.
                pixels.store_slice(&mut line[x * N * P..][..16]);
            }
        }
    }
}

/// Bytes that are turned at a time, and written, though a few of the last stand for nothing.
const WINDOW: usize = 64;

/// Pixels of `size` bytes, P if that is not 0, from right to left.
#[simd]
pub(super) fn reverse<S: Vocab, const P: usize>(simd: S, size: usize, src: &[u8], dst: &mut [u8]) {
    let at = match P {
        0 => 0,
        // a wider shuffle crosses the blocks of an AVX2 vector, which is several there
        _ if S::u8s::LEN == WINDOW => reverse_windows::<S, S::u8s, P>(simd, src, dst),
        _ if S::SHUFFLES => reverse_windows::<S, u8x16<S>, P>(simd, src, dst),
        _ => 0,
    };
    let size = if P == 0 { size } else { P };
    let rest = &src[..src.len() - at];
    for (out, pixel) in dst[at..].chunks_exact_mut(size).zip(rest.rchunks_exact(size)) {
        out.copy_from_slice(pixel);
    }
}

/// How many bytes it has done. The last pixels of each vector loaded are whole; behind what is made
/// of them stand bytes that the next store overwrites.
#[inline(always)]
fn reverse_windows<S: Simd, V: SimdBase<S, Element = u8, ByteVector = V>, const P: usize>(
    simd: S,
    src: &[u8],
    dst: &mut [u8],
) -> usize {
    let whole = V::LEN / P * P;
    let order =
        V::from_fn(simd, |i| if i < whole { (V::LEN - P - i / P * P + i % P) as u8 } else { 0 });
    let mut at = 0;
    while let (Some(from), Some(into)) =
        (src[..src.len() - at].last_chunk::<WINDOW>(), dst[at..].first_chunk_mut::<WINDOW>())
    {
        for done in (0..WINDOW / V::LEN).map(|i| i * whole) {
            let pixels = V::from_slice(simd, &from[WINDOW - V::LEN - done..][..V::LEN]);
            pixels.swizzle_dyn(order).store_slice(&mut into[done..][..V::LEN]);
        }
        at += WINDOW / V::LEN * whole;
    }
    at
}
