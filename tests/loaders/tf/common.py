"""The samples as data sets of TensorFlow."""

import tensorflow as tf

import bitaug.tf as bt

from ..samples import AT, ORDER, PHOTOS, PIPELINE, digest

PAIRS = [(photo, place) for place, photo in enumerate(PHOTOS)]
PARALLEL = [1, 2, tf.data.AUTOTUNE]


def dataset(order=ORDER, **options):
    return bt.dataset(PAIRS, PIPELINE, order, **(AT | options))


def seen(samples):
    """(label, digest) of each of a data set's single samples, in the order they come."""
    return [(int(label), digest(image)) for image, label in samples.as_numpy_iterator()]


def unbatched(batches):
    return seen(batches.unbatch())
