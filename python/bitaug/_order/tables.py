"""The tables of orders, and places in them: made canonical and checked when given."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._values.numbers import array_of, integers, outside
from .._values.plain import items_of
from .._values.types import Shape, Words


def indices_of(value: Any, n: int, where: str) -> tuple[Words, Shape]:
    """Integers below n in a row, and the shape they were given in."""
    array = integers(value, where)
    wrong = outside(array, 0, n - 1)
    if wrong is not None:
        raise ValueError(f"{where}={wrong}: 0 to {n - 1}")
    return array.astype(np.uint64).ravel(), array.shape


def places_of(value: Any, n: int, where: str) -> tuple[Words, Shape]:
    """What a list of n items would take between its brackets, or an array of such integers."""
    if isinstance(value, slice):
        found = range(*value.indices(n))
        # A step may be larger than any type where it leads to nothing more.
        step = found.step if len(found) > 1 else 1
        places = found.start + step * np.arange(len(found), dtype=np.int64)
        return places.astype(np.uint64), places.shape
    array = integers(value, where)
    wrong = outside(array, -n, n - 1)
    if wrong is not None:
        raise IndexError(f"{where}={wrong}: " + (f"{-n} to {n - 1}" if n else "there are none"))
    places = array.astype(np.int64).ravel()
    return np.where(places < 0, places + n, places).astype(np.uint64), array.shape


def shaped(found: tuple[NDArray[Any], ...], shape: Shape) -> tuple[Any, ...]:
    """Numbers below 2^63 in the shape of the question: an int for an int."""
    if shape == ():
        return tuple(int(array[0]) for array in found)
    return tuple(array.astype(np.int64, copy=False).reshape(shape) for array in found)


def _frozen(array: NDArray[Any]) -> Words:
    words = array.astype(np.uint64)
    words.flags.writeable = False
    return words


def weight_table(value: Any, where: str) -> Words:
    """Whole weights without a common divisor."""
    array = array_of(value, where)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{where}: shape {array.shape}; one weight for each sample is needed")
    if array.dtype.kind == "f":
        given = _scaled(array.astype(np.float64), where)
    else:
        array = integers(value, where)
        wrong = outside(array, 0, 2**62 - 1)
        if wrong is not None:
            raise ValueError(f"{where}: {wrong}: 0 to 2^62-1")
        given = array.astype(np.uint64)
    if int(given.max()) * given.size >= 2**62 and sum(given.tolist()) >= 2**62:
        raise ValueError(f"{where}: the sum is {sum(given.tolist())}: up to 2^62-1")
    common = np.gcd.reduce(given)
    if common == 0:
        raise ValueError(f"{where}: all are 0; one above 0 is needed")
    return _frozen(given // common)


def _scaled(floats: NDArray[np.float64], where: str) -> Words:
    """The least integers not below floats * 2^s, with the s that lets the largest have as many
    bits as the sum allows. By their bits, so that no rounding or flushing enters."""
    bits = floats.view(np.int64)
    exponents = bits >> 52 & 0x7FF
    wrong = (exponents == 0x7FF) | ((bits < 0) & (bits << 1 != 0))
    if wrong.any():
        raise ValueError(f"{where}: {floats[wrong][0]}: finite, from 0 on")
    mantissas = (bits & 2**52 - 1) | np.where(exponents > 0, 2**52, 0)
    exponents = np.maximum(exponents, 1)
    top = int(exponents[mantissas > 0].max(initial=1))
    highest = int(mantissas[exponents == top].max(initial=0))
    room = 61 - (floats.size - 1).bit_length()
    shifts = exponents - top + room - highest.bit_length()
    left = mantissas << np.clip(shifts, 0, 62)
    right = -(-mantissas >> np.clip(-shifts, 0, 62))
    scaled: Words = np.where(shifts > 0, left, right).astype(np.uint64)
    return scaled


def label_table(value: Any, where: str) -> Words:
    """The number of each label, in the order in which they first appear."""
    labels = items_of(value, where, "a sequence is needed, one label for each sample")
    if not labels:
        raise ValueError(f"{where}: empty; one label for each sample is needed")
    seen: dict[Any, int] = {}
    try:
        found = [seen.setdefault(label, len(seen)) for label in labels]
    except TypeError as error:
        raise TypeError(f"{where}: {error}; a label is a str or an integer") from None
    if any(label != label for label in seen):
        raise ValueError(f"{where}: nan is no label, as it is not equal to itself")
    return _frozen(np.array(found))


class Groups:
    """The samples of each group, in ascending order, and where each sample is among them."""

    def __init__(self, group: Words):
        self.sizes = np.bincount(group.astype(np.int64)).astype(np.uint64)
        self.starts = np.cumsum(self.sizes) - self.sizes
        self.samples = np.argsort(group, kind="stable").astype(np.uint64)
        place = np.empty(len(group), np.uint64)
        place[self.samples] = np.arange(len(group), dtype=np.uint64)
        self.place = place - self.starts[group]

    def __len__(self) -> int:
        return len(self.sizes)
