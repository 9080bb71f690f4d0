"""What a data set gives without a model, and what it refuses."""

import pickle
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import bitaug as ba
import bitaug.keras as bk

from .common import (
    AT,
    BATCH,
    BATCHES,
    COUNT,
    LABELS,
    PHOTOS,
    PIPELINE,
    WORKERS,
    Recorder,
    dataset,
    expected,
    order,
    seen,
)  # fmt: skip


def passed(batches):
    return [sample for images, labels in batches for sample in seen(images, labels)]


def test_any_batch_of_any_epoch():
    train = dataset()
    assert len(train) == train.num_batches == BATCHES and train.epoch == 0
    for epoch in (3, 0):
        assert passed(train.batch(epoch, k) for k in range(BATCHES)) == expected("train", epoch)
    train.set_epoch(7)
    assert passed([train[4], train[0]]) == expected("train", 7)[20:] + expected("train", 7)[:5]


def test_passes_by_hand():
    train = dataset()
    assert [passed(train) for _ in range(2)] == [expected("train", epoch) for epoch in (0, 1)]
    train.set_epoch(5)
    assert [passed(train) for _ in range(2)] == [expected("train", epoch) for epoch in (5, 6)]
    val = dataset("val", epoch=2)
    assert [passed(val) for _ in range(2)] == [expected("val", 2)] * 2


def test_passes_are_counted():
    """Without the callback: whether the model is new or not, and across calls of fit."""
    train, val = dataset(), dataset("val", epoch=0)
    model = Recorder()
    model.fit(train, epochs=2, validation_data=val)
    model.fit(train, epochs=1, steps_per_epoch=2)
    model.tested.append([])
    model.evaluate(val, verbose=0)
    model.fit(train, epochs=1)
    assert model.trained[:2] == [expected("train", epoch) for epoch in range(2)]
    assert model.trained[2:] == [expected("train", 2, 2), expected("train", 3)]
    assert model.tested == [expected("val", 0)] * 3
    assert train.epoch == 4 and val.epoch == 0


def test_each_use_is_a_pass():
    train = dataset()
    model = Recorder()
    model.tested.append([])
    for use in (model.fit, model.predict, model.evaluate, model.predict):
        before = train.epoch
        use(train, **({} if use == model.fit else {"verbose": 0}))
        assert train.epoch == before + 1
    assert model.trained + model.tested == [expected("train", epoch) for epoch in (0, 2)]


@pytest.mark.parametrize(("workers", "processes"), WORKERS)
def test_a_probe_is_no_epoch(workers, processes):
    """Before they train, Keras' trainers for JAX and torch take a batch to build the model. What
    its workers have made ahead then is not what training begins with."""
    train = dataset(workers=workers, use_multiprocessing=processes)
    iterator = keras.src.trainers.epoch_iterator.EpochIterator(train, shuffle=True)
    for _, _, [batch] in iterator:
        assert passed([batch]) == expected("train", 0, 1)
        break
    iterator.reset()
    for epoch in range(2):
        batches = [batch for _, _, [batch] in iterator]
        assert passed(batches) == expected("train", epoch)


def test_repeats_and_shards():
    """Of copies each has its own pixels; processes share an order."""
    weighted = ba.WeightedOrder([1] * 21 + [9], seed=7, stream="train")
    train = bk.Dataset((PHOTOS, LABELS), PIPELINE, weighted, BATCH, **AT)
    indices, repeats = weighted.keys(0, slice(None))
    made = PIPELINE(PHOTOS[indices], **AT, epoch=0, index=indices, repeat=repeats)
    assert passed(train) == seen(made, indices)
    shards = [order().shard(rank, 2) for rank in (0, 1)]
    parts = [passed(bk.Dataset((PHOTOS, LABELS), PIPELINE, s, BATCH, **AT)) for s in shards]
    assert sorted(parts[0] + parts[1]) == sorted(expected("train", 0))
    assert parts[0] == expected("train", 0)[::2]


def test_kinds_of_samples():
    places = order()[0, :BATCH]
    images = PIPELINE(PHOTOS[places], **AT, epoch=0, index=places)
    weights = np.linspace(0, 1, COUNT)
    x, y, w = dataset(data=(PHOTOS, LABELS, weights))[0]
    assert (x == images).all() and (y == places).all() and (w == weights[places]).all()
    (x,) = dataset(data=(PHOTOS,))[0]
    assert (x == images).all()
    assert (dataset(data=list(PHOTOS))[0] == images).all()
    nested = [({"image": photo, "id": i}, [i, float(i)]) for i, photo in enumerate(PHOTOS)]
    made, (first, second) = dataset(data=nested)[0]
    assert (made["image"] == images).all() and (made["id"] == places).all()
    assert (first == places).all() and second.dtype == np.float64
    planar = dataset(data=list(PHOTOS.transpose(0, 3, 1, 2)), layout="CHW")
    assert (planar[0].transpose(0, 2, 3, 1) == images).all()


