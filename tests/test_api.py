"""Calling a pipeline: what goes in, what comes out, and what a pipeline is as a value."""

import copy
import dataclasses
import importlib.util
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest

import bitaug as ba

AT = {"seed": 42, "epoch": 3, "index": 17}
IMAGE = np.arange(6 * 7 * 3, dtype=np.uint8).reshape(6, 7, 3)
BATCH = np.stack([IMAGE + n for n in range(5)])


def scaled(dtype, image=IMAGE):
    """The image as one of another type shows it."""
    return (image * np.float64({"uint8": 1, "uint16": 257, "float32": 1 / 255}[dtype])).astype(
        dtype
    )


INDEX = [3, 0, 2**64 - 1, 9, 4]
MANY = {"seed": 42, "epoch": 3, "index": INDEX}
DTYPES = ["uint8", "uint16", "float32"]

FLIPS = ba.Compose([ba.HorizontalFlip(), ba.VerticalFlip()])
CROP = ba.RandomCrop(height=4, width=5)
TURN = ba.RandomRotate90()
TRAIN = ba.Compose(
    [ba.HorizontalFlip(), CROP, ba.RandomBrightnessContrast(), ba.ToFloat(), ba.ToCHW()]
)
FIXED_SHAPE = [FLIPS, CROP, TRAIN, ba.Pad(padding=(1, 2))]
VARYING_SHAPE = [TURN, ba.Compose([CROP], p=0.5)]
PIPELINES = [*FIXED_SHAPE, *VARYING_SHAPE, ba.Normalize(), ba.Compose([])]
each_pipeline = pytest.mark.parametrize("pipeline", PIPELINES, ids=repr)

# The digest of the default pipeline never changes: neither do the bytes that it makes.
DEFAULT_DIGEST = "072ef1da6999b535"


def equal(got, want):
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


def alone(pipeline, images, index=INDEX, **options):
    """Each image by itself."""
    at = {**MANY, **options}
    return [pipeline(image, **{**at, "index": i}) for image, i in zip(images, index, strict=True)]


# Images in, images out ------------------------------------------------------------------------


@each_pipeline
@pytest.mark.parametrize("threads", [None, 1, 2, 7])
def test_batch_array_and_list_equal_single_images(pipeline, threads):
    expected = alone(pipeline, BATCH)
    for images in (BATCH, list(BATCH), tuple(BATCH)):
        result = pipeline(images, threads=threads, **MANY)
        varies = images is not BATCH or pipeline in VARYING_SHAPE
        assert isinstance(result, list if varies else np.ndarray)
        for got, want in zip(result, expected, strict=True):
            equal(got, want)


CERTAIN = [
    ba.Resize((4, 5)),
    ba.Compose([ba.CenterCrop(4), ba.Normalize(), ba.ToCHW()]),
    ba.Compose([ba.Pad(2), ba.Compose([ba.ToFloat()], name="inner")]),
    ba.Compose([ba.HorizontalFlip(p=1), ba.VerticalFlip(p=0), ba.GaussNoise(p=0)]),
    ba.Compose([ba.RandomRotate90()], p=0),
    ba.Affine(rotate=(30, 30), scale=1.5),
    ba.RandomBrightnessContrast(brightness_limit=(0.1, 0.1), contrast_limit=(0, 0)),
    ba.ColorJitter(brightness=(0.5, 0.5)),
    ba.GaussianBlur(blur_limit=(3, 3), sigma_limit=(1, 1)),
    ba.MedianBlur(blur_limit=(3, 3)),
]
DRAWN = [
    ba.HorizontalFlip(),
    ba.Compose([ba.Resize((4, 5))], p=0.5),
    ba.Compose([ba.Resize((4, 5)), ba.Compose([ba.RandomRotate90()])]),
    ba.RandomCrop(4),
    ba.RandomResizedCrop(4),
    ba.Affine(rotate=(30, 31)),
    ba.RandomBrightnessContrast(brightness_limit=(0.1, 0.1)),
    # Their order is drawn.
    ba.ColorJitter(brightness=(0.5, 0.5), contrast=(0.5, 0.5)),
    ba.ColorJitter(hue=(0, 0.1)),
    ba.GaussianBlur(blur_limit=(3, 5), sigma_limit=(1, 1)),
    ba.Blur(blur_limit=(3, 5)),
    ba.GaussNoise(std_range=0.1),
    ba.CoarseDropout(num_holes_range=1, hole_height_range=2, hole_width_range=2, p=1),
]


