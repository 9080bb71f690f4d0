//! Covers rectangles of the image with a fill value.
//!
//! Every pixel of a hole becomes `fill`: one value or one per channel, in the image's units;
//! integers floor(v + 0.5), clamped to the type. Masks stay as they are if `fill_mask` is null,
//! else their holes get that value. Boxes and points stay. All other samples are copied.
//!
//! Draws: the number of holes, an integer of `num_holes_range`; then for each hole in turn its
//! height, width, top and left, two words each. A height is an integer of `hole_height_range`, at
//! most the image's, or, of a range of fractions, max(1, floor(f * H)) with f drawn from the first
//! of its two words; so with the width. top = below(H - height + 1), left = below(W - width + 1).
//!
//! Source: DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with
//! Cutout" (2017); Albumentations' op of this name.

use std::ops::Bound::{Excluded, Included};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Number, Value, json};

use super::{Fills, Op};
use crate::bounds::{Checked, FillValue, List, Range, Refused, bounds, read};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::holes::{Count, Holes, Params};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoarseDropout {
    pub num_holes_range: Range<Count>,
    pub hole_height_range: Extent,
    pub hole_width_range: Extent,
    pub fill: List<FillValue>,
    #[serde(deserialize_with = "Option::deserialize")] // or it could be left out
    pub fill_mask: Option<f64>,
}

bounds! {
    Pixels: u32 = 1..=u32::MAX, "pixels";
    Fraction: f64 = (Excluded(0.0), Included(1.0)), "parts of the image";
}

/// Least and largest extent of a hole. `[1, 1]` is a pixel, `[1.0, 1.0]` is all of the image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Extent {
    Pixels(Range<Pixels>),
    Fractions(Range<Fraction>),
}

impl<'de> Deserialize<'de> for Extent {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read(from)
    }
}

impl Checked for Extent {
    type Raw = [Number; 2];

    fn check([lo, hi]: [Number; 2]) -> Result<Self, Refused> {
        let pixels = [&lo, &hi].map(|end| end.as_u64().and_then(|end| u32::try_from(end).ok()));
        let found = if let [Some(lo), Some(hi)] = pixels {
            Range::check([lo, hi]).map(Extent::Pixels)
        } else {
            let fractions = [&lo, &hi].map(|end| end.as_f64().unwrap_or(f64::NAN));
            Range::check(fractions).map(Extent::Fractions)
        };
        found.map_err(|_| Refused { value: format!("({lo}, {hi})"), hint: None })
    }

    fn words() -> String {
        "lo <= hi, either pixels, integers of at least 1, or fractions above 0.0 and up to 1.0"
            .into()
    }

    fn schema() -> Value {
        json!({"anyOf": [Range::<Pixels>::schema(), Range::<Fraction>::schema()]})
    }
}

impl Extent {
    /// The extent of one hole along an axis of `size` pixels. Two words.
    fn draw(&self, size: usize, draws: &mut Draws) -> usize {
        match *self {
            Extent::Pixels(range) => size.min(range.draw(draws).get() as usize),
            Extent::Fractions(range) => {
                let fraction = range.draw(draws).get();
                draws.skip(1);
                ((fraction * size as f64).floor() as usize).clamp(1, size)
            }
        }
    }
}

fn pixels(ends: [u32; 2]) -> Extent {
    Extent::Pixels(Range::new(ends))
}

fn fractions(ends: [f64; 2]) -> Extent {
    Extent::Fractions(Range::new(ends))
}

impl Op for CoarseDropout {
    const NAME: &'static str = "CoarseDropout";
    type Params = Params;

