"""What the tests share."""

import numpy as np
import tensorflow as tf

import bitaug as ba
import bitaug.tf as bt

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
PHOTOS = np.random.default_rng(1).integers(0, 256, (COUNT, 20, 24, 3), dtype=np.uint8)
PAIRS = [(photo, place) for place, photo in enumerate(PHOTOS)]
PARALLEL = [1, 2, tf.data.AUTOTUNE]


def dataset(order=ORDER, **options):
    return bt.dataset(PAIRS, PIPELINE, order, **(AT | options))


def digest(image):
    return ba.digest(np.ascontiguousarray(image))


def expected(epoch, place, repeat=0, **options):
    """(label, digest) of one sample, made by itself."""
    address = AT | {"epoch": epoch, "index": place, "repeat": repeat} | options
    return place, digest(PIPELINE(PHOTOS[place], **address))


def epoch_of(epoch, order=ORDER):
    indices, repeats = order.keys(epoch, slice(None))
    pairs = zip(indices.tolist(), repeats.tolist(), strict=True)
    return [expected(epoch, *pair) for pair in pairs]


def seen(samples):
    """(label, digest) of each of a data set's single samples, in the order they come."""
    return [(int(label), digest(image)) for image, label in samples.as_numpy_iterator()]


def unbatched(batches):
    return seen(batches.unbatch())
