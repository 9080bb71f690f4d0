"""Orders: against the twin, as sequences, in parts. How random they are: test_order_random.py."""

import copy
import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import bitaug as ba
from tests.reference import order as twin
from tests.reference.philox import stream_key

SIZES = [*range(1, 70), 127, 128, 129, 1000, 4097]
WEIGHTS = [
    [1],
    [3, 1, 2],
    [0, 0, 5, 0, 9, 1, 0],
    [0.5, 0.25, 0.0, 1e-300, 0.1],
    [5e-324, 1e-323],
    [-0.0, 1e-310, 3e-308, 2.5e-308],
    [1.0, 1 / 3, 1e-12 / 3, 1e-17 / 3, 1e-18 / 3],
    [0.1] * 7 + [2.0**-70] * 2,
    [1e308, 1e308, 3e307],
    [2**61, 2**61 - 1],
]
LABELS = ["cat", "dog", "cat", "owl", "cat", "dog", "cat", "cat", "cat"]


def make(n, **options):
    return ba.Order(n, **{"seed": 42, "stream": "train"} | options)


def pairs(keys):
    return [*zip(*(array.tolist() for array in keys), strict=True)]


# The twin


@pytest.mark.parametrize("n", SIZES)
def test_an_order_is_the_twins(n):
    for seed, stream, epoch in [(42, "train", 0), (2**64 - 1, "été", 2**32 - 1)]:
        order, key = make(n, seed=seed, stream=stream), stream_key(seed, stream)
        places = np.arange(n)
        assert (order[epoch, :] == twin.permuted(key, n, epoch, places)).all()
        assert (
            order.position(epoch, places) == twin.permuted(key, n, epoch, places, back=True)
        ).all()


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_a_weighted_order_is_the_twins(weights, n):
    order = ba.WeightedOrder(weights, n=n, seed=5, stream="s")
    assert order.weights.tolist() == twin.whole(weights)
    for epoch in 0, 3:
        expected = twin.weighted(stream_key(5, "s"), n, weights, epoch)
        assert pairs(order.keys(epoch, slice(None))) == expected
        check_positions(order, epoch, len(weights))


@pytest.mark.parametrize("n", [1, 2, 7, 9, 100])
def test_a_balanced_order_is_the_twins(n):
    order = ba.BalancedOrder(LABELS, n=n, seed=5, stream="s")
    for epoch in 0, 3:
        expected = twin.balanced(stream_key(5, "s"), n, LABELS, epoch)
        assert pairs(order.keys(epoch, slice(None))) == expected
        check_positions(order, epoch, len(LABELS))


def check_positions(order, epoch, samples):
    """The copies of each sample are where `positions` says, numbered."""
    indices, repeats = order.keys(epoch, slice(None))
    for index in range(samples):
        places = order.positions(epoch, index)
        assert places.dtype == np.int64 and len(places) == (indices == index).sum()
        assert (indices[places] == index).all()
        assert repeats[places].tolist() == list(range(len(places)))


@pytest.mark.parametrize("groups", [["a"], LABELS, [*range(20)], [7] * 30 + [8] * 3 + [7]])
def test_a_grouped_order_is_the_twins(groups):
    order = ba.GroupedOrder(groups, seed=5, stream="s")
    for epoch in 0, 3, 0:
        expected = twin.grouped(stream_key(5, "s"), groups, epoch)
        assert order[epoch, :].tolist() == expected
        assert order.position(epoch, expected).tolist() == list(range(len(groups)))


# As a sequence

ORDERS = {
    "Order": make(23),
    "in order": make(23, shuffle=False),
    "WeightedOrder": ba.WeightedOrder([1, 0, 2, 3.5], n=23, seed=1, stream="s"),
    "BalancedOrder": ba.BalancedOrder(LABELS, n=23, seed=1, stream="s"),
    "GroupedOrder": ba.GroupedOrder([*"aabbbbcdaaabbccdddddeaa"], seed=1, stream="s"),
}
EACH = pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
ONCE = pytest.mark.parametrize("name", ["Order", "in order", "GroupedOrder"])


