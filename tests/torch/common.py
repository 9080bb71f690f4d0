"""The samples in torch's ways. Everything here can be sent to a spawned worker."""

import itertools

import numpy as np
from torch.utils.data import Dataset

import bitaug as ba
import bitaug.torch as bt

from ..loaders import samples
from ..loaders.samples import AT, COUNT, PIPELINE, digest


class Photos(samples.Photos, Dataset):
    pass


def order(count=COUNT, **options):
    return ba.Order(count, seed=7, stream="train", **options)


def augmented(**options):
    return bt.Augmented(Photos(), PIPELINE, **AT, **options)


def expected(keys):
    """(label, digest) of each (epoch, index, repeat), made one by one."""
    return [samples.expected(*key) for key in keys]


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
