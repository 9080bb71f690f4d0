"""The user's pictures."""

from pathlib import Path

import pytest
from PIL import Image

DEMO = Path(__file__).parents[2] / "demo" / "photos"
PER_CLASS, SIDE = 6, 64


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """24 pictures in a folder for each class, astronaut/0.png to rocket/5.png: cut from photos."""
    root = tmp_path_factory.mktemp("photos")
    for source in sorted(DEMO.glob("*.png")):
        (root / source.stem).mkdir()
        with Image.open(source) as photo:
            for i in range(PER_CLASS):
                left, top = i % 3 * 50, i // 3 * 100
                piece = photo.crop((left, top, left + SIDE, top + SIDE))
                piece.save(root / source.stem / f"{i}.png")
    return root
