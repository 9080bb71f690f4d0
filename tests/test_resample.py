"""Resizing against Pillow, OpenCV and the exact sums; docs/spec/resample.md has the bounds."""

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.deep import deep
from tests.reference import pipeline, resample
from tests.reference.draws import Draws
from tests.reference.ops import random_resized_crop

PILLOW = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
FILTERS = ["box", "bilinear", "bicubic", "lanczos"]
SIZES = [  # height, width of input and output
    ((64, 64), (32, 32)),
    ((170, 191), (112, 112)),
    ((50, 66), (112, 112)),
    ((37, 53), (64, 99)),
    ((64, 64), (37, 53)),
    ((80, 80), (79, 81)),
    ((50, 60), (50, 99)),
    ((128, 128), (127, 65)),
    ((33, 33), (99, 99)),
    ((600, 300), (8, 3)),
    ((16, 16), (160, 48)),
    ((1, 40), (7, 1)),
    ((40, 1), (1, 7)),
]


def resize(image, height, width, interpolation, antialias=True):
    node = {
        "op": "Resize",
        "version": 1,
        "p": 1.0,
        "height": height,
        "width": width,
        "interpolation": interpolation,
        "antialias": antialias,
    }
    return pipeline.run(node, image, seed=0, epoch=0, index=0)


def pictures(height, width):
    """Noise, black-and-white noise, stripes and dots, and a smooth scene with edges and grain."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width]
    noise = rng.integers(0, 256, (height, width, 3))
    stripes = np.stack([x % 2, y % 2, (x % 7 == 3) & (y % 5 == 2)], -1) * 255
    waves = 128 + 90 * np.sin(x / 11.0) * np.cos(y / 17.0) + 40 * (x * 3 > y * 2)
    scene = waves[..., None] * [1.0, 0.8, 0.5] + rng.normal(0, 3, noise.shape)
    for picture in (noise, rng.integers(0, 2, noise.shape) * 255, stripes, np.clip(scene, 0, 255)):
        yield picture.astype(np.uint8)


def pillow(image, height, width, interpolation):
    """Pillow's resize, horizontal pass first: Pillow 13 takes the other order for some sizes."""
    across = Image.fromarray(image).resize((width, image.shape[0]), PILLOW[interpolation])
    return np.asarray(across.resize((width, height), PILLOW[interpolation]))


@pytest.mark.parametrize("interpolation", ["box", "bilinear"])
def test_box_and_bilinear_are_within_one_of_pillow(interpolation):
    for size, (height, width) in SIZES:
        for image in pictures(*size):
            expected = Image.fromarray(image).resize((width, height), PILLOW[interpolation])
            got = resize(image, height, width, interpolation)
            assert np.abs(got - np.asarray(expected, int)).max() <= 1, (size, height, width)


@pytest.mark.parametrize("interpolation", ["bicubic", "lanczos"])
def test_bicubic_and_lanczos_are_within_two_of_pillow(interpolation):
    count = beyond_one = 0
    for size, (height, width) in SIZES:
        for image in pictures(*size):
            expected = pillow(image, height, width, interpolation)
            apart = np.abs(resize(image, height, width, interpolation) - expected.astype(int))
            assert apart.max() <= 2, (size, height, width)
            count += apart.size
            beyond_one += (apart > 1).sum()
    assert beyond_one / count < 1e-4


def test_nearest_equals_pillow_and_opencv():
    # 512 -> 224 and the like: centres that fall exactly between two pixels
    lines = [(512, 224), (224, 512), (640, 224), (256, 224)]
    lines += [(n, out) for n in range(1, 90, 4) for out in range(1, 90, 3)]
    for n, out in lines:
        row = np.arange(n, dtype=np.int32)[None]
        expected = np.asarray(Image.fromarray(row).resize((out, 1), PILLOW["nearest"]))
        np.testing.assert_array_equal(resample.nearest(row, 1, out), expected)
        np.testing.assert_array_equal(resample.nearest(row.T, out, 1), expected.T)
        opencv = cv2.resize(row.astype(np.float32), (out, 1), interpolation=cv2.INTER_NEAREST_EXACT)
        np.testing.assert_array_equal(opencv, expected)
    for size, (height, width) in SIZES:
        for image in pictures(*size):
            expected = np.asarray(Image.fromarray(image).resize((width, height), PILLOW["nearest"]))
            np.testing.assert_array_equal(resize(image, height, width, "nearest"), expected)


