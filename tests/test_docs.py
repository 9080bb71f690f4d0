"""The pages' Python runs as it is written, block after block, where it can see the photos."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from docs.pictures import ops, spec
from docs.pictures.common import CROP, load_photos
from PIL import Image

from bitaug import _core

from .loaders.pages import Page

ROOT = Path(__file__).parent.parent
PAGES = ("audit", "compare", "images", "leaks", "order", "reproduce", "samples", "statistics")


@pytest.mark.parametrize("name", PAGES)
def test_page(name, tmp_path, monkeypatch):
    for photo in (ROOT / "demo" / "photos").glob("*.png"):
        shutil.copy(photo, tmp_path)
    monkeypatch.chdir(tmp_path)
    page = Page(f"{name}.md")
    assert page.blocks
    page.run()


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")))
def test_links(page):
    """Every relative link leads to a file, and to a heading in it."""
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        path, _, heading = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.MULTILINE)
            anchors = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
            assert heading in anchors, target


def test_the_samples_of_tf_and_huggingface():
    """Both pages' pictures show what bitaug gives without either, and the same digests of it."""
    one, other = (
        np.array(Image.open(ROOT / "docs" / f"{name}.png")) for name in ("tf", "huggingface")
    )
    photos, digests = load_photos(8), []
    for row in range(6):
        top = 60 + 102 * row + 12 * (row // 3)
        samples = CROP(photos, seed=42, stream="train", epoch=row // 3, index=range(8))
        for column, sample in enumerate(samples):
            left = 190 + 102 * column
            for picture in (one, other):
                assert (picture[top : top + 96, left : left + 96] == sample).all()
        digests += [picture[top + 60 : top + 78, 24:190].tobytes() for picture in (one, other)]
    assert len(set(digests[:6])) == len(set(digests[6:])) == 1 and digests[0] != digests[6]


def test_the_specification_of_ops_is_that_of_their_sources():
    """`./nox -s pictures -- spec` writes both."""
    assert (ROOT / "docs" / "spec" / "ops.md").read_text("utf-8") == spec.page()
    assert (ROOT / "docs" / "spec.md").read_text("utf-8") == spec.with_table()
    named = {name for name, _, _ in spec.heads()}
    assert named == {name for name, *_ in _core.registry(8, 8, 3)}
    # What is linked is there.
    assert "](warp.md)" in spec.page() and "](ops.md#padifneeded)" in spec.page()


def test_the_page_of_ops_is_that_of_the_classes():
    """And has a picture of each that can be drawn: `./nox -s pictures -- ops` makes both."""
    assert (ROOT / "docs" / "ops.md").read_text("utf-8") == ops.page()
    every = [cls for classes in ops.ops().values() for cls in classes]
    drawn = {f"{cls.__name__}.jpg" for cls in every if ops.made(cls) is not None}
    assert drawn == {path.name for path in (ROOT / "docs" / "ops").glob("*")}
    assert len(drawn) == len(every) - 1  # Custom's example has a function of its own
