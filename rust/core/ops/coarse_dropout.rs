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

use serde::{Deserialize, Serialize};

use super::{Fills, Op};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::holes::{Holes, Params};
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

const MAX_HOLES: u32 = 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoarseDropout {
    pub num_holes_range: [u32; 2],
    pub hole_height_range: Extent,
    pub hole_width_range: Extent,
    pub fill: Vec<f64>,
    #[serde(deserialize_with = "Option::deserialize")] // or it could be left out
    pub fill_mask: Option<f64>,
}

/// Least and largest extent of a hole. `[1, 1]` is a pixel, `[1.0, 1.0]` is all of the image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a hole's range is two integers (pixels) or two fractions")]
pub enum Extent {
    Pixels([u32; 2]),
    Fractions([f64; 2]),
}

impl Extent {
    fn check(&self, field: &str) -> Result<()> {
        let (valid, value) = match *self {
            Extent::Pixels([lo, hi]) => (1 <= lo && lo <= hi, format!("({lo}, {hi})")),
            Extent::Fractions([lo, hi]) => {
                (0.0 < lo && lo <= hi && hi <= 1.0, format!("({lo:?}, {hi:?})"))
            }
        };
        if valid {
            return Ok(());
        }
        let allowed = "lo <= hi, either pixels, integers of at least 1, or fractions above 0.0 \
                       and up to 1.0";
        Err(Error::argument(CoarseDropout::NAME, field, value, allowed))
    }

    /// The extent of one hole along an axis of `size` pixels. Two words.
    fn draw(&self, size: usize, draws: &mut Draws) -> usize {
        match *self {
            Extent::Pixels([lo, hi]) => {
                size.min(draws.integer([i64::from(lo), i64::from(hi)]) as usize)
            }
            Extent::Fractions(range) => {
                let fraction = draws.range(range);
                draws.skip(1);
                ((fraction * size as f64).floor() as usize).clamp(1, size)
            }
        }
    }
}

impl Op for CoarseDropout {
    const NAME: &'static str = "CoarseDropout";
    type Params = Params;

    fn check(&self) -> Result<()> {
        let [lo, hi] = self.num_holes_range;
        if !(1 <= lo && lo <= hi && hi <= MAX_HOLES) {
            let allowed = format!("two integers lo <= hi within 1 to {MAX_HOLES}");
            let value = format!("({lo}, {hi})");
            return Err(Error::argument(Self::NAME, "num_holes_range", value, allowed));
        }
        self.hole_height_range.check("hole_height_range")?;
        self.hole_width_range.check("hole_width_range")
    }

    fn fills(&self) -> Option<Fills<'_>> {
        Some(Fills { image: &self.fill, mask: self.fill_mask, shown: true })
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let Shape { height: rows, width: columns, .. } = site.shape;
        let count = draws.integer(self.num_holes_range.map(i64::from));
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
        vec![
            CoarseDropout {
                num_holes_range: [1, 5],
                hole_height_range: Extent::Fractions([0.1, 0.4]),
                hole_width_range: Extent::Pixels([2, 9]),
                fill: vec![0.0],
                fill_mask: None,
            },
            CoarseDropout {
                num_holes_range: [3, 3],
                hole_height_range: Extent::Pixels([1, 40]),
                hole_width_range: Extent::Fractions([0.25, 1.0]),
                fill: per_channel,
                fill_mask: Some(7.0),
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::random::philox::Field;
    use serde_json::{Value, json};

    use super::*;
    use crate::image::DType;
    use crate::pipeline::Pipeline;
    use crate::pipeline::draw::At;
    use crate::pipeline::spec::Spec;

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
        assert_eq!(read(json!([1, 1])), Extent::Pixels([1, 1]));
        assert_eq!(read(json!([1.0, 1.0])), Extent::Fractions([1.0, 1.0]));
        assert_eq!(read(json!([0.5, 1])), Extent::Fractions([0.5, 1.0]));
        let digest = |range: Value| {
            Spec::from_value(node(json!({"hole_height_range": range}))).unwrap().digest()
        };
        assert_ne!(digest(json!([1, 1])), digest(json!([1.0, 1.0])));
        assert_eq!(digest(json!([0.5, 1])), digest(json!([0.5, 1.0])));
    }

    #[test]
    fn holes_lie_inside_and_reach_every_edge() {
        let op: CoarseDropout = CoarseDropout {
            num_holes_range: [1, 3],
            hole_height_range: Extent::Pixels([1, 50]),
            hole_width_range: Extent::Fractions([0.001, 1.0]),
            fill: vec![0.0],
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
        let at = At { keys: &pipeline.keys(1), epoch: 0, index: 0, frame: 0, others: None };
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
