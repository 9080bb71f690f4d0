"""The code of docs/webdataset.md runs."""

import pytest

from ..pages import Page
from ..processes import imported_by

PAGE = Page("webdataset.md")
pytestmark = pytest.mark.usefixtures("place")


def test_the_script():
    assert [line[0] for line in PAGE.finish("train.py")] == list("000001111122222")


def test_the_rest():
    assert PAGE.run()["sample"]["seg.png"].tolist() == [[7] * 48] * 32


def test_webdataset_is_imported_when_needed():
    assert not {"webdataset", "PIL"} & imported_by("bitaug.webdataset")
