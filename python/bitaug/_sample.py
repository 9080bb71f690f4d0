"""One sample of a data set in, one sample out, whatever its shape: what all adapters share."""

import contextlib
import copy
import dataclasses
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np

from . import _files, random
from ._fields import text
from ._transform import Array, Transform

Path: TypeAlias = tuple[Any, ...]
Fields: TypeAlias = Sequence[str | None] | Mapping[Any, Any]
Roles: TypeAlias = dict[Path, str | None]

_ROLES = ("image", "mask", "masks", "bboxes", "labels", "keypoints")
_NAMES: dict[str, str] = {role: role for role in _ROLES} | {"boxes": "bboxes"}


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
        return "".join(f"[{step!r}]" for step in self.path) or "the sample"


class Sample:
    """A sample taken apart. Its arrays are NumPy's; `bitaug.torch` has one of tensors."""

    def __init__(self, sample: Any, layout: str | None, fields: Fields | None) -> None:
        self.sample = sample
        roles = _roles(sample, fields)
        slots = list(self._slots(roles))
        images = [slot for slot in slots if slot.role == "image"]
        if len(images) != 1:
            places = ", ".join(slot.where for slot in images)
            raise TypeError(
                f"a sample has one image; {places or 'none'} found in {describe(sample)}: "
                "fields= says which it is"
            )
        (self.image,) = images
        self.targets = [slot for slot in slots if slot.role != "image"]
        self.array, self.layout = self._image(layout)
        height, width = self.array.shape[1:] if self.planar else self.array.shape[:2]
        self.canvas: tuple[int, int] = (height, width)
        self._refuse_unmoved(roles, {slot.path for slot in slots})

    @property
    def planar(self) -> bool:
        return self.layout == "CHW"

    @property
    def shape(self) -> list[int]:
        """Height, width and channels."""
        channels = 1 if self.array.ndim == 2 else self.array.shape[0 if self.planar else 2]
        return [*self.canvas, channels]

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
            if slot.role in ("mask", "masks"):
                arguments["masks"] += self._planes(slot)
            elif slot.role in arguments:
                raise TypeError(f"{slot.where}: a sample has one field of {slot.role}")
            elif slot.role != "labels":
                arguments[slot.role] = self._points(slot)
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
        changes = {self.image.path: self.wrap(moved if out is None else out)}
        masks = iter(result["masks"])
        for slot in self.targets:
            changes[slot.path] = self._back(slot, result, masks, canvas)
            if slot.role == "bboxes" and isinstance(_parent(self.sample, slot.path), Mapping):
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
        """The layout of an image that is an array."""
        return layout

    def _stacked(self, slot: Slot) -> bool:
        """Whether masks lie one behind the other, along the first axis."""
        return slot.role == "masks" and self._is_array(slot.value)

    def _points(self, slot: Slot) -> Array:
        """Boxes or keypoints as rows of numbers."""
        return self._numpy(slot)

    def _points_back(self, slot: Slot, points: Array, canvas: tuple[int, int]) -> Any:
        return points

    def _masks_back(self, slot: Slot, masks: list[Any], canvas: tuple[int, int]) -> Any:
        if not self._stacked(slot):
            return masks if slot.role == "masks" else masks[0]
        return np.stack(masks) if masks else np.empty((0, *canvas), slot.value.dtype)

    # What does not.

    def _slots(self, roles: Roles) -> Iterator[Slot]:
        found = [
            Slot(path, role, value)
            for path, value in leaves(self.sample)
            if value is not None and (role := self._role_of(path, value, roles)) is not None
        ]
        boxes = {slot.path[:-1] for slot in found if slot.role == "bboxes"}
        # The labels of a classifier stand alone.
        return (slot for slot in found if slot.role != "labels" or slot.path[:-1] in boxes)

    def _role_of(self, path: Path, value: Any, roles: Roles) -> str | None:
        for said in (path, path[:1]):
            if said in roles:
                return roles[said]
        by_name = _NAMES.get(path[-1]) if path and isinstance(path[-1], str) else None
        if by_name == "image" and len(path) > 1 and isinstance(self.sample, Mapping):
            by_name = None  # the name of its file, more often than a second image
        return self._role(value) or by_name

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
        fitting = {2: ("HW",), 3: ("HWC", "CHW")}.get(value.ndim, ())
        if not fitting or layout not in (None, *fitting):
            shown = tuple(value.shape)
            raise ValueError(f"image: shape {shown}, layout {layout}: one image, HW, HWC or CHW")
        return self._numpy(self.image), layout

    _KINDS: ClassVar[str] = "a NumPy array or a PIL image"

    def _planes(self, slot: Slot) -> list[Array]:
        """A field of masks as masks."""
        if self._stacked(slot):
            return list(self._numpy(slot))
        if slot.role == "masks":
            return [self._numpy(Slot(slot.path, "masks", value)) for value in slot.value]
        return [self._numpy(slot)]

    def _back(self, slot: Slot, result: dict[str, Any], masks: Iterator[Array], canvas: Any) -> Any:
        """What has moved, in the form it came in."""
        if slot.role == "labels":
            return self._kept(slot.value, result["dropped"])
        if slot.role in ("mask", "masks"):
            many = self._stacked(slot) or slot.role == "masks"
            count = len(slot.value) if many else 1
            return self._masks_back(slot, [self._made(next(masks)) for _ in range(count)], canvas)
        return self._points_back(slot, result[slot.role], canvas)

    def _kept(self, labels: Any, dropped: Array) -> Any:
        """The labels of the boxes that are left."""
        left = np.setdiff1d(np.arange(len(labels)), dropped)
        if self._is_array(labels):
            return self._made(labels[left])
        return type(labels)(labels[i] for i in left)

    def _refuse_unmoved(self, roles: Roles, moving: set[Path]) -> None:
        """A mask that nobody has named would stay behind while its image moves."""
        for path, value in leaves(self.sample):
            if path in moving or path in roles or path[:1] in roles:
                continue
            size = self._size(value)
            if size is not None and self.canvas in (size[:2], size[-2:]):
                where = "".join(f"[{step!r}]" for step in path)
                raise ValueError(
                    f"sample{where} is as large as the image and would not move with it: "
                    'fields= says what it is ("mask", or None if it is to stay)'
                )

    def _size(self, value: Any) -> tuple[int, ...] | None:
        """The axes of what could be an image."""
        if is_pil(value):
            return value.height, value.width
        return tuple(value.shape) if self._is_array(value) and value.ndim > 1 else None


