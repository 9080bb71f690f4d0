"""The order in which an epoch takes a data set's samples: computed, never stored.

Order is what decides which sample stands at which position; what is done to a sample depends on
its index alone. docs/spec/order.md defines every bit.
"""

import dataclasses
import functools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from .._augment import digest
from .._pipeline.transform import Numbers
from .._values.fields import (
    convert_fields,
    declaration,
    flag,
    option,
    optional,
    several,
    show,
    shown,
    text,
)
from ..random import label
from .tables import (
    Groups,
    Words,
    count,
    epoch_number,
    indices_of,
    integers,
    label_table,
    natural,
    places_of,
    shaped,
    weight_table,
    whole,
    word,
)

__all__ = ["BalancedOrder", "GroupedOrder", "Order", "Shards", "WeightedOrder"]

Integers: TypeAlias = NDArray[np.int64]


class Positions(ABC):
    """What has samples at positions: an order, or a part of one."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def _samples(self, epoch: int, positions: Words) -> tuple[Words, Words]:
        """Indices and repeats at positions, all in range."""

    def _at(self, epoch: Any, positions: Any) -> tuple[Any, Any]:
        epoch, (places, shape) = epoch_number(epoch), places_of(positions, len(self), "position")
        return shaped(self._samples(epoch, places), shape)

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
            raise TypeError(f"{shown(key)}: [epoch, position] is needed")
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
        epoch, n = epoch_number(epoch), len(self)
        size = count(batch_size, "batch_size")
        start = whole(start, "start", 0, n)
        stop = n - (n - start) % size if flag(drop_last, "drop_last") else n
        return (self[epoch, place : place + size] for place in range(start, stop, size))

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
        raise TypeError(f"{where}={shown(value)}: an order is needed")
    return value


def _remainder(value: Any, where: str) -> str:
    if value not in ("keep", "drop", "pad"):
        raise ValueError(f"{where}={shown(value)}: 'keep', 'drop' or 'pad'")
    return str(value)


@dataclasses.dataclass(frozen=True, repr=False)
class Shard(Positions):
    """A part of an order, as `shard` makes it."""

    order: Positions = option(_positions, kw_only=False)
    rank: int = option(natural, kw_only=False)
    world_size: int = option(count, kw_only=False)
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

    def _samples(self, epoch: int, positions: Words) -> tuple[Words, Words]:
        places = positions * np.uint64(self.world_size) + np.uint64(self.rank)
        return self.order._samples(epoch, places % np.uint64(len(self.order)))


class _Order(Positions):
    """What all orders share."""

    n: int
    seed: int
    stream: str
    _order: _core.Order
    _table: Words

    def _prepare(self, places: int, table: Words) -> None:
        """Sets what is permuted, and the table that decides the rest."""
        object.__setattr__(self, "_order", _core.Order(places, self.seed, self.stream))
        object.__setattr__(self, "_table", table)

    def __len__(self) -> int:
        return self.n

    @property
    def digest(self) -> str:
        """16 hexadecimal digits: equal digests, equal orders."""
        words = [label(type(self).__name__), self.n, self.seed, label(self.stream)]
        return digest(np.concatenate([np.array(words, np.uint64), self._table]))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        kind, samples = type(self).__name__, len(self._table)
        rest = f"n={self.n}, seed={self.seed}, stream={self.stream!r}"
        return f"<{kind} of {samples} samples, {rest}>"

    def __reduce__(self) -> tuple[Any, ...]:
        first, *rest = (field.name for field in dataclasses.fields(cast(Any, self)))
        options = {name: getattr(self, name) for name in rest}
        return functools.partial(type(self), **options), (getattr(self, first),)


class _OnceEach(_Order):
    """An order that takes every sample once."""

    @abstractmethod
    def _positions(self, epoch: int, indices: Words) -> Words:
        """The inverse of `_samples`."""

    def position(self, epoch: int, index: Numbers) -> Any:
        """Where a sample stands in an epoch: the inverse of `[epoch, position]`.

        Args:
            epoch: 0 to 2^32-1.
            index: 0 to n-1, one or an array.

        Returns:
            An int for an int, else an int64 array.
        """
        epoch, (indices, shape) = epoch_number(epoch), indices_of(index, self.n, "index")
        return shaped((self._positions(epoch, indices),), shape)[0]


class _Repeating(_Order):
    """An order in which samples come several times, or not at all."""

    @abstractmethod
    def _slots(self, epoch: int, i: int) -> Words:
        """What stands for sample i before the slots are permuted, by repeat."""

    def positions(self, epoch: int, index: int) -> Integers:
        """Where the copies of a sample stand in an epoch: first that of repeat 0, then of 1 ...

        Args:
            epoch: 0 to 2^32-1.
            index: 0 to the number of samples - 1.
        """
        epoch, i = epoch_number(epoch), whole(index, "index", 0, len(self._table) - 1)
        return self._order.positions(epoch, self._slots(epoch, i)).view(np.int64)


def _arithmetic(start: int, end: int, step: int = 1) -> Words:
    """The positions of a sample, which may be very many."""
    try:
        return np.arange(start, end, step, dtype=np.uint64)
    except (MemoryError, ValueError):
        count = len(range(start, end, step))
        raise MemoryError(f"positions: no memory for {count} of one sample") from None


@declaration
class Order(_OnceEach):
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

    n: int = option(count, kw_only=False)
    seed: int = option(word)
    stream: str = option(text)
    shuffle: bool = option(flag, default=True)

    def __post_init__(self) -> None:
        convert_fields(self)
        self._prepare(self.n, np.array([self.shuffle], np.uint64))

    def __repr__(self) -> str:
        return show(self)

    def _samples(self, epoch: int, positions: Words) -> tuple[Words, Words]:
        indices = self._order.indices(epoch, positions) if self.shuffle else positions
        return indices, np.zeros_like(indices)

    def _positions(self, epoch: int, indices: Words) -> Words:
        return self._order.positions(epoch, indices) if self.shuffle else indices


@declaration
class WeightedOrder(_Repeating):
    """Samples with replacement, as often as their weights say: n w / sum(weights) times an epoch in
    the mean, and in each epoch one of the two whole numbers next to that.

    Args:
        weights: one for each sample, from 0 on: integers with a sum below 2^62, or floats, which
            are scaled to such (docs/spec/order.md). Only their ratios matter.
        n: the number of samples of an epoch; by default as many as there are weights.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness.

    Examples:
        >>> import bitaug as ba
        >>> order = ba.WeightedOrder([1, 1, 6], n=8, seed=42, stream="train")
        >>> order.keys(0, slice(None))
        (array([2, 2, 2, 2, 1, 2, 0, 2]), array([4, 1, 2, 5, 0, 3, 0, 0]))
        >>> order.positions(0, 2)
        array([7, 1, 2, 5, 0, 3])
    """

    weights: ArrayLike = option(weight_table, kw_only=False)
    n: int = option(optional(count), default=None)
    seed: int = option(word)
    stream: str = option(text)

    def __post_init__(self) -> None:
        convert_fields(self)
        table = np.asarray(self.weights)
        object.__setattr__(self, "n", self.n or len(table))
        object.__setattr__(self, "_cumulative", np.cumsum(table))
        self._prepare(self.n, table)

    _cumulative: ClassVar[Words]

    def _samples(self, epoch: int, positions: Words) -> tuple[Words, Words]:
        slots = self._order.indices(epoch, positions)
        return _core.dealt(self.seed, self.stream, self.n, self._cumulative, epoch, slots)

    def _slots(self, epoch: int, i: int) -> Words:
        slots = _core.dealt_to(self.seed, self.stream, self.n, self._cumulative, epoch, i)
        return _arithmetic(*slots)


@declaration
class BalancedOrder(_Repeating):
    """Every class equally often in every epoch (up to one), and the members of a class equally
    often in it (up to one): rare classes are repeated, of common ones a part is taken.

    Args:
        labels: the class of each sample, such as a str or an integer. Classes are numbered in the
            order in which they first appear.
        n: the number of samples of an epoch; by default as many as there are labels.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness.

    Examples:
        >>> import bitaug as ba
        >>> order = ba.BalancedOrder(["cat", "dog", "cat", "cat"], n=6, seed=42, stream="train")
        >>> order.keys(0, slice(None))
        (array([0, 2, 3, 1, 1, 1]), array([0, 0, 0, 2, 1, 0]))
    """

    labels: Sequence[Any] | NDArray[Any] = option(label_table, kw_only=False)
    n: int = option(optional(count), default=None)
    seed: int = option(word)
    stream: str = option(text)

    _groups: ClassVar[Groups]
    _classes: ClassVar[Words]

    def __post_init__(self) -> None:
        convert_fields(self)
        table = np.asarray(self.labels)
        groups = Groups(table)
        object.__setattr__(self, "n", self.n or len(table))
        object.__setattr__(self, "_groups", groups)
        # A weight of 1 for each class.
        object.__setattr__(self, "_classes", np.arange(1, len(groups) + 1, dtype=np.uint64))
        self._prepare(self.n, table)

    def _samples(self, epoch: int, positions: Words) -> tuple[Words, Words]:
        slots = self._order.indices(epoch, positions)
        args = self.seed, self.stream
        classes, turns = _core.dealt(*args, self.n, self._classes, epoch, slots)
        sizes = self._groups.sizes[classes]
        repeats, places = np.divmod(turns, sizes)
        places = _core.members(*args, epoch, classes, sizes, places)
        return self._groups.samples[self._groups.starts[classes] + places], repeats

    def _slots(self, epoch: int, i: int) -> Words:
        group = self._table[i : i + 1]
        size, place = self._groups.sizes[group], self._groups.place[i : i + 1]
        args = self.seed, self.stream
        (turn,) = _core.member_positions(*args, epoch, group, size, place)
        first, last = _core.dealt_to(*args, self.n, self._classes, epoch, int(group[0]))
        return _arithmetic(first + int(turn), last, int(size[0]))


@declaration
class GroupedOrder(_OnceEach):
    """Every sample once an epoch, the members of a group one after the other: groups in shuffled
    order, members in shuffled order within.

    Args:
        groups: the group of each sample (a video, a patient), such as a str or an integer. Groups
            are numbered in the order in which they first appear.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness.

    Examples:
        >>> import bitaug as ba
        >>> order = ba.GroupedOrder(["a", "b", "a", "c", "b", "a"], seed=42, stream="train")
        >>> order[0, :]
        array([3, 4, 1, 2, 5, 0])
    """

    groups: Sequence[Any] | NDArray[Any] = option(label_table, kw_only=False)
    seed: int = option(word)
    stream: str = option(text)

    _groups: ClassVar[Groups]
    _latest: ClassVar[tuple[int, Words, Words] | None] = None

    def __post_init__(self) -> None:
        convert_fields(self)
        table = np.asarray(self.groups)
        groups = Groups(table)
        object.__setattr__(self, "n", len(table))
        object.__setattr__(self, "_groups", groups)
        self._prepare(len(groups), table)

    def _epoch(self, epoch: int) -> tuple[int, Words, Words]:
        """The epoch, its order of groups, and the position after each of them. The latest is kept:
        one reference, replaced whole, so that neither threads nor a fork can find half of it."""
        latest = self._latest
        if latest is None or latest[0] != epoch:
            ranks = np.arange(len(self._groups), dtype=np.uint64)
            order = self._order.indices(epoch, ranks)
            latest = epoch, order, np.cumsum(self._groups.sizes[order])
            object.__setattr__(self, "_latest", latest)
        return latest

    def _samples(self, epoch: int, positions: Words) -> tuple[Words, Words]:
        _, order, ends = self._epoch(epoch)
        ranks = np.searchsorted(ends, positions, side="right")
        groups = order[ranks]
        sizes = self._groups.sizes[groups]
        places = positions - (ends[ranks] - sizes)
        places = _core.members(self.seed, self.stream, epoch, groups, sizes, places)
        indices = self._groups.samples[self._groups.starts[groups] + places]
        return indices, np.zeros_like(indices)

    def _positions(self, epoch: int, indices: Words) -> Words:
        groups = self._table[indices]
        sizes, places = self._groups.sizes[groups], self._groups.place[indices]
        places = _core.member_positions(self.seed, self.stream, epoch, groups, sizes, places)
        ends = self._epoch(epoch)[2][self._order.positions(epoch, groups)]
        return ends - sizes + places


@dataclasses.dataclass(frozen=True, repr=False)
class Shards:
    """Data packed in files: where the sample of an index lies, and back.

    Args:
        sizes: the number of samples in each file, in the order in which the files are numbered.

    Examples:
        >>> import bitaug as ba
        >>> shards = ba.Shards([3, 2, 4])
        >>> shards[4]
        (1, 1)
        >>> shards[[0, 8]]
        (array([0, 2]), array([0, 3]))
        >>> shards.index(1, 1), len(shards)
        (4, 9)
    """

    sizes: Sequence[int] | NDArray[Any] = option(several(natural), kw_only=False)

    _sizes: ClassVar[Words]
    _starts: ClassVar[Words]

    def __post_init__(self) -> None:
        convert_fields(self)
        if sum(self.sizes) >= 2**63:
            raise ValueError(f"Shards: sizes: the sum is {sum(self.sizes)}: up to 2^63-1")
        sizes = np.array(self.sizes, np.uint64)
        object.__setattr__(self, "_sizes", sizes)
        object.__setattr__(self, "_starts", np.cumsum(sizes) - sizes)

    def __repr__(self) -> str:
        return f"Shards({list(self.sizes)})"

    def __len__(self) -> int:
        return sum(self.sizes)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        """The file that holds a sample, and its place in it.

        Args:
            index: an integer, negative ones from the end as in a list; a slice or an array.

        Returns:
            Two ints for an integer, else two int64 arrays.

        Raises:
            IndexError: naming the index that there is not.
        """
        indices, shape = places_of(index, len(self), "index")
        # An empty file starts where the next one does: the last of them is it.
        shards = np.searchsorted(self._starts, indices, side="right") - 1
        return shaped((shards, indices - self._starts[shards]), shape)

    def index(self, shard: Numbers, offset: Numbers) -> Any:
        """The sample at a place of a file: the inverse of `[index]`.

        Args:
            shard: the file's number, one or an array.
            offset: the place in it from 0 on, one or an array.

        Returns:
            An int for two ints, else an int64 array.
        """
        given = np.broadcast_arrays(integers(shard, "shard"), integers(offset, "offset"))
        shards, shape = indices_of(given[0], len(self.sizes), "shard")
        offsets, _ = indices_of(given[1], 2**63, "offset")
        beyond = np.flatnonzero(offsets >= self._sizes[shards])
        if beyond.size:
            at = beyond[0]
            size = self.sizes[shards[at]]
            raise ValueError(f"offset={offsets[at]}: shard {shards[at]} has {size} samples")
        return shaped((self._starts[shards] + offsets,), shape)[0]