@pytest.mark.parametrize("pipeline", CERTAIN, ids=repr)
def test_what_draws_nothing_needs_no_address(pipeline):
    expected = pipeline(BATCH, **MANY)
    equal(np.asarray(pipeline(BATCH)), np.asarray(expected))
    equal(np.asarray(pipeline(list(BATCH), seed=7)), np.asarray(expected))
    equal(np.asarray(pipeline(BATCH, epoch=1, index=INDEX)), np.asarray(expected))
    for image, want in zip(BATCH, expected, strict=True):
        equal(pipeline(image), want)
        equal(pipeline(image=image, mask=image)["image"], want)
        equal(pipeline.apply(pipeline.params(shape=image.shape), image), want)
    for wrong in ({"seed": -1}, {"epoch": 0.5}, {"index": [1, 2]}, {"index": "a"}):
        with pytest.raises((TypeError, ValueError), match=next(iter(wrong))):
            pipeline(BATCH, **wrong)


@pytest.mark.parametrize("pipeline", DRAWN, ids=repr)
def test_what_draws_something_needs_its_address(pipeline):
    for call in (
        lambda: pipeline(IMAGE),
        lambda: pipeline(BATCH),
        lambda: pipeline(image=IMAGE),
        lambda: pipeline.params(shape=IMAGE.shape),
    ):
        with pytest.raises(TypeError, match="seed is missing"):
            call()
    with pytest.raises(TypeError, match="index is missing"):
        pipeline(BATCH, seed=1, epoch=0)


def test_list_of_mixed_sizes_and_types():
    images = [IMAGE, IMAGE[:5, :, :1], IMAGE[..., 0].astype(np.uint16), IMAGE.astype(np.float32)]
    for pipeline in (FLIPS, CROP, TURN, ba.Compose([])):
        result = pipeline(images, **{**MANY, "index": INDEX[:4]})
        assert isinstance(result, list)
        for got, want in zip(result, alone(pipeline, images, INDEX[:4]), strict=True):
            equal(got, want)


def test_a_shape_fixed_in_the_end_is_an_array():
    """What a draw changes on the way does not matter, if the last shape is always the same."""
    pipeline = ba.Compose([ba.RandomRotate90(), ba.CenterCrop(height=3, width=3)])
    result = pipeline(BATCH, **MANY)
    assert isinstance(result, np.ndarray) and result.shape == (5, 3, 3, 3)


def test_a_turn_of_squares_is_an_array_of_others_a_list():
    assert isinstance(TURN(BATCH[:, :, :6], **MANY), np.ndarray)
    assert isinstance(TURN(BATCH, **MANY), list)
    assert isinstance(TURN(BATCH, **MANY)[0], np.ndarray)


def test_stack():
    half = ba.Compose([ba.CenterCrop(height=4, width=4)], p=0.5)
    equal(CROP(list(BATCH), stack=True, **MANY), CROP(BATCH, **MANY))
    square = BATCH[:, :, :6]
    equal(TURN(list(square), stack=True, **MANY), TURN(square, **MANY))
    equal(TRAIN(list(BATCH), stack=True, **MANY), TRAIN(BATCH, **MANY))
    gray = [image[..., 0] for image in BATCH]
    assert CROP(gray, stack=True, **MANY).shape == (5, 4, 5)
    shapes = {image.shape for image in half(BATCH, **MANY)}
    assert shapes == {(6, 7, 3), (4, 4, 3)}
    with pytest.raises(ValueError, match=r"output \d is \[\d, \d, 3\].*output 0 is \[\d, \d, 3\]"):
        half(BATCH, stack=True, **MANY)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("layout", "axes", "label"),
    [
        ("HW", None, False),
        ("HWC", (0, 1, 2), False),
        ("CHW", (2, 0, 1), True),
    ],
)
@pytest.mark.parametrize("pipeline", [FLIPS, CROP, TURN], ids=repr)
def test_layout_of_one(pipeline, layout, axes, label, dtype):
    image = IMAGE.astype(dtype)
    given = image[..., 0] if axes is None else image.transpose(axes)
    want = pipeline(image, **AT)
    want = want[..., 0] if axes is None else want.transpose(axes)
    equal(pipeline(given, layout=layout, **AT), want)
    if not label:
        equal(pipeline(given, **AT), want)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("layout", "axes", "label"),
    [
        ("NHW", None, True),
        ("NHWC", (0, 1, 2, 3), False),
        ("NCHW", (0, 3, 1, 2), True),
    ],
)
def test_layout_of_many(layout, axes, label, dtype):
    batch = BATCH.astype(dtype)
    given, want = (
        array[..., 0] if axes is None else array.transpose(axes)
        for array in (batch, CROP(batch, **MANY))
    )
    equal(CROP(given, layout=layout, **MANY), want)
    if not label:
        equal(CROP(given, **MANY), want)


