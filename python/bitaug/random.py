"""The random addresses, for everyone to check or to build on. docs/spec.md defines them.

Every random word is Philox4x32-10 at an address: a key made of (seed, stream, repeat, path), and
the counter [block, epoch, low and high half of index].
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core
from ._values import fields as _fields
from ._values.names import explained
from ._values.numbers import whole

__all__ = ["fold", "label", "op_key", "philox", "pixel_words", "words"]

Words = NDArray[np.uint32]
Index = int | str | Sequence[int] | Sequence[str] | NDArray[Any]


def _unsigned(name: str, value: ArrayLike, bits: int) -> NDArray[Any]:
    array = np.asarray(value)
    if array.dtype.kind not in "iu" and not all(
        type(item) is int for item in array.ravel().tolist()
    ):
        raise TypeError(f"{name}: dtype {array.dtype} is not one of integers")
    top = 2**bits - 1
    if array.size and not 0 <= int(array.min()) <= int(array.max()) <= top:
        raise ValueError(f"{name}={value!r}: integers of 0 to 2^{bits}-1 are needed")
    return array.astype(np.dtype(f"uint{bits}"))


@explained
def philox(counter: ArrayLike, key: ArrayLike) -> Words:
    """Philox4x32-10: four words per counter and key.

    Args:
        counter: (..., 4) words of 32 bits.
        key: (..., 2) words of 32 bits, broadcast against the counters.

    Examples:
        >>> import bitaug as ba
        >>> [hex(word) for word in ba.random.philox([0, 0, 0, 0], [0, 0])]
        ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    c, k = _unsigned("counter", counter, 32), _unsigned("key", key, 32)
    if c.shape[-1:] != (4,) or k.shape[-1:] != (2,):
        raise ValueError(f"counter {c.shape}, key {k.shape}: (..., 4) and (..., 2) are needed")
    shape = np.broadcast_shapes(c.shape[:-1], k.shape[:-1])
    c = np.broadcast_to(c, (*shape, 4)).reshape(-1, 4)
    k = np.broadcast_to(k, (*shape, 2)).reshape(-1, 2)
    return _core.philox(c, k).reshape(*shape, 4)


@explained
def fold(key: ArrayLike, word: ArrayLike, tag: int) -> Any:
    """The key below `key` for (word, tag): 64 bits.

    Args:
        key, word: 0 to 2^64-1, broadcast against each other.
        tag: 0 to 2^32-1.
    """
    k, w = np.broadcast_arrays(_unsigned("key", key, 64), _unsigned("word", word, 64))
    out = _core.fold(k.ravel(), w.ravel(), whole(tag, "tag", 0, 2**32 - 1))
    return out.reshape(k.shape) if k.ndim else int(out[0])


@explained
def label(text: str) -> int:
    """The number of a name: FNV-1a, 64 bits, of its UTF-8 bytes.

    Examples:
        >>> import bitaug as ba
        >>> hex(ba.random.label("train"))
        '0xdee795a6c5087209'
    """
    return _core.label(_fields.text(text, "text"))


@explained
def op_key(path: str, *, seed: int, stream: str, repeat: int = 0) -> int:
    """The key of the op at `path`, from which its parameter and pixel keys fold."""
    _fields.text(stream, "stream")
    _fields.text(path, "path")
    return _core.op_key(seed, stream, whole(repeat, "repeat", 0, 2**32 - 1), path)


def _count(n: Any) -> int:
    count = whole(n, "n", 0, 2**64 - 1)
    if count > 2**34:
        raise ValueError(f"n={n!r}: 0 to 2^34 words")
    return count


def _words(key: int, count: int, epoch: int, index: Index, plane: int | None, first: int) -> Words:
    try:
        return _core.words(key, count, epoch=epoch, index=index, plane=plane, first=first)
    except UnicodeEncodeError as error:
        raise _fields.no_text(error, "index") from None


@explained
def words(
    path: str, n: int, *, seed: int, stream: str, epoch: int, index: Index, repeat: int = 0
) -> Words:
    """The first n parameter words of the op at `path`; word 0 is its `p` decision.

    Returns:
        (n,) words, or (len(index), n) for several indices.
    """
    key = op_key(path, seed=seed, stream=stream, repeat=repeat)
    epoch = whole(epoch, "epoch", 0, 2**32 - 1)
    return _words(key, _count(n), epoch, index, None, 0)


@explained
def pixel_words(
    path: str,
    n: int,
    *,
    seed: int,
    stream: str,
    epoch: int,
    index: Index,
    repeat: int = 0,
    plane: int = 0,
    first: int = 0,
) -> Words:
    """The words of elements first to first + n of a plane of per-pixel draws of the op at `path`.

    Returns:
        (n,) words, or (len(index), n) for several indices.
    """
    key = op_key(path, seed=seed, stream=stream, repeat=repeat)
    epoch = whole(epoch, "epoch", 0, 2**32 - 1)
    plane = whole(plane, "plane", 0, 2**64 - 1)
    start, count = whole(first, "first", 0, 2**64 - 1), _count(n)
    if start + count > 2**34:
        raise ValueError(f"first={first}, n={n}: a plane has 2^34 elements")
    return _words(key, count, epoch, index, plane, start)
