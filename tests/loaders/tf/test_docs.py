"""The code of docs/tf.md runs, and the script goes on where it was killed."""

import shutil

import pytest

from ..pages import Page
from ..processes import imported_by

PAGE = Page("tf.md")
pytestmark = pytest.mark.usefixtures("place")


def test_the_script():
    lines = PAGE.finish("train.py")
    assert len(lines) == 3 * 5
    shutil.rmtree("checkpoints")
    PAGE.interrupt("train.py", lines=2)
    rest = PAGE.finish("train.py")
    assert 1 <= len(rest) < 3 * 5 and lines[-len(rest) :] == rest


def test_the_rest():
    assert len(list(PAGE.run()["train"])) == -(-5 * 10 // 4)


def test_only_bitaug_tf_imports_tensorflow():
    assert not {"tensorflow", "keras", "PIL"} & imported_by("bitaug")
