"""Draws the pictures of the pages in this folder: `./nox -s pictures`."""

import contextlib
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


def trace() -> None:
    """The sample of reproduce.md, by the page's own code."""
    page = (HERE / "reproduce.md").read_text("utf-8")
    code = "".join(re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copy(PHOTOS / "cat.png", folder)
        exec(compile(code, "reproduce.md", "exec"), {})
        shutil.copy("trace.png", HERE)


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


def keras() -> None:
    """Arguments of ImageDataGenerator, by Keras and by bitaug, at one end of their ranges."""
    import warnings

    from keras.src.legacy.preprocessing.image import ImageDataGenerator as Legacy

    from bitaug.keras import ImageDataGenerator

    # the argument, what bitaug has drawn, and the same in Keras' terms
    columns = [
        ({"rotation_range": 40}, {"rotate": 40}, {"theta": 40}),
        ({"width_shift_range": 0.2}, {"translate_x": 24}, {"ty": -24}),
        ({"height_shift_range": 0.2}, {"translate_y": 24}, {"tx": -24}),
        ({"shear_range": 20}, {"shear_x": 20}, {"shear": 20}),
        ({"zoom_range": 0.3}, {"scale": 1 / 0.7}, {"zx": 0.7, "zy": 0.7}),
        ({"zoom_range": 0.3}, {"scale": 1 / 1.3}, {"zx": 1.3, "zy": 1.3}),
        ({"brightness_range": (0.5, 1.5)}, {"brightness": 1.5}, {"brightness": 1.5}),
        ({"channel_shift_range": 60}, {"brightness": 60 / 255}, {"channel_shift_intensity": 60}),
    ]
    side, gap, left, top = 120, 14, 90, 88
    with Image.open(PHOTOS / "cat.png") as photo:
        image = np.asarray(photo.convert("RGB").crop((40, 0, 210, 170)).resize((side, side)))
    sheet = Image.new(
        "RGB", (left + len(columns) * (side + gap) + 14, top + 2 * (side + gap) + 14), "white"
    )
    pen = ImageDraw.Draw(sheet)

    def write(x: float, y: float, text: str, size: int, color: str) -> None:
        pen.text((x, y), text, color, ImageFont.load_default(size), anchor="lm")

    write(24, 28, 'the same values in both, fill_mode="nearest"', 17, INK)
    for row, name in enumerate(("Keras", "bitaug")):
        write(24, top + row * (side + gap) + side / 2, name, 15, INK)
    for column, (options, drawn, theirs) in enumerate(columns):
        x = left + column * (side + gap)
        ((name, value),) = options.items()
        write(x, 56, f"{name}=", 12, SOFT)
        write(x, 72, f"{value}", 12, SOFT)
        pipeline = ImageDataGenerator(**options).augmentation(side, side)
        params = pipeline.params(seed=0, epoch=0, index=0, shape=image.shape)
        params["ops"][0]["params"].update(drawn)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            other = Legacy().apply_transform(image.astype(np.float32), theirs)
        for row, made in enumerate((other, pipeline.apply(params, image))):
            picture = Image.fromarray(np.rint(made).clip(0, 255).astype(np.uint8))
            sheet.paste(picture, (x, top + row * (side + gap)))
    sheet.save(HERE / "keras.png", optimize=True)


if __name__ == "__main__":
    trace()
    order()
    loaders()
    keras()
