"""Samples as trees: their fields by paths, whatever they lie in."""

import collections
import copy
import dataclasses
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

from .coco import listed

Path: TypeAlias = tuple[Any, ...]

# What is looked into for numbers.
SEVERAL = (Mapping, list, tuple, collections.deque, collections.UserList, AbstractSet)


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


def spelt(path: Path) -> str:
    return "".join(f"[{step!r}]" for step in path)


def parts(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """A sample's fields and all that lies within them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = vars(value)
    if path and hasattr(value, "_asdict"):
        value = value._asdict()
    if listed(value):  # in an array too
        value = list(value)
    if path:
        yield path, value
    if isinstance(value, SEVERAL):
        for step, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
            if not isinstance(inner, str | int | float | None):
                yield from parts(inner, (*path, step))
            elif isinstance(value, Mapping):
                yield (*path, step), inner


def at_path(sample: Any, path: Path) -> Any:
    for step in path:
        sample = sample[step]
    return sample


def leaves(sample: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The fields of a sample, and of the dicts within it."""
    if not isinstance(sample, Mapping) and (path or not isinstance(sample, tuple | list)):
        yield path, sample
        return
    for step, value in sample.items() if isinstance(sample, Mapping) else enumerate(sample):
        yield from leaves(value, (*path, step))
