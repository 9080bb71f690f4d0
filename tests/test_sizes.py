"""What size the ops of sizes make, where the image sits, and what it is made of."""

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
        ba.SmallestMaxSize(2**31 - 1),
        ba.RandomScale((1e5, 1e5)),
    ):
        with pytest.raises(ValueError, match="fewer than 2147483648 pixels"):
            op(image, **AT)


def nearest(n, ratio):
    return max(1, math.floor(n * ratio + Fraction(1, 2)))


@pytest.mark.parametrize("upscale", [True, False])
def test_the_longest_and_the_smallest_side_by_exact_ratios(upscale):
    for (height, width), (h, w) in zip(sizes(150), reversed(sizes(150)), strict=True):
        ratios = Fraction(height, h), Fraction(width, w)
        for op, ratio in (ba.LongestMaxSize, min(ratios)), (ba.SmallestMaxSize, max(ratios)):
            ratio = ratio if upscale else min(ratio, 1)
            made = op((height, width), upscale=upscale, interpolation="nearest")
            out = made(np.zeros((h, w), np.uint8))
            assert out.shape == (nearest(h, ratio), nearest(w, ratio))
            # One integer is the longer side, or the shorter.
            side = max(h, w) if op is ba.LongestMaxSize else min(h, w)
            ratio = Fraction(height, side) if upscale else min(Fraction(height, side), 1)
            out = op(height, upscale=upscale, interpolation="nearest")(np.zeros((h, w), np.uint8))
            assert out.shape == (nearest(h, ratio), nearest(w, ratio))


def drawn(op, shape, index):
    """Height and width as parameters have them."""
    at = AT | {"index": index}
    (made,) = op.params(**at, shape=(*shape, 3))["ops"]
    return made["params"]["height"], made["params"]["width"]


def test_the_shortest_side_is_one_of_the_sizes():
    for h, w in sizes(100):
        op, found = ba.RandomShortestSize((60, 100), max_size=150), set()
        for index in range(12):
            found.add(drawn(op, (h, w), index))
        ratios = [min(Fraction(s, min(h, w)), Fraction(150, max(h, w))) for s in (60, 100)]
        assert found == {(nearest(h, ratio), nearest(w, ratio)) for ratio in ratios}
        (size,) = {drawn(ba.RandomShortestSize(60), (h, w), index) for index in range(3)}
        assert size == tuple(nearest(n, Fraction(60, min(h, w))) for n in (h, w))


def test_a_random_size_includes_both_ends():
    found = {drawn(ba.RandomResize((3, 6)), (10, 25), index) for index in range(60)}
    assert found == {(s, nearest(25, Fraction(s, 10))) for s in (3, 4, 5, 6)}


def test_a_random_scale_is_that_of_both_sides():
    """The factor is uniform, and the jitter's that of what fits."""
    scale = ba.RandomScale((0.5, 1.5), name="by")
    jitter = ba.ScaleJitter((3000, 1000), scale=(0.5, 1.5), name="by")
    factors = []
    for index in range(400):
        height, width = drawn(scale, (2000, 1000), index)
        assert abs(height - 2 * width) <= 1
        factors.append(height / 2000)
        # 1000 x 500 fits into it twice.
        assert drawn(jitter, (1000, 500), index) == (height, width)
    assert abs(np.mean(factors) - 1) < 0.05 and min(factors) < 0.52 and max(factors) > 1.48
    for factor, size in ((0.5, (3, 2)), (1e-6, (1, 1)), (1.5, (8, 5))):
        assert drawn(ba.RandomScale((factor, factor)), (5, 3), 0) == size


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
def test_other_sizes_are_resizes(interpolation, dtype):
    how = {"interpolation": interpolation, "antialias": interpolation == "bilinear"}
    given = {
        "image": pattern((31, 47, 3), dtype),
        "mask": pattern((31, 47), "uint16", 1),
        "bboxes": [[1, 2, 7, 8.5], [30, 10, 47, 31]],
        "keypoints": [[3, 4], [46.5, 0.25]],
    }
    for op in (
        ba.LongestMaxSize(40, **how),
        ba.SmallestMaxSize((50, 20), **how),
        ba.RandomShortestSize((20, 40), max_size=50, **how),
        ba.RandomResize((20, 50), **how),
        ba.RandomScale((0.5, 2), **how),
        ba.ScaleJitter((40, 40), **how),
    ):
        one = op(**given, **AT)
        height, width = one["image"].shape[:2]
        other = ba.Resize(height=height, width=width, **how)(**given, **AT)
        for name in given:
            assert np.array_equal(one[name], other[name]), (op, name)


def test_an_edited_size_is_checked():
    op, image = ba.RandomScale(), np.zeros((8, 9, 3), np.uint8)
    params = op.params(**AT, shape=image.shape)
    params["ops"][0]["params"] = {"height": 5, "width": 4}
    assert op.apply(params, image).shape == (5, 4, 3)
    params["ops"][0]["params"] = {"height": 0, "width": 4}
    with pytest.raises(ValueError, match="RandomScale: params: height=0: an integer within 1"):
        op.apply(params, image)
