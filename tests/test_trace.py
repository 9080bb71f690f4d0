"""Traces and tables: every stage of a sample, and its picture."""

import io

import numpy as np
import pytest
from PIL import Image

import bitaug as ba
from bitaug._look import pen, strip

AT = {"seed": 42, "epoch": 3, "index": 18}
IMAGE = np.random.default_rng(1).integers(256, size=(40, 60, 3), dtype=np.uint8)
TRAIN = ba.Compose(
    [
        ba.RandomCrop(height=32, width=40),
        ba.Compose([ba.HorizontalFlip(p=1.0), ba.GaussNoise(p=0.0)], name="inner"),
        ba.Compose([ba.VerticalFlip()], p=0.0),
        ba.Normalize(),
        ba.ToCHW(),
    ],
    bbox_params=ba.BboxParams(format="coco"),
)
TARGETS = {
    "mask": np.pad(np.ones((20, 20), np.uint8), ((5, 15), (20, 20))),
    "bboxes": [[20.0, 5.0, 20.0, 20.0]],
    "labels": ["cat"],
    "keypoints": [[29.5, 14.5]],
}
PATHS = [
    "input",
    "RandomCrop",
    "inner/HorizontalFlip",
    "inner/GaussNoise",
    "Normalize",
    "ToCHW",
]


def test_stages():
    trace = TRAIN.trace(IMAGE, **TARGETS, **AT)
    assert [stage.path for stage in trace] == PATHS and len(trace) == len(PATHS)
    assert [stage.applied for stage in trace] == [True, True, True, False, True, True]
    assert [stage.image.shape for stage in trace][-2:] == [(32, 40, 3), (3, 32, 40)]
    left, top = trace[1].params["left"], trace[1].params["top"]
    crop = IMAGE[top : top + 32, left : left + 40]
    np.testing.assert_array_equal(trace[1].image, crop)
    np.testing.assert_array_equal(trace[2].image, crop[:, ::-1])
    np.testing.assert_array_equal(trace[2].sample["mask"], trace[1].sample["mask"][:, ::-1])
    whole = TRAIN(image=IMAGE, **TARGETS, **AT)
    for name in ("image", "mask", "bboxes", "keypoints"):
        np.testing.assert_array_equal(trace[-1].sample[name], whole[name])
    assert all(stage.digest == ba.digest(stage.image) for stage in trace)


def test_a_stage_equals_itself_alone():
    trace = TRAIN.trace(IMAGE, **AT)
    again = TRAIN.trace(IMAGE, **AT)
    assert trace.index(trace[2]) == 2 and trace[2] in trace
    assert again[2] not in trace and len({*trace, *again}) == 2 * len(PATHS)


def test_from_parameters_that_were_edited():
    params = TRAIN.params(**AT, shape=IMAGE.shape)
    params["ops"][0]["params"] = {"left": 0, "top": 1}
    trace = TRAIN.trace(IMAGE, params=params)
    np.testing.assert_array_equal(trace[1].image, IMAGE[1:33, :40])
    with pytest.raises(TypeError, match="params and an address"):
        TRAIN.trace(IMAGE, params=params, **AT)
    with pytest.raises(TypeError, match="seed is missing"):
        TRAIN.trace(IMAGE, epoch=1, index=2)


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_layouts(layout):
    flip = ba.Compose([ba.HorizontalFlip(p=1.0)])
    image = IMAGE if layout == "HWC" else np.moveaxis(IMAGE, 2, 0)
    trace = flip.trace(image, layout=layout, **AT)
    np.testing.assert_array_equal(trace[1].image, np.flip(image, 2 if layout == "CHW" else 1))
    assert pixels(trace).shape == pixels(flip.trace(IMAGE, **AT)).shape
    np.testing.assert_array_equal(pen.visible(trace[1].image, trace[1].planar)[0], IMAGE[:, ::-1])


def pixels(trace, side=64):
    return np.asarray(trace.draw(side))


