"""Draws the pictures of the pages in this folder: `./nox -s pictures`."""

import contextlib
import random
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import bitaug as ba

HERE = Path(__file__).parent
PHOTOS = HERE.parent / "demo" / "photos"
INK, SOFT = "#1f2328", "#6e7781"
# Okabe and Ito's colours, which most people can tell apart.
RANKS = ("#9ad0f3", "#ffd27f", "#8fd9bf", "#f0b6d3")


def drawn(page: str, picture: str, *photos: str) -> None:
    """A picture that a page's own code saves."""
    text = (HERE / page).read_text("utf-8")
    code = "".join(re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for photo in photos:
            shutil.copy(PHOTOS / photo, folder)
        random.seed(1)  # some show what happens without one
        exec(compile(code, page, "exec"), {})
        shutil.copy(picture, HERE)


def order() -> None:
    """Two epochs of one order, and how ranks share it."""
    n, batch, cell, gap, left, top = 48, 12, 22, 10, 150, 84
    order = ba.Order(n, seed=42, stream="train")
    rows = [(epoch, world) for epoch in (0, 1) for world in (1, 2, 4)]
    width = left + n * cell + (n // batch - 1) * gap + 24
    sheet = Image.new("RGB", (width, top + len(rows) * 34 + 34), "white")
    pen = ImageDraw.Draw(sheet)

    def write(x: float, y: float, text: str, size: int, color: str, anchor: str = "lm") -> None:
        pen.text((x, y), text, color, ImageFont.load_default(size), anchor=anchor)

    write(24, 28, f"order = ba.Order({n}, seed=42, stream='train')", 17, INK)
    note = "each cell is a sample's index, its colour the rank that gets it; global batches of 12"
    write(24, 56, note, 13, SOFT)
    for row, (epoch, world) in enumerate(rows):
        y = top + row * 34 + (14 if epoch else 0)
        write(24, y + cell / 2, f"epoch {epoch}, {world} rank{'s' * (world > 1)}", 13, INK)
        for rank in range(world):
            shard = order.shard(rank, world)
            for place, index in enumerate(shard[epoch, :].tolist()):
                position = place * world + rank
                x = left + position * cell + position // batch * gap
                pen.rectangle((x, y, x + cell - 2, y + cell - 2), fill=RANKS[rank])
                write(x + cell / 2 - 1, y + cell / 2 - 1, str(index), 11, INK, "mm")
    sheet.save(HERE / "order.png", optimize=True)


def loaders() -> None:
    """The first batches of two epochs, as torch's real DataLoader gives them."""
    from bitaug.torch import Augmented, DataLoader, Sampler

    photos = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(PHOTOS.glob("*.png"))]
    dataset = [photos[i % len(photos)] for i in range(24)]
    train = ba.Compose([ba.RandomResizedCrop(96, scale=(0.2, 1.0)), ba.HorizontalFlip()])
    rows = []
    for epoch in (0, 1):
        for workers, start in ((0, None), (2, "fork"), (3, "spawn")):
            augmented = Augmented(dataset, train, seed=42, stream="train")
            sampler = Sampler(ba.Order(24, seed=42, stream="train"), 8)
            sampler.set_epoch(epoch)
            options = {"num_workers": workers, "multiprocessing_context": start}
            loader = DataLoader(augmented, sampler=sampler, **options)
            batch = next(iter(loader)).numpy()
            how = f"epoch {epoch}, {workers} workers" + (f" ({start})" if start else "")
            rows.append((how, batch))
    side, gap, left, top = 96, 6, 190, 60
    width, height = left + 8 * (side + gap) + 18, top + len(rows) * (side + gap) + 24
    sheet = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(sheet)

    def write(x: float, y: float, text: str, size: int, color: str) -> None:
        pen.text((x, y), text, color, ImageFont.load_default(size), anchor="lm")

    write(24, 30, "the first batch of 8, and the digest of its bytes", 17, INK)
    for row, (how, batch) in enumerate(rows):
        y = top + row * (side + gap) + (12 if row > 2 else 0)
        write(24, y + side / 2 - 10, how, 13, INK)
        write(24, y + side / 2 + 10, ba.digest(batch), 13, SOFT)
        for column, image in enumerate(batch):
            sheet.paste(Image.fromarray(image), (left + column * (side + gap), y))
    sheet.save(HERE / "pytorch.png", optimize=True)


if __name__ == "__main__":
    drawn("reproduce.md", "trace.png", "cat.png")
    drawn("audit.md", "audit.png", "astronaut.png", "cat.png", "coffee.png", "rocket.png")
    order()
    loaders()