@EACH
def test_slices_arrays_and_single_positions_agree(order):
    assert len(order) == order.n == 23
    every, repeats = order.keys(2, slice(None))
    assert every.dtype == repeats.dtype == np.int64
    assert [order[2, p] for p in range(23)] == every.tolist()
    assert [order.keys(2, p) for p in range(23)] == pairs((every, repeats))
    assert type(order[2, 0]) is int and type(order[2, np.int32(5)]) is int
    assert [order[2, p] for p in range(-23, 0)] == every.tolist()
    for part in slice(4, 9), slice(None, None, -3), slice(-5, 99), slice(9, 9), slice(20, 2, -7):
        assert order[2, part].dtype == np.int64
        assert order[2, part].tolist() == every[part].tolist()
    for places in [3, -1, 3], np.array([[0, 22], [-23, 7]], np.int8), np.array([], np.uint64), []:
        found = order[2, places]
        assert found.dtype == np.int64 and found.shape == np.shape(places)
        assert (found == every[np.asarray(places, int)]).all()


@ONCE
def test_every_index_once_and_back(name):
    order = ORDERS[name]
    for epoch in range(5):
        assert sorted(order[epoch, :].tolist()) == list(range(23))
        assert order.position(epoch, order[epoch, :]).tolist() == list(range(23))
        assert all(order.position(epoch, order[epoch, p]) == p for p in range(23))
        assert order.position(epoch, [[1, 2], [3, 4]]).shape == (2, 2)
    assert type(order.position(0, 3)) is int


def test_without_shuffle_a_position_is_its_index():
    order = make(2**63 - 1, shuffle=False)
    assert order[7, -3:].tolist() == list(range(2**63 - 4, 2**63 - 1))
    assert order.position(3, 2**62) == 2**62


