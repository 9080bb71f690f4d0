"""ImageCompression against Pillow's save and load, byte for byte."""

import io
import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import bitaug as ba

from .deep import deep

AT = {"seed": 1, "epoch": 0, "index": 0}
PHOTO = cv2.imread(str(Path(__file__).parents[1] / "demo/photos/cat.png"))[..., ::-1]
SUBSAMPLINGS = ["4:2:0", "4:2:2", "4:4:4"]


def pillow(image, quality, subsampling):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(file))


def check(image, quality, subsampling):
    op = ba.ImageCompression(quality_range=quality, subsampling=subsampling)
    ours, theirs = op(image, **AT), pillow(image, quality, subsampling)
    assert (ours == theirs).all(), (image.shape, quality, subsampling)


def check_sizes(heights, widths, seed):
    rng = np.random.default_rng(seed)
    for height, width in itertools.product(heights, widths):
        noise = rng.integers(0, 256, (height, width, 3), np.uint8)
        qualities = rng.integers(1, 101, 4)
        for quality, subsampling in zip(qualities, SUBSAMPLINGS, strict=False):
            check(noise, int(quality), subsampling)
        check(noise[..., 0], int(qualities[3]), "4:2:0")


def test_sizes():
    """Around whole blocks, and where chroma has one or two columns."""
    check_sizes([1, 2, 7, 16, 17], [1, 2, 3, 4, 5, 8, 15, 16, 17, 31], 0)


@pytest.mark.parametrize("height", deep(range(1, 41)))
def test_all_sizes(height):
    check_sizes([height], range(1, 41), height)


def adverse(rng):
    """Blocks of a coefficient's sign pattern, black and white."""
    u, v = rng.integers(0, 8, 2)
    wave = np.cos((2 * np.arange(8) + 1) * u * np.pi / 16)[:, None]
    wave = wave * np.cos((2 * np.arange(8) + 1) * v * np.pi / 16)
    block = np.where(wave * rng.choice([-1, 1]) >= 0, 255, 0).astype(np.uint8)
    return np.tile(block[..., None], (2, 3, 3))


def images():
    """A photo, noise, black and white, a gradient, constants, what transforms are large of."""
    rng = np.random.default_rng(0)
    yield np.ascontiguousarray(PHOTO[100:163, 80:195])
    noise = rng.integers(0, 256, (40, 51, 3), np.uint8)
    yield noise
    yield (noise & 1) * np.uint8(255)
    yield np.stack(np.broadcast_arrays(*np.ogrid[:48, :64], 7), 2).astype(np.uint8) * 4
    for value in 0, 129, 255:
        yield np.full((9, 10, 3), value, np.uint8)
    yield from (adverse(rng) for _ in range(4))


IMAGES = list(images())


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("quality", [1, 2, 10, 30, 49, 50, 51, 75, 90, 95, 99, 100])
def test_qualities(quality, subsampling):
    for image in IMAGES:
        check(image, quality, subsampling)
        check(np.ascontiguousarray(image[..., 0]), quality, subsampling)


@pytest.mark.parametrize("quality", deep(range(1, 101)))
def test_all_qualities(quality):
    rng = np.random.default_rng(quality)
    for image, subsampling in itertools.product(
        [PHOTO, *IMAGES, *(adverse(rng) for _ in range(40))], SUBSAMPLINGS
    ):
        check(np.ascontiguousarray(image), quality, subsampling)


def test_opencv_has_the_same_bytes():
    _, file = cv2.imencode(".jpg", PHOTO[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    theirs = cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1]
    assert (ba.ImageCompression(quality_range=80)(PHOTO, **AT) == theirs).all()


def test_other_types_are_bytes_between():
    op = ba.ImageCompression(quality_range=60)
    expected = op(PHOTO, **AT)
    rng = np.random.default_rng(0)
    wide = PHOTO.astype(np.uint16) * 257
    wide = np.clip(wide + rng.integers(-128, 129, wide.shape), 0, 65535).astype(np.uint16)
    assert (op(wide, **AT) == expected.astype(np.uint16) * 257).all()
    floats = PHOTO / np.float32(255)
    assert (op(floats, **AT) == expected / np.float32(255)).all()
    floats[5, 7] = np.nan
    made = op(floats, **AT)
    assert np.isnan(made).sum() == 3 and np.isnan(made[5, 7]).all()


def test_qualities_are_drawn_from_the_whole_range():
    op = ba.ImageCompression(quality_range=(40, 43))
    params = [op.params(seed=3, epoch=0, index=i, shape=(9, 9)) for i in range(100)]
    assert {p["ops"][0]["params"]["quality"] for p in params} == {40, 41, 42, 43}
