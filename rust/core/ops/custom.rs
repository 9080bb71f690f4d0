//! A step that somebody else has written, in whatever language calls this one.
//!
//! It gets the image and where its own randomness may come from, and gives an image of the same
//! shape and type; if it asks for it, it gets and gives the sample with all that comes with the
//! image. What it does is outside everything that is promised of bytes. No draws; one plane, whose
//! key it is given.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{DynOp, Fields, Fills, Flow, Sees};
use crate::error::{Error, Result};
use crate::image::{AnyView, AnyViewMut, View, ViewMut, range};
use crate::kernels::kernel::Kernel;
use crate::kernels::step::{Site, Step, Steps};
use crate::random::address::Noise;
use crate::random::draws::Draws;
use crate::simd::level::Level;
use crate::targets::{Seen, Whole};

pub const NAME: &str = "Custom";
pub const VERSION: u32 = 1;

pub trait Callback: Send + Sync {
    /// Writes all of `dst`, which is of `src`'s shape and type.
    fn call(&self, noise: Noise, src: AnyView, dst: AnyViewMut) -> Result<()>;

    /// Changes a sample; all shapes and types stay.
    fn change(&self, noise: Noise, whole: &mut Whole) -> Result<()>;
}

/// By name.
pub type Callbacks = HashMap<String, Arc<dyn Callback>>;

pub struct Custom {
    pub callback: Arc<dyn Callback>,
    /// Whether it asks for all that comes with the image.
    pub targets: bool,
    pub behind: Option<Arc<Behind>>,
}

/// The first op behind it that works in parts of white: what the function gives has to be of that
/// range, as what a pipeline gets has.
pub struct Behind {
    pub path: String,
    /// Whether the pipeline gives white.
    pub given: bool,
}

impl Custom {
    fn steps(&self, site: &Site, noise: Noise) -> Steps {
        let Custom { callback, behind, .. } = self;
        let (callback, behind) = (callback.clone(), behind.clone());
        Step::Pixels(Box::new(Call { callback, behind, noise, white: site.white })).into()
    }

    /// Changes a sample.
    pub fn change(&self, noise: Noise, whole: &mut Whole, white: f64) -> Result<()> {
        self.callback.change(noise, whole)?;
        check(self.behind.as_deref(), whole.image.view(), white)
    }
}

/// Refuses an image that plainly is of another range than the one in which an op behind works.
fn check(behind: Option<&Behind>, image: AnyView, white: f64) -> Result<()> {
    let Some(Behind { path, given }) = behind else { return Ok(()) };
    let site = Site { white, ..image.site() };
    match range::other(&image.into(), site, *given, None)? {
        Some(found) => Err(Error::refused(path, range::advice(found, site))),
        None => Ok(()),
    }
}

impl DynOp for Custom {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn flow(&self) -> Flow {
        Flow::Any
    }

    fn planes(&self) -> u32 {
        1
    }

    fn sees(&self) -> Sees {
        Sees::Nothing
    }

    fn size(&self, input: Option<[usize; 2]>) -> Option<[usize; 2]> {
        input
    }

    fn fits(&self, _: &Site) -> Result<()> {
        Ok(())
    }

    fn fills(&self) -> Option<Fills<'_>> {
        None
    }

    fn fields(&self) -> Fields {
        let told = self.targets.then(|| ("targets".into(), Value::Bool(true)));
        told.into_iter().collect()
    }

    fn changes(&self) -> Option<&Custom> {
        self.targets.then_some(self)
    }

    fn is_before(&mut self, behind: &Arc<Behind>) {
        self.behind = Some(behind.clone());
    }

    fn draw(
        &self,
        site: &Site,
        _: Option<&Seen>,
        _: &mut Draws,
        noise: Noise,
        _: Option<&mut Value>,
    ) -> Result<Steps> {
        Ok(self.steps(site, noise))
    }

    fn replay(&self, site: &Site, params: Value, noise: Noise) -> Result<Steps> {
        if params == json!({}) {
            return Ok(self.steps(site, noise));
        }
        Err(Error::argument(NAME, "params", params, "none"))
    }
}

struct Call {
    callback: Arc<dyn Callback>,
    behind: Option<Arc<Behind>>,
    noise: Noise,
    white: f64,
}

impl Call {
    fn check(&self, image: AnyView) -> Result<()> {
        check(self.behind.as_deref(), image, self.white)
    }
}

impl Kernel for Call {
    fn uint8(&self, _: Level, src: View<u8>, dst: ViewMut<u8>, _: usize) -> Result<()> {
        self.callback.call(self.noise, AnyView::U8(src), AnyViewMut::U8(dst))
    }

    fn uint16(&self, _: Level, src: View<u16>, mut dst: ViewMut<u16>, _: usize) -> Result<()> {
        self.callback.call(self.noise, AnyView::U16(src), AnyViewMut::U16(dst.reborrow()))?;
        self.check(AnyView::U16(dst.view()))
    }

    fn float32(&self, _: Level, src: View<f32>, mut dst: ViewMut<f32>, _: usize) -> Result<()> {
        self.callback.call(self.noise, AnyView::F32(src), AnyViewMut::F32(dst.reborrow()))?;
        self.check(AnyView::F32(dst.view()))
    }
}
