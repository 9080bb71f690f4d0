"""One sample of a data set in, one sample out, whatever its shape: what all adapters share."""

import dataclasses
import functools
import re
from collections.abc import Iterator, Mapping, Sized
from typing import Any, ClassVar, TypeAlias

import numpy as np

from .. import _core
from .._images import pillow
from .._pipeline.address import check_names
from .._pipeline.rows import Take, areas, check_areas, joined, like, parted, riders, table
from .._pipeline.transform import Transform
from .._values.types import Array
from .coco import Annotations, is_coco, listed
from .formats import box_format, with_format
from .others import Others
from .roles import (
    HOLDERS,
    MASKS,
    NAMES,
    OF_BOXES,
    OF_IMAGE,
    PLACES,
    WITH_BOXES,
    Fields,
    Roles,
    is_said,
    roles_of,
)
from .tree import SEVERAL, Path, at_path, describe, leaves, parts, replace, spelt

Sources: TypeAlias = "list[tuple[Sample, dict[str, Any]]]"

# The numbers of one box or point that is no row of a table.
_ALONE = {"bboxes": (4,), "keypoints": (2, 3)}


@dataclasses.dataclass(frozen=True)
class Address:
    seed: int
    stream: str
    epoch: int
    index: int | str
    repeat: int


@dataclasses.dataclass(frozen=True)
class Slot:
    """A field that moves: its place in the sample, and what it is."""

    path: Path
    role: str
    value: Any

    @property
    def where(self) -> str:
        return spelt(self.path) or "the sample"


