//! Colours as planes, and back.

use fearless_simd::Simd;
use fearless_simd_macros::simd;

use super::Subsampling;
use super::blocks::{SIDE, Table, quantise};
use crate::error::Result;
use crate::image::{Shape, View, ViewMut};
use crate::memory;

const PLANES: &str = "the planes of JPEG";

/// Samples of one kind; its sides are repeated until 8 divides them.
struct Plane {
    data: Vec<u8>,
    height: usize,
    width: usize,
    stride: usize,
}

impl Plane {
    fn new(height: usize, width: usize) -> Result<Plane> {
        let [rows, stride] = [height, width].map(|side| side.next_multiple_of(SIDE));
        let data = memory::vec(rows.saturating_mul(stride), 0, PLANES)?;
        Ok(Plane { data, height, width, stride })
    }

    fn row(&self, y: usize) -> &[u8] {
        &self.data[y * self.stride..][..self.width]
    }

    fn row_mut(&mut self, y: usize) -> &mut [u8] {
        &mut self.data[y * self.stride..][..self.stride]
    }

    /// Quantises it once all rows are written.
    #[inline(always)]
    fn quantise<S: Simd>(&mut self, simd: S, table: &Table) {
        let last = (self.height - 1) * self.stride;
        for start in (last + self.stride..self.data.len()).step_by(self.stride) {
            self.data.copy_within(last..last + self.stride, start);
        }
        quantise(simd, table, &mut self.data, self.stride);
    }
}

/// Repeats what is last of the first `count`.
fn extend(row: &mut [u8], count: usize) {
    let last = row[count - 1];
    row[count..].fill(last);
}

#[simd]
pub fn run<S: Simd>(
    simd: S,
    [luma, chroma]: &[Table; 2],
    subsampling: Subsampling,
    src: View<u8>,
    mut dst: ViewMut<u8>,
) -> Result<()> {
    let Shape { height, width, channels } = src.shape();
    let mut y = Plane::new(height, width)?;
    if channels == 1 {
        for (i, row) in src.rows().enumerate() {
            let out = y.row_mut(i);
            out[..width].copy_from_slice(row);
            extend(out, width);
        }
        y.quantise(simd, luma);
        for i in 0..height {
            dst.row(i).copy_from_slice(y.row(i));
        }
        return Ok(());
    }
    let [across, down] = match subsampling {
        Subsampling::None => [1, 1],
        Subsampling::Columns => [2, 1],
        Subsampling::Both => [2, 2],
    };
    let chroma_plane = || Plane::new(height.div_ceil(down), width.div_ceil(across));
    let mut others = [chroma_plane()?, chroma_plane()?];
    // Rows of Cb and Cr at full size: two of each, one after the other.
    let full = others[0].stride * across;
    let mut rows = [memory::vec(2 * full, 0, PLANES)?, memory::vec(2 * full, 0, PLANES)?];
    for (i, row) in src.rows().enumerate() {
        let [cb, cr] = &mut rows;
        let [cb, cr] = [cb, cr].map(|rows| &mut rows[i % down * full..][..full]);
        split(simd, row, y.row_mut(i), cb, cr);
        for row in [y.row_mut(i), cb, cr] {
            extend(row, width);
        }
        if (i + 1) % down == 0 || i + 1 == height {
            for (plane, rows) in others.iter_mut().zip(&rows) {
                let (first, second) = rows.split_at(full);
                // The last of an odd number is taken twice.
                let second = if i % down + 1 == down { second } else { first };
                shrink(simd, subsampling, first, second, plane.row_mut(i / down));
            }
        }
    }
    y.quantise(simd, luma);
    for plane in &mut others {
        plane.quantise(simd, chroma);
    }
    let mut sums = memory::vec(others[0].width, 0, PLANES)?;
    for i in 0..height {
        for (plane, rows) in others.iter().zip(&mut rows) {
            grow(simd, subsampling, plane, i, &mut sums, &mut rows[..full]);
        }
        join(simd, y.row(i), &rows[0], &rows[1], dst.row(i));
    }
    Ok(())
}

