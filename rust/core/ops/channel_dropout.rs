//! Fills some of the channels.
//!
//! All samples of a channel that is dropped become `fill`, one value or one for each channel, in
//! the image's units; the others keep their bits. At least one channel stays: an image of one
//! channel, and one that has no more than may be dropped, are refused.
//!
//! Draws: k, an integer of `channel_drop_range`; then a permutation of the channels, of which the
//! first k are dropped. Source: Albumentations' op of this name.

use serde::{Deserialize, Serialize};

use super::{Fills, Op};
use crate::bounds::{FillValue, List, Range, bounds};
use crate::error::{Error, Result};
use crate::image::Shape;
use crate::kernels::curves::Curve;
use crate::kernels::fill::FromFill;
use crate::kernels::step::{Site, Step, Steps};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;

bounds! {
    Count: usize = 1..=1 << 16, "channels";
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelDropout {
    pub channel_drop_range: Range<Count>,
    pub fill: List<FillValue>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub dropped: Vec<usize>,
}

const WHAT: &str = "the channels";

impl Op for ChannelDropout {
    const NAME: &'static str = "ChannelDropout";
    const CHANNELS: bool = true;
    type Params = Params;

    fn fits(&self, site: &Site) -> Result<()> {
        let ([_, most], channels) = (self.channel_drop_range.ends(), site.shape.channels);
        if most < channels {
            return Ok(());
        }
        let message = format!("{most} channels may be dropped, the image has {channels}");
        Err(Error::refused(Self::NAME, message))
    }

    fn fills(&self) -> Option<Fills<'_>> {
        Some(Fills { image: &self.fill, mask: None, shown: true })
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Params> {
        let count = self.channel_drop_range.draw(draws).get();
        let mut dropped = memory::collect(0..site.shape.channels, WHAT)?;
        draws.shuffle(&mut dropped);
        dropped.truncate(count);
        Ok(Params { dropped })
    }

    fn apply(&self, Params { dropped }: Params, site: &Site, _: Noise) -> Result<Steps> {
        let channels = site.shape.channels;
        let mut fills = memory::vec(channels, None, WHAT)?;
        for &c in &dropped {
            let Some(fill) = fills.get_mut(c) else {
                let allowed = format!("indices below {channels}, the image's channels");
                return Err(Error::argument(
                    Self::NAME,
                    "dropped",
                    format!("{dropped:?}"),
                    allowed,
                ));
            };
            *fill = Some(self.fill[c % self.fill.len()]);
        }
        let each = fills.into_iter().map(|fill| Box::new(Filled(fill)) as Box<dyn Curve>);
        Ok(Step::curves(memory::collect(each, WHAT)?).into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let channels = shape.channels;
        let each = (0..channels).map(|c| 0.3 + 11.0 * c as f64).collect();
        let fields = [([1, 1], vec![0.0]), ([1, channels.max(2) - 1], each)];
        let op = |(range, fill)| ChannelDropout {
            channel_drop_range: Range::new(range),
            fill: List::new(fill),
        };
        fields.into_iter().filter(|_| channels > 1).map(op).collect()
    }
}

/// One value for all, or None: they stay.
struct Filled(Option<f64>);

impl Filled {
    fn at<T: FromFill>(&self, value: T) -> T {
        self.0.map_or(value, T::from_fill)
    }
}

impl Curve for Filled {
    fn uint8(&self, value: u8) -> u8 {
        self.at(value)
    }

    fn uint16(&self, value: u16) -> u16 {
        self.at(value)
    }

    fn float32(&self, value: f32) -> f32 {
        self.at(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::edited;

    fn op(range: [usize; 2]) -> ChannelDropout {
        ChannelDropout { channel_drop_range: Range::new(range), fill: List::new(vec![0.0]) }
    }

    #[test]
    fn a_channel_stays() {
        let refused = |range, channels| {
            let site = Site::new(Shape::new(4, 4, channels), DType::U8);
            op(range).fits(&site).err().map(|error| error.to_string())
        };
        assert_eq!(refused([1, 2], 3), None);
        let said = "ChannelDropout: 3 channels may be dropped, the image has 3";
        assert_eq!(refused([1, 3], 3).as_deref(), Some(said));
        assert!(refused([1, 1], 1).is_some());
    }

    #[test]
    fn edited_parameters_are_checked() {
        let site = Site::new(Shape::new(4, 4, 3), DType::U8);
        let refused = edited(&op([1, 1]), &site, json!({"dropped": [0, 3]})).err().unwrap();
        assert_eq!(
            refused.to_string(),
            "ChannelDropout: dropped=[0, 3]: indices below 3, the image's channels"
        );
        assert!(edited(&op([1, 1]), &site, json!({"dropped": [2, 1]})).is_ok());
    }
}
