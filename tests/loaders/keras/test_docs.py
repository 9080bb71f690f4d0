"""The code of docs/keras.md runs, and the script goes on where it was killed."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from ..pages import Page
from ..processes import kill

PAGE = Page("keras.md")
WEIGHTS = Path("trained.weights.h5")
pytestmark = pytest.mark.usefixtures("place")


def weights():
    found = {}
    with h5py.File(WEIGHTS) as file:
        file["layers"].visititems(
            lambda name, item: found.update(
                {name: item[()]} if isinstance(item, h5py.Dataset) else {}
            )
        )
    WEIGHTS.unlink()
    assert len(found) == 4
    return found


def test_the_script():
    lines = PAGE.finish("train.py")
    assert "Epoch 1/3" in lines and "Epoch 3/3" in lines
    wanted = weights()
    killed = PAGE.start("train.py")
    while not killed.stdout.readline().startswith("Epoch 2/3"):
        assert killed.poll() is None
    kill(killed)
    assert not WEIGHTS.exists()
    lines = PAGE.finish("train.py")
    assert "Epoch 1/3" not in lines and "Epoch 2/3" in lines
    for name, value in weights().items():
        np.testing.assert_array_equal(value, wanted[name])


def test_the_rest():
    shutil.copytree("photos", "cats_and_dogs")
    names = PAGE.run()
    assert names["moved"].shape == (4, 32, 48) and names["targets"].shape == (4, 5, 4)
    assert names["inputs"]["image"].shape == (4, 32, 48, 3)
