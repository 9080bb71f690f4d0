"""One sample in, one sample out: NumPy arrays, PIL images, tensors, torchvision's TVTensors."""

import copy
import dataclasses
import functools
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch

from .._transform import Array, Transform
from ..compose import Compose

Path: TypeAlias = tuple[Any, ...]
Fields: TypeAlias = Sequence[str | None] | Mapping[Any, str | None]
Roles: TypeAlias = dict[Path, str | None]

_ROLES = ("image", "mask", "masks", "bboxes", "labels", "keypoints")
_NAMES: dict[str, str] = {role: role for role in _ROLES} | {"boxes": "bboxes"}
_TV_ROLES = {"Image": "image", "Mask": "mask", "BoundingBoxes": "bboxes", "KeyPoints": "keypoints"}
_MODES = ("L", "RGB", "RGBA", "I;16")


def transform(
    pipeline: Transform,
    sample: Any,
    *,
    seed: int,
    stream: str,
    epoch: int,
    index: int | str,
    repeat: int = 0,
    layout: str | None = None,
    fields: Fields | None = None,
) -> Any:
    """Augments one sample, as it comes out of a data set.

    Args:
        pipeline: any bitaug transform.
        sample: an image; a tuple or list whose first element is one; or a dict with `image` and,
            if it has them, `mask`, `masks`, `bboxes` (or `boxes`) and their `labels`, and
            `keypoints`, which move with it. A dict within a tuple is searched too, and
            torchvision's TVTensors are known by their type. All else passes through.
            An image is a NumPy array, a PIL image (L, RGB, RGBA or I;16) or a tensor on the CPU.
        seed, stream, epoch, index, repeat: as in a pipeline's call.
        layout: of the image, HW, HWC or CHW. By default tensors are CHW, or HW if they have two
            axes; arrays are as a pipeline's call takes them.
        fields: what the elements of a tuple are, or the entries of a dict by other names:
            `("image", "mask", None)`, `{"photo": "image", "depth": "mask"}`. None passes through.

    Returns:
        The sample in its own shape. What has moved is a tensor, in the memory that it was written
        to; a TVTensor stays one, with its format and the new `canvas_size`. Boxes that were
        whole numbers become floats. A dict with boxes gains `dropped`, the positions of those
        that have left the image.

    Raises:
        TypeError, ValueError: naming the field, the value and what is allowed; also if
            something as large as the image would pass through unmoved and `fields` says nothing.

    Examples:
        >>> import torch, bitaug.torch, bitaug as ba
        >>> from bitaug.torch import transform
        >>> photo = torch.arange(6, dtype=torch.uint8).reshape(1, 2, 3)
        >>> image, label = transform(
        ...     ba.HorizontalFlip(p=1), (photo, 7), seed=1, stream="train", epoch=0, index=0
        ... )
        >>> image
        tensor([[[2, 1, 0],
                 [5, 4, 3]]], dtype=torch.uint8)
    """
    address = Address(seed, stream, epoch, index, repeat)
    return Sample(sample, layout, fields).run(pipeline, address)


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
    """A sample taken apart."""

    def __init__(self, sample: Any, layout: str | None, fields: Fields | None) -> None:
        self.sample = sample
        roles = _roles(sample, fields)
        slots = list(_slots(sample, roles))
        images = [slot for slot in slots if slot.role == "image"]
        if len(images) != 1:
            places = ", ".join(slot.where for slot in images)
            raise TypeError(
                f"a sample has one image; {places or 'none'} found in {_describe(sample)}: "
                "fields= says which it is"
            )
        (self.image,) = images
        self.targets = [slot for slot in slots if slot.role != "image"]
        self.array, self.layout = _image(self.image, layout)
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
        moving = [slot for slot in self.targets if slot.role != "labels"]
        if any(slot.role == "bboxes" and _tv_role(slot.value) for slot in moving):
            pipeline = _with_corners(pipeline)
        arguments: dict[str, Any] = {"masks": []}
        for slot in moving:
            if slot.role in ("mask", "masks"):
                arguments["masks"] += _planes(slot)
            elif slot.role in arguments:
                raise TypeError(f"{slot.where}: a sample has one field of {slot.role}")
            else:
                arguments[slot.role] = _points(slot, self.canvas)
        return pipeline, arguments

    def run(self, pipeline: Transform, address: Address, out: Array | None = None) -> Any:
        """The sample through the pipeline; its image into `out`, if that is given."""
        pipeline, arguments = self.targets_for(pipeline)
        result = pipeline(
            image=self.array, **arguments, **vars(address),
            layout=self.layout, out=out,
        )  # fmt: skip
        planar = pipeline._pipeline.output(self.shape, self.array.dtype.name)[1] or self.planar
        moved = result["image"]
        canvas = moved.shape[1:] if planar else moved.shape[:2]
        changes = {self.image.path: self.wrap(torch.from_numpy(moved))}
        masks = iter(result["masks"])
        for slot in self.targets:
            changes[slot.path] = _back(slot, result, masks, canvas)
            if slot.role == "bboxes" and isinstance(_parent(self.sample, slot.path), Mapping):
                changes[(*slot.path[:-1], "dropped")] = torch.from_numpy(result["dropped"])
        return replace(self.sample, changes)

    def wrap(self, image: torch.Tensor) -> Any:
        """An output as a TVTensor, if the image was one."""
        if _tv_role(self.image.value) is None:
            return image
        return _tv().wrap(image, like=self.image.value)

    def _refuse_unmoved(self, roles: Roles, moving: set[Path]) -> None:
        """A mask that nobody has named would stay behind while its image moves."""
        for path, value in _leaves(self.sample):
            if path in moving or path in roles or path[:1] in roles:
                continue
            size = _size(value)
            if size is not None and self.canvas in (size[:2], size[-2:]):
                where = "".join(f"[{step!r}]" for step in path)
                raise ValueError(
                    f"sample{where} is as large as the image and would not move with it: "
                    'fields= says what it is ("mask", or None if it is to stay)'
                )


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


