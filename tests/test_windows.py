"""Blur, MedianBlur and Morphological against OpenCV and SciPy, and what they are defined by."""

import cv2
import numpy as np
import pytest
from scipy.ndimage import median_filter

import bitaug as ba

AT = {"seed": 1, "epoch": 0, "index": 0}
DTYPES = {"uint8": 255, "uint16": 65535, "float32": 1}
SIDES = [3, 5, 7, 9, 15, 31, 101]
SHAPES = [(60, 300, 3), (33, 65, 1), (1, 1, 1), (2, 9, 4)]


def blur(image, side, op=ba.Blur):
    return op(blur_limit=(side, side))(image, layout="HWC", **AT)


def images(dtype, shape):
    """Noise, few values, black and white."""
    rng = np.random.default_rng(0)
    noise = rng.random(shape)
    for values in noise, np.floor(noise * 5) / 4, noise < 0.5:
        values = values * DTYPES[dtype]
        yield values.astype(dtype) if dtype == "float32" else np.rint(values).astype(dtype)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("dtype", "bound"), [("uint8", 1), ("uint16", 1), ("float32", 2e-6)])
def test_means_by_opencv(dtype, bound, shape):
    for image in images(dtype, shape):
        for side in SIDES:
            theirs = cv2.blur(image, (side, side)).reshape(shape)
            difference = np.abs(blur(image, side).astype(np.float64) - theirs)
            assert difference.max() <= (0 if dtype == "uint8" and side <= 31 else bound)
            if dtype != "float32":
                assert (difference > 0).mean() < 0.03


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_medians_by_opencv_and_scipy(dtype, shape):
    for image in images(dtype, shape):
        for side in SIDES[: 6 if image.size < 1000 else 4]:
            ours = blur(image, side, ba.MedianBlur)
            theirs = median_filter(image, (side, side, 1), mode="nearest")
            assert (ours == theirs).all()
            if dtype == "uint8" or side <= 5:
                assert (ours == cv2.medianBlur(image, side).reshape(shape)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", [ba.Blur, ba.MedianBlur])
def test_the_widest_windows(op, dtype):
    """All of the image many times over, and a constant one stays as it is."""
    image = (np.random.default_rng(0).random((5, 7, 2)) * DTYPES[dtype]).astype(dtype)
    out = blur(image, 255, op)
    if op is ba.MedianBlur:
        assert (out == median_filter(image, (255, 255, 1), mode="nearest")).all()
    else:
        margins = [(127, 127), (127, 127), (0, 0)]
        windows = np.lib.stride_tricks.sliding_window_view(
            np.pad(image.astype(np.float64), margins, "reflect"), (255, 255), (0, 1)
        )
        bound = 3e-6 if dtype == "float32" else 0.5
        assert np.abs(out - windows.mean((-2, -1))).max() <= bound
    for value in 0, DTYPES[dtype] / 3, DTYPES[dtype]:
        constant = np.full((5, 7, 2), value, dtype)
        assert (blur(constant, 255, op) == constant).all()


@pytest.mark.parametrize("side", [3, 7, 9])
def test_medians_of_what_is_no_number(side):
    image = np.full((9, 12, 1), -0.0, np.float32)
    image[:, 6:] = np.uint32(0xFFC01234).view(np.float32)
    image[0, 0] = np.inf
    out = blur(image, side, ba.MedianBlur).view(np.uint32)
    assert (out[:, :6] == 0).all() and (out[:, 6:] == 0x7FC00000).all()


@pytest.mark.parametrize("op", [ba.Blur, ba.MedianBlur])
def test_sides_are_odd_and_cover_the_range(op):
    pipeline = op(blur_limit=(5, 11))
    params = [pipeline.params(seed=3, epoch=0, index=i, shape=(9, 9)) for i in range(200)]
    sides = [p["ops"][0]["params"]["kernel_size"] for p in params]
    assert set(sides) == {5, 7, 9, 11}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_largest_and_the_least_by_opencv(dtype, shape):
    forms = {"rect": cv2.MORPH_RECT, "ellipse": cv2.MORPH_ELLIPSE, "cross": cv2.MORPH_CROSS}
    for image in images(dtype, shape):
        for side in (1, 2, 3, 4, 7, 12, 31):
            for form, theirs in forms.items():
                element = cv2.getStructuringElement(theirs, (side, side))
                for operation, by in ("dilation", cv2.dilate), ("erosion", cv2.erode):
                    op = ba.Morphological(operation=operation, size=side, shape=form)
                    want = by(image, element).reshape(shape)
                    assert np.array_equal(op(image, layout="HWC", **AT), want), (side, form)


@pytest.mark.parametrize("operation", ["dilation", "erosion"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_window_wider_than_the_image(operation, dtype):
    image = (np.random.default_rng(0).random((5, 7, 2)) * DTYPES[dtype]).astype(dtype)
    out = ba.Morphological(operation=operation, size=255)(image, layout="HWC", **AT)
    ends = image.max((0, 1)) if operation == "dilation" else image.min((0, 1))
    assert (out == ends).all()


@pytest.mark.parametrize("operation", ["dilation", "erosion"])
def test_what_is_no_number_grows(operation):
    image = np.full((6, 8, 1), -0.0, np.float32)
    image[2, 3] = np.uint32(0xFFC01234).view(np.float32)
    image[5, 7] = np.inf if operation == "erosion" else -np.inf
    op = ba.Morphological(operation=operation, size=3)
    out = op(image, layout="HWC", **AT).view(np.uint32)
    assert (out[1:4, 2:5] == 0x7FC00000).all() and (out != 0).sum() == 9
