"""What the tests share. Everything here can be sent to a spawned worker."""

import itertools

import numpy as np
from torch.utils.data import Dataset

import bitaug as ba
import bitaug.torch as bt

COUNT = 22
PIPELINE = ba.Compose(
    [
        ba.RandomResizedCrop(16),
        ba.HorizontalFlip(),
        ba.ColorJitter(brightness=(0.6, 1.4)),
        ba.GaussNoise(),
        ba.ToFloat(),
        ba.ToCHW(),
    ]
)
AT = {"seed": 42, "stream": "train"}


def photos(count=COUNT):
    return np.random.default_rng(1).integers(0, 256, (count, 20, 24, 3), dtype=np.uint8)


class Photos(Dataset):
    """(image, label)"""

    def __init__(self, count=COUNT):
        self.photos = photos(count)

    def __len__(self):
        return len(self.photos)

    def __getitem__(self, index):
        return self.photos[index], index


def order(count=COUNT, **options):
    return ba.Order(count, seed=7, stream="train", **options)


def augmented(pipeline=PIPELINE, **options):
    return bt.Augmented(Photos(), pipeline, **AT, **options)


def digest(tensor):
    return ba.digest(np.ascontiguousarray(tensor.numpy()))


def expected(keys, pipeline=PIPELINE):
    """(label, digest) of each (epoch, index, repeat), made one by one."""
    images = photos()
    made = []
    for epoch, index, repeat in keys:
        image = pipeline(images[index], **AT, epoch=epoch, index=index, repeat=repeat)
        made.append((index, ba.digest(image)))
    return made


def seen(batches):
    """(label, digest) of each sample of (images, labels), in the order they come."""
    return [
        (int(label), digest(image))
        for images, labels in batches
        for image, label in zip(images, labels, strict=True)
    ]


def epoch_keys(epoch, order=None):
    order = order or globals()["order"]()
    indices, repeats = order.keys(epoch, np.arange(len(order)))
    return list(zip([epoch] * len(order), indices.tolist(), repeats.tolist(), strict=True))


def joined(lists):
    return list(itertools.chain.from_iterable(lists))
