"""Perspective against OpenCV, Pillow, exact evaluation, and what must hold exactly."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from PIL import Image

import bitaug as ba
from tests.reference import warp
from tests.reference.ops import perspective
from tests.test_warp import BORDERS, DTYPES, FILL, INTERPOLATIONS, exactly, noise

OUTPUTS = {"in": ["same", "fit", "shrink", "quad"], "out": ["same", "fit", "shrink"]}
WAYS = [(direction, output) for direction, outputs in OUTPUTS.items() for output in outputs]
CORNERS = [[20.5, 10.0], [200.0, 25.25], [210.0, 140.0], [8.0, 120.5]]


def at(index=0):
    return {"seed": 1, "epoch": 0, "index": index}


def applied(op, corners, **targets):
    """The op with these corners instead of those drawn."""
    image = targets["image"]
    drawn = op.params(**at(), shape=image.shape, dtype=image.dtype)
    drawn["ops"][0]["params"] = {"corners": corners}
    return op.apply(drawn, **targets)


def inverse(corners, shape, direction="in", output="same"):
    op = {"direction": direction, "output": output}
    return perspective.inverse(op, {"corners": corners}, shape)


def drawn(count, direction, output):
    """Corners that are drawn, and the shape of their image."""
    most = 0.2 if (direction, output) in (("in", "fit"), ("in", "shrink")) else 1 / 3
    op = ba.Perspective(distortion=(0, most), direction=direction, output=output)
    rng = np.random.default_rng(4)
    for index in range(count):
        shape = tuple(rng.integers(1, 300, 2).tolist())
        params = op.params(**at(index), shape=shape)
        yield params["ops"][0]["params"]["corners"], shape


def opencv(image, m, size, border):
    """The same map in pixel indices."""
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    matrix = np.linalg.inv(half) @ np.reshape(m, (3, 3)) @ half
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    mode = BORDERS[border][1]
    return cv2.warpPerspective(
        image, matrix, size[::-1], flags=flags, borderMode=mode, borderValue=FILL
    )


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("direction", OUTPUTS)
def test_against_opencv(direction, border):
    limit = 1 if int(cv2.__version__.split(".")[0]) >= 5 else 9
    for index in range(4):
        image = noise("uint8", seed=index)
        op = ba.Perspective(distortion=(0.3, 0.33), direction=direction, border=border, fill=FILL)
        corners = op.params(**at(index), shape=image.shape)["ops"][0]["params"]["corners"]
        m, size = inverse(corners, image.shape, direction)
        want = opencv(image, m, size, border)
        assert np.abs(op(image, **at(index)).astype(int) - want).max() <= limit


def test_against_pillow():
    """Where all taps are inside, as fill is not mixed there; it cuts off what is over a level."""
    image = noise("uint8")
    m, _ = inverse(CORNERS, image.shape)
    coefficients = [v / m[8] for v in m[:8]]
    size, kind = image.shape[1::-1], Image.Transform.PERSPECTIVE
    filter = Image.Resampling.BILINEAR
    want = np.asarray(Image.fromarray(image).transform(size, kind, coefficients, filter))
    got = applied(ba.Perspective(), CORNERS, image=image)["image"]
    assert np.abs(got.astype(int) - want).max() <= 2


# How far the value before the last rounding is from exact: the coordinates are as good as those of
# affine maps.
BEFORE_ROUNDING = {
    ("bilinear", "uint8"): 0.9962,
    ("bilinear", "uint16"): 1.004,
    ("bicubic", "uint8"): 0.59,
    ("bicubic", "uint16"): 0.02,
    ("bilinear", "float32"): 4e-7,
    ("bicubic", "float32"): 1e-6,
}


@pytest.mark.parametrize("direction", OUTPUTS)
@pytest.mark.parametrize(("interpolation", "dtype"), BEFORE_ROUNDING)
def test_against_exact(interpolation, dtype, direction):
    image = noise(dtype)
    op = ba.Perspective(direction=direction, interpolation=interpolation, border="reflect")
    out = applied(op, CORNERS, image=image)["image"]
    m, _ = inverse(CORNERS, image.shape, direction)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    u, v, w = (m[i] * x + m[i + 1] * y + m[i + 2] for i in (0, 3, 6))
    want = exactly(image, [u / w - 0.5, v / w - 0.5], interpolation, "reflect")
    if dtype != "float32":
        want = np.clip(want, 0, np.iinfo(dtype).max)
    rounding = 0.5 if dtype != "float32" else 0
    assert np.abs(out - want).max() <= BEFORE_ROUNDING[interpolation, dtype] + rounding


def test_coordinates_are_as_exact_as_stated():
    rng = np.random.default_rng(5)
    for direction, output in WAYS:
        for corners, shape in drawn(20, direction, output):
            m, size = inverse(corners, shape, direction, output)
            got = warp.projective(m, size)
            for x, y in zip(*(rng.integers(0, n, 20) for n in size[::-1]), strict=True):
                point = Fraction(2 * int(x) + 1, 2), Fraction(2 * int(y) + 1, 2)
                rows = [[Fraction(v) for v in m[i : i + 3]] for i in (0, 3, 6)]
                u, v, w = (a * point[0] + b * point[1] + c for a, b, c in rows)
                if w < Fraction(1, 2**9):
                    continue
                sums = [abs(a) * size[1] + abs(b) * size[0] + abs(c) for a, b, c in rows]
                large = float(max(sums[:2]) / w * (1 + (sums[2] - abs(rows[2][2])) / w))
                for found, exact in zip(got, (u / w, v / w), strict=True):
                    want = min(max(exact - Fraction(1, 2), -(2**18)), 2**18)
                    error = abs(Fraction(int(found[y, x]), 2**32) - want)
                    assert error <= 2.0**-33 + 2.0**-50 * large


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("direction", "output"), WAYS)
def test_no_distortion_is_the_identity(direction, output, dtype):
    image = noise(dtype, (37, 61, 3))
    for interpolation in INTERPOLATIONS:
        for border in BORDERS:
            op = ba.Perspective(
                distortion=(0, 0), direction=direction, output=output, border=border,
                interpolation=interpolation, fill=FILL,
            )  # fmt: skip
            assert np.array_equal(op(image, **at()), image)


@pytest.mark.parametrize(("direction", "output"), WAYS)
def test_points_go_where_pixels_are_read_from(direction, output):
    """F(g(p)) = p, and the library's F is the twin's."""
    rng = np.random.default_rng(6)
    for index, (corners, shape) in enumerate(drawn(50, direction, output)):
        op = {"direction": direction, "output": output}
        m, size = perspective.inverse(op, {"corners": corners}, shape)
        there = perspective.map(op, {"corners": corners}, shape)
        points = rng.uniform(0, 1, (20, 2)) * size[::-1]
        sources = [perspective.forward(m, point) for point in points]
        back = np.array([perspective.forward(there, source) for source in sources])
        assert np.abs(back - points).max() <= 1e-9 * max(*size, *shape)
        if index < 5:
            made = applied(
                ba.Perspective(direction=direction, output=output), corners,
                image=np.zeros(shape, np.uint8), keypoints=points,
            )  # fmt: skip
            want = np.array([perspective.forward(there, point) for point in points + 0.5])
            np.testing.assert_array_equal(made["keypoints"], want - 0.5)
            assert made["image"].shape == size


def frame_of(width, height):
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], float)


@pytest.mark.parametrize(("direction", "output"), WAYS)
def test_outputs_hold_what_they_say(direction, output):
    for corners, shape in drawn(100, direction, output):
        op = {"direction": direction, "output": output}
        (height, width), frame = (
            inverse(corners, shape, direction, output)[1],
            frame_of(*shape[::-1]),
        )
        there = perspective.map(op, {"corners": corners}, shape)
        quadrilateral = np.array([perspective.forward(there, corner) for corner in corners])
        outline = np.array([perspective.forward(there, corner) for corner in frame])
        slack = 1e-6 * max(shape)
        if output in ("same", "quad"):
            moved, want = (
                (quadrilateral, frame_of(width, height)) if direction == "in"
                else (outline, np.array(corners))
            )  # fmt: skip
            assert np.abs(moved - want).max() <= slack
        else:
            low, high = outline.min(0), outline.max(0)
            assert (low >= -slack).all() and (high <= np.array([width, height]) + slack).all()
        if output == "fit":
            assert np.abs(low + high - (width, height)).max() <= slack  # in the middle
            assert (np.array([width, height]) - (high - low) < 1 + slack).all()
        if output == "shrink":
            assert (height, width) == shape
            same = perspective.map(op | {"output": "same"}, {"corners": corners}, shape)
            before = np.array([perspective.forward(same, corner) for corner in frame])
            middle = np.array([width, height]) / 2
            factor = np.linalg.norm(outline - middle) / np.linalg.norm(before - middle)
            inside = (before >= -slack).all() and (before <= [width + slack, height + slack]).all()
            assert factor <= 1 + 1e-9 and (factor >= 1 - 1e-5) == inside


def test_a_horizon_in_the_output():
    """What lies beyond it is nowhere in the image; boxes are those of what can be seen."""
    image = np.full((100, 100, 3), 200, np.uint8)
    corners = [[45.0, 50.0], [55.0, 50.0], [100.0, 100.0], [0.0, 100.0]]
    made = applied(
        ba.Perspective(direction="out", fill=7.0), corners, image=image,
        bboxes=[[0, 0, 100, 100], [0, 50, 100, 100]],
    )  # fmt: skip
    assert (made["image"][:49] == 7).all() and (made["image"][51:98, 49:51] == 200).all()
    assert made["bboxes"][0].tolist() == pytest.approx([0, 50, 100, 100])
    m, size = inverse(corners, image.shape, "out")
    assert (m[6] * 50 + m[7] * 0.5 + m[8] < 0) and size == (100, 100)


@pytest.mark.parametrize(
    "corners",
    [
        [[0, 0], [5, 0], [5, 5], [5, 5]],  # no area at a corner
        [[0, 0], [5, 5], [5, 0], [0, 5]],  # crossed
        [[0, 0], [0, 5], [5, 5], [5, 0]],  # the other way round
        [[4, 4], [5, 0], [5, 5], [0, 5]],  # not convex
        [[0, 0], [2, 0], [4, 0], [0, 5]],  # three in line
        [[0, 0], [1e10, 0], [1e10, 5], [0, 5]],
        [[0, 0], [1e-200, 0], [1e-200, 1e-200], [0, 1e-200]],
    ],
)
def test_corners_of_no_convex_quadrilateral_are_refused(corners):
    with pytest.raises(ValueError, match=r"Perspective: (corners|map)="):
        applied(ba.Perspective(), corners, image=np.zeros((9, 9), np.uint8))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"distortion": (0, 0.34)},
            r"distortion=\(0, 0.34\): two numbers lo <= hi within 0 to 0.33",
        ),
        ({"distortion": (-0.1, 0.1)}, "distortion="),
        ({"direction": "out", "output": "quad"}, 'output=quad: "same", "fit" or "shrink"'),
        ({"distortion": (0, 0.25), "output": "fit"}, r"distortion=\(0, 0.25\): at most 0.2 with"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ValueError, match=f"Perspective: {message}"):
        ba.Perspective(**options)


def test_an_output_with_sides_too_long_is_refused():
    with pytest.raises(ValueError, match="Perspective: size=200000 x 10: sides of at most 131072"):
        applied(
            ba.Perspective(output="quad"), [[0, 0], [10, 0], [10, 200000], [0, 200000]],
            image=np.zeros((9, 9), np.uint8),
        )  # fmt: skip
