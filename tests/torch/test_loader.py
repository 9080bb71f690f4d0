"""A real DataLoader: the same bytes for any number of workers and any start method."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

import bitaug as ba

from .. import WATCHDOG

# More workers than cores is what is to be tested.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")

COUNT = 48
TRAIN = ba.Compose(
    [
        ba.RandomResizedCrop(24),
        ba.HorizontalFlip(),
        ba.ColorJitter(brightness=(0.6, 1.4), hue=(-0.1, 0.1)),
        ba.GaussNoise(),
        ba.Normalize(),
        ba.ToCHW(),
    ]
)
WORKERS = [(0, None), (1, "fork"), (4, "fork"), (1, "spawn"), (4, "spawn")]


def photos():
    return np.random.default_rng(1).integers(0, 256, (COUNT, 40, 48, 3), dtype=np.uint8)


class Augmented(Dataset):
    """Keeps no random state; says by whom an image was made."""

    def __init__(self):
        self.photos = photos()

    def __len__(self):
        return COUNT

    def __getitem__(self, key):
        epoch, index = key
        image = TRAIN(self.photos[index], seed=42, epoch=epoch, index=index)
        worker = torch.utils.data.get_worker_info()
        return index, ba.digest(image), -1 if worker is None else worker.id


class Keys:
    """(epoch, index) in an order of its own for each epoch."""

    def __init__(self, epoch, batch_size):
        self.epoch, self.batch_size = epoch, batch_size

    def __iter__(self):
        order = np.random.default_rng(self.epoch).permutation(COUNT)
        for start in range(0, COUNT, self.batch_size):
            chunk = order[start : start + self.batch_size]
            yield [(self.epoch, int(index)) for index in chunk]

    def __len__(self):
        return -(-COUNT // self.batch_size)


def load(epoch, workers, method, batch_size, dataset=None):
    """Digest of each index, and the workers that took part."""
    loader = DataLoader(
        dataset or Augmented(),
        batch_sampler=Keys(epoch, batch_size),
        num_workers=workers,
        multiprocessing_context=method,
        persistent_workers=workers > 0,
        timeout=WATCHDOG if workers else 0,
    )
    digests, seen = {}, set()
    for indices, values, ids in loader:
        digests.update(zip(indices.tolist(), values, strict=True))
        seen.update(ids.tolist())
    return digests, seen


def at_once(epoch):
    """All of an epoch in one call, on two threads: also what a fork must survive."""
    outputs = TRAIN(photos(), seed=42, epoch=epoch, index=np.arange(COUNT), threads=2)
    return {index: ba.digest(image) for index, image in enumerate(outputs)}


@pytest.mark.parametrize(("workers", "method"), WORKERS)
@pytest.mark.parametrize("batch_size", [5, 12])
def test_equal_digests(workers, method, batch_size):
    for epoch in (0, 3):
        expected = at_once(epoch)
        digests, seen = load(epoch, workers, method, batch_size)
        assert digests == expected
        assert seen == (set(range(workers)) or {-1})
    assert at_once(0) != at_once(3)
    assert len(set(at_once(0).values())) == COUNT


class Batched(Augmented):
    """Makes a batch in one call, with threads of its own in every worker."""

    def __getitems__(self, keys):
        epochs, indices = zip(*keys, strict=True)
        batch = [self.photos[index] for index in indices]
        outputs = TRAIN(batch, seed=42, epoch=epochs, index=indices, threads=2)
        return list(zip(indices, map(ba.digest, outputs), strict=True))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_whole_batches_in_persistent_workers(method):
    keys = Keys(0, 5)
    expected = {epoch: at_once(epoch) for epoch in (0, 3)}
    loader = DataLoader(
        Batched(),
        batch_sampler=keys,
        num_workers=2,
        multiprocessing_context=method,
        persistent_workers=True,
        timeout=WATCHDOG,
    )
    for epoch, digests in expected.items():
        keys.epoch, found = epoch, {}
        for indices, values in loader:
            found.update(zip(indices.tolist(), values, strict=True))
        assert found == digests


class Remembering(Augmented):
    """What people write: a generator kept in the data set, copied into every worker."""

    def __init__(self):
        super().__init__()
        self.rng = np.random.default_rng(0)

    def __getitem__(self, key):
        _, index = key
        return index, str(self.rng.integers(2**62)), 0


def test_a_generator_in_the_data_set_repeats():
    """The complaint: so the set-up above would show it."""
    alone, _ = load(0, 0, None, 5, Remembering())
    shared, _ = load(0, 4, "fork", 5, Remembering())
    assert len(set(alone.values())) == COUNT
    assert len(set(shared.values())) < COUNT
    assert alone != shared
