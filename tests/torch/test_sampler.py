"""The sampler's keys: epochs, ranks, remainders and state."""

import itertools

import numpy as np
import pytest
import torch.distributed

import bitaug as ba
import bitaug.torch as bt

from ..loaders.samples import COUNT
from .common import augmented, epoch_keys, expected, joined, order, seen

N, GLOBAL = 52, 12


def global_batches(world, n=N, remainder="keep", epoch=0):
    """What all ranks see at each step, in the order of positions."""
    ranks = []
    for rank in range(world):
        options = {"rank": rank, "world_size": world, "remainder": remainder}
        sampler = bt.Sampler(order(n), GLOBAL, **options)
        sampler.set_epoch(epoch)
        keys = list(sampler)
        assert len(keys) == len(sampler)
        size = sampler.batch_size
        ranks.append([keys[at : at + size] for at in range(0, len(keys), size)])
    steps = []
    for parts in itertools.zip_longest(*ranks, fillvalue=[]):
        dealt = itertools.chain.from_iterable(itertools.zip_longest(*parts))
        steps.append([key for key in dealt if key is not None])
    return steps


@pytest.mark.parametrize("world", [1, 2, 3, 4, 6])
def test_ranks_share_the_same_global_batches(world):
    for epoch in (0, 2):
        keys = epoch_keys(epoch, order(N))
        batches = [keys[at : at + GLOBAL] for at in range(0, N, GLOBAL)]
        assert global_batches(world, epoch=epoch) == batches
        assert global_batches(world, epoch=epoch, remainder="drop") == batches[:4]


