"""Where the code of pages runs."""

import numpy as np
import pytest
from PIL import Image


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
