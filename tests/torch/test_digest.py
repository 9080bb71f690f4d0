"""What every loader gives: the digest of tests/loaders."""

import pytest
import torchvision.datasets

import bitaug as ba
import bitaug.torch as bt

from ..loaders.conftest import folder as folder
from ..loaders.photos import AT, DIGEST, EPOCH, PIPELINE, digest


@pytest.mark.parametrize("workers", [0, 2])
def test_image_folder(folder, workers):
    photos = torchvision.datasets.ImageFolder(folder)
    key = bt.KeyedLoader(folder).key
    keys = [key(path) for path, _ in photos.samples]
    train = bt.Augmented(photos, PIPELINE, **AT, index=keys)
    order = ba.Order(len(train), seed=7, stream="train")
    loader = bt.DataLoader(train, sampler=bt.Sampler(order, 10), num_workers=workers)
    loader.set_epoch(EPOCH)
    made = [image.numpy() for images, _ in loader for image in images]
    assert (
        digest({keys[i]: image for i, image in zip(order[EPOCH, :], made, strict=True)}) == DIGEST
    )
