"""Different images at the same index.

My data set shuffles its indices after each epoch, rotates every picture a little, and its pictures
are packed in files that are read in another order each time. So `dataset[2]` is another picture
whenever I look at it, and I cannot tell which one it was. How can I have the shuffling, and still
look at the image behind an index, before and after each step?
"""

import itertools
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset
from torchvision.transforms import v2

import bitaug as ba
import bitaug.torch as bt

from .photos import Photos

# More workers than cores is what is to be tested.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")

BATCH, EPOCHS = 5, 3
TRAIN = ba.Compose(
    [
        ba.RandomResizedCrop(32, scale=(0.5, 1.0)),
        ba.HorizontalFlip(),
        ba.Affine(rotate=(-15, 15), border="reflect101"),
        ba.ColorJitter(brightness=(0.7, 1.3), contrast=(0.7, 1.3)),
        ba.Normalize(),
        ba.ToCHW(),
    ]
)


def augmented(folder):
    return bt.Augmented(Photos(folder), TRAIN, seed=42, stream="train")


# (a) A list of indices that is shuffled in place.


class Shuffling(Photos):
    def __init__(self, root):
        super().__init__(root)
        self.order = list(range(len(self.paths)))

    def on_epoch_end(self):
        random.shuffle(self.order)

    def __getitem__(self, index):
        return super().__getitem__(self.order[index])


def test_complaint_shuffled_in_place(folder):
    random.seed(0)
    dataset, seen = Shuffling(folder), []
    for _ in range(EPOCHS):
        seen.append(dataset[0][1])
        dataset.on_epoch_end()
    assert len(set(seen)) == EPOCHS


@pytest.mark.parametrize(("workers", "method"), [(0, None), (2, "fork"), (1, "spawn")])
def test_shuffled_and_the_index_stays(folder, workers, method):
    """Which sample comes when is the order's business, and it can be asked both ways."""
    photos, train = Photos(folder), augmented(folder)
    order = ba.Order(len(train), seed=42, stream="train")
    sampler = bt.Sampler(order, BATCH)
    loader = bt.DataLoader(
        train, sampler=sampler, num_workers=workers, multiprocessing_context=method,
        persistent_workers=workers > 0,
    )  # fmt: skip
    epochs = []
    for epoch in range(EPOCHS):
        paths = []
        for images, names in loader:
            for image, name in zip(images, names, strict=True):
                position, index = len(paths), photos.paths.index(name)
                assert order[epoch, position] == index
                assert order.position(epoch, index) == position
                assert torch.equal(image, train[epoch, index][0])
                paths.append(name)
        assert sorted(paths) == photos.paths
        epochs.append(paths)
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]


# (b) A rotation that is drawn from the global generator.


class Rotating(Photos):
    rotate = v2.RandomRotation(30)

    def __getitem__(self, index):
        image, path = super().__getitem__(index)
        return self.rotate(image), path


def test_complaint_global_generator(folder):
    torch.manual_seed(0)
    dataset = Rotating(folder)
    assert len({dataset[1][0].tobytes() for _ in range(3)}) == 3


def test_asked_three_times(folder):
    """The same picture, whatever was asked before, and whatever global generators do."""
    train = augmented(folder)
    first, path = train[3, 1]
    for seed in (1, 2, 3):
        random.seed(seed)
        torch.manual_seed(seed)
        assert train[3, 5][1] != path
        assert torch.equal(train[3, 1][0], first)
    train.set_epoch(3)
    assert torch.equal(train[1][0], first)
    assert not torch.equal(train[4, 1][0], first)
    assert not torch.equal(train[3, 1, 1][0], first)


# (c) Pictures packed in files, which are read in a shuffled order.

SIZES = [7, 7, 7, 3]


@pytest.fixture
def files(folder, tmp_path):
    """The pictures in four files."""
    photos = Photos(folder)
    images = np.stack([np.asarray(photos[i][0]) for i in range(len(photos))])
    names = [tmp_path / f"part-{i}.npy" for i in range(len(SIZES))]
    for name, part in zip(names, np.split(images, np.cumsum(SIZES)[:-1]), strict=True):
        np.save(name, part)
    return names


