"""The same eight samples of two epochs, however Ray has made them."""

import os
import signal
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import ray.data

from bitaug.ray import Augment

from .common import CROP, batches, load_photos


def draw() -> None:
    class Killed(Augment):
        """Its process dies once."""

        def __call__(self, batch: Any) -> dict[str, Any]:
            if not marker.exists():
                marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return super().__call__(batch)

    items = [{"image": photo, "path": f"{i}.png"} for i, photo in enumerate(load_photos(8))]
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    dataset = ray.data.from_items(items, override_num_blocks=3)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for epoch in (0, 1):
            marker = Path(folder) / str(epoch)
            at = {"seed": 42, "stream": "train", "epoch": epoch}
            actors = {
                "fn_constructor_args": [CROP],
                "fn_constructor_kwargs": at,
                "compute": ray.data.ActorPoolStrategy(size=2),
            }
            ways = {
                "tasks, batches of 3": dataset.map_batches(Augment(CROP, **at), batch_size=3),
                "2 actors, batches of 5": dataset.map_batches(Augment, batch_size=5, **actors),
                "a worker was killed": dataset.map_batches(Killed(CROP, **at), batch_size=1),
            }
            for how, made in ways.items():
                images = {row["path"]: row["image"] for row in made.take_all()}
                batch = np.stack([images[item["path"]] for item in items])
                rows.append((f"epoch {epoch}, {how}", batch))
    ray.shutdown()
    batches("eight samples by their paths, and the digest of their bytes", rows, "ray.png")
