"""What is compared: the samples of two sides, pair by pair."""

import collections
import dataclasses
import functools
import itertools
import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, TypeAlias

import numpy as np

from ... import _core
from ..._images import files, pillow
from ..._images.given import is_tensor
from ..._look.trace import Trace
from ..._samples.tree import Path, describe, leaves
from ..._values.digest import digest
from ..._values.types import Array

Key: TypeAlias = Hashable
# What reads each sample, and the label of its image.
Readers: TypeAlias = dict[Key, tuple[Callable[[], Any], str | None]]
Pair: TypeAlias = "tuple[Key, Sample | None, Sample | None]"


@dataclasses.dataclass(frozen=True, eq=False)
class Sample:
    """One sample of one side.

    Attributes:
        image: as it was given, as an array.
        planar: whether its first axis is that of the channels.
        fields: what comes with it, such as `label`.
        trace: makes its stages, if they are known.
        digest: of the image.
    """

    image: Array
    planar: bool
    fields: dict[str, Any]
    trace: Callable[[], Trace] | None
    digest: str


def pairs(a: Any, b: Any, layout: str | None) -> Iterator[Pair]:
    """The samples of both sides by key; None where a side has none. Of two sides by place, the one
    that goes on is not read beyond its next sample: it may have no end."""
    left, right = _by_key(a, layout), _by_key(b, layout)
    if left is not None and right is not None:
        if _is_folder(a) or _is_folder(b):
            left, right = _matching(left, right)
        for key in [*left, *(key for key in right if key not in left)]:
            yield key, _at(left, key, "a"), _at(right, key, "b")
        return
    sides = itertools.zip_longest(_in_order(a, left, "a", layout), _in_order(b, right, "b", layout))
    for place, (one, other) in enumerate(sides):
        yield place, one, other
        if one is None or other is None:
            return


def _at(side: Readers, key: Key, name: str) -> Sample | None:
    return _read(side[key], f"{name}[{key!r}]") if key in side else None


def _read(reader: tuple[Callable[[], Any], str | None], where: str) -> Sample:
    read, label = reader
    return _sample(read(), where, label)


def _is_folder(side: Any) -> bool:
    return isinstance(side, str | os.PathLike)


def _by_key(side: Any, layout: str | None) -> Readers | None:
    """What reads each sample of a folder or a dict."""
    if _is_folder(side):
        found = files.find(side).items()
        return {
            key: (functools.partial(files.decoded, path), files.label(path, layout))
            for key, path in found
        }
    if isinstance(side, Mapping):
        return {key: (functools.partial(side.__getitem__, key), layout) for key in side}
    return None


def _without_suffixes(side: Readers) -> Readers:
    return {_stem(key): read for key, read in side.items()}


def _stem(key: Key) -> Key:
    path = PurePosixPath(key) if isinstance(key, str) else None
    return str(path.with_suffix("")) if path and path.suffix.lower() in files.SUFFIXES else key


def _matching(a: Readers, b: Readers) -> tuple[Readers, Readers]:
    """Files by their paths without suffixes, if those tell them apart."""
    short = _without_suffixes(a), _without_suffixes(b)
    return short if (len(short[0]), len(short[1])) == (len(a), len(b)) else (a, b)


def sources(given: Any, layout: str | None) -> Callable[[Key, int], Sample | None]:
    """What finds the source of a sample by its key or place; places are asked for in ascending
    order."""
    by_key = _by_key(given, layout)
    if by_key is None:
        places = enumerate(_in_order(given, None, "source", layout))
        return lambda _, place: next((sample for i, sample in places if i == place), None)
    known = _without_suffixes(by_key) | by_key

    def find(key: Key, place: int) -> Sample | None:
        reader = known.get(key) or dict(enumerate(by_key.values())).get(place)
        return None if reader is None else _read(reader, f"source[{key!r}]")

    return find


def _in_order(side: Any, by_key: Readers | None, name: str, layout: str | None) -> Iterator[Sample]:
    if by_key is not None:
        for key, reader in by_key.items():
            yield _read(reader, f"{name}[{key!r}]")
        return
    for place, (given, trace) in enumerate(_given(side, name, layout)):
        where = f"{name}[{place}]"
        if not isinstance(given, Trace) and _is_batch(_image(given, where).ndim, layout):
            yield from (_sample(one, where, layout) for one in _unbatched(given))
        else:
            yield _sample(given, where, layout, trace, batches=True)


def _is_batch(axes: int | None, layout: str | None) -> bool:
    return axes == 4 or (axes == 3 and layout == "NHW")


