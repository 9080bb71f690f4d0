//! Adds to each colour's hue, saturation and value, the coordinates of HSV.
//!
//! Hue is a part of a full turn, saturation a part of the fullest, value a part of white. Gray has
//! no hue and no saturation and gets none. With V and m the largest and the smallest of a pixel's
//! channels, d = V - m, sector j and n as kernels/hexagon.rs has them, M the value of white:
//!
//! ```text
//! V' = clamp(V + M val_shift, 0, M)      S = clamp(d / V + sat_shift, 0, 1), 0 if d = 0
//! H  = n / d + 2 j + 6 hue_shift         out = V' - V' S + V' S X
//! ```
//!
//! X is how far the channel is above the smallest at H on the hexagon with sides of 1. Values are
//! clamped to 0..M before and after. If all three shifts are 0 nothing else changes.
//!
//! - uint8, within 16 bits; hrs(a, b) = (a b + 16384) >> 15, round(x) = floor(x + 0.5). For i > 0
//!   P(i) is 2^7, 2^6 ... 1 for i of 1, 2 ... 8 bits and R(i) = min(32767, round(2^22 / (i P(i)))),
//!   P(0) = R(0) = 0. V' = clamp(16 V + round(16 255 val_shift), 0, 4080);
//!   S = min(32767, 2 hrs(128 d P(V), R(V))); D = hrs(8 V', clamp(S + s, 0, 32767)),
//!   s = clamp(round(32768 sat_shift), -32767, 32767), 0 if d = 0;
//!   H = hrs(32 n P(d), R(d)) + ((t + 8192 j) mod 24576), t = round(24576 hue_shift);
//!   X in 4096ths, Y = min(32767, 8 X); out = (8 V' - D + hrs(D, Y) + 64) >> 7.
//! - uint16: V' = clamp(2^12 V + round(2^12 M val_shift), 0, 2^12 M);
//!   S = clamp(floor(2^30 d / V) + round(2^30 sat_shift), 0, 2^30); D = (V' S + 2^29) >> 30;
//!   H = trunc(2^30 n / d) + ((round(6 2^30 hue_shift) + 2^31 j) mod (6 2^30)); X in parts of 2^30;
//!   out = (V' - D + ((D X + 2^29) >> 30) + 2^11) >> 12.
//! - float32: S = clamp(d / V + f32(sat_shift)), V' = clamp(V + f32(M val_shift)), D = V' S,
//!   H = n / d + s_j, s_j = 6 (hue_shift - floor(hue_shift)) + 2 j, less 6 if that is 6 or more,
//!   f64 rounded to f32; out = (V' - D) + D X; a NaN makes its pixel NaN.
//!
//! An image of one channel is gray: its hue and saturation may not be told to change. Images of
//! other numbers than 1 and 3 are refused.
//!
//! Draws: `hue_shift`, `sat_shift`, `val_shift`. Source: Albumentations' op of this name, whose HSV
//! has 8 bits: up to 6 levels away; within 0.6 of OpenCV's float32 HSV.

use fearless_simd::prelude::*;
use fearless_simd::{dispatch, u8x16};
use fearless_simd_macros::simd;
use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Range, Shift, Within, bounds, shifts};
use crate::error::Result;
use crate::image::{Shape, View, ViewMut, flat};
use crate::kernels::colour::{Colour, check_gray_or_rgb, check_rgb};
use crate::kernels::curves::Curve;
use crate::kernels::hexagon::{float_turns, hexagon, hexagons, sector, sectors, turns};
use crate::kernels::kernel::{Kernel, Reach};
use crate::kernels::rgb::{self, Pixels, hrs, narrow, splat, wide};
use crate::kernels::step::{Site, Step, Steps};
use crate::maths::within;
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::Vocab;
use crate::simd::level::Level;
use crate::vectors;

bounds! {
    Hue: f64 = -0.5..=0.5, "turns", halves_of_degrees;
    Saturation: f64 = -1.0..=1.0, "parts of the fullest", shifts;
}

