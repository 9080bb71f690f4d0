"""The DataLoader gives the same features again and again.

All pictures of a batch are alike; or batches come in fours that are alike, one from each worker;
or every epoch is the first one again. If I seed each worker by its number, that is gone, but then
the number of workers decides what my model sees.
"""

import itertools
import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, get_worker_info

import bitaug as ba
import bitaug.torch as bt

from .photos import Photos

# More workers than cores is what is to be tested.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")

BATCH, EPOCHS = 3, 3
TRAIN = ba.Compose(
    [
        ba.RandomResizedCrop(24),
        ba.HorizontalFlip(),
        ba.GaussNoise(),
        ba.ToFloat(),
        ba.ToCHW(),
    ]
)


def digests(images):
    return [ba.digest(np.ascontiguousarray(image)) for image in images]


# (a) Data that is made once, and an index that is ignored.


class MadeOnce(Dataset):
    def __init__(self, photo):
        rng = np.random.default_rng(0)
        self.data = np.clip(photo + rng.normal(0, 10, photo.shape), 0, 255)

    def __len__(self):
        return 24

    def __getitem__(self, index):
        return self.data


def test_complaint_data_made_once(folder):
    photo = np.asarray(Photos(folder)[0][0])
    batches = list(DataLoader(MadeOnce(photo), BATCH))
    assert len(set(digests(torch.cat(batches)))) == 1


class OnePhoto(Dataset):
    """There is no more than one photo, as often as it is asked for."""

    def __init__(self, photo):
        self.photo = photo

    def __len__(self):
        return 24

    def __getitem__(self, index):
        return self.photo


def test_even_a_single_photo_is_augmented_anew(folder):
    photo = np.asarray(Photos(folder)[0][0])
    train = bt.Augmented(OnePhoto(photo), TRAIN, seed=42, stream="train")
    order = ba.Order(len(train), seed=42, stream="train")
    loader = bt.DataLoader(train, sampler=bt.Sampler(order, BATCH))
    images = [image for _ in range(EPOCHS) for batch in loader for image in batch]
    assert len(set(digests(images))) == EPOCHS * 24


# (b) A generator that is kept in the data set.


class WithGenerator(Photos):
    """Rolls a picture by what is drawn; says how far, and who did it."""

    def __init__(self, root):
        super().__init__(root)
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        image = super().__getitem__(index)[0]
        by = int(self.rng.integers(1000))
        worker = get_worker_info()
        return np.roll(np.asarray(image), by, axis=1), by, -1 if worker is None else worker.id


def rolls(dataset, workers, method=None, worker_init_fn=None):
    """How far each worker has rolled its pictures, and all rolls in the order they come."""
    loader = DataLoader(
        dataset, BATCH, num_workers=workers, multiprocessing_context=method,
        worker_init_fn=worker_init_fn,
    )  # fmt: skip
    per_worker, everything = {}, []
    for _, drawn, ids in loader:
        per_worker.setdefault(int(ids[0]), []).extend(drawn.tolist())
        everything += drawn.tolist()
    return per_worker, everything


@pytest.mark.parametrize(
    ("workers", "method", "epochs"), [(4, "fork", EPOCHS), (2, "spawn", 1), (2, "forkserver", 1)]
)
def test_complaint_a_generator_in_the_data_set(folder, workers, method, epochs):
    """Every worker has a copy, which draws what the others' copies draw; a new one each epoch."""
    dataset = WithGenerator(folder)
    made = [rolls(dataset, workers, method) for _ in range(epochs)]
    first = made[0][0]
    assert set(first) == set(range(workers))
    assert all(drawn == first[0] for drawn in first.values())
    assert all(epoch == made[0] for epoch in made)
    _, alone = rolls(dataset, 0)
    assert len(set(alone)) == len(alone)


# (c) A worker_init_fn that seeds by the worker's number.


def seed_by_number(worker_id):
    get_worker_info().dataset.rng = np.random.default_rng(worker_id)