def test_masks_and_boxes_move_along():
    flip = ba.HorizontalFlip(p=1)
    masks = PHOTOS[..., 0]
    options = {"pipeline": flip, "fields": ("image", "mask")}
    x, y = dataset(data=(PHOTOS, masks), **options)[0]
    assert (x[..., 0] == y).all() and (x == PHOTOS[order()[0, :BATCH], :, ::-1]).all()
    with pytest.raises(ValueError, match="would not move with it"):
        dataset(data=(PHOTOS, masks), pipeline=flip)[0]
    boxes = [{"image": photo, "bboxes": [[0, 0, 4, 2]] * (i % 3)} for i, photo in enumerate(PHOTOS)]

    def pad(samples):
        images = np.stack([sample["image"] for sample in samples])
        rows = [np.resize(sample["bboxes"], (len(sample["bboxes"]), 4)) for sample in samples]
        return images, np.stack([np.pad(r, ((0, 2 - len(r)), (0, 0))) for r in rows])

    _, made = dataset(data=boxes, pipeline=flip, collate=pad)[0]
    wanted = [[[8, 0, 12, 2]] * (i % 3) + [[0] * 4] * (2 - i % 3) for i in order()[0, :BATCH]]
    assert made.tolist() == wanted
    with pytest.raises(ValueError, match=r"shapes \(\d, 4\) and \(\d, 4\)"):
        dataset(data=boxes, pipeline=flip)[0]


def test_a_batch_is_what_the_call_returned(monkeypatch):
    made = []
    call = ba.Compose.__call__

    def noted(*args, **options):
        made.append(call(*args, **options))
        return made[-1]

    monkeypatch.setattr(ba.Compose, "__call__", noted)
    images, _ = dataset()[0]
    assert len(made) == 1 and images is made[0]


class Broken(list):
    """One cannot be read."""

    def __getitem__(self, place):
        if place == order()[0, 1]:
            raise ValueError("not a photo")
        return super().__getitem__(place)


def test_keys():
    """A sample addressed by its key keeps its draws wherever it stands."""
    keys = [f"{i}.png" for i in range(COUNT)]
    for index in (keys, keys.__getitem__):
        images, labels = dataset(index=index)[1]
        made = PIPELINE(PHOTOS[labels], **AT, epoch=0, index=[keys[i] for i in labels])
        assert (images == made).all()


def test_a_pickle_is_as_good():
    train = dataset()
    train.set_epoch(3)
    assert passed(pickle.loads(pickle.dumps(train))) == expected("train", 3)


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"data": (PHOTOS, LABELS[1:])}, ValueError, r"lengths \[22, 21\]"),
        ({"data": 5}, TypeError, "int has no length"),
        ({"data": (PHOTOS[1:],)}, ValueError, "order: 22 samples; the source has 21"),
        ({"pipeline": len}, TypeError, "pipeline: builtin_function_or_method"),
        ({"index": ["a"]}, ValueError, "index: 1 values for 22"),
        ({"epoch": -1}, ValueError, "epoch=-1: 0 to"),
        ({"epoch": True}, TypeError, "epoch=True"),
    ],
)
def test_mistakes(change, error, text):
    with pytest.raises(error, match=text):
        dataset(**change)


@pytest.mark.parametrize(
    ("key", "error", "text"),
    [
        (Path("1.png"), TypeError, r"index=\w+Path\('1\.png'\): a key is a str or an integer"),
        (1.5, TypeError, r"index=1\.5: a key is a str or an integer"),
        (True, TypeError, "index=True: an integer is needed"),
        (-1, ValueError, "index=-1: 0 to 18446744073709551615"),
    ],
)
def test_no_keys(key, error, text):
    with pytest.raises(error, match=text):
        dataset(index=lambda place: key)[0]


@pytest.mark.parametrize("index", [[3] * COUNT, lambda place: min(place, 3)])
def test_keys_that_repeat_are_refused(index):
    with pytest.raises(ValueError, match="index=3: two samples have it"):
        dataset(index=index)


def test_batches_from_the_end():
    made = dataset()
    for number in (-1, np.int64(-1), np.int64(4)):
        assert seen(*made[number]) == seen(*made[4])


def test_what_workers_would_not_see_is_read_only():
    made = dataset()
    for name in ("pipeline", "order", "batch_size", "collate", "num_batches"):
        with pytest.raises(AttributeError, match=f"Dataset.{name}: read-only.*a new Dataset"):
            setattr(made, name, None)
    with pytest.raises(AttributeError, match=r"epoch: read-only.*set_epoch\(\) tells"):
        made.epoch = 3


def test_mistakes_later():
    with pytest.raises(ValueError, match="layout=HWC does not fit") as caught:
        dataset(data=[PHOTOS] * COUNT, layout="HWC")[0]
    assert caught.value.__notes__ == [f"at index {order()[0, 0]}"]
    with pytest.raises(ValueError, match="not a photo") as caught:
        dataset(data=Broken(PHOTOS))[0]
    assert caught.value.__notes__ == [f"at index {order()[0, 1]}"]
    for number in (5, -6):
        with pytest.raises(IndexError, match=f"batch={number}: 0 to 4"):
            dataset()[number]
    with pytest.raises(ValueError, match="batch_size=0: 1 to"):
        bk.Dataset((PHOTOS,), PIPELINE, order(), 0, **AT)
    with pytest.raises(TypeError, match="order: int"):
        bk.Dataset((PHOTOS,), PIPELINE, 22, 5, **AT)
    with pytest.raises(TypeError, match=r"set_epoch\(1\): all passes are epoch=0"):
        dataset(epoch=0).set_epoch(1)
    with pytest.raises(TypeError, match="datasets: list"):
        bk.Epochs([dataset()])
    crop = ba.RandomCrop(height=4, width=4, p=0.5)
    with pytest.raises(
        ValueError, match=r"\[4, 4, 3\] uint8, output 0 is \[10, 12, 3\].* do not stack"
    ):
        list(dataset(pipeline=crop))


def test_only_bitaug_keras_imports_keras():
    code = "import sys, bitaug; assert not {'keras', 'tensorflow', 'PIL'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
