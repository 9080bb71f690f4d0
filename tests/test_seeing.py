"""Ops whose draws depend on boxes or masks: what they see, and that nothing else is needed."""

import json

import numpy as np
import pytest

import bitaug as ba
from bitaug._diagnose.verify import targets
from tests.pipelines import seeing
from tests.reference import pipeline as twin
from tests.test_reference import equal, pattern, rust

SHAPE = (40, 50, 3)
IMAGE = np.random.default_rng(0).integers(0, 256, SHAPE, np.uint8)
AT = {"seed": 3, "epoch": 1, "index": 4}
CROP = ba.CropNonEmptyMask(height=8, width=10)
IOU = ba.RandomIoUCrop(options=(0.3,))
SAFE = ba.BBoxSafeRandomCrop(erosion_rate=0.5)
SIZED = ba.RandomSizedBBoxSafeCrop(20, erosion_rate=0.5, interpolation="nearest")
ONE = ba.AtLeastOneBBoxRandomCrop(height=8, width=10)
ALL = [CROP, IOU, SAFE, SIZED, ONE]


def dotted(*points, dtype=np.uint8):
    mask = np.zeros(SHAPE[:2], dtype)
    for y, x in points:
        mask[y, x] = 1
    return mask


def test_these_ops_see():
    assert seeing() == {type(op).__name__ for op in ALL}


@pytest.mark.parametrize(
    ("op", "needed", "other"),
    [
        (CROP, "mask or masks", {"bboxes": [[1, 2, 3, 4]]}),
        *((op, "bboxes", {"mask": dotted((1, 1))}) for op in ALL[1:]),
    ],
)
def test_what_they_need_is_asked_for(op, needed, other):
    message = f"{type(op).__name__}: its draws depend on {needed}, which are missing"
    for given in ({}, other):
        for call in (
            lambda given=given: op(image=IMAGE, **given, **AT),
            lambda given=given: op([{"image": IMAGE, **given}], **AT | {"index": [4]}),
            lambda given=given: op.params(shape=SHAPE, **given, **AT),
            lambda given=given: op.explain(shape=SHAPE, **given, **AT),
            lambda given=given: op.trace(IMAGE, **given, **AT),
        ):
            with pytest.raises(ValueError, match=message):
                call()
    with pytest.raises(ValueError, match=message):
        op(IMAGE, **AT)


@pytest.mark.parametrize("op", ALL)
def test_every_way_to_ask_draws_alike(op):
    """A call, a batch, parameters and their replay, and each stage of a trace."""
    pipeline = ba.Compose([ba.HorizontalFlip(), ba.Pad(3), op, ba.HorizontalFlip()])
    given, found = targets(SHAPE), set()
    batch = [{"image": IMAGE, **given}] * 6
    outputs = pipeline(batch, seed=3, epoch=1, index=range(6), threads=2)
    for index, output in enumerate(outputs):
        at = AT | {"index": index}
        params = json.loads(json.dumps(pipeline.params(shape=SHAPE, **given, **at)))
        stages = pipeline.trace(IMAGE, **given, **at)
        replayed = pipeline.apply(params, image=IMAGE, **given)
        for other in (pipeline(image=IMAGE, **given, **at), replayed, stages[-1].sample):
            for name in ("image", "mask", "bboxes"):
                assert np.array_equal(output[name], other[name]), name
        # The image needs what it is seen with no longer.
        assert np.array_equal(pipeline.apply(params, IMAGE), output["image"])
        table = pipeline.explain(shape=SHAPE, **given, **at)
        where = params["ops"][2]["params"]
        assert all(f"{name}={value}" in table for name, value in where.items())
        found.add(json.dumps(where))
    assert len(found) > 3


@pytest.mark.parametrize("op", ALL)
def test_pipelines_equal_their_twin(op):
    """They see the targets as the ops before have left them."""
    pipeline = ba.Compose([ba.HorizontalFlip(), ba.Pad((3, 0, 9, 1)), op, ba.VerticalFlip()])
    node, given = json.loads(pipeline.to_json())["pipeline"], targets(SHAPE)
    image = pattern("uint8", SHAPE)
    for index in range(12):
        got, mask, boxes = rust(node, image, **AT | {"index": index}, **given)
        twins = given | {"mask": given["mask"][..., None]}
        want = twin.run(node, image, **AT | {"index": index}, **twins)
        assert equal(got, np.ascontiguousarray(want[0]))
        assert equal(mask, np.ascontiguousarray(want[1][..., 0]))
        assert equal(boxes, np.ascontiguousarray(want[2]))


def test_targets_of_other_ops_change_no_draw():
    """A mask beside the boxes, boxes beside the mask."""
    given = targets(SHAPE)
    for op in ALL:
        name = "mask" if op is CROP else "bboxes"
        alone = op(image=IMAGE, **{name: given[name]}, **AT)["image"]
        assert np.array_equal(alone, op(image=IMAGE, **given, **AT)["image"])


