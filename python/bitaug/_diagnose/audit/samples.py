"""Batches taken apart: the image of each sample, what else it carries, and what it holds."""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ... import _core
from ..._images import pillow
from ..._values.types import Array

IDS = ("index", "idx", "id", "image_id", "key", "__key__", "path", "file", "filename")
LABELS = ("label", "labels", "target", "class", "y")
Path = tuple[Any, ...]


@dataclasses.dataclass
class Row:
    """What is remembered of a sample.

    Attributes:
        id: which sample it is; None while nothing tells.
        digest: of its image.
        scalars: its numbers and texts, by where they are in it.
        shape, dtype, low, high, wrong: of the image; wrong counts NaN and infinite values.
        small: a few of its pixels, for a picture.
        image: all of them, where they were asked for.
        label: where it is compared.
    """

    id: Any
    digest: str
    scalars: dict[Path, Any]
    shape: tuple[int, ...]
    dtype: str
    low: float
    high: float
    wrong: int
    small: Array | None = None
    image: Array | None = None
    label: Any = None


def row(sample: Any, id: Any, small: bool, whole: bool) -> Row:
    found = dict(leaves(sample))
    image = largest(found)
    values = image[np.isfinite(image)] if image.dtype.kind == "f" else image
    return Row(
        id,
        digest(image),
        {path: value for path, leaf in found.items() if (value := scalar(leaf)) is not None},
        image.shape,
        image.dtype.name,
        float(values.min()) if values.size else math.nan,
        float(values.max()) if values.size else math.nan,
        image.size - values.size,
        reduced(image) if small else None,
        image if whole else None,
    )


def digest(image: Array) -> str:
    return _core.digest(np.ascontiguousarray(image))


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """What a sample holds, by keys and places."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, tuple | list):
        for place, item in enumerate(value):
            yield from leaves(item, (*path, place))
    else:
        yield path, value


def array(value: Any) -> Array | None:
    """Images, tensors of any framework and arrays as arrays of NumPy; None for all else."""
    if isinstance(value, str | bytes | int | float | None):
        return None
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        # NumPy has no bfloat16.
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
    if not hasattr(value, "__array__") and not hasattr(value, "__array_interface__"):
        return None
    found = np.asarray(pillow.upright(value) if pillow.is_pil(value) else value)
    return found if found.dtype.kind in "biuf" and found.dtype.itemsize <= 8 else None


def largest(found: dict[Path, Any]) -> Array:
    """The image: of all arrays the one with the most elements."""
    arrays = [each for leaf in found.values() if (each := array(leaf)) is not None]
    if not arrays:
        kinds = ", ".join(sorted({type(leaf).__name__ for leaf in found.values()})) or "nothing"
        raise TypeError(f"sample: {kinds}; there is no array in it")
    return max(arrays, key=lambda each: each.size)


def scalar(value: Any) -> Any:
    """A leaf that may be an index, a path or a label; None if it is none."""
    if isinstance(value, str | bytes | int | float):
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    # TensorFlow's texts come as objects.
    value = value.numpy() if hasattr(value, "numpy") else value
    if isinstance(value, np.ndarray | np.generic) and value.ndim == 0:
        value = value.item()
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return value if isinstance(value, bytes | str) else None


def reduced(image: Array) -> Array | None:
    """Each n-th pixel of an image, as H x W x C; None for what is no image."""
    if image.ndim not in (2, 3) or 0 in image.shape:
        return None
    if _core.likely_layout(image.shape) == "CHW":
        image = np.moveaxis(image, 0, -1)
    step = -(-max(image.shape[:2]) // 96)
    return image[::step, ::step].copy()


class Samples(list[Any]):
    """A batch that is known to be a list of samples."""


def split(batch: Any, count: int | None) -> list[Any]:
    """The samples of a batch, of so many if that is known; a sample alone is a batch of one."""
    if isinstance(batch, Samples) or _listed(batch, count):
        return list(batch)
    found = dict(leaves(batch))
    image = largest(found)
    arrays = [array(leaf) for leaf in found.values()]
    vectors = {len(each) for each in arrays if each is not None and each.ndim == 1}
    if count is not None:
        whole = image.ndim > 0 and len(image) == count
    elif any(scalar(leaf) is not None for path, leaf in found.items() if not _listing(batch, path)):
        whole = False  # Labels of a batch are an array or a list.
    elif image.ndim > 1 and len(image) in vectors:
        whole = True
    elif image.ndim == 3:
        whole = _core.likely_layout(image.shape) is None
    else:
        whole = image.ndim >= 2
    return [_pick(batch, i, len(image)) for i in range(len(image))] if whole else [batch]


def _listed(batch: Any, count: int | None) -> bool:
    """Whether a batch is a list of samples: each of its items has an image like the first's."""
    if not isinstance(batch, list) or not batch or count not in (None, len(batch)):
        return False
    dims = set()
    for sample in batch:
        images = [each for _, leaf in leaves(sample) if (each := array(leaf)) is not None]
        dims.add(max(images, key=lambda each: each.size).ndim if images else 0)
    return len(dims) == 1 and 1 <= dims.pop() <= 3 and not _columns(batch, count)


def _columns(batch: list[Any], count: int | None) -> bool:
    """Whether they are rather the fields of samples, as collated vectors and labels."""
    arrays = [array(each) for each in batch]
    if any(each is None for each in arrays):
        return False
    lengths = {len(each) for each in arrays if each is not None and each.ndim}
    dims = {each.ndim for each in arrays if each is not None}
    return lengths == {count} or len(dims) > 1


def _listing(value: Any, path: Path) -> bool:
    """Whether a leaf is one of a list of nothing but numbers or texts, as texts are collated."""
    for step in path[:-1]:
        value = value[step]
    return isinstance(value, tuple | list) and all(
        isinstance(each, str | bytes | int | float) for each in value
    )


def _pick(value: Any, i: int, count: int) -> Any:
    if isinstance(value, Mapping):
        return {key: _pick(item, i, count) for key, item in value.items()}
    if isinstance(value, tuple | list):
        # Texts are collated as a list of them.
        plain = len(value) == count and all(
            isinstance(each, str | bytes | int | float) for each in value
        )
        return value[i] if plain else [_pick(item, i, count) for item in value]
    found = array(value)
    if found is None and hasattr(value, "numpy"):
        found = np.asarray(value.numpy())
    return found[i] if found is not None and found.ndim and len(found) == count else value


def id_path(rows: list[Row]) -> Path | None:
    """Where samples say which they are: under a known name, or where no two say the same."""
    if not rows:
        return None
    known = [p for p in rows[0].scalars if p and p[-1] in IDS]
    for path in known or rows[0].scalars:
        values = [row.scalars.get(path) for row in rows]
        if path in known and None not in values:
            return path
        texts = all(isinstance(value, str | int) for value in values)
        if texts and len(rows) > 1 and len(set(values)) == len(values):
            return path
    return None


def label_path(rows: list[Row]) -> Path | None:
    """Where samples have their label: under a known name, or the first number or text that does
    not tell which sample it is."""
    paths = [path for path in rows[0].scalars if not path or path[-1] not in IDS]
    for path in paths:
        if path and path[-1] in LABELS:
            return path
    ids = [row.id for row in rows]
    others = [path for path in paths if [row.scalars.get(path) for row in rows] != ids]
    return others[0] if others else None
