//! Replaces every sample by the largest, or the least, of a window around it.
//!
//! The window of the side k reaches from -a to k - 1 - a along either axis, a = floor(k / 2), of
//! which `shape` takes
//!
//! ```text
//! rect       all
//! cross      the row and the column of the sample
//! ellipse    in a row at the distance dy the columns to d = floor(sqrt(a a - dy dy) + 0.5)
//! ```
//!
//! `dilation` is the largest, `erosion` the least; what lies outside the image does not count.
//! float32: a NaN in the window is what comes out, and 0 stands for -0. Masks and boxes stay as
//! they are.
//!
//! Draws: the side k, an integer of `size`. Source: OpenCV's `dilate` and `erode`, and
//! Albumentations' op of this name.
//!
//! The least is the largest of what is turned around. Rows whose columns are the same are taken
//! together, the largest of them first, then along the row by doubling; the edge's samples stand
//! for what is outside, as no row of a window is longer than one that is nearer to its middle.

use serde::{Deserialize, Serialize};

use super::{MAX_SIDE, Op};
use crate::bounds::{Range, Within, bounds};
use crate::error::Result;
use crate::image::{Element, Shape, View};
use crate::kernels::border::Border;
use crate::kernels::step::{Site, Step, Steps};
use crate::kernels::window::{Filter, Line, ROWS, Rows, Stripe, Window};
use crate::maths::canonical;
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::Vocab;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Morphological {
    pub operation: Operation,
    /// Least and largest side of the window.
    pub size: Range<Sides>,
    pub shape: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    Erosion,
    Dilation,
}

/// What of a square is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    Rect,
    Ellipse,
    Cross,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub size: Within<Sides>,
}

bounds! {
    Sides: u32 = 1..=MAX_SIDE, "pixels";
}

impl Op for Morphological {
    const NAME: &'static str = "Morphological";
    const CHANNELS: bool = true;
    type Params = Params;

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params { size: self.size.draw(draws) })
    }

    fn apply(&self, Params { size }: Params, _: &Site, _: Noise) -> Result<Steps> {
        let (side, turned) = (size.get() as usize, self.operation == Operation::Erosion);
        Ok(Step::Pixels(Box::new(Largest { side, form: self.shape, turned })).into())
    }

    fn examples(_: Shape) -> Vec<Self> {
        use {Form::*, Operation::*};
        let some =
            |operation, size, shape| Morphological { operation, size: Range::new(size), shape };
        vec![
            some(Dilation, [2, 3], Rect),
            some(Erosion, [2, 3], Rect),
            some(Dilation, [4, 9], Ellipse),
            some(Erosion, [5, 8], Ellipse),
            some(Dilation, [4, 5], Cross),
            some(Erosion, [3, 6], Cross),
            some(Dilation, [30, 41], Rect),
            some(Erosion, [1, 1], Ellipse),
        ]
    }
}

/// The largest of a window, in the order of what is turned around or not.
struct Largest {
    side: usize,
    form: Form,
    turned: bool,
}

/// Rows of a window, of which the same columns are looked at.
struct Group {
    /// Counted from the top.
    rows: Vec<usize>,
    /// Columns to the left of the middle.
    left: usize,
    /// Columns in all.
    width: usize,
}

impl Largest {
    fn groups(&self) -> Vec<Group> {
        let (before, behind) = (self.side / 2, self.side - 1 - self.side / 2);
        let mut groups: Vec<Group> = Vec::new();
        for row in 0..self.side {
            let far = row.abs_diff(before);
            let reach = match self.form {
                Form::Cross if far > 0 => 0,
                Form::Rect | Form::Cross => before,
                Form::Ellipse => {
                    (((before * before - far * far) as f64).sqrt() + 0.5).floor() as usize
                }
            };
            let (left, width) = (reach, reach + reach.min(behind) + 1);
            match groups.iter_mut().find(|group| (group.left, group.width) == (left, width)) {
                Some(group) => group.rows.push(row),
                None => groups.push(Group { rows: vec![row], left, width }),
            }
        }
        groups
    }
}

impl Window for Largest {
    const BORDER: Border = Border::Edge;

    fn radius(&self) -> usize {
        self.side / 2
    }
}

/// A sample as an integer of the same order, or of the opposite one.
trait Sample: Element {
    type Key: Copy + Default + Ord + Send + Sync;

    fn key(self, turned: bool) -> Self::Key;
    fn sample(key: Self::Key, turned: bool) -> Self;
}

macro_rules! integer {
    ($($type:ty),*) => {$(
        impl Sample for $type {
            type Key = $type;

            #[inline(always)]
            fn key(self, turned: bool) -> $type {
                if turned { !self } else { self }
            }

            #[inline(always)]
            fn sample(key: $type, turned: bool) -> $type {
                if turned { !key } else { key }
            }
        }
    )*};
}
integer!(u8, u16);

/// From bits to their order, and back: what is negative has all bits but the sign turned around.
#[inline(always)]
fn ordered(bits: i32) -> i32 {
    bits ^ ((bits >> 31) & i32::MAX)
}

