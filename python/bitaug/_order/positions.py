"""What has samples at positions: an order, or a part of one."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._values.fields import convert_fields, flag, option, show
from .._values.numbers import count, epoch_number, natural, whole
from .._values.plain import shown
from .._values.types import Words
from .tables import places_of, shaped

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
