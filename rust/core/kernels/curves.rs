//! Functions of one value: given, or found from what the image is like; for all channels, or one
//! each. At uint8 a chain of them is one look-up in a table of 256 entries, or a table per channel:
//! what a chain measures is measured of its input alone, as the histogram of a mapped image is the
//! mapped histogram. At uint16 and float32 they run one after another.

use fearless_simd::prelude::*;
use fearless_simd_macros::simd;

use crate::error::Result;
use crate::image::{AnyView, AnyViewMut, View, ViewMut, flat};
use crate::maths::within;
use crate::memory;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::vectors;

/// A function of one value, the same for every pixel.
pub trait Curve: Send + Sync {
    fn uint8(&self, value: u8) -> u8;
    fn uint16(&self, value: u16) -> u16;
    fn float32(&self, value: f32) -> f32;

    fn row_uint8(&self, row: &mut [u8]) {
        for value in row {
            *value = self.uint8(*value);
        }
    }

    fn row_uint16(&self, row: &mut [u16]) {
        for value in row {
            *value = self.uint16(*value);
        }
    }

    fn row_float32(&self, row: &mut [f32]) {
        for value in row {
            *value = self.float32(*value);
        }
    }
}

/// For all channels, or one for each.
pub enum Curves {
    All(Box<dyn Curve>),
    Each(Vec<Box<dyn Curve>>),
}

impl Curves {
    fn of(&self, channel: usize) -> &dyn Curve {
        match self {
            Curves::All(curve) => curve.as_ref(),
            Curves::Each(curves) => curves[channel].as_ref(),
        }
    }

    /// Of a row of so many channels.
    fn row<T: Copy>(
        &self,
        channels: usize,
        row: &mut [T],
        all: impl Fn(&dyn Curve, &mut [T]),
        one: impl Fn(&dyn Curve, T) -> T,
    ) {
        match self {
            Curves::All(curve) => all(curve.as_ref(), row),
            Curves::Each(curves) => {
                for (c, curve) in curves.iter().enumerate() {
                    for value in row[c..].iter_mut().step_by(channels) {
                        *value = one(curve.as_ref(), *value);
                    }
                }
            }
        }
    }
}

/// Curves that depend on the image.
pub trait Measured: Send + Sync {
    /// The value that stands for white in float32 images.
    fn white(&self) -> f32;
    fn curves(&self, measures: &[Measure]) -> Result<Curves>;
}

/// What a channel is like.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// How many samples have each value. Of float32, NaN left out, the values are those of
    /// floor(65535 v / white + 0.5) with v kept within 0 to white.
    pub histogram: Vec<u32>,
    /// Least and greatest value of float32, NaN left out; infinity and its negative if there is no
    /// other.
    pub extremes: [f32; 2],
}

/// One of a chain.
pub enum Link {
    Given(Curves),
    Measured(Box<dyn Measured>),
}

/// Whether a chain depends on the image as a whole.
pub fn measures(chain: &[Link]) -> bool {
    chain.iter().any(|link| matches!(link, Link::Measured(_)))
}

pub fn run(chain: &[Link], level: Level, src: AnyView, mut dst: AnyViewMut) -> Result<()> {
    if let (AnyView::U8(src), AnyViewMut::U8(dst)) = (src, &mut dst) {
        return bytes(chain, level, src, dst.reborrow());
    }
    dst.copy_from(src);
    let height = src.shape().height;
    // What measures needs all rows before it; the others take a row while it is in the first cache.
    let rows = if measures(chain) { height } else { 1 };
    for first in (0..height).step_by(rows) {
        for link in chain {
            let found;
            let curves = match link {
                Link::Given(curves) => curves,
                Link::Measured(measured) => {
                    found = measured.curves(&measure(&mut dst, measured.white())?)?;
                    &found
                }
            };
            for y in first..first + rows {
                match &mut dst {
                    AnyViewMut::U16(dst) => {
                        let channels = dst.shape().channels;
                        let all = |curve: &dyn Curve, row: &mut [u16]| curve.row_uint16(row);
                        curves.row(channels, dst.row(y), all, |curve, v| curve.uint16(v));
                    }
                    AnyViewMut::F32(dst) => {
                        let channels = dst.shape().channels;
                        let all = |curve: &dyn Curve, row: &mut [f32]| curve.row_float32(row);
                        curves.row(channels, dst.row(y), all, |curve, v| curve.float32(v));
                    }
                    AnyViewMut::U8(_) => unreachable!("uint8 goes through tables"),
                }
            }
        }
    }
    Ok(())
}

