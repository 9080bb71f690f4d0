"""Orders: against the twin, as sequences, in shards, and as good as true shuffles."""

import copy
import itertools
import pickle
from collections import Counter

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
    [1e308, 1e308, 3e307],
    [2**61, 2**61 - 1],
]
LABELS = ["cat", "dog", "cat", "owl", "cat", "dog", "cat", "cat", "cat"]


def make(n, **options):
    return ba.Order(n, **{"seed": 42, "stream": "train"} | options)


# The twin


@pytest.mark.parametrize("n", SIZES)
def test_an_order_is_the_twins(n):
    for seed, stream, epoch in [(42, "train", 0), (2**64 - 1, "été", 2**32 - 1)]:
        order, key = make(n, seed=seed, stream=stream), stream_key(seed, stream)
        places = np.arange(n)
        assert (order[epoch, :] == twin.permuted(key, n, epoch, places)).all()
        assert (order.position(epoch, places) == twin.permuted(key, n, epoch, places, back=True)).all()


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_a_weighted_order_is_the_twins(weights, n):
    order = ba.WeightedOrder(weights, n=n, seed=5, stream="s")
    for epoch in 0, 3:
        expected = twin.weighted(stream_key(5, "s"), n, weights, epoch)
        assert list(zip(*map(np.ndarray.tolist, order.keys(epoch, slice(None))), strict=True)) == expected
        check_positions(order, epoch, len(weights))


@pytest.mark.parametrize("n", [1, 2, 7, 9, 100])
def test_a_balanced_order_is_the_twins(n):
    order = ba.BalancedOrder(LABELS, n=n, seed=5, stream="s")
    for epoch in 0, 3:
        expected = twin.balanced(stream_key(5, "s"), n, LABELS, epoch)
        assert list(zip(*map(np.ndarray.tolist, order.keys(epoch, slice(None))), strict=True)) == expected
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
    assert [order.keys(2, p) for p in range(23)] == [*zip(every.tolist(), repeats.tolist(), strict=True)]
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
        assert (order.position(3, found) == np.arange(n, dtype=object)[part] if n < 10**4 else True)
        assert order.position(3, found).tolist() == list(range(n))[part] if n < 10**4 else True
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
        *(kind(labels, **a) for kind in (ba.BalancedOrder, ba.GroupedOrder) for labels in ("xyx", "xxy")),
    ] if False else [
        *(make(n, **options) for n in (3, 4) for options in (a, b, {"stream": "b"})),
        make(3, **a, shuffle=False),
        *(ba.WeightedOrder(w, n=n, **a) for w in ([1, 2], [2, 1], [1, 2, 0]) for n in (3, 4)),
        *(kind([*t], **a) for kind in (ba.BalancedOrder, ba.GroupedOrder) for t in ("xyx", "xxy")),
    ]
    assert len({order.digest for order in orders}) == len(set(orders)) == len(orders)
    words = [ba.random.label("Order"), 3, 1, ba.random.label("a"), 1]
    assert make(3, **a).digest == ba.digest(np.array(words, np.uint64))
    # What gives the same order has the same digest.
    same = [ba.WeightedOrder(w, n=9, **a) for w in ([1, 2], [3, 6], [0.5, 1.0], np.array([8, 16], "f4"))]
    assert len({order.digest for order in same}) == 1
    assert all((order[0, :] == same[0][0, :]).all() for order in same)
    assert ba.BalancedOrder([*"xyx"], **a) == ba.BalancedOrder(np.array([5, 3, 5]), **a)
