"""64 real images, keyed by relative path, and the digest that every loader must give for them."""

from pathlib import Path

import numpy as np
from PIL import Image

import bitaug as ba

DEMO = Path(__file__).parents[2] / "demo" / "photos"
AT = {"seed": 42, "stream": "train"}
EPOCH = 1
PIPELINE = ba.Compose(
    [
        ba.RandomResizedCrop(32),
        ba.HorizontalFlip(),
        ba.ColorJitter(brightness=(0.6, 1.4), hue=(-0.1, 0.1)),
        ba.GaussNoise(),
        ba.Normalize(),
        ba.ToCHW(),
    ]
)
# Of the 64 outputs in EPOCH, float32 of 3 x 32 x 32 each, in the order of their keys.
DIGEST = "f88dddbb7c6c00e7"


def write(root):
    """astronaut/00.png to rocket/15.png, of four sizes, below `root`; their keys."""
    keys = []
    for source in sorted(DEMO.glob("*.png")):
        (root / source.stem).mkdir(parents=True)
        with Image.open(source) as photo:
            for i in range(16):
                left, top = i % 4 * 40, i // 4 * 40
                piece = photo.crop((left, top, left + 40 + 8 * (i % 4), top + 64 - 8 * (i // 8)))
                keys.append(f"{source.stem}/{i:02}.png")
                piece.save(root / keys[-1])
    return keys


def digest(made):
    """Of images by their keys: 64 of them, whatever the order they came in."""
    assert len(made) == 64
    return ba.digest(np.stack([np.asarray(made[key]) for key in sorted(made)]))
