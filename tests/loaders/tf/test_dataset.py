"""A dataset of a map-style source, in an order of its own."""

import threading
import time

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import bitaug as ba
import bitaug.tf as bt
from bitaug._images.files import find, read

from ..photos import AT as PHOTOS_AT
from ..photos import DIGEST, EPOCH, digest
from ..photos import PIPELINE as PHOTOS_PIPELINE
from ..samples import AT, COUNT, EPOCHS, ORDER, PHOTOS, PIPELINE, epoch_of, expected
from .common import PAIRS, dataset, seen, unbatched

WHOLE = [epoch_of(epoch) for epoch in range(EPOCHS)]
EVERY = [sample for epoch in WHOLE for sample in epoch]


class Files:
    """(image, key)"""

    def __init__(self, folder):
        self.files = list(find(folder).items())

    def __len__(self):
        return len(self.files)

    def __getitem__(self, place):
        key, path = self.files[place]
        return Image.open(path) if place % 2 else read(path), key

    def key(self, place):
        return self.files[place][0]


@pytest.mark.parametrize("size", [None, 1, 10, 64])
@pytest.mark.parametrize("deterministic", [True, False])
def test_digest(folder, size, deterministic):
    files = Files(folder)
    order = ba.Order(64, seed=7, stream="train")
    ds = bt.dataset(
        files, PHOTOS_PIPELINE, order, **PHOTOS_AT, batch_size=size, start=(EPOCH, 0),
        epochs=EPOCH + 1, index=files.key,
    )  # fmt: skip
    options = tf.data.Options()
    options.deterministic = deterministic
    ds = ds.with_options(options).prefetch(2)
    ds = ds if size is None else ds.unbatch()
    assert digest({key.decode(): image for image, key in ds.as_numpy_iterator()}) == DIGEST


def test_order():
    assert seen(dataset(epochs=EPOCHS)) == EVERY
    assert unbatched(dataset(epochs=EPOCHS, batch_size=4)) == EVERY
    assert sorted(WHOLE[0]) != sorted(WHOLE[1])


class Watched:
    """Counts how many ask at a time."""

    def __init__(self):
        self.lock = threading.Lock()
        self.asking = self.most = 0

    def __len__(self):
        return COUNT

    def __getitem__(self, place):
        with self.lock:
            self.asking += 1
            self.most = max(self.most, self.asking)
        time.sleep(0.01)
        with self.lock:
            self.asking -= 1
        return PAIRS[place]


@pytest.mark.parametrize("calls", [1, 2, 5])
@pytest.mark.parametrize("size", [None, 8])
def test_parallel_calls(calls, size):
    source = Watched()
    options = {"epochs": EPOCHS, "batch_size": size, "num_parallel_calls": calls}
    ds = bt.dataset(source, PIPELINE, ORDER, **AT, **options)
    assert (seen(ds) if size is None else unbatched(ds)) == EVERY
    assert source.most <= calls


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({}, [8, 8, 6] * EPOCHS),
        ({"drop_remainder": True}, [8, 8] * EPOCHS),
        ({"start": (1, 0)}, [8, 8, 6, 8, 8, 6]),
        ({"start": (1, 10)}, [8, 4, 8, 8, 6]),
        ({"start": (1, 10), "drop_remainder": True}, [8, 8, 8]),
        ({"start": (1, COUNT)}, [8, 8, 6]),
        ({"start": (EPOCHS - 1, 8)}, [8, 6]),
        ({"start": (EPOCHS, 0)}, []),
        ({"start": (EPOCHS, 10)}, []),
    ],
)
def test_batches(options, sizes):
    """None holds samples of two epochs."""
    ds = dataset(epochs=EPOCHS, batch_size=8, **options)
    assert [len(labels) for _, labels in ds] == sizes and len(ds) == len(sizes)
    found = unbatched(ds)
    epoch, position = options.get("start", (0, 0))
    if not options.get("drop_remainder"):
        assert found == EVERY[epoch * COUNT + position :]
    elif position == 0:
        assert found == [sample for epoch in WHOLE for sample in epoch[:16]]
    else:
        assert found == WHOLE[1][10:18] + WHOLE[2][:16]


def test_without_end():
    ds = dataset(batch_size=8, start=(2**32 - 1, 0))
    assert ds.cardinality() == tf.data.INFINITE_CARDINALITY
    assert unbatched(dataset(batch_size=8).take(6)) == EVERY[: 2 * COUNT]
    assert unbatched(ds.take(1)) == epoch_of(2**32 - 1)[:8]
    assert unbatched(dataset(batch_size=8, epochs=2**32).take(1)) == EVERY[:8]


@pytest.mark.parametrize("world", [1, 2, 3])
def test_ranks(world):
    """By the order's shards, and by TensorFlow's: the same samples."""
    ranks = [dataset(ORDER.shard(rank, world), epochs=1) for rank in range(world)]
    shards = [dataset(epochs=1).shard(world, rank) for rank in range(world)]
    assert list(map(seen, ranks)) == list(map(seen, shards))
    assert sorted(sample for rank in ranks for sample in seen(rank)) == sorted(WHOLE[0])


