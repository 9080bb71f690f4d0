"""Images from where people have them: folders, files, arrays, data sets."""

import contextlib
import functools
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from .. import _core
from .._values.types import Array
from . import pillow
from .ahead import ahead
from .files import Broken, decoded, find, label

T = TypeVar("T")


class Skipped(NamedTuple):
    """An image that could not be read.

    Attributes:
        name: its path, or its place, such as `images[3]`.
        reason: what is wrong with it.
    """

    name: str
    reason: str


def attempt(read: Callable[[], T], name: str, skip: bool) -> T | Skipped:
    """What is read; of what is broken, if that is to be skipped, the reason.

    Raises:
        Exception: whatever reading has raised, with the name.
    """
    try:
        return read()
    # It fails for all of them alike.
    except ImportError:
        raise
    # Data sets, too, raise what they like.
    except Exception as error:
        if skip:
            reason = error.reason if isinstance(error, Broken) else _said(error)
            return Skipped(name, reason)
        if name not in str(error):
            error.add_note(f"at {name}")
        raise


def _said(error: Exception) -> str:
    """A data set's error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]


def none_read(skipped: Sequence[Skipped]) -> str:
    """What to say where there is nothing but broken images, or nothing at all."""
    if not skipped:
        return "empty; one is needed"
    first = skipped[0]
    return f"none of {len(skipped)} can be read; the first, {first.name}: {first.reason}"


def files(source: Any, where: str) -> list[tuple[str, Path]] | None:
    """Images in files with their names: those of a folder by their keys, a list of paths by what
    it holds; None for what is neither."""
    if isinstance(source, str | os.PathLike):
        return list(find(source).items())
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
        return pillow.pixels(sample), None
    if is_tensor(sample):
        layout = _core.layout(where, sample.shape, layout, expected, tensor=True)
    return sample if isinstance(sample, np.ndarray) else np.asarray(sample), layout


def is_tensor(value: Any) -> bool:
    """Whether it is one of torch, where channels come first."""
    return hasattr(value, "detach")


def _is_image(value: Any) -> bool:
    """Surely one: boxes, too, have two axes."""
    return hasattr(value, "getbands") or getattr(value, "ndim", 0) > 2


Labelled = tuple[Array, str | None]


def images(
    source: Any, where: str, threads: int, skip: bool, layout: str | None
) -> Iterator[tuple[str, Labelled | Skipped]]:
    """The images, each with its name and its label, of a folder, a list of files, a data set, or
    of anything that can be gone through; several at once may come as one array.

    Raises:
        Exception: as `attempt`.
    """
    found = files(source, where)
    if found is not None:

        def read(file: tuple[str, Path]) -> Labelled | Skipped:
            name, path = file
            return attempt(lambda: (decoded(path), label(path, layout)), name, skip)

        names = (name for name, _ in found)
        yield from zip(names, ahead(read, found, threads), strict=True)
    elif hasattr(source, "__len__") and hasattr(source, "__getitem__"):
        for i in range(len(source)):
            name = called(source, i, where)
            read_one = functools.partial(_at, source, i, where, layout)
            yield name, attempt(read_one, name, skip)
    elif isinstance(source, Iterable):
        rest, end = iter(source), object()
        for i in itertools.count():
            name = f"{where}[{i}]"
            # What has raised an error will not go on.
            sample = attempt(lambda: next(rest, end), name, False)
            if sample is end:
                return
            yield (
                name,
                attempt(functools.partial(pixels, sample, name, layout, "either"), name, skip),
            )
    else:
        kind = type(source).__name__
        raise TypeError(f"{where}: {kind} is no folder, array, list, data set or iterable")


def _at(source: Any, i: int, where: str, layout: str | None) -> Labelled:
    return pixels(source[i], f"{where}[{i}]", layout, "either")


def called(source: Any, i: int, where: str) -> str:
    """What a sample of a data set is called."""
    path = path_of(source, i)
    return f"{where}[{i}]" if path is None else f"{where}[{i}], {path}"


def path_of(source: Any, i: int) -> str | None:
    """The file of a sample, of a data set that lists them as torchvision's do, or a part of one."""
    # It is for words beside an error: nothing that a data set does here may take its place.
    with contextlib.suppress(Exception):
        if hasattr(source, "indices") and hasattr(source, "dataset"):
            return path_of(source.dataset, source.indices[i])
        listed = source.samples[i]
        path = listed[0] if isinstance(listed, tuple | list) else listed
        return os.fspath(path)
    return None
