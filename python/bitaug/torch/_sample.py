"""Samples of tensors, and of torchvision's TVTensors."""

import dataclasses
import functools
import sys
from typing import Any, ClassVar

import numpy as np
import torch

from .._sample import Address, Fields, Sample, Slot
from .._transform import Array, Transform
from ..compose import Compose

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
            `keypoints`, which move with it. A dict within it is searched too, and
            torchvision's TVTensors are known by their type. All else passes through.
            An image is a NumPy array, a PIL image (L, RGB, RGBA or I;16) or a tensor on the CPU.
        seed, stream, epoch, index, repeat: as in a pipeline's call.
        layout: of the image, HW, HWC or CHW. By default tensors are CHW, or HW if they have two
            axes; arrays are as a pipeline's call takes them.
        fields: what the elements of a tuple are, or the entries of a dict by other names:
            `("image", "mask", None)`, `{"photo": "image", "depth": "mask"}`. A dict in place of a
            name says the same of a dict. None passes through.

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
    return TensorSample(sample, layout, fields).run(pipeline, address)


class TensorSample(Sample):
    """A sample taken apart; what has moved comes back as tensors."""

    _KINDS: ClassVar[str] = "a NumPy array, a PIL image or a tensor"

    def targets_for(self, pipeline: Transform) -> tuple[Transform, dict[str, Any]]:
        if any(slot.role == "bboxes" and _tv_role(slot.value) for slot in self.targets):
            pipeline = _with_corners(pipeline)
        return super().targets_for(pipeline)

    def wrap(self, image: Any) -> Any:
        """An output as a tensor; as a TVTensor, if the image was one."""
        return _like(torch.as_tensor(image), self.image.value)

    def _made(self, array: Array) -> Any:
        return torch.as_tensor(array)

    def _is_array(self, value: Any) -> bool:
        return isinstance(value, torch.Tensor | np.ndarray)

    def _numpy(self, slot: Slot) -> Array:
        value = slot.value
        if not isinstance(value, torch.Tensor):
            return super()._numpy(slot)
        if value.device.type != "cpu":
            raise TypeError(f"{slot.role}: a tensor on {value.device}; it must be on the CPU")
        if value.dtype is torch.bfloat16:
            raise TypeError(f"{slot.role}: dtype {value.dtype}: .to(torch.float32)")
        array: Array = value.detach().as_subclass(torch.Tensor).numpy()
        return array

    def _role(self, value: Any) -> str | None:
        return _tv_role(value)

    def _layout(self, value: Any, layout: str | None) -> str | None:
        if isinstance(value, torch.Tensor) and (layout is None or _tv_role(value)):
            return "HW" if value.ndim == 2 else "CHW"
        return layout

    def _stacked(self, slot: Slot) -> bool:
        if slot.role == "masks":
            return self._is_array(slot.value)
        return isinstance(slot.value, torch.Tensor) and slot.value.ndim == 3

    def _points(self, slot: Slot) -> Array:
        """Boxes or keypoints as rows of numbers; a TVTensor's boxes by their corners."""
        array = self._numpy(slot)
        if _tv_role(slot.value) is None:
            return array
        if tuple(slot.value.canvas_size) != self.canvas:
            shown = tuple(slot.value.canvas_size)
            raise ValueError(f"{slot.role}: canvas_size={shown}: the image's is {self.canvas}")
        array = array.astype(np.float64)
        if slot.role == "keypoints":
            return array.reshape(-1, 2)
        return _corners(array, slot.value.format.name)

    def _points_back(self, slot: Slot, points: Array, canvas: tuple[int, int]) -> Any:
        value = slot.value
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

    def _masks_back(self, slot: Slot, masks: list[Any], canvas: tuple[int, int]) -> Any:
        if not self._stacked(slot):
            return masks if slot.role == "masks" else _like(masks[0], slot.value)
        empty = torch.empty((0, *canvas), dtype=torch.from_numpy(self._numpy(slot)).dtype)
        return _like(torch.stack(masks) if masks else empty, slot.value)


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


def _like(tensor: torch.Tensor, value: Any) -> Any:
    return tensor if _tv_role(value) is None else _tv().wrap(tensor, like=value)


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
