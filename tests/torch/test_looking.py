"""Looking at one sample of an augmented data set, and the warning about epochs that repeat."""

import warnings

import numpy as np
import pytest
import torch
from torchvision import tv_tensors

import bitaug as ba
import bitaug.torch as bt

CROP = ba.Compose(
    [ba.RandomCrop(height=24, width=20), ba.HorizontalFlip(), ba.ToFloat(), ba.ToCHW()]
)
PHOTOS = np.random.default_rng(5).integers(256, size=(6, 32, 40, 3), dtype=np.uint8)


def augmented(dataset=PHOTOS, pipeline=CROP, **options):
    return bt.Augmented(dataset, pipeline, seed=42, stream="val", **options)


def test_what_is_shown_is_what_is_given():
    train = augmented(index=lambda place: f"photo {place}")
    given = train[3, 4, 1].numpy()
    trace = train.trace(3, 4, 1)
    np.testing.assert_array_equal(trace[0].image, PHOTOS[4])
    assert trace[-1].digest == ba.digest(given)
    params = train.params(3, 4, 1)
    assert (params["stream"], params["epoch"], params["repeat"]) == ("val", 3, 1)
    assert params["key"] == "photo 4"
    np.testing.assert_array_equal(CROP.apply(params, PHOTOS[4]), given)
    assert "stream val, epoch 3" in train.explain(3, 4, 1) and "(photo 4)" in train.explain(3, 4)
    sample = ba.from_receipt(train.receipt(3, 4, 1), CROP)
    np.testing.assert_array_equal(sample(PHOTOS[4]), given)


def test_targets_and_tensors_are_traced():
    image = tv_tensors.Image(torch.from_numpy(PHOTOS[0]).permute(2, 0, 1))
    boxes = tv_tensors.BoundingBoxes([[4, 4, 12, 12]], format="XYWH", canvas_size=(32, 40))
    train = augmented([(image, {"boxes": boxes, "labels": torch.tensor([7])})])
    trace = train.trace(0, 0)
    moved = train[0, 0][1]["boxes"]
    x, y, w, h = moved[0].tolist()
    np.testing.assert_allclose(trace[-1].sample["bboxes"][0], [x, y, x + w, y + h])
    assert trace.draw(64).width > 0


def test_a_place_that_there_is_not():
    with pytest.raises(IndexError, match="index=6: 0 to 5"):
        augmented().trace(0, 6)


@pytest.mark.parametrize(
    "wrong",
    [
        "no image",  # seen when the sample is taken apart
        {"image": PHOTOS[0], "bboxes": np.full((1, 4), np.nan)},  # by the pipeline
    ],
)
def test_what_is_refused_is_named(wrong):
    train = augmented([{"image": PHOTOS[0]}, wrong], index=["a.png", "b.png"])
    for asked in (lambda: train[0, 1], lambda: train.__getitems__([(0, 0), (0, 1)])):
        with pytest.raises((TypeError, ValueError)) as caught:
            asked()
        assert caught.value.__notes__ == ["at index 'b.png'"]


def passes(dataset, count, **options):
    for _ in range(count):
        for _ in torch.utils.data.DataLoader(dataset, batch_size=2, **options):
            pass


REPEATS = "every epoch gets the same augmentations"


def test_epochs_that_repeat_are_told_once():
    train = augmented()
    with pytest.warns(UserWarning, match=REPEATS) as found:
        passes(train, 4)
    assert len(found) == 1


@pytest.mark.parametrize("case", ["one pass", "told", "told once", "nothing drawn", "keys"])
def test_nothing_is_said_where_nothing_is_wrong(case):
    fixed = ba.Compose([ba.Resize(height=16, width=16), ba.Normalize(), ba.ToCHW()])
    train = augmented(pipeline=fixed if case == "nothing drawn" else CROP)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if case == "one pass":
            passes(train, 1)
        elif case == "keys":
            order = ba.Order(len(train), seed=1, stream="val")
            passes(train, 4, sampler=bt.Sampler(order, 2))
        else:
            for epoch in range(4):
                if case == "told" or (case == "told once" and epoch == 0):
                    train.set_epoch(epoch)
                passes(train, 1)