/// A row of pixels as Y, Cb and Cr.
#[simd]
fn split<S: Simd>(_: S, row: &[u8], y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    let pixels = row.as_chunks::<3>().0;
    for (((rgb, y), cb), cr) in pixels.iter().zip(y).zip(cb).zip(cr) {
        let [r, g, b] = rgb.map(i32::from);
        let bias = (128 << 16) + (1 << 15) - 1;
        *y = ((19595 * r + 38470 * g + 7471 * b + (1 << 15)) >> 16) as u8;
        *cb = ((-11059 * r - 21709 * g + 32768 * b + bias) >> 16) as u8;
        *cr = ((32768 * r - 27439 * g - 5329 * b + bias) >> 16) as u8;
    }
}

/// Two rows of Cb or Cr as one of a plane.
#[simd]
fn shrink<S: Simd>(_: S, subsampling: Subsampling, first: &[u8], second: &[u8], out: &mut [u8]) {
    let (first_pairs, second_pairs) = (first.as_chunks::<2>().0, second.as_chunks::<2>().0);
    let sum = |pair: [u8; 2]| u16::from(pair[0]) + u16::from(pair[1]);
    match subsampling {
        Subsampling::None => out.copy_from_slice(first),
        Subsampling::Columns => {
            for (x, (out, &pair)) in out.iter_mut().zip(first_pairs).enumerate() {
                *out = ((sum(pair) + (x % 2) as u16) >> 1) as u8;
            }
        }
        Subsampling::Both => {
            let pairs = first_pairs.iter().zip(second_pairs);
            for (x, (out, (&a, &b))) in out.iter_mut().zip(pairs).enumerate() {
                *out = ((sum(a) + sum(b) + 1 + (x % 2) as u16) >> 2) as u8;
            }
        }
    }
}

/// Row y of the image of a plane of Cb or Cr.
#[simd]
fn grow<S: Simd>(
    _: S,
    subsampling: Subsampling,
    plane: &Plane,
    y: usize,
    sums: &mut [u16],
    out: &mut [u8],
) {
    if subsampling == Subsampling::None {
        out[..plane.width].copy_from_slice(plane.row(y));
        return;
    }
    let both = subsampling == Subsampling::Both;
    let near = if both { y / 2 } else { y };
    let pairs = out.as_chunks_mut::<2>().0;
    if plane.width <= 2 {
        pairs.iter_mut().zip(plane.row(near)).for_each(|(pair, &value)| *pair = [value; 2]);
        return;
    }
    // So many times what is in the plane, and what is added to four times that.
    let (bits, left, right) = if both { (4, 8, 7) } else { (2, 1, 2) };
    if both {
        let far = if y.is_multiple_of(2) { near.saturating_sub(1) } else { near + 1 };
        let (near, far) = (plane.row(near), plane.row(far.min(plane.height - 1)));
        for ((sum, &near), &far) in sums.iter_mut().zip(near).zip(far) {
            *sum = 3 * u16::from(near) + u16::from(far);
        }
    } else {
        sums.iter_mut().zip(plane.row(near)).for_each(|(sum, &value)| *sum = value.into());
    }
    let last = plane.width - 1;
    pairs[0][0] = ((4 * sums[0] + left) >> bits) as u8;
    pairs[last][1] = ((4 * sums[last] + right) >> bits) as u8;
    for (pair, sums) in pairs[1..].iter_mut().zip(sums.windows(2)) {
        pair[0] = ((3 * sums[1] + sums[0] + left) >> bits) as u8;
    }
    for (pair, sums) in pairs.iter_mut().zip(sums.windows(2)) {
        pair[1] = ((3 * sums[0] + sums[1] + right) >> bits) as u8;
    }
}

/// Y, Cb and Cr as a row of pixels.
#[simd]
fn join<S: Simd>(_: S, y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
    for (((rgb, &y), &cb), &cr) in out.as_chunks_mut::<3>().0.iter_mut().zip(y).zip(cb).zip(cr) {
        let [y, cb, cr] = [y.into(), i32::from(cb) - 128, i32::from(cr) - 128];
        let round = |product: i32| (y + ((product + (1 << 15)) >> 16)).clamp(0, 255) as u8;
        *rgb = [round(91881 * cr), round(-22554 * cb - 46802 * cr), round(116_130 * cb)];
    }
}