def test_frames_of_a_clip_are_cut_alike():
    given = targets(SHAPE)
    for op in ALL:
        clip = op(images=np.stack([IMAGE, 255 - IMAGE]), **given, **AT)["images"]
        one = op(image=IMAGE, **given, **AT)["image"]
        assert np.array_equal(clip[0], one) and np.array_equal(clip[1], 255 - one)


def test_in_a_container():
    """Only what runs asks; one that is not drawn for the image needs nothing."""
    never = ba.Compose([ba.CropNonEmptyMask(8, p=0.0), ba.HorizontalFlip()])
    assert never(IMAGE, **AT).shape == SHAPE
    given = targets(SHAPE)
    either = ba.OneOf([CROP, IOU])
    sizes = {either(image=IMAGE, **given, **AT | {"index": i})["image"].shape for i in range(9)}
    assert (8, 10, 3) in sizes and len(sizes) > 1


def shown(mask, count):
    """How many pixels that are not 0 each of so many windows shows."""
    windows = (CROP(image=IMAGE, mask=mask, **AT | {"index": i})["mask"] for i in range(count))
    return [int((window != 0).sum()) for window in windows]


def test_crop_shows_what_counts_wherever_it_is():
    assert shown(dotted((0, 0), (39, 49), (20, 30)), 300) == [1] * 300
    for dtype in ("bool", "int8", "uint16", "int32", "float16", "float32", "int64", "float64"):
        mask = dotted((13, 17)).astype(dtype)
        assert shown(mask if dtype == "bool" else -mask, 20) == [1] * 20


def test_crop_chooses_pixels_evenly():
    """So that what is three times as large is shown three times as often."""
    mask = dotted(*[(5, x) for x in range(5, 8)], (30, 40))
    one = ba.CropNonEmptyMask(height=1, width=1)
    tops = [
        one.params(shape=SHAPE, mask=mask, **AT | {"index": index})["ops"][0]["params"]["top"]
        for index in range(1200)
    ]
    assert set(tops) == {5, 30}
    assert abs(tops.count(5) - 900) < 60  # 4 standard deviations


def test_crop_of_a_mask_without_anything_is_any_crop():
    ignoring = ba.CropNonEmptyMask(height=8, width=10, ignore_values=1)
    for mask, op in [(dotted(), CROP), (dotted((1, 1)), ignoring)]:
        tops = {
            op.params(shape=SHAPE, mask=mask, **AT | {"index": index})["ops"][0]["params"]["top"]
            for index in range(300)
        }
        assert tops == set(range(33))


def test_crop_sees_all_masks():
    masks = [dotted(), dotted((20, 30))]
    for index in range(20):
        out = CROP(image=IMAGE, masks=masks, **AT | {"index": index})
        assert out["masks"][1].sum() == 1


def test_iou_crop_drops_boxes_by_their_centres():
    boxes = np.random.default_rng(1).random((40, 2, 2)) * [50, 40]
    boxes = np.sort(boxes, axis=1).reshape(-1, 4)
    cut = 0
    for index in range(40):
        at = AT | {"index": index}
        window = IOU.params(shape=SHAPE, bboxes=boxes, **at)["ops"][0]["params"]
        left, top, width, height = (window[name] for name in ("left", "top", "width", "height"))
        x, y = boxes[:, [0, 2]].mean(axis=1), boxes[:, [1, 3]].mean(axis=1)
        inside = (left < x) & (x < left + width) & (top < y) & (y < top + height)
        out = IOU(image=IMAGE, bboxes=boxes, labels=range(40), **at)
        assert out["labels"] == np.flatnonzero(inside).tolist()
        assert out["dropped"].tolist() == np.flatnonzero(~inside).tolist()
        kept = boxes[inside] - [left, top, left, top]
        assert np.array_equal(out["bboxes"], np.clip(kept, 0, [width, height] * 2))
        # A part of a box that is dropped may well be seen.
        part = np.clip(boxes[~inside] - [left, top] * 2, 0, [width, height] * 2)
        cut += int(((part[:, 2] - part[:, 0]) * (part[:, 3] - part[:, 1]) > 0).sum())
    assert cut > 40


def test_iou_crop_goes_by_the_boxes_that_a_replay_is_given():
    params = IOU.params(shape=SHAPE, bboxes=targets(SHAPE)["bboxes"], **AT)
    window = {"top": 10, "left": 20, "height": 20, "width": 25}
    params["ops"][0]["params"] = window
    boxes = [[0, 0, 50, 40], [0, 0, 40.5, 40], [0, 0, 40, 40], [44, 9, 46, 12], [30, 9, 50, 12]]
    out = IOU.apply(params, image=IMAGE, bboxes=boxes)
    assert out["dropped"].tolist() == [2, 3]
    assert np.array_equal(out["image"], IMAGE[10:30, 20:45])


