"""torch's loaders, made anew with other options from the data set of the one given."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader, IterableDataset

from .parts import Question
from .samples import Samples

BATCH = 4


def takes(made: Any) -> set[str]:
    """What a loader can be made anew with."""
    loader = loader_of(made)
    found = {"workers", "start_method", "persistent"}
    if not isinstance(loader.dataset, IterableDataset):
        found |= {"indices", "batch_size"} if loader.batch_sampler is not None else {"indices"}
    return found | ({"worker_init_fn"} if loader.worker_init_fn is not None else set())


def loader_of(made: Any) -> Any:
    """A data set's loader gives lists of samples: they need not be alike in size."""
    return made if isinstance(made, DataLoader) else DataLoader(made, BATCH, collate_fn=list)


def batches(made: Any, question: Question, samples: int) -> Callable[[], Iterator[Any]]:
    """A function that goes through an epoch: the indices of each batch, if they are known, and the
    batch."""
    loader = loader_of(made)
    given = question.options
    whole = loader.batch_sampler is not None
    if question.own:
        return Recorded(loader).batches
    workers = given.get("workers", 0)
    options: dict[str, Any] = {
        "num_workers": workers,
        "collate_fn": loader.collate_fn,
        "worker_init_fn": loader.worker_init_fn if question.start else None,
        "generator": _copied(loader.generator),
        "persistent_workers": given.get("persistent", False),
        "multiprocessing_context": given.get("start_method"),
    }
    if isinstance(loader.dataset, IterableDataset):
        # A subclass may be what its data set needs.
        again = type(loader)(loader.dataset, batch_size=loader.batch_size, **options)
        return lambda: ((None, batch) for batch in again)
    size = given.get("batch_size", BATCH) if whole else None
    indices = given.get("indices", range(min(len(loader.dataset), samples)))
    again = DataLoader(loader.dataset, size, sampler=indices, **options)
    step = size or 1
    ids = [list(indices[i : i + step]) for i in range(0, len(indices), step)]
    if not whole:
        return lambda: ((each, Samples([one])) for each, one in zip(ids, again, strict=True))
    if loader.collate_fn is list:
        return lambda: ((each, Samples(batch)) for each, batch in zip(ids, again, strict=True))
    return lambda: zip(ids, again, strict=True)


def _copied(generator: Any) -> Any:
    """One of the user's is left as it is."""
    if generator is None:
        return None
    again = torch.Generator(generator.device)
    again.set_state(generator.get_state())
    return again


class Recorded:
    """A loader as it is, whose sampler is listened to.

    torch refuses to set a sampler later, since workers may have been told of batches; none is, as
    the loader asks for it when it is gone through.
    """

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.name = "sampler" if loader.batch_sampler is None else "batch_sampler"
        self.inner = getattr(loader, self.name)
        self.seen: list[list[Any]] = []

    def __iter__(self) -> Iterator[Any]:
        for keys in self.inner:
            self.seen.append([keys] if self.name == "sampler" else list(keys))
            yield keys

    def __len__(self) -> int:
        return len(self.inner)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["inner"], name)

    def batches(self) -> Iterator[Any]:
        streams = isinstance(self.loader.dataset, IterableDataset)
        self.seen.clear()
        object.__setattr__(self.loader, self.name, self)
        try:
            for place, batch in enumerate(self.loader):
                known = not streams and place < len(self.seen)
                ids = [_index(key) for key in self.seen[place]] if known else None
                alone = self.name == "sampler" and not streams
                yield ids, Samples([batch]) if alone else batch
        finally:
            object.__setattr__(self.loader, self.name, self.inner)


def _index(key: Any) -> Any:
    """Of an (epoch, index, repeat) the index."""
    return key[1] if isinstance(key, tuple | list) and len(key) in (2, 3) else key


def order(made: Any) -> list[Any]:
    """The indices of an epoch, without the samples."""
    loader = loader_of(made)
    if isinstance(loader.dataset, IterableDataset):
        return []
    if loader.batch_sampler is None:
        return [_index(key) for key in loader.sampler]
    return [_index(key) for keys in loader.batch_sampler for key in keys]
