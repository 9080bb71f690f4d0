"""How the core calls a function of a custom op."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from .._values.plain import shown
from .._values.types import Array
from .rows import table

__all__ = ["call", "change"]

# The bytes of an array, its type and its height, width and channels.
Bytes: TypeAlias = tuple[bytes, str, tuple[int, int, int]]


def call(
    function: Callable[[Array, np.random.Generator], Any],
    image: Array,
    address: tuple[int, int, int],
) -> Array:
    """What a function makes of an image, H x W x C and its own to change.

    Args:
        address: the key of the op, the epoch and the index, which the generator is made of.

    Raises:
        TypeError, ValueError: if it is no image of the same shape and dtype.
    """
    shape, dtype = image.shape, image.dtype
    return _same(function(image, _generator(address)), shape, dtype, "it returned ")


def change(
    function: Callable[[dict[str, Any], np.random.Generator], Any],
    image: Bytes,
    masks: list[Bytes],
    boxes: tuple[list[list[float]], list[int]] | None,
    points: list[list[float]] | None,
    address: tuple[int, int, int],
) -> tuple[bytes, list[bytes], tuple[Any, Any, Any]]:
    """What a function makes of a sample.

    Args:
        boxes: left, top, right, bottom of each, and which of the call's it is.
        points: x and y of each.
        address: as in `call`.

    Raises:
        TypeError, ValueError: naming what has not the shape and dtype that it was given with.
    """
    sample: dict[str, Any] = {"image": _array(image)}
    planes = [_array(mask) for mask in masks]
    if masks:
        sample["masks"] = [plane[..., 0] if plane.shape[2] == 1 else plane for plane in planes]
    if boxes is not None:
        sample["bboxes"] = np.array(boxes[0], np.float64).reshape(-1, 4)
        sample["rows"] = np.array(boxes[1], np.int64)
    if points is not None:
        sample["keypoints"] = np.array(points, np.float64).reshape(-1, 2)
    given = {name: value.copy() for name, value in sample.items() if isinstance(value, np.ndarray)}
    shapes = [(mask.shape, mask.dtype) for mask in sample.get("masks", ())]
    made = function(sample, _generator(address))
    if not isinstance(made, Mapping) or made.keys() != {*given, *(("masks",) if masks else ())}:
        what = sorted(map(str, made)) if isinstance(made, Mapping) else made
        raise TypeError(
            f"it returned {shown(what)}; a dict with {', '.join(sample)}, as it was given, is "
            "needed"
        )
    pixels = _same(made["image"], given["image"].shape, given["image"].dtype, "image: ")
    several = made.get("masks", [])
    if not isinstance(several, list | tuple) or len(several) != len(masks):
        raise TypeError(f"masks: it returned {shown(several)}; a list of {len(masks)} is needed")
    moved = [
        _same(mask, *shape, f"masks[{i}]: ")
        for i, (mask, shape) in enumerate(zip(several, shapes, strict=True))
    ]
    rows = _boxes(made, given) if boxes is not None else ([], [])
    at = _points(made, given) if points is not None else []
    return pixels.tobytes(), [mask.tobytes() for mask in moved], (*rows, at)


def _generator(address: tuple[int, int, int]) -> np.random.Generator:
    key, epoch, index = address
    return np.random.Generator(np.random.Philox(counter=[0, 0, epoch, index], key=[key, 0]))


def _array(given: Bytes) -> Array:
    values, kind, shape = given
    return np.frombuffer(values, kind).reshape(shape).copy()


def _same(made: Any, shape: tuple[int, ...], dtype: Any, where: str) -> Array:
    """An array of the shape and dtype that it was given with, in C order."""
    if not isinstance(made, np.ndarray):
        raise TypeError(f"{where}{shown(made)}; an array, {shape} {dtype}, is needed")
    if made.shape != shape or made.dtype != dtype:
        raise ValueError(
            f"{where}{made.shape} {made.dtype}; {shape} {dtype}, as it was given, is needed"
        )
    return np.ascontiguousarray(made)


def _boxes(made: Mapping[str, Any], given: Mapping[str, Array]) -> tuple[Any, Any]:
    boxes, rows = table(made["bboxes"], "bboxes", 4)[:, :4], np.asarray(made["rows"])
    if rows.shape != (len(boxes),) or not np.isin(rows, given["rows"]).all():
        raise ValueError(
            f"bboxes, rows: {len(boxes)} boxes, rows={shown(rows.tolist())}; for each box the row, "
            f"of {shown(given['rows'].tolist())}, of the one that it was is needed"
        )
    if not np.isfinite(boxes).all() or (boxes[:, :2] > boxes[:, 2:]).any():
        raise ValueError(
            f"bboxes: {shown(boxes.tolist())}; left, top, right, bottom, finite, are needed"
        )
    return boxes.tolist(), rows.tolist()


def _points(made: Mapping[str, Any], given: Mapping[str, Array]) -> Any:
    points = table(made["keypoints"], "keypoints", 2)
    if points.shape != given["keypoints"].shape:
        raise ValueError(
            f"keypoints: {points.shape}; {given['keypoints'].shape}, as they were given, is needed"
        )
    return points.tolist()
