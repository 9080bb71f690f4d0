//! What policies share: children that the container makes itself, real ops whose parameters come
//! from a sign and a bin of a scale of magnitudes.
//!
//! Bin i of n is the magnitude lo + (hi - lo) i / (n - 1), f64 in this order; with a sign, its
//! negative one time in two. A space says how far each scale reaches; W and H are the image's sides:
//!
//! ```text
//! ShearX, ShearY          Shear's slope, +- 0 to `slope`
//! TranslateX, TranslateY  Affine's translation, trunc of +- 0 to `shift` pixels or parts of W, H
//! Rotate                  Rotate's angle, +- 0 to `degrees`
//! Brightness, Color, Contrast, Sharpness    1 +- 0 to `factor`
//! Posterize               floor(8 to 8 - `bits`, + 0.5)
//! Solarize                threshold, 1 to 0
//! AutoContrast, Equalize, Identity          none
//! ```
//!
//! Draws of a child: word 1 is the sign, negative if below 2^31, whether it has one or not; then the
//! bin, an integer of the container's range of bins, two words.

use serde_json::{Value, json};

use crate::bounds::bounds;
use crate::error::Result;
use crate::image::Site;
use crate::kernels::step::Steps;
use crate::kernels::warp::Interpolation;
use crate::ops::shear::Axis;
use crate::ops::{DynOp, Fields, Fills, Flow, Sees};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::targets::Seen;

/// A child as a document would have it, and where its parameters come from if not from its fields.
pub struct Child {
    pub node: Value,
    pub grade: Option<Grade>,
}

#[derive(Debug, Clone, Copy)]
pub struct Grade {
    pub scale: Scale,
    /// Least and greatest bin, and how many there are in all.
    pub bins: [u32; 2],
    pub of: u32,
}

/// A parameter of an op, from bin 0 to the last.
#[derive(Debug, Clone, Copy)]
pub enum Scale {
    Slope(f64),
    Shift(Axis, Shift),
    Degrees(f64),
    Factor(f64),
    Bits(f64),
    Threshold,
}

#[derive(Debug, Clone, Copy)]
pub enum Shift {
    Pixels(f64),
    /// Parts of a side.
    Parts(f64),
}

/// How far the scales of a policy reach.
pub struct Space {
    pub slope: f64,
    pub shift: Shift,
    pub degrees: f64,
    pub factor: f64,
    pub bits: f64,
}

/// What of its fields a policy's geometry has.
pub struct Look<'a> {
    pub interpolation: Interpolation,
    pub fill: &'a [f64],
}

impl Space {
    /// The op that a policy calls so, and its scale.
    fn op(&self, name: &str, look: &Look) -> (Value, Option<Scale>) {
        let moving = |mut node: Value| {
            node["interpolation"] = json!(look.interpolation);
            node["border"] = "constant".into();
            node["fill"] = look.fill.into();
            node["fill_mask"] = 0.0.into();
            node
        };
        let none = [0.0, 0.0];
        let shear =
            |axis| moving(json!({"op": "Shear", "name": name, "slope": none, "axis": axis}));
        let shift = || {
            moving(json!({"op": "Affine", "name": name, "scale": [1.0, 1.0], "rotate": none,
                "translate": [none, none], "shear": [none, none]}))
        };
        match name {
            "Identity" => (json!({"op": "Compose", "name": name, "transforms": []}), None),
            "ShearX" => (shear(Axis::X), Some(Scale::Slope(self.slope))),
            "ShearY" => (shear(Axis::Y), Some(Scale::Slope(self.slope))),
            "TranslateX" => (shift(), Some(Scale::Shift(Axis::X, self.shift))),
            "TranslateY" => (shift(), Some(Scale::Shift(Axis::Y, self.shift))),
            "Rotate" => {
                let turn = json!({"op": name, "limit": none, "output": "same"});
                (moving(turn), Some(Scale::Degrees(self.degrees)))
            }
            "Posterize" => {
                (json!({"op": name, "num_bits": [[8, 8]]}), Some(Scale::Bits(self.bits)))
            }
            "Solarize" => {
                (json!({"op": name, "threshold_range": [1.0, 1.0]}), Some(Scale::Threshold))
            }
            "AutoContrast" => {
                let fields = json!({"op": name, "cutoff": none, "ignore": null,
                    "preserve_tone": false});
                (fields, None)
            }
            "Equalize" => (json!({"op": name, "mode": "pil", "by_channels": true}), None),
            "InvertImg" => (json!({"op": name}), None),
            _ => (json!({"op": name, "factor": [1.0, 1.0]}), Some(Scale::Factor(self.factor))),
        }
    }

    /// A child that is applied with a probability, its bin within these of so many.
    pub fn child(&self, name: &str, p: f64, bins: [u32; 2], of: u32, look: &Look) -> Child {
        let (mut node, scale) = self.op(name, look);
        node["version"] = 1.into();
        node["p"] = p.into();
        Child { node, grade: scale.map(|scale| Grade { scale, bins, of }) }
    }

    /// Those that RandAugment and TrivialAugmentWide choose from, each sure to be applied.
    pub fn all(&self, bins: [u32; 2], of: u32, look: &Look) -> Vec<Child> {
        OPS.iter().map(|name| self.child(name, 1.0, bins, of, look)).collect()
    }
}

const OPS: [&str; 14] = [
    "Identity",
    "ShearX",
    "ShearY",
    "TranslateX",
    "TranslateY",
    "Rotate",
    "Brightness",
    "Color",
    "Contrast",
    "Sharpness",
    "Posterize",
    "Solarize",
    "AutoContrast",
    "Equalize",
];

bounds! {
    /// How many a scale has.
    Bins: u32 = 2..=1 << 16;
    /// Their places.
    Bin: u32 = 0..=(1 << 16) - 1;
}

