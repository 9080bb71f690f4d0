//! Puts the channels into a given order: by default BGR to RGB, and back.
//!
//! Channel c of the output is channel `order[c]` of the input, which has as many; samples keep
//! their bits, whatever their type and range. No draws. Source: torchvision's permute_channels.

use serde::{Deserialize, Serialize};

use super::channel_shuffle::ordered;
use super::{Nothing, Op};
use crate::bounds::{List, bounds};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::step::{Site, Steps};
use crate::memory;
use crate::random::address::Noise;
use crate::random::draws::Draws;

bounds! {
    Index: usize = 0..=(1 << 16) - 1;
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelSwap {
    pub order: List<Index>,
}

impl Op for ChannelSwap {
    const NAME: &'static str = "ChannelSwap";
    const CHANNELS: bool = true;
    type Params = Nothing;

    fn fits(&self, site: &Site) -> Result<()> {
        self.apply(Nothing {}, site, Noise::default()).map(drop)
    }

    fn sample(&self, _: &Site, _: &mut Draws) -> Result<Nothing> {
        Ok(Nothing {})
    }

    fn apply(&self, _: Nothing, site: &Site, _: Noise) -> Result<Steps> {
        let order = memory::collect(self.order.iter().copied(), "the order of the channels")?;
        Ok(ordered(Self::NAME, order, site.shape.channels)?.into())
    }

    fn examples(shape: Shape) -> Vec<Self> {
        let mut order: Vec<_> = (0..shape.channels).rev().collect();
        let reversed = ChannelSwap { order: List::new(order.clone()) };
        order.rotate_left(1);
        vec![reversed, ChannelSwap { order: List::new(order) }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::DType;

    #[test]
    fn an_order_has_each_channel_once() {
        let site = Site::new(Shape::new(4, 4, 3), DType::U8);
        for order in [vec![0, 1], vec![0, 1, 1], vec![1, 2, 3]] {
            let refused = ChannelSwap { order: List::new(order.clone()) }.fits(&site).unwrap_err();
            let said = format!("ChannelSwap: order={order:?}: the indices below 3, the image's");
            assert!(refused.to_string().starts_with(&said), "{refused}");
        }
        assert!(ChannelSwap { order: List::new(vec![2, 0, 1]) }.fits(&site).is_ok());
    }
}