def _describe(sample: Any) -> str:
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


def _leaves(sample: Any) -> Iterator[tuple[Path, Any]]:
    """The fields of a sample: those of a dict within a tuple too."""
    if isinstance(sample, Mapping):
        for name, value in sample.items():
            yield (name,), value
    elif isinstance(sample, tuple | list):
        for place, value in enumerate(sample):
            if isinstance(value, Mapping):
                for name, inner in value.items():
                    yield (place, name), inner
            else:
                yield (place,), value
    else:
        yield (), sample


def _slots(sample: Any, roles: Roles) -> Iterator[Slot]:
    found = [
        Slot(path, role, value)
        for path, value in _leaves(sample)
        if value is not None and (role := _role(path, value, roles)) is not None
    ]
    boxes = {slot.path[:-1] for slot in found if slot.role == "bboxes"}
    # The labels of a classifier stand alone.
    return (slot for slot in found if slot.role != "labels" or slot.path[:-1] in boxes)


def _role(path: Path, value: Any, roles: Roles) -> str | None:
    for said in (path, path[:1]):
        if said in roles:
            return roles[said]
    by_name = _NAMES.get(path[-1]) if path and isinstance(path[-1], str) else None
    return _tv_role(value) or by_name


def _roles(sample: Any, fields: Fields | None) -> Roles:
    """What `fields` says of some paths; None is to pass through."""
    if not isinstance(sample, Mapping | tuple | list):
        return {(): "image"}
    if fields is None:
        return {} if isinstance(sample, Mapping) else {(0,): "image"}
    if isinstance(fields, Mapping):
        given = dict(fields)
    elif isinstance(fields, str) or len(fields) != len(sample) or isinstance(sample, Mapping):
        raise ValueError(f"fields={fields!r}: the sample is {_describe(sample)}")
    else:
        given = dict(enumerate(fields))
    for role in given.values():
        if role is not None and role not in _ROLES:
            allowed = ", ".join(_ROLES)
            raise ValueError(f"fields={fields!r}: {role!r} is not one of {allowed}, None")
    return {(step,): role for step, role in given.items()}


def _tv() -> Any:
    """torchvision.tv_tensors, if somebody has imported it: nobody else can have made one."""
    return sys.modules.get("torchvision.tv_tensors")


def _tv_role(value: Any) -> str | None:
    """What a TVTensor is by its type."""
    tv = _tv()
    if tv is None or not isinstance(value, tv.TVTensor):
        return None
    role = _TV_ROLES.get(type(value).__name__)
    if role is None:
        raise TypeError(f"{type(value).__name__}: Image, Mask, BoundingBoxes, KeyPoints can move")
    return role


def _is_pil(value: Any) -> bool:
    pil = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(value, pil.Image)


def _size(value: Any) -> tuple[int, ...] | None:
    """The axes of what could be an image."""
    if _is_pil(value):
        return value.height, value.width
    shape = getattr(value, "shape", ())
    return tuple(shape) if isinstance(value, torch.Tensor | np.ndarray) and len(shape) > 1 else None


def _numpy(slot: Slot) -> Array:
    """A field as an array, in the same memory if it has any."""
    value = slot.value
    if isinstance(value, torch.Tensor):
        if value.device.type != "cpu":
            raise TypeError(f"{slot.role}: a tensor on {value.device}; it must be on the CPU")
        array: Array = value.detach().as_subclass(torch.Tensor).numpy()
        return array
    return np.asarray(value)