@pytest.mark.parametrize("size", [2, 8])
def test_replicas(size):
    """They share each batch of the whole."""
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    ds = strategy.experimental_distribute_dataset(dataset(epochs=EPOCHS, batch_size=size))
    found = []
    for images, labels in ds:
        parts = map(strategy.experimental_local_results, (images, labels))
        for pair in zip(*parts, strict=True):
            found += seen(tf.data.Dataset.from_tensor_slices(pair))
    assert found == EVERY


def test_copies_of_a_sample():
    order = ba.WeightedOrder([1] * (COUNT - 1) + [9], seed=7, stream="train")
    assert max(order.keys(1, slice(None))[1]) > 0
    for size in (None, 5):
        ds = dataset(order, start=(1, 0), epochs=2, batch_size=size)
        assert seen(ds if size is None else ds.unbatch()) == epoch_of(1, order)


@pytest.mark.parametrize("options", [{"stream": "val"}, {"seed": 2**64 - 1}])
def test_streams_and_seeds(options):
    wanted = [expected(0, place, **options) for place in ORDER[0, :].tolist()]
    assert unbatched(dataset(epochs=1, batch_size=8, **options)) == wanted


def test_keys():
    keys = [f"{place}.png" for place in range(COUNT)]
    wanted = [expected(0, place, index=keys[place]) for place in ORDER[0, :].tolist()]
    for index in (keys, keys.__getitem__):
        assert unbatched(dataset(epochs=1, batch_size=8, index=index)) == wanted
        assert seen(dataset(epochs=1, index=index)) == wanted


def test_what_an_element_is():
    """Types from the first sample; shapes as far as the pipeline fixes them."""
    image = Image.fromarray(PHOTOS[0])
    sample = {
        "image": image, "mask": PHOTOS[0, ..., 0], "masks": [PHOTOS[0, ..., 0]] * 2,
        "bboxes": [[0, 0, 6, 4], [30, 0, 40, 9]], "labels": ["cat", "ü"], "id": b"\0a\0",
        "weight": 0.5,
    }  # fmt: skip
    order = ba.Order(1, seed=7, stream="train")
    fields = {"masks": "instance_masks"}
    flip = bt.dataset([sample], ba.HorizontalFlip(p=1), order, **AT, epochs=1, fields=fields)
    assert flip.element_spec == {
        "image": tf.TensorSpec((None, None, 3), tf.uint8),
        "mask": tf.TensorSpec((None, None), tf.uint8),
        "masks": tf.TensorSpec((None, None, None), tf.uint8),
        "bboxes": tf.TensorSpec((None, None), tf.float64),
        "dropped": tf.TensorSpec((None,), tf.int64),
        "labels": tf.TensorSpec((None,), tf.string),
        "id": tf.TensorSpec((), tf.string),
        "weight": tf.TensorSpec((), tf.float64),
    }
    (made,) = flip.as_numpy_iterator()
    assert (made["image"] == PHOTOS[0][:, ::-1]).all()
    assert (made["mask"] == PHOTOS[0, :, ::-1, 0]).all() and (made["masks"] == made["mask"]).all()
    assert made["bboxes"].tolist() == [[18, 0, 24, 4]] and made["dropped"].tolist() == [1]
    assert made["labels"].tolist() == [b"cat"] and made["id"] == b"\0a\0"
    assert made["masks"].shape == (1, 20, 24)
    numbers = sample | {"labels": [1, 2]}
    corner = ba.Compose([ba.CenterCrop(height=2, width=2)])
    none = bt.dataset([numbers], corner, order, **AT, epochs=1, fields=fields)
    (made,) = none.as_numpy_iterator()
    assert made["labels"].shape == (0,) and made["labels"].dtype == np.int64
    assert made["masks"].shape == (0, 2, 2) and made["dropped"].tolist() == [0, 1]
    crop = ba.RandomCrop(height=8, width=9)
    del sample["bboxes"], sample["labels"]
    options = {"batch_size": 2, "drop_remainder": True}
    batches = bt.dataset([sample] * 3, crop, ba.Order(3, seed=7, stream="t"), **AT, **options)
    assert batches.element_spec == {
        "image": tf.TensorSpec((2, 8, 9, 3), tf.uint8),
        "mask": tf.TensorSpec((2, 8, 9), tf.uint8),
        "masks": tf.TensorSpec((2, None, 8, 9), tf.uint8),
        "id": tf.TensorSpec((2,), tf.string),
        "weight": tf.TensorSpec((2,), tf.float64),
    }
    for batch in batches.take(1):
        assert batch["id"].numpy().tolist() == [b"\0a\0"] * 2