def boxes_at(index, count=3):
    """Some boxes, at halves of pixels too, and one that has no area."""
    rng = np.random.default_rng(index)
    boxes = np.sort(rng.integers(0, [100, 80], (count, 2, 2)) / 2, axis=1).reshape(-1, 4)
    boxes[:, 2:] += 0.5
    return np.vstack([np.minimum(boxes, [50, 40, 50, 40]), [[0, 0, 50, 0]]])


def window(op, index, boxes):
    """Left, top, right, bottom."""
    (made,) = op.params(**AT | {"index": index}, shape=SHAPE, bboxes=boxes)["ops"]
    at = made["params"]
    height, width = (at.get(name, getattr(op, name, None)) for name in ("height", "width"))
    return np.array([at["left"], at["top"], at["left"] + width, at["top"] + height])


def test_safe_crops_cut_no_box():
    """Nor its mask; and they end at every place that this leaves."""
    safe = ba.BBoxSafeRandomCrop()
    for index in range(60):
        boxes = boxes_at(index)
        out = safe(image=IMAGE, bboxes=boxes, labels=range(4), **AT | {"index": index})
        assert out["labels"] == [0, 1, 2]
        assert np.array_equal(out["bboxes"] + window(safe, index, boxes)[[0, 1] * 2], boxes[:3])
    edges = np.array([window(safe, index, [[3, 2, 46, 38.5]]) for index in range(300)])
    assert [set(side) for side in edges.T.tolist()] == [
        set(range(4)), set(range(3)), set(range(46, 51)), {39, 40},
    ]  # fmt: skip
    # The same window, resized.
    sized = ba.RandomSizedBBoxSafeCrop(20, name="BBoxSafeRandomCrop")
    for index in range(20):
        boxes = boxes_at(index)
        left, top, right, bottom = window(safe, index, boxes).tolist()
        assert window(sized, index, boxes).tolist() == [left, top, right, bottom]
        got = sized(image=IMAGE, bboxes=boxes, **AT | {"index": index})["image"]
        want = ba.Resize(height=20, width=20)(IMAGE[top:bottom, left:right])
        assert np.array_equal(got, want)


def test_safe_crops_erode_all_boxes_as_one():
    safe = ba.BBoxSafeRandomCrop(erosion_rate=0.5)
    edges = np.array([window(safe, i, [[4, 8, 20, 12], [30, 0, 44, 40]]) for i in range(400)])
    assert [(min(side), max(side)) for side in edges.T] == [(0, 14), (0, 10), (34, 50), (30, 40)]


def test_safe_crops_without_boxes():
    """A part of the height and the image's ratio, anywhere."""
    for rate, least in ((0.0, 40), (0.5, 20), (1.0, 1)):
        safe = ba.BBoxSafeRandomCrop(erosion_rate=rate)
        edges = np.array([window(safe, index, [[9, 9, 9, 30]]) for index in range(400)])
        heights, widths = edges[:, 3] - edges[:, 1], edges[:, 2] - edges[:, 0]
        assert heights.min() == least and heights.max() == 40
        assert np.array_equal(widths, np.maximum(1, (2 * 50 * heights + 40) // 80))
        assert (edges >= 0).all() and (edges[:, 2] <= 50).all()


def test_at_least_one_box_is_seen_whole_where_it_fits():
    seen, one = set(), ba.AtLeastOneBBoxRandomCrop(height=20, width=25)
    boxes = [[0, 0, 10, 10], [20.5, 5, 30, 20], [40, 30, 50, 40]]
    for index in range(100):
        x, y, right_edge, bottom_edge = window(one, index, boxes)
        whole = [
            i for i, (left, top, right, bottom) in enumerate(boxes)
            if x <= left and y <= top and right <= right_edge and bottom <= bottom_edge
        ]  # fmt: skip
        assert whole
        seen |= set(whole)
    assert seen == {0, 1, 2}
    # One that does not fit has its middle in the window.
    left, top, right, bottom = window(one, 0, [[10, 2, 48, 7]])
    assert (left, right) == (16, 41) and top <= 2 and bottom >= 7
    anywhere = np.array([window(one, index, [[3, 3, 3, 9]]) for index in range(400)])
    assert set(anywhere[:, 0]) == set(range(26)) and set(anywhere[:, 1]) == set(range(21))


def test_an_eroded_box_may_be_cut_but_is_seen():
    one, lefts = ba.AtLeastOneBBoxRandomCrop(height=20, width=20, erosion_factor=0.75), set()
    for index in range(200):
        left, top, right, bottom = window(one, index, [[20, 10, 28, 20]])
        lefts.add(int(left))
        assert min(right, 28) - max(left, 20) >= 2 and min(bottom, 20) - max(top, 10) >= 2.5
    assert lefts == set(range(2, 27))
