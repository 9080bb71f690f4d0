//! Functions of one value: given, or found from what the image is like; for all channels, or one
//! each. At uint8 a chain of them is one look-up in a table of 256 entries, or a table per channel:
//! what a chain measures is measured of its input alone, as the histogram of a mapped image is the
//! mapped histogram. At uint16 and float32 they run one after another.

mod lookup;
mod measure;

pub use measure::{Ask, Leveled, Measure, What};

use crate::error::Result;
use crate::image::{AnyView, AnyViewMut, View, ViewMut};
use crate::memory;
use crate::simd::level::Level;

/// A function of one value, the same for every pixel.
pub trait Curve: Send + Sync {
    fn uint8(&self, value: u8) -> u8;
    fn uint16(&self, value: u16) -> u16;
    fn float32(&self, value: f32) -> f32;

    // Loops over it that know which curve it is.

    fn table(&self) -> Table {
        std::array::from_fn(|value| self.uint8(value as u8))
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

/// A function of bytes, value by value.
pub type Table = [u8; 256];

/// For all channels, or one for each.
pub enum Curves {
    All(Box<dyn Curve>),
    Each(Vec<Box<dyn Curve>>),
}

/// Curves that depend on the image.
pub trait Measured: Send + Sync {
    fn ask(&self) -> Ask;
    fn curves(&self, measures: &[Measure]) -> Result<Curves>;
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

pub fn run(chain: &[Link], level: Level, src: AnyView, dst: AnyViewMut) -> Result<()> {
    match (src, dst) {
        (AnyView::U8(src), AnyViewMut::U8(dst)) => bytes(chain, level, src, dst),
        (AnyView::U16(src), AnyViewMut::U16(dst)) => wide(chain, level, src, dst),
        (AnyView::F32(src), AnyViewMut::F32(dst)) => wide(chain, level, src, dst),
        _ => unreachable!("curves keep the type"),
    }
}

const TABLES: &str = "the tables of the channels";

fn bytes(chain: &[Link], level: Level, src: View<u8>, dst: ViewMut<u8>) -> Result<()> {
    let channels = src.shape().channels;
    let mut tables = memory::vec(1, std::array::from_fn(|value| value as u8), TABLES)?;
    let mut input = measure::Bytes::new(level, src);
    for link in chain {
        let found;
        let curves = match link {
            Link::Given(curves) => curves,
            Link::Measured(measured) => {
                found = measured.curves(&input.through(&tables, measured.ask())?)?;
                &found
            }
        };
        match curves {
            Curves::All(curve) => {
                let next = curve.table();
                tables.iter_mut().for_each(|table| append(table, &next));
            }
            Curves::Each(curves) => {
                memory::grow(&mut tables, channels, TABLES)?;
                tables.resize(channels, tables[0]);
                for (table, curve) in tables.iter_mut().zip(curves) {
                    append(table, &curve.table());
                }
            }
        }
    }
    if tables.iter().all(|table| table == &tables[0]) {
        tables.truncate(1);
    }
    lookup::run(level, &tables, src, dst);
    Ok(())
}

/// Makes a table that and then the next.
fn append(table: &mut Table, next: &Table) {
    for value in table {
        *value = next[usize::from(*value)];
    }
}

fn wide<T: Wide>(chain: &[Link], level: Level, src: View<T>, mut dst: ViewMut<T>) -> Result<()> {
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
                    found = measured.curves(&measure::of(level, dst.view(), measured.ask())?)?;
                    &found
                }
            };
            for y in first..first + rows {
                row(curves, src.shape().channels, dst.row(y));
            }
        }
    }
    Ok(())
}

/// A type that has too many values for tables.
trait Wide: Leveled {
    fn row(curve: &dyn Curve, row: &mut [Self]);
}

impl Wide for u16 {
    fn row(curve: &dyn Curve, row: &mut [u16]) {
        curve.row_uint16(row);
    }
}

impl Wide for f32 {
    fn row(curve: &dyn Curve, row: &mut [f32]) {
        curve.row_float32(row);
    }
}

/// Pixels whose channels are brought together, to run a curve over each.
const TOGETHER: usize = 256;

fn row<T: Wide>(curves: &Curves, channels: usize, row: &mut [T]) {
    match curves {
        Curves::All(curve) => T::row(curve.as_ref(), row),
        Curves::Each(curves) => {
            let mut values = [T::default(); TOGETHER];
            for pixels in row.chunks_mut(TOGETHER * channels) {
                let values = &mut values[..pixels.len() / channels];
                for (c, curve) in curves.iter().enumerate() {
                    let of_channel = pixels[c..].iter().step_by(channels);
                    values.iter_mut().zip(of_channel).for_each(|(value, pixel)| *value = *pixel);
                    T::row(curve.as_ref(), values);
                    let of_channel = pixels[c..].iter_mut().step_by(channels);
                    of_channel.zip(&*values).for_each(|(pixel, value)| *pixel = *value);
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
    struct Down {
        what: What,
    }

    struct Minus(u16);

    impl Curve for Minus {
        fn uint8(&self, value: u8) -> u8 {
            value.wrapping_sub(self.0 as u8)
        }

        fn uint16(&self, value: u16) -> u16 {
            value - self.0
        }

        fn float32(&self, value: f32) -> f32 {
            value - f32::from(self.0)
        }
    }

    impl Measured for Down {
        fn ask(&self) -> Ask {
            Ask { gray: false, what: self.what, white: 65535.0 }
        }

        fn curves(&self, measures: &[Measure]) -> Result<Curves> {
            let least = |measure: &Measure| {
                let least = match measure {
                    Measure::Extremes([least, _]) => *least as usize,
                    Measure::Histogram(counts) => counts.iter().position(|&n| n > 0).unwrap(),
                    Measure::Sum(_) => unreachable!("nobody asks for it"),
                };
                Box::new(Minus(least as u16)) as Box<dyn Curve>
            };
            Ok(Curves::Each(measures.iter().map(least).collect()))
        }
    }

    #[test]
    fn a_chain_measures_what_the_links_before_have_made() {
        use What::{Extremes, Histogram};
        for (first, second) in [
            (Histogram, Histogram),
            (Histogram, Extremes),
            (Extremes, Histogram),
            (Extremes, Extremes),
        ] {
            let chain = || {
                let each = [10, 20].map(|n| Box::new(Plus(n)) as Box<dyn Curve>);
                vec![
                    Link::Measured(Box::new(Down { what: first })),
                    Link::Given(Curves::Each(each.into())),
                    Link::Given(Curves::All(Box::new(Plus(1)))),
                    Link::Measured(Box::new(Down { what: second })),
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
            run(&chain(), level, AnyView::U16(wide.view()), AnyViewMut::U16(dst.view_mut()))
                .unwrap();
            assert_eq!(dst.data, [3, 4, 5, 34, 251, 3, 4, 5]);
        }
    }

    #[test]
    fn wide_channels_have_their_own_curves() {
        let shape = Shape::new(2, 2 * TOGETHER + 7, 3);
        let src = Image { data: (0..shape.len()).map(|i| i as f32).collect(), shape };
        let each = [10, 20, 30].map(|n| Box::new(Plus(n)) as Box<dyn Curve>);
        let chain = [Link::Given(Curves::Each(each.into()))];
        let mut dst = Image::<f32>::new(shape);
        let (from, to) = (AnyView::F32(src.view()), AnyViewMut::F32(dst.view_mut()));
        run(&chain, Level::new(), from, to).unwrap();
        assert!(dst.data.iter().enumerate().all(|(i, &v)| v == (i + 10 * (i % 3 + 1)) as f32));
    }
}