    fn fills(&self) -> Option<Fills<'_>> {
        Some(Fills { image: &self.fill, mask: self.fill_mask, shown: true })
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let Shape { height: rows, width: columns, .. } = site.shape;
        let count = self.num_holes_range.draw(draws).get();
        let hole = |_| {
            let height = self.hole_height_range.draw(rows, draws);
            let width = self.hole_width_range.draw(columns, draws);
            let top = draws.below((rows - height + 1) as u64) as usize;
            let left = draws.below((columns - width + 1) as u64) as usize;
            [top, left, height, width]
        };
        Ok(Params { holes: (0..count).map(hole).collect() })
    }

    fn apply(&self, Params { holes }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let holes = Holes::new(Self::NAME, holes, &self.fill, self.fill_mask, site.shape)?;
        Ok(Step::Pixels(Box::new(holes)).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let per_channel = (0..shape.channels).map(|c| 0.3 + 11.0 * c as f64).collect();
        let drop = |holes, height, width, fill, fill_mask| CoarseDropout {
            num_holes_range: Range::new(holes),
            hole_height_range: height,
            hole_width_range: width,
            fill: List::new(fill),
            fill_mask,
        };
        vec![
            drop([1, 5], fractions([0.1, 0.4]), pixels([2, 9]), vec![0.0], None),
            drop([3, 3], pixels([1, 40]), fractions([0.25, 1.0]), per_channel, Some(7.0)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::DType;
    use crate::pipeline::Pipeline;
    use crate::pipeline::draw::At;
    use crate::pipeline::spec::Spec;
    use crate::random::philox::Field;

    const SITE: Site = Site::new(Shape::new(20, 30, 3), DType::U8);

    fn node(fields: Value) -> Value {
        let mut node = json!({
            "op": "CoarseDropout", "version": 1, "p": 1.0, "num_holes_range": [2, 4],
            "hole_height_range": [0.1, 0.5], "hole_width_range": [3, 300],
            "fill": [0], "fill_mask": null,
        });
        for (key, value) in fields.as_object().unwrap() {
            node[key] = value.clone();
        }
        node
    }

    #[test]
    fn integers_are_pixels_and_floats_are_fractions() {
        let read = |value: Value| serde_json::from_value::<Extent>(value).unwrap();
        assert_eq!(read(json!([1, 1])), pixels([1, 1]));
        assert_eq!(read(json!([1.0, 1.0])), fractions([1.0, 1.0]));
        assert_eq!(read(json!([0.5, 1])), fractions([0.5, 1.0]));
        let digest = |range: Value| {
            Spec::from_value(node(json!({"hole_height_range": range}))).unwrap().digest()
        };
        assert_ne!(digest(json!([1, 1])), digest(json!([1.0, 1.0])));
        assert_eq!(digest(json!([0.5, 1])), digest(json!([0.5, 1.0])));
    }

    #[test]
    fn holes_lie_inside_and_reach_every_edge() {
        let op: CoarseDropout = CoarseDropout {
            num_holes_range: Range::new([1, 3]),
            hole_height_range: pixels([1, 50]),
            hole_width_range: fractions([0.001, 1.0]),
            fill: List::new(vec![0.0]),
            fill_mask: None,
        };
        let mut seen = [[usize::MAX, 0]; 4];
        for index in 0..3000 {
            let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
            let Params { holes } = op.sample(&SITE, &mut draws).unwrap();
            assert!((1..=3).contains(&holes.len()));
            for [top, left, height, width] in holes.iter().copied() {
                for (seen, value) in
                    seen.iter_mut().zip([height, width, top + height, left + width])
                {
                    *seen = [seen[0].min(value), seen[1].max(value)];
                }
            }
            assert!(op.apply(Params { holes }, &SITE, Noise::default()).is_ok());
        }
        assert_eq!(seen[0], [1, 20]);
        assert_eq!(seen[1], [1, 29]); // a fraction of all but 1.0 is rounded down
        assert_eq!([seen[2][1], seen[3][1]], [20, 30]);
    }

    #[test]
    fn refuses() {
        let bad = [
            json!({"num_holes_range": [0, 1]}),
            json!({"num_holes_range": [2, 1]}),
            json!({"num_holes_range": [1, 1025]}),
            json!({"hole_height_range": [0, 1]}),
            json!({"hole_height_range": [3, 2]}),
            json!({"hole_width_range": [0.0, 0.5]}),
            json!({"hole_width_range": [0.5, 1.5]}),
            json!({"hole_width_range": [0.5]}),
            json!({"hole_width_range": [-2, 3]}),
            json!({"fill": []}),
            json!({"fill_mask": "x"}),
        ];
        for fields in bad {
            let refused = Spec::from_value(node(fields.clone()));
            let message = refused.err().unwrap_or_else(|| panic!("{fields}")).to_string();
            assert!(message.contains("CoarseDropout"), "{message}");
        }
        let mut incomplete = node(json!({}));
        incomplete.as_object_mut().unwrap().remove("fill_mask");
        assert!(Spec::from_value(incomplete).is_err());

        let spec = Spec::from_value(node(json!({"fill": [1, 2]}))).unwrap();
        let pipeline = Pipeline::new(spec);
        let at = At { keys: &pipeline.keys(1), epoch: 0, index: 0, frame: 0 };
        assert!(pipeline.draw(at, SITE, None).is_err());
    }

    #[test]
    fn edited_holes_must_lie_inside() {
        let [op, ..] = &CoarseDropout::examples(SITE.shape)[..] else { panic!() };
        let apply = |hole| op.apply(Params { holes: vec![hole] }, &SITE, Noise::default()).is_ok();
        assert!(apply([0, 0, 20, 30]) && apply([19, 29, 1, 1]));
        for hole in [[0, 0, 0, 3], [20, 0, 1, 1], [0, 28, 1, 3], [1, 1, usize::MAX, 1]] {
            assert!(!apply(hole), "{hole:?}");
        }
        assert!(!apply([usize::MAX, 0, 2, 1]));
    }
}
