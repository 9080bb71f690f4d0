"""Keys, epochs and streams, targets, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import ray.data
from ray.data.expressions import monotonically_increasing_id

import bitaug as ba
from bitaug.ray import Augment, check_keys

from ..photos import AT

NOISE = ba.Compose([ba.RandomCrop(height=6, width=6), ba.GaussNoise()])
PIXELS = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)


def rows(keys):
    return ray.data.from_items([{"image": PIXELS, "key": key} for key in keys])


def batch(keys, **columns):
    return {"image": np.stack([PIXELS] * len(keys)), "key": keys} | columns


def augment(**options):
    return Augment(NOISE, **({"epoch": 0, "key": "key"} | AT | options))


def wanted(key, **address):
    return NOISE(PIXELS, **({"epoch": 0} | AT | address), index=key)


@pytest.mark.parametrize(
    "keys",
    [
        np.array([0, 2**32, 2**63 + 5, 2**64 - 1], np.uint64),
        np.array(["a/1.png", "b/1.png", "b/ü.png"], object),
        ["a", "b"],
    ],
)
def test_keys(keys):
    made = augment()(batch(keys))
    for key, image in zip(keys, made["image"], strict=True):
        assert np.array_equal(image, wanted(key if isinstance(key, str) else int(key)))
    assert made["key"] is keys


def test_two_ways_to_write_a_path():
    """As macOS and Linux write it."""
    written = ["b/u\u0308.png", "b/\u00fc.png"]
    one, other = (augment()(batch([key]))["image"][0] for key in written)
    assert np.array_equal(one, other) and np.array_equal(one, wanted(written[1]))


@pytest.mark.parametrize("form", ["numpy", "pandas", "pyarrow"])
def test_hashes(form):
    keys = [3, 2**63 + 5, 2**64 - 1]
    dataset = rows(map(np.uint64, keys)).map_batches(augment(), batch_format=form)
    made = {row["key"]: row["image"] for row in dataset.take_all()}
    assert all(np.array_equal(made[key], wanted(key)) for key in keys)


def test_root():
    local = ["/data/photos/cat/1.png", "/data/photos/cat/2.png"]
    (first, second) = augment(root="/data/photos/")(batch(local))["image"]
    assert np.array_equal(first, wanted("cat/1.png"))
    made = augment(root=Path("/data/photos"))(batch(local))["image"]
    assert np.array_equal(made, [first, second])
    # Ray leaves the scheme out of the paths of a bucket.
    remote = ["bucket/photos/cat/1.png", "bucket/photos/cat/2.png"]
    made = augment(root="s3://bucket/photos")(batch(remote))["image"]
    assert np.array_equal(made, [first, second])
    with pytest.raises(
        ValueError, match=r"key='/data/photos/cat/1\.png': not in root='/data/other'"
    ):
        augment(root="/data/other")(batch(local))
    with pytest.raises(ValueError, match=r"key='/data/photos/cat/1\.png': an absolute path.*root="):
        augment()(batch(local))


def test_epochs_and_streams_differ():
    keys = [f"{i}.png" for i in range(4)]
    ways = [(stream, epoch) for stream in ("train", "val") for epoch in (0, 1)]
    seen = [augment(stream=stream, epoch=epoch)(batch(keys))["image"] for stream, epoch in ways]
    assert all(len(set(map(ba.digest, same))) == 4 for same in zip(*seen, strict=True))
    for (stream, epoch), images in zip(ways, seen, strict=True):
        assert np.array_equal(images[1], wanted("1.png", stream=stream, epoch=epoch))


@pytest.mark.parametrize("form", ["numpy", "pandas", "pyarrow"])
def test_masks_and_boxes_travel(form):
    mask = np.zeros((8, 8), np.uint8)
    mask[:, 4] = 9
    boxes = [[[0, 1, 2, 3], [4, 0, 2, 2]], [[3, 0, 2, 8]], [[0, 0, 1, 1]]]
    categories = [[7, 8], [9], [3]]
    samples = zip(boxes, categories, "abc", strict=True)
    items = [
        {
            "photo": PIXELS,
            "mask": mask,
            "objects": {"bbox": boxes, "category": categories},
            "key": f"{key}.png",
            "label": ord(key),
        }
        for boxes, categories, key in samples
    ]
    crop = ba.Compose(
        [ba.HorizontalFlip(p=1), ba.CenterCrop(height=8, width=4)],
        bbox_params=ba.BboxParams(format="coco"),
    )
    objects = {"bbox": "bboxes", "category": "labels"}
    step = Augment(crop, **AT, epoch=0, key="key", fields={"photo": "image", "objects": objects})
    made = ray.data.from_items(items).map_batches(step, batch_size=2, batch_format=form)
    assert "struct<" in str(made.schema())
    found = {row["key"]: row for row in made.take_all()}
    assert np.array_equal(found["a.png"]["photo"], PIXELS[:, ::-1][:, 2:6])
    assert np.array_equal(found["a.png"]["mask"], mask[:, ::-1][:, 2:6])
    assert found["a.png"]["objects"] == {"bbox": [[0, 0, 2, 2]], "category": [8], "dropped": [0]}
    assert found["b.png"]["objects"] == {"bbox": [[1, 0, 2, 8]], "category": [9], "dropped": []}
    assert found["c.png"]["objects"] == {"bbox": [], "category": [], "dropped": [0]}
    assert {row["label"] for row in found.values()} == set(map(ord, "abc"))


def test_boxes_as_columns():
    """Each row has its own number of them, or none."""
    boxes = [[[0, 0, 2, 2], [1, 1, 4, 4]], [[2, 2, 8, 8]], []]
    items = [
        {"image": PIXELS, "bboxes": bboxes, "labels": list(range(len(bboxes))), "key": str(i)}
        for i, bboxes in enumerate(boxes)
    ]
    step = Augment(ba.HorizontalFlip(p=1), **AT, epoch=0, key="key")
    made = ray.data.from_items(items).map_batches(step, batch_size=3)
    found = {row["key"]: row for row in made.take_all()}
    flipped = [[[6, 0, 8, 2], [4, 1, 7, 4]], [[0, 2, 6, 8]], []]
    for i, bboxes in enumerate(flipped):
        assert np.reshape(found[str(i)]["bboxes"], (-1, 4)).tolist() == bboxes
        assert list(found[str(i)]["labels"]) == list(range(len(bboxes)))


def test_row_numbers_are_refused():
    ids = monotonically_increasing_id()
    dataset = rows(map(str, range(64))).repartition(4)
    with pytest.raises(Exception, match="monotonically_increasing_id, which changes"):
        dataset.with_column("id", ids).map_batches(augment(key="id")).materialize()
    name = "monotonically_increasing_id"
    with pytest.raises(ValueError, match="which changes with the blocks"):
        augment(key=name)(batch(["a"], **{name: [5]}))
    step = augment()
    with pytest.raises(ValueError, match="which changes with the blocks"):
        step(batch([2**33 + i for i in range(8)]))
    for others in (
        range(8),
        range(2**33 + 2**24, 2**33 + 2**24 + 8),  # not from the start
        range(2**33, 2**33 + 64, 8),  # with gaps
        [ba.random.label(str(i)) for i in range(8)],
        range(10**10, 10**10 + 8),
        [str(2**33 + i) for i in range(8)],
    ):
        step(batch(list(others)))


def test_repeated_keys_are_refused():
    for name in (
        "epoch",
        "key",
        "root",
        "pipeline",
        "seed",
        "stream",
        "layout",
        "fields",
        "threads",
    ):
        with pytest.raises(AttributeError, match=f"Augment.{name}: read-only.*a new Augment"):
            setattr(augment(), name, None)
    with pytest.raises(ValueError, match="key='a': several rows of a batch"):
        augment()(batch(["a", "b", "a"]))
    check_keys(rows(["a", "b", "c"]), "key")
    twice = [f"{root}://photos/cat/{i}.png" for root, i in (("s3", 1), ("gs", 1), ("s3", 2))]
    with pytest.raises(ValueError, match=r"key: several rows have 'cat/1\.png'$"):
        check_keys(rows(twice).repartition(3), "key", "s3://photos")


def test_what_is_refused():
    with pytest.raises(ValueError, match="key='id': the columns are 'image', 'key'"):
        augment(key="id")(batch(["a"]))
    with pytest.raises(TypeError, match=r"key='a\.png': one sample; a batch"):
        augment()({"image": PIXELS, "key": "a.png"})
    for key in (None, 0.5, True):
        with pytest.raises(TypeError, match=f"key={key}: a key is a str or an integer"):
            augment()(batch([key]))
    with pytest.raises(ValueError, match="key=-1: 0 to 18446744073709551615"):
        augment()(batch(np.array([-1])))
    with pytest.raises(ValueError, match="epoch=4294967296: 0 to 4294967295"):
        augment(epoch=2**32)
    with pytest.raises(ValueError, match="as large as the image and would not move"):
        augment()(batch(["a"], depth=[PIXELS[:, :, 0]]))
    with pytest.raises(TypeError, match="bytes is not a NumPy array") as caught:
        augment()({"image": [b"..."], "key": ["a"]})
    assert caught.value.__notes__ == ["at index 'a'"]
    assert augment()({"image": [], "key": []}) == {"image": [], "key": []}
