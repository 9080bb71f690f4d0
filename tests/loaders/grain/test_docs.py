"""The code of docs/grain.md runs, and the script goes on where it was killed."""

from pathlib import Path

import pytest

from ..pages import Page
from ..processes import imported_by

PAGE = Page("grain.md")
pytestmark = pytest.mark.usefixtures("place")


def test_the_script():
    checkpoint = Path("checkpoint.json")
    lines = PAGE.finish("train.py")
    assert len(lines) == 3 * 18 // 4 + 1
    wanted = checkpoint.read_text()
    checkpoint.unlink()
    PAGE.interrupt("train.py", lines=2)
    rest = PAGE.finish("train.py")
    assert 1 <= len(rest) < 3 * 18 // 4 and lines[-len(rest) :] == rest
    assert checkpoint.read_text() == wanted


def test_the_rest():
    assert sum(len(labels) for _, labels in PAGE.run()["loader"]) == 3 * 10


def test_only_bitaug_grain_imports_grain():
    assert not {"grain", "PIL"} & imported_by("bitaug")
