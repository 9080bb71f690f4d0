"""Samples of tensors, and of torchvision's TVTensors."""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from .. import _core
from .._pipeline.transform import Transform
from .._samples.arrays import NUMPY, Arrays, image
from .._samples.roles import MASKS, Fields
from .._samples.sample import Address, Sample
from .._values.types import Array

_TV_ROLES = {"Image": "image", "Mask": "mask", "BoundingBoxes": "bboxes", "KeyPoints": "keypoints"}


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
            `keypoints`, which move with it. A dict within it is searched too, torchvision's
            TVTensors are known by their type, and what CocoDetection gives by its entries. Beside
            `boxes`, as in torchvision's detection targets, `masks`, `keypoints` of three axes,
            `area`, `iscrowd`, `scores` and the like follow their boxes. All else passes through,
            unless its name or size says that it should have moved.
            An image is a NumPy array, a PIL image (L, RGB, RGBA or I;16) or a tensor on the CPU.
        seed, stream, epoch, index, repeat: as in a pipeline's call.
        layout: of the image, HW, HWC or CHW. By default arrays are as a pipeline's call takes
            them, and tensors by the mirrored rule: of 3 axes CHW, if the first is at most 4 or
            smaller than both sides and it is not rather the last that looks like channels. All
            else is refused. A TVTensor's axes are known.
        fields: what the elements of a tuple are, or the entries of a dict by other names:
            `("image", "mask", None)`, `{"photo": "image", "depth": "mask"}`. A dict in place of a
            name says the same of a dict, or of dicts in a list. None passes through. Beside the
            above, `instance_masks` and `area` belong to the boxes as labels do; `annotations` are
            COCO's.

    Returns:
        The sample in its own shape. What has moved is a tensor, in the memory that it was written
        to; a TVTensor stays one, with its format and the new `canvas_size`. Boxes that were
        whole numbers become floats, float16 becomes float32. A dict with boxes gains `dropped`, the
        positions of those that have left the image.

    Raises:
        TypeError, ValueError: naming the field, the value and what is allowed; also if
            something as large as the image, with as many rows as there are boxes, with a name
            such as `bbox` or `landmarks` or, in a tuple, of the axes of a table of boxes or points
            would pass through and `fields` says nothing, or if `fields` names what is not there.

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
    return Sample(sample, layout, fields, TENSORS, pipeline._rules.kinds).run(pipeline, address)


def _image(value: Any, layout: str | None, targets: Sequence[Any]) -> tuple[Array, str | None]:
    if not isinstance(value, torch.Tensor):
        return image(value, layout, targets, "a NumPy array, a PIL image or a tensor")
    if _role(value):
        layout = "HW" if value.ndim == 2 else "CHW"
    layout = _core.layout("image", value.shape, layout, "image", tensor=True)
    array = _read(value, "image")
    if value.dtype not in (torch.uint8, torch.uint16, torch.float32):
        whole = ".to(torch.uint8) if its values are 0 to 255, .to(torch.uint16) if 0 to 65535"
        advice = ".to(torch.float32)" if value.is_floating_point() else whole
        raise TypeError(f"image: dtype {value.dtype} is not uint8, uint16 or float32: {advice}")
    return array, layout


def _read(value: Any, role: str) -> Array:
    if not isinstance(value, torch.Tensor):
        return NUMPY.read(value, role)
    if value.layout is not torch.strided:
        raise TypeError(f"{role}: a tensor of {value.layout}: .to_dense()")
    if value.device.type != "cpu":
        raise TypeError(f"{role}: a tensor on {value.device}; it must be on the CPU")
    if value.dtype is torch.bfloat16:
        raise TypeError(f"{role}: dtype {value.dtype}: .to(torch.float32)")
    array: Array = value.detach().as_subclass(torch.Tensor).numpy()
    return array


def _stacked(value: Any, role: str) -> bool:
    if not isinstance(value, torch.Tensor):
        return NUMPY.stacked(value, role)
    return role in MASKS[1:] or (role == "mask" and value.ndim == 3)


def _points(value: Any, role: str, canvas: tuple[int, int]) -> Any:
    """Those of a TVTensor's boxes by their corners."""
    if not isinstance(value, torch.Tensor):
        return NUMPY.points(value, role, canvas)
    if _role(value) is None:
        _check_further(value, role)
        return _read(value, role)
    array = _read(value, role)
    if tuple(value.canvas_size) != canvas:
        shown = tuple(value.canvas_size)
        raise ValueError(f"{role}: canvas_size={shown}: the image's is {canvas}")
    array = array.astype(np.float64)
    return array if role == "keypoints" else _corners(array, value.format.name)


def _check_further(value: torch.Tensor, role: str) -> None:
    """Refuses numbers beside coordinates that would be others in the tensor that comes back."""
    if not value.is_floating_point():
        further = value[..., 4 if role == "bboxes" else 2 :]
        kind = torch.get_default_dtype()
        if (other := further.to(kind).to(value.dtype) != further).any():
            raise ValueError(
                f"{role}: {further[other][0].item()} in a further column; they come back "
                f"as {kind}, which does not hold it: keep it apart, as labels do"
            )


def _made(array: Any, like: Any = None) -> Any:
    """As a TVTensor, if the other was one."""
    tensor = torch.as_tensor(array)
    return tensor if _role(like) is None else _tv().wrap(tensor, like=like)


def _points_made(points: Array, like: Any, role: str, canvas: tuple[int, int]) -> Any:
    if _role(like) is None:
        tensor = torch.from_numpy(points)
        whole = isinstance(like, torch.Tensor) and not like.is_floating_point()
        return tensor.to(torch.get_default_dtype()) if whole else tensor
    if role == "bboxes":
        points = _from_corners(points, like.format.name)
    floating = torch.get_default_dtype()
    if like.is_floating_point():
        floating = torch.promote_types(like.dtype, torch.float32)
    tensor = torch.from_numpy(points).to(floating)
    return _tv().wrap(tensor, like=like, canvas_size=tuple(canvas))


def _joined(parts: list[Any], where: str) -> Any:
    if not any(isinstance(part, torch.Tensor) for part in parts):
        return NUMPY.joined(parts, where)
    shown = [part for part in parts if len(part)] or parts[:1]
    kinds = {getattr(part, "dtype", type(part).__name__) for part in shown}
    if len(kinds) > 1:
        raise TypeError(
            f"{where}: {', '.join(sorted(map(str, kinds)))}: those of samples that are mixed "
            "are of one type"
        )
    return torch.cat(shown)


def _tv() -> Any:
    """torchvision.tv_tensors, if somebody has imported it: nobody else can have made one."""
    return sys.modules.get("torchvision.tv_tensors")


def _role(value: Any) -> str | None:
    """What a TVTensor is by its type."""
    tv = _tv()
    if tv is None or not isinstance(value, tv.TVTensor):
        return None
    role = _TV_ROLES.get(type(value).__name__)
    if role is None:
        raise TypeError(f"{type(value).__name__}: Image, Mask, BoundingBoxes, KeyPoints can move")
    return role


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


TENSORS = Arrays(
    role=_role, image=_image, read=_read, stacked=_stacked, points=_points, made=_made,
    points_made=_points_made, joined=_joined,
)  # fmt: skip
