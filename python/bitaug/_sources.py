"""Images from where people have them: folders, files, arrays, data sets."""

import collections
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from . import _core, _files
from ._transform import Array

T = TypeVar("T")
Item = TypeVar("Item")


def files(source: Any, where: str) -> list[tuple[str, Path]] | None:
    """Images in files with their names: those of a folder by their keys, a list of paths by what
    it holds; None for what is neither."""
    if isinstance(source, str | os.PathLike):
        return list(_files.find(source).items())
    if isinstance(source, Mapping):
        raise TypeError(f"{where}: a dict; give its values, as list(images.values())")
    if not isinstance(source, list | tuple) or not source or not _is_path(source[0]):
        return None
    for i, path in enumerate(source):
        if not _is_path(path):
            raise TypeError(f"{where}[{i}]={path!r}: a path is needed, as {where}[0] is one")
    return [(os.fspath(path), Path(path)) for path in source]


def _is_path(value: Any) -> bool:
    return isinstance(value, str | os.PathLike)


def pixels(sample: Any, where: str, layout: str | None, expected: Any) -> tuple[Array, str | None]:
    """The image of a data set's sample: of a dict its `image`, of a tuple or list the first; and
    its label, if it is an array that has one, or a tensor."""
    if isinstance(sample, Mapping):
        if "image" not in sample:
            raise TypeError(
                f"{where}: a dict without `image`; it has {', '.join(map(str, sample))}"
            )
        sample = sample["image"]
    elif isinstance(sample, tuple | list):
        if not sample or any(_is_image(other) for other in sample[1:]):
            count = "several images" if sample else "empty"
            raise TypeError(f"{where}: {count}; a sample has one image")
        sample = sample[0]
    if hasattr(sample, "getbands"):
        return _files.pixels(sample), None
    if is_tensor(sample):
        layout = _core.layout(where, sample.shape, layout, expected, tensor=True)
    return sample if isinstance(sample, np.ndarray) else np.asarray(sample), layout


def is_tensor(value: Any) -> bool:
    """Whether it is one of torch, where channels come first."""
    return hasattr(value, "detach")


def _is_image(value: Any) -> bool:
    """Surely one: boxes, too, have two axes."""
    return hasattr(value, "getbands") or getattr(value, "ndim", 0) > 2


def samples(source: Any, where: str) -> Iterator[Any]:
    """The samples of a data set, or of anything that can be gone through."""
    if hasattr(source, "__len__") and hasattr(source, "__getitem__"):
        return (source[i] for i in range(len(source)))
    if not isinstance(source, Iterable):
        kind = type(source).__name__
        raise TypeError(f"{where}: {kind} is no folder, array, list, data set or iterable")
    return iter(source)


def ahead(function: Callable[[Item], T], items: Sequence[Item], threads: int) -> Iterator[T]:
    """The function of each item, in order, computed by threads a little ahead."""
    if threads == 1:
        yield from map(function, items)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        waiting: collections.deque[Any] = collections.deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
