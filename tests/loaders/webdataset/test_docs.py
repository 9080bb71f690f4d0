"""The code of docs/webdataset.md runs."""

import subprocess
import sys

import pytest

from ..pages import Page, write_photos

PAGE = Page("webdataset.md")


@pytest.fixture(autouse=True)
def _photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_photos()


def test_the_script():
    assert [line[0] for line in PAGE.finish("train.py")] == list("000001111122222")


def test_the_rest():
    assert PAGE.run()["sample"]["seg.png"].tolist() == [[7] * 48] * 32


def test_webdataset_is_imported_when_needed():
    code = "import sys, bitaug.webdataset; assert not {'webdataset', 'PIL'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
