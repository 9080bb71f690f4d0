"""A real model is trained: what it is given is what the addresses say, in all worker modes."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

import bitaug.keras as bk

from ... import WATCHDOG
from .common import BATCH, BATCHES, WORKERS, Recorder, dataset, expected

modes = pytest.mark.parametrize(("workers", "processes"), WORKERS)


def options(workers, processes):
    # a queue shorter than an epoch
    return {"workers": workers, "use_multiprocessing": processes, "max_queue_size": 2}


@modes
@pytest.mark.parametrize("shuffle", [False, True])
def test_epochs(workers, processes, shuffle):
    """Keras would shuffle the batches, from a generator that anybody may seed."""
    random.seed(workers)
    train, val = (dataset(stream, **options(workers, processes)) for stream in ("train", "val"))
    model = Recorder()
    model.fit(
        train, epochs=3, shuffle=shuffle, validation_data=val, callbacks=[bk.Epochs(train, val)]
    )
    assert model.trained == [expected("train", epoch) for epoch in range(3)]
    assert model.tested == [expected("val", epoch) for epoch in range(3)]


@modes
def test_initial_epoch(workers, processes):
    """A second process goes on, with a model that is built already or not."""
    model = Recorder()
    for first, last in [(2, 4), (4, 5)]:
        train = dataset(**options(workers, processes))
        model.fit(train, initial_epoch=first, epochs=last, callbacks=[bk.Epochs(train)])
    assert model.trained == [expected("train", epoch) for epoch in (2, 3, 4)]


@modes
@pytest.mark.parametrize("steps", [1, 3, BATCHES])
def test_steps_per_epoch(workers, processes, steps):
    """The first batches of each epoch. Keras would go on where it stopped, and with workers give
    what it had made ahead."""
    train = dataset(**options(workers, processes))
    val = dataset("val", epoch=0, **options(workers, processes))
    model = Recorder()
    model.fit(
        train, epochs=3, steps_per_epoch=steps, validation_data=val, validation_steps=2,
        callbacks=[bk.Epochs(train)],
    )  # fmt: skip
    assert model.trained == [expected("train", epoch, steps) for epoch in range(3)]
    assert model.tested == [expected("val", 0, 2)] * 3
    # nothing of it stays
    model.fit(train, initial_epoch=3, epochs=4, callbacks=[bk.Epochs(train)])
    assert model.trained[3] == expected("train", 3)


def test_spawned_processes():
    made = subprocess.run(
        [sys.executable, "-m", "tests.loaders.keras.spawned"],
        cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True, timeout=WATCHDOG,
        check=True,
    )  # fmt: skip
    assert made.stdout.splitlines()[-1] == repr([expected("train", epoch) for epoch in (3, 4)])


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_more_steps_than_there_are():
    """Keras says so and ends the epoch, as for any PyDataset."""
    train = dataset()
    model = Recorder()
    model.fit(train, epochs=2, steps_per_epoch=BATCHES + 1, callbacks=[bk.Epochs(train)])
    assert model.trained == [expected("train", epoch) for epoch in range(2)]


@pytest.mark.parametrize("workers", [1, 2])
def test_evaluated_while_trained(workers):
    """How many steps are tested says nothing of those that are trained."""
    train = dataset(**options(workers, False))
    model = Recorder()
    model.fit(
        train, epochs=3, validation_data=train, validation_steps=2, callbacks=[bk.Epochs(train)]
    )
    assert model.trained == [expected("train", epoch) for epoch in range(3)]
    assert [len(batches) for batches in model.tested] == [2 * BATCH] * 3


def test_an_unknown_keras(monkeypatch):
    """Where it cannot be told not to shuffle, it is not trained in silence."""
    monkeypatch.setattr("bitaug.keras._dataset._callers", lambda: (None, None))
    with pytest.raises(RuntimeError, match=r"Keras 3\..* its order would not hold"):
        Recorder().fit(dataset())
