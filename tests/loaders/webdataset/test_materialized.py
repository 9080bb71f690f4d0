"""Materialized tar files, as webdataset reads them."""

import gc
import json

import numpy as np
import pytest
import webdataset

from bitaug._images.files import read
from bitaug.materialize import run
from tests.materialized import CROP, KEYS, TRAIN, photos


# webdataset leaves it to the garbage collector to close the files.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(("pipeline", "encoding"), [(TRAIN, "npy"), (CROP, "png")])
def test_samples(tmp_path, pipeline, encoding):
    """Each is one sample with its parts, keys are never the same, and the pixels are those on the
    fly."""
    folder = photos(tmp_path)
    targets = {"masks": tmp_path / "masks", "boxes": tmp_path / "boxes.json"}
    run(pipeline, folder, tmp_path / "made", seed=42, epochs=2, format="webdataset",
        encoding=encoding, shard_size=4, **targets)  # fmt: skip
    shards = sorted(map(str, tmp_path.glob("made/epoch-*/*.tar")))
    assert len(shards) == 4
    dataset = webdataset.WebDataset(shards, shardshuffle=False, empty_check=False)
    samples = list(dataset.decode("rgb8"))
    del dataset
    gc.collect()
    assert len({sample["__key__"] for sample in samples}) == len(samples) == 2 * len(KEYS)
    for sample, (epoch, key) in zip(samples, [(e, k) for e in (0, 1) for k in KEYS], strict=True):
        row = sample["json"]
        assert (row["epoch"], row["key"]) == (epoch, key)
        image = read(folder / key)
        expected = pipeline(image, seed=42, epoch=epoch, index=key)
        np.testing.assert_array_equal(sample[encoding], expected)
        assert list(sample[f"mask.{encoding}"].shape)[:2] == row["mask"]["shape"]
        boxes = sample["boxes.json"]
        boxes = json.loads(boxes) if isinstance(boxes, bytes) else boxes
        assert boxes.keys() == {"bboxes", "labels", "dropped"}
