"""One sample of a data set in, one sample out, whatever its shape: what all adapters share."""

import collections
import contextlib
import copy
import dataclasses
import functools
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar, TypeAlias

import numpy as np

from .. import _core, random
from .._images import files as _files
from .._pipeline.rows import Take, areas, check_areas, like, riders, table
from .._pipeline.transform import Array, Transform, check_names
from .._values.fields import shown
from .._values.fixed import Fixed
from ..ops.containers import BboxParams, Compose, with_white
from .coco import Annotations, is_coco, listed

Path: TypeAlias = tuple[Any, ...]
Fields: TypeAlias = Sequence[str | None] | Mapping[Any, Any]
Roles: TypeAlias = dict[Path, str | None]

_NAMES: dict[str, str] = {
    name: name for name in ("image", "mask", "masks", "bboxes", "labels", "keypoints")
} | {"boxes": "bboxes"}
_ROLES = (*dict.fromkeys(_NAMES.values()), "instance_masks", "area", "annotations")
# What stands beside boxes by these names belongs to them, and is of the image.
_OF_BOXES = {"iscrowd": "labels", "scores": "labels", "class_labels": "labels", "area": "area"}
_OF_BOXES |= {"category_id": "labels", "category_ids": "labels"}
_OF_IMAGE = ("image_id", "orig_size")
_WITH_BOXES = ("labels", "area", "instance_masks")
_MASKS = ("mask", "masks", "instance_masks")
# What is looked into for numbers.
_SEVERAL = (Mapping, list, tuple, collections.deque, collections.UserList, AbstractSet)
# The numbers of one box or point that is no row of a table.
_ALONE = {"bboxes": (4,), "keypoints": (2, 3)}

# Names of what has a place in the image, and of what may hold such, in small letters and `_`.
_PLACES = re.compile(
    r"bbox|bndbox|boxes|bounding_?box|landmark|key_?point|kpts|poly(?:gon|s|(?![a-z]))|"
    r"segmentation|contour|skeleton|"
    r"(?<![a-z])(?:[hfv]?box|bbs?|rle|points?|pts|kps?|lms|corners|vertices|joints|rois?|pose|"
    r"rects?|quads?|obbs?|coords?|coordinates|xyxy|c?xc?ywh|outlines?|hulls?|anchors|"
    r"centers?(?!_)|[xy]_?(?:min|max))(?![a-z])"
)
_HOLDERS = re.compile(
    r"(?<![a-z])(?:annotations?|anns?|annots?|targets?|objects?|instances?|detections?|dets?|"
    r"proposals|regions?|gt|ground_?truth)(?![a-z])"
)


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
        return _shown(self.path) or "the sample"