const WHAT: &str = "the histograms of an image";

/// Each channel's measure.
fn measure(image: &mut AnyViewMut, white: f32) -> Result<Vec<Measure>> {
    let empty = Measure { histogram: Vec::new(), extremes: [f32::INFINITY, f32::NEG_INFINITY] };
    let channels = image.shape().channels;
    let mut all = memory::vec(channels, empty, WHAT)?;
    for measure in &mut all {
        measure.histogram = memory::vec(1 << 16, 0, WHAT)?;
    }
    for y in 0..image.shape().height {
        match image {
            AnyViewMut::U8(_) => unreachable!("uint8 has histograms of 256 bins"),
            AnyViewMut::U16(image) => {
                for pixel in image.row(y).chunks_exact(channels) {
                    for (measure, &value) in all.iter_mut().zip(pixel) {
                        measure.histogram[usize::from(value)] += 1;
                    }
                }
            }
            AnyViewMut::F32(image) => {
                for pixel in image.row(y).chunks_exact(channels) {
                    for (measure, &value) in all.iter_mut().zip(pixel) {
                        if !value.is_nan() {
                            let part = within(value, white) / white;
                            measure.histogram[(65535.0 * part + 0.5) as usize] += 1;
                            let [least, most] = measure.extremes;
                            measure.extremes = [
                                if value < least { value } else { least },
                                if value > most { value } else { most },
                            ];
                        }
                    }
                }
            }
        }
    }
    Ok(all)
}

type Table = [u8; 256];

fn bytes(chain: &[Link], level: Level, src: View<u8>, dst: ViewMut<u8>) -> Result<()> {
    let identity: Table = std::array::from_fn(|i| i as u8);
    let channels = src.shape().channels;
    let last = chain.iter().rposition(|link| matches!(link, Link::Measured(_)));
    let each =
        last.is_some() || chain.iter().any(|link| matches!(link, Link::Given(Curves::Each(_))));
    let mut tables = memory::vec(if each { channels } else { 1 }, identity, WHAT)?;
    let mut measures = if last.is_some() { histograms(src)? } else { Vec::new() };
    for (i, link) in chain.iter().enumerate() {
        let found;
        let curves = match link {
            Link::Given(curves) => curves,
            Link::Measured(measured) => {
                found = measured.curves(&measures)?;
                &found
            }
        };
        for (c, table) in tables.iter_mut().enumerate() {
            curves.of(c).row_uint8(table);
        }
        if last.is_some_and(|last| i < last) {
            for (c, measure) in measures.iter_mut().enumerate() {
                let mut step = identity;
                curves.of(c).row_uint8(&mut step);
                let before = std::mem::replace(&mut measure.histogram, vec![0; 256]);
                for (&to, count) in step.iter().zip(before) {
                    measure.histogram[usize::from(to)] += count;
                }
            }
        }
    }
    if let [first, rest @ ..] = &tables[..]
        && rest.iter().all(|table| table == first)
    {
        let (src, dst) = flat(src, dst);
        vectors!(level, simd => look_up(simd, first, src, dst));
    } else {
        look_up_each(&tables, src, dst);
    }
    Ok(())
}

/// Neighbours are often equal: counts of one channel go to so many tables in turn, or each would
/// wait for the last.
const TURNS: usize = 4;

