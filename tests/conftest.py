"""What all tests have: global generators that are seeded, and a folder for the code of pages."""

import random
import sys

import numpy as np
import pytest
from PIL import Image

from tests import deep


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    kept = deep.chosen(items)
    config.hook.pytest_deselected(items=list(set(items) - set(kept)))
    items[:] = kept


@pytest.fixture(autouse=True)
def seeded():
    """What draws from the global generators draws alike each time, whatever ran before."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder to work in, but for `photos/` of two classes."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    for i in range(18):
        file = tmp_path / "photos" / "ab"[i % 2] / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (80, 90, 3), dtype=np.uint8)).save(file)
    return tmp_path
