"""What every loader gives: the digest of tests/loaders, in each way that Ray Data has."""

import io
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import ray.data
from PIL import Image

from bitaug.ray import Augment

from ..photos import AT, DIGEST, EPOCH, PIPELINE, digest

BY_PATH = AT | {"epoch": EPOCH}


@pytest.fixture
def photos(folder):
    return ray.data.read_images(str(folder), include_paths=True, mode="RGB")


@pytest.fixture
def augment(folder):
    return Augment(PIPELINE, **BY_PATH, root=str(folder))


def digest_of(dataset, folder):
    rows = dataset.take_all()
    return digest({Path(row["path"]).relative_to(folder).as_posix(): row["image"] for row in rows})


@pytest.mark.parametrize("form", ["numpy", "pandas", "pyarrow"])
@pytest.mark.parametrize("size", [1, 7, 64])
def test_batches(photos, augment, folder, size, form):
    made = photos.map_batches(augment, batch_size=size, batch_format=form)
    assert digest_of(made, folder) == DIGEST


@pytest.mark.parametrize("blocks", [1, 5, 64])
def test_blocks(folder, augment, blocks):
    photos = ray.data.read_images(
        str(folder), include_paths=True, mode="RGB", override_num_blocks=blocks
    )
    made = photos.random_shuffle(seed=blocks).map_batches(augment)
    assert digest_of(made, folder) == DIGEST


@pytest.mark.parametrize("workers", [1, 2])
def test_tasks(photos, augment, folder, workers):
    compute = ray.data.TaskPoolStrategy(size=workers)
    made = photos.map_batches(augment, batch_size=9, compute=compute)
    assert digest_of(made, folder) == DIGEST


@pytest.mark.parametrize("workers", [1, 2])
def test_actors(photos, folder, workers):
    made = photos.map_batches(
        Augment,
        fn_constructor_args=[PIPELINE],
        fn_constructor_kwargs=BY_PATH | {"root": str(folder), "threads": 2},
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=0.5,  # else there is no core left to read
        batch_size=9,
    )
    assert digest_of(made, folder) == DIGEST


class Killed(Augment):
    """Its process dies once, with the batch that holds the middle of the data half done."""

    def __init__(self, *args, marker, **options):
        super().__init__(*args, **options)
        self.marker = Path(marker)

    def __call__(self, batch):
        made = super().__call__(batch)
        if any(path.endswith("coffee/08.png") for path in batch["path"]):
            try:
                self.marker.touch(exist_ok=False)
            except FileExistsError:
                return made
            os.kill(os.getpid(), signal.SIGKILL)
        return made


@pytest.mark.parametrize("actors", [False, True])
def test_a_worker_is_killed(photos, folder, tmp_path, actors):
    options = BY_PATH | {"root": str(folder), "marker": str(tmp_path / "killed")}
    if actors:
        made = photos.map_batches(
            Killed,
            fn_constructor_args=[PIPELINE],
            fn_constructor_kwargs=options,
            compute=ray.data.ActorPoolStrategy(size=1),
            batch_size=5,
        )
    else:
        made = photos.map_batches(Killed(PIPELINE, **options), batch_size=5)
    assert digest_of(made, folder) == DIGEST
    assert (tmp_path / "killed").exists()


def test_binary_files(folder, augment):
    """Decoded by a step of one's own, which must not change the order of fields or rows."""
    files = ray.data.read_binary_files(str(folder), include_paths=True)

    def decode(batch):
        opened = [Image.open(io.BytesIO(content)) for content in batch["bytes"]]
        return {"image": [np.asarray(image) for image in opened], "path": batch["path"]}

    made = files.map_batches(decode, batch_size=3).map_batches(augment, batch_size=8)
    assert digest_of(made, folder) == DIGEST