@pytest.mark.parametrize("world", [1, 2, 3, 4, 6])
def test_the_remainder(world):
    options = {"world_size": world, "remainder": "pad"}
    ranks = [list(bt.Sampler(order(N), GLOBAL, rank=rank, **options)) for rank in range(world)]
    assert {len(keys) for keys in ranks} == {-(-N // world)}
    keys = epoch_keys(0, order(N))
    padded = joined(global_batches(world, remainder="pad"))
    assert padded == keys + keys[: -N % world]
    kept = [len(bt.Sampler(order(N), GLOBAL, rank=r, world_size=world)) for r in range(world)]
    assert sum(kept) == N and max(kept) - min(kept) <= 1


def test_more_padding_than_samples():
    ranks = [bt.Sampler(order(2), 6, rank=r, world_size=6, remainder="pad") for r in range(6)]
    first, second = epoch_keys(0, order(2))
    assert [list(sampler) for sampler in ranks] == [[first], [second]] * 3


def test_epochs_advance_unless_told():
    sampler = bt.Sampler(order(), 4)
    epochs = [next(iter(sampler))[0], next(iter(sampler))[0]]
    sampler.set_epoch(7)
    assert sampler.epoch == 7
    epochs += [next(iter(sampler))[0], next(iter(sampler))[0]]
    sampler.set_epoch(7)
    epochs.append(next(iter(sampler))[0])
    assert epochs == [0, 1, 7, 8, 7]


def test_an_iterator_that_is_not_used_costs_no_epoch():
    sampler = bt.Sampler(order(), 4)
    iter(sampler)
    assert list(sampler) == epoch_keys(0)


def test_chunks_of_keys_join():
    long = order(10_000)
    assert list(bt.Sampler(long, 10)) == epoch_keys(0, long)


def test_orders_of_other_kinds():
    """Copies of a sample in one epoch have repeats of their own, so other pixels."""
    weighted = ba.WeightedOrder([1.0, 50.0] + [0.5] * (COUNT - 2), seed=7, stream="train")
    keys = epoch_keys(1, weighted)
    assert max(repeat for _, _, repeat in keys) > 1
    sampler = bt.Sampler(weighted, 5)
    sampler.set_epoch(1)
    batches = list(bt.DataLoader(augmented(), sampler=sampler, num_workers=2))
    assert seen(batches) == expected(keys)
    assert len({digest for label, digest in seen(batches) if label == 1}) > 5
    groups = np.arange(COUNT) // 3
    grouped = ba.GroupedOrder(groups, seed=7, stream="train")
    batches = list(bt.DataLoader(augmented(), sampler=bt.Sampler(grouped, 5)))
    assert seen(batches) == expected(epoch_keys(0, grouped))


def test_state_of_its_iterator():
    sampler = bt.Sampler(order(N), GLOBAL, rank=1, world_size=3)
    keys = iter(sampler)
    untouched = keys.state_dict()
    assert untouched == {"epoch": 0, "position": 0, "order": order(N).digest}
    for _ in range(8):
        next(keys)
    state = keys.state_dict()
    assert state == {"epoch": 0, "position": 24, "order": order(N).digest}
    for world in (1, 2, 4):
        rest = []
        for rank in range(world):
            other = bt.Sampler(order(N), GLOBAL, rank=rank, world_size=world)
            again = iter(other)
            again.load_state_dict(state)
            rest += again
            assert other.epoch == 1
        assert sorted(rest) == sorted(epoch_keys(0, order(N))[24:])
    assert list(keys)[-1] == epoch_keys(0, order(N))[-3]
    assert keys.state_dict()["position"] == N


def test_a_state_of_another_order_is_refused():
    mine, other = order(), ba.Order(COUNT, seed=8, stream="train")
    state = iter(bt.Sampler(other, 4)).state_dict()
    for target in (
        iter(bt.Sampler(mine, 4)),
        bt.DataLoader(augmented(), sampler=bt.Sampler(mine, 4)),
    ):
        with pytest.raises(ValueError, match=f"{other.digest}.*{mine.digest}"):
            target.load_state_dict(state)
        with pytest.raises(ValueError, match="a dict of epoch, position and order"):
            target.load_state_dict({"epoch": 1})


@pytest.mark.parametrize(
    ("changed", "kind", "text"),
    [
        ({"world_size": 5}, ValueError, "global_batch_size=12.*multiple of world_size=5"),
        ({"rank": 2}, ValueError, "rank=2: 0 to world_size - 1, world_size=2"),
        ({"world_size": None}, TypeError, "rank=0, world_size=None: give both"),
        ({"rank": None}, TypeError, "rank=None, world_size=2: give both"),
        ({"world_size": 0}, ValueError, "world_size=0"),
        ({"rank": -1}, ValueError, "rank=-1"),
        ({"global_batch_size": 0}, ValueError, "global_batch_size=0"),
        ({"global_batch_size": 1.5}, TypeError, "global_batch_size=1.5"),
        ({"remainder": "wrap"}, ValueError, "remainder='wrap'"),
        (
            {"order": order(11), "remainder": "drop"},
            ValueError,
            "remainder='drop': 11 samples make no batch of 12",
        ),
        ({"order": order().shard(0, 2)}, TypeError, "order: Shard"),
        ({"order": [1, 2]}, TypeError, "order: list"),
    ],
)
def test_arguments_that_are_refused(changed, kind, text):
    arguments = {"order": order(N), "global_batch_size": GLOBAL, "rank": 0, "world_size": 2}
    with pytest.raises(kind, match=text):
        bt.Sampler(**arguments | changed)


def test_ranks_of_the_process_group(tmp_path):
    early = bt.Sampler(order(N), GLOBAL)
    # A second rank that never comes: nothing here talks to it.
    store = torch.distributed.FileStore(str(tmp_path / "store"), 1)
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        assert (bt.Sampler(order(N), GLOBAL).rank, len(list(early))) == (0, N)
    finally:
        torch.distributed.destroy_process_group()


def test_made_before_the_process_group(monkeypatch):
    early = bt.Sampler(order(N), GLOBAL)
    given = bt.Sampler(order(N), GLOBAL, rank=0, world_size=1)
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 1)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    late = bt.Sampler(order(N), GLOBAL)
    assert (late.rank, late.num_replicas, late.batch_size) == (1, 2, 6)
    assert len(list(given)) == N
    with pytest.raises(RuntimeError, match="rank 0 of 1, used on rank 1 of 2: make it after"):
        next(iter(early))
