"""What the tests of materialize share: a folder of images with masks and boxes, and pipelines."""

import json

import numpy as np
from PIL import Image

import bitaug as ba

TRAIN = ba.Compose(
    [ba.RandomResizedCrop(16), ba.HorizontalFlip(), ba.GaussNoise(), ba.Normalize(), ba.ToCHW()]
)
CROP = ba.Compose([ba.RandomResizedCrop(16), ba.HorizontalFlip()])
# With the mask of each; two differ by their suffix only.
MASKS = {
    "a.jpg": "a.jpg.png",
    "a.png": "a.png",
    "cat/a.b.png": "cat/a.b.npy",
    "cat/été.png": "cat/été.gif",
    "deep/er/b.npy": "deep/er/b.png",
    "pale.png": "pale.png.png",
    "z%.png": "z%.tif",
}
KEYS = sorted(MASKS)


def photos(folder):
    """Makes photos/, masks/ and boxes.json; images of several sizes."""
    rng = np.random.default_rng(1)
    boxes = {}
    for i, key in enumerate(KEYS):
        height, width = 20 + i, 30 - i
        _save(folder / "photos" / key, rng.integers(256, size=(height, width, 3), dtype=np.uint8))
        _save(folder / "masks" / MASKS[key], rng.integers(4, size=(height, width), dtype=np.uint8))
        boxes[key] = {"bboxes": [[2, 3, 9.5 + i, 12]] * (i % 3), "labels": ["cat"] * (i % 3)}
    (folder / "boxes.json").write_text(json.dumps(boxes), "utf-8")
    return folder / "photos"


def _save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, pixels)
    else:
        Image.fromarray(pixels).save(path)


def tree(folder):
    """The bytes of every file."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def rows(folder):
    """Of the manifest."""
    lines = (folder / "manifest.jsonl").read_bytes().split(b"\n")[:-1]
    return [json.loads(line) for line in lines]
