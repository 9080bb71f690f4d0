"""The same eight samples of two epochs, however tf.data has made them."""

import tempfile
from typing import Any

import numpy as np
import tensorflow as tf

import bitaug as ba
import bitaug.tf as bt

from .common import CROP, batches, load_photos

AT = {"seed": 42, "stream": "train"}


def draw() -> None:
    photos = load_photos(8)
    pairs = [(photo, i) for i, photo in enumerate(photos)]
    order = ba.Order(8, seed=42, stream="train")
    augment = bt.Augment(CROP, **AT)

    def dataset(epoch: int, **options: Any) -> Any:
        span = {"start": (epoch, 0), "epochs": epoch + 1}
        return bt.dataset(pairs, CROP, order, **AT, **span, **options)

    def load(i: Any) -> Any:
        image = tf.numpy_function(photos.__getitem__, [i], tf.uint8)
        return tf.ensure_shape(image, (None, None, 3)), i

    def mapped(epoch: int) -> Any:
        """Somebody's own pipeline, whose elements come in any order."""
        loaded = tf.data.Dataset.range(8).shuffle(8).map(load)
        options = {"num_parallel_calls": 4, "deterministic": False}
        return loaded.map(lambda image, i: augment((image, i), epoch, i), **options)

    def restored(epoch: int) -> Any:
        """Three samples, and the rest by another iterator, which a checkpoint tells its place."""
        first, rest = iter(dataset(epoch)), iter(dataset(epoch))
        yield from (next(first) for _ in range(3))
        with tempfile.TemporaryDirectory() as folder:
            saved = tf.train.Checkpoint(batches=first).save(f"{folder}/saved")
            tf.train.Checkpoint(batches=rest).restore(saved).assert_consumed()
        yield from rest

    rows = []
    for epoch in (0, 1):
        ways = {
            "dataset, batches of 3": dataset(epoch, batch_size=3).unbatch(),
            "Augment, shuffled": mapped(epoch),
            "from a checkpoint": restored(epoch),
        }
        for how, made in ways.items():
            images = {int(i): image.numpy() for image, i in made}
            rows.append((f"epoch {epoch}, {how}", np.stack([images[i] for i in range(8)])))
    batches("eight samples by their places, and the digest of their bytes", rows, "tf.png")
