"""Killed at any moment, training goes on with the samples that were left."""

import json

import pytest
import tensorflow as tf

from ..processes import kill, start
from ..samples import EPOCHS, epoch_of
from .common import dataset, unbatched

EVERY = [sample for epoch in range(EPOCHS) for sample in epoch_of(epoch)]


def train(folder, kind, kill_at=None):
    """Runs the trainer; kills it after some of its batches. All samples up to each of them."""
    steps = []
    with start("-m", "tests.loaders.tf.trainer", str(folder), kind) as process:
        try:
            for line in process.stdout:
                steps.append([tuple(sample) for sample in json.loads(line)])
                if len(steps) == kill_at:
                    kill(process)
                    break
                process.stdin.write("on\n")
        except BaseException:
            kill(process)
            raise
    assert process.returncode == (0 if kill_at is None else -9)
    return steps


@pytest.mark.parametrize("kind", ["dataset", "map"])
def test_killed(tmp_path, kind):
    """SIGKILL within the first epoch and within the second; a checkpoint of the iterator."""
    whole = train(tmp_path / "whole", kind)
    assert whole[-1] == EVERY if kind == "dataset" else sorted(whole[-1]) == sorted(EVERY)
    parts = [train(tmp_path / "killed", kind, kill_at) for kill_at in (2, 6, None)]
    assert [step for part in parts for step in part] == whole


@pytest.mark.parametrize("taken", [0, 1, 5, 6, 7])
def test_a_checkpoint_in_the_middle(tmp_path, taken):
    ds = dataset(epochs=2, batch_size=4).prefetch(tf.data.AUTOTUNE)
    iterator = iter(ds)
    for _ in range(taken):
        next(iterator)
    saved = tf.train.Checkpoint(iterator=iterator).save(tmp_path / "at")
    rest = list(iterator)
    again = iter(ds)
    tf.train.Checkpoint(iterator=again).restore(saved).assert_consumed()
    left = list(again)
    assert [labels.numpy().tolist() for _, labels in left] == [
        labels.numpy().tolist() for _, labels in rest
    ]
    assert all((a == b).numpy().all() for (a, _), (b, _) in zip(left, rest, strict=True))


@pytest.mark.parametrize(("epoch", "position"), [(0, 8), (1, 0), (2, 21)])
def test_from_a_place(epoch, position):
    """Epoch and position are the whole state; a batch of another size may follow."""
    ds = dataset(epochs=EPOCHS, batch_size=5, start=(epoch, position))
    assert unbatched(ds) == [s for e in range(epoch, EPOCHS) for s in epoch_of(e)][position:]