@pytest.mark.parametrize(
    ("layout", "shape"),
    [("HW", (1, 6, 7)), ("HWC", (3, 6, 7)), ("CHW", (3, 6, 7))],
)
def test_to_chw_of_one(layout, shape):
    image = {"HW": IMAGE[..., 0], "HWC": IMAGE, "CHW": IMAGE.transpose(2, 0, 1)}[layout]
    result = ba.Compose([ba.ToFloat(), ba.ToCHW()])(image, layout=layout, **AT)
    assert result.shape == shape and result.flags.c_contiguous
    equal(result, IMAGE.transpose(2, 0, 1)[: shape[0]] / np.float32(255))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (1, 1, 1), (2, 1, 7), (1, 2, 3, 1)])
@pytest.mark.parametrize(
    "pipeline", [FLIPS, TURN, ba.Pad(padding=2, border="reflect101")], ids=repr
)
def test_smallest_images(pipeline, shape):
    image = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    layout = "HWC" if image.ndim == 3 else None
    at = {**AT, "index": [5]} if image.ndim == 4 else AT
    assert len(pipeline(image, layout=layout, **at)) == len(pipeline(image, layout=layout, **at))


def test_channels_that_could_be_misread():
    """3-D and 4-D arrays are channels last, if that axis looks like channels."""
    for shape in [(3, 5, 3), (4, 5, 1), (7, 6, 5), (3, 5, 4)]:
        assert FLIPS(np.zeros(shape, np.uint8), **AT).shape == shape
    for layout in ("CHW", "HWC"):
        assert FLIPS(np.zeros((3, 5, 6), np.uint8), layout=layout, **AT).shape == (3, 5, 6)


def test_no_images():
    at = {"seed": 1, "epoch": 0, "index": []}
    assert TRAIN([], **at) == []
    equal(TRAIN(BATCH[:0], **at), np.zeros((0, 3, 4, 5), np.float32))
    equal(ba.augment(BATCH[:0], 1, pipeline=CROP), np.zeros((0, 4, 5, 3), np.uint8))


def strided(image):
    """The same image in other memory."""
    wide = np.zeros((*image.shape[:-1], 2 * image.shape[-1]), image.dtype)
    wide[..., ::2] = image
    frozen = image.copy()
    frozen.flags.writeable = False
    byte = np.frombuffer(b"\0" + image.tobytes(), np.uint8)[1:].view(image.dtype)
    return {
        "fortran": np.asfortranarray(image),
        "steps": wide[..., ::2],
        "upside down": np.ascontiguousarray(image[::-1])[::-1],
        "backwards": np.ascontiguousarray(image[..., ::-1])[..., ::-1],
        "padded rows": np.pad(image, [(0, 1), (1, 2), (0, 0)])[:-1, 1:-2],
        "read-only": frozen,
        "unaligned": byte.reshape(image.shape),
        "big-endian": image.astype(image.dtype.newbyteorder(">")),
        "little-endian": image.astype(image.dtype.newbyteorder("<")),
        "subclass": image.view(np.memmap),
    }


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("pipeline", [FLIPS, CROP, TRAIN], ids=repr)
def test_memory_of_the_input_does_not_matter(pipeline, dtype):
    image = scaled(dtype)
    want = pipeline(image, **AT)
    for name, given in strided(image).items():
        before = given.tobytes()
        equal(pipeline(given, **AT), want)
        equal(pipeline(image=given, **AT)["image"], want)
        assert given.tobytes() == before, name


def test_one_pixel_broadcast():
    pixel = np.array([[[1, 2, 3]]], np.uint8)
    equal(FLIPS(np.broadcast_to(pixel, (5, 6, 3)), **AT), np.tile(pixel, (5, 6, 1)))
    equal(FLIPS(np.broadcast_to(IMAGE, BATCH.shape), **MANY), FLIPS(np.stack([IMAGE] * 5), **MANY))


def test_input_is_never_the_output():
    """Even where nothing happens."""
    for result in (ba.Compose([])(IMAGE, **AT), ba.HorizontalFlip(p=0)(IMAGE, **AT)):
        assert not np.shares_memory(result, IMAGE)
        assert result.flags.owndata and result.flags.writeable and result.flags.c_contiguous


# out= -----------------------------------------------------------------------------------------