def formula(interpolation, x):
    if interpolation == "box":
        return ((x > -0.5) & (x <= 0.5)).astype(float)
    x = np.abs(x)
    if interpolation == "bilinear":
        return np.maximum(1 - x, 0)
    if interpolation == "lanczos":
        return np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0)
    near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * (x**3 - 5 * x**2 + 8 * x - 4)
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def matrix(interpolation, n, out, antialias):
    """The weights of every output, as a matrix over all inputs."""
    if n == out:
        return np.eye(n)
    beyond = 0 if antialias else 3  # the edge, repeated
    step = max(n / out, 1) if antialias else 1
    j = np.arange(-beyond, n + beyond)
    center = (np.arange(out)[:, None] + 0.5) * (n / out)
    weights = formula(interpolation, (j - center + 0.5) * (1 / step))
    # Where the box ends between two samples, their range decides.
    support = step * {"box": 0.5, "bilinear": 1, "bicubic": 2, "lanczos": 3}[interpolation]
    first, end = np.floor(center - support + 0.5), np.floor(center + support + 0.5)
    weights *= (first <= j) & (j < end)
    weights /= weights.sum(1, keepdims=True)
    inside = np.zeros((n, out))
    np.add.at(inside, np.clip(j, 0, n - 1), weights.T)
    return inside.T


def exact(image, height, width, interpolation, antialias):
    """Both passes in float64; integers are clamped in between."""
    rows = matrix(interpolation, image.shape[0], height, antialias)
    cols = matrix(interpolation, image.shape[1], width, antialias)
    most = np.inf if image.dtype == np.float32 else np.iinfo(image.dtype).max
    between = np.einsum("hwc,jw->hjc", image.astype(float), cols, optimize=True)
    between = between if most == np.inf else np.clip(between, 0, most)
    out = np.einsum("ih,hjc->ijc", rows, between, optimize=True)
    return out if most == np.inf else np.clip(out, 0, most)


# Half a level for each pass, the first one's times the largest sum of the absolute values of an
# output's weights: 1, 1, 1.25, 1.54; and what the rounding of the weights adds.
BOUND = {"box": 1.02, "bilinear": 1.02, "bicubic": 1.15, "lanczos": 1.3}


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_integers_against_the_exact_sums(dtype, interpolation, antialias):
    rng = np.random.default_rng(1)
    most = np.iinfo(dtype).max
    worst = 0.0
    for size, (height, width) in SIZES:
        for noise in (rng.integers(0, most + 1, (*size, 3)), rng.integers(0, 2, (*size, 3)) * most):
            image = noise.astype(dtype)
            expected = exact(image, height, width, interpolation, antialias)
            got = resize(image, height, width, interpolation, antialias)
            worst = max(worst, np.abs(got - expected).max())
    assert worst <= BOUND[interpolation]


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("interpolation", FILTERS)
def test_floats_against_the_exact_sums(interpolation, antialias):
    """An error of half an ulp for each weight, product and sum: 2^-24 (samples + 1) per pass."""
    rng = np.random.default_rng(2)
    unit = 2.0**-24
    for size, (height, width) in SIZES:
        image = rng.normal(0.5, 1, (*size, 3)).astype(np.float32)
        expected = exact(image, height, width, interpolation, antialias)
        got = resize(image, height, width, interpolation, antialias)
        rows = np.abs(matrix(interpolation, size[0], height, antialias))
        cols = np.abs(matrix(interpolation, size[1], width, antialias))
        scale = np.einsum("ih,hwc,jw->ijc", rows, np.abs(image).astype(float), cols, optimize=True)
        count = (rows > 0).sum(1).max() + (cols > 0).sum(1).max() + 4
        assert (np.abs(got - expected) <= count * unit * scale).all(), (size, height, width)


