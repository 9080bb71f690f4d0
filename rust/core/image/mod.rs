//! Images in memory. Kernels see [`View`]s: rows of HWC samples, each row contiguous. Foreign
//! memory of any strides enters and leaves through [`Strided`] and [`StridedMut`].

pub mod range;

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::memory;

/// The type of an image's samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DType {
    #[serde(rename = "uint8")]
    U8,
    #[serde(rename = "uint16")]
    U16,
    #[serde(rename = "float32")]
    F32,
}

impl DType {
    pub const fn size(self) -> usize {
        match self {
            DType::U8 => 1,
            DType::U16 => 2,
            DType::F32 => 4,
        }
    }

    /// White, unless a pipeline says otherwise: 255, 65535 or 1.
    pub const fn nominal_max(self) -> f64 {
        match self {
            DType::U8 => 255.0,
            DType::U16 => 65535.0,
            DType::F32 => 1.0,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            DType::U8 => "uint8",
            DType::U16 => "uint16",
            DType::F32 => "float32",
        }
    }
}

/// Height, width and channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl Shape {
    pub const fn new(height: usize, width: usize, channels: usize) -> Self {
        Shape { height, width, channels }
    }

    /// Samples in a row.
    pub const fn row(&self) -> usize {
        self.width * self.channels
    }

    /// Samples in all.
    pub const fn len(&self) -> usize {
        self.height * self.row()
    }

    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub const fn sized(self, height: usize, width: usize) -> Self {
        Shape { height, width, channels: self.channels }
    }
}

/// What a step meets: the image as the steps before it have left it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    pub shape: Shape,
    pub dtype: DType,
    /// The value that stands for white: the type's, unless the pipeline says otherwise.
    pub white: f64,
}

impl Site {
    pub const fn new(shape: Shape, dtype: DType) -> Self {
        Site { shape, dtype, white: dtype.nominal_max() }
    }
}

/// A value that pixels or masks are made of: plain bytes, zero by default.
///
/// # Safety
/// It has no padding, and any bytes are a value.
pub unsafe trait Element: Copy + Default + Send + Sync + PartialEq + 'static {}
// SAFETY: an integer.
unsafe impl Element for u8 {}
// SAFETY: an integer.
unsafe impl Element for u16 {}
// SAFETY: an integer.
unsafe impl Element for u32 {}
// SAFETY: an integer.
unsafe impl Element for u64 {}
// SAFETY: a float.
unsafe impl Element for f32 {}

pub fn bytes<T: Element>(values: &[T]) -> &[u8] {
    // SAFETY: an Element's bytes are all initialised, and u8 needs no alignment.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

fn bytes_mut<T: Element>(values: &mut [T]) -> &mut [u8] {
    // SAFETY: as above, and whatever is written is a value again.
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), size_of_val(values)) }
}

/// From the start of a cache line on: no vector then crosses one, which would take twice as long.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Aligned<T>(pub T);

/// Rows of samples, `stride` samples apart.
#[derive(Debug, Clone, Copy)]
pub struct View<'a, T> {
    data: &'a [T],
    shape: Shape,
    stride: usize,
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
    data: &'a mut [T],
    shape: Shape,
    stride: usize,
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

/// Foreign memory with a byte stride per axis (height, width, channels), to be read.
#[derive(Debug, Clone, Copy)]
pub struct Strided<'a> {
    ptr: *const u8,
    shape: Shape,
    strides: [isize; 3],
    _memory: PhantomData<&'a [u8]>,
}

/// Foreign memory with a byte stride per axis, to be written.
#[derive(Debug)]
pub struct StridedMut<'a> {
    ptr: *mut u8,
    shape: Shape,
    strides: [isize; 3],
    _memory: PhantomData<&'a mut [u8]>,
}

// SAFETY: both stand for borrowed memory, as a slice does; from_raw's caller vouches for it.
unsafe impl Send for Strided<'_> {}
// SAFETY: as above.
unsafe impl Sync for Strided<'_> {}
// SAFETY: as above.
unsafe impl Send for StridedMut<'_> {}

impl<'a> Strided<'a> {
    /// # Safety
    /// For the lifetime, every sample of `shape` at these strides from `ptr` is readable, aligned
    /// for the type it will be read as, and not written.
    pub unsafe fn from_raw(ptr: *const u8, shape: Shape, strides: [isize; 3]) -> Self {
        Strided { ptr, shape, strides, _memory: PhantomData }
    }

