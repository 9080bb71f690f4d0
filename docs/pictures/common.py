"""What the pictures share."""

import contextlib
import random
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import bitaug as ba

DOCS = Path(__file__).parents[1]
PHOTOS = DOCS.parent / "demo" / "photos"
INK, SOFT, FAINT = "#1f2328", "#6e7781", "#d0d7de"
CROP = ba.Compose([ba.RandomResizedCrop(96, scale=(0.2, 1.0)), ba.HorizontalFlip()])


def load_photos(count: int) -> list[np.ndarray]:
    """The demo's photos, by turns."""
    files = sorted(PHOTOS.glob("*.png"))
    photos = [np.asarray(Image.open(path).convert("RGB")) for path in files]
    return [photos[i % len(photos)] for i in range(count)]


def blank(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw, Callable[..., None]]:
    """A white sheet, a pen, and a function that writes."""
    sheet = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(sheet)

    def write(x: float, y: float, text: str, size: int, color: str, anchor: str = "lm") -> None:
        pen.text((x, y), text, color, ImageFont.load_default(size), anchor=anchor)

    return sheet, pen, write


def by_page(page: str, picture: str) -> None:
    """What a page's own code saves, where it can see the photos."""
    text = (DOCS / page).read_text("utf-8")
    code = "".join(re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for photo in PHOTOS.glob("*.png"):
            shutil.copy(photo, folder)
        random.seed(1)  # some show what happens without one
        exec(compile(code, page, "exec"), {})
        shutil.copy(picture, DOCS)


def batches(title: str, rows: list[tuple[str, Any]], name: str) -> None:
    """Batches of 8 below each other, three of each epoch."""
    side, gap, left, top = 96, 6, 190, 60
    width, height = left + 8 * (side + gap) + 18, top + len(rows) * (side + gap) + 24
    sheet, _, write = blank(width, height)
    write(24, 30, title, 17, INK)
    for row, (how, batch) in enumerate(rows):
        y = top + row * (side + gap) + (12 if row > 2 else 0)
        for line, words in enumerate([*how.split(", ", 1), ba.digest(batch)]):
            write(24, y + side / 2 + 20 * (line - 1), words, 13, SOFT if line == 2 else INK)
        for column, image in enumerate(batch):
            sheet.paste(Image.fromarray(image), (left + column * (side + gap), y))
    sheet.save(DOCS / name, optimize=True)
