"""The code of docs/keras.md runs, and the script goes on where it was killed."""

import re
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

TEXT = (Path(__file__).parents[3] / "docs/keras.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
WEIGHTS = Path("trained.weights.h5")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    for i in range(24):
        for folder in ("photos", "cats_and_dogs"):
            file = tmp_path / folder / "ab"[i % 2] / f"{i}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (80, 90, 3), dtype=np.uint8)).save(file)
    return tmp_path


def start():
    Path("train.py").write_text(BLOCKS[0])
    return subprocess.Popen([sys.executable, "train.py"], stdout=subprocess.PIPE, text=True)


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


def test_the_script(place):
    whole = start()
    lines, _ = whole.communicate(timeout=300)
    assert whole.returncode == 0 and "Epoch 1/3" in lines and "Epoch 3/3" in lines
    wanted = weights()
    killed = start()
    for line in killed.stdout:
        if line.startswith("Epoch 2/3"):
            killed.kill()
    killed.communicate()
    assert not WEIGHTS.exists()
    again = start()
    lines, _ = again.communicate(timeout=300)
    assert again.returncode == 0 and "Epoch 1/3" not in lines and "Epoch 2/3" in lines
    for name, value in weights().items():
        np.testing.assert_array_equal(value, wanted[name])


def test_the_rest(place):
    names = {}
    for block in BLOCKS[1:]:
        exec(block, names)
    assert names["moved"].shape == (4, 32, 48) and names["targets"].shape == (4, 5, 4)
    assert names["inputs"]["image"].shape == (4, 32, 48, 3)
