"""Downscale against OpenCV, ISONoise against HLS in real numbers, ShotNoise against SciPy."""

import colorsys
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.stats import poisson

import bitaug as ba

AT = {"seed": 1, "epoch": 0, "index": 0}
PHOTO = cv2.imread(str(Path(__file__).parents[1] / "demo/photos/cat.png"))[..., ::-1]
PHOTO = np.ascontiguousarray(PHOTO[20:148, 40:200])


@pytest.mark.parametrize("scale", [0.5, 0.25, 0.125])
def test_downscale_by_opencv(scale):
    """Means of whole blocks, and pixels repeated."""
    op = ba.Downscale(scale_range=scale, downscale="box")
    small = cv2.resize(PHOTO, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    theirs = cv2.resize(small, PHOTO.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    assert np.abs(op(PHOTO, **AT).astype(int) - theirs).max() <= 1


def test_downscale_keeps_the_middle_of_each_block():
    out = ba.Downscale(scale_range=1 / 4)(PHOTO, **AT)
    assert (out == PHOTO[2::4, 2::4].repeat(4, 0).repeat(4, 1)).all()
    assert (ba.Downscale(scale_range=1)(PHOTO, **AT) == PHOTO).all()


def test_downscale_leaves_targets_alone():
    mask = np.arange(PHOTO.shape[0] * PHOTO.shape[1]).reshape(PHOTO.shape[:2])
    sample = ba.Downscale()(image=PHOTO, mask=mask, bboxes=[[1, 2, 30, 40]], **AT)
    assert (sample["mask"] == mask).all()
    assert np.array_equal(sample["bboxes"], [[1, 2, 30, 40]])


def test_iso_noise_keeps_saturation_and_lifts_lightness():
    made = ba.ISONoise(color_shift=0, intensity=1.0)(PHOTO, **AT)
    lifted = 0
    for before, after in zip(PHOTO.reshape(-1, 3)[::37], made.reshape(-1, 3)[::37], strict=True):
        hue, light, saturation = colorsys.rgb_to_hls(*(before / 255))
        _, more, _ = colorsys.rgb_to_hls(*(after / 255))
        assert more >= light - 1 / 255
        lifted += more > light + 1 / 255
        exact = np.array(colorsys.hls_to_rgb(hue, more, saturation)) * 255
        # Near black the saturation magnifies what is rounded.
        assert np.abs(after - exact).max() <= (3 if before.max() > 30 else 12)
    assert lifted > 100


def test_iso_noise_is_as_strong_as_said():
    """Of an image whose lightness has a known deviation: a Poisson count, and turns of hue."""
    image = np.empty((200, 400, 3), np.uint8)
    image[:, :200], image[:, 200:] = (60, 20, 20), (180, 140, 140)
    made = ba.ISONoise(color_shift=0.05, intensity=0.5)(image, **AT).astype(np.float64)
    # sigma = 60, so that 30 counts of 255 are added on average, with a deviation of sqrt(30).
    lightness = (made.max(2) + made.min(2)) / 2
    for half, start in zip(np.split(lightness, 2, 1), (40, 160), strict=True):
        share = (half - start) / (255 - start) * 255
        assert abs(share.mean() - 30) < 0.5 and abs(share.std() - np.sqrt(30)) < 0.3
    r, g, b = np.moveaxis(made[:, :200], 2, 0)
    hue = np.arctan2(np.sqrt(3) * (g - b), 2 * r - g - b) / (2 * np.pi)
    assert abs(hue.std() - 0.025) < 0.003 and abs(hue.mean()) < 0.001


def test_iso_noise_of_other_types_is_that_of_bytes():
    op = ba.ISONoise(intensity=0.5)
    noise = op(PHOTO, **AT).astype(np.int64) - PHOTO
    wide = PHOTO.astype(np.uint16) * 257
    assert (op(wide, **AT) == wide + 257 * noise).all()
    floats = PHOTO / np.float32(255)
    assert np.abs(op(floats, **AT) - (floats + noise / 255)).max() < 1e-6


@pytest.mark.parametrize("scale", [0.002, 0.02, 0.2])
def test_shot_noise_by_scipy(scale):
    """Counts of photons are distributed as Poisson has it."""
    op = ba.ShotNoise(scale_range=scale)
    for level in (20, 100, 180):
        made = op(np.full((300, 300), level, np.uint8), **AT).ravel()
        photons = np.arange(2000)
        linear = np.minimum(photons * scale, 1)
        outcomes = np.floor(255 * linear ** (1 / 2.2) + 0.5)
        expected = poisson.pmf(photons, (level / 255) ** 2.2 / scale)
        shares = np.bincount(outcomes.astype(int), expected, 256)
        found = np.bincount(made, minlength=256) / made.size
        # Kolmogorov and Smirnov.
        assert np.abs(np.cumsum(found) - np.cumsum(shares)).max() < 1.95 / np.sqrt(made.size)
        assert (found[shares == 0] == 0).all()


def test_shot_noise_is_independent():
    """Of neighbours, channels, samples and epochs."""
    op, gray = ba.ShotNoise(scale_range=0.02), np.full((300, 300, 3), 100, np.uint8)
    noise = op(gray, **AT) - 100.0
    pairs = [
        (noise[:, 1:], noise[:, :-1]),
        (noise[1:], noise[:-1]),
        (noise[..., 1:], noise[..., :-1]),
        (noise, op(gray, seed=1, epoch=1, index=0) - 100.0),
        (noise, op(gray, seed=1, epoch=0, index=1) - 100.0),
    ]
    for a, b in pairs:
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 4.5 / np.sqrt(a.size)
