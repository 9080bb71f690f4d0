"""What the tests share: data, and a model that notes what it is given."""

import keras
import numpy as np

import bitaug as ba
import bitaug.keras as bk

COUNT, BATCH = 22, 5
BATCHES = -(-COUNT // BATCH)
PIPELINE = ba.Compose(
    [
        ba.RandomResizedCrop(8),
        ba.HorizontalFlip(),
        ba.ColorJitter(brightness=(0.6, 1.4)),
        ba.GaussNoise(),
        ba.ToFloat(),
    ]
)
AT = {"seed": 42, "stream": "train"}
PHOTOS = np.random.default_rng(1).integers(0, 256, (COUNT, 10, 12, 3), dtype=np.uint8)
LABELS = np.arange(COUNT)
# threads, processes
WORKERS = [(0, False), (1, False), (2, False), (1, True), (2, True)]


def order(stream="train", **options):
    return ba.Order(COUNT, seed=7, stream=stream, **options)


def dataset(stream="train", pipeline=PIPELINE, data=(PHOTOS, LABELS), **options):
    at = {"seed": 42, "stream": stream}
    return bk.Dataset(data, pipeline, order(stream), BATCH, **at, **options)


def expected(stream, epoch, batches=BATCHES):
    """(label, digest) of the samples of an epoch, made one by one."""
    indices = order(stream)[epoch, : batches * BATCH].tolist()
    made = [PIPELINE(PHOTOS[i], seed=42, stream=stream, epoch=epoch, index=i) for i in indices]
    return list(zip(indices, map(ba.digest, made), strict=True))


def seen(images, labels):
    """(label, digest) of the samples of a batch."""
    digests = [ba.digest(np.asarray(image)) for image in images]
    return list(zip(np.asarray(labels).tolist(), digests, strict=True))


class Recorder(keras.Sequential):
    """`trained` and `tested` hold a list for each pass."""

    def __init__(self):
        super().__init__([keras.layers.Flatten(), keras.layers.Dense(COUNT)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.compile("sgd", loss, run_eagerly=True)
        self.trained, self.tested = [], []

    def fit(self, *args, callbacks=(), **options):
        begin = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda *_: self.trained.append([]),
            on_test_begin=lambda *_: self.tested.append([]),
        )
        return super().fit(*args, callbacks=[begin, *callbacks], verbose=0, **options)

    def train_step(self, data):
        self.trained[-1] += seen(*data[:2])
        return super().train_step(data)

    def test_step(self, data):
        self.tested[-1] += seen(*data[:2])
        return super().test_step(data)
