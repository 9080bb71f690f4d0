"""One sample in several shuffles, by bitaug.grain and by Grain's own random_map."""

import grain
import numpy as np
from PIL import Image

import bitaug as ba
from bitaug.grain import augment

from .common import DOCS, INK, SOFT, blank, load_photos


def draw() -> None:
    photos = load_photos(4)
    train = ba.Compose([
        ba.RandomResizedCrop(112, scale=(0.2, 1.0)),
        ba.HorizontalFlip(),
        ba.ColorJitter(brightness=(0.6, 1.4), hue=(-0.1, 0.1)),
    ])  # fmt: skip

    def random(sample: tuple[np.ndarray, int], rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """The same pipeline, by what Grain draws from."""
        drawn = int(rng.integers(2**32))
        return train(sample[0], seed=drawn, epoch=0, index=0), sample[1]

    dataset = grain.MapDataset.source([(photo, i) for i, photo in enumerate(photos)])
    augmented = augment(dataset, train, seed=42, stream="train")
    ways = {
        "augment, shuffle, repeat": lambda seed: augmented.shuffle(seed=seed).repeat(2),
        "shuffle, random_map, repeat": lambda seed: (
            dataset.shuffle(seed=seed).random_map(random, seed=42).repeat(2)
        ),
    }
    seeds, wanted, side, gap, left, top = (1, 2, 3), 1, 112, 6, 230, 84
    width = left + 2 * len(seeds) * (side + gap) + 40
    sheet, _, write = blank(width, top + len(ways) * (side + gap) + 24)
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
    sheet.save(DOCS / "grain.png", optimize=True)