def memories(shape, dtype):
    """Arrays of this shape in every kind of memory."""
    larger = np.full([n + 3 for n in shape], 99, dtype)
    yield "new", np.full(shape, 99, dtype)
    yield "fortran", np.full(shape, 99, dtype, order="F")
    yield "slice", larger[tuple(slice(1, 1 + n) for n in shape)]
    yield "negative", np.full(shape, 99, dtype)[(slice(None, None, -1),) * len(shape)]
    yield "steps", np.full([2 * n for n in shape], 99, dtype)[(slice(None, None, 2),) * len(shape)]
    yield "turned", np.full(shape[::-1], 99, dtype).transpose()


@pytest.mark.parametrize("pipeline", FIXED_SHAPE, ids=repr)
@pytest.mark.parametrize("images", [IMAGE, IMAGE[..., 0], BATCH], ids=["HWC", "HW", "NHWC"])
def test_out(pipeline, images):
    at = MANY if images is BATCH else AT
    want = pipeline(images, **at)
    for name, out in memories(want.shape, want.dtype):
        around = out.base.copy() if name in ("slice", "steps") else None
        assert pipeline(images, out=out, **at) is out
        equal(out, want)
        if around is not None:  # nothing beside it is written
            written = out.copy()
            out[...] = 99
            np.testing.assert_array_equal(out.base, around)
            out[...] = written
    if images is not BATCH:
        for _, out in memories(want.shape, want.dtype):
            assert pipeline(image=images, out=out, **at)["image"] is out
            equal(out, want)


def test_out_of_a_list():
    out = [np.empty_like(image) for image in CROP(list(BATCH), **MANY)]
    result = CROP(list(BATCH), out=out, **MANY)
    for got, target, want in zip(result, out, CROP(BATCH, **MANY), strict=True):
        assert got is target
        equal(got, want)
    stacked = np.empty((5, 4, 5, 3), np.uint8)
    assert CROP(list(BATCH), out=stacked, stack=True, **MANY) is stacked
    equal(stacked, CROP(BATCH, **MANY))
    rows = list(np.empty((5, 4, 5, 3), np.uint8))
    assert all(a is b for a, b in zip(CROP(list(BATCH), out=rows, **MANY), rows, strict=True))


# Addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "index",
    [
        INDEX,
        tuple(INDEX),
        np.array(INDEX, np.uint64),
        np.array([3, 0, 9, 4, 1], np.int16),
        np.array([3, 0, 9, 4, 1], ">u4"),
        range(5),
        [np.int64(5), 6, np.uint8(7), 8, 9],
        ["a/b.png", "a/c.png", "é", "", "0"],
        np.array(["a/b.png", "a/c.png", "é", "", "0"]),
        ["a/b.png", 5, "é", 6, 7],
    ],
    ids=repr,
)
def test_index(index):
    keys = [ba.random.label(key) if isinstance(key, str) else int(key) for key in index]
    equal(CROP(BATCH, **{**MANY, "index": index}), np.stack(alone(CROP, BATCH, keys)))


def test_epoch_and_repeat_of_each_image():
    epochs, repeats = [0, 1, 2**32 - 1, 3, 0], np.array([0, 1, 0, 2**32 - 1, 5])
    result = CROP(BATCH, seed=1, epoch=epochs, index=INDEX, repeat=repeats)
    for got, image, epoch, index, repeat in zip(result, BATCH, epochs, INDEX, repeats, strict=True):
        equal(got, CROP(image, seed=1, epoch=epoch, index=index, repeat=repeat))


def test_every_part_of_the_address_counts():
    base = {"seed": 1, "epoch": 0, "index": 0, "stream": "train", "repeat": 0}

    def crops(**changes):
        at = {**base, **changes}
        offsets = (at.pop("index") + np.arange(40)).tolist()
        tops = [CROP.params(shape=(90, 90), index=i, **at)["ops"][0]["params"] for i in offsets]
        return json.dumps(tops)

    changed = [crops()]
    for name, value in {"seed": 2, "epoch": 1, "index": 1, "stream": "val", "repeat": 1}.items():
        changed.append(crops(**{name: value}))
    assert len(set(changed)) == len(changed)
    assert crops() == changed[0]


def test_augment_fills_in_the_address():
    images = list(BATCH)
    at = {"seed": 7, "epoch": 0, "index": range(5)}
    for given in (images, tuple(images)):
        for got, want in zip(ba.augment(given, 7, pipeline=CROP), CROP(images, **at), strict=True):
            equal(got, want)
    equal(ba.augment(BATCH, 7, pipeline=CROP), CROP(BATCH, **at))
    gray = BATCH[..., 0]
    equal(ba.augment(gray, 7, pipeline=CROP, layout="NHW"), CROP(gray, layout="NHW", **at))
    equal(ba.augment(IMAGE, 7, pipeline=CROP), CROP(IMAGE, seed=7, epoch=0, index=0))
    equal(ba.augment(BATCH, 7, epoch=2, index=INDEX, pipeline=CROP, stream="val", threads=2),
          CROP(BATCH, seed=7, epoch=2, index=INDEX, stream="val"))  # fmt: skip