/// What turns are hues of 8 bits, 0 to 180; what is of the size of a turn is none.
fn halves_of_degrees(given: &[f64]) -> Option<String> {
    if !given.is_sorted() || given.iter().all(|hue| hue.abs() <= 1.0) {
        return None;
    }
    if given.iter().any(|hue| hue.abs() > 90.0) {
        return Some("any hue is (-0.5, 0.5)".into());
    }
    let parts: Vec<_> = given.iter().map(|hue| format!("{hue}/180")).collect();
    Some(format!("hues of 0 to 180 are parts of 180: ({})", parts.join(", ")))
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HueSaturationValue {
    pub hue_shift_limit: Range<Hue>,
    pub sat_shift_limit: Range<Saturation>,
    pub val_shift_limit: Range<Shift>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub hue_shift: Within<Hue>,
    pub sat_shift: Within<Saturation>,
    pub val_shift: Within<Shift>,
}

impl Op for HueSaturationValue {
    const NAME: &'static str = "HueSaturationValue";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn fits(&self, site: &Site) -> Result<()> {
        check_colour("hue_shift_limit", self.hue_shift_limit.ends(), site)?;
        check_colour("sat_shift_limit", self.sat_shift_limit.ends(), site)?;
        check_gray_or_rgb(Self::NAME, "HSV", site.shape)
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params {
            hue_shift: self.hue_shift_limit.draw(draws),
            sat_shift: self.sat_shift_limit.draw(draws),
            val_shift: self.val_shift_limit.draw(draws),
        })
    }

    fn apply(&self, params: Params, site: &Site, _: Noise) -> Result<Steps> {
        let [hue, sat, val] =
            [params.hue_shift.get(), params.sat_shift.get(), params.val_shift.get()];
        check_colour("hue_shift", [hue; 2], site)?;
        check_colour("sat_shift", [sat; 2], site)?;
        let moved = Moved { hue, sat, val, white: site.white };
        Ok(match site.shape.channels {
            1 => Step::curve(moved),
            _ => Step::Pixels(Box::new(moved)),
        }
        .into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let op = |hue, sat, val| HueSaturationValue {
            hue_shift_limit: Range::new(hue),
            sat_shift_limit: Range::new(sat),
            val_shift_limit: Range::new(val),
        };
        let none = [0.0; 2];
        match shape.channels {
            1 => vec![op(none, none, [-0.3, 0.3]), op(none, none, none)],
            3 => vec![
                op([-0.5, 0.5], [-1.0, 1.0], [-1.0, 1.0]),
                op([-0.11, 0.11], [-0.12, 0.12], [-0.08, 0.08]),
                op(none, none, none),
            ],
            _ => vec![],
        }
    }
}

/// Refuses to change what gray does not have.
fn check_colour(name: &str, range: [f64; 2], site: &Site) -> Result<()> {
    if range == [0.0; 2] {
        return Ok(());
    }
    check_rgb(HueSaturationValue::NAME, name, site.shape)
}

struct Moved {
    hue: f64,
    sat: f64,
    val: f64,
    white: f64,
}

impl Moved {
    /// None if nothing moves.
    fn shifts<T: Depth>(&self) -> Option<Shifts<T>> {
        let moves = [self.hue, self.sat, self.val] != [0.0; 3];
        moves.then(|| T::shifts(self))
    }

    fn run<T: Depth>(&self, level: Level, src: View<T>, mut dst: ViewMut<T>) -> Result<()> {
        let (white, shifts) = (T::from_fill(self.white), self.shifts());
        for (y, row) in src.rows().enumerate() {
            dispatch!(level, simd => move_row(simd, white, shifts.as_ref(), row, dst.row(y)));
        }
        Ok(())
    }

    fn run_uint8<S: Vocab>(
        &self,
        simd: S,
        level: Level,
        src: View<u8>,
        dst: ViewMut<u8>,
    ) -> Result<()> {
        match self.shifts::<u8>() {
            Some(shifts) if S::SHUFFLES => {
                let (src, dst) = flat(src, dst);
                rgb::write(simd, &shifts, src, dst);
                Ok(())
            }
            _ => self.run(level, src, dst),
        }
    }

    fn gray<T: Depth>(&self, value: T) -> T {
        moved(T::from_fill(self.white), self.shifts().as_ref(), [value; 3])[0]
    }
}

impl Kernel for Moved {
    fn reach(&self) -> Reach {
        Reach::Rows
    }

    fn uint8(&self, level: Level, src: View<u8>, dst: ViewMut<u8>, _: usize) -> Result<()> {
        vectors!(level, simd => self.run_uint8(simd, level, src, dst))
    }

    fn uint16(&self, level: Level, src: View<u16>, dst: ViewMut<u16>, _: usize) -> Result<()> {
        self.run(level, src, dst)
    }

    fn float32(&self, level: Level, src: View<f32>, dst: ViewMut<f32>, _: usize) -> Result<()> {
        self.run(level, src, dst)
    }
}

/// Of a gray image.
impl Curve for Moved {
    fn uint8(&self, value: u8) -> u8 {
        self.gray(value)
    }

    fn uint16(&self, value: u16) -> u16 {
        self.gray(value)
    }

    fn float32(&self, value: f32) -> f32 {
        self.gray(value)
    }
}