    pub fn of<T: Element>(view: View<'a, T>) -> Self {
        let size = size_of::<T>() as isize;
        let strides = [view.stride, view.shape.channels, 1].map(|step| step as isize * size);
        // SAFETY: a view's data holds its last row, as `View::new` has checked, and is borrowed.
        unsafe { Strided::from_raw(view.data.as_ptr().cast(), view.shape, strides) }
    }

    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The same memory with values of `size` bytes as channels of two bytes, if those of a pixel
    /// follow one another; values of one byte or two stay as they are.
    pub fn words(&self, size: usize) -> Option<Strided<'a>> {
        let (shape, strides) = words(self.shape, self.strides, size)?;
        Some(Strided { shape, strides, ..*self })
    }

    /// `height` rows from `first` on.
    pub fn band(&self, first: usize, height: usize) -> Strided<'a> {
        assert!(first + height <= self.shape.height);
        let ptr = self.ptr.wrapping_offset(first as isize * self.strides[0]);
        Strided { ptr, shape: self.shape.sized(height, self.shape.width), ..*self }
    }

    /// A view without a copy, if every row is contiguous and rows follow one another.
    pub fn rows<T: Element>(&self) -> Option<View<'a, T>> {
        let stride = row_stride::<T>(self.shape, self.strides)?;
        let len = (self.shape.height - 1) * stride + self.shape.row();
        // SAFETY: from_raw vouches for every sample; row_stride has checked that the rows lie one
        // after another without a negative step, so all of them lie within `len` samples of ptr.
        // Bytes between the rows belong to the same array.
        let data = unsafe { std::slice::from_raw_parts(self.ptr.cast::<T>(), len) };
        Some(View::new(data, self.shape, stride))
    }

    /// The samples as an image.
    pub fn gather<T: Element>(&self) -> Result<Image<T>> {
        let mut image = Image::room(self.shape, "a copy of the input")?;
        let mut samples = image.data.iter_mut();
        for_each_offset(self.shape, self.strides, |offset| {
            // SAFETY: the offset is that of a sample of `shape`, for which from_raw vouches.
            let value = unsafe { self.ptr.offset(offset).cast::<T>().read() };
            *samples.next().expect("one sample per offset") = value;
        });
        Ok(image)
    }
}

impl<'a> StridedMut<'a> {
    /// # Safety
    /// For the lifetime, every sample of `shape` at these strides from `ptr` is writable, aligned
    /// for the type it will be written as, distinct from every other sample, and not accessed
    /// otherwise.
    pub unsafe fn from_raw(ptr: *mut u8, shape: Shape, strides: [isize; 3]) -> Self {
        StridedMut { ptr, shape, strides, _memory: PhantomData }
    }

    pub fn of(image: &'a mut AnyImage) -> Self {
        fn typed<T: Element>(image: &mut Image<T>) -> StridedMut<'_> {
            let Shape { width, channels, .. } = image.shape;
            let size = size_of::<T>() as isize;
            let strides = [width * channels, channels, 1].map(|step| step as isize * size);
            assert!(image.data.len() >= image.shape.len());
            StridedMut {
                ptr: image.data.as_mut_ptr().cast(),
                shape: image.shape,
                strides,
                _memory: PhantomData,
            }
        }
        match image {
            AnyImage::U8(image) => typed(image),
            AnyImage::U16(image) => typed(image),
            AnyImage::F32(image) => typed(image),
        }
    }

    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// As [`Strided::words`], of an array whose channels follow one another.
    pub fn words(&mut self, size: usize) -> StridedMut<'_> {
        let all = words(self.shape, self.strides, size);
        let (shape, strides) = all.expect("the channels follow one another");
        StridedMut { ptr: self.ptr, shape, strides, _memory: PhantomData }
    }

    /// `height` rows from `first` on.
    pub fn band(&mut self, first: usize, height: usize) -> StridedMut<'_> {
        assert!(first + height <= self.shape.height);
        let start = first as isize * self.strides[0];
        let ptr = self.ptr.wrapping_offset(start);
        let shape = self.shape.sized(height, self.shape.width);
        StridedMut { ptr, shape, strides: self.strides, _memory: PhantomData }
    }

    /// Of this height and width, from a row and a column on.
    pub fn window(&mut self, [top, left]: [usize; 2], [height, width]: [usize; 2]) -> StridedMut<'_> {
        let Shape { height: rows, width: columns, .. } = self.shape;
        assert!(top <= rows && height <= rows - top && left <= columns && width <= columns - left);
        let start = top as isize * self.strides[0] + left as isize * self.strides[1];
        let ptr = self.ptr.wrapping_offset(start);
        let shape = self.shape.sized(height, width);
        StridedMut { ptr, shape, strides: self.strides, _memory: PhantomData }
    }

    pub fn rows<T: Element>(&mut self) -> Option<ViewMut<'_, T>> {
        let stride = row_stride::<T>(self.shape, self.strides)?;
        if stride != self.shape.row() {
            // What lies between the rows of a slice of a larger array is not ours to borrow.
            return None;
        }
        // SAFETY: from_raw vouches for every sample; row_stride and the check above have found
        // them contiguous.
        let data =
            unsafe { std::slice::from_raw_parts_mut(self.ptr.cast::<T>(), self.shape.len()) };
        Some(ViewMut::new(data, self.shape, stride))
    }

    /// The planes of a contiguous channels-first image, one after another.
    pub fn planes<T: Element>(&mut self) -> Option<&mut [T]> {
        let Shape { height, width, .. } = self.shape;
        let size = size_of::<T>() as isize;
        let expected = [width as isize * size, size, (height * width) as isize * size];
        (self.strides == expected && !self.shape.is_empty()).then(|| {
            // SAFETY: from_raw vouches for every sample; the strides are those of a contiguous
            // channels-first array.
            unsafe { std::slice::from_raw_parts_mut(self.ptr.cast::<T>(), self.shape.len()) }
        })
    }

    /// Writes all samples.
    pub fn scatter<T: Element>(&mut self, src: View<T>) {
        assert_eq!(src.shape(), self.shape);
        if row_stride::<T>(self.shape, self.strides).is_some() {
            for (y, row) in src.rows().enumerate() {
                let start = self.ptr.wrapping_offset(y as isize * self.strides[0]).cast::<T>();
                // SAFETY: from_raw vouches for every sample of the row, which row_stride has found
                // to follow one another; what is borrowed to be read is not written.
                unsafe { start.copy_from_nonoverlapping(row.as_ptr(), row.len()) };
            }
            return;
        }
        let mut samples = src.rows().flatten();
        for_each_offset(self.shape, self.strides, |offset| {
            let value = *samples.next().expect("one sample per offset");
            // SAFETY: the offset is that of a sample of `shape`, for which from_raw vouches.
            unsafe { self.ptr.offset(offset).cast::<T>().write(value) };
        });
    }
}

