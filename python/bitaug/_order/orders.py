"""The order in which an epoch takes a data set's samples: computed, never stored.

Order is what decides which sample stands at which position; what is done to a sample depends on
its index alone. docs/spec/order.md defines every bit.
"""

import dataclasses
import functools
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from .._values.digest import digest
from .._values.fields import convert_fields, declaration, flag, option, optional, show, text
from .._values.numbers import count, epoch_number, whole, word
from .._values.types import Numbers, Words
from ..random import label
from .positions import Integers, Positions
from .tables import Groups, indices_of, label_table, shaped, weight_table


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