class Sample:
    """A sample taken apart. Its arrays are NumPy's; `bitaug.torch` has one of tensors."""

    def __init__(self, sample: Any, layout: str | None, fields: Fields | None) -> None:
        check_names("", layout)
        self.sample = sample
        self.roles = roles_of(sample, fields)
        slots = list(self._slots(self.roles))
        images = [slot for slot in slots if slot.role == "image"]
        if len(images) != 1:
            places = ", ".join(slot.where for slot in images)
            raise TypeError(
                f"a sample has one image; {places or 'none'} found in {describe(sample)}: "
                "fields= says which it is"
            )
        (self.image,) = images
        # In one order, whatever that of a dict is: masks are mixed by it.
        targets = [slot for slot in slots if slot.role != "image"]
        self.targets = sorted(targets, key=lambda slot: slot.where)
        self.followers: dict[Path, Take] = {}
        self.array, self.layout = self._image(layout)
        height, width = self.array.shape[1:] if self.planar else self.array.shape[:2]
        self.canvas: tuple[int, int] = (height, width)
        self._refuse_unmoved({slot.path for slot in slots})

    @property
    def planar(self) -> bool:
        return self.layout == "CHW"

    @property
    def shape(self) -> list[int]:
        """Height, width and channels."""
        channels = 1 if self.array.ndim == 2 else self.array.shape[0 if self.planar else 2]
        return [*self.canvas, channels]

    @property
    def site(self) -> dict[str, Any]:
        """What a pipeline's `params` draws for."""
        return {"shape": self.array.shape, "dtype": self.array.dtype, "layout": self.layout}

    def dims(self, planar: bool, shape: list[int]) -> tuple[int, ...]:
        """The axes of an output of height, width and channels; `planar` after a ToCHW."""
        height, width, channels = shape
        if self.planar or planar:
            return channels, height, width
        return (height, width) if self.array.ndim == 2 else (height, width, channels)

    def targets_for(self, pipeline: Transform) -> tuple[Transform, dict[str, Any]]:
        """What moves with the image, as a pipeline takes it, and the pipeline that does."""
        arguments: dict[str, Any] = {"masks": []}
        for slot in self.targets:
            for role, value in self._arguments(slot):
                if role == "masks":
                    arguments["masks"] += value
                elif role in arguments:
                    raise TypeError(f"{slot.where}: a sample has one field of {role}")
                else:
                    arguments[role] = value
            beside = at_path(self.sample, slot.path[:-1]) if slot.role == "bboxes" else None
            if isinstance(beside, Mapping) and "dropped" in beside:
                raise ValueError(
                    f"sample{spelt((*slot.path[:-1], 'dropped'))} is there: the positions of the "
                    "boxes that leave the image are written there; give it another name"
                )
            if (form := self._form(slot)) is not None:
                pipeline = with_format(pipeline, form)
        if "bboxes" in arguments:
            arguments["bboxes"] = table(arguments["bboxes"], "bboxes", 4)
            self._join(arguments["bboxes"], box_format(pipeline), self._vectors(pipeline))
        for slot in self.targets:
            if slot.role in WITH_BOXES and slot.path not in self.followers:
                raise TypeError(f"{slot.where}: {slot.role} without bboxes")
        if pipeline._pipeline.mixes():
            self._refuse_unmixed()
        arguments |= {name: self.sample[name] for name in self._vectors(pipeline)}
        return pipeline, arguments

    def _refuse_unmixed(self) -> None:
        """What cannot be said of a sample that is made of several."""
        beside = at_path(self.sample, self.image.path[:-1]) if self.image.path else None
        if not isinstance(beside, Mapping):
            raise TypeError(
                f"the sample is {describe(self.sample)}: a mixed sample is a dict, in which `mix` "
                "says what it is made of"
            )
        boxes = [slot.path[:-1] for slot in self.targets if slot.role == "bboxes"]
        written = [("mix", beside), *(("mix_weight", at_path(self.sample, at)) for at in boxes)]
        for name, place in written:
            if isinstance(place, Mapping) and name in place:
                raise ValueError(
                    f"{name!r} is in the sample: what it is made of is written there; give it "
                    "another name"
                )
        for slot in self.targets:
            if slot.role in ("instance_masks", "annotations"):
                raise TypeError(
                    f"{slot.where}: {slot.role} are not mixed; fields= says None, to let them stay"
                )

    def run(
        self,
        pipeline: Transform,
        address: Address,
        out: Any = None,
        others: Others | None = None,
    ) -> Any:
        """The sample through the pipeline; its image into `out`, if that is given."""
        pipeline, arguments = self.targets_for(pipeline)
        result = pipeline(
            image=self.array, **arguments, **vars(address),
            layout=self.layout, out=None if out is None else np.asarray(out), partners=others,
        )  # fmt: skip
        return self.made_of(result, pipeline, arguments, out, others)

    def made_of(
        self,
        result: dict[str, Any],
        pipeline: Transform,
        arguments: dict[str, Any],
        out: Any,
        others: Others | None = None,
    ) -> Any:
        """The sample with what a pipeline has made of it.

        Args:
            result: what the pipeline returned for the image and `arguments`.
            pipeline, arguments: as `targets_for` has given them.
            out: where the image was written to, if that was given.
            others: what it may be mixed with.
        """
        sources = [(self, arguments)]
        if others is not None:
            form = box_format(pipeline)
            sources += [others.source(place, self, form) for place, _ in result.get("mix", ())[1:]]
        planar = pipeline._pipeline.output(self.shape, self.array.dtype.name)[1] or self.planar
        moved = result["image"]
        canvas = moved.shape[1:] if planar else moved.shape[:2]
        if "bboxes" in result:
            form = box_format(pipeline)
            before = np.concatenate(
                [areas(given["bboxes"], form, source.canvas) for source, given in sources]
            )
            result["kept"] = np.setdiff1d(np.arange(len(before)), result["dropped"])
            before = before[result["kept"]]
            after = areas(result["bboxes"], form, canvas)
            result["growth"] = np.where(before > 0, after / np.where(before > 0, before, 1), 1)
        changes = {self.image.path: self.wrap(moved if out is None else out)}
        masks = iter(result["masks"])
        for slot in self.targets:
            changes[slot.path] = self._back(slot, result, masks, canvas, sources)
            if slot.role == "bboxes" and isinstance(at_path(self.sample, slot.path[:-1]), Mapping):
                for name in ("dropped", "mix_weight"):
                    if name in result:
                        changes[(*slot.path[:-1], name)] = self._made(result[name])
        if "mix" in result:
            changes[(*self.image.path[:-1], "mix")] = result["mix"]
            changes |= {(name,): self._made(result[name]) for name in self._vectors(pipeline)}
        return replace(self.sample, changes)

    def _vectors(self, pipeline: Transform) -> list[str]:
        """The fields of which mixed samples have the mean."""
        sample = self.sample
        names = pipeline._rules.mix_fields if isinstance(sample, Mapping) else ()
        return [name for name in names if sample.get(name) is not None]

    # What depends on the kind of arrays.

    def wrap(self, image: Any) -> Any:
        """An output as the sample's kind has images."""
        return image

    def _made(self, array: Array) -> Any:
        """An array as the sample's kind has them."""
        return array

    def _is_array(self, value: Any) -> bool:
        return isinstance(value, np.ndarray)

    def _numpy(self, slot: Slot) -> Array:
        """A field as an array, in the same memory if it has any."""
        array = np.asarray(slot.value)
        # Rows of numbers in a table come as an array of arrays.
        return np.array(array.tolist()) if array.dtype == object else array

    def _role(self, value: Any) -> str | None:
        """What a value is by its type alone."""
        return None

    def _layout(self, value: Any, layout: str | None) -> str | None:
        """The label of an image that is an array: none, if its axes tell as much."""
        _core.layout("image", value.shape, layout, "image")
        return layout

    def _stacked(self, slot: Slot) -> bool:
        """Whether masks lie one behind the other, along the first axis."""
        return slot.role in MASKS[1:] and self._is_array(slot.value)

    def _points(self, slot: Slot) -> Any:
        """Boxes or keypoints as a pipeline takes them."""
        return self._numpy(slot) if self._is_array(slot.value) else slot.value

    def _form(self, slot: Slot) -> str | None:
        """The format that boxes have whatever the pipeline says."""
        is_coco = slot.role == "annotations" and self._annotations[slot.path].coco
        return "coco" if is_coco else None

    def _points_back(self, slot: Slot, points: Array, canvas: tuple[int, int]) -> Any:
        return points

    def _masks_back(self, slot: Slot, masks: list[Any], canvas: tuple[int, int]) -> Any:
        if not self._stacked(slot):
            return masks[0] if slot.role == "mask" else masks
        return np.stack(masks) if masks else np.empty((0, *canvas), slot.value.dtype)

    # What does not.

    def _slots(self, roles: Roles) -> Iterator[Slot]:
        found = {
            path: (value, role)
            for path, value in leaves(self.sample)
            if value is not None and (role := self._role_of(path, value, roles)) is not None
        }
        of_boxes = ("bboxes", "annotations")
        boxes = {path[:-1] for path, (_, role) in found.items() if role in of_boxes}
        for place in boxes:
            beside_them = at_path(self.sample, place)
            for entry in (*OF_BOXES, "labels") if isinstance(beside_them, Mapping) else ():
                path = (*place, entry)
                if isinstance(beside_them.get(entry), Mapping) and not is_said(path, roles):
                    raise TypeError(
                        f"sample{spelt(path)} is a dict beside boxes; a list or an array, with a "
                        "row for each box, is needed: fields= says None, to let it stay"
                    )
        for path, value in leaves(self.sample):
            said, name = is_said(path, roles), path[-1] if path else None
            beside = path[:-1] in boxes and not said
            rows = self._count(value) is not None or isinstance(value, Iterator)
            if beside and name in OF_BOXES and rows:
                found[path] = value, OF_BOXES[name]
            elif beside and name == "masks" and path in found and (*path[:-1], "boxes") in found:
                found[path] = value, "instance_masks"
            # The labels of a classifier stand alone.
            alone = not (boxes if said else beside)
            if alone and path in found and found[path][1] == "labels":
                del found[path]
        return (Slot(path, role, value) for path, (value, role) in found.items())

    def _role_of(self, path: Path, value: Any, roles: Roles) -> str | None:
        if is_said(path, roles):
            within = (path[:end] for end in range(len(path), -1, -1))
            return next((roles[said] for said in within if said in roles), "annotations")
        by_name = NAMES.get(path[-1]) if path and isinstance(path[-1], str) else None
        if by_name == "image" and len(path) > 1 and isinstance(self.sample, Mapping):
            by_name = None  # the name of its file, more often than a second image
        return self._role(value) or ("annotations" if is_coco(value) else by_name)

    def _image(self, layout: str | None) -> tuple[Array, str | None]:
        value = self.image.value
        if pillow.is_pil(value):
            try:
                for slot in (self.image, *self.targets) if self.targets else ():
                    if pillow.is_pil(slot.value):
                        pillow.refuse_turned(slot.value)
                array = pillow.values(value)
            except ValueError as error:
                raise ValueError(f"image: {error}") from None
            return array, "HW" if array.ndim == 2 else "HWC"
        if not self._is_array(value):
            raise TypeError(f"image: {type(value).__name__} is not {self._KINDS}")
        layout = self._layout(value, layout)
        return self._numpy(self.image), layout

    _KINDS: ClassVar[str] = "a NumPy array or a PIL image"

    def _planes(self, slot: Slot) -> list[Array]:
        """A field of masks as masks."""
        if self._stacked(slot):
            return list(self._numpy(slot))
        if slot.role == "mask":
            return [self._numpy(slot)]
        return [self._numpy(Slot(slot.path, "mask", value)) for value in slot.value]

    @functools.cached_property
    def _annotations(self) -> dict[Path, Annotations]:
        found = {}
        for slot in self.targets:
            if slot.role == "annotations":
                roles = {
                    path[-1]: role
                    for path, role in self.roles.items()
                    if path and path[:-1] == slot.path
                }
                box = next((name for name, role in roles.items() if role == "bboxes"), None)
                if wrong := set(roles.values()) - {"bboxes", None}:
                    raise ValueError(f"fields: {wrong.pop()!r} within {slot.where}: bboxes or None")
                stay = {name for name, role in roles.items() if role is None}
                found[slot.path] = Annotations(slot.value, f"sample{slot.where}", box, stay)
        return found

    def _arguments(self, slot: Slot) -> Iterator[tuple[str, Any]]:
        """What a pipeline takes of a field, by the names of its arguments."""
        if slot.role in MASKS:
            yield "masks", self._planes(slot)
        elif slot.role == "annotations":
            rows = self._annotations[slot.path]
            yield "bboxes", rows.boxes
            if len(points := rows.points):
                yield "keypoints", points
        elif slot.role in _ALONE:
            points = self._points(slot)
            yield slot.role, np.asarray(points)[None] if self._alone(slot) else points

    def _alone(self, slot: Slot) -> bool:
        """Whether it is one box or point, not a table of them."""
        lengths, value = _ALONE.get(slot.role, ()), slot.value
        return bool(lengths) and self._count(value) in lengths and self._depth(value) == 1

    def _join(self, boxes: Array, form: str, vectors: list[str]) -> None:
        """Finds what has a row for each box; refuses what has as many for some other reason."""
        settled = {self.image.path, *((name,) for name in vectors)}
        for slot in self.targets:
            where = f"sample{slot.where}"
            instances = slot.role == "keypoints" and self._instances(slot) == len(boxes)
            alone = slot.path[-1:] == ("mask",) or not self._stacked(slot)
            if instances or slot.role in WITH_BOXES:
                self.followers[slot.path] = riders(slot.value, where, len(boxes))
            elif slot.role in ("masks", "keypoints") or (slot.role == "mask" and not alone):
                continue
            if slot.role == "area":
                (given,) = table([slot.value], where, 0)
                if given.ndim != 1:
                    raise ValueError(f"{where}: shape {given.shape}; one number for each box")
                check_areas(given.astype(np.float64), areas(boxes, form, self.canvas), where)
            settled.add(slot.path)
        for path, value in leaves(self.sample):
            if path in settled or is_said(path, self.roles) or path[-1] in OF_IMAGE:
                continue
            if len(boxes) and self._count(value) == len(boxes):
                raise ValueError(
                    f"sample{spelt(path)} has {len(boxes)} rows, as there are boxes: fields= says "
                    'whether they go with the boxes ("labels", "instance_masks") or are '
                    'something else ("masks", "keypoints", or None if it is to stay)'
                )

    def _instances(self, slot: Slot) -> int | None:
        """How many rows of several points each there are."""
        try:
            shape = np.shape(slot.value)
        except ValueError:
            return None
        return shape[0] if len(shape) == 3 else None

    def _count(self, value: Any) -> int | None:
        """The rows of what has rows; a text is one value."""
        if hasattr(value, "shape"):
            return value.shape[0] if len(value.shape) else None
        rows = isinstance(value, Sized) and not isinstance(value, str | bytes | Mapping)
        return len(value) if rows else None

    def _rows(self, slot: Slot, kept: Array, sources: "Sources") -> Any:
        """The rows of a field at positions among those of all sources."""
        counts = [len(given["bboxes"]) for _, given in sources]
        for source, _ in sources:
            if slot.path not in source.followers:
                raise ValueError(f"a sample that is mixed has no {slot.where}, as this one has")
        rows = [
            source.followers[slot.path](part)
            for (source, _), part in zip(sources, parted(kept, counts), strict=True)
        ]
        return self._joined(rows, slot.where)

    def _joined(self, parts: list[Any], where: str) -> Any:
        """Rows of several samples behind each other."""
        return joined(parts, where)

    def _back(
        self,
        slot: Slot,
        result: dict[str, Any],
        masks: Iterator[Array],
        canvas: Any,
        sources: "Sources",
    ) -> Any:
        """What has moved, in the form it came in."""
        kept: Any = result.get("kept")
        if slot.role == "labels":
            return self._rows(slot, kept, sources)
        if slot.role == "area":
            rows = np.asarray(self._rows(slot, kept, sources), np.float64) * result["growth"]
            return like(slot.value, rows, self._made)
        if slot.role == "annotations":
            points = result.get("keypoints", np.empty((0, 2)))
            return self._annotations[slot.path].back(
                kept, result["bboxes"], points, tuple(canvas), self._made
            )
        if slot.role in MASKS:
            many = self._stacked(slot) or slot.role != "mask"
            moved = [next(masks) for _ in range(len(slot.value) if many else 1)]
            if slot.role == "instance_masks":
                moved = [moved[i] for i in kept]
            return self._masks_back(slot, [self._made(mask) for mask in moved], canvas)
        points = result[slot.role]
        rows = points[kept] if slot.path in self.followers else points
        # One box that has left the image is an empty row.
        return self._points_back(slot, rows.ravel() if self._alone(slot) else rows, canvas)

    def _refuse_unmoved(self, moving: set[Path]) -> None:
        """What nobody has named would stay behind while its image moves."""
        settled = moving | {path for path in self.roles if path}
        for place, rows in self._annotations.items():
            settled.discard(place)
            settled |= {(*place, i, name) for i in range(len(rows.rows)) for name in rows.settled}
        for path, value in parts(self.sample):
            if any(path[:length] in settled for length in range(1, len(path) + 1)):
                continue
            size = self._size(value)
            if size is not None and self.canvas in (size[:2], size[-2:]):
                raise ValueError(
                    f"sample{spelt(path)} is as large as the image and would not move with it: "
                    'fields= says what it is ("mask", or None if it is to stay)'
                )
            name = next((step for step in reversed(path) if isinstance(step, str)), "")
            name = re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", "_", name).lower()
            if (
                self._role(value) is not None
                or (PLACES.search(name) and self._depth(value) > 0)
                or (HOLDERS.search(name) and _is_rows(value) and self._depth(value) > 1)
                or (not name and len(path) == 1 and self._is_table(value))
            ):
                raise ValueError(
                    f"sample{spelt(path)} would not move with the image: fields= says "
                    + self._advice(path, value)
                )

    def _advice(self, path: Path, value: Any) -> str:
        """What `fields` may say of something that would stay behind."""
        whole = next(
            (path[:end] for end in range(1, len(path)) if not self._is_dict(path[:end])), path
        )
        if path == whole and not isinstance(value, Mapping):
            return 'what it is ("bboxes", "keypoints", "annotations" ..., or None if it is to stay)'
        of_dicts = path[:-2] == whole and isinstance(path[-1], str)  # in one of those of a list
        if of_dicts and whole in self._annotations:
            return f"{{{path[-1]!r}: None}} of {spelt(whole)}, to let it stay"
        box = of_dicts and self._count(value) == 4 and self._depth(value) == 1
        moves = f'{{{path[-1]!r}: "bboxes"}} of {spelt(whole)}, or ' if box else ""
        return f"{moves}None of {spelt(whole)}, to let it stay"

    def _is_dict(self, path: Path) -> bool:
        return isinstance(at_path(self.sample, path), Mapping)

    def _is_table(self, value: Any) -> bool:
        """Whether numbers could be boxes, points or polygons by their axes alone."""
        if self._depth(value) < 2:
            return False
        try:
            shape = np.shape(value)
        except ValueError:  # of several lengths, as polygons are
            return all(self._depth(row) > 0 for row in value)
        return len(shape) in (2, 3) and (shape[-1] == 2 or (len(shape) == 2 and shape[-1] > 3))

    def _depth(self, value: Any) -> int:
        """The axes of numbers; 0 of a single one, -1 of anything else."""
        if isinstance(value, SEVERAL):
            inner = value.values() if isinstance(value, Mapping) else value
            deepest = max(map(self._depth, inner), default=-1)
            return deepest + 1 if deepest >= 0 else -1
        if isinstance(value, str):
            return 0 if re.fullmatch(r"[-+.\d]+", value) else -1
        kind = getattr(value, "dtype", None)
        if isinstance(kind, np.dtype) and kind.kind not in "iuf":
            return self._depth(value.tolist()) if kind.kind == "O" else -1
        return value.ndim if hasattr(value, "ndim") else 0 if isinstance(value, int | float) else -1

    def _size(self, value: Any) -> tuple[int, ...] | None:
        """The axes of what could be an image."""
        if pillow.is_pil(value):
            return value.height, value.width
        shape = tuple(getattr(value, "shape", ()))
        return shape if len(shape) > 1 else None


def _is_rows(value: Any) -> bool:
    """Whether a field is no list of dicts, whose entries have names of their own."""
    return not isinstance(value, Mapping) and not listed(value)
