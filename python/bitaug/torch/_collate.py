"""Batches of samples: side by side, padded, or as lists."""

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch.utils.data import default_collate, get_worker_info

from .._samples.augmenter import Batch
from .._samples.roles import MASKS, Fields, Slot, roles_of
from .._samples.slots import Finder
from .._samples.tree import Path, replace
from .._values.plain import plain, shown
from ._sample import TENSORS

Collate: TypeAlias = Callable[[Sequence[Any]], Any]

_PAD_ADVICE = 'what are masks is padded where fields= says so, as fields=("image", "mask") does'
_ADVICE = (
    'where samples differ in size, collate_fn="pad" or "list" of bitaug.torch.DataLoader makes '
    "batches of them; for other loaders they are bitaug.torch.collate_pad and collate_list"
)


def collate(batch: Sequence[Any]) -> Any:
    """As torch's `default_collate`; but images that already are one tensor are not copied.

    It augments nothing: `Augmented` has done that when it was asked for the batch. Samples of
    several sizes are an error, as in torch: `collate_pad` and `collate_list` take them.

    Args:
        batch: what the data set gave, by item or by `Augmented.__getitems__`.

    Examples:
        >>> import torch, bitaug.torch, bitaug as ba
        >>> photos = torch.zeros((10, 3, 32, 32), dtype=torch.uint8)
        >>> train = ba.torch.Augmented(photos, ba.HorizontalFlip(), seed=42, stream="train")
        >>> ba.torch.collate(train.__getitems__([(0, 2), (0, 5)])).shape
        torch.Size([2, 3, 32, 32])
    """
    return _together(batch, _ADVICE)


def _together(batch: Sequence[Any], advice: str) -> Any:
    _check_alike([_unmixed(sample) for sample in batch], within=True)
    try:
        if isinstance(batch, Batch):
            return batch.collate(_default)
        return _default(list(batch))
    except RuntimeError as error:
        error.add_note(advice)
        raise


def _default(batch: list[Any]) -> Any:
    """As torch does; but what mixed samples are made of, which is of several lengths, as a list."""
    together = default_collate([_unmixed(sample) for sample in batch])
    if _is_mixed(batch[0]):
        together["mix"] = [sample["mix"] for sample in batch]
    return together


def _is_mixed(sample: Any) -> bool:
    return isinstance(sample, Mapping) and isinstance(sample.get("mix"), list)


def _unmixed(sample: Any) -> Any:
    """A sample without what it is made of."""
    if not _is_mixed(sample):
        return sample
    return {name: value for name, value in sample.items() if name != "mix"}


def collate_list(batch: Sequence[Any]) -> Any:
    """A list for each field of the samples, which may be of any sizes: nothing is put together.

    Of (image, target) it makes a list of images and one of targets, as torchvision's detectors
    take them.

    Args:
        batch: what the data set gave.

    Examples:
        >>> import torch, bitaug.torch
        >>> images, labels = bitaug.torch.collate_list([(torch.zeros(2), 5), (torch.zeros(3), 7)])
        >>> len(images), labels
        (2, [5, 7])
    """
    return _fields(batch, lambda step, column: column)


def collate_pad(
    batch: Sequence[Any],
    *,
    fill: float = 0,
    fill_mask: float = 0,
    layout: str | None = None,
    fields: Fields | None = None,
) -> Any:
    """Images of several sizes as one tensor: each is filled up at its right and bottom to the
    largest height and width of the batch, and its masks likewise.

    Boxes, the labels of boxes, keypoints, several masks of a sample, and dicts and lists within
    it come as a list with one entry for each sample. Pixel coordinates stay right; boxes that are
    fractions remain those of the image without its padding. All else is as in `collate`.

    Args:
        batch: what the data set gave.
        fill: the value beside images.
        fill_mask: the value beside masks, such as that of pixels which a loss ignores.
        layout: of the images, HW, HWC or CHW; by default CHW where all first axes are equal, and
            at most 4 or smaller than both others.
        fields: as in `transform`; `collate_fn="pad"` of `DataLoader` knows its data set's.

    Raises:
        TypeError, ValueError: if images are of several types or counts of channels, or their type
            cannot hold a value.

    Examples:
        >>> import torch, bitaug.torch
        >>> photos = [torch.ones((3, 4, 6)), torch.ones((3, 5, 2))]
        >>> images, labels = bitaug.torch.collate_pad(list(zip(photos, [5, 7])))
        >>> images.shape, labels
        (torch.Size([2, 3, 5, 6]), tensor([5, 7]))
    """
    _check_alike(batch)
    samples = [_Parts(sample, fields) for sample in batch]
    axes = _canvas_axes([sample.size for sample in samples], layout)
    canvases = [tuple(sample.size[axis] for axis in axes) for sample in samples]
    canvas = tuple(map(max, zip(*canvases, strict=True)))
    padded = [
        sample.padded(own, canvas, fill_mask) for sample, own in zip(samples, canvases, strict=True)
    ]
    fills = {"image": fill, "mask": fill_mask}
    roles = {slot.path: slot.role for sample in samples for slot in sample.slots}
    together = {path: role for path, role in roles.items() if role in fills and len(path) < 2}
    apart = {path[0] for path in roles if path not in together} | {"dropped", "mix", "mix_weight"}

    def column(step: Any, values: list[Any]) -> Any:
        role = together.get(() if step is None else (step,))
        if role is not None:
            return _stack([_tensor(value, role) for value in values], fills[role], role)
        if step in apart or isinstance(values[0], Mapping | tuple | list):
            return values
        return _together(values, _PAD_ADVICE)

    return _fields(padded, column)