def test_word_0_decides_and_the_next_draw():
    """What `ba.random` gives at an op's path is what the op draws."""
    crop = ba.RandomCrop(height=3, width=2, p=0.4, name="crop")
    pipeline = ba.Compose([ba.HorizontalFlip(), ba.Compose([ba.HorizontalFlip(), crop])])
    at = {"seed": 2**64 - 1, "stream": "val", "repeat": 3, "epoch": 9}
    index = np.arange(50, dtype=np.uint64) << np.uint64(58)
    words = ba.random.words("Compose/crop", 5, index=index, **at).astype(object)
    applied = 0
    for i, (decision, *top_left) in zip(index.tolist(), words, strict=True):
        params = pipeline.params(shape=(60, 50), index=i, **at)
        drawn = params["ops"][1]["ops"][1]
        assert drawn["path"] == "Compose/crop"
        assert drawn["applied"] == (decision < 0.4 * 2**32)
        if drawn["applied"]:
            applied += 1
            low, high, left_low, left_high = top_left
            top = (low | high << 32) * (60 - 3 + 1) >> 64
            left = (left_low | left_high << 32) * (50 - 2 + 1) >> 64
            assert drawn["params"] == {"top": top, "left": left}
    assert 10 < applied < 30


def test_probability_moves_no_parameter():
    sure = ba.RandomCrop(height=3, width=3)
    for index in range(30):
        at = {**AT, "index": index, "shape": (90, 90)}
        for p in (0.2, 0.5, 0.9):
            [record] = dataclasses.replace(sure, p=p).params(**at)["ops"]
            assert not record["applied"] or [record] == sure.params(**at)["ops"]


# params and apply -----------------------------------------------------------------------------


@each_pipeline
@pytest.mark.parametrize("dtype", DTYPES)
def test_apply_replays(pipeline, dtype):
    image = scaled(dtype)
    for index in range(4):
        at = {**AT, "index": index, "repeat": 1, "stream": "val"}
        line = json.dumps(pipeline.params(shape=image.shape, dtype=dtype, **at))
        params = json.loads(line)
        assert params == pipeline.params(shape=list(image.shape), dtype=image.dtype, **at)
        want = pipeline(image, **at)
        equal(pipeline.apply(params, image), want)
        equal(pipeline.apply(params, image=image)["image"], want)
        out = np.empty_like(want)
        assert pipeline.apply(params, image, out=out) is out
        equal(out, want)
        assert json.dumps(params) == line


def test_params_carry_their_address():
    params = CROP.params(seed=5, epoch=6, index="cat.png", stream="val", repeat=7, shape=(8, 9))
    expected = {
        "pipeline": CROP.digest,
        "seed": 5,
        "stream": "val",
        "epoch": 6,
        "index": ba.random.label("cat.png"),
        "key": "cat.png",
        "repeat": 7,
        "shape": [8, 9, 1],
        "dtype": "uint8",
        "applied": True,
    }
    assert {**params, **expected} == params
    assert set(params) == {*expected, "ops"}


def test_edited_params_override():
    params = CROP.params(shape=IMAGE.shape, **AT)
    for top, left in [(0, 0), (2, 1), (np.int64(1), np.uint8(2))]:
        params["ops"][0]["params"] = {"top": top, "left": left}
        equal(CROP.apply(params, IMAGE), IMAGE[top : top + 4, left : left + 5])
    params["ops"][0]["applied"] = False
    equal(CROP.apply(params, IMAGE), IMAGE)
    flips = FLIPS.params(shape=IMAGE.shape, **AT)
    for horizontal in (True, False):
        for vertical in (True, False):
            flips["ops"][0] |= {"applied": horizontal, "params": {}}
            flips["ops"][1] |= {"applied": vertical, "params": {}}
            want = IMAGE[:: -1 if vertical else 1, :: -1 if horizontal else 1]
            equal(FLIPS.apply(flips, IMAGE), want)
    flips["applied"] = False
    equal(FLIPS.apply(flips, IMAGE), IMAGE)


def drawn(pipeline, index):
    """Each op's parameters by its path."""

    def walk(records):
        for record in records:
            yield record["path"], (record["applied"], record.get("params"))
            yield from walk(record.get("ops", []))

    params = pipeline.params(seed=1, epoch=0, index=index, shape=(64, 64))
    return dict(walk(params["ops"]))


