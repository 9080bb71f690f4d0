"""COCO's annotations of an image, dicts in a list: taken apart into boxes and points, and put
together again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .._pipeline.rows import areas, check_areas, check_points, like, table
from .._values.fields import number
from .._values.plain import shown
from .._values.types import Array

_MOVED = ("segmentation", "keypoints", "area")


def listed(value: Any) -> bool:
    """Whether a field is dicts in a list."""
    # Tables give lists as arrays.
    objects = isinstance(value, np.ndarray) and value.dtype.kind == "O" and value.ndim == 1
    rows = objects or isinstance(value, list | tuple)
    return rows and all(isinstance(row, Mapping) for row in value)


def is_coco(value: Any) -> bool:
    """Whether a field is what CocoDetection gives, where there is anything."""
    return (
        listed(value)
        and len(value) > 0
        and all("bbox" in row and "category_id" in row for row in value)
    )


class Annotations:
    """Dicts of which each has a box.

    Args:
        rows: the dicts.
        where: their place, for errors.
        box: the name of a box in the pipeline's format; None if they are COCO's.
        stay: names of entries that pass through.

    Raises:
        TypeError, ValueError: naming the entry, its value and what is allowed.
    """

    def __init__(
        self, rows: Sequence[Mapping[str, Any]], where: str, box: str | None, stay: set[str]
    ) -> None:
        if not listed(rows):
            raise TypeError(f"{where}: dicts in a list are needed")
        self.rows, self.where, self.coco = rows, where, box is None
        self.box = box or "bbox"
        self.moved = {*_MOVED} - stay if self.coco else set()
        # The entries of which it is known what becomes of them.
        self.settled = {self.box, *self.moved, *stay}
        for i, row in enumerate(rows):
            if self.box not in row:
                names = shown(list(row))
                raise ValueError(f"{where}[{i}]: there is no {self.box!r}, only {names}")
        found = [table([row.get(self.box)], self._at(i, self.box), 4) for i, row in enumerate(rows)]
        for i, numbers in enumerate(found):
            if numbers.shape[1] != 4:
                raise ValueError(f"{self._at(i, self.box)}: {numbers.shape[1]} numbers, not 4")
        self.boxes = np.concatenate([*found, np.empty((0, 4))]).astype(np.float64)
        self.polygons = [self._polygons(i) for i in range(len(rows))]
        self.poses = [self._pose(i) for i in range(len(rows))]
        self.areas = areas(self.boxes, "coco", (1, 1))
        for i, polygons in enumerate(self.polygons):
            if (area := self._value(i, "area")) is not None:
                given = np.array([number(area, self._at(i, "area"))])
                if not polygons:
                    check_areas(given, self.areas[i : i + 1], self._at(i, "area"))

    @property
    def points(self) -> Array:
        """All points as pixel indices; COCO's polygons have coordinates of edges."""
        places = [array[:, :2] - 0.5 * is_edge for array, is_edge in self._parts()]
        return np.concatenate([*places, np.empty((0, 2))])

    def back(
        self,
        kept: Array,
        boxes: Array,
        points: Array,
        canvas: tuple[int, int],
        made: Callable[[Array], Any],
    ) -> Any:
        """The dicts of the boxes that are left, moved.

        Polygons are clipped to the image. An area changes as that of the polygons does, or,
        without any, as that of the box.
        """
        ends = np.cumsum([len(array) for array, _ in self._parts()])
        parts = iter(np.split(points, ends[:-1]) if len(ends) else ())
        outlines = []
        poses: list[Array | None] = []
        for polygons, pose in zip(self.polygons, self.poses, strict=True):
            outlines.append([next(parts) + 0.5 for _ in polygons])
            poses.append(None if pose is None else next(parts))
        rows = []
        for i, box, area in zip(kept.tolist(), boxes, areas(boxes, "coco", (1, 1)), strict=True):
            new = dict(self.rows[i])
            new[self.box] = like(new[self.box], box, made)
            before, after = float(self.areas[i]), float(area)
            if outlines[i]:
                clipped = [_clip(outline, canvas) for outline in outlines[i]]
                before, after = (sum(map(_surface, all)) for all in (self.polygons[i], clipped))
                new["segmentation"] = [part.ravel().tolist() for part in clipped if len(part)]
            if (moved := poses[i]) is not None and (given := self.poses[i]) is not None:
                # A point that was not marked is 0, 0, 0.
                moved = np.where(given[:, 2:] == 0, given[:, :2], moved)
                joined = np.concatenate([moved, given[:, 2:]], axis=1)
                new["keypoints"] = like(new["keypoints"], joined.ravel(), made)
            if self._value(i, "area") is not None:
                new["area"] = float(new["area"]) * (after / before if before else 1.0)
            rows.append(new)
        return tuple(rows) if isinstance(self.rows, tuple) else rows

    def _at(self, i: int, name: str) -> str:
        return f"{self.where}[{i}][{name!r}]"

    def _value(self, i: int, name: str) -> Any:
        return self.rows[i].get(name) if name in self.moved else None

    def _parts(self) -> Iterator[tuple[Array, bool]]:
        """The points in the order of the dicts, and whether they are edges."""
        for polygons, pose in zip(self.polygons, self.poses, strict=True):
            yield from ((polygon, True) for polygon in polygons)
            if pose is not None:
                yield pose, False

    def _polygons(self, i: int) -> list[Array]:
        value = self._value(i, "segmentation")
        if value is None:
            return []
        place = self._at(i, "segmentation")
        if not isinstance(value, list | tuple):
            kind = "run lengths" if isinstance(value, Mapping) else type(value).__name__
            raise TypeError(
                f"{place}: {kind}; only polygons can move: fields= says None, to let it stay"
            )
        return [_pairs(polygon, f"{place}[{k}]", 2, 3) for k, polygon in enumerate(value)]

    def _pose(self, i: int) -> Array | None:
        value = self._value(i, "keypoints")
        return None if value is None else _pairs(value, self._at(i, "keypoints"), 3, 0)