#[simd]
fn move_row<S: Simd, T: Depth>(
    _: S,
    white: T,
    shifts: Option<&Shifts<T>>,
    src: &[T],
    dst: &mut [T],
) {
    for (out, rgb) in dst.as_chunks_mut::<3>().0.iter_mut().zip(src.as_chunks::<3>().0) {
        *out = moved(white, shifts, *rgb);
    }
}

#[inline(always)]
fn moved<T: Depth>(white: T, shifts: Option<&Shifts<T>>, rgb: [T; 3]) -> [T; 3] {
    let rgb = rgb.map(|value| value.limit(white));
    shifts.map_or(rgb, |shifts| T::shift(rgb, shifts, white))
}

/// The shifts in the arithmetic of the image's type.
struct Shifts<T: Depth> {
    /// Of each sector.
    turns: [T::Wide; 3],
    sat: T::Wide,
    val: T::Wide,
}

/// A sample type with its arithmetic.
trait Depth: Colour {
    type Wide: Copy;

    fn shifts(by: &Moved) -> Shifts<Self>;
    fn shift(rgb: [Self; 3], by: &Shifts<Self>, white: Self) -> [Self; 3];
}

/// To the nearest integer, halves up.
fn round(value: f64) -> i64 {
    (value + 0.5).floor() as i64
}

/// P(i).
const NORMAL: [u8; 256] = {
    let (mut table, mut i) = ([0; 256], 1);
    while i < 256 {
        table[i] = 1 << (i as u8).leading_zeros();
        i += 1;
    }
    table
};

/// min(32767, floor(2^22 / x + 0.5)) of x = 128 + i, by which P makes a division a product: R of
/// what P makes x of.
const INVERSE: [i16; 128] = {
    let (mut table, mut i) = ([i16::MAX; 128], 1);
    while i < 128 {
        let x = 128 + i as i32;
        table[i] = (((1 << 23) + x) / (2 * x)) as i16;
        i += 1;
    }
    table
};

impl Depth for u8 {
    type Wide = i32;

    fn shifts(by: &Moved) -> Shifts<u8> {
        Shifts {
            turns: turns(by.hue, 4096).map(|turn| turn as i32),
            sat: round(32768.0 * by.sat).clamp(-32767, 32767) as i32,
            val: round(16.0 * 255.0 * by.val) as i32,
        }
    }

    #[inline(always)]
    fn shift(rgb: [u8; 3], by: &Shifts<u8>, _: u8) -> [u8; 3] {
        let (max, min, numerator, turn) = sector(rgb.map(i32::from), by.turns);
        let d = max - min;
        let value = (16 * max + by.val).clamp(0, 4080);
        let base = 8 * value;
        if d == 0 {
            return [((base + 64) >> 7) as u8; 3];
        }
        let over = |i: i32| {
            let normal = i32::from(NORMAL[i as usize]);
            (normal, i32::from(INVERSE[(i * normal - 128) as usize]))
        };
        let (normal, inverse) = over(max);
        let sat = (2 * hrs((d * normal) << 7, inverse)).min(32767);
        let d_out = hrs(base, (sat + by.sat).clamp(0, 32767));
        let (normal, inverse) = over(d);
        let h = hrs((numerator * normal) << 5, inverse) + turn;
        hexagon(h, 4096).map(|x| ((base - d_out + hrs(d_out, (8 * x).min(32767)) + 64) >> 7) as u8)
    }
}

impl Pixels for Shifts<u8> {
    #[inline(always)]
    fn pixels<S: Vocab>(&self, simd: S, [r, g, b]: [S::u8s; 3]) -> [S::u8s; 3] {
        let max = r.max(g).max(b);
        let d = max - r.min(g).min(b);
        let (of_max, of_d) = (division(simd, max), division(simd, d));
        let [r, g, b] = [wide(simd, r), wide(simd, g), wide(simd, b)];
        let mut out = [r, g, b];
        for half in 0..2 {
            let rgb = [r[half], g[half], b[half]];
            let moved = self.lanes(simd, rgb, of_max[half], of_d[half]);
            for (channel, moved) in out.iter_mut().zip(moved) {
                channel[half] = moved;
            }
        }
        narrow(simd, out)
    }
}