def test_lists_and_lone_images():
    order = ba.Order(1, seed=7, stream="train")
    alone = bt.dataset(PHOTOS[:1], PIPELINE, order, **AT, epochs=1)
    assert alone.element_spec == tf.TensorSpec((3, 16, 16), tf.float32)
    pair = bt.dataset([[PHOTOS[0], 0]], PIPELINE, order, **AT, epochs=1)
    assert seen(pair) == [expected(0, 0)]
    planar = PHOTOS[:1].transpose(0, 3, 1, 2)
    made = bt.dataset(planar, ba.HorizontalFlip(p=1), order, **AT, epochs=1, layout="CHW")
    assert made.element_spec == tf.TensorSpec((3, None, None), tf.uint8)
    assert (next(iter(made)) == planar[0, ..., ::-1]).numpy().all()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"batch_size": 0}, "batch_size=0: 1 to"),
        ({"batch_size": 23, "drop_remainder": True}, "22 samples make no batch of 23"),
        ({"start": (0, 23)}, "start: position=23: 0 to 22"),
        ({"start": (-1, 0)}, "epoch=-1: 0 to 4294967295"),
        ({"order": ORDER.shard(22, 23)}, "order: no samples"),
        ({"epochs": -1}, "epochs=-1: 0 to 4294967296"),
        ({"index": ["a"]}, "index: 1 values for 22 samples"),
        ({"index": ["a"] * COUNT}, "index='a': two samples have it"),
        ({"order": ba.Order(10, seed=7, stream="t")}, "order: 10 samples; the source has 22"),
        (
            {"source": [{"image": PHOTOS[0], "bboxes": [[0, 0, 1, 1]]}] * COUNT, "batch_size": 2},
            "bboxes: how many are left differs from image to image: leave batch_size out",
        ),
    ],
)
def test_wrong_values(options, text):
    given = {"source": PAIRS, "pipeline": PIPELINE, "order": ORDER, **AT}
    with pytest.raises(ValueError, match=text):
        bt.dataset(**(given | options))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"start": 3}, "start=3: epoch and position are needed"),
        ({"batch_size": 2.0}, r"batch_size=2\.0: an integer is needed"),
        ({"drop_remainder": 1}, "drop_remainder=1: True or False is needed"),
        ({"order": [1, 2]}, "order: list is not an order"),
        ({"source": iter([])}, "source: list_iterator has no length"),
        ({"source": [(PHOTOS[0], None)] * COUNT}, r"source\[0\]\[1\]: NoneType cannot be a tensor"),
        ({"pipeline": None}, "pipeline: NoneType is not a bitaug transform"),
    ],
)
def test_wrong_kinds(options, text):
    given = {"source": PAIRS, "pipeline": PIPELINE, "order": ORDER, **AT}
    with pytest.raises(TypeError, match=text):
        bt.dataset(**(given | options))


def test_other_shapes_than_those_of_the_first():
    """An image of other channels is no surprise to whatever comes behind."""
    mixed = [PHOTOS[0], PHOTOS[0][..., :1]]
    order = ba.Order(2, seed=7, stream="train", shuffle=False)
    crop = ba.RandomCrop(height=8, width=9)
    ds = bt.dataset(mixed, crop, order, **AT, epochs=1)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"8,9,1.* not compatible"):
        list(ds)
    ds = bt.dataset(mixed, crop, order, **AT, epochs=1, batch_size=2)
    with pytest.raises(tf.errors.InvalidArgumentError, match="they do not stack"):
        list(ds)
    ds = bt.dataset(mixed, ba.HorizontalFlip(), order, **AT, epochs=1, batch_size=2)
    with pytest.raises(tf.errors.InvalidArgumentError, match="must have the same shape"):
        list(ds)


def test_other_types_than_those_of_the_first():
    """No label is rounded because the first happened to be a whole number."""
    order = ba.Order(3, seed=7, stream="train", shuffle=False)

    def labels(*given):
        data = list(zip(PHOTOS[:3], given, strict=True))
        ds = bt.dataset(data, PIPELINE, order, **AT, epochs=1, batch_size=3)
        return next(iter(ds))[1].numpy().tolist()

    assert labels(0.5, 1, True) == [0.5, 1, 1]
    assert labels(np.int8(3), 7, -1) == [3, 7, -1]
    assert labels(b"cat", "d", "owl") == [b"cat", b"d", b"owl"]
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"sample\[1\]: float64; int64 is needed"
    ):
        labels(0, 1.5, 2)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"sample\[1\]: int64; int8 is needed"):
        labels(np.int8(3), 7, 300)
    deeper = [PHOTOS[0], PHOTOS[1].astype(np.uint16) * 257, PHOTOS[2]]
    with pytest.raises(tf.errors.InvalidArgumentError, match="sample: uint16; uint8 is needed"):
        list(bt.dataset(deeper, ba.HorizontalFlip(), order, **AT, epochs=1))
