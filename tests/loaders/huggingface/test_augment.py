"""Indices, epochs and streams, workers, the cache of map, targets, and what is refused."""

import copy
import multiprocessing
import os
import pickle
import subprocess
import sys

import datasets
import numpy as np
import pandas as pd
import pytest
from datasets.fingerprint import Hasher
from PIL import Image

import bitaug as ba
from bitaug.huggingface import Augment, with_index

from ... import WATCHDOG
from ..photos import AT

FLIP = ba.HorizontalFlip(p=1)
NOISE = ba.Compose([ba.RandomCrop(height=6, width=6), ba.GaussNoise()])
PIXELS = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)


def rows(n=12):
    return datasets.Dataset.from_dict({"image": [Image.fromarray(PIXELS)] * n, "n": range(n)})


def made(dataset):
    return {row["n"]: ba.digest(np.asarray(row["image"])) for row in dataset}


def test_the_index_stays_with_its_row():
    augment = Augment(NOISE, **AT, epoch=3)
    numbered = with_index(rows())
    assert numbered["index"][:] == list(range(12))
    numbered.set_transform(augment)
    wanted = {i: ba.digest(NOISE(PIXELS, **AT, epoch=3, index=i)) for i in range(12)}
    assert len(set(wanted.values())) == 12
    assert made(numbered) == wanted
    assert made(numbered.shuffle(seed=5)) == wanted
    some = made(numbered.select([7, 2, 9]))
    assert some == {i: wanted[i] for i in (7, 2, 9)}
    # The same row twice in one batch, as a sampler may ask for it.
    twice = numbered[[4, 4]]["image"]
    assert [ba.digest(image) for image in twice] == [wanted[4]] * 2


def test_rows_of_other_images_need_keys_of_their_own():
    augment = Augment(NOISE, **AT, epoch=0, key="path")
    batch = {"image": [PIXELS, PIXELS, PIXELS + 1], "path": ["a", "a", "b"]}
    first, again, _ = augment(batch)["image"]
    assert (first == again).all()
    for paths in (["b", "a", "b"], ["e\u0301", "a", "\u00e9"]):
        with pytest.raises(ValueError, match=f"path='{paths[2]}': rows of other images have it"):
            augment(batch | {"path": paths})


def test_what_workers_would_not_see_is_read_only():
    augment = Augment(NOISE, **AT, epoch=0)
    for name in ("key", "root", "pipeline", "seed", "stream", "layout", "fields"):
        with pytest.raises(AttributeError, match=f"Augment.{name}: read-only.*a new Augment"):
            setattr(augment, name, "n")
    with pytest.raises(AttributeError, match=r"epoch: read-only.*set_epoch\(\) tells"):
        augment.epoch = 3


def test_with_index_of_parts():
    parts = with_index(datasets.DatasetDict(train=rows(3), test=rows(2)), "place")
    assert parts["train"]["place"][:] == [0, 1, 2]
    assert parts["test"]["place"][:] == [0, 1]


@pytest.mark.parametrize(
    "view", [lambda d: d.shuffle(seed=1), lambda d: d.filter(bool, input_columns="n")]
)
def test_with_index_comes_first(view):
    with pytest.raises(ValueError, match="shuffled or filtered"):
        with_index(view(rows()))


def test_with_index_refuses():
    with pytest.raises(ValueError, match="name='n': there is such a column"):
        with_index(rows(), "n")
    with pytest.raises(TypeError, match="IterableDataset is not a Dataset"):
        with_index(rows().to_iterable_dataset())


def test_epochs_and_streams_differ():
    train, val = (Augment(NOISE, seed=42, stream=stream, key="n") for stream in ("train", "val"))
    seen = []
    for augment in (train, val):
        for epoch in (0, 1):
            augment.set_epoch(epoch)
            assert augment.epoch == epoch
            seen.append(made(rows().with_transform(augment)))
    assert all(len({one[i] for one in seen}) == 4 for i in range(12))


def test_an_epoch_is_needed():
    augment = Augment(NOISE, **AT, key="n")
    assert augment.epoch is None
    with pytest.raises(TypeError, match=r"epoch is missing.*set_epoch"):
        rows().with_transform(augment)[0]


def test_views_made_before_see_the_epoch():
    """Every view of a data set holds a copy of its transform."""
    augment = Augment(NOISE, **AT, key="n", epoch=0)
    base = rows().with_transform(augment)
    views = [base.shuffle(seed=1), base.select(range(12)), copy.deepcopy(base)]
    augment.set_epoch(7)
    assert all(made(view) == made(base) for view in views)
    assert made(base) == made(rows().with_transform(Augment(NOISE, **AT, key="n", epoch=7)))