@pytest.mark.parametrize(
    "changed",
    [
        [ba.VerticalFlip(), ba.HorizontalFlip(), CROP, ba.RandomBrightnessContrast()],
        [ba.HorizontalFlip(p=0.1), CROP, ba.RandomBrightnessContrast()],
        [ba.RandomRotate90(), CROP, ba.RandomBrightnessContrast()],
        [CROP, ba.RandomBrightnessContrast()],
        [ba.RandomBrightnessContrast(), ba.Compose([ba.HorizontalFlip()]), CROP],
    ],
    ids=["insert", "other p", "replace", "remove", "reorder"],
)
def test_ops_draw_independently(changed):
    plain = ba.Compose([ba.HorizontalFlip(), CROP, ba.RandomBrightnessContrast()])
    for index in range(20):
        before, after = drawn(plain, index), drawn(ba.Compose(changed), index)
        for path in ("RandomCrop", "RandomBrightnessContrast"):
            assert before[path] == after[path]


def test_paths_are_places_by_name():
    flip, pinned = ba.HorizontalFlip(), ba.HorizontalFlip(name="second")
    inner = ba.Compose([flip, pinned, flip])
    pipeline = ba.Compose([flip, pinned, flip, inner, inner, ba.Compose([flip], name="a.b-C_1")])
    assert list(drawn(pipeline, 0)) == [
        "HorizontalFlip",
        "second",
        "HorizontalFlip#2",
        "Compose",
        "Compose/HorizontalFlip",
        "Compose/second",
        "Compose/HorizontalFlip#2",
        "Compose#2",
        "Compose#2/HorizontalFlip",
        "Compose#2/second",
        "Compose#2/HorizontalFlip#2",
        "a.b-C_1",
        "a.b-C_1/HorizontalFlip",
    ]


def test_a_name_pins_the_draws():
    free, pinned = ba.RandomBrightnessContrast(), ba.RandomBrightnessContrast(name="mine")
    for index in range(10):
        before = drawn(ba.Compose([free, pinned]), index)
        after = drawn(ba.Compose([free, ba.HorizontalFlip(), free, pinned, free]), index)
        assert before["mine"] == after["mine"] == drawn(pinned, index)["mine"]
        assert before["mine"] != before["RandomBrightnessContrast"]


def test_a_nested_compose_happens_as_a_whole():
    inner = ba.Compose([ba.HorizontalFlip(p=1), ba.VerticalFlip(p=1)], p=0.5)
    seen = set()
    for index in range(30):
        result = ba.Compose([inner])(IMAGE, seed=1, epoch=0, index=index)
        word = ba.random.words("Compose", 1, seed=1, stream="train", epoch=0, index=index)
        applied = bool(word[0] < 2**31)
        equal(result, IMAGE[::-1, ::-1] if applied else IMAGE)
        seen.add(applied)
    assert seen == {True, False}


# A pipeline as a value ------------------------------------------------------------------------

VALUES = [
    *PIPELINES,
    ba.HorizontalFlip(name="left-right"),
    ba.Pad(
        padding=(1, 2, 3, 4), border="reflect101", fill=(1, 2.5, 3), fill_mask=255, name="frame"
    ),
    ba.Normalize(mean=0.5, std=0.25),
    ba.RandomBrightnessContrast(brightness_limit=(-1 / 3, 0.1), contrast_limit=(1e-300, 255)),
    ba.Compose([ba.Compose([CROP], p=0.25), ba.Compose([], name="empty")], name="outer"),
    ba.Compose([CROP], bbox_params=ba.BboxParams(format="coco", min_area=4, min_visibility=0.1)),
]
each_value = pytest.mark.parametrize("value", VALUES, ids=repr)


@each_value
def test_document_round_trip(value):
    again = ba.from_json(value.to_json())
    assert again == value and again.digest == value.digest and again.to_json() == value.to_json()
    document = json.loads(value.to_json())
    assert document["bitaug"] == 1 and document["writer"] == f"bitaug {ba.__version__}"
    compact = json.dumps({key: document[key] for key in ("pipeline", "bitaug")})
    assert ba.from_json(compact) == value


@each_value
def test_repr_can_be_pasted_back(value):
    names = {}
    exec("from bitaug import *", names)
    assert eval(repr(value), names) == value