@pytest.mark.parametrize("n", [10**12, 2**62 + 1, 2**63 - 1])
def test_a_huge_order_costs_what_it_returns(n):
    order = make(n)
    assert len(order) == n
    for part in slice(n // 2, n // 2 + 1000), slice(-1000, None), slice(None, None, n // 999):
        found = order[3, part]
        assert len(np.unique(found)) == len(found) >= 999
        assert order.position(3, found).tolist() == list(range(*part.indices(n)))
    shard = order.shard(6, 7, remainder="pad")
    assert shard[0, -1] == order[0, (6 + 7 * (len(shard) - 1)) % n]
    assert next(order.batches(0, 5, start=n - 3)).tolist() == order[0, -3:].tolist()


def test_seeds_streams_epochs_and_sizes_differ():
    orders = [make(100), make(100, seed=43), make(100, stream="val"), make(101)]
    taken = [tuple(order[epoch, :50]) for order in orders for epoch in range(3)]
    assert len(set(taken)) == len(taken)


@EACH
def test_frozen_hashable_and_picklable(order):
    again = pickle.loads(pickle.dumps(order))
    assert again == order == copy.deepcopy(order) and hash(again) == hash(order)
    assert type(again) is type(order) and again.digest == order.digest
    assert (again[4, :] == order[4, :]).all()
    with pytest.raises(AttributeError):
        order.n = 5
    shard = order.shard(1, 3)
    assert pickle.loads(pickle.dumps(shard)) == shard != order.shard(2, 3)
    assert len({order, again, shard, order.shard(1, 3)}) == 2


def test_tables_are_copies_that_cannot_be_written_to():
    weights = np.array([1, 2], np.uint64)
    order = ba.WeightedOrder(weights, seed=1, stream="s")
    weights[:] = 0
    assert order.weights.tolist() == [1, 2]
    for table in order.weights, ORDERS["BalancedOrder"].labels, ORDERS["GroupedOrder"].groups:
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 1


def test_a_repr_can_be_pasted_back():
    for order in make(5), make(5, stream="it's", shuffle=False):
        assert eval(repr(order), vars(ba)) == order
    assert repr(make(5)) == "Order(5, seed=42, stream='train')"
    shard = make(5).shard(1, 2, remainder="pad")
    assert eval(repr(shard), {"Order": ba.Order, "Shard": type(shard)}) == shard
    assert eval(repr(ba.Shards([1, 2])), vars(ba)) == ba.Shards([1, 2])
    assert repr(ORDERS["BalancedOrder"]) == "<BalancedOrder of 9 samples, n=23, seed=1, stream='s'>"


def test_digests_tell_orders_apart():
    a, b = {"seed": 1, "stream": "a"}, {"seed": 2, "stream": "a"}
    orders = [
        *(make(n, **options) for n in (3, 4) for options in (a, b, {"stream": "b"})),
        make(3, **a, shuffle=False),
        *(ba.WeightedOrder(w, n=n, **a) for w in ([1, 2], [2, 1], [1, 2, 0]) for n in (3, 4)),
        *(kind([*t], **a) for kind in (ba.BalancedOrder, ba.GroupedOrder) for t in ("xyx", "xxy")),
    ]
    assert len({order.digest for order in orders}) == len(set(orders)) == len(orders)
    words = [ba.random.label("Order"), 3, 1, ba.random.label("a"), 1]
    assert make(3, **a).digest == ba.digest(np.array(words, np.uint64))
    # What gives the same order has the same digest.
    same = [
        ba.WeightedOrder(w, n=9, **a) for w in ([1, 2], [3, 6], [0.5, 1.0], np.array([8, 16], "f4"))
    ]
    assert len({order.digest for order in same}) == 1
    assert all((order[0, :] == same[0][0, :]).all() for order in same)
    assert ba.BalancedOrder([*"xyx"], **a) == ba.BalancedOrder(np.array([5, 3, 5]), **a)


# In parts


@EACH
@pytest.mark.parametrize("drop_last", [False, True])
def test_batches(order, drop_last):
    every = order[1, :]
    for size in 1, 4, 22, 23, 24, 2**40:
        for start in 0, 3, 22, 23:
            batches = [*order.batches(1, size, start=start, drop_last=drop_last)]
            whole, rest = divmod(23 - start, size)
            assert [len(batch) for batch in batches] == [size] * whole + [rest] * (
                rest > 0 and not drop_last
            )
            taken = np.concatenate([every[:0], *batches])
            assert (taken == every[start : start + len(taken)]).all()


def test_an_epoch_that_was_left_is_resumed():
    order = make(1000)
    whole = [batch.tolist() for batch in order.batches(3, 64)]
    resumed = pickle.loads(pickle.dumps(order)).batches(3, 64, start=5 * 64)
    assert [batch.tolist() for batch in resumed] == whole[5:]


@EACH
def test_shards(order):
    every = pairs(order.keys(1, slice(None)))
    for world in *range(1, 26), 50:
        kept = [order.shard(rank, world) for rank in range(world)]
        assert [len(shard) for shard in kept] == [len(every[rank::world]) for rank in range(world)]
        dropped = [order.shard(rank, world, remainder="drop") for rank in range(world)]
        assert {len(shard) for shard in dropped} == {23 // world}
        padded = [order.shard(rank, world, remainder="pad") for rank in range(world)]
        assert {len(shard) for shard in padded} == {-(-23 // world)}
        extended = every * 50
        for shards in kept, dropped, padded:
            for rank, shard in enumerate(shards):
                part = extended[rank::world][: len(shard)]
                assert pairs(shard.keys(1, slice(None))) == part
                assert [shard[1, p] for p in range(len(shard))] == [index for index, _ in part]
                batches = [index for batch in shard.batches(1, 2) for index in batch]
                assert batches == [index for index, _ in part]
    nested = [order.shard(1, 2).shard(worker, 3) for worker in range(3)]
    assert [pairs(shard.keys(1, slice(None))) for shard in nested] == [
        every[1 + 2 * worker :: 6] for worker in range(3)
    ]


def test_an_epoch_s_groups_are_kept_safely():
    """Threads ask for different epochs at once; another process asks anew."""
    groups = [i % 97 for i in range(1000)]
    order = ba.GroupedOrder(groups, seed=1, stream="s")
    expected = {e: ba.GroupedOrder(groups, seed=1, stream="s")[e, :].tolist() for e in range(4)}

    def ask(epoch):
        return all(
            [*map(int, np.concatenate([*order.batches(epoch, 37)]))] == expected[epoch]
            and [order[epoch, p] for p in range(0, 1000, 97)] == expected[epoch][::97]
            for _ in range(5)
        )

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(ask, [0, 1, 2, 3] * 2))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(order.__getitem__, ((2, slice(None)),)).tolist() == expected[2]


# Weights


def test_weighted_counts():
    weights = np.array([0, 1, 2.5, 10, 0.01, 7])
    order = ba.WeightedOrder(weights, n=137, seed=3, stream="s")
    counts = np.array([np.bincount(order[e, :], minlength=6) for e in range(4000)])
    exact = 137 * weights / weights.sum()
    assert (counts >= np.floor(exact)).all() and (counts <= np.ceil(exact)).all()
    # The deviation of a mean of 4000 coin tosses is below 0.008.
    assert (abs(counts.mean(0) - exact) < 0.04).all()
    assert counts.std(0)[[1, 2, 3, 4, 5]].min() > 0.1


def test_balanced_counts():
    labels = np.repeat([0, 1, 2, 3], [60, 1, 12, 3])
    order = ba.BalancedOrder(labels, n=50, seed=3, stream="s")
    counts = np.array([np.bincount(order[e, :], minlength=76) for e in range(3000)])
    for label, members in enumerate([60, 1, 12, 3]):
        own = counts[:, labels == label]
        assert set(own.sum(1)) == {12, 13}
        assert (own.max(1) - own.min(1) <= 1).all()
        # Five deviations of a mean of 3000 tosses.
        share = 12.5 / members
        assert (abs(own.mean(0) - share) < 5 * 0.5 / 3000**0.5).all()
    # Any two members of a large class can meet.
    common = counts[:, :60].T @ counts[:, :60]
    assert common.min() > 50


def test_a_balanced_order_of_fewer_samples_than_classes():
    order = ba.BalancedOrder(range(10), n=3, seed=1, stream="s")
    assert np.unique(np.concatenate([order[e, :] for e in range(60)])).tolist() == [*range(10)]
    assert all(len(set(order[e, :])) == 3 for e in range(60))


def test_groups_stay_together():
    groups = np.array([*"abacabadabacabae"])
    order = ba.GroupedOrder(groups, seed=1, stream="s")
    seen = set()
    for epoch in range(50):
        taken = groups[order[epoch, :]]
        assert 1 + (taken[1:] != taken[:-1]).sum() == 5
        seen.add("".join(taken))
    assert len(seen) > 30  # of 120; 41 in the mean


# Files


def test_shards_of_files():
    sizes = [0, 3, 0, 0, 4, 1, 0]
    shards = ba.Shards(sizes)
    expected = [(s, o) for s, size in enumerate(sizes) for o in range(size)]
    assert len(shards) == 8 and [*shards] == expected
    assert [shards[i] for i in range(-8, 0)] == expected
    assert [shards.index(s, o) for s, o in expected] == list(range(8))
    assert pairs(shards[:]) == expected and pairs(shards[5:1:-2]) == expected[5:1:-2]
    found, offsets = shards[[[0, 7], [3, -1]]]
    assert found.dtype == offsets.dtype == np.int64
    assert found.tolist() == [[1, 5], [4, 5]] and offsets.tolist() == [[0, 0], [0, 0]]
    assert shards.index(found, offsets).tolist() == [[0, 7], [3, 7]]
    assert shards.index(4, [0, 3]).tolist() == [3, 6]
    assert pickle.loads(pickle.dumps(shards)) == shards != ba.Shards([3, 5])
    huge = ba.Shards([2**62, 2**62 - 1])
    assert huge[-1] == (1, 2**62 - 2) and huge.index(1, 0) == 2**62
    assert len(ba.Shards([])) == len(ba.Shards([0, 0])) == 0


# What is refused


WRONG = {
    "Order: n=0: 1 to 9223372036854775807": lambda: make(0),
    "Order: n=9223372036854775808: 1 to 9223372036854775807": lambda: make(2**63),
    "Order: seed=-1: 0 to 18446744073709551615": lambda: make(5, seed=-1),
    "epoch=4294967296: 0 to 4294967295": lambda: make(5)[2**32, 0],
    "index=5: 0 to 4": lambda: make(5).position(0, [1, 5, 6]),
    "index=-1: 0 to 4": lambda: make(5).position(0, -1),
    "index=18446744073709551615: 0 to 4": lambda: make(5).position(0, np.uint64(2**64 - 1)),
    "batch_size=0: 1 to 9223372036854775807": lambda: make(5).batches(0, 0),
    "start=6: 0 to 5": lambda: make(5).batches(0, 2, start=6),
    "epoch=-1: 0 to 4294967295": lambda: make(5).batches(-1, 2),
    "Shard: rank=2: 0 to 1": lambda: make(5).shard(2, 2),
    "Shard: world_size=0: 1 to 9223372036854775807": lambda: make(5).shard(0, 0),
    "Shard: remainder='both': 'keep', 'drop' or 'pad'": lambda: make(5).shard(
        0, 1, remainder="both"
    ),
    "WeightedOrder: weights: -1: 0 to 2^62-1": lambda: weigh([3, -1]),
    "WeightedOrder: weights: -0.5: finite, from 0 on": lambda: weigh([0.5, -0.5]),
    "WeightedOrder: weights: inf: finite, from 0 on": lambda: weigh([0.5, np.inf]),
    "WeightedOrder: weights: nan: finite, from 0 on": lambda: weigh(np.array([np.nan, 1])),
    "WeightedOrder: weights: all are 0; one above 0 is needed": lambda: weigh([0, 0.0]),
    "WeightedOrder: weights: the sum is 4611686018427387904: up to 2^62-1": lambda: weigh(
        [2**61] * 2
    ),
    "WeightedOrder: weights: shape (0,); one weight for each sample is needed": lambda: weigh([]),
    "WeightedOrder: weights: shape (1, 2); one weight for each sample is needed": lambda: weigh(
        [[1, 2]]
    ),
    "WeightedOrder: weights: its rows differ in length": lambda: weigh([1, [2, 3]]),
    "WeightedOrder: n=0: 1 to 9223372036854775807": lambda: weigh([1], n=0),
    "index=2: 0 to 1": lambda: weigh([1, 1]).positions(0, 2),
    "BalancedOrder: labels: empty; one label for each sample is needed": lambda: ba.BalancedOrder(
        [], seed=1, stream="s"
    ),
    "GroupedOrder: groups: nan is no label, as it is not equal to itself": lambda: ba.GroupedOrder(
        np.array([1, np.nan, np.nan]), seed=1, stream="s"
    ),
    "Shards: sizes=-1: 0 to 9223372036854775807": lambda: ba.Shards([3, -1]),
    "Shards: sizes: the sum is 9223372036854775808: up to 2^63-1": lambda: ba.Shards([2**62] * 2),
    "shard=2: 0 to 1": lambda: ba.Shards([3, 4]).index([0, 2], 0),
    "offset: its rows differ in length": lambda: ba.Shards([3, 4]).index(0, [[1], [1, 2]]),
    "offset=3: shard 0 has 3 samples": lambda: ba.Shards([3, 4]).index([1, 0], 3),
    "offset=-1: 0 to 9223372036854775807": lambda: ba.Shards([3, 4]).index(0, -1),
}
WRONG_KIND = {
    "Order: n=True: an integer is needed": lambda: make(True),
    "Order: n=5.0: an integer is needed": lambda: make(5.0),
    "Order: stream=7: a str is needed": lambda: make(5, stream=7),
    "Order: shuffle=1: True or False is needed": lambda: make(5, shuffle=1),
    "3: [epoch, position] is needed": lambda: make(5)[3],
    "position: dtype bool is not one of integers": lambda: make(5)[0, [True, False]],
    "position: dtype float64 is not one of integers": lambda: make(5)[0, 1.0],
    "epoch=True: an integer is needed": lambda: make(5)[True, 1],
    "WeightedOrder: weights: dtype bool is not one of integers": lambda: weigh([True, False]),
    "GroupedOrder: groups='abc': a sequence is needed, one label for each sample": lambda: (
        ba.GroupedOrder("abc", seed=1, stream="s")
    ),
    "GroupedOrder: groups: unhashable type: 'list'; a label is a str or an integer": lambda: (
        ba.GroupedOrder([[1]], seed=1, stream="s")
    ),
}
OUTSIDE = {
    "position=5: -5 to 4": lambda: make(5)[0, 5],
    "position=-6: -5 to 4": lambda: make(5).keys(0, [1, -6]),
    "position=18446744073709551615: -5 to 4": lambda: make(5)[0, np.uint64(2**64 - 1)],
    "position=0: there are none": lambda: make(5).shard(6, 7)[0, 0],
    "index=7: -7 to 6": lambda: ba.Shards([3, 4])[7],
}


def weigh(weights, **options):
    return ba.WeightedOrder(weights, **{"seed": 1, "stream": "s"} | options)


@pytest.mark.parametrize(
    ("kind", "message", "call"),
    [
        (kind, message, call)
        for kind, calls in ((ValueError, WRONG), (TypeError, WRONG_KIND), (IndexError, OUTSIDE))
        for message, call in calls.items()
    ],
)
def test_refused(kind, message, call):
    with pytest.raises(kind) as error:
        call()
    assert type(error.value) is kind and str(error.value) == message


def test_positions_that_memory_cannot_hold():
    for order in (
        ba.WeightedOrder([1, 9], seed=0, stream="train", n=10**15),
        ba.BalancedOrder(["a", "b"], seed=0, stream="train", n=2**63 - 1),
    ):
        with pytest.raises(MemoryError, match=r"positions: no memory for [0-9]+ of one sample"):
            order.positions(0, 0)
