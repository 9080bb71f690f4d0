"""Samples as rows of a table, and the keys in a column of it."""

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, TypeAlias

import numpy as np

from ._fields import plain
from ._tables import whole

Root: TypeAlias = str | os.PathLike[str] | None

_SCHEME = re.compile(r"\w+://")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:[\\/]|\w+://")


def repeated(names: Iterable[Any]) -> Any:
    """The first name that is there again, or None."""
    seen: set[Any] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def rows_of(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The samples of columns of one length."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def keys_of(columns: Mapping[str, Any], name: str, root: Root) -> list[int | str]:
    """What a pipeline's call takes as `index`, of a column.

    Raises:
        TypeError, ValueError: if there is no such column, or as for `key_of`.
    """
    if name not in columns:
        raise ValueError(f"key={name!r}: the columns are {', '.join(map(repr, columns))}")
    if np.ndim(columns[name]) == 0:
        raise TypeError(
            f"{name}={columns[name]!r}: one sample; a batch, a dict of columns, is needed"
        )
    return [key_of(value, name, root) for value in columns[name]]


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
        raise TypeError(f"{name}={value!r}: a key is a str or an integer")
    if isinstance(value, int):
        return whole(value, name, 0, 2**64 - 1)
    if root is not None:
        # As texts: where a worker runs must not enter.
        path, folder = (PurePath(_SCHEME.sub("", os.fspath(text))) for text in (value, root))
        if not path.is_relative_to(folder):
            raise ValueError(f"{name}={value!r}: not in root={os.fspath(root)!r}")
        value = path.relative_to(folder).as_posix()
    elif _ABSOLUTE.match(value):
        raise ValueError(
            f"{name}={value!r}: an absolute path would give other draws where the data lie "
            f"elsewhere; {advice}"
        )
    return unicodedata.normalize("NFC", value)
