//! Adds to red, green and blue an amount of their own.
//!
//! out = clamp(v + A, 0, M), v clamped to 0..M, M the value of white, A = M shift in f64. uint8 and
//! uint16: A is rounded by floor(x + 0.5); float32: to f32. An image has 3 channels; others are
//! refused.
//!
//! Draws: `r_shift`, `g_shift`, `b_shift`. Source: Albumentations' op of this name, which
//! truncates: within 1 at uint8.

use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Range, Shift, Within};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::colour::{Colour, check_rgb};
use crate::kernels::curves::Curve;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RGBShift {
    pub r_shift_limit: Range<Shift>,
    pub g_shift_limit: Range<Shift>,
    pub b_shift_limit: Range<Shift>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub r_shift: Within<Shift>,
    pub g_shift: Within<Shift>,
    pub b_shift: Within<Shift>,
}

impl Op for RGBShift {
    const NAME: &'static str = "RGBShift";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn fits(&self, site: &Site) -> Result<()> {
        check_rgb(Self::NAME, "a shift for each channel", site.shape)
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        Ok(Params {
            r_shift: self.r_shift_limit.draw(draws),
            g_shift: self.g_shift_limit.draw(draws),
            b_shift: self.b_shift_limit.draw(draws),
        })
    }

    fn apply(&self, params: Params, site: &Site, _: Noise) -> Result<Steps> {
        let shifts = [params.r_shift, params.g_shift, params.b_shift];
        let curve =
            |shift: Within<Shift>| Box::new(Added::new(shift.get(), site.white)) as Box<dyn Curve>;
        Ok(Step::curves(shifts.map(curve).into()).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let shifts = [[[-0.3, 0.3]; 3], [[1.0, 1.0], [-1.0, -1.0], [0.0, 0.0]]];
        let op = |[r, g, b]: [[f64; 2]; 3]| RGBShift {
            r_shift_limit: Range::new(r),
            g_shift_limit: Range::new(g),
            b_shift_limit: Range::new(b),
        };
        shifts.into_iter().filter(|_| shape.channels == 3).map(op).collect()
    }
}

/// Adds parts of white.
pub struct Added {
    /// In levels: whole, and as it is.
    whole: i32,
    part: f32,
    white: f64,
}

impl Added {
    pub fn new(shift: f64, white: f64) -> Added {
        let add = white * shift;
        // More than white is white.
        let whole = (add + 0.5).floor().clamp(-white, white);
        Added { whole: whole as i32, part: add as f32, white }
    }

    fn integer(&self, value: i32) -> i32 {
        let white = self.white as i32;
        (value.min(white) + self.whole).clamp(0, white)
    }
}

impl Curve for Added {
    fn uint8(&self, value: u8) -> u8 {
        self.integer(value.into()) as u8
    }

    fn uint16(&self, value: u16) -> u16 {
        self.integer(value.into()) as u16
    }

    fn float32(&self, value: f32) -> f32 {
        let white = self.white as f32;
        (value.limit(white) + self.part).limit(white)
    }
}