impl Sample for f32 {
    type Key = i32;

    /// NaN is above all, turned around or not.
    #[inline(always)]
    fn key(self, turned: bool) -> i32 {
        // -0 becomes 0.
        let key = ordered((self + 0.0).to_bits().cast_signed());
        let key = if turned { !key } else { key };
        if self.is_nan() { i32::MAX } else { key }
    }

    #[inline(always)]
    fn sample(key: i32, turned: bool) -> f32 {
        let value = f32::from_bits(ordered(if turned { !key } else { key }).cast_unsigned());
        canonical(if key == i32::MAX { f32::NAN } else { value })
    }
}

/// What is kept from row to row: buffers as long as a row that is continued, and as one of the
/// output.
struct State<K> {
    groups: Vec<Group>,
    channels: usize,
    line: Vec<K>,
    next: Vec<K>,
    best: Vec<K>,
}

impl<T: Sample> Filter<T> for Largest {
    type Held = T::Key;
    type State = State<T::Key>;

    fn start(&self, _: View<T>, stripe: &Stripe) -> Result<State<T::Key>> {
        let keys = |count: usize| memory::vec(count, T::Key::default(), ROWS);
        Ok(State {
            groups: self.groups(),
            channels: stripe.channels,
            line: keys(stripe.extended)?,
            next: keys(stripe.extended)?,
            best: keys(stripe.row)?,
        })
    }

    #[inline(always)]
    fn across<S: Vocab>(&self, _: S, _: &mut State<T::Key>, line: &Line<T>, held: &mut [T::Key]) {
        line.map(held, |value| value.key(self.turned));
    }

    #[inline(always)]
    fn down<S: Vocab>(&self, _: S, state: &mut State<T::Key>, rows: &Rows<T::Key>, out: &mut [T]) {
        let State { groups, channels, line, next, best } = state;
        let extended = line.len();
        let middle = self.side / 2;
        best.copy_from_slice(&rows.row(middle)[middle * *channels..][..out.len()]);
        for Group { rows: of, left, width } in groups.iter() {
            line.copy_from_slice(&rows.row(of[0])[..extended]);
            for &row in &of[1..] {
                for (key, &other) in line.iter_mut().zip(rows.row(row)) {
                    *key = (*key).max(other);
                }
            }
            // Of so many columns from each on.
            let mut taken = 1;
            while 2 * taken <= *width {
                let others = &line[taken * *channels..];
                for ((next, &key), &other) in next.iter_mut().zip(&*line).zip(others) {
                    *next = key.max(other);
                }
                std::mem::swap(line, next);
                taken *= 2;
            }
            let first = (middle - *left) * *channels;
            let last = first + (*width - taken) * *channels;
            let ends = line[first..].iter().zip(&line[last..]);
            for (best, (&key, &other)) in best.iter_mut().zip(ends) {
                *best = (*best).max(key.max(other));
            }
        }
        for (out, &key) in out.iter_mut().zip(&*best) {
            *out = T::sample(key, self.turned);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(side: usize, form: Form) -> Vec<String> {
        let mut lines = vec![String::new(); side];
        for Group { rows, left, width } in (Largest { side, form, turned: false }).groups() {
            for row in rows {
                let start = side / 2 - left;
                lines[row] = (0..side)
                    .map(|x| if (start..start + width).contains(&x) { 'o' } else { '.' })
                    .collect();
            }
        }
        lines
    }

    #[test]
    fn windows_have_their_form() {
        assert_eq!(picture(3, Form::Rect), ["ooo"; 3]);
        assert_eq!(picture(3, Form::Cross), [".o.", "ooo", ".o."]);
        assert_eq!(picture(5, Form::Ellipse), ["..o..", "ooooo", "ooooo", "ooooo", "..o.."]);
        assert_eq!(picture(2, Form::Rect), ["oo"; 2]);
        assert_eq!(picture(2, Form::Ellipse), [".o", "oo"]);
        assert_eq!(picture(4, Form::Cross), ["..o.", "..o.", "oooo", "..o."]);
        assert_eq!(picture(1, Form::Cross), ["o"]);
    }

    #[test]
    fn keys_are_in_order_and_lead_back() {
        let rising = [f32::NEG_INFINITY, -2.5, -1e-45, 0.0, 1e-45, 3.0, f32::INFINITY];
        for turned in [false, true] {
            let keys = rising.map(|v| v.key(turned));
            assert!(keys.is_sorted_by(|a, b| if turned { a > b } else { a < b }), "{keys:?}");
            assert!(keys.iter().all(|&key| key < f32::NAN.key(turned)));
            assert_eq!(keys.map(|key| f32::sample(key, turned)), rising);
            assert_eq!((-0.0_f32).key(turned), 0.0_f32.key(turned));
            let nan = f32::sample((-f32::NAN).key(turned), turned);
            assert_eq!(nan.to_bits(), 0x7fc0_0000);
            assert_eq!(u8::sample(200_u8.key(turned), turned), 200);
        }
    }
}
