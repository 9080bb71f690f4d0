"""What Keras' fit sees."""

import keras
import pytest
import tensorflow as tf

from ..samples import COUNT, EPOCHS, epoch_of
from .common import dataset, seen

EVERY = [sample for epoch in range(EPOCHS) for sample in epoch_of(epoch)]
STEPS = -(-COUNT // 8)


class Seen(keras.Model):
    def __init__(self):
        super().__init__()
        self.weight = self.add_weight(shape=())
        self.samples = []

    def train_step(self, batch):
        self.samples += seen(tf.data.Dataset.from_tensor_slices(batch))
        return {"loss": 0.0}


def fit(ds, **options):
    model = Seen()
    model.compile(run_eagerly=True)
    model.fit(ds, verbose=0, shuffle=False, **options)
    return model.samples


def test_steps_per_epoch():
    """One iterator through all epochs: each of Keras' is one of ours."""
    ds = dataset(batch_size=8).prefetch(2)
    assert fit(ds, epochs=EPOCHS, steps_per_epoch=STEPS) == EVERY
    later = dataset(batch_size=8, start=(1, 0))
    options = {"initial_epoch": 1, "epochs": EPOCHS, "steps_per_epoch": STEPS}
    assert fit(later, **options) == EVERY[COUNT:]


@pytest.mark.parametrize("epochs", [1, 2])
def test_without_steps_per_epoch(epochs):
    """Keras starts a data set that ends anew for each epoch: what docs/tf.md warns of."""
    assert fit(dataset(batch_size=8, epochs=epochs), epochs=2) == 2 * EVERY[: epochs * COUNT]