class Sample:
    """A sample taken apart. Its arrays are NumPy's; `bitaug.torch` has one of tensors."""

    def __init__(self, sample: Any, layout: str | None, fields: Fields | None) -> None:
        check_names("", layout)
        self.sample = sample
        self.roles = _roles(sample, fields)
        slots = list(self._slots(self.roles))
        images = [slot for slot in slots if slot.role == "image"]
        if len(images) != 1:
            places = ", ".join(slot.where for slot in images)
            raise TypeError(
                f"a sample has one image; {places or 'none'} found in {describe(sample)}: "
                "fields= says which it is"
            )
        (self.image,) = images
        self.targets = [slot for slot in slots if slot.role != "image"]
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
        return {"shape": self.shape, "dtype": self.array.dtype, "layout": "HWC"}

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
            beside = _at(self.sample, slot.path[:-1]) if slot.role == "bboxes" else None
            if isinstance(beside, Mapping) and "dropped" in beside:
                raise ValueError(
                    f"sample{_shown((*slot.path[:-1], 'dropped'))} is there: the positions of the "
                    "boxes that leave the image are written there; give it another name"
                )
            if (form := self._form(slot)) is not None:
                pipeline = with_format(pipeline, form)
        if "bboxes" in arguments:
            arguments["bboxes"] = table(arguments["bboxes"], "bboxes", 4)
            self._join(arguments["bboxes"], box_format(pipeline))
        for slot in self.targets:
            if slot.role in _WITH_BOXES and slot.path not in self.followers:
                raise TypeError(f"{slot.where}: {slot.role} without bboxes")
        return pipeline, arguments

    def run(self, pipeline: Transform, address: Address, out: Any = None) -> Any:
        """The sample through the pipeline; its image into `out`, if that is given."""
        pipeline, arguments = self.targets_for(pipeline)
        result = pipeline(
            image=self.array, **arguments, **vars(address),
            layout=self.layout, out=None if out is None else np.asarray(out),
        )  # fmt: skip
        planar = pipeline._pipeline.output(self.shape, self.array.dtype.name)[1] or self.planar
        moved = result["image"]
        canvas = moved.shape[1:] if planar else moved.shape[:2]
        if "bboxes" in result:
            count, form = len(arguments["bboxes"]), box_format(pipeline)
            result["kept"] = np.setdiff1d(np.arange(count), result["dropped"])
            before = areas(arguments["bboxes"], form, self.canvas)[result["kept"]]
            after = areas(result["bboxes"], form, canvas)
            result["growth"] = np.where(before > 0, after / np.where(before > 0, before, 1), 1)
        changes = {self.image.path: self.wrap(moved if out is None else out)}
        masks = iter(result["masks"])
        for slot in self.targets:
            changes[slot.path] = self._back(slot, result, masks, canvas)
            if slot.role == "bboxes" and isinstance(_at(self.sample, slot.path[:-1]), Mapping):
                changes[(*slot.path[:-1], "dropped")] = self._made(result["dropped"])
        return replace(self.sample, changes)

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
        return slot.role in _MASKS[1:] and self._is_array(slot.value)

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
            beside_them = _at(self.sample, place)
            for entry in (*_OF_BOXES, "labels") if isinstance(beside_them, Mapping) else ():
                path = (*place, entry)
                if isinstance(beside_them.get(entry), Mapping) and not _said(path, roles):
                    raise TypeError(
                        f"sample{_shown(path)} is a dict beside boxes; a list or an array, with a "
                        "row for each box, is needed: fields= says None, to let it stay"
                    )
        for path, value in leaves(self.sample):
            said, name = _said(path, roles), path[-1] if path else None
            beside = path[:-1] in boxes and not said
            rows = self._count(value) is not None or isinstance(value, Iterator)
            if beside and name in _OF_BOXES and rows:
                found[path] = value, _OF_BOXES[name]
            elif beside and name == "masks" and path in found and (*path[:-1], "boxes") in found:
                found[path] = value, "instance_masks"
            # The labels of a classifier stand alone.
            alone = not (boxes if said else beside)
            if alone and path in found and found[path][1] == "labels":
                del found[path]
        return (Slot(path, role, value) for path, (value, role) in found.items())

    def _role_of(self, path: Path, value: Any, roles: Roles) -> str | None:
        if _said(path, roles):
            within = (path[:end] for end in range(len(path), -1, -1))
            return next((roles[said] for said in within if said in roles), "annotations")
        by_name = _NAMES.get(path[-1]) if path and isinstance(path[-1], str) else None
        if by_name == "image" and len(path) > 1 and isinstance(self.sample, Mapping):
            by_name = None  # the name of its file, more often than a second image
        return self._role(value) or ("annotations" if is_coco(value) else by_name)

    def _image(self, layout: str | None) -> tuple[Array, str | None]:
        value = self.image.value
        if is_pil(value):
            try:
                for slot in (self.image, *self.targets) if self.targets else ():
                    if is_pil(slot.value):
                        _files.refuse_turned(slot.value)
                array = _files.values(value)
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
        if slot.role in _MASKS:
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

    def _join(self, boxes: Array, form: str) -> None:
        """Finds what has a row for each box; refuses what has as many for some other reason."""
        settled = {self.image.path}
        for slot in self.targets:
            where = f"sample{slot.where}"
            instances = slot.role == "keypoints" and self._instances(slot) == len(boxes)
            alone = slot.path[-1:] == ("mask",) or not self._stacked(slot)
            if instances or slot.role in _WITH_BOXES:
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
            if path in settled or _said(path, self.roles) or path[-1] in _OF_IMAGE:
                continue
            if len(boxes) and self._count(value) == len(boxes):
                raise ValueError(
                    f"sample{_shown(path)} has {len(boxes)} rows, as there are boxes: fields= says "
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

    def _back(self, slot: Slot, result: dict[str, Any], masks: Iterator[Array], canvas: Any) -> Any:
        """What has moved, in the form it came in."""
        kept: Any = result.get("kept")
        if slot.role == "labels":
            return self.followers[slot.path](kept)
        if slot.role == "area":
            rows = np.asarray(slot.value, np.float64)[kept] * result["growth"]
            return like(slot.value, rows, self._made)
        if slot.role == "annotations":
            points = result.get("keypoints", np.empty((0, 2)))
            return self._annotations[slot.path].back(
                kept, result["bboxes"], points, tuple(canvas), self._made
            )
        if slot.role in _MASKS:
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
                    f"sample{_shown(path)} is as large as the image and would not move with it: "
                    'fields= says what it is ("mask", or None if it is to stay)'
                )
            name = next((step for step in reversed(path) if isinstance(step, str)), "")
            name = re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", "_", name).lower()
            if (
                self._role(value) is not None
                or (_PLACES.search(name) and self._depth(value) > 0)
                or (_HOLDERS.search(name) and _is_rows(value) and self._depth(value) > 1)
                or (not name and len(path) == 1 and self._is_table(value))
            ):
                raise ValueError(
                    f"sample{_shown(path)} would not move with the image: fields= says "
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
            return f"{{{path[-1]!r}: None}} of {_shown(whole)}, to let it stay"
        box = of_dicts and self._count(value) == 4 and self._depth(value) == 1
        moves = f'{{{path[-1]!r}: "bboxes"}} of {_shown(whole)}, or ' if box else ""
        return f"{moves}None of {_shown(whole)}, to let it stay"

    def _is_dict(self, path: Path) -> bool:
        return isinstance(_at(self.sample, path), Mapping)

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
        if isinstance(value, _SEVERAL):
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
        if is_pil(value):
            return value.height, value.width
        shape = tuple(getattr(value, "shape", ()))
        return shape if len(shape) > 1 else None


Room: TypeAlias = Callable[[list[Sample]], Any]


class Augmenter(Fixed):
    """What an adapter holds, or is: a pipeline, seed and stream, and what the samples are.

    Args:
        pipeline: any bitaug transform.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness, such as "train" or "val".
        layout: of the images, HW, HWC or CHW; by default as in a pipeline's call.
        fields: what the elements of a tuple are, or the entries of a dict by other names than
            image, mask, masks, bboxes, labels and keypoints: one of these, or instance_masks or
            area, which belong to the boxes as labels do, or annotations, which are COCO's. Of a
            dict within it, or of dicts in a list, a dict of the same. None passes through. A
            sample without what it names is refused, but for images and None.
        threads: of a batch, as in a pipeline's call.
        white: the value that stands for white, as for Compose.
    """

    _kind: ClassVar[type[Sample]] = Sample

    def __init__(
        self,
        pipeline: Transform,
        *,
        seed: int,
        stream: str,
        layout: str | None = None,
        fields: Fields | None = None,
        threads: int | None = None,
        white: float | None = None,
    ) -> None:
        check_source(pipeline, seed, stream, layout)
        self.pipeline = with_white(pipeline, white)
        self.seed = seed
        self.stream = stream
        self.layout = layout
        self.fields = fields
        self.threads = threads

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the bytes beside a sample and its address, as plain data for states."""
        return {
            "pipeline": self.pipeline.digest,
            "seed": int(self.seed),
            "stream": self.stream,
            "layout": self.layout,
            "fields": None if self.fields is None else repr(self.fields),
        }

    def one(self, sample: Any, epoch: int, index: int | str, repeat: int = 0) -> Any:
        """A sample, augmented: in its own shape, what has moved as its kind has arrays."""
        address = Address(self.seed, self.stream, epoch, index, repeat)
        with naming(index):
            return self._kind(sample, self.layout, self.fields).run(self.pipeline, address)

    def batch(
        self,
        samples: Sequence[Any],
        epochs: Sequence[int],
        indices: Sequence[Any],
        repeats: Sequence[int] | None = None,
        room: Room | None = None,
        stack: bool = False,
    ) -> list[Any]:
        """The same of many; images of one layout without targets in one call, on all cores.

        Args:
            samples, epochs, indices, repeats: one for each; without `repeats` they are 0.
            room: gives memory for the images of all samples, so that they come as a `Batch`, or
                None where their outputs are not known to be alike.
            stack: what is one call comes as a `Batch` without it too, or is an error.
        """
        taken = []
        for sample, index in zip(samples, indices, strict=True):
            with naming(index):
                taken.append(self._kind(sample, self.layout, self.fields))
        if not taken:
            return []
        repeats = repeats or [0] * len(taken)
        images = None if room is None else room(taken)
        if len({sample.layout for sample in taken}) > 1 or any(sample.targets for sample in taken):
            made = []
            outs = [None] * len(taken) if images is None else images
            for sample, *at, out in zip(taken, epochs, indices, repeats, outs, strict=True):
                address = Address(self.seed, self.stream, *at)
                with naming(address.index):
                    made.append(sample.run(self.pipeline, address, out))
        else:
            stack = stack or images is not None
            result = self.pipeline(
                [sample.array for sample in taken],
                seed=self.seed, stream=self.stream, epoch=epochs, index=indices, repeat=repeats,
                layout=taken[0].layout, threads=self.threads,
                out=None if images is None else np.asarray(images),
                stack=stack,
            )  # fmt: skip
            views = result if images is None else images
            images = views if stack else None
            made = [
                replace(sample.sample, {sample.image.path: sample.wrap(view)})
                for sample, view in zip(taken, views, strict=True)
            ]
        paths = {sample.image.path for sample in taken}
        return made if images is None or len(paths) > 1 else Batch(made, images, paths.pop())


class Batch(list[Any]):
    """Samples whose images are views of one array, or tensor."""

    def __init__(self, samples: list[Any], images: Any, path: Path) -> None:
        super().__init__(samples)
        self.images = images
        self.path = path

    def collate(self, others: Callable[[list[Any]], Any]) -> Any:
        """The images as they lie, and what `others` makes of the other fields."""
        rest = others([replace(sample, {self.path: 0}) for sample in self])
        return replace(rest, {self.path: self.images})


@contextlib.contextmanager
def naming(index: int | str, path: Callable[[], str | None] = lambda: None) -> Iterator[None]:
    """Says in errors, of whatever kind, which sample it was: many are on their way at the same
    time. `path` tells the file it is in, if that is known."""
    try:
        yield
    except Exception as error:
        file = path()
        error.add_note(f"at index {shown(index)}" + ("" if file is None else f", {file}"))
        raise


def check_source(pipeline: Any, seed: Any, stream: Any, layout: Any = None) -> None:
    """What every adapter checks once, not at the first sample in some worker."""
    if not isinstance(pipeline, Transform):
        raise TypeError(f"pipeline: {type(pipeline).__name__} is not a bitaug transform")
    check_names(stream, layout)
    random.op_key("", seed=seed, stream=stream)


def replace(sample: Any, changes: Mapping[Path, Any]) -> Any:
    """A copy of a sample with other values at some paths."""
    if () in changes:
        return changes[()]
    below: dict[Any, dict[Path, Any]] = {}
    for path, value in changes.items():
        below.setdefault(path[0], {})[path[1:]] = value
    new: Any = copy.copy(sample) if isinstance(sample, Mapping) else list(sample)
    for step, inner in below.items():
        new[step] = inner[()] if () in inner else replace(sample[step], inner)
    if hasattr(sample, "_fields"):
        return type(sample)(*new)
    return tuple(new) if isinstance(sample, tuple) else new


def describe(sample: Any) -> str:
    if isinstance(sample, Mapping):
        return f"a dict of {', '.join(map(repr, sample))}"
    if isinstance(sample, tuple | list):
        kinds = ", ".join(type(item).__name__ for item in sample)
        return f"a {type(sample).__name__} of {kinds}"
    return f"a {type(sample).__name__}"


def _shown(path: Path) -> str:
    return "".join(f"[{step!r}]" for step in path)


def _is_rows(value: Any) -> bool:
    """Whether a field is no list of dicts, whose entries have names of their own."""
    return not isinstance(value, Mapping) and not listed(value)


def parts(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """A sample's fields and all that lies within them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = vars(value)
    if path and hasattr(value, "_asdict"):
        value = value._asdict()
    if listed(value):  # in an array too
        value = list(value)
    if path:
        yield path, value
    if isinstance(value, _SEVERAL):
        for step, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
            if not isinstance(inner, str | int | float | None):
                yield from parts(inner, (*path, step))
            elif isinstance(value, Mapping):
                yield (*path, step), inner


def _at(sample: Any, path: Path) -> Any:
    for step in path:
        sample = sample[step]
    return sample


def leaves(sample: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The fields of a sample, and of the dicts within it."""
    if not isinstance(sample, Mapping) and (path or not isinstance(sample, tuple | list)):
        yield path, sample
        return
    for step, value in sample.items() if isinstance(sample, Mapping) else enumerate(sample):
        yield from leaves(value, (*path, step))


def _roles(sample: Any, fields: Fields | None) -> Roles:
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
        if role is not None and role not in _ROLES:
            allowed = ", ".join(_ROLES)
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


def _said(path: Path, roles: Roles) -> bool:
    """Whether `fields` speaks of a field, of what it lies in, or of what lies in it."""
    named = [path[:i] for i in range(len(path) + 1)]
    return any(place in roles for place in named) or any(
        said[: len(path)] == path for said in roles
    )


def box_format(pipeline: Transform) -> str:
    params = pipeline.bbox_params if isinstance(pipeline, Compose) else None
    return "pascal_voc" if params is None else params.format


@functools.lru_cache(maxsize=16)
def with_format(pipeline: Transform, form: str) -> Transform:
    """The pipeline for boxes of a format; its draws are the same."""
    if box_format(pipeline) == form:
        return pipeline
    if not isinstance(pipeline, Compose):
        pipeline = Compose([pipeline])
    changed: Any = {"format": form}
    params = dataclasses.replace(pipeline.bbox_params or BboxParams(), **changed)
    return dataclasses.replace(pipeline, bbox_params=params)


def is_pil(value: Any) -> bool:
    pil = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(value, pil.Image)