@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_flat_images_stay(dtype, interpolation):
    most = np.iinfo(dtype).max
    for size, (height, width) in [*SIZES, ((1, 20000), (3, 2)), ((1, 1), (2, 900))]:
        for value in (1, most // 3, most):
            for antialias in (True, False):
                flat = np.full((*size, 1), value, dtype)
                assert (resize(flat, height, width, interpolation, antialias) == value).all()


@pytest.mark.parametrize("n", [129, 4097, *deep([255, 1000, 30000])])
@pytest.mark.parametrize("interpolation", ["box", "bilinear"])
def test_huge_ratios(interpolation, n):
    """One pixel of thousands; a weight is no longer a whole number of 2^-14."""
    rng = np.random.default_rng(n)
    line = np.zeros((1, n), np.uint8)
    line[0, n // 3 : n // 2] = 255
    for image in (line, rng.integers(0, 256, line.shape).astype(np.uint8)):
        for out in (1, 2, 7):
            expected = Image.fromarray(image).resize((out, 1), PILLOW[interpolation])
            got = resize(image[..., None], 1, out, interpolation)[..., 0]
            assert np.abs(got - np.asarray(expected, int)).max() <= 1


@pytest.mark.parametrize("interpolation", FILTERS)
def test_the_worst_images_for_rounded_weights(interpolation):
    """White where weights of some number of bits are too large, black elsewhere; one pass."""
    for n in (16, 100, 128, 500, 3000):
        _, _, weights = resample.taps(interpolation, n, 1, True)
        for bits in (14, 20, 22):
            above = resample.fixed(weights, bits) / 2.0**bits > weights / weights.sum()
            for dtype, bound in (("uint8", 1.0), ("uint16", 0.5 + 0.004 * n)):
                image = (above[..., None] * np.iinfo(dtype).max).astype(dtype)
                expected = exact(image, 1, 1, interpolation, True)
                got = resize(image, 1, 1, interpolation)
                assert np.abs(got - expected).max() <= bound, (n, bits, dtype)


def test_without_antialias_bilinear_is_opencv():
    rng = np.random.default_rng(3)
    for (h, w), (height, width) in SIZES:
        image = rng.random((h, w, 3)).astype(np.float32)
        expected = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
        got = resize(image, height, width, "bilinear", antialias=False)
        assert np.abs(got - expected).max() < 2e-5


def test_a_crop_sees_nothing_outside():
    image = np.full((40, 50, 3), np.nan, np.float32)
    inside = np.random.default_rng(4).random((17, 9, 3)).astype(np.float32)
    image[5:22, 30:39] = inside
    params = {"top": 5, "left": 30, "height": 17, "width": 9}
    for interpolation in ["nearest", *FILTERS]:
        for antialias in (True, False):
            node = {"size": [12, 21], "interpolation": interpolation, "antialias": antialias}
            got = random_resized_crop.apply(node, params, image, [])
            np.testing.assert_array_equal(got, resize(inside, 12, 21, interpolation, antialias))
            assert np.isfinite(got).all()


def test_the_distribution_of_crops():
    op = {"scale": [0.2, 0.6], "ratio": [0.5, 2.0]}
    shape = (2000, 2000, 3)
    share, ratio, place = [], [], []
    for index in range(2000):
        draws = Draws(1, 0, index)
        draws.word()
        crop = random_resized_crop.sample(op, shape, np.uint8, draws)
        height, width = crop["height"], crop["width"]
        share.append(height * width / 4e6)
        ratio.append(width / height)
        place.append((crop["top"] / (2001 - height), crop["left"] / (2001 - width)))
    # uniform area at ratio 1; log-uniform ratio: tilted only where a crop would not fit
    assert 0.199 < min(share) < 0.21 and 0.58 < max(share) < 0.601
    assert 0.499 < min(ratio) < 0.52 and 1.92 < max(ratio) < 2.002
    assert abs(np.log(ratio).mean()) < 0.03
    np.testing.assert_allclose(np.mean(place, 0), 0.5, atol=0.03)
    np.testing.assert_allclose(np.std(place, 0), 12**-0.5, atol=0.02)
