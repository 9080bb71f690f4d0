"""What every loader gives: the digest of tests/loaders, in each way that datasets has."""

import datasets
import pytest

from bitaug.huggingface import Augment

from ..photos import AT, DIGEST, EPOCH, PIPELINE, digest


@pytest.fixture
def augment():
    return Augment(PIPELINE, **AT, epoch=EPOCH, key="path")


def by_path(rows):
    return {row["path"]: row["image"] for row in rows}


@pytest.mark.parametrize("size", [1, 7, 64])
def test_set_transform(photos, augment, size):
    train = photos.shuffle(seed=size)
    train.set_transform(augment)
    batches = [train[start : start + size] for start in range(0, 64, size)]
    rows = [
        {"path": path, "image": image}
        for batch in batches
        for path, image in zip(batch["path"], batch["image"], strict=True)
    ]
    assert digest(by_path(rows)) == DIGEST


@pytest.mark.parametrize(
    "how", [{}, {"batched": True, "batch_size": 7}, {"batched": True, "num_proc": 2}]
)
def test_map(photos, augment, how):
    shape = datasets.Array3D((3, 32, 32), "float32")
    features = datasets.Features(photos.features | {"image": shape})
    made = photos.shuffle(seed=3).map(augment, features=features, **how)
    assert digest(by_path(made.with_format("numpy"))) == DIGEST
    # Without features they become lists of the same numbers.
    made = photos.map(augment, **how).with_format("numpy", dtype="float32")
    assert digest(by_path(made)) == DIGEST


@pytest.mark.parametrize("how", [{}, {"batched": True, "batch_size": 5}])
def test_stream(photos, augment, how):
    stream = photos.to_iterable_dataset(num_shards=4).shuffle(seed=3, buffer_size=9)
    assert digest(by_path(stream.map(augment, **how))) == DIGEST


def test_absolute_paths(photos, folder):
    train = photos.map(lambda row: {"path": str(folder / row["path"])})
    train.set_transform(Augment(PIPELINE, **AT, epoch=EPOCH, key="path", root=str(folder)))
    made = {row["path"][len(str(folder)) + 1 :]: row["image"] for row in train}
    assert digest(made) == DIGEST


def test_image_folder(folder, augment, monkeypatch, tmp_path):
    """Loaded by datasets itself, whose images know their paths before they are decoded."""
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    loaded = datasets.load_dataset(
        "imagefolder", data_dir=str(folder), split="train", cache_dir=str(tmp_path)
    )
    undecoded = loaded.cast_column("image", datasets.Image(decode=False))
    paths = [image["path"][len(str(folder)) + 1 :] for image in undecoded["image"]]
    train = loaded.add_column("path", paths).shuffle(seed=1)
    train.set_transform(augment)
    assert digest(by_path(train)) == DIGEST
