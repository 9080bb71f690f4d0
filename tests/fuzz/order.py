"""Orders: permutations both ways, parts that make the whole, and what is refused."""

import itertools
import pickle
from collections import Counter

import numpy as np

import bitaug as ba

from .draws import attempt, changed, value

REFUSED = (TypeError, ValueError, IndexError)


def case(random, note):
    n = random.choice([1, 2, 3, 10, 97, 10**12, 2**63 - 1])
    few = n if n < 100 else 5
    table = [random.choice([0, 1, 1, 2, 9]) for _ in range(few)]
    kind, first = random.choice([
        ("Order", n), ("GroupedOrder", np.array(table)), ("Shards", table),
        ("BalancedOrder", [f"{i}" for i in table]),
        ("WeightedOrder", random.choice([table, np.array(table) / 7])),
    ])  # fmt: skip
    options = {"seed": random.choice([0, 2**64 - 1]), "stream": random.choice(["train", ""])}
    if kind in ("WeightedOrder", "BalancedOrder"):
        options["n"] = random.choice([None, n])
    elif kind == "Shards":
        options = {}
    if random.random() < 0.2:
        first = changed(random, first)
    if options and random.random() < 0.2:
        options[random.choice(list(options))] = value(random)
    note(f"ba.{kind}({first!r:.500}, **{options!r:.300})")
    order = attempt(getattr(ba, kind), first, **options)
    if order is None:
        return
    assert pickle.loads(pickle.dumps(order)) == order
    if kind == "Shards":
        return shards(random, note, order)
    asked(random, note, order)
    epoch = random.choice([0, 3, 2**32 - 1])
    if len(order) < 1000:
        whole(random, note, order, epoch)
    places = np.array([random.randrange(len(order)) for _ in range(5)] + [0, len(order) - 1])
    indices, repeats = order.keys(epoch, places)
    assert indices.tolist() == [order[epoch, int(place)] for place in places]
    if hasattr(order, "position"):
        assert order.position(epoch, indices).tolist() == places.tolist() and not repeats.any()


def whole(random, note, order, epoch):
    """All of an epoch, and its parts."""
    n = len(order)
    indices, repeats = order.keys(epoch, slice(None))
    if hasattr(order, "position"):
        assert sorted(indices.tolist()) == list(range(n))
    else:
        for index, times in Counter(indices.tolist()).items():
            places = order.positions(epoch, index)
            assert len(places) == times
            assert (indices[places] == index).all() and (repeats[places] == range(times)).all()
    size, start, world = random.randint(1, n + 2), random.randint(0, n), random.randint(1, n + 3)
    note(f"epoch {epoch}: batches of {size} from {start}; {world} parts")
    rest = [batch.tolist() for batch in order.batches(epoch, size, start=start)]
    assert list(itertools.chain(*rest)) == indices[start:].tolist()
    assert all(len(batch) == size for batch in rest[:-1])
    dropping = order.batches(epoch, size, start=start, drop_last=True)
    assert [batch.tolist() for batch in dropping] == [batch for batch in rest if len(batch) == size]
    for remainder in ("keep", "drop", "pad"):
        parts = [order.shard(rank, world, remainder=remainder) for rank in range(world)]
        count = {"keep": n, "drop": n // world * world, "pad": -(-n // world) * world}[remainder]
        for rank, part in enumerate(parts):
            places = np.arange(rank, count, world) % n
            assert len(part) == len(places)
            for found, wanted in zip(
                part.keys(epoch, slice(None)), (indices, repeats), strict=True
            ):
                assert found.tolist() == wanted[places].tolist()


def asked(random, note, order):
    """Anything that is asked for."""
    some = [value(random), value(random)]
    name = random.choice(["__getitem__", "keys", "position", "positions", "batches", "shard"])
    forms = [some, some[:1], [(0, some[0])], [tuple(some)], [0, some[0]], [some[0], 0]]
    arguments = random.choice(forms)
    note(f"order.{name}(*{arguments!r:.500})")
    try:
        attempt(getattr(order, name, order.keys), *arguments, allowed=(*REFUSED, MemoryError))
    except AssertionError as error:
        # Python's own words where an argument is missing.
        if "positional argument" not in str(error):
            raise


def shards(random, note, files):
    for i in range(min(len(files), 50)):
        file, place = files[i]
        assert files.index(file, place) == i and 0 <= place < files.sizes[file]
    note("files[...]")
    attempt(files.__getitem__, value(random), allowed=REFUSED)
    attempt(files.index, value(random), value(random), allowed=REFUSED)