fn words(shape: Shape, strides: [isize; 3], size: usize) -> Option<(Shape, [isize; 3])> {
    let [down, right, deep] = strides;
    match size {
        1 | 2 => Some((shape, strides)),
        _ if shape.channels > 1 && deep != size as isize => None,
        _ => Some((Shape { channels: shape.channels * size / 2, ..shape }, [down, right, 2])),
    }
}

/// The row stride in samples, if the rows are contiguous and follow one another.
fn row_stride<T>(shape: Shape, strides: [isize; 3]) -> Option<usize> {
    let size = size_of::<T>() as isize;
    let [down, right, deep] = strides;
    let row = shape.row() as isize;
    let channels = shape.channels as isize;
    let contiguous =
        (shape.channels == 1 || deep == size) && (shape.width == 1 || right == channels * size);
    if shape.is_empty() || !contiguous {
        None
    } else if shape.height == 1 {
        Some(shape.row())
    } else {
        (down % size == 0 && down >= row * size).then_some((down / size) as usize)
    }
}

fn for_each_offset(shape: Shape, strides: [isize; 3], mut visit: impl FnMut(isize)) {
    for y in 0..shape.height as isize {
        for x in 0..shape.width as isize {
            for c in 0..shape.channels as isize {
                visit(y * strides[0] + x * strides[1] + c * strides[2]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test bytes repeat with a period that is no power of two, so that a moved block shows.
    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|i| (i % 251) as u8).collect()
    }

    #[test]
    fn strided_memory_round_trips() {
        let shape = Shape::new(5, 7, 3);
        let memory = bytes(4096);
        for strides in [[21, 3, 1], [40, 3, 1], [7, 1, 35], [-21, 3, 1], [21, -3, 1], [42, 6, 2]] {
            let start = strides.iter().zip([5, 7, 3]).fold(0, |sum, (&s, n): (&isize, isize)| {
                sum + if s < 0 { -s * (n - 1) } else { 0 }
            });
            // SAFETY: 4096 bytes hold every sample from `start` at these strides.
            let src = unsafe { Strided::from_raw(memory.as_ptr().offset(start), shape, strides) };
            let image = src.gather::<u8>().unwrap();
            for y in 0..5isize {
                for x in 0..7isize {
                    for c in 0..3isize {
                        let at = start + y * strides[0] + x * strides[1] + c * strides[2];
                        assert_eq!(
                            image.view().pixel(y as usize, x as usize)[c as usize],
                            memory[at as usize]
                        );
                    }
                }
            }
            if let Some(view) = src.rows::<u8>() {
                assert!(view.rows().eq(image.view().rows()));
            }
            let mut target = vec![0xee; 4096];
            // SAFETY: as above, and the samples are distinct.
            let mut dst =
                unsafe { StridedMut::from_raw(target.as_mut_ptr().offset(start), shape, strides) };
            dst.scatter(image.view());
            let written = target.iter().filter(|&&b| b != 0xee).count();
            assert!(written <= shape.len() && written > shape.len() - 9);
            // SAFETY: as above.
            let back = unsafe { Strided::from_raw(target.as_ptr().offset(start), shape, strides) };
            assert_eq!(back.gather::<u8>().unwrap(), image);
        }
    }
}
