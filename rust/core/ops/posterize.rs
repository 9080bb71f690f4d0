//! Keeps the uppermost bits of each value and clears the others.
//!
//! With b bits, v clamped to 0..M and M the value of white:
//!
//! ```text
//! integers  q = floor(v 2^b / (M + 1));  out = ceil(q (M + 1) / 2^b), the least value of this q
//! float32   q = min(floor((v / M) 2^b), 2^b - 1);  out = q (M 2^-b)
//! ```
//!
//! M = 255: v & ~(2^(8-b) - 1); b = 8 changes no byte, b = 0 makes all black.
//!
//! Draws: `bits`, one for all channels or, if there is a range for each, one for each.
//! Source: Pillow's ImageOps.posterize: equal at uint8.

use serde::{Deserialize, Serialize};

use super::{Flow, Op};
use crate::bounds::{Range, Ranges, Within, bounds};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::colour::Colour;
use crate::kernels::curves::Curve;
use crate::kernels::step::{Site, Step, Steps};
use crate::maths::{canonical, floor};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;

bounds! {
    Bits: u32 = 0..=8, "bits";
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posterize {
    pub num_bits: Ranges<Bits>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// As many as there are ranges.
    pub bits: Vec<Within<Bits>>,
}

impl Op for Posterize {
    const NAME: &'static str = "Posterize";
    const FLOW: Flow = Flow::Nominal;
    type Params = Params;

    fn fits(&self, site: &Site) -> Result<()> {
        let (given, channels) = (self.num_bits.len(), site.shape.channels);
        if given == 1 || given == channels {
            return Ok(());
        }
        let message = format!("num_bits is for {given} channels, the image has {channels}");
        Err(Error::refused(Self::NAME, message))
    }

    fn sample(&self, _: &Site, draws: &mut Draws) -> Result<Params> {
        let bits = self.num_bits.iter().map(|range| range.draw(draws));
        Ok(Params { bits: memory::collect(bits, WHAT)? })
    }

    fn apply(&self, Params { bits }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let wanted = self.num_bits.len();
        if bits.len() != wanted {
            let (value, allowed) = (format!("{} values", bits.len()), format!("{wanted} values"));
            return Err(Error::argument(Self::NAME, "bits", value, allowed));
        }
        let kept = |bits: &Within<Bits>| Kept::new(bits.get(), site.white);
        Ok(match &bits[..] {
            [bits] => Step::curve(kept(bits)),
            _ => {
                let each = bits.iter().map(|bits| Box::new(kept(bits)) as Box<dyn Curve>);
                Step::curves(memory::collect(each, WHAT)?)
            }
        }
        .into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let each = (0..shape.channels as u32).map(|c| [c % 5, 3 + c % 6]).collect();
        let bits = [vec![[4, 4]], vec![[0, 8]], vec![[0, 0]], vec![[8, 8]], each];
        bits.map(|ranges| ranges.into_iter().map(Range::new).collect())
            .map(|ranges| Posterize { num_bits: Ranges::new(ranges) })
            .into()
    }
}

const WHAT: &str = "the bits of the channels";

struct Kept {
    bits: u32,
    white: f64,
    /// M + 1 of integers, and 2^40 divided by it, rounded up: n 2^-40 times that is, rounded down,
    /// n / (M + 1) for n < 2^24.
    levels: u64,
    inverse: u64,
}

impl Kept {
    fn new(bits: u32, white: f64) -> Kept {
        let levels = white as u64 + 1;
        Kept { bits, white, levels, inverse: (1_u64 << 40).div_ceil(levels) }
    }

    fn integer(&self, value: u64) -> u64 {
        let part = ((value << self.bits) * self.inverse) >> 40;
        (part * self.levels).div_ceil(1 << self.bits)
    }
}

impl Curve for Kept {
    fn uint8(&self, value: u8) -> u8 {
        self.integer(value.into()) as u8
    }

    fn uint16(&self, value: u16) -> u16 {
        self.integer(value.limit(self.white as u16).into()) as u16
    }

    fn float32(&self, value: f32) -> f32 {
        let white = self.white as f32;
        let count = (1 << self.bits) as f32;
        let whole = floor(value.limit(white) / white * count);
        let kept = if whole > count - 1.0 { count - 1.0 } else { whole };
        canonical(kept * (white / count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_divides() {
        for white in [1, 2, 699, 4095, 65534, 65535_u32] {
            for bits in [0, 1, 5, 8] {
                let kept = Kept::new(bits, white.into());
                for value in 0..=white {
                    let part = (value << bits) / (white + 1);
                    let least = (part * (white + 1)).div_ceil(1 << bits);
                    assert_eq!(
                        kept.integer(value.into()),
                        u64::from(least),
                        "{white} {bits} {value}"
                    );
                }
            }
        }
    }
}
