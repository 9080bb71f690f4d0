"""GaussianBlur against the exact convolution, constant images and OpenCV."""

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.ndimage import correlate1d

from tests.reference import convolve
from tests.reference.ops.gaussian_blur import heights
from tests.reference.pipeline import run

PHOTO = Path(__file__).parents[1] / "demo/photos/cat.png"
KERNELS = [
    *[(3, 0.3), (3, 0.8), (5, 1.1), (9, 1.6), (15, 3.3), (23, 4.0), (31, 100.0), (63, 9.0)],
    *[(127, 18.0), (255, 1.0), (255, 36.0), (255, 1e6)],
]
DTYPES = {"uint8": 255, "uint16": 65535, "float32": 1}


def blur(image, size, sigma):
    node = {"op": "GaussianBlur", "version": 1, "p": 1.0}
    node |= {"blur_limit": [size, size], "sigma_limit": [sigma, sigma]}
    return run(node, image, seed=1, epoch=0, index=0)


def exact_weights(size, sigma):
    d = np.arange(size) - size // 2
    weights = np.exp(-d * d / (2 * sigma * sigma))
    return weights / weights.sum()


def exact(image, size, sigma):
    weights = exact_weights(size, sigma)
    for axis in 0, 1:
        image = correlate1d(image.astype(np.float64), weights, axis, mode="mirror")
    return image


def photo(dtype):
    values = cv2.imread(str(PHOTO))[100:220, 100:200] / 255 * DTYPES[dtype]
    return values.astype(dtype) if dtype == "float32" else np.rint(values).astype(dtype)


def images(dtype):
    """Noise, black and white noise, sparse dots, thin and thick stripes, a photo."""
    rng = np.random.default_rng(0)
    noise = rng.random((90, 80, 3))
    stripes = [np.tile((np.arange(80) // n % 2)[:, None], (90, 1, 3)) for n in (1, 9)]
    for values in noise, noise < 0.5, noise < 0.02, *stripes:
        values = values * DTYPES[dtype]
        yield values.astype(dtype) if dtype == "float32" else np.rint(values).astype(dtype)
    yield photo(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("size", "sigma"), KERNELS)
def test_exact_convolution(dtype, size, sigma):
    bound = {"uint8": 0.52, "uint16": 0.501, "float32": 2e-6}[dtype]
    for image in images(dtype):
        error = np.abs(blur(image, size, sigma) - exact(image, size, sigma))
        assert error.max() < bound


def test_no_uint8_image_is_further_off():
    """The largest error that any image could have with a kernel, from its weights alone."""
    rng = np.random.default_rng(0)
    for size in range(1, 256, 2):
        for sigma in *np.geomspace(0.1, 200, 12), *rng.uniform(0.1, 40, 12), 1e6:
            half = heights(size, float(sigma))
            bits, weights = convolve.fixed_uint8(half)
            side = np.zeros(size // 2 + 1)
            side[: len(weights)] = np.array(weights) / 2.0**bits
            wrong = np.concatenate([side[:0:-1], side]) - exact_weights(size, sigma)
            assert abs(wrong.sum()) < 1e-12
            rounding = 1 / 2 + 1 / 128
            assert rounding + 2 * 255 * np.maximum(wrong, 0).sum() < 0.74, (size, sigma)


@pytest.mark.parametrize("dtype", DTYPES)
def test_constant_images_stay(dtype):
    rng = np.random.default_rng(0)
    values = {
        "uint8": np.arange(256),
        "uint16": np.append(rng.integers(0, 65536, 100), [0, 65535]),
        "float32": np.append(rng.normal(size=100), [0, 1, 1e30]),
    }
    # One value per channel; the width is the wider direction.
    image = np.broadcast_to(values[dtype].astype(dtype), (1, 40, len(values[dtype])))
    sizes, sigmas = (1, 3, 5, 23, 63, 255), (0.1, 0.5, 1.3, 1.8, 3.0, 7.7, 1e5)
    for size, sigma in itertools.product(sizes, sigmas):
        assert (blur(image, size, sigma) == image).all()


@pytest.mark.parametrize(("dtype", "bound"), [("uint8", 1), ("uint16", 1), ("float32", 2e-6)])
@pytest.mark.parametrize(("size", "sigma"), KERNELS)
def test_opencv(dtype, bound, size, sigma):
    """On a photo. On stripes OpenCV's uint8 is up to 3.3 from the exact convolution itself."""
    image = photo(dtype)
    border = cv2.BORDER_REFLECT_101
    theirs = cv2.GaussianBlur(image, (size, size), sigma, sigmaY=sigma, borderType=border)
    difference = np.abs(blur(image, size, sigma).astype(np.float64) - theirs)
    assert difference.max() <= bound
    if dtype != "float32":
        assert (difference > 0).mean() < 0.2


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 9, 3), (7, 1, 4), (2, 3, 7)])
def test_kernels_wider_than_the_image(dtype, shape):
    image = (np.random.default_rng(0).random(shape) * DTYPES[dtype]).astype(dtype)
    error = np.abs(blur(image, 255, 60.0) - exact(image, 255, 60.0))
    assert error.max() < {"uint8": 0.74, "uint16": 0.51, "float32": 2e-6}[dtype]


def test_size_follows_sigma():
    image = np.zeros((1, 99, 1), np.uint16)
    image[0, 49] = 65535
    node = {"op": "GaussianBlur", "version": 1, "p": 1.0}
    node |= {"blur_limit": [0, 0], "sigma_limit": [2.0, 2.0]}
    out = run(node, image, seed=1, epoch=0, index=0)
    assert (np.flatnonzero(out[0, :, 0]) == np.arange(49 - 7, 49 + 8)).all()


def test_not_a_number():
    image = np.full((9, 9, 1), 0.5, np.float32)
    image[4, 4] = np.uint32(0xFFC01234).view(np.float32)
    out = blur(image, 3, 1.0)
    assert (np.isnan(out[3:6, 3:6])).all() and np.isnan(out).sum() == 9
    assert (out[np.isnan(out)].view(np.uint32) == 0x7FC00000).all()
