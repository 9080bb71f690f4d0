"""Keys in the column of a table."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from . import _files
from ._fields import plain
from ._tables import whole

_SCHEME = re.compile(r"\w+://")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:[\\/]|\w+://")


def keys_of(values: Iterable[Any], name: str, root: str | None) -> list[int | str]:
    """What a pipeline's call takes as `index`, of a column's values.

    Args:
        values: integers or texts.
        name: of the column, for errors.
        root: the folder that texts, as paths, are made relative to.

    Raises:
        TypeError, ValueError: naming the value, if it cannot be a key, or is an absolute path and
            there is no root.
    """
    return [_key(plain(value), name, root) for value in values]


def _key(value: Any, name: str, root: str | None) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"{name}={value!r}: a key is a str or an integer")
    if isinstance(value, int):
        return whole(value, name, 0, 2**64 - 1)
    if root is not None:
        return _files.key(_SCHEME.sub("", value), _SCHEME.sub("", root))
    if _ABSOLUTE.match(value):
        raise ValueError(
            f"{name}={value!r}: an absolute path would give other draws where the data lie "
            "elsewhere; root= says what it is made relative to"
        )
    return unicodedata.normalize("NFC", value)
