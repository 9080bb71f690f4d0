//! Images and views of them: rows of HWC samples, each row contiguous.

use super::{DType, Element, Shape, Site, bytes, bytes_mut};
use crate::error::Result;
use crate::memory;

/// Rows of samples, `stride` samples apart.
#[derive(Debug, Clone, Copy)]
pub struct View<'a, T> {
    pub(super) data: &'a [T],
    pub(super) shape: Shape,
    pub(super) stride: usize,
}

impl<'a, T: Element> View<'a, T> {
    /// Panics unless `data` holds the last row.
    pub fn new(data: &'a [T], shape: Shape, stride: usize) -> Self {
        check_rows(data.len(), shape, stride);
        View { data, shape, stride }
    }

    pub fn shape(&self) -> Shape {
        self.shape
    }

    #[inline(always)]
    pub fn row(&self, y: usize) -> &'a [T] {
        &self.data[y * self.stride..][..self.shape.row()]
    }

    /// The pixels from (top, left) on, height x width of them.
    pub fn window(&self, [top, left]: [usize; 2], [height, width]: [usize; 2]) -> View<'a, T> {
        assert!(left + width <= self.shape.width && top + height <= self.shape.height);
        let start = top * self.stride + left * self.shape.channels;
        View::new(&self.data[start..], self.shape.sized(height, width), self.stride)
    }

    /// All pixels as one row, if nothing lies between the rows.
    pub fn flat(self) -> Option<View<'a, T>> {
        let Shape { height, width, .. } = self.shape;
        let row = self.shape.sized(1, height * width);
        (self.stride == self.shape.row()).then(|| View::new(self.data, row, row.row()))
    }

    /// The same memory, a channel for each byte of a pixel.
    pub fn bytes(self) -> View<'a, u8> {
        let size = size_of::<T>();
        let shape = Shape { channels: self.shape.channels * size, ..self.shape };
        View::new(bytes(self.data), shape, self.stride * size)
    }

    #[inline(always)]
    pub fn pixel(&self, y: usize, x: usize) -> &'a [T] {
        &self.row(y)[x * self.shape.channels..][..self.shape.channels]
    }

    /// The samples from the first on, and how many there are from row to row.
    pub fn samples(&self) -> (&'a [T], usize) {
        (self.data, self.stride)
    }

    pub fn rows(
        &self,
    ) -> impl DoubleEndedIterator<Item = &'a [T]> + ExactSizeIterator + use<'a, T> {
        let view = *self;
        (0..view.shape.height).map(move |y| view.row(y))
    }
}

#[derive(Debug)]
pub struct ViewMut<'a, T> {
    pub(super) data: &'a mut [T],
    pub(super) shape: Shape,
    pub(super) stride: usize,
}

impl<'a, T: Element> ViewMut<'a, T> {
    /// Panics unless `data` holds the last row.
    pub fn new(data: &'a mut [T], shape: Shape, stride: usize) -> Self {
        check_rows(data.len(), shape, stride);
        ViewMut { data, shape, stride }
    }

    pub fn shape(&self) -> Shape {
        self.shape
    }

    #[inline(always)]
    pub fn row(&mut self, y: usize) -> &mut [T] {
        &mut self.data[y * self.stride..][..self.shape.row()]
    }

    /// All pixels as one row, if nothing lies between the rows.
    fn flat(self) -> Option<ViewMut<'a, T>> {
        let Shape { height, width, .. } = self.shape;
        let row = self.shape.sized(1, height * width);
        (self.stride == self.shape.row()).then(|| ViewMut::new(self.data, row, row.row()))
    }

    /// The same memory, a channel for each byte of a pixel.
    pub fn bytes(self) -> ViewMut<'a, u8> {
        let size = size_of::<T>();
        let shape = Shape { channels: self.shape.channels * size, ..self.shape };
        ViewMut::new(bytes_mut(self.data), shape, self.stride * size)
    }

    #[inline(always)]
    pub fn pixel(&mut self, y: usize, x: usize) -> &mut [T] {
        let channels = self.shape.channels;
        &mut self.row(y)[x * channels..][..channels]
    }

    pub fn reborrow(&mut self) -> ViewMut<'_, T> {
        ViewMut { data: self.data, shape: self.shape, stride: self.stride }
    }

    pub fn view(&self) -> View<'_, T> {
        View { data: self.data, shape: self.shape, stride: self.stride }
    }

    pub fn copy_from(&mut self, src: View<T>) {
        assert_eq!(src.shape, self.shape);
        let (src, mut dst) = flat(src, self.reborrow());
        for (y, row) in src.rows().enumerate() {
            dst.row(y).copy_from_slice(row);
        }
    }

    pub fn fill(&mut self, value: T) {
        for y in 0..self.shape.height {
            self.row(y).fill(value);
        }
    }
}

/// Both as one row each, where nothing lies between the rows of either.
pub fn flat<'a, 'b, T: Element, U: Element>(
    src: View<'a, T>,
    dst: ViewMut<'b, U>,
) -> (View<'a, T>, ViewMut<'b, U>) {
    match src.flat() {
        Some(src) if dst.stride == dst.shape.row() => (src, dst.flat().expect("just asked")),
        _ => (src, dst),
    }
}