impl Shifts<u8> {
    /// With P and R of the largest and of its difference from the smallest.
    #[inline(always)]
    fn lanes<S: Vocab>(
        &self,
        simd: S,
        rgb: [S::i16s; 3],
        of_max: [S::i16s; 2],
        of_d: [S::i16s; 2],
    ) -> [S::i16s; 3] {
        let zero = splat(simd, 0);
        let [a, b, c] = self.turns;
        let turns = [splat(simd, a), splat(simd, b), splat(simd, c)];
        let (max, min, numerator, turn) = sectors::<S>(rgb, turns);
        let d = max - min;
        let value = ((max << 4) + splat(simd, self.val)).max(zero).min(splat(simd, 4080));
        let base = value << 3;
        let sat = simd.mulhrs((d * of_max[0]) << 7, of_max[1]);
        let sat = sat.saturating_add(sat).saturating_add(splat(simd, self.sat)).max(zero);
        let d_out = d.simd_eq(zero).select(zero, simd.mulhrs(base, sat));
        let h = simd.mulhrs((numerator * of_d[0]) << 5, of_d[1]) + turn;
        let mut out = hexagons(simd, h, splat(simd, 4096));
        let rest = base - d_out + 64;
        for x in &mut out {
            let part = *x << 2;
            *x = (rest + simd.mulhrs(d_out, part.saturating_add(part))) >> 7;
        }
        out
    }
}

/// P and R of bytes, of either half of the lanes.
#[inline(always)]
fn division<S: Vocab>(simd: S, i: S::u8s) -> [[S::i16s; 2]; 2] {
    let normal = normal(simd, i);
    let (i, normal) = (wide(simd, i), wide(simd, normal));
    let products = [i[0] * normal[0], i[1] * normal[1]];
    let x = simd.unpair(products[0].bitcast(), products[1].bitcast());
    let (upper, x) = (x.simd_ge(192), x & 63);
    let low = upper.select(simd.pick64(&LOW[1], x), simd.pick64(&LOW[0], x));
    let high = upper.select(simd.pick64(&HIGH[1], x), simd.pick64(&HIGH[0], x));
    let inverse: [S::i16s; 2] =
        [simd.pair_first(low, high).bitcast(), simd.pair_second(low, high).bitcast()];
    [[normal[0], inverse[0]], [normal[1], inverse[1]]]
}

/// P, by the upper four bits where there are any, else by the lower.
#[inline(always)]
fn normal<S: Vocab>(simd: S, i: S::u8s) -> S::u8s {
    let by_low = S::u8s::block_splat(u8x16::from_slice(simd, &NORMAL[..16]));
    let by_high = S::u8s::block_splat(u8x16::from_fn(simd, |i| NORMAL[16 * i]));
    let low = i.simd_ge(16).select(S::u8s::splat(simd, 128), i);
    simd.shuffle_within_blocks(by_low, low) | simd.shuffle_within_blocks(by_high, i >> 4)
}

/// The bytes of `INVERSE`, by halves of it.
static LOW: [[u8; 64]; 2] = bytes(0);
static HIGH: [[u8; 64]; 2] = bytes(8);

const fn bytes(shift: u32) -> [[u8; 64]; 2] {
    let (mut table, mut i) = ([[0; 64]; 2], 0);
    while i < 128 {
        table[i / 64][i % 64] = (INVERSE[i] >> shift) as u8;
        i += 1;
    }
    table
}

impl Depth for u16 {
    type Wide = i64;

    fn shifts(by: &Moved) -> Shifts<u16> {
        Shifts {
            turns: turns(by.hue, 1 << 30),
            sat: round(f64::from(1 << 30) * by.sat),
            val: round(4096.0 * by.white * by.val),
        }
    }

    #[inline(always)]
    fn shift(rgb: [u16; 3], by: &Shifts<u16>, white: u16) -> [u16; 3] {
        const ONE: i64 = 1 << 30;
        let (max, min, numerator, turn) = sector(rgb.map(i64::from), by.turns);
        let d = max - min;
        let value = ((max << 12) + by.val).clamp(0, i64::from(white) << 12);
        if d == 0 {
            return [((value + (1 << 11)) >> 12) as u16; 3];
        }
        let sat = (d * ONE / max + by.sat).clamp(0, ONE);
        let d_out = (value * sat + ONE / 2) >> 30;
        let h = numerator * ONE / d + turn;
        hexagon(h, ONE).map(|x| {
            let above = (d_out * x + ONE / 2) >> 30;
            ((value - d_out + above + (1 << 11)) >> 12) as u16
        })
    }
}

impl Depth for f32 {
    type Wide = f32;

    fn shifts(by: &Moved) -> Shifts<f32> {
        let [sat, val] = [by.sat, by.white * by.val].map(|v| v as f32);
        Shifts { turns: float_turns(by.hue), sat, val }
    }

