"""The order in which an epoch takes a data set's samples: computed, never stored.

Order is what decides which sample stands at which position; what is done to a sample depends on
its index alone. docs/spec/order.md defines every bit.
"""

import functools
import operator
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._augment import digest
from ._fields import convert_fields, declaration, flag, option, plain, show, text
from ._transform import Numbers
from .random import label

__all__ = ["Order"]

Integers: TypeAlias = NDArray[np.int64]
Words: TypeAlias = NDArray[np.uint64]


def _integer(value: Any, where: str, low: int, high: int) -> int:
    value = plain(value)
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{where}={value!r}: an integer is needed")
    if not low <= value <= high:
        raise ValueError(f"{where}={value!r}: {low} to {high}")
    return operator.index(value)


def _count(value: Any, where: str) -> int:
    return _integer(value, where, 1, 2**63 - 1)


def _seed(value: Any, where: str) -> int:
    return _integer(value, where, 0, 2**64 - 1)


def _epoch(value: Any) -> int:
    return _integer(value, "epoch", 0, 2**32 - 1)


def _integers(value: Any, where: str) -> NDArray[Any]:
    """An array of integers, or of Python's where they are larger than any type."""
    array = np.asarray(value)
    if array.size == 0 and not isinstance(value, np.ndarray):
        return array.astype(np.int64)
    if array.dtype.kind not in "iu" and not all(type(n) is int for n in array.ravel().tolist()):
        raise TypeError(f"{where}: dtype {array.dtype} is not one of integers")
    return array


def _outside(array: NDArray[Any], low: int, high: int) -> Any:
    """The first number outside of low to high, or None."""
    if array.size and not low <= int(array.min()) <= int(array.max()) <= high:
        return next(n for n in array.ravel().tolist() if not low <= n <= high)
    return None


