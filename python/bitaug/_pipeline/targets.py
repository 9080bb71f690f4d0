"""One image with its targets through a pipeline, and how boxes are written."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from .. import _core
from .._values.environment import in_default_environment
from .._values.fields import convert_fields, declaration, number, one_of, option, show
from .._values.plain import shown
from .._values.types import Array
from .address import check_key
from .rows import check_points, rejoined, riders, table

BoxFormat = Literal["pascal_voc", "coco", "yolo", "albumentations"]


@declaration
class BboxParams:
    """How boxes are written, and which are dropped.

    Args:
        format: `pascal_voc` (left, top, right, bottom in pixels), `coco` (left, top, width,
            height in pixels), `yolo` (centre x, centre y, width, height as fractions of the
            image), `albumentations` (left, top, right, bottom as fractions). Coordinates are
            those of edges: the first pixel covers 0 to 1.
        min_area: boxes of a smaller area after the transform, in pixels, are dropped.
        min_visibility: boxes of which a smaller part, 0 to 1, is left within the image are dropped.
    """

    format: BoxFormat = option(one_of(BoxFormat), default="pascal_voc", kw_only=False)
    min_area: float = option(number, default=0.0)
    min_visibility: float = option(number, default=0.0)

    def __post_init__(self) -> None:
        convert_fields(self)

    def __repr__(self) -> str:
        return show(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BboxParams):
            return NotImplemented
        return dataclasses.astuple(self) == dataclasses.astuple(other)

    def __hash__(self) -> int:
        return hash(dataclasses.astuple(self))


def run(
    pipeline: _core.Pipeline,
    params: str | None,
    image: Any,
    labels: Sequence[Any] | None,
    targets: dict[str, Any],
    address: dict[str, Any],
    layout: str | None,
    out: Any,
    limit: int | None = None,
) -> dict[str, Any]:
    """One image and its targets through a pipeline, as a call with `image=` returns them.

    Args:
        params: what `params` returned, as JSON, instead of an address.
        limit: how many of the ops that are applied are run; by default all.
    """
    mask, masks = targets["mask"], targets["masks"]
    stacked = isinstance(masks, np.ndarray) and masks.ndim > 0
    if not (masks is None or stacked or isinstance(masks, list | tuple)):
        raise TypeError(f"masks={shown(masks)}: a sequence of masks is needed")
    boxes = None if targets["bboxes"] is None else table(targets["bboxes"], "bboxes", 4)
    points = targets["keypoints"]
    points = None if points is None else table(points, "keypoints", 2)
    places = None if points is None else points[..., :2].reshape(-1, 2)
    if points is not None:
        check_points(points[..., :2], "keypoints")
    if labels is not None:
        labels_at = riders(labels, "labels", 0 if boxes is None else len(boxes))
    check_key(address.get("index"))
    address = {"seed": 0, "epoch": 0, "index": 0, "stream": "", "repeat": 0, **address}
    given = [] if mask is None else [("mask", mask)]
    given += [(f"masks[{i}]", value) for i, value in enumerate(() if masks is None else masks)]
    result, moved, new_boxes, kept, new_points = pipeline.sample(
        image,
        given,
        None if boxes is None else _floats(boxes[:, :4]),
        None if places is None else _floats(places),
        params=params,
        layout=layout,
        out=out,
        limit=limit,
        **address,
    )
    sample: dict[str, Any] = {"image": result}
    if mask is not None:
        sample["mask"] = moved[0]
    if masks is not None:
        sample["masks"] = moved[mask is not None :]
    if boxes is not None and new_boxes is not None and kept is not None:
        sample["bboxes"] = rejoined(new_boxes, boxes[kept])
        sample["dropped"] = np.setdiff1d(np.arange(len(boxes)), kept)
        if labels is not None:
            sample["labels"] = labels_at(kept)
    if points is not None and new_points is not None:
        sample["keypoints"] = rejoined(new_points, points)
    return sample


@in_default_environment
def _floats(table: Array) -> Array:
    return np.ascontiguousarray(table, np.float64)