fn histograms(src: View<u8>) -> Result<Vec<Measure>> {
    let channels = src.shape().channels;
    let mut counts = memory::vec(channels * TURNS, [0_u32; 256], WHAT)?;
    for row in src.rows() {
        let group = channels * TURNS;
        for values in row.chunks(group) {
            for (counts, &value) in counts.iter_mut().zip(values) {
                counts[usize::from(value)] += 1;
            }
        }
    }
    let sum = |c: usize| {
        let mut histogram = vec![0; 256];
        for counts in counts[c..].iter().step_by(channels) {
            for (sum, count) in histogram.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        Measure { histogram, extremes: [f32::INFINITY, f32::NEG_INFINITY] }
    };
    memory::collect((0..channels).map(sum), WHAT)
}

#[simd]
fn look_up<S: Vocab>(simd: S, table: &Table, src: View<u8>, mut dst: ViewMut<u8>) {
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

/// A table for each channel.
fn look_up_each(tables: &[Table], src: View<u8>, mut dst: ViewMut<u8>) {
    fn row<const C: usize>(tables: &[Table], row: &[u8], out: &mut [u8]) {
        let tables: &[Table; C] = tables.try_into().expect("a table for each channel");
        for (out, pixel) in out.as_chunks_mut::<C>().0.iter_mut().zip(row.as_chunks::<C>().0) {
            for c in 0..C {
                out[c] = tables[c][usize::from(pixel[c])];
            }
        }
    }
    for (y, pixels) in src.rows().enumerate() {
        let out = dst.row(y);
        match tables.len() {
            3 => row::<3>(tables, pixels, out),
            4 => row::<4>(tables, pixels, out),
            channels => {
                let (out, pixels) = (out.chunks_exact_mut(channels), pixels.chunks_exact(channels));
                for (out, pixel) in out.zip(pixels) {
                    for ((out, &value), table) in out.iter_mut().zip(pixel).zip(tables) {
                        *out = table[usize::from(value)];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Image, Shape};

    struct Plus(u8);

    impl Curve for Plus {
        fn uint8(&self, value: u8) -> u8 {
            value.saturating_add(self.0)
        }

        fn uint16(&self, value: u16) -> u16 {
            value.saturating_add(self.0.into())
        }

        fn float32(&self, value: f32) -> f32 {
            value + f32::from(self.0)
        }
    }

    /// Takes each channel's least value from it: what is there decides.
    struct Down;

    struct Minus(u16);

    impl Curve for Minus {
        fn uint8(&self, value: u8) -> u8 {
            value - self.0 as u8
        }

        fn uint16(&self, value: u16) -> u16 {
            value - self.0
        }

        fn float32(&self, value: f32) -> f32 {
            value - f32::from(self.0)
        }
    }

    impl Measured for Down {
        fn white(&self) -> f32 {
            1.0
        }

        fn curves(&self, measures: &[Measure]) -> Result<Curves> {
            let least = |measure: &Measure| {
                let least = measure.histogram.iter().position(|&count| count > 0);
                Box::new(Minus(least.unwrap() as u16)) as Box<dyn Curve>
            };
            Ok(Curves::Each(measures.iter().map(least).collect()))
        }
    }

    #[test]
    fn a_chain_measures_what_the_links_before_have_made() {
        let chain = || {
            let each = [10, 20].map(|n| Box::new(Plus(n)) as Box<dyn Curve>);
            vec![
                Link::Measured(Box::new(Down)),
                Link::Given(Curves::Each(each.into())),
                Link::Given(Curves::All(Box::new(Plus(1)))),
                Link::Measured(Box::new(Down)),
                Link::Given(Curves::All(Box::new(Plus(3)))),
            ]
        };
        let shape = Shape::new(2, 2, 2);
        let src = Image { data: vec![7_u8, 100, 9, 130, 255, 99, 8, 101], shape };
        let mut dst = Image::<u8>::new(shape);
        let level = Level::new();
        run(&chain(), level, AnyView::U8(src.view()), AnyViewMut::U8(dst.view_mut())).unwrap();
        assert_eq!(dst.data, [3, 4, 5, 34, 247, 3, 4, 5]);

        let wide = Image { data: src.data.iter().map(|&v| u16::from(v)).collect(), shape };
        let mut dst = Image::<u16>::new(shape);
        run(&chain(), level, AnyView::U16(wide.view()), AnyViewMut::U16(dst.view_mut())).unwrap();
        assert_eq!(dst.data, [3, 4, 5, 34, 251, 3, 4, 5]);
    }

    #[test]
    fn floats_are_measured_without_nan() {
        let data = vec![0.5, f32::NAN, -1.0, 3.0, f32::NAN, f32::NAN];
        let mut image = Image { data, shape: Shape::new(1, 3, 2) };
        let all = measure(&mut AnyViewMut::F32(image.view_mut()), 2.0).unwrap();
        assert_eq!([all[0].extremes, all[1].extremes], [[-1.0, 0.5], [3.0, 3.0]]);
        let bins = |measure: &Measure| {
            let counts = measure.histogram.iter().enumerate();
            counts.filter(|(_, count)| **count > 0).map(|(i, &n)| (i, n)).collect::<Vec<_>>()
        };
        assert_eq!(bins(&all[0]), [(0, 1), (16384, 1)]);
        assert_eq!(bins(&all[1]), [(65535, 1)]);
    }
}
