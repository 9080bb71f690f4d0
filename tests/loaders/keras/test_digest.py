"""What every loader gives: the digest of tests/loaders."""

import keras
import pytest

import bitaug as ba
import bitaug.keras as bk
from bitaug._images.files import find, read

from ..photos import AT, DIGEST, EPOCH, PIPELINE, digest
from .common import WORKERS


class Files:
    """(image, place)"""

    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, place):
        return read(self.paths[place]), place


class Collector(keras.Sequential):
    def __init__(self):
        super().__init__([keras.layers.Flatten(), keras.layers.Dense(64)])
        self.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
        self.images = {}

    def train_step(self, data):
        images, places = data
        self.images |= zip(places.numpy().tolist(), images.numpy(), strict=True)
        return super().train_step(data)


@pytest.mark.parametrize(("workers", "processes"), WORKERS)
@pytest.mark.parametrize("batch_size", [10, 64])
def test_folder(folder, workers, processes, batch_size):
    files = find(folder)
    keys = list(files)
    order = ba.Order(len(files), seed=7, stream="train")
    train = bk.Dataset(
        Files(list(files.values())), PIPELINE, order, batch_size, **AT, index=keys,
        workers=workers, use_multiprocessing=processes,
    )  # fmt: skip
    model = Collector()
    options = {"initial_epoch": EPOCH, "epochs": EPOCH + 1, "verbose": 0}
    model.fit(train, callbacks=[bk.Epochs(train)], **options)
    assert digest({keys[place]: image for place, image in model.images.items()}) == DIGEST