fn check_rows(len: usize, shape: Shape, stride: usize) {
    if !shape.is_empty() {
        assert!(stride >= shape.row(), "rows overlap");
        assert!(len >= (shape.height - 1) * stride + shape.row(), "the last row is not there");
    }
}

/// An image that owns its samples, without gaps; what follows them in `data` is not the image's.
#[derive(Debug, Clone, PartialEq)]
pub struct Image<T> {
    pub data: Vec<T>,
    pub shape: Shape,
}

impl<T: Element> Image<T> {
    pub fn new(shape: Shape) -> Self {
        Image { data: vec![T::default(); shape.len()], shape }
    }

    /// The same, or an error where there is no memory for it.
    pub fn room(shape: Shape, what: &'static str) -> Result<Self> {
        Ok(Image { data: memory::vec(shape.len(), T::default(), what)?, shape })
    }

    pub fn view(&self) -> View<'_, T> {
        View::new(&self.data, self.shape, self.shape.row())
    }

    pub fn view_mut(&mut self) -> ViewMut<'_, T> {
        ViewMut::new(&mut self.data, self.shape, self.shape.row())
    }
}

/// A view of any of the image types.
#[derive(Debug, Clone, Copy)]
pub enum AnyView<'a> {
    U8(View<'a, u8>),
    U16(View<'a, u16>),
    F32(View<'a, f32>),
}

#[derive(Debug)]
pub enum AnyViewMut<'a> {
    U8(ViewMut<'a, u8>),
    U16(ViewMut<'a, u16>),
    F32(ViewMut<'a, f32>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum AnyImage {
    U8(Image<u8>),
    U16(Image<u16>),
    F32(Image<f32>),
}

impl AnyView<'_> {
    pub fn shape(&self) -> Shape {
        match self {
            AnyView::U8(v) => v.shape(),
            AnyView::U16(v) => v.shape(),
            AnyView::F32(v) => v.shape(),
        }
    }

    pub fn dtype(&self) -> DType {
        match self {
            AnyView::U8(_) => DType::U8,
            AnyView::U16(_) => DType::U16,
            AnyView::F32(_) => DType::F32,
        }
    }

    pub fn site(&self) -> Site {
        Site::new(self.shape(), self.dtype())
    }
}

impl<'a> AnyView<'a> {
    /// The pixels from (top, left) on, height x width of them.
    pub fn window(&self, corner: [usize; 2], size: [usize; 2]) -> AnyView<'a> {
        match self {
            AnyView::U8(v) => AnyView::U8(v.window(corner, size)),
            AnyView::U16(v) => AnyView::U16(v.window(corner, size)),
            AnyView::F32(v) => AnyView::F32(v.window(corner, size)),
        }
    }
}

impl AnyViewMut<'_> {
    pub fn shape(&self) -> Shape {
        match self {
            AnyViewMut::U8(v) => v.shape(),
            AnyViewMut::U16(v) => v.shape(),
            AnyViewMut::F32(v) => v.shape(),
        }
    }

    pub fn copy_from(&mut self, src: AnyView) {
        match (self, src) {
            (AnyViewMut::U8(d), AnyView::U8(s)) => d.copy_from(s),
            (AnyViewMut::U16(d), AnyView::U16(s)) => d.copy_from(s),
            (AnyViewMut::F32(d), AnyView::F32(s)) => d.copy_from(s),
            _ => unreachable!("a copy keeps its type"),
        }
    }
}

impl AnyImage {
    pub fn new(dtype: DType, shape: Shape) -> Self {
        match dtype {
            DType::U8 => AnyImage::U8(Image::new(shape)),
            DType::U16 => AnyImage::U16(Image::new(shape)),
            DType::F32 => AnyImage::F32(Image::new(shape)),
        }
    }

    /// The same, or an error where there is no memory for it.
    pub fn room(Site { shape, dtype, .. }: Site, what: &'static str) -> Result<Self> {
        Ok(match dtype {
            DType::U8 => AnyImage::U8(Image::room(shape, what)?),
            DType::U16 => AnyImage::U16(Image::room(shape, what)?),
            DType::F32 => AnyImage::F32(Image::room(shape, what)?),
        })
    }

    pub fn view(&self) -> AnyView<'_> {
        match self {
            AnyImage::U8(i) => AnyView::U8(i.view()),
            AnyImage::U16(i) => AnyView::U16(i.view()),
            AnyImage::F32(i) => AnyView::F32(i.view()),
        }
    }

    pub fn view_mut(&mut self) -> AnyViewMut<'_> {
        match self {
            AnyImage::U8(i) => AnyViewMut::U8(i.view_mut()),
            AnyImage::U16(i) => AnyViewMut::U16(i.view_mut()),
            AnyImage::F32(i) => AnyViewMut::F32(i.view_mut()),
        }
    }
}