def test_complaint_seeded_by_the_number_of_the_worker(folder):
    """Workers differ now; so do runs with another number of them, and epochs are still alike."""
    dataset, made = WithGenerator(folder), {}
    for workers in (1, 2, 4):
        per_worker, made[workers] = rolls(dataset, workers, "fork", seed_by_number)
        assert len(set(map(tuple, per_worker.values()))) == workers
        assert rolls(dataset, workers, "fork", seed_by_number)[1] == made[workers]
    assert made[1] != made[2] != made[4] != made[1]


# With bitaug, for any number of workers, however they are started and for how long they stay.


@pytest.fixture(scope="module")
def expected(folder):
    """The digests of some epochs, made one by one where there is no loader at all."""
    photos = Photos(folder)
    order = ba.Order(len(photos), seed=42, stream="train")
    epochs = [
        [
            TRAIN(np.asarray(photos[index][0]), seed=42, epoch=epoch, index=int(index))
            for index in order[epoch, :]
        ]
        for epoch in range(EPOCHS)
    ]
    return [digests(epoch) for epoch in epochs]


def test_nothing_is_there_twice(expected):
    assert len(set(itertools.chain(*expected))) == EPOCHS * 24


def left_over(worker_id):
    """What was needed before, and does no harm now."""
    random.seed(worker_id)
    torch.manual_seed(worker_id)


@pytest.mark.parametrize(
    ("workers", "method", "persistent"),
    [
        (0, None, False),
        (1, "fork", False),
        (4, "fork", False),
        (4, "fork", True),
        (2, "spawn", True),
        (2, "forkserver", True),
    ],
)
def test_any_number_of_workers(folder, expected, workers, method, persistent):
    train = bt.Augmented(Photos(folder), TRAIN, seed=42, stream="train")
    order = ba.Order(len(train), seed=42, stream="train")
    loader = bt.DataLoader(
        train, sampler=bt.Sampler(order, BATCH), num_workers=workers,
        multiprocessing_context=method, persistent_workers=persistent, worker_init_fn=left_over,
    )  # fmt: skip
    for epoch in range(EPOCHS):
        made = [digests(images) for images, _ in loader]
        assert list(itertools.chain(*made)) == expected[epoch]


@pytest.mark.parametrize("batch_size", [1, 7, 24])
def test_any_size_of_batches(folder, expected, batch_size):
    train = bt.Augmented(Photos(folder), TRAIN, seed=42, stream="train")
    order = ba.Order(len(train), seed=42, stream="train")
    loader = bt.DataLoader(train, sampler=bt.Sampler(order, batch_size), num_workers=1)
    for epoch in range(EPOCHS):
        made = [digests(images) for images, _ in loader]
        assert list(itertools.chain(*made)) == expected[epoch]


@pytest.mark.parametrize("workers", [0, 2])
def test_shuffled_by_the_loader_itself(folder, workers):
    """torch's own DataLoader does too: it has to be told the epoch, as in distributed training."""
    train = bt.Augmented(Photos(folder), TRAIN, seed=42, stream="train")
    loader = DataLoader(
        train, BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0
    )
    seen = set()
    for epoch in range(EPOCHS):
        train.set_epoch(epoch)
        for images, paths in loader:
            for digest, path in zip(digests(images), paths, strict=True):
                assert digest == digests([train[epoch, train.dataset.paths.index(path)][0]])[0]
                seen.add(digest)
    assert len(seen) == EPOCHS * 24


@pytest.mark.parametrize("workers", [0, 2])
def test_copies_of_a_rare_picture_differ(folder, workers):
    """Drawn with replacement, a picture comes several times in an epoch, and never the same."""
    train = bt.Augmented(Photos(folder), TRAIN, seed=42, stream="train")
    weights = [10 if path.startswith("cat/") else 1 for path in train.dataset.paths]
    order = ba.WeightedOrder(weights, n=48, seed=42, stream="train")
    loader = bt.DataLoader(train, sampler=bt.Sampler(order, BATCH), num_workers=workers)
    seen, cats = [], 0
    for images, paths in loader:
        seen += digests(images)
        cats += sum(path.startswith("cat/") for path in paths)
    assert 35 <= cats <= 41
    assert len(set(seen)) == 48
