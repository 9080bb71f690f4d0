"""Samples of tensors, and of torchvision's TVTensors."""

import sys
from typing import Any, ClassVar

import numpy as np
import torch

from .. import _core
from .._pipeline.transform import Transform
from .._samples.roles import Fields
from .._samples.sample import Address, Sample, Slot
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
    return TensorSample(sample, layout, fields).run(pipeline, address)


class TensorSample(Sample):
    """A sample taken apart; what has moved comes back as tensors."""

    _KINDS: ClassVar[str] = "a NumPy array, a PIL image or a tensor"

    def _joined(self, parts: list[Any], where: str) -> Any:
        if not any(isinstance(part, torch.Tensor) for part in parts):
            return super()._joined(parts, where)
        shown = [part for part in parts if len(part)] or parts[:1]
        kinds = {getattr(part, "dtype", type(part).__name__) for part in shown}
        if len(kinds) > 1:
            raise TypeError(
                f"{where}: {', '.join(sorted(map(str, kinds)))}: those of samples that are mixed "
                "are of one type"
            )
        return torch.cat(shown)

    def _form(self, slot: Slot) -> str | None:
        of_type = slot.role == "bboxes" and _tv_role(slot.value) is not None
        return "pascal_voc" if of_type else super()._form(slot)

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
        if not isinstance(value, torch.Tensor):
            return super()._layout(value, layout)
        if _tv_role(value):
            layout = "HW" if value.ndim == 2 else "CHW"
        return _core.layout("image", value.shape, layout, "image", tensor=True)

    def _stacked(self, slot: Slot) -> bool:
        if slot.role == "mask":
            return isinstance(slot.value, torch.Tensor) and slot.value.ndim == 3
        return super()._stacked(slot)

    def _points(self, slot: Slot) -> Any:
        """Boxes or keypoints as a pipeline takes them; a TVTensor's boxes by their corners."""
        if _tv_role(slot.value) is None:
            self._check_further(slot)
            return super()._points(slot)
        array = self._numpy(slot)
        if tuple(slot.value.canvas_size) != self.canvas:
            shown = tuple(slot.value.canvas_size)
            raise ValueError(f"{slot.role}: canvas_size={shown}: the image's is {self.canvas}")
        array = array.astype(np.float64)
        if slot.role == "keypoints":
            return array
        return _corners(array, slot.value.format.name)

    def _check_further(self, slot: Slot) -> None:
        """Refuses numbers beside coordinates that would be others in the tensor that comes back."""
        value = slot.value
        if isinstance(value, torch.Tensor) and not value.is_floating_point():
            further = value[..., 4 if slot.role == "bboxes" else 2 :]
            kind = torch.get_default_dtype()
            if (other := further.to(kind).to(value.dtype) != further).any():
                raise ValueError(
                    f"{slot.role}: {further[other][0].item()} in a further column; they come back "
                    f"as {kind}, which does not hold it: keep it apart, as labels do"
                )

    def _points_back(self, slot: Slot, points: Array, canvas: tuple[int, int]) -> Any:
        value = slot.value
        if _tv_role(value) is None:
            tensor = torch.from_numpy(points)
            whole = isinstance(value, torch.Tensor) and not value.is_floating_point()
            return tensor.to(torch.get_default_dtype()) if whole else tensor
        if slot.role == "bboxes":
            points = _from_corners(points, value.format.name)
        floating = torch.get_default_dtype()
        if value.is_floating_point():
            floating = torch.promote_types(value.dtype, torch.float32)
        tensor = torch.from_numpy(points).to(floating)
        return _tv().wrap(tensor, like=value, canvas_size=tuple(canvas))

    def _masks_back(self, slot: Slot, masks: list[Any], canvas: tuple[int, int]) -> Any:
        if not self._stacked(slot):
            return _like(masks[0], slot.value) if slot.role == "mask" else masks
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
