"""Crops and canvases against NumPy and Pillow, and the draws that place them."""

import numpy as np
import pytest
from PIL import Image

import bitaug as ba

MODES = {"edge": "edge", "reflect": "symmetric", "reflect101": "reflect", "wrap": "wrap"}
BORDERS = ["constant", *MODES]
DTYPES = ["uint8", "uint16", "float32"]
AT = {"seed": 3, "epoch": 1, "index": 4}


def pattern(shape, dtype="uint8", seed=0):
    values = np.random.default_rng(seed).random(shape)
    return (values * (1 if dtype == "float32" else np.iinfo(dtype).max)).astype(dtype)


def window(image, top, left, height, width, border="constant", fill=0):
    """By NumPy's pad, of an image that is continued far enough."""
    h, w = image.shape[:2]
    before = max(0, -top), max(0, -left)
    after = max(0, top + height - h), max(0, left + width - w)
    widths = [*zip(before, after, strict=True), (0, 0)][: image.ndim]
    how = {"constant_values": fill} if border == "constant" else {}
    padded = np.pad(image, widths, mode=MODES.get(border, border), **how)
    top, left = top + before[0], left + before[1]
    return padded[top : top + height, left : left + width]


def drawn(op, shape, index=4):
    (made,) = op.params(**AT | {"index": index}, shape=shape)["ops"]
    return made["params"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
def test_crop_is_a_window_of_numpys_pad(border, dtype):
    fill = {"fill": 0.5, "fill_mask": 9}
    for channels in (1, 3, 5):
        image, mask = pattern((11, 23, channels), dtype), pattern((11, 23), "uint16", 1)
        for x_min, y_min, x_max, y_max in [
            (3, 2, 20, 9), (-4, 0, 5, 11), (10, -30, 40, 2), (-60, -9, 90, 55), (25, 13, 30, 18),
        ]:  # fmt: skip
            op = ba.Crop(
                x_min=x_min, y_min=y_min, x_max=x_max, y_max=y_max,
                pad_if_needed=True, border=border, **fill,
            )  # fmt: skip
            out = op(image=image, mask=mask, bboxes=[[2, 1, 9, 8]], keypoints=[[4, 5]])
            at = y_min, x_min, y_max - y_min, x_max - x_min
            value = 0.5 if dtype == "float32" else 1
            assert np.array_equal(out["image"], window(image, *at, border, value))
            assert np.array_equal(out["mask"], window(mask, *at, border, 9))
            assert out["keypoints"].tolist() == [[4 - x_min, 5 - y_min]]
            moved = np.array([2 - x_min, 1 - y_min, 9 - x_min, 8 - y_min])
            clipped = np.clip(moved, 0, [x_max - x_min, y_max - y_min] * 2)
            left = (clipped[2:] > clipped[:2]).all()
            assert out["bboxes"].tolist() == ([clipped.tolist()] if left else [])


def test_crop_is_pillows():
    image = pattern((40, 60, 3))
    for corners in [(3, 4, 50, 33), (-5, -7, 70, 20), (55, 30, 90, 80)]:
        names = dict(zip(("x_min", "y_min", "x_max", "y_max"), corners, strict=True))
        ours = ba.Crop(**names, pad_if_needed=True)(image)
        assert np.array_equal(ours, np.asarray(Image.fromarray(image).crop(corners)))


@pytest.mark.parametrize("border", BORDERS)
def test_padded_crops_are_windows(border):
    fill = {"fill": 7, "fill_mask": 9}
    how = {"pad_if_needed": True, "border": border, **fill}
    mask = pattern((11, 23), "uint16", 1)
    for height, width in [(20, 30), (5, 30), (20, 7), (5, 7), (11, 23)]:
        image = pattern((11, 23, 3))
        top, left = ((n - m) // 2 if n >= m else -((m - n) // 2)
                     for n, m in ((11, height), (23, width)))  # fmt: skip
        out = ba.CenterCrop(height=height, width=width, **how)(image=image, mask=mask)
        at = top, left, height, width
        assert np.array_equal(out["image"], window(image, *at, border, 7))
        assert np.array_equal(out["mask"], window(mask, *at, border, 9))
        for position in ("center", "random", "top_left", "bottom_right"):
            op = ba.RandomCrop(height=height, width=width, position=position, **how)
            at = drawn(op, image.shape)
            out = op(image=image, mask=mask, keypoints=[[4, 5]], **AT)
            place = at["top"], at["left"], height, width
            assert np.array_equal(out["image"], window(image, *place, border, 7))
            assert np.array_equal(out["mask"], window(mask, *place, border, 9))
            assert out["keypoints"].tolist() == [[4 - at["left"], 5 - at["top"]]]


@pytest.mark.parametrize(
    ("position", "place"),
    [
        ("center", (2, 3)),
        ("top_left", (0, 0)),
        ("top_right", (0, 7)),
        ("bottom_left", (5, 0)),
        ("bottom_right", (5, 7)),
    ],
)
def test_where_a_smaller_image_sits(position, place):
    op = ba.RandomCrop(height=9, width=11, pad_if_needed=True, position=position)
    assert drawn(op, (4, 4, 3)) == {"top": -place[0], "left": -place[1]}
    # No word decides it, so that no address is needed.
    assert op(np.full((4, 4), 9, np.uint8)).sum() == 16 * 9


def test_a_padded_crop_draws_as_one_that_fits():
    """The same words, along each axis that is long enough; on the others where the image sits."""
    plain, padded = (
        ba.RandomCrop(height=9, width=11, pad_if_needed=pad, position="random", name="crop")
        for pad in (False, True)
    )
    tops = set()
    for index in range(60):
        place = drawn(plain, (30, 40, 3), index)
        assert drawn(padded, (30, 40, 3), index) == place
        short = drawn(padded, (4, 40, 3), index)
        assert short["left"] == place["left"] and -5 <= short["top"] <= 0
        tops.add(short["top"])
    assert tops == set(range(-5, 1))


def test_documents_of_crops_stay_what_they_were():
    """What was added is in them only where it asks for something."""
    for op in (ba.RandomCrop(4), ba.CenterCrop(4)):
        assert set(op._node()) == {"op", "p", "version", "height", "width"}
        spelled = type(op)(4, pad_if_needed=False, border="constant", fill=0, fill_mask=0)
        assert spelled.digest == op.digest and spelled == op
        other = type(op)(4, pad_if_needed=True, fill=(1, 2, 3))
        assert set(other._node()) - set(op._node()) == {"pad_if_needed", "fill"}
        assert ba.from_json(other.to_json()) == other != op
        assert eval(repr(other), {type(op).__name__: type(op)}) == other


def test_a_sized_crop_is_its_window_resized():
    op = ba.RandomSizedCrop(min_max_height=(10, 25), size=(16, 24), w2h_ratio=1.5)
    image, heights = pattern((30, 40, 3)), set()
    for index in range(100):
        at = drawn(op, image.shape, index)
        top, left, height, width = (at[name] for name in ("top", "left", "height", "width"))
        assert width == min(40, int(height * 1.5 + 0.5))
        heights.add(height)
        if index < 10:
            part = image[top : top + height, left : left + width]
            want = ba.Resize(height=16, width=24)(part)
            assert np.array_equal(op(image, **AT | {"index": index}), want)
    assert heights == set(range(10, 26))


def test_what_borders_lose():
    op = ba.RandomCropFromBorders(crop_left=0.1, crop_right=0.2, crop_top=0, crop_bottom=1)
    edges = []
    for index in range(400):
        at = drawn(op, (20, 40, 3), index)
        top, left, height, width = (at[name] for name in ("top", "left", "height", "width"))
        edges.append((left, 40 - left - width, top, 20 - top - height))
    assert [set(side) for side in zip(*edges, strict=True)] == [
        set(range(5)), set(range(9)), {0}, set(range(20)),
    ]  # fmt: skip
    image = pattern((20, 40, 3))
    at = drawn(op, image.shape)
    want = image[at["top"] :][: at["height"], at["left"] :][:, : at["width"]]
    assert np.array_equal(op(image, **AT), want)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
def test_crop_and_pad_is_a_window_and_its_resize(border, dtype):
    image, mask = pattern((14, 25, 3), dtype), pattern((14, 25), "uint16", 1)
    given = {"image": image, "mask": mask, "bboxes": [[3, 4, 20, 11]], "keypoints": [[4, 5]]}
    how = {"border": border, "fill": 1, "fill_mask": 9}
    sides = set()
    for index in range(12):
        at = AT | {"index": index}
        op = ba.CropAndPad(px=(-3, 6), keep_size=False, **how)
        added = drawn(op, image.shape, index)
        top, right, bottom, left = (added[name] for name in ("top", "right", "bottom", "left"))
        sides |= {top, right, bottom, left}
        place = -top, -left, 14 + top + bottom, 25 + left + right
        out = op(**given, **at)
        assert np.array_equal(out["image"], window(image, *place, border, 1))
        assert np.array_equal(out["mask"], window(mask, *place, border, 9))
        assert out["keypoints"].tolist() == [[4 + left, 5 + top]]
        kept = ba.CropAndPad(px=(-3, 6), **how)(**given, **at)
        resized = ba.Resize(height=14, width=25)(**{name: out[name] for name in given})
        for name in given:
            assert np.array_equal(kept[name], resized[name]), name
    assert len(sides) >= 8


def test_crop_and_pad_by_parts_and_by_sides():
    op = ba.CropAndPad(percent=((-0.5, -0.5), (0.1, 0.1), (0, 0.3), (0.26, 0.26)), keep_size=False)
    for index in range(30):
        added = drawn(op, (30, 50, 3), index)
        assert (added["top"], added["right"], added["left"]) == (-15, 5, 13)
        assert 0 <= added["bottom"] <= 8
    # The sides have words of their own, whichever range is given.
    for first, second in [(4, 4), (-3, 3)]:
        one, other = (
            ba.CropAndPad(px=((first, second), (0, 9), (0, 9), last)) for last in ((0, 9), (5, 5))
        )
        one, other = drawn(one, (30, 50, 3)), drawn(other, (30, 50, 3))
        assert (one["right"], one["bottom"]) == (other["right"], other["bottom"])


@pytest.mark.parametrize("px", [-20, -25, -1000])
def test_crop_and_pad_leaves_a_pixel(px):
    out = ba.CropAndPad(px=px, keep_size=False)(pattern((40, 40)))
    assert out.shape == (1, 1)


def test_a_canvas_holds_the_image_anywhere():
    op = ba.RandomZoomOut(side_range=(1, 3), fill=(1, 2, 3), fill_mask=9, p=1)
    image, mask = pattern((10, 16, 3)), pattern((10, 16), "uint16", 1)
    parts, places = [], set()
    for index in range(200):
        at = drawn(op, image.shape, index)
        top, left, height, width = (at[name] for name in ("top", "left", "height", "width"))
        parts.append(height / 10)
        assert abs(height * 1.6 - width) < 1.6 and 0 <= top <= height - 10
        places.add((top == 0, top == height - 10, left == 0, left == width - 16))
        if index < 20:
            given = {"image": image, "mask": mask, "bboxes": [[3, 4, 9, 10]]}
            out = op(**given, **AT | {"index": index})
            assert out["image"].shape[:2] == (height, width)
            canvas = np.full((height, width, 3), (1, 2, 3), np.uint8)
            canvas[top : top + 10, left : left + 16] = image
            assert np.array_equal(out["image"], canvas)
            assert np.array_equal(out["mask"], window(mask, -top, -left, height, width, fill=9))
            assert out["bboxes"].tolist() == [[3 + left, 4 + top, 9 + left, 10 + top]]
    assert min(parts) < 1.2 and max(parts) >= 2.8 and len(places) > 4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: ba.Crop(x_min=0, y_min=0, x_max=9, y_max=4)(pattern((4, 8))),
            "Crop: x_min, y_min, x_max, y_max=0, 0, 9, 4: within the image of 4 x 8; pad_if_needed",
        ),
        (lambda: ba.Crop(x_min=5, y_min=0, x_max=5, y_max=4), "x_min, x_max=5, 5: the first below"),
        (lambda: ba.Crop(x_min=0, y_min=9, x_max=5, y_max=4), "y_min, y_max=9, 4: the first below"),
        (lambda: ba.CropAndPad(), "CropAndPad: px, percent=None: one of the two"),
        (lambda: ba.CropAndPad(px=1, percent=0.1), "CropAndPad: px, percent=both: one of the two"),
        (lambda: ba.CropAndPad(px=(1, 2, 3)), r"px=\(1, 2, 3\): 4 values are needed"),
        (lambda: ba.CropAndPad(percent=(-1.5, 0)), r"percent=\(-1.5, 0\): two numbers"),
        (
            lambda: ba.RandomCropFromBorders(crop_top=0.75, crop_bottom=0.5),
            "crop_top, crop_bottom=0.75, 0.5: at most 1 in all",
        ),
        (lambda: ba.RandomZoomOut(side_range=(0.5, 2)), r"side_range=\(0.5, 2\): two numbers"),
        (lambda: ba.RandomSizedCrop(min_max_height=(0, 4), size=4), r"min_max_height=\(0, 4\)"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("place", [{"top": 1, "left": 0}, {"top": 0, "left": 33}])
def test_edited_places_are_checked(place):
    """A padded crop shows as much of the image as it can."""
    op, image = ba.RandomCrop(height=9, width=8, pad_if_needed=True), pattern((4, 40))
    params = op.params(**AT, shape=image.shape)
    params["ops"][0]["params"] = {"top": -5, "left": 32}
    assert op.apply(params, image).shape == (9, 8)
    params["ops"][0]["params"] = place
    with pytest.raises(ValueError, match=r"RandomCrop: top, left=.*: within -5 to 0, 0 to 32"):
        op.apply(params, image)
