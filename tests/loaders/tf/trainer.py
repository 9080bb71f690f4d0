"""Takes what a data set gives, and saves after each batch where its iterator is."""

import json
import sys

import tensorflow as tf

import bitaug.tf as bt

from ..samples import AT, COUNT, EPOCHS, PHOTOS, PIPELINE
from .common import dataset, seen


def mapped():
    """Somebody's own pipeline, with much in flight."""
    augment = bt.Augment(PIPELINE, **AT)

    def element(k):
        return augment((tf.gather(PHOTOS, k % COUNT), k % COUNT), k // COUNT, k % COUNT)

    ds = tf.data.Dataset.range(EPOCHS * COUNT).shuffle(9, seed=5)
    return ds.map(element, num_parallel_calls=3).batch(4).prefetch(2)


def main(folder, kind):
    ds = mapped() if kind == "map" else dataset(epochs=EPOCHS, batch_size=4).prefetch(2)
    iterator = iter(ds)
    samples = tf.Variable("[]")
    checkpoint = tf.train.Checkpoint(iterator=iterator, samples=samples)
    manager = tf.train.CheckpointManager(checkpoint, folder, max_to_keep=1)
    if manager.latest_checkpoint:
        checkpoint.restore(manager.latest_checkpoint).assert_consumed()
    for batch in iterator:
        more = seen(tf.data.Dataset.from_tensor_slices(batch))
        samples.assign(json.dumps(json.loads(samples.numpy()) + more))
        manager.save()
        print(samples.numpy().decode(), flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
