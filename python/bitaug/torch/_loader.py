"""A DataLoader that knows how far it was consumed, and whole batches from an IterableDataset."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch.utils.data
from torch.utils.data import IterableDataset, get_worker_info

from .._sample import Fields
from .._transform import Transform
from ._dataset import Augmented, collate
from ._epoch import Shared
from ._sampler import Keys, Ordered, Place, Plan, Remainder, Sampler, refuse_sharding


class Start(NamedTuple):
    """Where an iteration started."""

    epoch: int
    start: int


class Iterable(IterableDataset):
    """Whole batches, for `bitaug.torch.DataLoader`: batch k is made by worker k mod W, so any
    number of workers gives the same batches in the same order.

    Args:
        dataset, pipeline, seed, stream, index, layout, fields: as in `Augmented`.
        order, global_batch_size, rank, world_size, remainder: as in `Sampler`.
        collate_fn: what makes a batch of samples; by default `collate`.

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
        index: Any = None,
        layout: str | None = None,
        fields: Fields | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        remainder: Remainder = "keep",
        collate_fn: Callable[[Sequence[Any]], Any] = collate,
    ) -> None:
        self.augmented = Augmented(
            dataset, pipeline, seed=seed, stream=stream, index=index, layout=layout, fields=fields
        )
        _check_length(order, self.augmented)
        self.plan = Plan(order, global_batch_size, rank, world_size, remainder)
        self.collate_fn = collate_fn
        self.place = Place(self.plan.end)
        self.started: Start | None = None
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
        self.started = Start(*self.place.start())
        self._shared[0], self._shared[1] = self.started
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


class DataLoader(torch.utils.data.DataLoader):
    """torch's DataLoader, which can also be resumed in the middle of an epoch: exactly, and with
    another number of workers or ranks.

    Args:
        dataset: `Augmented` with a `Sampler`, or `Iterable`.
        options: as in torch's. `batch_size` is by default the sampler's, `collate_fn` is
            `bitaug.torch.collate`.

    Examples:
        >>> import torch, bitaug.torch, bitaug as ba
        >>> photos = torch.zeros((10, 3, 32, 32), dtype=torch.uint8)
        >>> train = ba.torch.Augmented(photos, ba.HorizontalFlip(), seed=42, stream="train")
        >>> sampler = ba.torch.Sampler(ba.Order(10, seed=42, stream="train"), 4)
        >>> loader = ba.torch.DataLoader(train, sampler=sampler)
        >>> batches = iter(loader)
        >>> images = next(batches)
        >>> loader.state_dict()["position"]
        4
    """

    def __init__(self, dataset: Any, **options: Any) -> None:
        if isinstance(dataset, Iterable):
            self._source: Iterable | Sampler = dataset
            options.setdefault("batch_size", None)
        else:
            self._source = _sampler(options)
            _check_dataset(dataset)
            if isinstance(dataset, Augmented):
                _check_length(self._source.plan.order, dataset)
            if options.get("batch_sampler") is None:
                options.setdefault("batch_size", self._source.batch_size)
            if options.get("collate_fn") is None and options.get("batch_size", 1) is not None:
                options["collate_fn"] = collate
        super().__init__(dataset, **options)
        whole = isinstance(dataset, Iterable)
        augmented = dataset.augmented if whole else dataset
        if self.num_workers == 0 and isinstance(augmented, Augmented):
            # Workers write to shared memory, from which torch's own thread copies.
            augmented.pinned = bool(self.pin_memory)
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
        self._running: Consumed | None = None

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
            Plain data: `epoch`, `position` (over all ranks) and the digest of the `order`.
        """
        place, plan = self._source.place, self._source.plan
        start = None if self._running is None else self._running.start()
        if self._running is None or start is None:
            return plan.state(place.epoch, place.position)
        return plan.state(start.epoch, start.start + self._running.batches * self._step)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The next iteration goes on from there, with any number of workers and ranks.

        Raises:
            ValueError: if the state is of another order.
        """
        self._source.place.seek(*self._source.plan.check_state(state))
        self._running = None


class Consumed(Iterator[Any]):
    """The batches of one epoch, counted as they are handed out."""

    def __init__(self, source: Iterable | Sampler, batches: Callable[[], Iterator[Any]]) -> None:
        self.source = source
        self.batches = 0
        self.ended = False
        self._before = source.started
        if isinstance(source, Iterable):
            source.begin()
        self._inner = batches()
        self._start: Start | Keys | None = None

    def start(self) -> Start | Keys | None:
        """Where it started; None if it has ended, or has not asked the sampler yet."""
        if self.ended:
            return None
        if self._start is None and self.source.started is not self._before:
            self._start = self.source.started
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
    if not isinstance(dataset, Augmented) and _holds_augmented(dataset):
        kind = type(dataset).__name__
        raise TypeError(
            f"dataset: {kind} around Augmented cannot hand on (epoch, index, repeat); put "
            f"Augmented outermost: Augmented({kind}(...), ...), with index= if draws must stay"
        )


def _holds_augmented(dataset: Any) -> bool:
    if isinstance(dataset, Augmented):
        return True
    parts = [getattr(dataset, "dataset", None), *(getattr(dataset, "datasets", None) or ())]
    return any(_holds_augmented(part) for part in parts if part is not None)


def _check_length(order: Ordered, dataset: Augmented) -> None:
    """An order that takes each sample once must be as long as the data set."""
    if hasattr(order, "position") and len(order) != len(dataset):
        raise ValueError(f"order: {len(order)} samples; the data set has {len(dataset)}")