@each_value
def test_copies_are_equal(value):
    for again in (
        *(pickle.loads(pickle.dumps(value, protocol)) for protocol in range(2, 6)),
        copy.copy(value),
        copy.deepcopy(value),
        dataclasses.replace(value),
    ):
        assert type(again) is type(value) and again == value and hash(again) == hash(value)
        assert again.digest == value.digest and repr(again) == repr(value)
        assert pickle.dumps(again) == pickle.dumps(value)


def test_values_differ():
    assert len({value.digest for value in VALUES}) == len(VALUES)
    assert len(set(VALUES)) == len(VALUES)
    assert len({pickle.dumps(value) for value in VALUES}) == len(VALUES)


def test_default_bbox_params_are_none():
    said, unsaid = ba.Compose([CROP], bbox_params=ba.BboxParams()), ba.Compose([CROP])
    assert said.digest == unsaid.digest
    assert said == unsaid and pickle.dumps(said) == pickle.dumps(unsaid)


def test_pixels_and_fractions_differ():
    pixels = ba.CoarseDropout(hole_height_range=(1, 1))
    fraction = ba.CoarseDropout(hole_height_range=(1.0, 1.0))
    assert pixels.digest != fraction.digest
    assert pixels != fraction
    assert repr(pixels) != repr(fraction)


def node(transform):
    return json.loads(transform.to_json())["pipeline"]


def document(node):
    return json.dumps({"bitaug": 1, "pipeline": node})


def test_digest_is_of_the_meaning():
    pad = ba.Pad(padding=2, fill=1)
    assert pad.digest == ba.Pad(padding=(2, 2), fill=1.0).digest
    assert pad.digest == ba.Pad(padding=np.array([2, 2, 2, 2]), fill=np.float32(1)).digest
    assert pad.digest == ba.Compose([pad]).digest
    assert pad.digest != ba.Compose([ba.Compose([pad])]).digest
    whole = {**node(pad), "p": 1, "fill": [1], "fill_mask": 0}
    turned = dict(reversed(whole.items()))
    assert ba.from_json(document(turned)).digest == pad.digest


def test_digest_follows_every_field():
    base = ba.Pad(padding=(1, 2, 3, 4))
    digests = {base.digest}
    for change in (
        {"padding": (1, 2, 3, 5)},
        {"padding": (2, 1, 3, 4)},
        {"border": "edge"},
        {"fill": 1},
        {"fill": (0, 0)},
        {"fill_mask": 1},
        {"p": 0.5},
        {"p": 0.5000000000000001},
        {"name": "frame"},
    ):
        digests.add(dataclasses.replace(base, **change).digest)
    for pipeline in (
        ba.Compose([base], p=0.5),
        ba.Compose([base, base]),
        ba.Compose([base, ba.Compose([])]),
        ba.Compose([base], bbox_params=ba.BboxParams(format="yolo")),
        ba.Compose([base], bbox_params=ba.BboxParams(min_area=1)),
    ):
        digests.add(pipeline.digest)
    assert len(digests) == 15
    assert all(len(digest) == 16 and int(digest, 16) >= 0 for digest in digests)


def test_a_bare_op_equals_compose_of_it():
    for op in (CROP, TURN, ba.HorizontalFlip(), ba.HorizontalFlip(name="flip")):
        for got, want in zip(op(BATCH, **MANY), ba.Compose([op])(BATCH, **MANY), strict=True):
            equal(got, want)
        at = {"shape": IMAGE.shape, **AT}
        assert op.params(**at) == ba.Compose([op]).params(**at)


def test_frozen():
    for value in VALUES:
        with pytest.raises(dataclasses.FrozenInstanceError):
            value.p = 0.5
        with pytest.raises(dataclasses.FrozenInstanceError):
            del value.p
    transforms = [CROP]
    pipeline = ba.Compose(transforms)
    transforms.append(TURN)
    assert pipeline == ba.Compose([CROP])


class Listlike(Sequence):
    """A sequence that is no list, as Hydra's."""

    def __init__(self, *items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, at):
        return self.items[at]


def test_any_sequence_will_do():
    flip = ba.HorizontalFlip()
    assert ba.Compose(Listlike(flip, CROP)) == ba.Compose([flip, CROP]) == ba.Compose((flip, CROP))
    assert ba.Compose(transforms=Listlike(flip)) == ba.Compose([flip])
    assert ba.Pad(padding=Listlike(1, 2)) == ba.Pad(padding=(1, 2)) == ba.Pad(padding=[1, 2])
    limits = {"brightness_limit": Listlike(-0.1, 0.2)}
    assert ba.RandomBrightnessContrast(**limits).brightness_limit == (-0.1, 0.2)