def chosen(collate_fn: Any, fields: Fields | None) -> Collate:
    """What makes batches: as given, or by its name."""
    if collate_fn is None:
        return collate
    if not isinstance(collate_fn, str):
        if not callable(collate_fn):
            raise TypeError(f"collate_fn={shown(collate_fn)}: 'pad', 'list' or a function")
        given: Collate = collate_fn
        return given
    if collate_fn not in ("pad", "list"):
        raise ValueError(f"collate_fn={shown(collate_fn)}: 'pad', 'list' or a function")
    return collate_list if collate_fn == "list" else functools.partial(collate_pad, fields=fields)


def memory(shape: Sequence[int], kind: torch.dtype, pinned: bool = False) -> torch.Tensor:
    """A tensor to write a batch to: shared, if it has to leave a worker, as default_collate has
    it, so that it is not copied on its way to the main process."""
    if get_worker_info() is None:
        return torch.empty(tuple(shape), dtype=kind, pin_memory=pinned)
    storage = torch.UntypedStorage._new_shared(math.prod(shape) * kind.itemsize, device="cpu")
    return torch.empty(0, dtype=kind).set_(storage, 0, tuple(shape))


class _Parts:
    """What has moved in a sample that has been augmented."""

    def __init__(self, sample: Any, fields: Fields | None) -> None:
        self.sample = sample
        self.slots = Finder(sample, roles_of(sample, fields), TENSORS).slots()
        images = [slot for slot in self.slots if slot.role == "image"]
        if len(images) != 1:
            raise TypeError(
                f"a sample has one image; {len(images)} found: fields= says which it is"
            )
        self.size = tuple(_tensor(images[0].value, "image").shape)

    def padded(self, own: tuple[int, ...], canvas: tuple[int, ...], fill: float) -> Any:
        """The sample with masks for another canvas than its own."""
        changes: dict[Path, Any] = {}
        for slot in self.slots:
            if slot.role in MASKS:
                masks = list(slot.value) if isinstance(slot.value, list | tuple) else [slot.value]
                made = [self._filled(slot, mask, own, canvas, fill) for mask in masks]
                changes[slot.path] = made if isinstance(slot.value, list | tuple) else made[0]
        return replace(self.sample, changes) if changes else self.sample

    def _filled(
        self, slot: Slot, mask: Any, own: tuple[int, ...], canvas: tuple[int, ...], fill: float
    ) -> Any:
        tensor = _tensor(mask, slot.role)
        shape = tuple(tensor.shape)
        if shape[-2:] == own:
            wanted = (*shape[:-2], *canvas)
        elif shape[:2] == own:
            wanted = (*canvas, *shape[2:])
        else:
            raise ValueError(f"{slot.where}: {slot.role} of {shape} in an image of {own}")
        (made,) = _stack([tensor], fill, "mask", wanted)
        return TENSORS.made(made, mask)


def _fields(batch: Sequence[Any], column: Callable[[Any, list[Any]], Any]) -> Any:
    """Each field of all samples as `column(step, values)` makes it; of images alone, step None."""
    _check_alike(batch)
    first = batch[0]
    if isinstance(first, Mapping):
        return {name: column(name, [sample[name] for sample in batch]) for name in first}
    if not isinstance(first, tuple | list):
        return column(None, list(batch))
    made: Iterator[Any] = (
        column(step, list(values)) for step, values in enumerate(zip(*batch, strict=True))
    )
    return type(first)(*made) if hasattr(first, "_fields") else list(made)


