"""The photos as a data set; nothing is asked of a network."""

import datasets
import pytest

from bitaug._images.files import find


@pytest.fixture(scope="session", autouse=True)
def _quiet():
    datasets.disable_progress_bars()


@pytest.fixture
def photos(folder):
    files = find(folder)
    columns = {"image": [str(path) for path in files.values()], "path": list(files)}
    return datasets.Dataset.from_dict(columns).cast_column("image", datasets.Image(mode="RGB"))
