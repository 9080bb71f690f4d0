"""Tables of boxes and points, and what rides along with them: made plain and checked once."""

import contextlib
from collections import UserList, deque
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

import numpy as np

from .._values.environment import in_default_environment
from .._values.plain import plain, shown
from .._values.types import Array

Take: TypeAlias = Callable[[Array], Any]


def riders(value: Any, where: str, boxes: int) -> Take:
    """What has a row for each box, read by position, once.

    Args:
        value: a list, a tuple, a deque, an array or tensor of any library, a pandas Series or
            DataFrame. Other sequences are taken for lists.
        where: its name, for errors.
        boxes: how many there are.

    Returns:
        A function from positions to the rows at them: of the type, dtype and values of `value`.

    Raises:
        TypeError: if it has no rows in an order.
        ValueError: if there are not as many.
    """
    unordered = isinstance(value, str | bytes | Mapping | AbstractSet)
    try:
        if unordered or not hasattr(value, "__getitem__"):
            raise TypeError
        count = len(value)
    except TypeError:
        kind = type(value).__name__
        raise TypeError(
            f"{where}: {kind}; a list or an array, with a row for each box, is needed"
        ) from None
    if count != boxes:
        raise ValueError(f"{where}: {count} for {boxes} boxes")
    if hasattr(value, "dtype") or hasattr(value, "iloc"):
        rows = getattr(value, "iloc", value)
        try:
            rows[np.arange(count)]
        except TypeError:  # such as TensorFlow's, which take one position at a time
            rows = np.asarray(value)
        return lambda kept: rows[kept]
    items = [value[i] for i in range(count)]
    return lambda kept: _sequence(value, [items[i] for i in kept])


def _sequence(value: Any, items: list[Any]) -> Any:
    """Items as the kind of sequence that `value` is, where that can be made of them."""
    if isinstance(value, list | tuple | deque | UserList):
        with contextlib.suppress(TypeError, ValueError):
            made = getattr(type(value), "_make", type(value))(items)
            if len(made) == len(items):
                return made
    return tuple(items) if isinstance(value, tuple) else items


@in_default_environment
def table(value: Any, where: str, columns: int) -> Array:
    """Rows of at least `columns` numbers; points may have more axes than two.

    Raises:
        TypeError, ValueError: naming what is none, and a further number that would be another one
            as the float64 that it comes back as.
    """
    try:
        found = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{where}: rows of several lengths; n x {columns} or more columns is needed"
        ) from None
    if found.size == 0 and found.ndim < 2:
        kind = found.dtype if found.dtype.kind in "iuf" else np.float64
        found = found.reshape(0, columns).astype(kind)
    if found.dtype.kind not in "iuf":
        raise TypeError(f"{where}: dtype {found.dtype} is not one of numbers")
    if not 2 <= found.ndim <= (2 if where == "bboxes" else 32) or found.shape[-1] < columns:
        raise ValueError(f"{where}: shape {found.shape}; n x {columns} or more columns is needed")
    if found.shape[-1] > columns:
        given = found
        if hasattr(value, "iloc"):  # a table of columns of several types
            given = value.to_numpy(dtype=object)
        elif not isinstance(value, np.ndarray):
            given = np.asarray(value, object)
        for number in map(plain, given[..., columns:].ravel().tolist()):
            if isinstance(number, int) and float(number) != number:
                raise ValueError(
                    f"{where}: {number} in a further column; they come back as float64, which "
                    "does not hold it: keep it apart, as labels= of boxes do"
                )
    return found


def floats(kind: Any) -> Any:
    """The dtype that coordinates come back in: that of a table of floats, but float32 of float16,
    which holds no fractions of large images; float64 of whole numbers."""
    return np.promote_types(kind, np.float32) if kind.kind == "f" else np.dtype(np.float64)


@in_default_environment
def check_points(points: Array, where: str) -> None:
    """Refuses what is no place: numbers that are not finite. A point of two NaN is missing."""
    wrong = ~np.isfinite(points).all(axis=-1) & ~np.isnan(points).all(axis=-1)
    if wrong.any():
        place = tuple(map(int, np.argwhere(wrong)[0]))
        shown = "".join(f"[{i}]" for i in place)
        raise ValueError(
            f"{where}{shown}={points[place].tolist()}: x and y are finite, or both NaN if the "
            "point is missing"
        )