def work(dataset, told, answers):
    for _ in range(2):
        told.get(timeout=WATCHDOG)
        answers.put(made(dataset))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_workers_that_persist_see_the_epoch(method, streamed):
    augment = Augment(NOISE, **AT, key="n")
    train = with_index(rows())
    if streamed:
        train = train.to_iterable_dataset(num_shards=2).map(augment)
    else:
        train.set_transform(augment)
    context = multiprocessing.get_context(method)
    told, answers = context.Queue(), context.Queue()
    worker = context.Process(target=work, args=(train, told, answers))
    augment.set_epoch(0)
    worker.start()
    try:
        seen = []
        for epoch in (1, 2):
            augment.set_epoch(epoch)
            told.put(None)
            seen.append(answers.get(timeout=WATCHDOG))
            assert seen[-1] == made(train)
        assert seen[0] != seen[1]
    finally:
        worker.terminate()
        worker.join()


def test_the_cache_follows_the_pipeline(tmp_path):
    folder = tmp_path / "rows"
    rows().save_to_disk(folder)
    stored = datasets.load_from_disk(folder)

    def cached(pipeline=NOISE, seed=42, stream="train", epoch=0):
        augment = Augment(pipeline, seed=seed, stream=stream, epoch=epoch, key="n")

        before = set(folder.iterdir())
        stored.map(augment, batched=True)
        return set(folder.iterdir()) == before

    assert not cached()
    assert cached() and cached(ba.from_json(NOISE.to_json()))
    others = [{"seed": 43}, {"stream": "val"}, {"epoch": 1}, {"pipeline": FLIP}]
    assert not any(cached(**other) for other in others)
    assert all(cached(**other) for other in others)


