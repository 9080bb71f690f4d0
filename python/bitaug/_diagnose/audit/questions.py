"""The matrix of probes of a loader, the same for all."""

import dataclasses
from collections.abc import Iterator
from typing import Any

# Names of probes that rules ask for.
AS_IS, AGAIN = "as it is", "as it is (again)"
TWICE, RESEEDED, COPY = "each sample twice", "twice, seeded before each", "a copy beside it"
INDEX = "next epoch by index"
SEEDED, SEEDED_AGAIN = "seeded", "seeded (again)"
TWO, TWO_AGAIN, THREE, STAY = "2 workers", "2 workers (again)", "3 workers", "2 workers that stay"
ONE, ONE_BARE = "one sample by 2 workers", "one sample without worker_init_fn"

OTHER_SEED, OTHER_BATCH = 20_280_229, 6
# The options of a factory: ours, the names that its parameters may have, and what is given where
# nothing is asked and there is no default.
OPTIONS = {
    "workers": (("num_workers", "workers"), 0),
    "start_method": (("start_method", "multiprocessing_context"), None),
    "persistent": (("persistent_workers", "persistent"), False),
    "batch_size": (("batch_size",), 4),
    "parallel": (("num_parallel_calls", "parallel"), 1),
    "shuffle": (("shuffle",), False),
    "seed": (("seed",), 0),
    "epoch": (("epoch",), 0),
    "rank": (("rank",), 0),
    "world_size": (("world_size", "num_replicas"), 1),
    "state": (("state", "state_dict"), None),
}


@dataclasses.dataclass(frozen=True)
class Question:
    """A probe of a loader.

    Attributes:
        name: what is asked, for people.
        needs: options that the loader must take.
        options: those it is made with, where it takes them.
        first, epochs: which epochs are asked for.
        seeded: whether global random generators are set before.
        own: whether the loader's own order is asked for, shuffled as it may be.
        start: whether a worker_init_fn is left in place.
    """

    name: str
    needs: tuple[str, ...] = ()
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    first: int = 0
    epochs: int = 1
    seeded: bool = False
    own: bool = False
    start: bool = True


def questions(epochs: int, methods: tuple[str, ...]) -> Iterator[Question]:
    """All that a loader is asked for by going through it."""
    yield Question(AS_IS, epochs=epochs)
    yield Question(AGAIN, epochs=epochs)
    yield Question("another seed", ("seed",), {"seed": OTHER_SEED})
    yield Question("own order", ("order",), epochs=epochs, own=True)
    yield Question(SEEDED, epochs=epochs, seeded=True)
    yield Question(SEEDED_AGAIN, epochs=epochs, seeded=True)
    yield Question("seeded at epoch 1", ("epoch 1",), first=1, seeded=True)
    other = {"batch_size": OTHER_BATCH}
    yield Question("seeded with other batches", ("batch_size",), other, seeded=True)
    many = {"parallel": 4}
    yield Question("seeded with 4 calls at once", ("parallel",), many, seeded=True)
    yield Question("seeded with 4 calls at once (again)", ("parallel",), many, seeded=True)
    # One after another, so that the state of the main process is the same for all. What may hang
    # comes last.
    workers, two, three = ("workers",), {"workers": 2}, {"workers": 3}
    yield Question(TWO, workers, two, epochs=epochs)
    yield Question(TWO_AGAIN, workers, two, epochs=epochs)
    yield Question(THREE, workers, three)
    stay = two | {"persistent": True}
    yield Question(STAY, (*workers, "persistent"), stay, epochs=epochs)
    one = two | {"one": True}
    yield Question(ONE, (*workers, "one"), one)
    needs = (*workers, "one", "worker_init_fn")
    yield Question(ONE_BARE, needs, one, start=False)
    for method in methods:
        start = two | {"start_method": method}
        yield Question(f"2 workers by {method}", (*workers, "start_method"), start)


def lack(option: str, fresh: bool) -> str:
    """Why a question cannot be asked of what has not such an option."""
    if option == "order":
        return "a data set alone has no order of its own: give the loader"
    if option in ("worker_init_fn", "one"):
        return f"this needs a loader of torch{' with a worker_init_fn' * (option != 'one')}"
    if option == "epoch 1":
        return "nothing can be told the epoch: give set_epoch="
    if fresh:
        return f"the function has no parameter {' or '.join(OPTIONS[option][0])}"
    return "this needs a function that makes the loader with given options"
