"""One sample of a data set in, one sample out, whatever its shape: what all adapters share."""

import dataclasses
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from .._pipeline.address import check_names
from .._pipeline.rows import Take, areas, check_areas, like, parted, riders, table
from .._pipeline.transform import Transform
from .._values.types import Array
from .arrays import NUMPY, Arrays
from .formats import box_format, with_format
from .others import Others
from .roles import MASKS, OF_IMAGE, WITH_BOXES, Fields, Slot, is_said, roles_of
from .slots import Finder
from .tree import Path, at_path, describe, leaves, replace, spelt

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


class Sample:
    """A sample taken apart.

    Args:
        arrays: those of its framework.
        further: the kinds of targets that a pipeline names itself; they are entries of a dict.
    """

    def __init__(
        self,
        sample: Any,
        layout: str | None,
        fields: Fields | None,
        arrays: Arrays = NUMPY,
        further: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        check_names("", layout)
        self.sample = sample
        self.arrays = arrays
        self.roles = roles_of(sample, fields)
        own = sample if isinstance(sample, Mapping) else {}
        self.further = {
            name: kind
            for name, kind in further.items()
            if own.get(name) is not None and not is_said((name,), self.roles)
        }
        named = {(name,) for name in self.further}
        finder = Finder(sample, self.roles, arrays)
        slots = [slot for slot in finder.slots() if slot.path not in named]
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
        beside = [slot.value for slot in self.targets]
        self.array, self.layout = arrays.image(self.image.value, layout, beside)
        height, width = self.array.shape[1:] if self.planar else self.array.shape[:2]
        self.canvas: tuple[int, int] = (height, width)
        self.annotations = {
            slot.path: finder.annotations(slot)
            for slot in self.targets
            if slot.role == "annotations"
        }
        moving = {slot.path for slot in slots} | named
        finder.refuse_unmoved(moving, self.annotations, self.canvas)

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
        arguments |= {name: self._further(name, kind) for name, kind in self.further.items()}
        return pipeline, arguments

    def _further(self, name: str, kind: str) -> Array:
        """What a pipeline names itself, as it takes it: channels of masks and maps come last."""
        value = self.sample[name]
        if kind == "image":
            array, layout = self.arrays.image(value, self.layout, ())
            if layout != self.layout:
                raise ValueError(f"{name}: {layout}, the image is {self.layout}")
            return array
        array = self.arrays.read(value, name)
        if kind == "map" and array.dtype != np.float32:
            raise TypeError(
                f"{name}: dtype {array.dtype}; the values of a map are interpolated: float32 is "
                "needed"
            )
        return np.moveaxis(array, 0, -1) if self._deep(array) else array

    def _deep(self, array: Array) -> bool:
        """Whether the channels of a mask or map come first, as those of its image do."""
        return self.planar and array.ndim == 3

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
        made = self.arrays.made
        changes = {self.image.path: made(moved if out is None else out, self.image.value)}
        masks = iter(result["masks"])
        for slot in self.targets:
            changes[slot.path] = self._back(slot, result, masks, canvas, sources)
            if slot.role == "bboxes" and isinstance(at_path(self.sample, slot.path[:-1]), Mapping):
                for name in ("dropped", "mix_weight"):
                    if name in result:
                        changes[(*slot.path[:-1], name)] = made(result[name])
        for name, kind in self.further.items():
            array = result[name]
            back = kind != "image" and self._deep(array)
            array = np.ascontiguousarray(np.moveaxis(array, -1, 0)) if back else array
            changes[(name,)] = made(array, self.sample[name])
        if "mix" in result:
            changes[(*self.image.path[:-1], "mix")] = result["mix"]
            changes |= {(name,): made(result[name]) for name in self._vectors(pipeline)}
        return replace(self.sample, changes)

    def with_image(self, image: Any) -> Any:
        """The sample with another image."""
        return replace(self.sample, {self.image.path: self.arrays.made(image, self.image.value)})

    def _vectors(self, pipeline: Transform) -> list[str]:
        """The fields of which mixed samples have the mean."""
        sample = self.sample
        names = pipeline._rules.mix_fields if isinstance(sample, Mapping) else ()
        return [name for name in names if sample.get(name) is not None]

    def _planes(self, slot: Slot) -> list[Array]:
        """A field of masks as masks."""
        read = self.arrays.read
        if self.arrays.stacked(slot.value, slot.role):
            return list(read(slot.value, slot.role))
        if slot.role == "mask":
            return [read(slot.value, slot.role)]
        return [read(value, "mask") for value in slot.value]

    def _form(self, slot: Slot) -> str | None:
        """The format that boxes have whatever the pipeline says."""
        if slot.role == "annotations" and self.annotations[slot.path].coco:
            return "coco"
        of_type = slot.role == "bboxes" and self.arrays.role(slot.value) is not None
        return "pascal_voc" if of_type else None

    def _arguments(self, slot: Slot) -> Iterator[tuple[str, Any]]:
        """What a pipeline takes of a field, by the names of its arguments."""
        if slot.role in MASKS:
            yield "masks", self._planes(slot)
        elif slot.role == "annotations":
            rows = self.annotations[slot.path]
            yield "bboxes", rows.boxes
            if len(points := rows.points):
                yield "keypoints", points
        elif slot.role in _ALONE:
            points = self.arrays.points(slot.value, slot.role, self.canvas)
            yield slot.role, np.asarray(points)[None] if self._alone(slot) else points

    def _alone(self, slot: Slot) -> bool:
        """Whether it is one box or point, not a table of them."""
        lengths, value, arrays = _ALONE.get(slot.role, ()), slot.value, self.arrays
        return bool(lengths) and arrays.count(value) in lengths and arrays.depth(value) == 1

    def _join(self, boxes: Array, form: str, vectors: list[str]) -> None:
        """Finds what has a row for each box; refuses what has as many for some other reason."""
        settled = {self.image.path, *((name,) for name in (*vectors, *self.further))}
        for slot in self.targets:
            where = f"sample{slot.where}"
            instances = slot.role == "keypoints" and self._instances(slot) == len(boxes)
            alone = slot.path[-1:] == ("mask",) or not self.arrays.stacked(slot.value, slot.role)
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
            if len(boxes) and self.arrays.count(value) == len(boxes):
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
        return self.arrays.joined(rows, slot.where)

    def _back(
        self,
        slot: Slot,
        result: dict[str, Any],
        masks: Iterator[Array],
        canvas: Any,
        sources: "Sources",
    ) -> Any:
        """What has moved, in the form it came in."""
        made = self.arrays.made
        kept: Any = result.get("kept")
        if slot.role == "labels":
            return self._rows(slot, kept, sources)
        if slot.role == "area":
            rows = np.asarray(self._rows(slot, kept, sources), np.float64) * result["growth"]
            return like(slot.value, rows, made)
        if slot.role == "annotations":
            points = result.get("keypoints", np.empty((0, 2)))
            return self.annotations[slot.path].back(
                kept, result["bboxes"], points, tuple(canvas), made
            )
        if slot.role in MASKS:
            stacked = self.arrays.stacked(slot.value, slot.role)
            many = stacked or slot.role != "mask"
            moved = [next(masks) for _ in range(len(slot.value) if many else 1)]
            if slot.role == "instance_masks":
                moved = [moved[i] for i in kept]
            if not stacked:
                return [made(mask) for mask in moved] if many else made(moved[0], slot.value)
            kind = self.arrays.read(slot.value, slot.role).dtype
            return made(np.stack(moved) if moved else np.empty((0, *canvas), kind), slot.value)
        points = result[slot.role]
        rows = points[kept] if slot.path in self.followers else points
        # One box that has left the image is an empty row.
        rows = rows.ravel() if self._alone(slot) else rows
        return self.arrays.points_made(rows, slot.value, slot.role, canvas)
