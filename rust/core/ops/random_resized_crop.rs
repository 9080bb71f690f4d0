//! Cuts a window of random area and aspect ratio at a random place and resizes it.
//!
//! Ten attempts at a window of w x h in an image of W x H, f64, round(x) = floor(x + 0.5):
//!
//! ```text
//! area = W * H * (uniform in scale)             ratio = log-uniform in ratio
//! w = round(sqrt(area * ratio))                 h = round(sqrt(area / ratio))
//! ```
//!
//! The first with 1 <= w <= W and 1 <= h <= H is taken. If none is, the whole image, cut down in
//! the middle to the nearest allowed ratio: W / H < ratio[0]: w = W, h = round(W / ratio[0]);
//! W / H > ratio[1]: h = H, w = round(H * ratio[1]); each at least 1 and inside the image;
//! top = floor((H - h) / 2), left = floor((W - w) / 2).
//!
//! Draws: area and ratio of each attempt, twenty words, drawn or not; `top` = below(H - h + 1),
//! `left` = below(W - w + 1), not used for the cut in the middle.
//!
//! Pixels outside the window never enter. The rest as Resize. Source: torchvision's op of this
//! name, but for Python's rounding of halves to even.

use serde::{Deserialize, Serialize};

use super::Op;
use crate::bounds::{Pair, Pixels, Range, Ratio, SomeFraction};
use crate::error::Result;
use crate::image::Shape;
use crate::kernels::resample::{self, Interpolation, Window};
use crate::kernels::step::{Site, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;

const ATTEMPTS: u32 = 10;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomResizedCrop {
    /// Height and width of the output.
    pub size: Pair<Pixels>,
    /// Of the window's area.
    pub scale: Range<SomeFraction>,
    /// Of width / height.
    pub ratio: Range<Ratio>,
    pub interpolation: Interpolation,
    pub antialias: bool,
}

impl RandomResizedCrop {
    /// Width and height of the first attempt that fits.
    fn attempt(&self, shape: Shape, draws: &mut Draws) -> Option<(usize, usize)> {
        let inside = |x: f64, n: usize| (1.0..=n as f64).contains(&x);
        for later in (0..ATTEMPTS).rev() {
            let area = shape.height as f64 * shape.width as f64 * self.scale.draw(draws).get();
            let ratio = self.ratio.draw_log(draws).get();
            let w = ((area * ratio).sqrt() + 0.5).floor();
            let h = ((area / ratio).sqrt() + 0.5).floor();
            if inside(w, shape.width) && inside(h, shape.height) {
                draws.skip(2 * later);
                return Some((w as usize, h as usize));
            }
        }
        None
    }

    fn middle(&self, shape: Shape) -> Window {
        let (w, h) = (shape.width as f64, shape.height as f64);
        let [least, most] = self.ratio.ends();
        let mut window = Window::whole(shape);
        // `as` saturates.
        if w / h < least {
            window.height = ((w / least + 0.5).floor() as usize).clamp(1, shape.height);
        } else if w / h > most {
            window.width = ((h * most + 0.5).floor() as usize).clamp(1, shape.width);
        }
        window.top = (shape.height - window.height) / 2;
        window.left = (shape.width - window.width) / 2;
        window
    }
}

impl Op for RandomResizedCrop {
    const NAME: &'static str = "RandomResizedCrop";
    type Params = Window;

    fn size(&self, _: Option<[usize; 2]>) -> Option<[usize; 2]> {
        Some(self.size.get())
    }

    fn sample(&self, site: &Site, draws: &mut Draws) -> Result<Window> {
        let Shape { height, width, .. } = site.shape;
        let Some((w, h)) = self.attempt(site.shape, draws) else {
            return Ok(self.middle(site.shape));
        };
        let top = draws.below((height - h + 1) as u64) as usize;
        let left = draws.below((width - w + 1) as u64) as usize;
        Ok(Window { top, left, height: h, width: w })
    }

    fn apply(&self, window: Window, site: &Site, _: Noise) -> Result<Steps> {
        let size = self.size.get();
        resample::step(Self::NAME, window, size, self.interpolation, self.antialias, site)
            .map(Steps::from)
    }

    fn examples(_: Shape) -> Vec<Self> {
        let crop = |size, scale, ratio, interpolation, antialias| RandomResizedCrop {
            size: Pair::new(size),
            scale: Range::new(scale),
            ratio: Range::new(ratio),
            interpolation,
            antialias,
        };
        let (usual, square) = ([0.08, 1.0], [3.0 / 4.0, 4.0 / 3.0]);
        vec![
            crop([8, 7], usual, square, Interpolation::Bilinear, true),
            crop([9, 11], usual, square, Interpolation::Bicubic, false),
            crop([5, 6], [0.25, 0.25], [1.0, 1.0], Interpolation::Nearest, true),
            // No attempt fits.
            crop([4, 9], [1.0, 1.0], [80.0, 90.0], Interpolation::Box, true),
            crop([9, 4], [1.0, 1.0], [0.01, 0.02], Interpolation::Lanczos, true),
        ]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::DType;
    use crate::ops::refusal;
    use crate::random::philox::Field;

    fn crop(scale: [f64; 2], ratio: [f64; 2]) -> RandomResizedCrop {
        RandomResizedCrop {
            size: Pair::new([4, 4]),
            scale: Range::new(scale),
            ratio: Range::new(ratio),
            interpolation: Interpolation::Bilinear,
            antialias: true,
        }
    }

    fn site(height: usize, width: usize) -> Site {
        Site::new(Shape::new(height, width, 3), DType::U8)
    }

    fn draws(index: u64) -> Draws {
        let mut draws = Draws::new(Field { key: 5, epoch: 0, index });
        draws.word();
        draws
    }

    #[test]
    fn windows_fit_and_keep_the_ranges() {
        let op = crop([0.1, 0.9], [0.5, 2.0]);
        let site = site(300, 200);
        for index in 0..1000 {
            let window = op.sample(&site, &mut draws(index)).unwrap();
            let (w, h) = (window.width as f64, window.height as f64);
            assert!((0.095..0.91).contains(&(w * h / 60000.0)), "{window:?}");
            assert!((0.49..2.02).contains(&(w / h)), "{window:?}");
            op.apply(window, &site, Noise::default()).unwrap();
        }
    }

    /// The place has words of its own, however many attempts failed: twenty come before them.
    #[test]
    fn draws_keep_their_words() {
        let (op, site) = (crop([0.2, 0.2], [0.02, 50.0]), site(100, 100));
        let mut checked = 0;
        for index in 0..100 {
            let window = op.sample(&site, &mut draws(index)).unwrap();
            if window.height * window.width < 3000 {
                let mut rest = draws(index);
                (0..20).for_each(|_| _ = rest.word());
                assert_eq!(window.top as u64, rest.below(101 - window.height as u64));
                assert_eq!(window.left as u64, rest.below(101 - window.width as u64));
                checked += 1;
            }
        }
        assert!(checked > 90);
    }

    #[test]
    fn the_middle_keeps_the_nearest_ratio() {
        let window = |ratio, height, width| {
            let op = crop([1.0, 1.0], ratio);
            let Window { top, left, height, width } =
                op.sample(&site(height, width), &mut draws(0)).unwrap();
            [top, left, height, width]
        };
        assert_eq!(window([0.75, 4.0 / 3.0], 100, 30), [30, 0, 40, 30]);
        assert_eq!(window([0.75, 4.0 / 3.0], 30, 101), [0, 30, 30, 40]);
        assert_eq!(window([1e9, 1e9], 7, 1), [3, 0, 1, 1]);
        assert_eq!(window([1e-9, 1e-9], 1, 8), [0, 3, 1, 1]);
        // The image's ratio is allowed, but its area only at that ratio.
        assert_eq!(window([0.001, 1000.0], 50, 60), [0, 0, 50, 60]);
    }

    #[test]
    fn edited_windows_are_checked() {
        let op = crop([0.1, 0.9], [0.5, 2.0]);
        let apply = |top, left, height, width| {
            op.apply(Window { top, left, height, width }, &site(10, 12), Noise::default())
        };
        assert!(apply(0, 0, 10, 12).is_ok() && apply(9, 11, 1, 1).is_ok());
        let bad = [
            [0, 0, 0, 1],
            [0, 0, 1, 0],
            [1, 0, 10, 1],
            [0, 12, 1, 1],
            [usize::MAX, 0, 1, 1],
            [0, 0, 1, usize::MAX],
        ];
        for [top, left, height, width] in bad {
            let message = apply(top, left, height, width).err().unwrap().to_string();
            assert!(message.contains("a window inside the image of 10 x 12"), "{message}");
        }
    }

    #[test]
    fn bad_ranges_are_refused() {
        for (field, value) in [
            ("size", json!([0, 4])),
            ("scale", json!([0.0, 1.0])),
            ("scale", json!([0.5, 1.1])),
            ("scale", json!([0.5, 0.4])),
            ("ratio", json!([0.0, 1.0])),
        ] {
            let message = refusal(&crop([0.5, 0.6], [1.0, 1.0]), field, value);
            assert!(message.starts_with(&format!("RandomResizedCrop: {field}=(")), "{message}");
        }
    }
}
