"""Parts of a data set that no new file disturbs."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np

from . import _core
from ._fields import plain, text
from ._tables import word
from .random import fold, label

TAG_STREAM = 1
TAG_SPLIT = 8

Key = TypeVar("Key", str, int)


def split(
    keys: Sequence[Key],
    fractions: Mapping[str, float],
    *,
    seed: int,
    stream: str = "split",
    group: Sequence[Any] | Callable[[Key], Any] | None = None,
) -> dict[str, list[Key]]:
    """Splits a data set by its keys: a key's part depends on that key alone.

    So files can be added, removed and reordered and none of the others moves. The parts have their
    fractions in the mean, not exactly: of n keys, about sqrt(n f (1 - f)) more or fewer than n f.

    Args:
        keys: a str (such as a relative path with `/`) or an integer, 0 to 2^64-1, for each sample;
            no two alike. 7 and "7" are different keys.
        fractions: of each part, from 0 on; the sum is 1, up to 1e-9.
        seed: 0 to 2^64-1.
        stream: names an independent split.
        group: what must stay in one part (a patient, a video): a str or an integer for each key, or
            a function that tells it from the key.

    Returns:
        The keys of each part, in the order given.

    Examples:
        >>> import bitaug as ba
        >>> keys = [f"{name}/{i}.png" for name in ("ann", "bob", "cem", "dan") for i in range(3)]
        >>> parts = ba.split(keys, {"train": 0.7, "val": 0.3}, seed=7)
        >>> parts["val"]
        ['ann/0.png']
        >>> parts = ba.split(
        ...     keys, {"train": 0.7, "val": 0.3}, seed=7, group=lambda key: key.split("/")[0]
        ... )
        >>> parts["val"]
        ['ann/0.png', 'ann/1.png', 'ann/2.png', 'dan/0.png', 'dan/1.png', 'dan/2.png']
    """
    shares: dict[str, Fraction] = _shares(fractions)
    given = keys.tolist() if hasattr(keys, "tolist") else keys
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise TypeError(f"keys={keys!r}: a sequence of str or integers is needed")
    words = [_word(key, "keys", i) for i, key in enumerate(given)]
    seen: dict[Any, int] = {}
    for i, key in enumerate(given):
        if seen.setdefault(key, i) != i:
            raise ValueError(f"keys[{i}]={key!r}: the key of keys[{seen[key]}] too")
    if group is not None:
        groups = [group(key) for key in given] if callable(group) else group
        groups = groups.tolist() if hasattr(groups, "tolist") else groups
        if isinstance(groups, str) or not isinstance(groups, Sequence):
            raise TypeError(f"group={group!r}: a sequence or a function is needed")
        if len(groups) != len(given):
            raise ValueError(f"group: {len(groups)} for {len(given)} keys")
        words = [_word(value, "group", i) for i, value in enumerate(groups)]
    stream_key = fold(word(seed, "seed"), label(text(stream, "stream")), TAG_STREAM)
    array = np.array(words, np.uint64)
    drawn = _core.fold(np.full_like(array, stream_key), array, TAG_SPLIT)
    # A part without a share has no numbers; the last one with a share has all that are left.
    names: list[str] = [name for name, share in shares.items() if share]
    ends = [*itertools.accumulate(shares[name] for name in names)]
    limits = np.array([end * 2**64 // ends[-1] for end in ends[:-1]], np.uint64)
    parts: dict[str, list[Key]] = {name: [] for name in shares}
    for key, part in zip(given, np.searchsorted(limits, drawn, side="right"), strict=True):
        parts[names[part]].append(key)
    return parts


def _shares(fractions: Mapping[str, float]) -> dict[str, Fraction]:
    if not isinstance(fractions, Mapping):
        raise TypeError(f"fractions={fractions!r}: a dict is needed, of each part's fraction")
    shares = {
        text(name, "fractions: part"): _exact(value, f"fractions: {name}")
        for name, value in fractions.items()
    }
    total = sum(shares.values(), Fraction())
    if abs(total - 1) > Fraction(1, 10**9):
        raise ValueError(f"fractions={dict(fractions)!r}: the sum is {float(total)}; 1 is needed")
    return shares


def _exact(value: Any, where: str) -> Fraction:
    """What was written: 0.1 is a tenth."""
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        raise TypeError(f"{where}={value!r}: a number is needed")
    if not 0 <= value <= 1:
        raise ValueError(f"{where}={value!r}: 0 to 1")
    return Fraction(str(value))


def _word(key: Any, name: str, i: int) -> int:
    """The 64 bits that stand for a key, as `index=` of a pipeline takes it."""
    if isinstance(key, str):
        return _core.label(key)
    if isinstance(key, bool) or not hasattr(key, "__index__"):
        raise TypeError(f"{name}[{i}]={key!r}: a str or an integer is needed")
    return word(key, f"{name}[{i}]")
