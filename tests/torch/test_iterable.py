"""Iterable: whole batches, the same for any number of workers."""

import itertools

import pytest
from torch.utils.data import DataLoader

import bitaug.torch as bt

from ..loaders.samples import AT, COUNT, PIPELINE
from .common import Photos, epoch_keys, expected, order, seen

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")

GLOBAL = 4
STEPS = -(-COUNT // GLOBAL)
WHOLE = [expected(epoch_keys(epoch)) for epoch in range(6)]


def iterable(**options):
    return bt.Iterable(Photos(), PIPELINE, order(), GLOBAL, **AT, **options)


@pytest.mark.parametrize(
    ("workers", "options"),
    [
        (0, {}),
        *[(workers, {}) for workers in range(1, 6)],
        (3, {"persistent_workers": True, "prefetch_factor": 1}),
        (2, {"multiprocessing_context": "spawn", "persistent_workers": True}),
        (1, {"multiprocessing_context": "forkserver"}),
    ],
)
def test_batches(workers, options):
    loader = bt.DataLoader(iterable(), num_workers=workers, **options)
    assert len(loader) == STEPS
    for epoch in range(2):
        batches = list(loader)
        assert [len(images) for images, _ in batches] == [GLOBAL] * (STEPS - 1) + [2]
        assert seen(batches) == WHOLE[epoch]
    loader.set_epoch(5)
    assert loader.epoch == 5
    assert seen(loader) == WHOLE[5]


@pytest.mark.parametrize("world", [1, 2, 4])
def test_ranks(world):
    ranks = [
        list(bt.DataLoader(iterable(rank=rank, world_size=world), num_workers=2))
        for rank in range(world)
    ]
    for step, parts in enumerate(itertools.zip_longest(*ranks)):
        together = seen([part for part in parts if part is not None])
        assert sorted(together) == sorted(WHOLE[0][step * GLOBAL : (step + 1) * GLOBAL])


@pytest.mark.parametrize("taken", [0, 1, 5, STEPS, STEPS + 1])
@pytest.mark.parametrize(("workers", "others"), [(2, 3), (3, 0), (0, 2)])
def test_resumed(taken, workers, others):
    first = bt.DataLoader(iterable(), num_workers=workers)
    got = list(itertools.islice(itertools.chain(first, first), taken))
    second = bt.DataLoader(iterable(), num_workers=others)
    second.load_state_dict(first.state_dict())
    for _ in range(2 - second.epoch):
        got += second
    assert seen(got) == WHOLE[0] + WHOLE[1]


def test_without_a_loader_and_under_torchs():
    batches = iterable()
    assert seen(batches) == WHOLE[0]
    assert seen(DataLoader(batches, batch_size=None)) == WHOLE[1]
    with pytest.raises(RuntimeError, match=r"its workers need bitaug\.torch\.DataLoader"):
        list(DataLoader(iterable(), batch_size=None, num_workers=1))


def test_what_is_refused():
    with pytest.raises(ValueError, match="batch_size=4: None, as Iterable gives whole batches"):
        bt.DataLoader(iterable(), batch_size=4)
    with pytest.raises(ValueError, match="order: 9 samples; the data set has 22"):
        bt.Iterable(Photos(), PIPELINE, order(9), GLOBAL, **AT)
    with pytest.raises(TypeError, match="stream"):
        bt.Iterable(Photos(), PIPELINE, order(), GLOBAL, seed=1)
