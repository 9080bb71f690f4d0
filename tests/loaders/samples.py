"""Samples in memory, and what each must become. All of it can be sent to a spawned worker."""

import numpy as np

import bitaug as ba

COUNT = 22
EPOCHS = 3
AT = {"seed": 42, "stream": "train"}
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
ORDER = ba.Order(COUNT, seed=7, stream="train")


def photos(count=COUNT):
    return np.random.default_rng(1).integers(0, 256, (count, 20, 24, 3), dtype=np.uint8)


PHOTOS = photos()


class Photos:
    """(image, label)"""

    def __len__(self):
        return COUNT

    def __getitem__(self, index):
        return PHOTOS[index], index


def digest(image):
    return ba.digest(np.ascontiguousarray(image))


def expected(epoch, place, repeat=0, **options):
    """(label, digest) of one sample, made by itself."""
    address = AT | {"epoch": epoch, "index": place, "repeat": repeat} | options
    return place, digest(PIPELINE(PHOTOS[place], **address))


def epoch_of(epoch, order=ORDER):
    """(label, digest) of each sample, in their order."""
    indices, repeats = order.keys(epoch, slice(None))
    pairs = zip(indices.tolist(), repeats.tolist(), strict=True)
    return [expected(epoch, *pair) for pair in pairs]