def test_another_process_finds_the_cache():
    code = (
        "import bitaug as ba, bitaug.huggingface as hf; from datasets.fingerprint import Hasher;"
        "print(Hasher.hash(hf.Augment(ba.HorizontalFlip(), seed=42, stream='train', epoch=1,"
        "fields={'a': 'mask', 'b': 'labels'})))"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1


def test_pickles():
    first, second = (Augment(NOISE, **AT, epoch=1) for _ in range(2))
    assert Hasher.hash(first) == Hasher.hash(second)
    second.set_epoch(2)
    assert Hasher.hash(first) != Hasher.hash(second)
    assert pickle.loads(pickle.dumps(second)).epoch == 2
    assert pickle.loads(pickle.dumps(Augment(NOISE, **AT))).epoch is None


def test_masks_and_boxes_travel():
    mask = np.zeros((8, 8), np.uint8)
    mask[:, 4] = 9
    columns = {
        "photo": [Image.fromarray(PIXELS)] * 2,
        "mask": [Image.fromarray(mask)] * 2,
        "objects": [
            {"id": [4, 5], "bbox": [[0, 1, 2, 3], [4, 0, 2, 2]], "category": [7, 8]},
            {"id": [6], "bbox": [[3, 0, 2, 8]], "category": [9]},
        ],
        "path": ["a.png", "b.png"],
        "file": ["../a", "../b"],
    }
    train = datasets.Dataset.from_dict(columns)
    crop = ba.Compose(
        [FLIP, ba.CenterCrop(height=8, width=4)], bbox_params=ba.BboxParams(format="coco")
    )
    objects = {"id": "labels", "bbox": "bboxes", "category": "labels"}
    augment = Augment(
        crop, **AT, epoch=0, key="path", fields={"photo": "image", "objects": objects}
    )
    first, second = train.with_transform(augment)
    assert np.array_equal(first["photo"], PIXELS[:, ::-1][:, 2:6])
    assert np.array_equal(first["mask"], mask[:, ::-1][:, 2:6])
    assert first["objects"]["bbox"].tolist() == [[0, 0, 2, 2]]
    assert (first["objects"]["id"], first["objects"]["category"]) == ([5], [8])
    assert first["objects"]["dropped"].tolist() == [0]
    assert second["objects"]["bbox"].tolist() == [[1, 0, 2, 8]]
    assert second["file"] == "../b"
    stored = train.map(augment, batched=True)
    assert stored[0]["objects"]["bbox"] == [[0, 0, 2, 2]]
    assert np.array_equal(stored[1]["photo"], second["photo"])
    assert np.array_equal(stored[1]["mask"], second["mask"])


def test_map_stores_images():
    """Losslessly, where an image can hold what comes out."""
    grey = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000
    kinds = {"RGB": PIXELS, "L": PIXELS[:, :, 0], "I;16": grey}
    jobs = [(FLIP, mode, pixels) for mode, pixels in kinds.items()]
    jobs += [(ba.Normalize(mean=(0.5,), std=(0.25,)), "F", PIXELS[:, :, 0])]
    for pipeline, mode, pixels in jobs:
        train = datasets.Dataset.from_dict({"image": [Image.fromarray(pixels)], "n": [1]})
        (row,) = train.map(Augment(pipeline, **AT, epoch=0, key="n"))
        assert row["image"].mode == mode
        assert np.array_equal(row["image"], pipeline(pixels, **AT, epoch=0, index=1))


def test_arrays():
    """Columns of arrays, which datasets gives as lists."""
    images = np.stack([PIXELS, PIXELS[::-1]])
    shape = datasets.Array3D((8, 8, 3), "uint8")
    columns = {"image": images, "n": [1, 2**63 - 1]}
    features = datasets.Features({"image": shape, "n": datasets.Value("int64")})
    train = datasets.Dataset.from_dict(columns, features=features)
    augment = Augment(NOISE, **AT, epoch=0, key="n")
    train.set_transform(
        lambda batch: augment(batch | {"image": np.array(batch["image"], np.uint8)})
    )
    wanted = NOISE(images, **AT, epoch=0, index=[1, 2**63 - 1])
    assert np.array_equal(train[:]["image"], wanted)
    # What its formatter for NumPy makes of them.
    with pytest.raises(TypeError, match="dtype int64 is not uint8"):
        train.with_format("numpy").map(augment)


def test_hashes_are_keys():
    hashes = pd.DataFrame({"hash": np.array([1, 2**64 - 1], np.uint64)})
    train = datasets.concatenate_datasets([rows(2), datasets.Dataset.from_pandas(hashes)], axis=1)
    made = train.with_transform(Augment(NOISE, **AT, epoch=0, key="hash"))["image"][:]
    wanted = NOISE([PIXELS] * 2, **AT, epoch=0, index=[1, 2**64 - 1])
    assert all(map(np.array_equal, made, wanted))


def test_nothing_in_nothing_out():
    assert Augment(NOISE, **AT, epoch=0, key="n")({"image": [], "n": []}) == {"image": [], "n": []}


@pytest.mark.parametrize(
    ("key", "kind", "message"),
    [
        (-1, ValueError, r"n=-1: 0 to 18446744073709551615"),
        (None, TypeError, r"n=None: a key is a str or an integer"),
        (0.5, TypeError, r"n=0.5: a key is a str or an integer"),
        (True, TypeError, r"n=True: a key is a str or an integer"),
        ("/data/a.png", ValueError, r"n='/data/a.png': an absolute path.*root="),
        ("s3://data/a.png", ValueError, r"an absolute path.*root="),
        ("C:\\data\\a.png", ValueError, r"an absolute path.*root="),
    ],
)
def test_keys_that_are_refused(key, kind, message):
    augment = Augment(NOISE, **AT, epoch=0, key="n")
    with pytest.raises(kind, match=message):
        augment({"image": [PIXELS], "n": [key]})


def test_what_else_is_refused():
    batch = {"image": [PIXELS, PIXELS], "n": ["a", "b"]}
    with pytest.raises(ValueError, match="key='index': the columns are 'image', 'n'"):
        Augment(NOISE, **AT, epoch=0)(batch)
    with pytest.raises(ValueError, match="epoch=4294967296: 0 to 4294967295"):
        Augment(NOISE, **AT).set_epoch(2**32)
    with pytest.raises(TypeError, match="str is not a NumPy array or a PIL image") as caught:
        Augment(NOISE, **AT, epoch=0, key="n")(batch | {"image": [PIXELS, "b.png"]})
    assert caught.value.__notes__ == ["at index 'b'"]
    lists = batch | {"objects": [[{"bbox": [0, 0, 1, 1]}]] * 2}
    with pytest.raises(ValueError, match=r"\['objects'\]\[0\]\['bbox'\] would not move"):
        Augment(NOISE, **AT, epoch=0, key="n")(lists)
    with pytest.raises(ValueError, match="is as large as the image and would not move"):
        Augment(NOISE, **AT, epoch=0, key="n")(batch | {"depth": [PIXELS[:, :, 0]] * 2})
