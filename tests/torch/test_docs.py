"""The code of docs/pytorch.md runs, and the script goes on where it was killed."""

from pathlib import Path

import pytest
import torch

from ..loaders.pages import Page
from ..loaders.processes import imported_by

PAGE = Page("pytorch.md")
pytestmark = pytest.mark.usefixtures("place")


def weights():
    saved = torch.load("checkpoint.pt")["model"]
    Path("checkpoint.pt").unlink()
    return [value.tolist() for value in saved.values()]


def test_the_script():
    lines = PAGE.finish("train.py")
    assert len(lines) == 3 * 5
    wanted = weights()
    PAGE.interrupt("train.py", lines=2)
    rest = PAGE.finish("train.py")
    assert 1 <= len(rest) < 3 * 5 and lines[-len(rest) :] == rest
    assert weights() == wanted


def test_lightning():
    for _ in range(2):  # the second finds the checkpoint of the first
        PAGE.finish("lightning_train.py")
    assert Path("checkpoints/last.ckpt").exists()


def test_the_rest():
    assert PAGE.run()["image"].shape == (3, 32, 48)


def test_only_bitaug_torch_imports_torch():
    assert not {"torch", "PIL", "torchvision"} & imported_by("bitaug")
    assert not {"PIL", "torchvision"} & imported_by("bitaug.torch")
