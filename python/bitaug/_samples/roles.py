"""What the fields of a sample are, by their names and by what `fields` says."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from .._values.plain import shown
from .coco import listed
from .tree import Path, describe, leaves, spelt

Fields: TypeAlias = Sequence[str | None] | Mapping[Any, Any]
Roles: TypeAlias = dict[Path, str | None]

NAMES: dict[str, str] = {
    name: name for name in ("image", "mask", "masks", "bboxes", "labels", "keypoints")
} | {"boxes": "bboxes"}
ROLES = (*dict.fromkeys(NAMES.values()), "instance_masks", "area", "annotations")
# What stands beside boxes by these names belongs to them, and is of the image.
OF_BOXES = {"iscrowd": "labels", "scores": "labels", "class_labels": "labels", "area": "area"}
OF_BOXES |= {"category_id": "labels", "category_ids": "labels"}
OF_IMAGE = ("image_id", "orig_size")
WITH_BOXES = ("labels", "area", "instance_masks")
MASKS = ("mask", "masks", "instance_masks")

# Names of what has a place in the image, and of what may hold such, in small letters and `_`.
PLACES = re.compile(
    r"bbox|bndbox|boxes|bounding_?box|landmark|key_?point|kpts|poly(?:gon|s|(?![a-z]))|"
    r"segmentation|contour|skeleton|"
    r"(?<![a-z])(?:[hfv]?box|bbs?|rle|points?|pts|kps?|lms|corners|vertices|joints|rois?|pose|"
    r"rects?|quads?|obbs?|coords?|coordinates|xyxy|c?xc?ywh|outlines?|hulls?|anchors|"
    r"centers?(?!_)|[xy]_?(?:min|max))(?![a-z])"
)
# The sides of a box by their names, in small letters.
BOXES = (
    {"xmin", "ymin", "xmax", "ymax"},
    {"x1", "y1", "x2", "y2"},
    {"x0", "y0", "x1", "y1"},
    {"left", "top", "right", "bottom"},
    {"left", "top", "width", "height"},
    {"x", "y", "width", "height"},
    {"x", "y", "w", "h"},
    {"cx", "cy", "w", "h"},
)
HOLDERS = re.compile(
    r"(?<![a-z])(?:annotations?|anns?|annots?|targets?|objects?|instances?|detections?|dets?|"
    r"proposals|regions?|gt|ground_?truth)(?![a-z])"
)


@dataclasses.dataclass(frozen=True)
class Slot:
    """A field that moves: its place in the sample, and what it is."""

    path: Path
    role: str
    value: Any

    @property
    def where(self) -> str:
        return spelt(self.path) or "the sample"


def roles_of(sample: Any, fields: Fields | None) -> Roles:
    """What `fields` says of some paths; None is to pass through."""
    if not isinstance(sample, Mapping | tuple | list):
        return {(): "image"}
    if fields is None:
        named = isinstance(sample, Mapping) or any(isinstance(item, Mapping) for item in sample[:1])
        return {} if named else {(0,): "image"}
    if isinstance(fields, Mapping):
        given = dict(fields)
    elif isinstance(fields, str) or len(fields) != len(sample) or isinstance(sample, Mapping):
        raise ValueError(f"fields={shown(fields)}: the sample is {describe(sample)}")
    else:
        given = dict(enumerate(fields))
    roles = dict(leaves(given))
    for role in roles.values():
        if role is not None and role not in ROLES:
            allowed = ", ".join(ROLES)
            raise ValueError(f"fields={shown(fields)}: {shown(role)} is not one of {allowed}, None")
    _refuse_absent(sample, given, f"fields={shown(fields)}")
    return roles


def _refuse_absent(sample: Any, given: Mapping[Any, Any], where: str) -> None:
    """Names that a sample does not have, but for an image's, which is missed anyway."""
    values = dict(sample.items() if isinstance(sample, Mapping) else enumerate(sample))
    for step, inner in given.items():
        value = values.get(step)
        if step not in values:
            if any(role not in (None, "image") for _, role in leaves(inner)):
                names = shown(list(values))
                raise ValueError(f"{where}: {shown(step)} is not in the sample, which has {names}")
        elif isinstance(inner, Mapping) and value is not None and not listed(value):
            if not isinstance(value, Mapping):
                raise TypeError(f"{where}: {step!r} is {describe(value)}, not a dict")
            _refuse_absent(value, inner, where)
        elif inner is not None and isinstance(value, Mapping):
            raise TypeError(f"{where}: {step!r} is {describe(value)}; a dict of the same, or None")


def is_said(path: Path, roles: Roles) -> bool:
    """Whether `fields` speaks of a field, of what it lies in, or of what lies in it."""
    named = [path[:i] for i in range(len(path) + 1)]
    return any(place in roles for place in named) or any(
        said[: len(path)] == path for said in roles
    )