@in_default_environment
def rejoined(moved: Array, given: Array, kind: Any) -> Array:
    """Rows of a table with new coordinates, as `floats` has them of tables of this kind."""
    kind = floats(kind)
    columns = moved.shape[-1]
    rows = moved.reshape(*given.shape[:-1], columns)
    with np.errstate(over="ignore"):
        return np.concatenate([rows, given[..., columns:]], axis=-1).astype(kind)


def joined(parts: list[Any], where: str) -> Any:
    """Rows of several samples behind each other, as the first that has any has them.

    Raises:
        TypeError, ValueError: if that would change any of them.
    """
    first, *others = [part for part in parts if len(part)] or parts[:1]
    if not others:
        return first
    if isinstance(first, np.ndarray):
        for other in map(np.asarray, others):
            if other.shape[1:] != first.shape[1:]:
                raise ValueError(
                    f"{where}: rows of {list(first.shape[1:])} and {list(other.shape[1:])}: those "
                    "of samples that are mixed are alike"
                )
            if other.dtype.kind != first.dtype.kind and not _is_table(first, other):
                raise TypeError(
                    f"{where}: dtypes {first.dtype} and {other.dtype}: those of samples that are "
                    "mixed are of one kind"
                )
        return np.concatenate([first, *others])
    if hasattr(first, "dtype") or hasattr(first, "iloc"):
        raise TypeError(
            f"{where}: {type(first).__name__}; a list or a NumPy array is needed where samples are "
            "mixed"
        )
    return _sequence(first, [item for part in (first, *others) for item in part])


def _is_table(one: Array, other: Array) -> bool:
    """Whether both are coordinates, which become floats."""
    return one.ndim > 1 and {one.dtype.kind, other.dtype.kind} <= set("iuf")


def parted(kept: Array, counts: list[int]) -> list[Array]:
    """Positions among the rows of several samples, in rising order, as positions in each."""
    starts = np.cumsum([0, *counts[:-1]])
    parts = np.split(kept, np.searchsorted(kept, starts[1:]))
    return [part - start for part, start in zip(parts, starts, strict=True)]


def vector(value: Any, where: str) -> Array:
    """Numbers of which samples can have a mean."""
    found = np.asarray(value)
    if found.dtype.kind != "f":
        raise TypeError(
            f"{where}: {shown(value)}: an array of floats is needed, such as a vector with a 1 "
            "where the class is"
        )
    return found


@in_default_environment
def mean(vectors: list[Array], weights: list[float], where: str) -> Array:
    """The sum of vectors by their weights, in float64, as the first has its numbers."""
    first = vectors[0]
    total = np.zeros(first.shape)
    for each, weight in zip(vectors, weights, strict=True):
        if each.shape != first.shape:
            raise ValueError(f"{where}: shapes {first.shape} and {each.shape} have no mean")
        total = total + weight * each.astype(np.float64)
    with np.errstate(over="ignore"):
        return total.astype(first.dtype)


@in_default_environment
def areas(boxes: Array, form: str, canvas: tuple[int, int]) -> Array:
    """Of boxes of a format, in pixels of an image of this height and width."""
    ends = form in ("pascal_voc", "albumentations")
    sides = boxes[:, 2:4] - boxes[:, :2] if ends else boxes[:, 2:4]
    scale = canvas[0] * canvas[1] if form in ("yolo", "albumentations") else 1
    found: Array = sides.astype(np.float64).prod(axis=1) * scale
    return found


@in_default_environment
def check_areas(given: Array, boxes: Array, where: str) -> None:
    """Refuses areas that are not those of boxes, since what they are of is not known."""
    far = np.flatnonzero(np.abs(given - boxes) > 0.05 * boxes + 1)
    if far.size:
        raise ValueError(
            f"{where}: {given[far[0]]:.6g}, its box has {boxes[far[0]]:.6g}: it cannot be said "
            "what it is after the transform; fields= says None, to let it stay"
        )


@in_default_environment
def like(value: Any, numbers: Array, made: Callable[[Array], Any]) -> Any:
    """Numbers in a list or tuple as `value`, or as an array that `made` makes."""
    if isinstance(value, list | tuple):
        return tuple(numbers.tolist()) if isinstance(value, tuple) else numbers.tolist()
    return made(numbers.astype(floats(np.asarray(value).dtype)))
