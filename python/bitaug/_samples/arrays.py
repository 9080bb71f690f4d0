"""The arrays of a framework, as functions that an adapter hands in; by default NumPy's."""

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any

import numpy as np

from .. import _core
from .._images import pillow
from .._pipeline.rows import joined
from .._values.types import Array
from .roles import MASKS
from .tree import SEVERAL


def role(value: Any) -> str | None:
    return None


def count(value: Any) -> int | None:
    if hasattr(value, "shape"):
        return value.shape[0] if len(value.shape) else None
    rows = isinstance(value, Sized) and not isinstance(value, str | bytes | Mapping)
    return len(value) if rows else None


def axes(value: Any) -> int:
    if isinstance(value, str):
        return 0 if re.fullmatch(r"[-+.\d]+", value) else -1
    kind = getattr(value, "dtype", None)
    if isinstance(kind, np.dtype) and kind.kind not in "iuf":
        return -1
    return value.ndim if hasattr(value, "ndim") else 0 if isinstance(value, int | float) else -1


def size(value: Any) -> tuple[int, ...] | None:
    if pillow.is_pil(value):
        return value.height, value.width
    shape = tuple(getattr(value, "shape", ()))
    return shape if len(shape) > 1 else None


def image(
    value: Any,
    layout: str | None,
    targets: Sequence[Any],
    allowed: str = "a NumPy array or a PIL image",
) -> tuple[Array, str | None]:
    if pillow.is_pil(value):
        try:
            for each in (value, *targets) if targets else ():
                if pillow.is_pil(each):
                    pillow.refuse_turned(each)
            array = pillow.values(value)
        except ValueError as error:
            raise ValueError(f"image: {error}") from None
        return array, "HW" if array.ndim == 2 else "HWC"
    if not isinstance(value, np.ndarray):
        raise TypeError(f"image: {type(value).__name__} is not {allowed}")
    _core.layout("image", value.shape, layout, "image")
    return read(value, "image"), layout


def read(value: Any, role: str) -> Array:
    array = np.asarray(value)
    # Rows of numbers in a table come as an array of arrays.
    return np.array(array.tolist()) if array.dtype == object else array


def stacked(value: Any, role: str) -> bool:
    return role in MASKS[1:] and isinstance(value, np.ndarray)


def points(value: Any, role: str, canvas: tuple[int, int]) -> Any:
    return read(value, role) if isinstance(value, np.ndarray) else value


def made(array: Array, like: Any = None) -> Any:
    return array


def points_made(points: Array, like: Any, role: str, canvas: tuple[int, int]) -> Any:
    return points


@dataclasses.dataclass(frozen=True)
class Arrays:
    """What is asked of the arrays of a framework: what a value is, the numbers in it, and an array
    made of numbers.

    Args:
        role: of a value by its type alone; boxes of such a type are read as corners.
        count: the rows of what has rows; a text is one value.
        axes: those of numbers; 0 of a single one, -1 of anything else.
        size: the axes of what could be an image.
        image: an image as NumPy's, and the label of its axes, None where they tell as much; takes
            the label that was given, and the values that move with it.
        read: a value as NumPy's, in the same memory if it has any; the role is for errors.
        stacked: whether masks lie one behind the other, along the first axis.
        points: boxes or keypoints in an image of a height and width, as a pipeline takes them.
        made: an array as the framework has them, and as `like` is, if there is one.
        points_made: boxes or keypoints as `like` is, in an image of a height and width.
        joined: rows of several samples behind each other; the place is for errors.
    """

    role: Callable[[Any], str | None] = role
    count: Callable[[Any], int | None] = count
    axes: Callable[[Any], int] = axes
    size: Callable[[Any], tuple[int, ...] | None] = size
    image: Callable[[Any, str | None, Sequence[Any]], tuple[Array, str | None]] = image
    read: Callable[[Any, str], Array] = read
    stacked: Callable[[Any, str], bool] = stacked
    points: Callable[[Any, str, tuple[int, int]], Any] = points
    made: Callable[..., Any] = made
    points_made: Callable[[Array, Any, str, tuple[int, int]], Any] = points_made
    joined: Callable[[list[Any], str], Any] = joined

    def depth(self, value: Any) -> int:
        """The axes of numbers, whatever they lie in."""
        if isinstance(value, SEVERAL):
            inner = value.values() if isinstance(value, Mapping) else value
            deepest = max(map(self.depth, inner), default=-1)
            return deepest + 1 if deepest >= 0 else -1
        kind = getattr(value, "dtype", None)
        if isinstance(kind, np.dtype) and kind.kind == "O":
            return self.depth(value.tolist())
        return self.axes(value)


NUMPY = Arrays()
