"""The code of docs/huggingface.md runs, and its script goes on where it was killed."""

from pathlib import Path

import numpy as np
import pytest

from ..pages import Page
from ..processes import imported_by

PAGE = Page("huggingface.md")
pytestmark = pytest.mark.usefixtures("place")


def weights():
    saved = np.load("checkpoint.npz")["weights"]
    Path("checkpoint.npz").unlink()
    return saved.tolist()


def test_the_script():
    lines = PAGE.finish("train.py")
    assert len(lines) == 3 * 5
    wanted = weights()
    PAGE.interrupt("train.py", lines=7)
    rest = PAGE.finish("train.py")
    assert 1 <= len(rest) <= 8 and lines[-len(rest) :] == rest
    assert weights() == wanted


def test_the_rest():
    assert PAGE.run()["stored"][3]["image"].shape == (3, 24, 24)


def test_datasets_are_imported_when_needed():
    assert not {"datasets", "PIL"} & imported_by("bitaug.huggingface")
