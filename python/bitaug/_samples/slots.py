"""Finds what moves in a sample, and what would stay behind."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .._values.plain import plain
from .arrays import Arrays
from .coco import Annotations, is_coco, listed
from .roles import BOXES, HOLDERS, NAMES, OF_BOXES, PLACES, Roles, Slot, is_said
from .tree import Path, at_path, describe, leaves, parts, spelt


@dataclasses.dataclass(frozen=True)
class Finder:
    """Looks through a sample, of which `fields` says some roles, for what moves."""

    sample: Any
    roles: Roles
    arrays: Arrays

    def slots(self) -> list[Slot]:
        """The fields that move."""
        found = {
            path: (value, role)
            for path, value in leaves(self.sample)
            if value is not None and (role := self._role_of(path, value)) is not None
        }
        of_boxes = ("bboxes", "annotations")
        boxes = {path[:-1] for path, (_, role) in found.items() if role in of_boxes}
        for place in boxes:
            beside_them = at_path(self.sample, place)
            for entry in (*OF_BOXES, "labels") if isinstance(beside_them, Mapping) else ():
                path = (*place, entry)
                if isinstance(beside_them.get(entry), Mapping) and not is_said(path, self.roles):
                    raise TypeError(
                        f"sample{spelt(path)} is a dict beside boxes; a list or an array, with a "
                        "row for each box, is needed: fields= says None, to let it stay"
                    )
        for path, value in leaves(self.sample):
            said, name = is_said(path, self.roles), path[-1] if path else None
            beside = path[:-1] in boxes and not said
            rows = self.arrays.count(value) is not None or isinstance(value, Iterator)
            if beside and name in OF_BOXES and rows:
                found[path] = value, OF_BOXES[name]
            elif beside and name == "masks" and path in found and (*path[:-1], "boxes") in found:
                found[path] = value, "instance_masks"
            # The labels of a classifier stand alone.
            alone = not (boxes if said else beside)
            if alone and path in found and found[path][1] == "labels":
                del found[path]
        return [Slot(path, role, value) for path, (value, role) in found.items()]

    def annotations(self, slot: Slot) -> Annotations:
        """Those of a field, with what `fields` says of their entries."""
        roles = {
            path[-1]: role for path, role in self.roles.items() if path and path[:-1] == slot.path
        }
        box = next((name for name, role in roles.items() if role == "bboxes"), None)
        if wrong := set(roles.values()) - {"bboxes", None}:
            raise ValueError(f"fields: {wrong.pop()!r} within {slot.where}: bboxes or None")
        stay = {name for name, role in roles.items() if role is None}
        return Annotations(slot.value, f"sample{slot.where}", box, stay)

    def refuse_unmoved(
        self, moving: set[Path], annotations: Mapping[Path, Annotations], canvas: tuple[int, int]
    ) -> None:
        """What nobody has named would stay behind while its image moves.

        Args:
            moving: the places of all that moves.
            annotations: those among it.
            canvas: height and width of the image.
        """
        settled = moving | {path for path in self.roles if path}
        for place, rows in annotations.items():
            settled.discard(place)
            settled |= {(*place, i, name) for i in range(len(rows.rows)) for name in rows.settled}
        own = self.sample.items() if isinstance(self.sample, Mapping) else ()
        if _is_box({name: value for name, value in own if (name,) not in settled}):
            raise ValueError(
                f"{describe(self.sample)} has the sides of a box, which would not move with the "
                "image: fields= says None of each, to let them stay"
            )
        for path, value in parts(self.sample):
            if any(path[:length] in settled for length in range(1, len(path) + 1)):
                continue
            size = self.arrays.size(value)
            if size is not None and canvas in (size[:2], size[-2:]):
                raise ValueError(
                    f"sample{spelt(path)} is as large as the image and would not move with it: "
                    'fields= says what it is ("mask", or None if it is to stay)'
                )
            if self._has_place(path, value):
                raise ValueError(
                    f"sample{spelt(path)} would not move with the image: fields= says "
                    + self._advice(path, value, annotations)
                )

    def _role_of(self, path: Path, value: Any) -> str | None:
        if is_said(path, self.roles):
            within = (path[:end] for end in range(len(path), -1, -1))
            return next((self.roles[said] for said in within if said in self.roles), "annotations")
        by_name = NAMES.get(path[-1]) if path and isinstance(path[-1], str) else None
        if by_name == "image" and len(path) > 1 and isinstance(self.sample, Mapping):
            by_name = None  # the name of its file, more often than a second image
        return self.arrays.role(value) or ("annotations" if is_coco(value) else by_name)

    def _has_place(self, path: Path, value: Any) -> bool:
        """Whether a value could be of places in the image, by its type, name or axes."""
        depth = self.arrays.depth
        if hasattr(self.sample, "_fields"):
            path = (self.sample._fields[path[0]], *path[1:])
        name = next((step for step in reversed(path) if isinstance(step, str)), "")
        name = re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", "_", name).lower()
        return bool(
            self.arrays.role(value) is not None
            or (PLACES.search(name) and depth(value) > 0)
            or (HOLDERS.search(name) and _is_rows(value) and depth(value) > 1)
            or (not name and len(path) == 1 and self._is_table(value))
            or (isinstance(value, Mapping) and _is_box(value))
        )

    def _is_table(self, value: Any) -> bool:
        """Whether numbers could be boxes, points or polygons by their axes alone."""
        depth = self.arrays.depth
        if depth(value) < 2:
            return False
        try:
            shape = np.shape(value)
        except ValueError:  # of several lengths, as polygons are
            return all(depth(row) > 0 for row in value)
        return len(shape) in (2, 3) and (shape[-1] == 2 or (len(shape) == 2 and shape[-1] > 3))

    def _advice(self, path: Path, value: Any, annotations: Mapping[Path, Annotations]) -> str:
        """What `fields` may say of something that would stay behind."""
        inner = (path[:end] for end in range(1, len(path)))
        whole = next(
            (place for place in inner if not isinstance(at_path(self.sample, place), Mapping)), path
        )
        if path == whole and not isinstance(value, Mapping):
            return 'what it is ("bboxes", "keypoints", "annotations" ..., or None if it is to stay)'
        of_dicts = path[:-2] == whole and isinstance(path[-1], str)  # in one of those of a list
        if of_dicts and whole in annotations:
            return f"{{{path[-1]!r}: None}} of {spelt(whole)}, to let it stay"
        box = of_dicts and self.arrays.count(value) == 4 and self.arrays.depth(value) == 1
        moves = f'{{{path[-1]!r}: "bboxes"}} of {spelt(whole)}, or ' if box else ""
        return f"{moves}None of {spelt(whole)}, to let it stay"


def _is_box(value: Mapping[Any, Any]) -> bool:
    """Whether a dict has the sides of a box by their names, as numbers."""
    numbers = {
        re.sub(r"[\W_]+", "", name).lower()
        for name, each in value.items()
        if isinstance(name, str) and isinstance(plain(each), int | float)
    }
    return any(box <= numbers for box in BOXES)


def _is_rows(value: Any) -> bool:
    """Whether a field is no list of dicts, whose entries have names of their own."""
    return not isinstance(value, Mapping) and not listed(value)
