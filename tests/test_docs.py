"""The pages' Python runs as it is written, block after block, where it can see the photos."""

import re
import shutil
from pathlib import Path

import pytest

from .loaders.pages import Page

ROOT = Path(__file__).parent.parent
PAGES = ("audit", "compare", "leaks", "order", "reproduce", "statistics")


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