def _pairs(value: Any, where: str, columns: int, least: int) -> Array:
    """Numbers in a row as points."""
    numbers = table([value], where, 0).astype(np.float64)
    if numbers.ndim != 2 or numbers.shape[1] % columns or numbers.shape[1] < least * columns:
        allowed = "x, y, visibility, ..." if columns == 3 else "x, y, ... of three or more points"
        raise ValueError(f"{where}: {numbers.shape[1:]} numbers; {allowed} are needed")
    pairs = numbers.reshape(-1, columns)
    if least and np.isnan(pairs).any():
        raise ValueError(f"{where}: NaN; a polygon's numbers are finite")
    check_points(pairs[:, :2], where)
    return pairs


def _surface(polygon: Array) -> float:
    x, y = polygon.T
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def _clip(polygon: Array, canvas: tuple[int, int]) -> Array:
    """The part of a polygon that lies within an image (Sutherland and Hodgman); of one that is
    not convex, parts may hang together along the edge."""
    height, width = canvas
    points = [tuple(point) for point in polygon.tolist()]
    for axis, bound, inward in ((0, 0, 1), (0, width, -1), (1, 0, 1), (1, height, -1)):
        left: list[tuple[float, ...]] = []
        for before, point in zip([*points[-1:], *points[:-1]], points, strict=True):
            depths = [(end[axis] - bound) * inward for end in (before, point)]
            if (depths[0] < 0) != (depths[1] < 0):
                part = depths[0] / (depths[0] - depths[1])
                crossing = [a + part * (b - a) for a, b in zip(before, point, strict=True)]
                crossing[axis] = float(bound)
                left.append(tuple(crossing))
            if depths[1] >= 0:
                left.append(point)
        points = left
    made = np.array(points, np.float64).reshape(-1, 2)
    return made if len(made) > 2 and _surface(made) > 0 else made[:0]