def _check_alike(batch: Sequence[Any], where: str = "", within: bool = False) -> None:
    """Refuses samples of several shapes: a field that only some have would be dropped.

    Args:
        where: the field that they are, for errors.
        within: whether the dicts in them are to be alike too.
    """
    if not batch:
        raise ValueError("batch: empty; one sample is needed")
    first = batch[0]
    named = isinstance(first, Mapping)
    if not named and not isinstance(first, tuple | list):
        if within:
            _check_kinds(batch, where)
        return
    steps = list(first) if named else range(len(first))
    for place, sample in enumerate(batch):
        if isinstance(sample, Mapping) != named or not isinstance(sample, Mapping | tuple | list):
            kinds = f"{type(sample).__name__}, and sample 0 a {type(first).__name__}"
            raise TypeError(f"batch: sample {place}{where} is a {kinds}; all are to be alike")
        own = list(sample) if isinstance(sample, Mapping) else range(len(sample))
        for step, lacking, having in (
            *((step, place, 0) for step in steps if step not in own),
            *((step, 0, place) for step in own if step not in steps),
        ):
            raise ValueError(
                f"batch: sample {lacking}{where} has no {shown(step)}, which sample {having} has; "
                "all are to have the same fields"
            )
    for step in steps if within else ():
        _check_alike([sample[step] for sample in batch], f"{where}[{shown(step)}]", within)


def _check_kinds(values: Sequence[Any], where: str) -> None:
    """Refuses arrays of several types, which torch would make one of."""
    kinds = {getattr(value, "dtype", None) for value in values if getattr(value, "ndim", 0)}
    if len(kinds) > 1:
        several = " and ".join(sorted(map(str, kinds))[:2])
        raise TypeError(f"batch{where}: {several} in one batch; one type is needed")


def _canvas_axes(shapes: list[tuple[int, ...]], layout: str | None) -> tuple[int, int]:
    """The axes of height and width."""
    axes = {"HW": (0, 1), "HWC": (0, 1), "CHW": (1, 2)}
    if layout is None:
        first, last = ({shape[place] for shape in shapes} for place in (0, -1))
        planar, deep = (
            all(len(s) == 3 and s[axis] <= max(4, min(s[:axis] + s[axis:][1:]) - 1) for s in shapes)
            for axis in (0, 2)
        )
        layout = "CHW" if planar and (len(first) == 1 or len(last) > 1 or not deep) else "HWC"
        if {len(shape) for shape in shapes} == {2}:
            layout = "HW"
    if layout not in axes:
        raise ValueError(f"layout={shown(layout)}: HW, HWC or CHW")
    found = axes[layout]
    rest = {tuple(n for axis, n in enumerate(shape) if axis not in found) for shape in shapes}
    if len(rest) > 1 or {len(shape) for shape in shapes} != {len(layout)}:
        several = " and ".join(map(str, sorted(set(shapes))[:2]))
        raise ValueError(f"image: shapes {several}: one layout and count of channels is needed")
    return found


def _tensor(value: Any, name: str) -> torch.Tensor:
    try:
        return torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):
        kind = type(value).__name__
        raise TypeError(f"{name}: {kind} is not a tensor; Augmented gives such") from None


def _stack(
    tensors: list[torch.Tensor], fill: float, role: str, shape: Sequence[int] = ()
) -> torch.Tensor:
    """Tensors in one, each filled up at its ends."""
    kinds = {tensor.dtype for tensor in tensors}
    if len(kinds) > 1:
        several = " and ".join(sorted(map(str, kinds))[:2])
        raise TypeError(f"{role}: {several} in one batch; one type is needed")
    (kind,) = kinds
    value = _fill(fill, kind, "fill" if role == "image" else "fill_mask")
    sizes = [tensor.shape for tensor in tensors]
    shape = shape or tuple(map(max, zip(*sizes, strict=True)))
    made = memory((len(tensors), *shape), kind).fill_(value)
    for room, tensor in zip(made, tensors, strict=True):
        room[tuple(map(slice, tensor.shape))] = tensor
    return made


def _fill(fill: Any, kind: torch.dtype, name: str) -> float:
    """A number, which a type is to hold."""
    value = plain(fill)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}={shown(fill)}: a number is needed")
    if kind.is_floating_point:
        most = torch.finfo(kind).max
        if abs(value) > most and abs(value) != math.inf:
            raise ValueError(f"{name}={shown(fill)}: {kind} holds numbers of {-most} to {most}")
        return value
    low, high = (0, 1) if kind == torch.bool else (torch.iinfo(kind).min, torch.iinfo(kind).max)
    if not low <= value <= high or value != int(value):
        raise ValueError(f"{name}={shown(fill)}: {kind} holds integers of {low} to {high}")
    return value
