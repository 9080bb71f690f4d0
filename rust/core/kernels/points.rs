//! Chains of functions of one value. At uint8 a chain is one 256-entry table; at uint16 and
//! float32 its functions run one after another over each row.

use crate::image::{AnyView, AnyViewMut};
use crate::kernel::Point;
use crate::level::Level;

pub fn run(points: &[Box<dyn Point>], _: Level, src: AnyView, mut dst: AnyViewMut) {
    if let (AnyView::U8(src), AnyViewMut::U8(dst)) = (src, &mut dst) {
        let table = table(points);
        for y in 0..src.shape().height {
            for (out, &value) in dst.row(y).iter_mut().zip(src.row(y)) {
                *out = table[value as usize];
            }
        }
        return;
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
