"""The code of docs/ray.md runs."""

import pytest
import ray

from ..pages import Page
from ..processes import imported_by

PAGE = Page("ray.md")
pytestmark = pytest.mark.usefixtures("place")


def test_the_script(monkeypatch):
    # The Ray that is there, not another.
    monkeypatch.setenv("RAY_ADDRESS", ray.get_runtime_context().gcs_address)
    lines = [line for line in PAGE.finish("train.py") if line[:2] in ("0 ", "1 ")]
    assert [line[0] for line in lines] == list("0000011111")


def test_the_rest():
    assert PAGE.run()["row"]["objects"]["category"] == [5, 6]


def test_ray_is_imported_when_needed():
    assert not {"ray", "pandas", "pyarrow"} & imported_by("bitaug.ray")
