"""Draws the pictures of the pages in this folder: `./nox -s pictures`."""

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import bitaug as ba
from bitaug import _cli

HERE = Path(__file__).parent
PHOTOS = HERE.parent / "demo" / "photos"
INK, SOFT = "#1f2328", "#6e7781"
# Okabe and Ito's colours, which most people can tell apart.
RANKS = ("#9ad0f3", "#ffd27f", "#8fd9bf", "#f0b6d3")


def by_page(name: str, picture: str) -> None:
    """What a page's own code saves, where it can see the photos."""
    page = (HERE / name).read_text("utf-8")
    code = "".join(re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for photo in PHOTOS.glob("*.png"):
            shutil.copy(photo, folder)
        random.seed(1)  # some show what happens without one
        exec(compile(code, name, "exec"), {})
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
    batches("the first batch of 8, and the digest of its bytes", rows, "pytorch.png")


def ray_data() -> None:
    """The same eight samples of two epochs, however Ray has made them."""
    import ray.data

    from bitaug.ray import Augment

    class Killed(Augment):
        """Its process dies once."""

        def __call__(self, batch: Any) -> dict[str, Any]:
            if not marker.exists():
                marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return super().__call__(batch)

    train = ba.Compose([ba.RandomResizedCrop(96, scale=(0.2, 1.0)), ba.HorizontalFlip()])
    files = sorted(PHOTOS.glob("*.png"))
    photos = [np.asarray(Image.open(path).convert("RGB")) for path in files]
    items = [{"image": photos[i % len(photos)], "path": f"{i}.png"} for i in range(8)]
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    dataset = ray.data.from_items(items, override_num_blocks=3)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for epoch in (0, 1):
            marker = Path(folder) / str(epoch)
            at = {"seed": 42, "stream": "train", "epoch": epoch}
            actors = {
                "fn_constructor_args": [train],
                "fn_constructor_kwargs": at,
                "compute": ray.data.ActorPoolStrategy(size=2),
            }
            ways = {
                "tasks, batches of 3": dataset.map_batches(Augment(train, **at), batch_size=3),
                "2 actors, batches of 5": dataset.map_batches(Augment, batch_size=5, **actors),
                "a worker was killed": dataset.map_batches(Killed(train, **at), batch_size=1),
            }
            for how, made in ways.items():
                images = {row["path"]: row["image"] for row in made.take_all()}
                batch = np.stack([images[item["path"]] for item in items])
                rows.append((f"epoch {epoch}, {how}", batch))
    ray.shutdown()
    batches("eight samples by their paths, and the digest of their bytes", rows, "ray.png")


def batches(title: str, rows: list[tuple[str, Any]], name: str) -> None:
    """Batches of 8 below each other, three of each epoch."""
    side, gap, left, top = 96, 6, 190, 60
    width, height = left + 8 * (side + gap) + 18, top + len(rows) * (side + gap) + 24
    sheet = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(sheet)

    def write(x: float, y: float, text: str, size: int, color: str) -> None:
        pen.text((x, y), text, color, ImageFont.load_default(size), anchor="lm")

    write(24, 30, title, 17, INK)
    for row, (how, batch) in enumerate(rows):
        y = top + row * (side + gap) + (12 if row > 2 else 0)
        for line, words in enumerate([*how.split(", ", 1), ba.digest(batch)]):
            write(24, y + side / 2 + 20 * (line - 1), words, 13, SOFT if line == 2 else INK)
        for column, image in enumerate(batch):
            sheet.paste(Image.fromarray(image), (left + column * (side + gap), y))
    sheet.save(HERE / name, optimize=True)


def preview() -> None:
    """The sheet of materialize.md, by the page's own pipeline and command."""
    page = (HERE / "materialize.md").read_text("utf-8")
    code = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[0]
    command = re.findall(r"^bitaug (preview .*)", page, re.MULTILINE)[0]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copytree(PHOTOS, "photos")
        exec(compile(code, "materialize.md", "exec"), {})
        _cli.main([*command.split(), "--side", "112"])
        shutil.copy("preview.png", HERE)


KILLED = """
import os, signal, sys
import bitaug as ba, bitaug.materialize

def progress(done, total):
    if done == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)

crop = ba.RandomResizedCrop(8)
ba.materialize.run(crop, "photos", sys.argv[2], seed=42, epochs=3, threads=1, progress=progress)
"""


def materialize() -> None:
    """Runs of one job that are killed after so many samples, and what each finds and writes."""
    keys, cell, left, top = 20, 13, 190, 84
    kills = (13, 27, 45, -1)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("photos").mkdir()
        for i in range(keys):
            np.save(f"photos/{i:02}.npy", np.full((9, 9, 3), i, np.uint8))

        def run(kill: int, output: str) -> dict[tuple[int, int], int]:
            subprocess.run([sys.executable, "-c", KILLED, str(kill), output])
            files = Path(output).glob("epoch-*/images/*.npy")
            places = {(int(f.parts[1][-4:]), int(f.name[:2])): f for f in files}
            return {place: file.stat().st_ino for place, file in places.items()}

        rows = [run(kill, "made") for kill in kills]
        run(-1, "undisturbed")
        sums = [Path(name, "SHA256SUMS").read_bytes() for name in ("made", "undisturbed")]
        equal = "equal" if sums[0] == sums[1] else "not equal"
        digest = ba.digest(np.frombuffer(sums[0], np.uint8))
    sheet = Image.new("RGB", (left + 3 * keys * cell + 2 * 12 + 24, top + 4 * 40 + 66), "white")
    pen = ImageDraw.Draw(sheet)

    def write(x: float, y: float, text: str, size: int, color: str) -> None:
        pen.text((x, y), text, color, ImageFont.load_default(size), anchor="lm")

    write(24, 28, "one job, killed three times with SIGKILL", 17, INK)
    for epoch in range(3):
        write(left + epoch * (keys * cell + 12), 62, f"epoch {epoch}", 13, SOFT)
    before: dict[tuple[int, int], int] = {}
    for row, (kill, found) in enumerate(zip(kills, rows, strict=True)):
        y = top + row * 40
        how = f"killed at sample {kill}" if kill > 0 else "left alone"
        write(24, y + cell / 2, f"run {row + 1}: {how}", 13, INK)
        for epoch in range(3):
            for key in range(keys):
                x = left + epoch * (keys * cell + 12) + key * cell
                place = epoch, key
                box = (x, y, x + cell - 3, y + cell - 3)
                if place not in found:
                    pen.rectangle(box, outline="#d0d7de")
                else:
                    kept = before.get(place) == found[place]
                    pen.rectangle(box, fill="#d0d7de" if kept else "#0072b2")
        before = found
    y = top + 4 * 40 + 8
    for x, fill, text in (
        (left, "#0072b2", "written by this run"),
        (left + 190, "#d0d7de", "there already: the same file, not written again"),
        (left + 530, None, "not there yet"),
    ):
        pen.rectangle((x, y, x + cell - 3, y + cell - 3), fill=fill, outline=fill or "#d0d7de")
        write(x + 18, y + 5, text, 13, SOFT)
    write(left, y + 32, f"SHA256SUMS ({digest}) is {equal} to that of an undisturbed run", 13, INK)
    sheet.save(HERE / "materialize.png", optimize=True)


def grain() -> None:
    """One sample in several shuffles, by bitaug.grain and by Grain's own random_map."""
    import grain

    from bitaug.grain import augment

    photos = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(PHOTOS.glob("*.png"))]
    n = len(photos)
    train = ba.Compose([
        ba.RandomResizedCrop(112, scale=(0.2, 1.0)),
        ba.HorizontalFlip(),
        ba.ColorJitter(brightness=(0.6, 1.4), hue=(-0.1, 0.1)),
    ])  # fmt: skip

    def random(sample: tuple[np.ndarray, int], rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """The same pipeline, by what Grain draws from."""
        drawn = int(rng.integers(2**32))
        return train(sample[0], seed=drawn, epoch=0, index=0), sample[1]

    dataset = grain.MapDataset.source([(photos[i], i) for i in range(n)])
    augmented = augment(dataset, train, seed=42, stream="train")
    ways = {
        "augment, shuffle, repeat": lambda seed: augmented.shuffle(seed=seed).repeat(2),
        "shuffle, random_map, repeat": lambda seed: (
            dataset.shuffle(seed=seed).random_map(random, seed=42).repeat(2)
        ),
    }
    seeds, wanted, side, gap, left, top = (1, 2, 3), 1, 112, 6, 230, 84
    width = left + 2 * len(seeds) * (side + gap) + 40
    sheet = Image.new("RGB", (width, top + len(ways) * (side + gap) + 24), "white")
    pen = ImageDraw.Draw(sheet)

    def write(x: float, y: float, text: str, size: int, color: str, anchor: str = "lm") -> None:
        pen.text((x, y), text, color, ImageFont.load_default(size), anchor=anchor)

    write(24, 28, "one sample in two epochs, each with three seeds of the shuffle", 17, INK)
    for row, (name, arranged) in enumerate(ways.items()):
        y = top + row * (side + gap)
        write(24, y + side / 2, name, 13, INK)
        for column, seed in enumerate(seeds):
            made = [image for image, place in arranged(seed) if place == wanted]
            for epoch, image in enumerate(made):
                x = left + (epoch * len(seeds) + column) * (side + gap) + epoch * 22
                write(x + side / 2, top - 16, f"epoch {epoch}, seed {seed}", 13, SOFT, "mm")
                sheet.paste(Image.fromarray(image), (x, y))
    sheet.save(HERE / "grain.png", optimize=True)


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
    by_page("reproduce.md", "trace.png")
    by_page("leaks.md", "leaks.png")
    by_page("compare.md", "compare.png")
    by_page("audit.md", "audit.png")
    order()
    preview()
    materialize()
    loaders()
    ray_data()
    grain()
    keras()
