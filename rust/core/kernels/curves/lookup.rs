//! Bytes replaced by the entries of tables.

use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use super::Table;
use crate::image::{View, ViewMut, flat};
use crate::kernels::colour::Channels;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::vectors;

/// By one table for all channels, or one for each.
pub fn run(level: Level, tables: &[Table], src: View<u8>, dst: ViewMut<u8>) {
    let (src, dst) = flat(src, dst);
    vectors!(level, simd => look_up(simd, tables, src, dst));
}

#[simd]
fn look_up<S: Vocab>(simd: S, tables: &[Table], src: View<u8>, mut dst: ViewMut<u8>) {
    for (y, row) in src.rows().enumerate() {
        let out = dst.row(y);
        match tables {
            [table] => one(simd, table, row, out),
            [r, g, b] => three(simd, [r, g, b], row, out),
            [r, g, b, a] => four(simd, [r, g, b, a], row, out),
            _ => {
                let pixels = row.chunks_exact(tables.len());
                for (out, pixel) in out.chunks_exact_mut(tables.len()).zip(pixels) {
                    for ((out, &value), table) in out.iter_mut().zip(pixel).zip(tables) {
                        *out = table[usize::from(value)];
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn one<S: Vocab>(simd: S, table: &Table, row: &[u8], out: &mut [u8]) {
    let n = S::u8s::LEN;
    let whole = whole::<S>(row, 1);
    let (vectors, outputs) = (row[..whole].chunks_exact(n), out[..whole].chunks_exact_mut(n));
    for (out, values) in outputs.zip(vectors) {
        simd.lookup(table, S::u8s::from_slice(simd, values)).store_slice(out);
    }
    rest([table], &row[whole..], &mut out[whole..]);
}

#[inline(always)]
fn three<S: Vocab>(simd: S, tables: [&Table; 3], row: &[u8], out: &mut [u8]) {
    let n = 3 * S::u8s::LEN;
    let whole = whole::<S>(row, 3);
    let (vectors, outputs) = (row[..whole].chunks_exact(n), out[..whole].chunks_exact_mut(n));
    let channels = Channels::new(simd);
    let [red, green, blue] = tables;
    for (out, pixels) in outputs.zip(vectors) {
        let [r, g, b] = channels.split(simd, pixels);
        let found = [simd.lookup(red, r), simd.lookup(green, g), simd.lookup(blue, b)];
        channels.join(simd, found, out);
    }
    rest(tables, &row[whole..], &mut out[whole..]);
}

#[inline(always)]
fn four<S: Vocab>(simd: S, tables: [&Table; 4], row: &[u8], out: &mut [u8]) {
    let n = 4 * S::u8s::LEN;
    let whole = whole::<S>(row, 4);
    let (vectors, outputs) = (row[..whole].chunks_exact(n), out[..whole].chunks_exact_mut(n));
    for (out, pixels) in outputs.zip(vectors) {
        let mut channels = split4(simd, pixels);
        for (channel, table) in channels.iter_mut().zip(tables) {
            *channel = simd.lookup(table, *channel);
        }
        join4(simd, channels, out);
    }
    rest(tables, &row[whole..], &mut out[whole..]);
}

/// The bytes of a row that are looked up in vectors, each of so many channels.
#[inline(always)]
fn whole<S: Vocab>(row: &[u8], channels: usize) -> usize {
    if S::LOOKUP { row.len() - row.len() % (channels * S::u8s::LEN) } else { 0 }
}

#[inline(always)]
fn rest<const C: usize>(tables: [&Table; C], row: &[u8], out: &mut [u8]) {
    for (out, pixel) in out.as_chunks_mut::<C>().0.iter_mut().zip(row.as_chunks::<C>().0) {
        for c in 0..C {
            out[c] = tables[c][usize::from(pixel[c])];
        }
    }
}

/// The channels of as many pixels of four bytes as a vector has bytes, in an order of their own.
/// In a block, four pixels of four channels become four channels of four pixels; two rounds of
/// zips then bring together what is of the same channel.
#[inline(always)]
fn split4<S: Vocab>(simd: S, pixels: &[u8]) -> [S::u8s; 4] {
    let n = S::u8s::LEN;
    let transposed = S::u8s::from_fn(simd, |i| (i as u8 & 3) << 2 | (i as u8 >> 2) & 3);
    let mut vectors = [transposed; 4];
    for (v, vector) in vectors.iter_mut().enumerate() {
        let read = S::u8s::from_slice(simd, &pixels[v * n..][..n]);
        *vector = simd.shuffle_within_blocks(read, transposed);
    }
    let [a, b, c, d] = vectors;
    let ([low, high], [low_too, high_too]) = (zip(simd, a, b), zip(simd, c, d));
    let ([red, green], [blue, alpha]) = (zip(simd, low, low_too), zip(simd, high, high_too));
    [red, green, blue, alpha]
}

/// Undoes `split4`.
#[inline(always)]
fn join4<S: Vocab>(simd: S, mut channels: [S::u8s; 4], pixels: &mut [u8]) {
    let n = S::u8s::LEN;
    // The two bits that say which vector a pixel is from come before those of its place there.
    let order = S::u8s::from_fn(simd, |i| {
        let i = i as u8;
        (i & 3) << 2 | (i >> 1) & 2 | (i >> 3) & 1
    });
    for channel in &mut channels {
        *channel = simd.shuffle_within_blocks(*channel, order);
    }
    let [red, green, blue, alpha] = channels;
    let ([low, high], [low_too, high_too]) = (zip(simd, red, blue), zip(simd, green, alpha));
    let ([a, b], [c, d]) = (zip(simd, low, low_too), zip(simd, high, high_too));
    for (v, vector) in [a, b, c, d].into_iter().enumerate() {
        vector.store_slice(&mut pixels[v * n..][..n]);
    }
}

#[inline(always)]
fn zip<S: Vocab>(simd: S, a: S::u8s, b: S::u8s) -> [S::u8s; 2] {
    [simd.zip_low_within_blocks(a, b), simd.zip_high_within_blocks(a, b)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Image, Shape};
    use crate::simd::level;

    #[test]
    fn each_channel_has_its_table() {
        for channels in 1..=5 {
            let tables: Vec<Table> = (0..channels)
                .map(|c| std::array::from_fn(|i| (i * (151 + 2 * c) + 7 * c) as u8))
                .collect();
            for width in [1, 15, 16, 31, 64, 67, 200] {
                let shape = Shape::new(3, width, channels);
                let values = (0..shape.len()).map(|i| (i * i / 7 + i * 31) as u8);
                let src = Image { data: values.collect(), shape };
                let wanted: Vec<u8> = (src.data.iter().enumerate())
                    .map(|(i, &value)| tables[i % channels][usize::from(value)])
                    .collect();
                for level in level::available() {
                    let mut dst = Image::<u8>::new(shape);
                    run(level, &tables, src.view(), dst.view_mut());
                    assert!(dst.data == wanted, "{} {shape:?}", level::name(level));
                }
            }
        }
    }
}
