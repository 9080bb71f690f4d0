"""The code of docs/huggingface.md runs, and its script goes on where it was killed."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ..pages import Page, write_photos

PAGE = Page("huggingface.md")


@pytest.fixture(autouse=True)
def _photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_photos()


def weights():
    saved = np.load("checkpoint.npz")["weights"]
    Path("checkpoint.npz").unlink()
    return saved.tolist()


def test_the_script():
    lines = PAGE.finish("train.py")
    assert len(lines) == 3 * 5
    wanted = weights()
    killed = PAGE.start("train.py")
    for _ in range(7):
        killed.stdout.readline()
    killed.kill()
    killed.communicate()
    rest = PAGE.finish("train.py")
    assert 1 <= len(rest) <= 8 and lines[-len(rest) :] == rest
    assert weights() == wanted


def test_the_rest():
    assert PAGE.run()["stored"][3]["image"].shape == (3, 24, 24)


def test_datasets_are_imported_when_needed():
    code = "import sys, bitaug.huggingface; assert not {'datasets', 'PIL'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
