"""The same eight samples of two epochs, however datasets has made them."""

import datasets
import numpy as np
from PIL import Image

from bitaug.huggingface import Augment, with_index

from .common import CROP, batches, load_photos


def draw() -> None:
    datasets.disable_progress_bars()
    images = [Image.fromarray(photo) for photo in load_photos(8)]
    photos = with_index(datasets.Dataset.from_dict({"image": images}))
    rows = []
    for epoch in (0, 1):
        augment = Augment(CROP, seed=42, stream="train", epoch=epoch)
        stream = photos.to_iterable_dataset(num_shards=3)
        ways = {
            "set_transform, shuffled": photos.shuffle(seed=epoch).with_transform(augment),
            "map, 2 processes": photos.map(augment, batched=True, num_proc=2),
            "a stream of 3 shards": stream.shuffle(seed=epoch).map(augment),
        }
        for how, made in ways.items():
            images = {row["index"]: np.asarray(row["image"]) for row in made}
            rows.append((f"epoch {epoch}, {how}", np.stack([images[i] for i in range(8)])))
    title = "eight samples by their index, and the digest of their bytes"
    batches(title, rows, "huggingface.png")
