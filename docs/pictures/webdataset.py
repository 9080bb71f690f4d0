"""The same eight samples of two epochs, whoever has read their shards, and from where."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import webdataset
from torch.utils.data import DataLoader

from bitaug.webdataset import Augment

from .common import CROP, batches, load_photos


def draw() -> None:
    with tempfile.TemporaryDirectory() as folder:
        here, moved = Path(folder, "here"), Path(folder, "moved")
        here.mkdir()
        with webdataset.ShardWriter(f"{here}/photos-%03d.tar", maxcount=2, verbose=0) as shards:
            for i, photo in enumerate(load_photos(8)):
                shards.write({"__key__": f"{i}", "png": photo})
        shutil.copytree(here, moved)

        def read(place: Path, epoch: int, shuffle: int, workers: int) -> Any:
            augment = Augment(CROP, seed=42, stream="train", epoch=epoch)
            urls = sorted(map(str, place.glob("*.tar")))
            train = webdataset.WebDataset(urls, shardshuffle=shuffle).shuffle(shuffle)
            train = train.decode("pil").compose(augment).to_tuple("__key__", "png")
            return DataLoader(train, batch_size=None, num_workers=workers)

        rows = []
        for epoch in (0, 1):
            ways = {
                "shard after shard": read(here, epoch, 0, 0),
                "shuffled, 2 workers": read(here, epoch, 8, 2),
                "other folder, 3 workers": read(moved, epoch, 8, 3),
            }
            for how, made in ways.items():
                images = {key: np.asarray(image) for key, image in made}
                rows.append((f"epoch {epoch}, {how}", np.stack([images[f"{i}"] for i in range(8)])))
    title = "eight samples of four shards by their keys, and the digest of their bytes"
    batches(title, rows, "webdataset.png")
