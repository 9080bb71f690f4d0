"""torch's loaders, made anew with other options from the data set of the one given.

torch is imported where it is used: who gets here has imported it already.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from .questions import Question
from .samples import Samples

BATCH = 4
# How often a probe of one sample asks for it; and where the search for a sampler's indices ends.
AGAIN, MOST = 64, 1_000_000


def streams(loader: Any) -> bool:
    from torch.utils.data import IterableDataset

    return isinstance(loader.dataset, IterableDataset)


def takes(made: Any) -> set[str]:
    """What a loader can be made anew with."""
    loader = loader_of(made)
    found = {"workers", "start_method", "persistent"}
    if not streams(loader):
        found |= {"one", "batch_size"} if loader.batch_sampler is not None else {"one"}
    return found | ({"worker_init_fn"} if loader.worker_init_fn is not None else set())


def loader_of(made: Any) -> Any:
    """A data set's loader gives lists of samples: they need not be alike in size."""
    from torch.utils.data import DataLoader

    return made if isinstance(made, DataLoader) else DataLoader(made, BATCH, collate_fn=list)


def order(made: Any) -> list[Any]:
    """The indices of an epoch, without the samples."""
    loader = loader_of(made)
    if streams(loader):
        return []
    if loader.batch_sampler is None:
        keys = iter(loader.sampler)
    else:
        keys = itertools.chain.from_iterable(loader.batch_sampler)
    return [_index(key) for key in itertools.islice(keys, MOST)]


def batches(
    made: Any, question: Question, indices: list[Any]
) -> Callable[[], Iterator[tuple[list[Any] | None, Any]]]:
    """A function that goes through an epoch: the indices of each batch, if they are known, and the
    batch. The order is that of `indices`, but for a question about the loader's own."""
    from torch.utils.data import DataLoader

    loader = loader_of(made)
    if question.own:
        return Recorded(loader).batches
    asked = question.options
    options: dict[str, Any] = {
        "num_workers": asked.get("workers", 0),
        "collate_fn": loader.collate_fn,
        "worker_init_fn": loader.worker_init_fn if question.start else None,
        "generator": _copied(loader.generator),
        "persistent_workers": asked.get("persistent", False),
        "multiprocessing_context": asked.get("start_method"),
    }
    if streams(loader):
        # A subclass may be what its data set needs.
        again = type(loader)(loader.dataset, batch_size=loader.batch_size, **options)
        return lambda: ((None, batch) for batch in again)
    if "one" in asked:
        indices = indices[:1] * AGAIN
    size = asked.get("batch_size", BATCH) if loader.batch_sampler is not None else None
    again = DataLoader(loader.dataset, size, sampler=indices, **options)
    step = size or 1
    ids = [indices[i : i + step] for i in range(0, len(indices), step)]
    if size is None:
        return lambda: ((each, Samples([one])) for each, one in zip(ids, again, strict=True))
    if loader.collate_fn is list:
        return lambda: ((each, Samples(batch)) for each, batch in zip(ids, again, strict=True))
    return lambda: zip(ids, again, strict=True)


def _copied(generator: Any) -> Any:
    """One of the user's is left as it is."""
    import torch

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

    def batches(self) -> Iterator[tuple[list[Any] | None, Any]]:
        stream = streams(self.loader)
        self.seen.clear()
        object.__setattr__(self.loader, self.name, self)
        try:
            for place, batch in enumerate(self.loader):
                known = not stream and place < len(self.seen)
                ids = [_index(key) for key in self.seen[place]] if known else None
                alone = self.name == "sampler" and not stream
                yield ids, Samples([batch]) if alone else batch
        finally:
            object.__setattr__(self.loader, self.name, self.inner)


def _index(key: Any) -> Any:
    """Of an (epoch, index, repeat) the index."""
    return key[1] if isinstance(key, tuple | list) and len(key) in (2, 3) else key