class ShuffledFiles(Dataset):
    """Seven images in each file but the last."""

    def __init__(self, files):
        self.files = list(files)

    def on_epoch_end(self):
        random.shuffle(self.files)

    def __getitem__(self, index):
        return np.load(self.files[index // 7])[index % 7]


def test_complaint_shuffled_files(files):
    random.seed(0)
    dataset, seen = ShuffledFiles(files[:3]), set()
    for _ in range(10):
        seen.add(ba.digest(dataset[2]))
        dataset.on_epoch_end()
    assert seen == {ba.digest(np.load(file)[2]) for file in files[:3]}


class Packed(Dataset):
    """A sample is an image, the number of its file and its place there."""

    def __init__(self, files):
        self.files = files
        self.shards = ba.Shards([len(np.load(file, mmap_mode="r")) for file in files])

    def __len__(self):
        return len(self.shards)

    def __getitem__(self, index):
        file, place = self.shards[index]
        return np.load(self.files[file], mmap_mode="r")[place], file, place


@pytest.mark.parametrize("workers", [0, 2])
def test_files_in_any_order(folder, files, workers):
    """Files in shuffled order, each read in one go, and index 2 is what it always was."""
    packed = Packed(files)
    assert packed.shards == ba.Shards(SIZES)
    train = bt.Augmented(packed, TRAIN, seed=42, stream="train")
    file_of, _ = packed.shards[:]
    order = ba.GroupedOrder(file_of, seed=42, stream="train")
    loader = bt.DataLoader(train, sampler=bt.Sampler(order, BATCH), num_workers=workers)
    # The same pictures, not packed, are augmented alike: an index is an index.
    loose = augmented(folder)
    readings = []
    for epoch in range(EPOCHS):
        reading = []
        for images, *places in loader:
            for image, file, place in zip(images, *places, strict=True):
                index = packed.shards.index(file, place)
                assert order.position(epoch, index) == len(reading)
                assert torch.equal(image, loose[epoch, index][0])
                reading.append(int(file))
        opened = [file for file, _ in itertools.groupby(reading)]
        assert sorted(opened) == [0, 1, 2, 3]
        readings.append(opened)
        assert packed[2][1:] == (0, 2)
        assert (packed[2][0] == np.asarray(Photos(folder)[2][0])).all()
    assert len(set(map(tuple, readings))) == EPOCHS


# Asked for: the image behind an index, its path, and a picture of every stage.


def test_what_lies_behind_a_picture_of_a_batch(folder, tmp_path):
    photos, train = Photos(folder), augmented(folder)
    order = ba.Order(len(train), seed=42, stream="train")
    loader = bt.DataLoader(train, sampler=bt.Sampler(order, BATCH))
    loader.set_epoch(2)
    images, names = list(loader)[1]
    odd = images[3]

    index = order[2, 1 * BATCH + 3]
    assert photos.paths[index] == names[3]
    original = np.asarray(photos[index][0])
    trace = TRAIN.trace(original, seed=42, stream="train", epoch=2, index=index)

    assert [stage.op for stage in trace] == ["", *(type(op).__name__ for op in TRAIN.transforms)]
    assert (trace[0].image == original).all()
    assert (trace[-1].image == odd.numpy()).all()
    # No op sees the draws of another: each stage is the pipeline up to there.
    for n, stage in enumerate(trace):
        until = ba.Compose(TRAIN.transforms[:n])(original, seed=42, epoch=2, index=index)
        assert ba.digest(until) == stage.digest
    picture = tmp_path / f"{index}-{Path(names[3]).stem}.png"
    trace.save(picture)
    with Image.open(picture) as drawn:
        assert drawn.width > len(trace) * 64
    table = TRAIN.explain(seed=42, stream="train", epoch=2, index=index, shape=original.shape)
    assert f"epoch 2, index {index}, repeat 0" in table
