//! Foreign memory of any strides, from which images come and to which they go.

use std::marker::PhantomData;

use super::{AnyImage, AnyView, Element, Image, Shape, View, ViewMut};
use crate::error::Result;

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

impl<'a> From<AnyView<'a>> for Strided<'a> {
    fn from(view: AnyView<'a>) -> Self {
        match view {
            AnyView::U8(view) => Strided::of(view),
            AnyView::U16(view) => Strided::of(view),
            AnyView::F32(view) => Strided::of(view),
        }
    }
}

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

    /// The same memory with each value as so many channels of two bytes, if it is more than one;
    /// then those of a pixel follow one another.
    pub fn words(&self, count: usize) -> Strided<'a> {
        let (shape, strides) = words(self.shape, self.strides, count);
        Strided { shape, strides, ..*self }
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

    /// As [`Strided::words`].
    pub fn words(&mut self, count: usize) -> StridedMut<'_> {
        let (shape, strides) = words(self.shape, self.strides, count);
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
    pub fn window(
        &mut self,
        [top, left]: [usize; 2],
        [height, width]: [usize; 2],
    ) -> StridedMut<'_> {
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

fn words(shape: Shape, strides: [isize; 3], count: usize) -> (Shape, [isize; 3]) {
    let [down, right, deep] = strides;
    if count == 1 {
        return (shape, strides);
    }
    assert!(shape.channels == 1 || deep == 2 * count as isize, "channels follow one another");
    (Shape { channels: shape.channels * count, ..shape }, [down, right, 2])
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
