"""A DataLoader that knows how far it was consumed, and whole batches from an IterableDataset."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch.utils.data
from torch.utils.data import IterableDataset, get_worker_info

from .._order.orders import Order
from .._pipeline.transform import Transform
from .._samples.ordered import Index, holds_augmented
from .._samples.roles import Fields
from .._values.fields import flag, number
from .._values.fixed import Fixed
from .._values.names import no_argument
from .._values.numbers import count, natural
from ._collate import Collate, chosen
from ._dataset import Augmented
from ._epoch import Shared
from ._sampler import Keys, Ordered, Place, Plan, Remainder, Sampler, process, refuse_sharding

# What torch's options may be, beside None of some.
_KINDS = {
    "batch_size": count, "drop_last": flag, "in_order": flag, "num_workers": natural,
    "persistent_workers": flag, "pin_memory": flag, "prefetch_factor": count, "shuffle": flag,
    "timeout": number,
}  # fmt: skip
_OPTIONAL = ("batch_size", "prefetch_factor", "shuffle")


class Start(NamedTuple):
    """Where an iteration started."""

    epoch: int
    start: int


class Iterable(Fixed, IterableDataset):
    """Whole batches, for `bitaug.torch.DataLoader`: batch k is made by worker k mod W, so any
    number of workers gives the same batches in the same order.

    Args:
        dataset, pipeline, seed, stream, index, layout, fields, white: as in `Augmented`.
        order, global_batch_size, rank, world_size, remainder: as in `Sampler`.
        collate_fn: what makes a batch of samples; by default `collate`. "pad" is `collate_pad`,
            "list" is `collate_list`.

    Examples:
        >>> import torch, bitaug.torch, bitaug as ba
        >>> photos = torch.zeros((10, 3, 32, 32), dtype=torch.uint8)
        >>> order = ba.Order(10, seed=42, stream="train")
        >>> batches = ba.torch.Iterable(
        ...     photos, ba.HorizontalFlip(), order, 4, seed=42, stream="train"
        ... )
        >>> [len(images) for images in ba.torch.DataLoader(batches)]
        [4, 4, 2]
    """

    def __init__(
        self,
        dataset: Any,
        pipeline: Transform,
        order: Ordered,
        global_batch_size: int,
        *,
        seed: int,
        stream: str,
        index: Index = None,
        layout: str | None = None,
        fields: Fields | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        remainder: Remainder = "keep",
        collate_fn: Collate | str | None = None,
        white: float | None = None,
    ) -> None:
        self.augmented = Augmented(
            dataset, pipeline,
            seed=seed, stream=stream, index=index, layout=layout, fields=fields, white=white,
        )  # fmt: skip
        _check_length(order, self.augmented)
        self.plan = Plan(order, global_batch_size, rank, world_size, remainder)
        self.collate_fn = chosen(collate_fn, fields)
        self.place = Place(self.plan.end)
        self._started: Start | None = None
        self._begun = False
        self._shared = Shared(-1, 0)

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
        """Batches of an epoch on this rank."""
        return -(-len(self.plan.positions(0)) // self.plan.batch_size)

    def begin(self) -> None:
        """Tells workers, those to come and those that wait, where the next iteration starts."""
        self.plan.check_use()
        self._started = Start(*self.place.start())
        self._shared[0], self._shared[1] = self._started
        self._begun = True

    def __iter__(self) -> Iterator[Any]:
        if self.plan.world_size > 1:
            refuse_sharding()
        info = get_worker_info()
        if info is None and not self._begun:
            self.begin()
        self._begun = False
        epoch, position = self._shared[0], self._shared[1]
        if epoch < 0:
            raise RuntimeError("Iterable: its workers need bitaug.torch.DataLoader")
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        return self._batches(epoch, self.plan.positions(position), first, step)

    def _batches(self, epoch: int, positions: range, first: int, step: int) -> Iterator[Any]:
        size = self.plan.batch_size
        for start in range(first * size, len(positions), step * size):
            keys = self.plan.keys(epoch, positions[start : start + size])
            yield self.collate_fn(self.augmented.__getitems__(keys))


class DataLoader(Fixed, torch.utils.data.DataLoader):
    """torch's DataLoader, whose batches are a function of the seed, and which can be resumed in
    the middle of an epoch: exactly, and with another number of workers or ranks.

    Given a data set and a pipeline, it makes the `Augmented`, the `ba.Order` and the `Sampler`
    that it needs. Each pass over it is the next epoch, unless `set_epoch` says which.

    Args:
        dataset: any that has a length and gives samples by place, with a pipeline; or
            `Augmented`; or `Iterable`.
        pipeline: any bitaug transform.
        seed, stream, index, layout, fields, white: as in `Augmented`, with a pipeline. Seed and
            stream decide the order, too.
        options: as in torch's, `num_workers` and all others:
            `batch_size` is that of this process; its default is 1, or what a `Sampler` says.
            `shuffle` takes another order in every epoch; by default samples come by their place.
            `drop_last` leaves out the last global batch if it is not full.
            `sampler` is a `Sampler`, where another order or a global batch size is wanted.
            `collate_fn` is a function, by default `bitaug.torch.collate`; or, where samples differ
            in size, "pad" (`collate_pad`) or "list" (`collate_list`).

    Raises:
        TypeError, ValueError: naming the argument and what is allowed; also for those that would
            let something else decide the order: another sampler, `generator`, `in_order=False`.

    Examples:
        >>> import torch, bitaug.torch, bitaug as ba
        >>> photos = torch.zeros((10, 3, 32, 32), dtype=torch.uint8)
        >>> loader = ba.torch.DataLoader(
        ...     photos, ba.HorizontalFlip(), seed=42, stream="train", batch_size=4, shuffle=True
        ... )
        >>> batches = iter(loader)
        >>> next(batches).shape, loader.state_dict()["position"]
        (torch.Size([4, 3, 32, 32]), 4)
    """

    def __init__(
        self,
        dataset: Any,
        pipeline: Transform | None = None,
        *,
        seed: int | None = None,
        stream: str | None = None,
        index: Index = None,
        layout: str | None = None,
        fields: Fields | None = None,
        white: float | None = None,
        **options: Any,
    ) -> None:
        held = {
            "seed": seed, "stream": stream, "index": index,
            "layout": layout, "fields": fields, "white": white,
        }  # fmt: skip
        _check_options(options, {"dataset", "pipeline", *held})
        if pipeline is not None:
            dataset = _augmented(dataset, pipeline, held)
        elif any(value is not None for value in held.values()):
            given = ", ".join(name for name, value in held.items() if value is not None)
            raise TypeError(f"{given}: a pipeline is needed with it, DataLoader(dataset, pipeline)")
        if not options.get("in_order", True):
            raise ValueError(
                "in_order=False: batches would come as fast as each is made, and a state would not "
                "say which are left; True is needed"
            )
        if isinstance(dataset, Iterable):
            self._source: Iterable | Sampler = dataset
            options.setdefault("batch_size", None)
            if isinstance(options.get("collate_fn"), str):
                raise TypeError(
                    f"collate_fn={options['collate_fn']!r}: give it to Iterable, which makes the "
                    "batches"
                )
        else:
            if isinstance(dataset, Augmented) and not _ordered(options):
                options["sampler"] = _in_order(dataset, options)
            _check_dataset(dataset)
            if not _ordered(options):
                raise TypeError(
                    "pipeline is missing: DataLoader(dataset, pipeline, seed=, stream=); where "
                    "nothing is to be augmented, torch's DataLoader serves"
                )
            self._source = _sampler(options)
            if isinstance(dataset, Augmented):
                _check_length(self._source.plan.order, dataset)
            if options.get("batch_sampler") is None:
                options.setdefault("batch_size", self._source.batch_size)
            if options.get("batch_size", 1) is not None:
                known = dataset.fields if isinstance(dataset, Augmented) else None
                options["collate_fn"] = chosen(options.get("collate_fn"), known)
            elif isinstance(options.get("collate_fn"), str):
                raise ValueError(
                    f"collate_fn={options['collate_fn']!r}: batch_size=None makes no batches"
                )
        super().__init__(dataset, **options)
        whole = isinstance(dataset, Iterable)
        augmented = dataset.augmented if whole else dataset
        if self.num_workers == 0 and isinstance(augmented, Augmented):
            # Workers write to shared memory, from which torch's own thread copies.
            augmented._pinned = bool(self.pin_memory)
        taken: int | None = self.batch_size
        if options.get("batch_sampler") is not None:
            taken = getattr(self.batch_sampler, "batch_size", 0)
        plan = self._source.plan
        if taken is not None and (whole or taken != plan.batch_size):
            wanted = "None, as Iterable gives whole batches" if whole else plan.batch_size
            raise ValueError(
                f"batch_size={taken}: {wanted} (global_batch_size={plan.size} over "
                f"{plan.world_size} ranks)"
            )
        # Without batches, samples come one by one.
        self._step = plan.size if whole or taken is not None else plan.world_size
        self._known = augmented.identity if isinstance(augmented, Augmented) else {}
        self._running: Consumed | None = None

    def _refuse_change(self, name: str) -> None:
        # What torch keeps it guards itself, or lets frameworks set.
        if name not in vars(self):
            super()._refuse_change(name)

    @property
    def epoch(self) -> int:
        """The epoch that is going on, or else the next."""
        return int(self.state_dict()["epoch"])

    def set_epoch(self, epoch: int) -> None:
        """The epoch of the next iteration, as the sampler's `set_epoch`."""
        self._source.set_epoch(epoch)

    def __iter__(self) -> "Consumed":
        self._running = Consumed(self._source, super().__iter__)
        return self._running

    def state_dict(self) -> dict[str, Any]:
        """Up to where batches were handed out; those made ahead do not count.

        Returns:
            Plain data: `epoch`, `position` (over all ranks), the digest of the `order`, and what
            else decides the bytes: the digest of the `pipeline`, `seed`, `stream`, `layout`,
            `fields`, and the digest of `index`.
        """
        place, plan = self._source.place, self._source.plan
        start = None if self._running is None else self._running.start()
        if self._running is None or start is None:
            return plan.state(place.epoch, place.position, **self._known)
        position = start.start + self._running.batches * self._step
        return plan.state(start.epoch, position, **self._known)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The next iteration goes on from there, with any number of workers and ranks.

        Raises:
            ValueError: if the state is of another order, pipeline, seed or the like.
        """
        self._source.place.seek(*self._source.plan.check_state(state, **self._known))
        self._running = None


class Consumed(Iterator[Any]):
    """The batches of one epoch, counted as they are handed out."""

    def __init__(self, source: Iterable | Sampler, batches: Callable[[], Iterator[Any]]) -> None:
        self.source = source
        self.batches = 0
        self.ended = False
        self._before = source._started
        if isinstance(source, Iterable):
            source.begin()
        self._inner = batches()
        self._start: Start | Keys | None = None

    def start(self) -> Start | Keys | None:
        """Where it started; None if it has ended, or has not asked the sampler yet."""
        if self.ended:
            return None
        if self._start is None and self.source._started is not self._before:
            self._start = self.source._started
        return self._start

    def __next__(self) -> Any:
        try:
            batch = next(self._inner)
        except StopIteration:
            self.ended = True
            raise
        self.batches += 1
        self.start()
        return batch


def _check_options(options: dict[str, Any], own: set[str]) -> None:
    """Makes what torch takes canonical, and refuses what it does not know."""
    known = [*own, *inspect.signature(torch.utils.data.DataLoader).parameters]
    for name, value in options.items():
        if name not in known:
            raise no_argument("DataLoader()", name, value, sorted(set(known)))
        if name in _KINDS and not (value is None and name in _OPTIONAL):
            options[name] = _KINDS[name](value, name)


def _augmented(dataset: Any, pipeline: Transform, held: dict[str, Any]) -> Augmented:
    if isinstance(dataset, Augmented | Iterable):
        kind = type(dataset).__name__
        raise TypeError(f"pipeline: {kind} has one; leave it out, or give the data set within")
    return Augmented(dataset, pipeline, **held)


def _ordered(options: dict[str, Any]) -> bool:
    return any(options.get(name) is not None for name in ("sampler", "batch_sampler"))


def _in_order(dataset: Augmented, options: dict[str, Any]) -> Sampler:
    """The sampler that torch's arguments ask for, by the data set's seed and stream."""
    if options.get("generator") is not None:
        raise TypeError("generator: seed and stream decide the order; leave it out")
    shuffle = bool(options.pop("shuffle", None))
    order = Order(len(dataset), seed=dataset.seed, stream=dataset.stream, shuffle=shuffle)
    size = options.setdefault("batch_size", 1)
    remainder: Remainder = "drop" if options.get("drop_last") else "keep"
    return Sampler(order, (size or 1) * process()[1], remainder=remainder)


def _sampler(options: dict[str, Any]) -> Sampler:
    within = options.get("batch_sampler")
    sampler = options.get("sampler") if within is None else getattr(within, "sampler", None)
    if not isinstance(sampler, Sampler):
        kind = type(sampler).__name__
        raise TypeError(
            f"sampler: {kind} is not a bitaug.torch.Sampler; without one use torch's DataLoader"
        )
    return sampler


def _check_dataset(dataset: Any) -> None:
    """A Subset or ConcatDataset cannot hand on keys, and would only say that they are no index."""
    if not isinstance(dataset, Augmented) and holds_augmented(dataset):
        kind = type(dataset).__name__
        raise TypeError(
            f"dataset: {kind} around Augmented cannot hand on (epoch, index, repeat); put "
            f"Augmented outermost: Augmented({kind}(...), ...), with index= if draws must stay"
        )


def _check_length(order: Ordered, dataset: Augmented) -> None:
    """An order that takes each sample once must be as long as the data set."""
    if hasattr(order, "position") and len(order) != len(dataset):
        raise ValueError(f"order: {len(order)} samples; the data set has {len(dataset)}")