Room: TypeAlias = Callable[[list[Sample]], Any]


class Augmenter:
    """What an adapter holds, or is: a pipeline, seed and stream, and what the samples are.

    Args:
        pipeline: any bitaug transform.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness, such as "train" or "val".
        layout: of the images, HW, HWC or CHW; by default as in a pipeline's call.
        fields: what the elements of a tuple are, or the entries of a dict by other names than
            image, mask, masks, bboxes, labels and keypoints; of a dict within it, a dict of the
            same. None passes through.
        threads: of a batch, as in a pipeline's call.
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
    ) -> None:
        check_source(pipeline, seed, stream)
        self.pipeline = pipeline
        self.seed = seed
        self.stream = stream
        self.layout = layout
        self.fields = fields
        self.threads = threads

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
        error.add_note(f"at index {index!r}" + ("" if file is None else f", {file}"))
        raise


def check_source(pipeline: Any, seed: Any, stream: Any) -> None:
    """What every adapter checks once, not at the first sample in some worker."""
    if not isinstance(pipeline, Transform):
        raise TypeError(f"pipeline: {type(pipeline).__name__} is not a bitaug transform")
    random.op_key("", seed=seed, stream=text(stream, "stream"))


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


def _parent(sample: Any, path: Path) -> Any:
    for step in path[:-1]:
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
        raise ValueError(f"fields={fields!r}: the sample is {describe(sample)}")
    else:
        given = dict(enumerate(fields))
    roles = dict(leaves(given))
    for role in roles.values():
        if role is not None and role not in _ROLES:
            allowed = ", ".join(_ROLES)
            raise ValueError(f"fields={fields!r}: {role!r} is not one of {allowed}, None")
    values = dict(sample.items() if isinstance(sample, Mapping) else enumerate(sample))
    for step, inner in given.items():
        value = values.get(step)
        if isinstance(inner, Mapping) and not isinstance(value, Mapping | None):
            raise TypeError(f"fields={fields!r}: {step!r} is {describe(value)}, not a dict")
    return roles


def is_pil(value: Any) -> bool:
    pil = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(value, pil.Image)
