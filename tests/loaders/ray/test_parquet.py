"""Materialized Parquet files: what they hold, and that check proves it."""

import json
from io import BytesIO

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from bitaug._images.files import read
from bitaug.materialize import _parquet, check, run
from tests.materialized import CROP, KEYS, TRAIN, photos, rows


def array_of(data):
    file = BytesIO(data)
    return np.load(file) if data[1:6] == b"NUMPY" else np.asarray(Image.open(file))


@pytest.mark.parametrize(("pipeline", "encoding"), [(TRAIN, "npy"), (CROP, "png")])
@pytest.mark.parametrize("group", [1, 5000, 1 << 25])
def test_stored_equals_on_the_fly(tmp_path, monkeypatch, pipeline, encoding, group):
    """In groups of one row, of several, and of all."""
    monkeypatch.setattr(_parquet, "_GROUP", group)
    folder = photos(tmp_path)
    targets = {"masks": tmp_path / "masks", "boxes": tmp_path / "boxes.json"}
    made = tmp_path / "made"
    run(pipeline, folder, made, seed=42, epochs=2, format="parquet", encoding=encoding,
        shard_size=4, **targets)  # fmt: skip
    paths = sorted(made.glob("epoch-*/*.parquet"))
    assert [path.relative_to(made).as_posix() for path in paths] == [
        f"epoch-000{epoch}/shard-00000{shard}.parquet" for epoch in (0, 1) for shard in (0, 1)
    ]
    stored = [row for path in paths for row in pq.ParquetFile(path).read().to_pylist()]
    assert [(row["epoch"], row["key"]) for row in stored] == [(e, k) for e in (0, 1) for k in KEYS]
    for row, noted in zip(stored, rows(made), strict=True):
        image = read(folder / row["key"])
        expected = pipeline(image, seed=42, epoch=row["epoch"], index=row["key"])
        found = array_of(row["image"])
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
        assert json.loads(row["params"]) == noted["params"]
        assert row["receipt"] == noted["receipt"] and row["pixels"] == noted["pixels"]
        assert list(array_of(row["mask"]).shape) == noted["mask"]["shape"]
        assert json.loads(row["boxes"]).keys() == {"bboxes", "labels", "dropped"}
    assert check(made) == []


def test_a_changed_row_of_a_file_is_named(tmp_path):
    run(TRAIN, photos(tmp_path), tmp_path / "made", seed=42, format="parquet")
    path = tmp_path / "made" / "epoch-0000" / "shard-000000.parquet"
    table = pq.ParquetFile(path).read()
    column = table.column("image").to_pylist()
    column[1] = column[2]
    pq.write_table(table.set_column(table.schema.get_field_index("image"), "image", [column]), path)
    found = check(tmp_path / "made")
    assert found[1:] == [
        "a.png, epoch 0: stored image: its SHA-256 is not that in its row",
        "a.png, epoch 0: stored image: not what the pipeline returns",
    ]
    assert found[0].startswith("epoch-0000/shard-000000.parquet: changed")
