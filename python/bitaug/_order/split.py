"""Parts of a data set that no new file disturbs."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._values.environment import in_default_environment
from .._values.fields import text
from .._values.names import explained
from .._values.numbers import word
from .._values.plain import items_of, plain, shown
from ..random import fold, label

TAG_STREAM = 1
TAG_SPLIT = 8

Key = TypeVar("Key", str, int)


@explained
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
    names, limits = _limits(fractions)
    given, words = _words(keys, "keys")
    seen: dict[Any, int] = {}
    for i, key in enumerate(given):
        if seen.setdefault(key, i) != i:
            raise ValueError(f"keys[{i}]={shown(key)}: keys[{seen[key]}] is the same")
    if group is not None:
        groups = [group(key) for key in given] if callable(group) else group
        _, words = _words(groups, "group")
        if len(words) != len(given):
            raise ValueError(f"group: {len(words)} for {len(given)} keys")
    stream_key = fold(word(seed, "seed"), label(text(stream, "stream")), TAG_STREAM)
    array = np.array(words, np.uint64)
    drawn = _core.fold(np.full_like(array, stream_key), array, TAG_SPLIT)
    parts: dict[str, list[Key]] = {name: [] for name in fractions}
    for key, part in zip(given, np.searchsorted(limits, drawn, side="right"), strict=True):
        parts[names[part]].append(key)
    return parts


def _limits(fractions: Mapping[str, float]) -> tuple[list[str], NDArray[np.uint64]]:
    """The parts that have a share, and the number after the last of each but the last part."""
    if not isinstance(fractions, Mapping):
        raise TypeError(f"fractions={shown(fractions)}: a dict is needed, of each part's fraction")
    shares = {
        text(name, "fractions: part"): _exact(value, f"fractions: {name}")
        for name, value in fractions.items()
    }
    ends = [*itertools.accumulate(share for share in shares.values() if share)] or [Fraction()]
    if abs(ends[-1] - 1) > Fraction(1, 10**9):
        total = float(ends[-1])
        raise ValueError(f"fractions={shown(dict(fractions))}: the sum is {total}; 1 is needed")
    limits = [end * 2**64 // ends[-1] for end in ends[:-1]]
    return [name for name, share in shares.items() if share], np.array(limits, np.uint64)


@in_default_environment
def _exact(value: Any, where: str) -> Fraction:
    """What was written: 0.1 is a tenth."""
    value = value if isinstance(value, Fraction) else plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        raise TypeError(f"{where}={shown(value)}: a number is needed")
    if not 0 <= value <= 1:
        raise ValueError(f"{where}={shown(value)}: 0 to 1")
    return Fraction(str(value))


def _words(values: Any, name: str) -> tuple[Sequence[Any], list[int]]:
    """Keys, and the 64 bits that stand for each, as `index=` of a pipeline takes them."""
    values = items_of(values, name, "a sequence of str or integers is needed")
    return values, [_word(value, f"{name}[{i}]") for i, value in enumerate(values)]


def _word(key: Any, where: str) -> int:
    if isinstance(key, str):
        return _core.label(text(key, where))
    # An array may have an index, but cannot be told from another by a dict.
    if isinstance(key, bool) or not hasattr(key, "__index__") or hasattr(key, "__len__"):
        raise TypeError(f"{where}={shown(key)}: a str or an integer is needed")
    return word(key, where)
