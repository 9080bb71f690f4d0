"""Integers: made Python's and checked when given."""

import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fields import kind
from .plain import plain, shown


def whole(value: Any, where: str, low: int, high: int) -> int:
    number = _number(value, where)
    if not low <= number <= high:
        raise ValueError(f"{where}={number}: {low} to {high}")
    return number


def place_of(value: Any, n: int, where: str) -> int:
    """The place that an integer means between the brackets of a list of n items."""
    number = _number(value, where)
    if not -n <= number < n:
        allowed = f"0 to {n - 1}, or {-n} to -1 from the end" if n else "there are none"
        raise IndexError(f"{where}={number}: {allowed}")
    return number % n


def _number(value: Any, where: str) -> int:
    value = plain(value)
    number, cause = None, None
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError as error:
        # Every array has __index__, though few can be one.
        cause = error
    if number is None:
        raise TypeError(f"{where}={shown(value)}: an integer is needed") from cause
    return number


@kind({"type": "integer", "minimum": 1})
def count(value: Any, where: str) -> int:
    return whole(value, where, 1, 2**63 - 1)


@kind({"type": "integer", "minimum": 0})
def natural(value: Any, where: str) -> int:
    return whole(value, where, 0, 2**63 - 1)


@kind({"type": "integer", "minimum": 0})
def row(value: Any, where: str) -> int:
    return whole(value, where, 0, 2**32 - 1)


def word(value: Any, where: str) -> int:
    if isinstance(value, str):
        advice = f"ba.random.label({shown(value)}) makes one of a text"
        raise TypeError(f"{where}={shown(value)}: an integer is needed; {advice}")
    return whole(value, where, 0, 2**64 - 1)


def epoch_number(value: Any) -> int:
    return whole(value, "epoch", 0, 2**32 - 1)


def array_of(value: Any, where: str) -> NDArray[Any]:
    """An array of whatever is given."""
    if isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"{where}={shown(value)}: a sequence or an array of numbers is needed")
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(f"{where}: its rows differ in length") from None


def integers(value: Any, where: str) -> NDArray[Any]:
    """An array of integers; of Python's where they are larger than any type."""
    array = array_of(value, where)
    if array.size == 0 and not isinstance(value, np.ndarray):
        return array.astype(np.int64)
    if array.dtype.kind not in "iu" and not all(type(n) is int for n in array.ravel().tolist()):
        raise TypeError(f"{where}: dtype {array.dtype} is not one of integers")
    return array


def outside(array: NDArray[Any], low: int, high: int) -> int | None:
    """The first number that is not of low to high."""
    if array.size and not low <= int(array.min()) <= int(array.max()) <= high:
        return next(int(n) for n in array.ravel().tolist() if not low <= n <= high)
    return None
