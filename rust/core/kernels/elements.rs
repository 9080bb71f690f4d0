//! What is drawn for each element of an image, a chunk at a time. Elements are numbered over all of
//! it, row by row: a sample each, or a pixel whose samples share one.

use crate::image::{Aligned, Element, View, ViewMut};
use crate::random::philox::{Field, GROUP};
use crate::simd::level::Level;

/// Elements at a time: their words and what is made of them stay in the first cache.
pub const CHUNK: usize = 4096;
/// Elements whose words are whole groups, two of them to a word.
pub const ALIGN: usize = 2 * GROUP;

/// Walks rows of an image from the one numbered `first` on, with `group` samples to an element:
/// `make` is asked for what is drawn for the elements from one on, a multiple of [`ALIGN`], and
/// `put` turns samples into others with that of each of their elements, the number of the first
/// given.
pub fn each<T: Element, N: Copy + Default>(
    src: View<T>,
    mut dst: ViewMut<T>,
    first: usize,
    group: usize,
    mut make: impl FnMut(u64, &mut [N]),
    mut put: impl FnMut(usize, &[T], &[N], &mut [T]),
) {
    let shape = src.shape();
    let begin = first * shape.row() / group;
    let end = begin + shape.len() / group;
    let Aligned(drawn) = &mut Aligned([N::default(); CHUNK]);
    // What is made starts at a multiple of ALIGN; the first may be entered in the middle.
    let mut next = begin - begin % ALIGN;
    let mut at = begin;
    let mut ready = 0..0;
    for y in 0..shape.height {
        let (mut row, mut out) = (src.row(y), dst.row(y));
        while !row.is_empty() {
            if ready.is_empty() {
                let count = CHUNK.min(end - next);
                make(next as u64, &mut drawn[..count.next_multiple_of(ALIGN)]);
                ready = begin.saturating_sub(next)..count;
                next += count;
            }
            let count = ready.len().min(row.len() / group);
            let (values, rest) = row.split_at(count * group);
            let (made, rest_out) = out.split_at_mut(values.len());
            put(at, values, &drawn[ready.start..][..count], made);
            at += count;
            (row, out, ready.start) = (rest, rest_out, ready.start + count);
        }
    }
}

/// 16 bits for each element from `first` on, a multiple of [`ALIGN`]: the low half of the word of
/// e / 2 where e is even, else the high one.
pub fn halves(level: Level, field: Field, first: u64, out: &mut [u16]) {
    let Aligned(words) = &mut Aligned([0; CHUNK / 2]);
    let words = &mut words[..out.len() / 2];
    field.fill(level, first / 2, words);
    for (pair, word) in out.as_chunks_mut::<2>().0.iter_mut().zip(words) {
        *pair = [*word as u16, (*word >> 16) as u16];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Image, Shape};

    /// Every element has its own number, in bands too, and all its samples see it.
    #[test]
    fn elements_are_numbered() {
        for (shape, group) in [
            (Shape::new(70, 90, 3), 1),
            (Shape::new(70, 90, 3), 3),
            (Shape::new(1, 5, 4), 4),
            (Shape::new(3, 4099, 1), 1),
        ] {
            let src = Image::<u16>::new(shape);
            for band in [1, 7, shape.height] {
                for first in (0..shape.height).step_by(band) {
                    let count = band.min(shape.height - first);
                    let mut dst = Image::<u16>::new(shape.sized(count, shape.width));
                    let part = src.view().window([first, 0], [count, shape.width]);
                    let make = |next: u64, out: &mut [u64]| {
                        assert!(next.is_multiple_of(ALIGN as u64) && out.len() % ALIGN == 0);
                        out.iter_mut().zip(next..).for_each(|(out, e)| *out = e);
                    };
                    let put = |at: usize, src: &[u16], drawn: &[u64], out: &mut [u16]| {
                        assert_eq!(src.len(), out.len());
                        for (i, out) in out.iter_mut().enumerate() {
                            assert_eq!(drawn[i / group], (at + i / group) as u64);
                            *out = drawn[i / group] as u16;
                        }
                    };
                    each(part, dst.view_mut(), first, group, make, put);
                    for (i, &value) in dst.data.iter().enumerate() {
                        assert_eq!(value, ((first * shape.row() + i) / group) as u16);
                    }
                }
            }
        }
    }
}