def _given(
    side: Any, name: str, layout: str | None
) -> Iterator[tuple[Any, Callable[[], Trace] | None]]:
    """Samples, and what makes their stages."""
    axes = _axes(side)
    single = axes in (2, 3) and not _is_batch(axes, layout)
    if isinstance(side, Trace) or pillow.is_pil(side) or single:
        yield side, None
    elif hasattr(side, "__len__") and hasattr(side, "__getitem__"):
        traced = hasattr(side, "trace") and hasattr(side, "epoch")
        for i in range(len(side)):
            yield side[i], functools.partial(side.trace, side.epoch, i) if traced else None
    elif isinstance(side, Iterable):
        yield from ((given, None) for given in side)
    else:
        raise TypeError(
            f"{name}: {type(side).__name__} is not a data set, an iterable, a dict, a folder "
            "or an image"
        )


def _axes(value: Any) -> int | None:
    """The number of axes of an array of any library."""
    shape = getattr(value, "shape", None)
    return len(shape) if hasattr(value, "__array__") and shape is not None else None


def _name(path: Path) -> str:
    """What a field is called; in a tuple the label comes second."""
    step = path[-1]
    return step if isinstance(step, str) else {0: "image", 1: "label"}.get(step, f"[{step}]")


def _image_and_fields(given: Any, where: str) -> tuple[Any, dict[str, Any]]:
    if not isinstance(given, Mapping | tuple | list):
        return given, {}
    fields = {_name(path): value for path, value in leaves(given)}
    if "image" not in fields:
        raise TypeError(
            f"{where}: {describe(given)}: a sample is an image, a tuple whose first element is "
            "one, or a dict with 'image'"
        )
    return fields.pop("image"), fields


def _image(given: Any, where: str) -> Array:
    value = _image_and_fields(given, where)[0]
    if pillow.is_pil(value):
        try:
            return pillow.values(value)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None
    if _axes(value) is None:
        raise TypeError(f"{where}: {type(value).__name__} is not an array, a tensor or a PIL image")
    array = _numpy(value)
    if array.ndim not in (2, 3, 4) or 0 in array.shape or array.dtype.kind not in "uifb":
        shown = f"shape {array.shape}, dtype {array.dtype}"
        raise ValueError(f"{where}: {shown}: an image of numbers, with 2 or 3 axes, is needed")
    return array


def _numpy(value: Any) -> Array:
    # Tensors may be on a device, or be part of a graph.
    array: Array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    return array


def _unbatched(batch: Any) -> Iterator[Any]:
    """The samples of a batch; what is not as long as it is belongs to none of them."""
    images, fields = _image_and_fields(batch, "")
    rows = {name: value for name, value in fields.items() if _length(value) == len(images)}
    for i in range(len(images)):
        yield {"image": images[i], **{name: value[i] for name, value in rows.items()}}


def _length(value: Any) -> int | None:
    return len(value) if hasattr(value, "__len__") and _axes(value) != 0 else None


def _sample(
    given: Any,
    where: str,
    layout: str | None,
    trace: Callable[[], Trace] | None = None,
    batches: bool = False,
) -> Sample:
    """A sample; `batches`: where there could be a batch of them."""
    if isinstance(given, Trace):
        last, whole = given[-1], given
        fields = {name: value for name, value in last.sample.items() if name != "image"}
        return Sample(last.image, last.planar, fields, lambda: whole, last.digest)
    value, fields = _image_and_fields(given, where)
    image = _image(given, where)
    if image.ndim == 4:
        raise ValueError(f"{where}: shape {image.shape}: one image is needed")
    # Pictures have a layout of their own.
    tensor, label = is_tensor(value), None if pillow.is_pil(value) or layout is None else layout
    told = _core.likely_layout(image.shape, tensor) if label is None else None
    if told is None:
        label = label and label.removeprefix("N")
        expected: Any = "either" if batches else "image"
        told = _core.layout(where, image.shape, label, expected, tensor)
    return Sample(image, told == "CHW", fields, trace, digest(image))


def channels_last(image: Array, planar: bool) -> Array:
    """An image as H x W x C."""
    if image.ndim == 2:
        return image[..., None]
    return np.moveaxis(image, 0, -1) if planar else image


def same(one: Any, other: Any) -> bool:
    """Whether two fields hold the same."""
    if _axes(one) is not None or _axes(other) is not None:
        return np.array_equal(_numpy(one), _numpy(other))
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def permutation(digests_a: list[str], digests_b: list[str]) -> list[int] | None:
    """For each of b's samples its place in a, if both hold the same images in another order."""
    if digests_a == digests_b or collections.Counter(digests_a) != collections.Counter(digests_b):
        return None
    places: dict[str, collections.deque[int]] = collections.defaultdict(collections.deque)
    for place, found in enumerate(digests_a):
        places[found].append(place)
    return [places[found].popleft() for found in digests_b]