def _image(slot: Slot, layout: str | None) -> tuple[Array, str | None]:
    value = slot.value
    if _is_pil(value):
        if value.mode not in _MODES:
            raise ValueError(
                f"image: PIL mode {value.mode!r}: one of {', '.join(_MODES)}; "
                'convert it first, as by .convert("RGB")'
            )
        return np.asarray(value), "HW" if value.mode in ("L", "I;16") else "HWC"
    if not isinstance(value, np.ndarray | torch.Tensor):
        raise TypeError(
            f"image: {type(value).__name__} is not a NumPy array, a PIL image or a tensor"
        )
    if isinstance(value, torch.Tensor) and (layout is None or _tv_role(value)):
        layout = "HW" if value.ndim == 2 else "CHW"
    fitting = {2: ("HW",), 3: ("HWC", "CHW")}.get(value.ndim, ())
    if not fitting or layout not in (None, *fitting):
        shown = tuple(value.shape)
        raise ValueError(f"image: shape {shown}, layout {layout}: one image, HW, HWC or CHW")
    return _numpy(slot), layout


def _stacked(slot: Slot) -> bool:
    """Whether masks lie one behind the other, along the first axis."""
    value = slot.value
    if slot.role == "masks":
        return isinstance(value, torch.Tensor | np.ndarray)
    return isinstance(value, torch.Tensor) and value.ndim == 3


def _planes(slot: Slot) -> list[Array]:
    """A field of masks as masks."""
    if _stacked(slot):
        return list(_numpy(slot))
    if slot.role == "masks":
        return [_numpy(Slot(slot.path, "masks", value)) for value in slot.value]
    return [_numpy(slot)]


def _points(slot: Slot, canvas: tuple[int, int]) -> Array:
    """Boxes or keypoints as rows of numbers; a TVTensor's boxes by their corners."""
    array = _numpy(slot)
    if _tv_role(slot.value) is None:
        return array
    if tuple(slot.value.canvas_size) != canvas:
        raise ValueError(
            f"{slot.role}: canvas_size={tuple(slot.value.canvas_size)}: the image's is {canvas}"
        )
    array = array.astype(np.float64)
    if slot.role == "keypoints":
        return array.reshape(-1, 2)
    return _corners(array, slot.value.format.name)


def _corners(boxes: Array, form: str) -> Array:
    if form == "XYXY":
        return boxes
    low, size = boxes[:, :2], boxes[:, 2:]
    if form == "XYWH":
        return np.concatenate([low, low + size], axis=1)
    if form == "CXCYWH":
        return np.concatenate([low - size / 2, low + size / 2], axis=1)
    raise ValueError(f"bboxes: format {form}: XYXY, XYWH or CXCYWH")


def _from_corners(boxes: Array, form: str) -> Array:
    if form == "XYXY":
        return boxes
    low, high = boxes[:, :2], boxes[:, 2:]
    start = low if form == "XYWH" else (low + high) / 2
    return np.concatenate([start, high - low], axis=1)


@functools.lru_cache(maxsize=16)
def _with_corners(pipeline: Transform) -> Transform:
    """The pipeline for boxes of left, top, right, bottom; its draws are the same."""
    if not isinstance(pipeline, Compose) or pipeline.bbox_params is None:
        return pipeline
    params = dataclasses.replace(pipeline.bbox_params, format="pascal_voc")
    return dataclasses.replace(pipeline, bbox_params=params)


def _back(slot: Slot, result: dict[str, Any], masks: Iterator[Array], canvas: Any) -> Any:
    """What has moved, in the form it came in."""
    value = slot.value
    if slot.role == "labels":
        return _kept(value, result["dropped"])
    if slot.role in ("mask", "masks"):
        count = len(value) if _stacked(slot) or slot.role == "masks" else 1
        moved = [torch.from_numpy(next(masks)) for _ in range(count)]
        if not _stacked(slot):
            return moved if slot.role == "masks" else _like(moved[0], value)
        empty = torch.empty((0, *canvas), dtype=torch.from_numpy(_numpy(slot)).dtype)
        return _like(torch.stack(moved) if moved else empty, value)
    points = result[slot.role]
    if _tv_role(value) is None:
        tensor = torch.from_numpy(points)
        whole = isinstance(value, torch.Tensor) and not value.is_floating_point()
        return tensor.to(torch.get_default_dtype()) if whole else tensor
    if slot.role == "bboxes":
        points = _from_corners(points, value.format.name)
    floating = value.dtype if value.is_floating_point() else torch.get_default_dtype()
    shape = value.shape if slot.role == "keypoints" else points.shape
    tensor = torch.from_numpy(points).to(floating).reshape(shape)
    return _tv().wrap(tensor, like=value, canvas_size=tuple(canvas))


def _like(tensor: torch.Tensor, value: Any) -> Any:
    return tensor if _tv_role(value) is None else _tv().wrap(tensor, like=value)


def _kept(labels: Any, dropped: Array) -> Any:
    """The labels of the boxes that are left."""
    left = np.setdiff1d(np.arange(len(labels)), dropped)
    if isinstance(labels, torch.Tensor | np.ndarray):
        return torch.as_tensor(labels[left])
    return type(labels)(labels[i] for i in left)