impl Grade {
    /// The parameters of its op.
    fn params(&self, site: &Site, draws: &mut Draws) -> Value {
        let either = !matches!(self.scale, Scale::Bits(_) | Scale::Threshold) && self.bins[1] > 0;
        let negative = draws.mattering(either, |draws| draws.bernoulli(0.5));
        let bin = draws.integer(self.bins.map(i64::from));
        let magnitude = |lo: f64, hi: f64| lo + (hi - lo) * bin as f64 / f64::from(self.of - 1);
        let signed = |value: f64| if negative { 0.0 - value } else { value };
        match self.scale {
            Scale::Slope(most) => json!({"slope": signed(magnitude(0.0, most))}),
            Scale::Shift(axis, shift) => {
                let (field, side) = match axis {
                    Axis::X => ("translate_x", site.shape.width),
                    Axis::Y => ("translate_y", site.shape.height),
                };
                let most = match shift {
                    Shift::Pixels(most) => most,
                    Shift::Parts(most) => most * side as f64,
                };
                let mut params = json!({"scale": 1.0, "rotate": 0.0, "translate_x": 0.0,
                    "translate_y": 0.0, "shear_x": 0.0, "shear_y": 0.0});
                params[field] = signed(magnitude(0.0, most).trunc()).into();
                params
            }
            Scale::Degrees(most) => json!({"angle": signed(magnitude(0.0, most))}),
            Scale::Factor(most) => json!({"factor": 1.0 + signed(magnitude(0.0, most))}),
            Scale::Bits(fewer) => {
                json!({"bits": [(magnitude(8.0, 8.0 - fewer) + 0.5).floor() as i64]})
            }
            Scale::Threshold => json!({"threshold": magnitude(1.0, 0.0)}),
        }
    }
}

/// An op that has its parameters from a grade.
pub struct Graded {
    pub op: Box<dyn DynOp>,
    pub grade: Grade,
}

impl DynOp for Graded {
    fn name(&self) -> &'static str {
        self.op.name()
    }

    fn version(&self) -> u32 {
        self.op.version()
    }

    fn flow(&self) -> Flow {
        self.op.flow()
    }

    fn planes(&self) -> u32 {
        self.op.planes()
    }

    fn sees(&self) -> Sees {
        self.op.sees()
    }

    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        self.op.size(input)
    }

    fn fits(&self, site: &Site) -> Result<()> {
        self.op.fits(site)
    }

    fn fills(&self) -> Option<Fills<'_>> {
        self.op.fills()
    }

    fn fields(&self) -> Fields {
        self.op.fields()
    }

    fn draw(
        &self,
        site: &Site,
        _: Option<&Seen>,
        draws: &mut Draws,
        noise: Noise,
        record: Option<&mut Value>,
    ) -> Result<Steps> {
        let params = self.grade.params(site, draws);
        if let Some(record) = record {
            record.clone_from(&params);
        }
        self.op.replay(site, params, noise)
    }

    fn replay(&self, site: &Site, params: Value, noise: Noise) -> Result<Steps> {
        self.op.replay(site, params, noise)
    }
}

#[cfg(test)]
mod tests {
    use super::super::rand_augment::SPACE;
    use super::*;
    use crate::image::{DType, Shape};
    use crate::random::philox::Field;

    const LOOK: Look = Look { interpolation: Interpolation::Nearest, fill: &[0.0] };

    fn params(name: &str, bins: [u32; 2], index: u64) -> Value {
        let site = Site::new(Shape::new(331, 662, 3), DType::U8);
        let mut draws = Draws::new(Field { key: 4, epoch: 0, index });
        draws.skip(1);
        let grade = SPACE.child(name, 1.0, bins, 11, &LOOK).grade.unwrap();
        grade.params(&site, &mut draws)
    }

    #[test]
    fn magnitudes_go_from_the_first_bin_to_the_last() {
        let both = |name: &str, field: &str, bin: u32| {
            let value = |index| params(name, [bin; 2], index)[field].as_f64().unwrap();
            let values: Vec<f64> = (0..20).map(value).collect();
            [values.iter().copied().fold(9e9, f64::min), values.into_iter().fold(-9e9, f64::max)]
        };
        assert_eq!(both("ShearX", "slope", 0), [0.0, 0.0]);
        assert_eq!(both("ShearY", "slope", 10), [-0.3, 0.3]);
        assert_eq!(both("TranslateX", "translate_x", 1), [-30.0, 30.0]);
        assert_eq!(both("TranslateY", "translate_y", 1), [-15.0, 15.0]);
        assert_eq!(both("Rotate", "angle", 5), [-15.0, 15.0]);
        assert_eq!(both("Sharpness", "factor", 10), [1.0 - 0.9, 1.9]);
        assert_eq!(both("Solarize", "threshold", 10), [0.0, 0.0]);
        assert_eq!(both("Solarize", "threshold", 0), [1.0, 1.0]);
        // 7.6, 6.8, 6 and 4 bits.
        let bits = [1, 3, 5, 10].map(|bin| params("Posterize", [bin; 2], 0)["bits"][0].clone());
        assert_eq!(bits, [8, 7, 6, 4].map(Value::from));
    }

    #[test]
    fn bins_are_drawn_within_their_range() {
        let mut counts = [0; 11];
        for index in 0..2000 {
            let threshold = params("Solarize", [3, 6], index)["threshold"].as_f64().unwrap();
            counts[(10.0 - 10.0 * threshold).round() as usize] += 1;
        }
        assert!(counts[3..=6].iter().all(|&count| count > 400), "{counts:?}");
        assert!(counts[..3].iter().chain(&counts[7..]).all(|&count| count == 0), "{counts:?}");
    }
}
