//! Memory whose size the caller's numbers decide. Where there is not enough of it, the call fails;
//! a collection that grows by itself would end the process.

use crate::error::{Error, Result};

/// Bytes of a table beyond which it is not even tried: a system may promise what it does not have,
/// and end the process once it is written to.
const LARGEST_TABLE: usize = 1 << 32;

/// Refuses a table of so many entries before anything is done for it.
pub fn check_table<T>(count: usize, what: &'static str) -> Result<()> {
    if bytes::<T>(count) <= LARGEST_TABLE as u64 { Ok(()) } else { Err(lacking::<T>(count, what)) }
}

/// Room for so many values.
pub fn room<T>(count: usize, what: &'static str) -> Result<Vec<T>> {
    let mut vec = Vec::new();
    vec.try_reserve_exact(count).map_err(|_| lacking::<T>(count, what))?;
    Ok(vec)
}

/// So many times a value.
pub fn vec<T: Clone>(count: usize, value: T, what: &'static str) -> Result<Vec<T>> {
    let mut vec = room(count, what)?;
    vec.resize(count, value);
    Ok(vec)
}

/// All values of an iterator.
pub fn collect<T>(values: impl IntoIterator<Item = T>, what: &'static str) -> Result<Vec<T>> {
    let mut values = values.into_iter();
    let certain = values.size_hint().0;
    let mut vec = room(certain, what)?;
    vec.extend(values.by_ref().take(certain));
    for value in values {
        push(&mut vec, value, what)?;
    }
    Ok(vec)
}

/// All values of an iterator, or its first error.
pub fn try_collect<T, E: From<Error>>(
    values: impl IntoIterator<Item = Result<T, E>>,
    what: &'static str,
) -> Result<Vec<T>, E> {
    let mut vec = Vec::new();
    for value in values {
        push(&mut vec, value?, what)?;
    }
    Ok(vec)
}

/// Values one after the other, so many times.
pub fn repeat<T: Copy>(values: &[T], count: usize, what: &'static str) -> Result<Vec<T>> {
    let len = values.len().saturating_mul(count);
    let mut vec = room(len, what)?;
    vec.extend_from_slice(&values[..values.len().min(len)]);
    while vec.len() < len {
        vec.extend_from_within(..vec.len().min(len - vec.len()));
    }
    Ok(vec)
}

#[inline]
pub fn push<T>(vec: &mut Vec<T>, value: T, what: &'static str) -> Result<()> {
    grow(vec, 1, what)?;
    vec.push(value);
    Ok(())
}

/// Room for so many more.
#[inline]
pub fn grow<T>(vec: &mut Vec<T>, more: usize, what: &'static str) -> Result<()> {
    let count = vec.len().saturating_add(more);
    vec.try_reserve(more).map_err(|_| lacking::<T>(count, what))
}

fn bytes<T>(count: usize) -> u64 {
    (count as u64).saturating_mul(size_of::<T>() as u64)
}

#[cold]
fn lacking<T>(count: usize, what: &'static str) -> Error {
    Error::Memory { what, bytes: bytes::<T>(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_an_error() {
        let most = usize::MAX / 2;
        let message = vec(most, 0_u32, "a test").unwrap_err().to_string();
        let bytes = (most as u64).saturating_mul(4);
        assert_eq!(message, format!("no memory for a test: {bytes} bytes"));
        assert!(room::<u8>(most, "").is_err());
        assert!(repeat(&[1_u64, 2], most, "").is_err());
        assert!(grow(&mut vec![1_u8], most, "").is_err());
        assert!(collect(std::iter::repeat_n(0_u64, most), "").is_err());
        assert!(check_table::<u64>(LARGEST_TABLE / 8, "").is_ok());
        assert!(check_table::<u64>(LARGEST_TABLE / 8 + 1, "").is_err());
    }

    #[test]
    fn what_can_be_had_is_there() {
        assert_eq!(vec(3, 7, "").unwrap(), [7, 7, 7]);
        for count in 0..9 {
            assert_eq!(repeat(&[1, 2, 3], count, "").unwrap(), [1, 2, 3].repeat(count));
            assert!(repeat::<u8>(&[], count, "").unwrap().is_empty());
        }
        assert_eq!(collect((0..9).filter(|i| i % 4 == 0), "").unwrap(), [0, 4, 8]);
        let found: Result<Vec<i32>> = try_collect([Ok(1), Err(Error::refused("a", "b"))], "");
        assert_eq!(found.unwrap_err(), Error::refused("a", "b"));
    }
}
