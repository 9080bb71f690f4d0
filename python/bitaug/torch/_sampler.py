"""Which samples, in which order, on which rank; and where an epoch was left."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DistributedSampler

from .._values.fixed import Fixed
from .._values.numbers import epoch_number, natural, whole
from .._values.plain import plain, shown

Key: TypeAlias = tuple[int, int, int]
Remainder: TypeAlias = Literal["keep", "drop", "pad"]

# Keys are asked for so many at a time.
_CHUNK = 4096


class Ordered(Protocol):
    """What an order of samples is, shuffled, weighted, balanced or grouped."""

    @property
    def digest(self) -> str: ...
    def __len__(self) -> int: ...
    def keys(self, epoch: int, positions: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]: ...


class Plan:
    """How the positions of an epoch are dealt to ranks.

    Of global batch k (positions k * size to (k + 1) * size) rank r gets positions r, r +
    world_size, ...: so the ranks' batches together are the same for any number of ranks.
    """

    def __init__(
        self,
        order: Ordered,
        global_batch_size: int,
        rank: int | None,
        world_size: int | None,
        remainder: Remainder,
    ) -> None:
        if remainder not in ("keep", "drop", "pad"):
            raise ValueError(f"remainder={remainder!r}: keep, drop or pad")
        if (rank is None) != (world_size is None):
            raise TypeError(f"rank={rank!r}, world_size={world_size!r}: give both, or neither")
        if not hasattr(order, "digest"):
            kind = type(order).__name__
            raise TypeError(f"order: {kind} is not a whole order; ranks share it here")
        self.order = order
        self.size: int = natural(global_batch_size, "global_batch_size")
        self.given = rank is not None
        found = (rank, world_size) if self.given else process()
        self.rank: int = natural(found[0], "rank")
        self.world_size: int = natural(found[1], "world_size")
        if self.rank >= self.world_size:
            raise ValueError(f"rank={self.rank}: 0 to world_size - 1, world_size={self.world_size}")
        if self.size < 1 or self.size % self.world_size:
            raise ValueError(
                f"global_batch_size={self.size}: {self.world_size} ranks share each batch, so it "
                f"must be a multiple of world_size={self.world_size}"
            )
        n = len(order)
        self.end = n
        if remainder == "drop":
            self.end = n - n % self.size
            if self.end == 0:
                raise ValueError(f"remainder='drop': {n} samples make no batch of {self.size}")
        elif remainder == "pad":
            self.end = n + -n % self.world_size

    @property
    def batch_size(self) -> int:
        return self.size // self.world_size

    def positions(self, start: int) -> range:
        """Those of this rank in an epoch from `start` on."""
        return range(start + self.rank, self.end, self.world_size)

    def keys(self, epoch: int, positions: range) -> list[Key]:
        wanted = np.arange(positions.start, positions.stop, positions.step, dtype=np.int64)
        indices, repeats = self.order.keys(epoch, wanted % len(self.order))
        pairs = zip(indices.tolist(), repeats.tolist(), strict=True)
        return [(epoch, index, repeat) for index, repeat in pairs]

    def state(self, epoch: int, position: int, **known: Any) -> dict[str, Any]:
        """Plain data: a place in an epoch, and what that is a place of."""
        known = {"order": self.order.digest, **known}
        return {"epoch": epoch, "position": min(position, self.end), **known}

    def check_state(self, state: dict[str, Any], **known: Any) -> tuple[int, int]:
        """Epoch and position of a state of this order, and of what else is known."""
        check_known(state, {"order": self.order.digest, **known}, "epoch", "position")
        # Where ranks were padded, an epoch has gone on behind its end.
        most = len(self.order) + self.size - 1
        return epoch_number(state["epoch"]), whole(state["position"], "position", 0, most)

    def check_use(self) -> None:
        """Refuses to run on ranks that are not those which it was made for."""
        if not self.given and process() != (self.rank, self.world_size):
            raise RuntimeError(
                f"made for rank {self.rank} of {self.world_size}, used on rank "
                "{} of {}: make it after the process group, or give rank= and "
                "world_size=".format(*process())
            )
        if self.world_size > 1:
            refuse_sharding()


def check_known(state: Any, known: dict[str, Any], *places: str) -> None:
    """Refuses a state that is not of what is known, or does not have its places."""
    given = state if isinstance(state, Mapping) else {}
    others = [name for name, value in known.items() if _differs(given.get(name, value), value)]
    if others:
        theirs, mine = (
            ", ".join(f"{name} {shown(values[name])}" for name in others)
            for values in (state, known)
        )
        raise ValueError(
            f"the state is of {theirs}; this is {mine}: what decides the samples must be as it "
            "was (an order is known by its n, seed, stream, kind and weights)"
        )
    if set(given) != {*places, *known}:
        wanted = " and ".join(", ".join(names) for names in (places, known) if names)
        raise ValueError(f"state={shown(state)}: a dict of {wanted} is needed")


def _differs(given: Any, value: Any) -> bool:
    """True and 1.0 are equal to 1, and no seed."""
    given = plain(given)
    return type(given) is not type(value) or given != value


class Place:
    """Where the next iteration starts: an epoch, and a global position in it."""

    def __init__(self, end: int) -> None:
        self.end = end
        self.epoch = 0
        self.position = 0
        self._finished: int | None = None

    def seek(self, epoch: int, position: int) -> None:
        """At the end of an epoch it is the start of the next, unless that epoch is asked for."""
        ended = position >= self.end
        self._finished = epoch if ended else None
        self.epoch, self.position = (epoch + 1, 0) if ended else (epoch, position)

    def set_epoch(self, epoch: int) -> None:
        if epoch_number(epoch) == self._finished:
            self.epoch, self.position = epoch, self.end
        elif epoch != self.epoch:
            self.seek(epoch, 0)

    def start(self) -> tuple[int, int]:
        """Epoch and position of an iteration that starts now."""
        begun = self.epoch, self.position
        self.seek(self.epoch + 1, 0)
        return begun


def process() -> tuple[int, int]:
    """Rank and world size of this process."""
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def refuse_sharding() -> None:
    """Refuses to deal out one rank's samples to ranks once more.

    Neither Lightning's wrapper nor Accelerate's tells whom it wraps; but they ask for samples from
    further up the stack.
    """
    for owner in _callers():
        kind = type(owner).__name__
        if isinstance(owner, DistributedSampler) and not isinstance(owner, Sampler):
            advice = "Trainer(use_distributed_sampler=False) leaves it alone"
        elif kind in ("BatchSamplerShard", "IterableDatasetShard", "DataLoaderDispatcher"):
            advice = "leave this loader out of accelerator.prepare, or give rank=0, world_size=1"
        else:
            continue
        raise RuntimeError(
            f"{kind} would shard again what is sharded already, and samples would be lost: {advice}"
        )


def _callers() -> Iterator[Any]:
    """The objects whose methods are running."""
    frame = sys._getframe(1).f_back
    while frame is not None:
        yield frame.f_locals.get("self")
        frame = frame.f_back


class Sampler(Fixed, DistributedSampler):
    """Yields (epoch, index, repeat) for `Augmented`, for one rank, in an order of its own.

    The ranks' batches together are the same global batches for any world size that divides
    `global_batch_size`. The last global batch may be partial.

    It is a DistributedSampler, so that Lightning, which calls `set_epoch`, does not wrap it.

    Args:
        order: `ba.Order` or another of its kind.
        global_batch_size: samples per step over all ranks.
        rank, world_size: by default those of torch.distributed, if it is initialised, else 0 of 1.
        remainder: "keep": every sample once; the ranks' counts may differ by one, and a rank may
            lack the last batch. "drop": only whole global batches. "pad": as many from the
            start of the epoch again as make the ranks' counts equal; never for validation.

    Examples:
        >>> import bitaug.torch, bitaug as ba
        >>> order = ba.Order(10, seed=42, stream="train")
        >>> sampler = ba.torch.Sampler(order, 4, rank=1, world_size=2)
        >>> sampler.batch_size, len(sampler), len(list(sampler))
        (2, 5, 5)
    """

    def __init__(
        self,
        order: Ordered,
        global_batch_size: int,
        *,
        rank: int | None = None,
        world_size: int | None = None,
        remainder: Remainder = "keep",
    ) -> None:
        self.plan = Plan(order, global_batch_size, rank, world_size, remainder)
        self.place = Place(self.plan.end)
        self._started: Keys | None = None

    @property
    def order(self) -> Ordered:
        return self.plan.order

    @property
    def global_batch_size(self) -> int:
        return self.plan.size

    @property
    def batch_size(self) -> int:
        """Samples per step on this rank: what the DataLoader takes."""
        return self.plan.batch_size

    @property
    def rank(self) -> int:
        return self.plan.rank

    @property
    def num_replicas(self) -> int:
        """The world size."""
        return self.plan.world_size

    @property
    def epoch(self) -> int:
        """The epoch of the next iteration."""
        return self.place.epoch

    def set_epoch(self, epoch: int) -> None:
        """The next iteration is this epoch; the ones after it, unless told again, those after it.

        If a state of this epoch was loaded, it goes on from there.
        """
        self.place.set_epoch(epoch)

    def __len__(self) -> int:
        """Samples of an epoch on this rank."""
        return len(self.plan.positions(0))

    def __iter__(self) -> "Keys":
        return Keys(self)


class Keys(Iterator[Key]):
    """One epoch's keys of one rank; StatefulDataLoader saves and loads its state.

    It starts when the first is asked for: some loaders make two iterators and use one.
    """

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.begun = False
        self.epoch = 0
        self.start = 0
        self.given = 0
        self._ahead: list[Key] = []

    def _begin(self, epoch: int, position: int) -> None:
        self.sampler.plan.check_use()
        self.begun = True
        self.epoch, self.start, self.given = epoch, position, 0
        self.sampler._started = self

    def __next__(self) -> Key:
        if not self.begun:
            self._begin(*self.sampler.place.start())
        place = self.given % _CHUNK
        if place == 0:
            left = self.sampler.plan.positions(self.start)[self.given :]
            self._ahead = self.sampler.plan.keys(self.epoch, left[:_CHUNK])
        if place >= len(self._ahead):
            raise StopIteration
        self.given += 1
        return self._ahead[place]

    def state_dict(self) -> dict[str, Any]:
        """Where the ranks are, if each has taken as many samples as this one."""
        plan, place = self.sampler.plan, self.sampler.place
        if not self.begun:
            return plan.state(place.epoch, place.position)
        left = plan.positions(self.start)[self.given :]
        return plan.state(self.epoch, left.start - plan.rank if left else plan.end)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from there, on any number of ranks.

        Raises:
            ValueError: if the state is of another order.
        """
        epoch, position = self.sampler.plan.check_state(state)
        self._begin(epoch, position)
        self.sampler.place.seek(epoch + 1, 0)