def test_default_pipeline_is_frozen():
    assert ba.default_pipeline().digest == DEFAULT_DIGEST


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [None, 1, 3, 4, 7])
def test_default_pipeline_keeps_shape_and_type(dtype, channels):
    shape = (16, 11) if channels is None else (16, 11, channels)
    image = scaled(dtype, np.arange(np.prod(shape)).reshape(shape) % 256)
    assert ba.augment(image, 1).shape == shape
    assert ba.augment(image, 1).dtype == image.dtype
    assert ba.augment([image, image[:8]], 1)[1].shape == (8, *shape[1:])


# The package ----------------------------------------------------------------------------------


def test_import_brings_only_numpy_and_touches_no_global_state():
    script = """
import random, sys
import numpy as np
random.seed(1), np.random.seed(1)
known = set(sys.modules)
states = random.getstate(), repr(np.random.get_state())
import bitaug as ba
ba.Compose([ba.HorizontalFlip()])(np.zeros((5, 6, 3), np.uint8), seed=1, epoch=0, index=0)
assert (random.getstate(), repr(np.random.get_state())) == states
new = {name.partition(".")[0] for name in set(sys.modules) - known}
print(new - set(sys.stdlib_module_names) - {"numpy"})
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("{'bitaug'}\n", "")


LATER = {
    "grain": "grain",
    "huggingface": None,
    "keras": "keras",
    "materialize": None,
    "ray": None,
    "tf": "tensorflow",
    "torch": "torch",
    "webdataset": None,
}


@pytest.mark.parametrize("name", LATER)
def test_what_is_imported_when_it_is_first_used(name):
    """Or the error says what to install; `dir` and help() are about what is there."""
    script = f"""
import sys
sys.modules.update(dict.fromkeys({[LATER[name]]!r}))  # as if it were not installed
import bitaug as ba
assert "bitaug.{name}" not in sys.modules
try:
    print(ba.{name}.__name__)
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    package = LATER[name]
    wanted = f"bitaug.{name}"
    if package is not None:
        wanted += f" needs {package}: pip install {package}"
    assert (done.stdout, done.stderr) == (wanted + "\n", "")
    there = package is None or importlib.util.find_spec(package) is not None
    assert (name in dir(ba)) == there
    assert {"augment", "Compose", "__version__"} <= set(dir(ba))


def test_no_such_name():
    with pytest.raises(AttributeError, match="'bitaug' has no attribute 'nothing'"):
        _ = ba.nothing
    assert not hasattr(ba, "_nothing")


def test_global_generators_do_not_enter():
    results = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        results.append(TRAIN(BATCH, **MANY).tobytes())
    assert results[0] == results[1]


@pytest.mark.parametrize("variable", ["1", "3"])
def test_threads_from_the_environment(variable):
    script = (
        "import numpy as np, bitaug as ba;"
        "images = np.arange(8 * 9 * 9, dtype=np.uint8).reshape(8, 9, 9, 1);"
        "crop = ba.RandomCrop(height=5, width=5);"
        "print(ba.digest(crop(images, seed=1, epoch=0, index=range(8))))"
    )
    env = os.environ | {"BITAUG_THREADS": variable}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env)
    images = np.arange(8 * 9 * 9, dtype=np.uint8).reshape(8, 9, 9, 1)
    expected = ba.RandomCrop(height=5, width=5)(images, seed=1, epoch=0, index=range(8))
    assert (done.stdout.strip(), done.stderr) == (ba.digest(expected), "")


def test_content_digest():
    array = np.arange(24, dtype=np.uint16).reshape(4, 6)
    whole = ba.digest(array)
    for same in (array.copy("F"), array.astype(">u2"), array[::-1].copy()[::-1]):
        assert ba.digest(same) == whole
    others = [
        array.reshape(6, 4),
        array.astype(np.int16),
        array.astype(np.uint32),
        array[..., None],
        array + np.uint16(1),
        array.T,
        array[:0],
        array[:0].T,
    ]
    digests = {ba.digest(other) for other in others}
    assert len(digests) == len(others) and whole not in digests


@pytest.mark.parametrize("transform", sorted(ba.Transform._registry.values(), key=str))
def test_docstrings_say_what_people_look_for(transform):
    sections = [line.strip() for line in transform.__doc__.splitlines()]
    assert all(name in sections for name in ("Args:", "Targets:", "Image types:", "Examples:"))
    arguments = transform.__doc__.partition("Args:")[2].partition("Targets:")[0]
    # What a version is, the base says; who writes pipelines does not look for it.
    fields = [field.name for field in dataclasses.fields(transform) if field.name != "version"]
    assert all(name in arguments for name in fields)
