"""PadIfNeeded and LetterBox: what size, where the image sits, and what it is made of."""

import math
from fractions import Fraction

import numpy as np
import pytest

import bitaug as ba

MODES = {"edge": "edge", "reflect": "symmetric", "reflect101": "reflect", "wrap": "wrap"}
CORNERS = ["top_left", "top_right", "bottom_left", "bottom_right"]
AT = {"seed": 3, "epoch": 1, "index": 4}


def pattern(shape, dtype="uint8", seed=0):
    values = np.random.default_rng(seed).random(shape)
    return (values * (1 if dtype == "float32" else np.iinfo(dtype).max)).astype(dtype)


def sizes(count, most=300):
    return np.random.default_rng(1).integers(1, most, (count, 2)).tolist()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("border", ["constant", *MODES])
@pytest.mark.parametrize("position", ["center", "random", *CORNERS])
def test_pad_if_needed_is_numpys_pad(position, border, dtype):
    for channels in (1, 3, 5):
        image = pattern((11, 23, channels), dtype)
        pad = ba.PadIfNeeded(
            min_height=20, width_divisor=8, position=position, border=border, fill=0.5
        )
        at = pad.params(**AT, shape=image.shape, dtype=dtype)["ops"][0]["params"]
        widths = [(at["top"], 9 - at["top"]), (at["left"], 1 - at["left"]), (0, 0)]
        fill = 0.5 if dtype == "float32" else 1
        how = {"mode": MODES[border]} if border in MODES else {"constant_values": fill}
        assert np.array_equal(pad(image, **AT), np.pad(image, widths, **how))


def test_pad_if_needed_makes_the_least_size_that_is_allowed():
    rng = np.random.default_rng(2)
    for height, width in sizes(100):
        least, divisor = (int(n) for n in rng.integers(1, 400, 2))
        pad = ba.PadIfNeeded(min_height=least, height_divisor=divisor, min_width=least)
        out = pad(np.zeros((height, width), np.uint8), **AT)
        allowed = (n for n in range(max(height, least), 1000) if n % divisor == 0)
        assert out.shape == (next(allowed), max(width, least))


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
def test_where_the_image_sits(position, place):
    image = np.full((4, 4), 9, np.uint8)
    pad = ba.PadIfNeeded(min_height=9, min_width=11, position=position)
    box = ba.LetterBox((9, 11), upscale=False, position=position)
    for op in (pad, box):
        out = op(image, **AT)
        top, left = place
        assert out.shape == (9, 11)
        assert (out[top : top + 4, left : left + 4] == 9).all() and (out == 9).sum() == 16
        # No draw decides it, so that no address is needed.
        assert np.array_equal(op(image), out)


def test_random_positions_are_uniform_and_shared():
    """By the same words in both ops."""
    pad = ba.PadIfNeeded(min_height=7, min_width=6, position="random", name="at")
    box = ba.LetterBox((7, 6), upscale=False, position="random", name="at")
    places = []
    for index in range(1200):
        at = {"seed": 1, "epoch": 0, "index": index, "shape": (4, 4, 3)}
        found = [op.params(**at)["ops"][0]["params"] for op in (pad, box)]
        assert found[0] == found[1]
        places.append((found[0]["top"], found[0]["left"]))
    counts = np.bincount([3 * top + left for top, left in places])
    assert len(counts) == 12 and ((counts - 100) ** 2 / 100).sum() < 31.3  # 11 degrees: 0.1%


@pytest.mark.parametrize("upscale", [True, False])
def test_letter_box_fits_by_exact_ratios(upscale):
    for (height, width), (h, w) in zip(sizes(300), reversed(sizes(300)), strict=True):
        ratio = min(Fraction(height, h), Fraction(width, w))
        ratio = ratio if upscale else min(ratio, 1)
        rows, columns = (max(1, math.floor(n * ratio + Fraction(1, 2))) for n in (h, w))
        out = ba.LetterBox((height, width), upscale=upscale, interpolation="nearest", fill=7)(
            np.full((h, w), 200, np.uint8), **AT
        )
        inside = np.argwhere(out == 200)
        top, left = (height - rows) // 2, (width - columns) // 2
        assert out.shape == (height, width)
        assert inside.min(axis=0).tolist() == [top, left]
        assert (inside.max(axis=0) + 1).tolist() == [top + rows, left + columns]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "lanczos"])
def test_letter_box_is_resize_and_pad(interpolation, dtype):
    how = {"interpolation": interpolation, "antialias": interpolation != "lanczos"}
    for shape in [(31, 67, 3), (80, 20, 1), (9, 24, 4), (48, 48, 3)]:
        image, mask = pattern(shape, dtype), pattern(shape[:2], "uint16", 1)
        h, w = shape[:2]
        ratio = min(Fraction(24, h), Fraction(40, w))
        rows, columns = (math.floor(n * ratio + Fraction(1, 2)) for n in (h, w))
        top, left = (24 - rows) // 2, (40 - columns) // 2
        padding = (left, top, 40 - columns - left, 24 - rows - top)
        given = {"image": image, "mask": mask, "bboxes": [[1, 2, 7, 8.5]], "keypoints": [[3, 4]]}
        fills = {"fill": 0.75, "fill_mask": 9}
        one = ba.LetterBox((24, 40), **how, **fills)(**given, **AT)
        steps = ba.Compose([ba.Resize(height=rows, width=columns, **how), ba.Pad(padding, **fills)])
        other = steps(**given, **AT)
        for name in given:
            assert np.array_equal(one[name], other[name]), name


def test_letter_box_moves_boxes_by_the_ratio_of_each_axis():
    """So that they stay on the pixels: 3 of 5 columns become 7 of 11, and not 7.2."""
    image = np.zeros((9, 5), np.uint8)
    image[:, :3] = 255
    out = ba.LetterBox((20, 30), interpolation="nearest")(
        image=image, bboxes=[[0, 0, 3, 9]], keypoints=[[2.5, 8.5]], **AT
    )
    left = (30 - 11) // 2
    expected = [left, 0, 3 * (11 / 5) + left, 9 * (20 / 9)]
    assert out["bboxes"].tolist() == [expected]
    assert out["keypoints"].tolist() == [[expected[2] - 0.5, expected[3] - 0.5]]
    columns = np.flatnonzero(out["image"].any(axis=0))
    assert columns[0] == left and abs(columns[-1] + 1 - expected[2]) <= 0.5


def test_what_is_too_large_is_refused():
    image = np.zeros((4, 4), np.uint8)
    for op in (
        ba.PadIfNeeded(min_height=2**31 - 1),
        ba.PadIfNeeded(width_divisor=2**31 - 1, border="edge"),
        ba.LetterBox(2**31 - 1),
    ):
        with pytest.raises(ValueError, match="fewer than 2147483648 pixels"):
            op(image, **AT)