def test_the_picture_is_a_png_and_shows_each_stage(tmp_path):
    flip = ba.Compose([ba.HorizontalFlip(p=1.0)])
    trace = flip.trace(IMAGE, **AT)
    trace.save(tmp_path / "trace.png", side=60)
    for stored in (tmp_path / "trace.png", io.BytesIO(trace._repr_png_())):
        with Image.open(stored) as opened:
            assert opened.format == "PNG"
    sheet = pixels(trace, side=60)
    first, step = pen.MARGIN, 120 + pen.GAP
    for stage, expected in enumerate([IMAGE, IMAGE[:, ::-1]]):
        left, top = first + stage * step + (120 - 60) // 2, first + (60 - 40) // 2
        np.testing.assert_array_equal(sheet[top : top + 40, left : left + 60], expected)


def test_targets_and_what_is_left_out_show():
    plain, marked = (TRAIN.trace(IMAGE, **targets, **AT) for targets in ({}, TARGETS))
    assert (pixels(plain) != pixels(marked)).sum() > 1000
    on = ba.Compose([ba.HorizontalFlip(p=1.0)]).trace(IMAGE, **AT)
    off = ba.Compose([ba.HorizontalFlip(p=0.0)]).trace(IMAGE, **AT)
    assert pixels(off)[:84].mean() > pixels(on)[:84].mean() + 5  # it is paler


@pytest.mark.parametrize(
    ("box", "form"),
    [
        ([10, 20, 30, 60], "pascal_voc"),
        ([10, 20, 20, 40], "coco"),
        ([0.1, 0.4, 0.1, 0.8], "yolo"),
        ([0.05, 0.4, 0.15, 1.2], "albumentations"),
    ],
)
def test_boxes_are_drawn_where_they_are(box, form):
    corners = strip.corners(np.array(box), form, height=50, width=200)
    expected = {"yolo": (10, 0, 30, 40)}.get(form, (10, 20, 30, 60))
    np.testing.assert_allclose(corners, expected)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4, 7])
def test_any_image_can_be_seen(dtype, channels):
    shape = (9, 11) if channels is None else (9, 11, channels)
    image = np.zeros(shape, dtype)
    image[0] = {"uint8": 255, "uint16": 65535, "float32": np.inf}[dtype]
    seen, _ = pen.visible(image, False)
    assert seen.shape == (9, 11, 3) and seen.dtype == np.uint8
    assert (seen[0] == 255).all() and (seen[1:] == 0).all()


def test_the_table_says_what_happened():
    text = TRAIN.explain(**AT, shape=IMAGE.shape)
    assert text.splitlines()[:2] == [
        f"pipeline {TRAIN.digest}, image 40 x 60 x 3 uint8",
        "seed 42, stream train, epoch 3, index 18, repeat 0",
    ]
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines()[3:]}
    params = TRAIN.params(**AT, shape=IMAGE.shape)["ops"][0]["params"]
    assert rows["RandomCrop"] == ["yes", f"left={params['left']}", f"top={params['top']}"]
    assert rows["inner/GaussNoise"] == ["no"] and rows["Compose"] == ["no"]
    noise = ba.GaussNoise(p=1.0).explain(**AT, shape=IMAGE.shape)
    assert noise.count(" key=") == 1 and "std=0.0" in noise
    keyed = TRAIN.explain(**{**AT, "index": "cat/1.png"}, shape=IMAGE.shape)
    assert f"index {ba.random.label('cat/1.png')} (cat/1.png)" in keyed
    never = ba.Compose([ba.HorizontalFlip()], p=0.0).explain(**AT, shape=IMAGE.shape)
    assert never.endswith("\nnot applied\n")


@pytest.mark.parametrize("side", [0, 15, 5000])
def test_the_side_is_checked(side):
    with pytest.raises(ValueError, match=f"side={side}: 16 to 4096"):
        TRAIN.trace(IMAGE, **AT).draw(side)
