//! Chains of functions of one value. At uint8 a chain is one 256-entry table; at uint16 and
//! float32 its functions run one after another over each row.

use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use crate::image::{AnyView, AnyViewMut, View, ViewMut, flat};
use crate::kernels::kernel::Point;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::vectors;

pub fn run(points: &[Box<dyn Point>], level: Level, src: AnyView, mut dst: AnyViewMut) {
    if let (AnyView::U8(src), AnyViewMut::U8(dst)) = (src, &mut dst) {
        let table = table(points);
        let (src, dst) = flat(src, dst.reborrow());
        return vectors!(level, simd => look_up(simd, &table, src, dst));
    }
    dst.copy_from(src);
    let height = src.shape().height;
    for y in 0..height {
        for point in points {
            match &mut dst {
                AnyViewMut::U16(dst) => point.row_uint16(dst.row(y)),
                AnyViewMut::F32(dst) => point.row_float32(dst.row(y)),
                AnyViewMut::U8(_) => unreachable!("uint8 goes through the table"),
            }
        }
    }
}

fn table(points: &[Box<dyn Point>]) -> [u8; 256] {
    let mut table = std::array::from_fn(|i| i as u8);
    for point in points {
        point.row_uint8(&mut table);
    }
    table
}

#[simd]
fn look_up<S: Vocab>(simd: S, table: &[u8; 256], src: View<u8>, mut dst: ViewMut<u8>) {
    for (y, mut row) in src.rows().enumerate() {
        let mut out = dst.row(y);
        if S::LOOKUP {
            let whole = row.len() - row.len() % S::u8s::LEN;
            let (vectors, vectors_out) =
                (row.chunks_exact(S::u8s::LEN), out.chunks_exact_mut(S::u8s::LEN));
            for (out, values) in vectors_out.zip(vectors) {
                simd.lookup(table, S::u8s::from_slice(simd, values)).store_slice(out);
            }
            (row, out) = (&row[whole..], &mut out[whole..]);
        }
        for (out, &value) in out.iter_mut().zip(row) {
            *out = table[usize::from(value)];
        }
    }
}
