"""The images that all loaders read."""

import pytest

from .photos import write


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("photos")
    assert len(write(root)) == 64
    return root
