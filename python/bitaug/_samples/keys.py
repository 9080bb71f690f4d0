"""Samples as rows of a table, and the keys that tell samples apart."""

import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, TypeAlias

import numpy as np

from .. import random
from .._values.numbers import whole
from .._values.plain import plain, shown
from .._values.types import Words

Root: TypeAlias = str | os.PathLike[str] | None

_SCHEME = re.compile(r"\w+://")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:[\\/]|\w+://")


def rows_of(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The samples of columns of one length."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def keys_of(columns: Mapping[str, Any], name: str, root: Root) -> list[int | str]:
    """What a pipeline's call takes as `index`, of a column.

    Raises:
        TypeError, ValueError: if there is no such column, or as for `key_of`.
    """
    if name not in columns:
        raise ValueError(f"key={shown(name)}: the columns are {', '.join(map(repr, columns))}")
    if np.ndim(columns[name]) == 0:
        raise TypeError(
            f"{name}={shown(columns[name])}: one sample; a batch, a dict of columns, is needed"
        )
    return [key_of(value, name, root) for value in columns[name]]


def number_of(key: int | str) -> int:
    """What decides a sample's draws: the label of a text, as a pipeline's call takes it."""
    return random.label(key) if isinstance(key, str) else key


def refuse_repeats(keys: Sequence[int | str], name: str, problem: str) -> Words:
    """The numbers of keys, each that of one sample: two of a key would get the same draws.

    Args:
        name: of the argument or column, for errors.
        problem: what it means if two are equal, for errors.

    Raises:
        ValueError: naming the first key that was there before.
    """
    numbers = np.fromiter(map(number_of, keys), np.uint64, len(keys))
    firsts = np.unique(numbers, return_index=True)[1]
    if len(firsts) < len(numbers):
        again = np.setdiff1d(np.arange(len(numbers)), firsts)[0]
        raise ValueError(f"{name}={keys[again]!r}: {problem}")
    return numbers


def key_of(
    value: Any, name: str, root: Root, advice: str = "root= says what it is made relative to"
) -> int | str:
    """An integer, or a text in NFC.

    Args:
        value: of a column, or what a function said.
        name: of the column, for errors.
        root: the folder that a text, as a path, is made relative to.
        advice: what to do with absolute paths, for errors.

    Raises:
        TypeError, ValueError: naming the value, if it cannot be a key, is an absolute path and
            there is no root, or lies elsewhere.
    """
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"{name}={shown(value)}: a key is a str or an integer")
    if isinstance(value, int):
        return whole(value, name, 0, 2**64 - 1)
    if root is not None:
        # As texts: where a worker runs must not enter.
        path, folder = (PurePath(_SCHEME.sub("", os.fspath(text))) for text in (value, root))
        if not path.is_relative_to(folder):
            raise ValueError(f"{name}={shown(value)}: not in root={os.fspath(root)!r}")
        value = path.relative_to(folder).as_posix()
    elif _ABSOLUTE.match(value):
        raise ValueError(
            f"{name}={shown(value)}: an absolute path would give other draws where the data lie "
            f"elsewhere; {advice}"
        )
    return unicodedata.normalize("NFC", value)