    #[inline(always)]
    fn shift(rgb: [f32; 3], by: &Shifts<f32>, white: f32) -> [f32; 3] {
        let (max, min, numerator, turn) = sector(rgb, by.turns);
        let d = max - min;
        let value = (max + by.val).limit(white);
        // A NaN may not have been the largest or the smallest.
        let nan = rgb.iter().any(|value| value.is_nan());
        let (sat, h) = if d == 0.0 {
            (0.0, 0.0)
        } else {
            (within(d / max + by.sat, 1.0), numerator / d + turn)
        };
        let d_out = if nan { f32::NAN } else { value * sat };
        hexagon(h, 1.0).map(|x| ((value - d_out) + d_out * x).limit(white))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::{edited, refusal};
    use crate::simd::level;

    fn op() -> HueSaturationValue {
        let (hue, sat) = (Range::new([-0.5, 0.5]), Range::new([-1.0, 1.0]));
        let val = Range::new([-1.0, 1.0]);
        HueSaturationValue { hue_shift_limit: hue, sat_shift_limit: sat, val_shift_limit: val }
    }

    #[test]
    fn no_shift_is_the_identity_even_where_it_is_computed() {
        let none = Moved { hue: 0.0, sat: 0.0, val: 0.0, white: 65535.0 };
        let (bytes, wide) = (u8::shifts(&none), u16::shifts(&none));
        for i in 0..1_u32 << 18 {
            let rgb = [0, 6, 12].map(|shift| (i >> shift & 63) as u8 * 4 + (i % 4) as u8);
            assert_eq!(u8::shift(rgb, &bytes, 255), rgb);
            let rgb = rgb.map(|v| u16::from(v) * 257 + (i % 7) as u16).map(|v| v.min(65000));
            assert_eq!(u16::shift(rgb, &wide, 65535), rgb);
        }
    }

    /// Every value as the largest, and as the difference.
    #[test]
    fn vectors_divide_as_one_pixel_does() {
        let by = u8::shifts(&Moved { hue: 0.3, sat: 0.2, val: -0.1, white: 255.0 });
        let pairs = (0..256_usize).flat_map(|max| (0..=max).map(move |min| (max, min)));
        let colour = |(max, min)| [max as u8, ((max * 3 + min) / 4) as u8, min as u8];
        let data: Vec<u8> = pairs.flat_map(colour).collect();
        let shape = Shape::new(1, data.len() / 3, 3);
        let wanted: Vec<u8> =
            data.as_chunks::<3>().0.iter().flat_map(|&rgb| u8::shift(rgb, &by, 255)).collect();
        for level in level::available() {
            let mut out = vec![0; data.len()];
            let moved = Moved { hue: 0.3, sat: 0.2, val: -0.1, white: 255.0 };
            let (src, dst) =
                (View::new(&data, shape, data.len()), ViewMut::new(&mut out, shape, data.len()));
            Kernel::uint8(&moved, level, src, dst, 0).unwrap();
            assert!(out == wanted, "{level:?}");
        }
    }

    #[test]
    fn gray_has_neither_hue_nor_saturation() {
        let gray = Site::new(Shape::new(4, 4, 1), DType::U8);
        let message = op().fits(&gray).unwrap_err().to_string();
        assert_eq!(
            message,
            "HueSaturationValue: hue_shift_limit needs 3 channels, the image has 1"
        );
        let params = json!({"hue_shift": 0, "sat_shift": 0.1, "val_shift": 0});
        let message = edited(&op(), &gray, params).err().unwrap().to_string();
        assert_eq!(message, "HueSaturationValue: sat_shift needs 3 channels, the image has 1");
    }

    #[test]
    fn other_units_are_refused_with_the_division_to_write() {
        let said = refusal(&op(), "hue_shift_limit", json!([-20, 20]));
        assert_eq!(
            said,
            "HueSaturationValue: hue_shift_limit=(-20, 20): two numbers lo <= hi within -0.5 to \
             0.5, turns; hues of 0 to 180 are parts of 180: (-20/180, 20/180)"
        );
        let said = refusal(&op(), "hue_shift_limit", json!([-180, 180]));
        assert!(said.ends_with("turns; any hue is (-0.5, 0.5)"), "{said}");
        let said = refusal(&op(), "hue_shift_limit", json!([-0.6, 0.6]));
        assert!(said.ends_with("within -0.5 to 0.5, turns"), "{said}");
        let said = refusal(&op(), "sat_shift_limit", json!([-30, 30]));
        assert!(said.ends_with("parts of their white: (-30/255, 30/255)"), "{said}");
        let said = refusal(&op(), "val_shift_limit", json!([5, 20]));
        assert!(said.ends_with("parts of their white: (5/255, 20/255)"), "{said}");
    }
}