class Positions:
    """What has samples at positions: an order, or a part of one."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def _samples(self, epoch: int, positions: Words) -> tuple[Integers, Integers]:
        """Indices and repeats at positions, all in range."""

    def _at(self, epoch: Any, positions: Any) -> tuple[Any, Any]:
        epoch, n = _epoch(epoch), len(self)
        if isinstance(positions, slice):
            found = range(*positions.indices(n))
            places = found.start + found.step * np.arange(len(found), dtype=np.int64)
            return self._samples(epoch, places.astype(np.uint64))
        array = _integers(positions, "position")
        outside = _outside(array, -n, n - 1)
        if outside is not None:
            allowed = f"{-n} to {n - 1}" if n else "there are none"
            raise IndexError(f"position={outside}: {allowed}")
        places = array.astype(np.int64)
        places = np.where(places < 0, places + n, places).ravel()
        indices, repeats = self._samples(epoch, places.astype(np.uint64))
        if array.ndim == 0:
            return int(indices[0]), int(repeats[0])
        return indices.reshape(array.shape), repeats.reshape(array.shape)

    def __getitem__(self, key: tuple[int, Any]) -> Any:
        """The index of the sample at a position of an epoch.

        Args:
            key: epoch, 0 to 2^32-1, and position: an integer, negative ones from the end as in a
                list; a slice or an array of integers.

        Returns:
            An int for an integer, else an int64 array.

        Raises:
            IndexError: naming the position that there is not.
        """
        if not isinstance(key, tuple) or len(key) != 2:
            raise TypeError(f"{key!r}: [epoch, position] is needed")
        return self._at(*key)[0]

    def keys(self, epoch: int, positions: Any) -> tuple[Any, Any]:
        """What the samples at positions are addressed by: `index=` and `repeat=` of a pipeline.

        Args:
            epoch, positions: as in `[epoch, position]`.

        Returns:
            Indices and repeats, int64 arrays (ints for an integer).
        """
        return self._at(epoch, positions)

    def batches(
        self, epoch: int, batch_size: int, *, start: int = 0, drop_last: bool = False
    ) -> Iterator[Integers]:
        """The indices of an epoch, a batch at a time.

        Args:
            epoch: 0 to 2^32-1.
            batch_size: from 1 on.
            start: the position of the first; an epoch that was left there goes on from it.
            drop_last: leaves out a last batch that is not full.
        """
        epoch, n = _epoch(epoch), len(self)
        size = _count(batch_size, "batch_size")
        start = _integer(start, "start", 0, n)
        stop = n - (n - start) % size if flag(drop_last, "drop_last") else n
        places = range(start, stop, size)
        return (self[epoch, place : min(place + size, stop)] for place in places)

    def shard(self, rank: int, world_size: int, *, remainder: str = "keep") -> "Shard":
        """The part of one of several processes: positions rank, rank + world_size, ...

        Args:
            rank: 0 to world_size - 1.
            world_size: the number of parts.
            remainder: where the parts cannot be equally long, "keep": every sample is in one part,
                lengths differ by one; "drop": the last positions are left out; "pad": the epoch
                is continued from its start, with the same samples at the same addresses.
        """
        return Shard(self, rank, world_size, remainder=remainder)


def _positions(value: Any, where: str) -> Positions:
    if not isinstance(value, Positions):
        raise TypeError(f"{where}={value!r}: an order is needed")
    return value


def _remainder(value: Any, where: str) -> str:
    if value not in ("keep", "drop", "pad"):
        raise ValueError(f"{where}={value!r}: 'keep', 'drop' or 'pad'")
    return str(value)


@declaration
class Shard(Positions):
    """A part of an order, as `shard` makes it."""

    order: Positions = option(_positions, kw_only=False)
    rank: int = option(lambda v, where: _integer(v, where, 0, 2**63 - 1), kw_only=False)
    world_size: int = option(_count, kw_only=False)
    remainder: str = option(_remainder, default="keep")

    def __post_init__(self) -> None:
        convert_fields(self)
        if self.rank >= self.world_size:
            raise ValueError(f"Shard: rank={self.rank}: 0 to {self.world_size - 1}")

    def __repr__(self) -> str:
        return show(self)

    def __len__(self) -> int:
        n = len(self.order)
        extra = {"keep": self.world_size - 1 - self.rank, "drop": 0, "pad": self.world_size - 1}
        return (n + extra[self.remainder]) // self.world_size

    def _samples(self, epoch: int, positions: Words) -> tuple[Integers, Integers]:
        places = positions * np.uint64(self.world_size) + np.uint64(self.rank)
        return self.order._samples(epoch, places % np.uint64(len(self.order)))


class _Order(Positions):
    """What all orders share."""

    n: int
    seed: int
    stream: str
    _kind: ClassVar[str]

    def __len__(self) -> int:
        return self.n

    def _words(self) -> list[int]:
        """What else decides the order, as 64-bit numbers."""
        return []

    @property
    def digest(self) -> str:
        """16 hexadecimal digits: equal digests, equal orders."""
        kind = label(type(self).__name__)
        words = [kind, self.n, self.seed, label(self.stream), *self._words()]
        return digest(np.array(words, np.uint64))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


@declaration
class Order(_Order):
    """Every sample once an epoch, shuffled; each position can be asked for on its own.

    A keyed permutation of 0 to n-1 with no table behind it: a set of 10^12 samples takes as little
    memory as one of ten. Frozen and hashable.

    Args:
        n: the number of samples, 1 to 2^63-1.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness, such as "train" or "val".
        shuffle: False leaves every sample at the position of its index.

    Examples:
        >>> import bitaug as ba
        >>> order = ba.Order(10, seed=42, stream="train")
        >>> order[0, :]
        array([5, 6, 4, 3, 9, 2, 8, 0, 7, 1])
        >>> order.position(0, order[0, 3])
        3
        >>> [batch.tolist() for batch in order.shard(1, 2).batches(1, 3)]
        [[3, 9, 4], [5, 0]]
    """

    n: int = option(_count, kw_only=False)
    seed: int = option(_seed)
    stream: str = option(text)
    shuffle: bool = option(flag, default=True)

    _order: ClassVar[_core.Order]

    def __post_init__(self) -> None:
        convert_fields(self)
        object.__setattr__(self, "_order", _core.Order(self.n, self.seed, self.stream))

    def __repr__(self) -> str:
        return show(self)

    def __reduce__(self) -> tuple[Any, ...]:
        options: dict[str, Any] = {"seed": self.seed, "stream": self.stream}
        return functools.partial(Order, shuffle=self.shuffle, **options), (self.n,)

    def _words(self) -> list[int]:
        return [self.shuffle]

    def _samples(self, epoch: int, positions: Words) -> tuple[Integers, Integers]:
        indices = self._order.indices(epoch, positions) if self.shuffle else positions
        return indices.view(np.int64), np.zeros(len(indices), np.int64)

    def position(self, epoch: int, index: Numbers) -> Any:
        """Where a sample stands in an epoch: the inverse of `[epoch, position]`.

        Args:
            epoch: 0 to 2^32-1.
            index: 0 to n-1, one or an array.

        Returns:
            An int for an int, else an int64 array.
        """
        epoch, array = _epoch(epoch), _integers(index, "index")
        outside = _outside(array, 0, self.n - 1)
        if outside is not None:
            raise ValueError(f"index={outside}: 0 to {self.n - 1}")
        indices = array.astype(np.uint64).ravel()
        found = self._order.positions(epoch, indices) if self.shuffle else indices
        positions = found.view(np.int64).reshape(array.shape)
        return positions if array.ndim else int(positions)
