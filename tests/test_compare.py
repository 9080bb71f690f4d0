"""Comparing two sources: each difference is really made, and is the only one that is named."""

import importlib.util
import io
import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import bitaug as ba
from bitaug._diagnose.compare import explain
from tests.deep import deep

FOLDER = Path(__file__).parent.parent / "demo" / "photos"
ALL = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(FOLDER.glob("*.png"))]
# cat and rocket
PHOTOS = ALL[1::2]
SMALL = (96, 112)
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


def normalized(unit, mean=MEAN, std=STD):
    return (unit - mean) / std


def jpeg(image, quality=75, subsampling=2):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(file))


def cv_jpeg(image):
    """As cv2.imwrite and cv2.imread."""
    return cv2.imdecode(cv2.imencode(".jpg", image[..., ::-1])[1], cv2.IMREAD_COLOR)


def coarse_colors(image, resample):
    """As a JPEG of half the colors is decoded, with another filter for them."""
    bright, *colors = Image.fromarray(image).convert("YCbCr").split()
    half = [c.reduce(2).resize(c.size, resample) for c in colors]
    return np.asarray(Image.merge("YCbCr", (bright, *half)).convert("RGB"))


def pillow(image, resample):
    return np.asarray(Image.fromarray(image).resize(SMALL, resample))


def opencv(image, interpolation):
    return cv2.resize(image, SMALL, interpolation=interpolation)


def sample_at(image, rows, columns):
    """Bilinear, at these rows and columns."""
    maps = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
    return cv2.remap(image, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def middle(image, shorter):
    """As Resize(shorter) and CenterCrop(96)."""
    height, width = (round(size * shorter / min(image.shape[:2])) for size in image.shape[:2])
    top, left = (height - 96) // 2, (width - 96) // 2
    resized = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized)[top : top + 96, left : left + 96]


def half_pixel(image):
    height, width = image.shape[:2]
    return sample_at(image, np.arange(height) - 0.5, np.arange(width) - 0.5)


def align_corners(image):
    height, width = image.shape[:2]
    return sample_at(image, np.linspace(0, height - 1, 112), np.linspace(0, width - 1, 96))


def smooth(image):
    return pillow(image, Image.Resampling.BILINEAR)


def same(image):
    return image


# How a and b are made from a photo, and what must be named.
DIFFERENCES = {
    "BGR": (same, lambda x: x[..., ::-1], {"channels"}),
    "other channels": (same, lambda x: x[..., [1, 2, 0]], {"channels"}),
    "CHW": (same, lambda x: x.transpose(2, 0, 1), {"layout"}),
    "reshape": (same, lambda x: x.reshape(3, *x.shape[:2]), {"reshape"}),
    "reshape, both planar": (
        lambda x: x.transpose(2, 0, 1),
        lambda x: np.float32(x).reshape(3, *x.shape[:2]) / 255,
        {"reshape", "range", "dtype"},
    ),
    "reshape, both interleaved": (
        lambda x: x.transpose(2, 0, 1).reshape(x.shape),
        same,
        {"reshape"},
    ),
    "reshape, width first": (
        same,
        lambda x: x.reshape(x.shape[1], x.shape[0], 3),
        {"reshape"},
    ),
    "CWH": (same, lambda x: x.transpose(2, 1, 0), {"layout", "transpose"}),
    "ToTensor": (
        same,
        lambda x: np.float32(x).transpose(2, 0, 1) / 255,
        {"layout", "range", "dtype"},
    ),
    "BGR and 255": (same, lambda x: np.float32(x[..., ::-1]) / 255, {"channels", "range", "dtype"}),
    "divided twice": (
        lambda x: np.float32(x) / 255,
        lambda x: np.float32(x) / 255 / 255,
        {"range"},
    ),
    "divided by 256": (lambda x: np.float32(x) / 255, lambda x: np.float32(x) / 256, {"range"}),
    "-1 to 1": (lambda x: np.float32(x) / 255, lambda x: np.float32(x) / 127.5 - 1, {"range"}),
    "16 bits": (same, lambda x: x.astype(np.uint16) * 257, {"range", "dtype"}),
    "not divided": (same, np.float32, {"dtype"}),
    "double": (
        lambda x: np.float32(x) / 255,
        lambda x: (np.float32(x) / 255).astype(np.float64),
        {"dtype"},
    ),
    "not normalized": (
        lambda x: np.float32(x) / 255,
        lambda x: normalized(np.float32(x) / 255),
        {"normalization"},
    ),
    "other means": (
        lambda x: normalized(np.float32(x) / 255),
        lambda x: normalized(np.float32(x) / 255, 0.5, 0.5),
        {"normalization"},
    ),
    "own means": (
        same,
        lambda x: normalized(np.float32(x) / 255, np.float32([0.4, 0.41, 0.42]), np.float32(0.2)),
        {"normalization", "dtype"},
    ),
    "RGB's means for BGR": (
        same,
        lambda x: normalized(np.float32(x[..., ::-1]) / 255),
        {"channels", "normalization", "dtype"},
    ),
    "each image's own mean": (
        same,
        lambda x: (x - x.mean()) / x.std(),
        {"normalization", "dtype"},
    ),
    "contrast": (
        same,
        lambda x: np.clip(1.3 * x - 20, 0, 255).round().astype(np.uint8),
        {"values", "rounding"},
    ),
    "negative": (same, lambda x: 255 - x, {"values"}),
    "truncated": (
        lambda x: np.float32(x) * np.float32(0.9),
        lambda x: (np.float32(x) * np.float32(0.9)).astype(np.uint8),
        {"truncation", "dtype"},
    ),
    "truncated, not rounded": (
        lambda x: np.rint(x * 0.9).astype(np.uint8),
        lambda x: (x * 0.9).astype(np.uint8),
        {"truncation"},
    ),
    "rounded": (
        lambda x: np.float32(x) * np.float32(0.9),
        lambda x: np.rint(np.float32(x) * np.float32(0.9)).astype(np.uint8),
        {"rounding", "dtype"},
    ),
    "half precision": (
        lambda x: normalized(np.float32(x) / 255),
        lambda x: normalized(np.float32(x) / 255).astype(np.float16),
        {"dtype"},
    ),
    "last bits": (lambda x: np.float32(x) / 255, lambda x: np.float32(x) * (1 / 255), {"bits"}),
    "stored 0 to 1 as integers": (same, lambda x: (x / 255).astype(np.uint8), {"flat"}),
    "never written": (same, np.zeros_like, {"flat"}),
    "mirrored": (same, lambda x: x[:, ::-1], {"flip_horizontal"}),
    "upside down": (same, lambda x: x[::-1], {"flip_vertical"}),
    "half turn": (same, lambda x: x[::-1, ::-1], {"rotate_180"}),
    "transposed": (same, lambda x: x.swapaxes(0, 1), {"transpose"}),
    "quarter turn": (same, lambda x: np.rot90(x), {"rotate_90"}),
    "quarter turn back": (same, lambda x: np.rot90(x, 3), {"rotate_270"}),
    "other diagonal": (same, lambda x: x[::-1, ::-1].swapaxes(0, 1), {"transverse"}),
    "mirrored, BGR and normalized": (
        same,
        lambda x: normalized(np.float32(x[:, ::-1, ::-1]) / 255),
        {"flip_horizontal", "channels", "normalization", "dtype"},
    ),
    "gray": (
        same,
        lambda x: cv2.cvtColor(x, cv2.COLOR_RGB2GRAY),
        {"layout", "gray", "rounding"},
    ),
    "gray on the other side": (
        lambda x: cv2.cvtColor(x, cv2.COLOR_RGB2GRAY),
        same,
        {"layout", "gray", "rounding"},
    ),
    "gray three times": (
        lambda x: np.asarray(Image.fromarray(x).convert("L")),
        lambda x: np.asarray(Image.fromarray(x).convert("L").convert("RGB")),
        {"layout", "gray"},
    ),
    "alpha": (same, lambda x: np.asarray(Image.fromarray(x).convert("RGBA")), {"alpha"}),
    "NaN": (
        lambda x: np.float32(x) / 255,
        lambda x: np.where(x > 150, np.float32(np.nan), np.float32(x) / 255),
        {"not_finite"},
    ),
    "NaN, CHW": (
        lambda x: np.float32(x) / 255,
        lambda x: np.where(x > 150, np.float32(np.nan), np.float32(x) / 255).transpose(2, 0, 1),
        {"layout", "not_finite"},
    ),
    "JPEG at 75": (same, jpeg, {"jpeg"}),
    "JPEG at 95": (same, lambda x: jpeg(x, 95), {"jpeg"}),
    "JPEG at 90, all colors": (same, lambda x: jpeg(x, 90, 0), {"jpeg"}),
    "JPEG on the other side": (lambda x: jpeg(x, 80), same, {"jpeg"}),
    "two qualities": (jpeg, lambda x: jpeg(x, 95), {"jpeg"}),
    "gray JPEG": (
        lambda x: x[..., 1],
        lambda x: jpeg(np.ascontiguousarray(x[..., 1])),
        {"jpeg"},
    ),
    "OpenCV's JPEG in BGR": (same, cv_jpeg, {"channels", "jpeg"}),
    "OpenCV's JPEG in BGR, normalized": (
        same,
        lambda x: normalized(np.float32(cv_jpeg(x)) / 255),
        {"channels", "normalization", "jpeg", "dtype"},
    ),
    "other upsampling of colors": (
        lambda x: coarse_colors(x, Image.Resampling.BILINEAR),
        lambda x: coarse_colors(x, Image.Resampling.NEAREST),
        {"colors"},
    ),
    "other upsampling of colors, BGR on both sides": (
        lambda x: coarse_colors(x, Image.Resampling.BILINEAR)[..., ::-1],
        lambda x: coarse_colors(x, Image.Resampling.NEAREST)[..., ::-1],
        {"colors"},
    ),
    "half a pixel": (same, half_pixel, {"shift"}),
    "half a pixel, 0 to 1": (
        lambda x: np.float32(x) / 255,
        lambda x: half_pixel(np.float32(x) / 255),
        {"shift"},
    ),
    "whole pixels": (same, lambda x: np.roll(x, (3, -2), (0, 1)), {"offset"}),
    "crop": (same, lambda x: x[8:-8, 8:-8], {"crop"}),
    "another crop": (lambda x: x[16:-16, 16:-16], lambda x: x[:-32, 8:-24], {"offset"}),
    "mirrored crop": (
        same,
        lambda x: x[8:-8, 20:-4][:, ::-1],
        {"flip_horizontal", "crop"},
    ),
    "another size": (same, smooth, {"size"}),
    "another size, gray and mirrored": (
        smooth,
        lambda x: cv2.cvtColor(np.ascontiguousarray(x[:, ::-1]), cv2.COLOR_RGB2GRAY),
        {"layout", "flip_horizontal", "size", "gray"},
    ),
    "resized to more, then cropped": (
        lambda x: middle(x, 96),
        lambda x: middle(x, 110)[:, :, ::-1],
        {"zoom", "channels"},
    ),
    "not antialiased": (smooth, lambda x: opencv(x, cv2.INTER_LINEAR), {"resize"}),
    "nearest": (smooth, lambda x: pillow(x, Image.Resampling.NEAREST), {"resize"}),
    "bicubic": (smooth, lambda x: pillow(x, Image.Resampling.BICUBIC), {"resize"}),
    "lanczos": (smooth, lambda x: pillow(x, Image.Resampling.LANCZOS), {"resize"}),
    "area": (smooth, lambda x: opencv(x, cv2.INTER_AREA), {"resize"}),
    "erased": (
        same,
        lambda x: np.where(np.indices(x.shape)[1] // 40 == 2, np.uint8(7), x),
        {"part"},
    ),
    "blur": (same, lambda x: cv2.GaussianBlur(x, (5, 5), 1.2), {"resize"}),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENCES)
def test_each_difference_is_named(name):
    make_a, make_b, expected = DIFFERENCES[name]
    a = [np.ascontiguousarray(make_a(photo)) for photo in PHOTOS]
    b = [np.ascontiguousarray(make_b(photo)) for photo in PHOTOS]
    report = ba.compare(a, b)
    assert not report.equal and report.differing == (0, 1)
    for example in report.examples:
        assert {finding.name for finding in example.findings} == expected
    assert {finding.name for finding in report.findings} == expected
    assert ba.compare(a, a).equal and ba.compare(b, b).equal


def names(report):
    return [finding.name for finding in report.findings]


def text_of(report, name):
    return next(finding.text for finding in report.findings if finding.name == name)


@pytest.mark.parametrize("part", [0, *deep([1])])
def test_nothing_is_claimed_of_other_pictures(part):
    """Photos, noise and ramps: what fits best by chance is no explanation."""
    rng = np.random.default_rng(5)
    noise = [rng.integers(256, size=(112, 96, 3), dtype=np.uint8) for _ in range(2)]
    soft = [cv2.GaussianBlur(image, (31, 31), 8) for image in noise]
    ramps = np.broadcast_to(np.arange(96, dtype=np.uint8) * 2, (3, 112, 96)).transpose(1, 2, 0)
    images = [*map(smooth, ALL), *noise, *soft, np.ascontiguousarray(ramps)]
    for i, (one, other) in enumerate(itertools.combinations(images, 2)):
        b = (other, np.float32(other[::-1]) / 255)[(i + part) % 2]
        found = names(ba.compare([one], [b]))
        assert found == ["unrelated"] or found == ["unrelated", "dtype"]


def test_nothing_is_claimed_of_what_is_not_there():
    photo = np.float32(PHOTOS[0])
    assert names(ba.compare(photo, np.full_like(photo, np.nan))) == ["not_finite"]


def test_no_normalization_is_claimed_of_a_range():
    """The astronaut has all of 0 to 1: made linear, it looks like another normalization."""
    photo = np.float32(ALL[0]) / 255
    assert photo.min() == 0 and photo.max() == 1
    assert names(ba.compare([photo], [photo**2.2])) == ["values", "unexplained"]


@pytest.mark.parametrize("part", [0, *deep(range(1, 5))])
def test_nothing_is_claimed_of_small_pictures(part):
    rng = np.random.default_rng(1)
    for i in range(150):
        one, other = rng.choice(4, 2, replace=False)
        corners = [rng.integers(np.array(ALL[i].shape[:2]) - 24) for i in (one, other)]
        if i % 5 != part:
            continue
        a, b = (
            ALL[i][y : y + 24, x : x + 24] for i, (y, x) in zip((one, other), corners, strict=True)
        )
        assert names(ba.compare(a, b)) == ["unrelated"]


def test_nothing_is_claimed_of_flat_parts():
    """The middle of b, or all of it, is one color: whatever is compared with it fits."""
    rng = np.random.default_rng(3)
    a = rng.integers(256, size=(24, 24, 3), dtype=np.uint8)
    b = np.zeros_like(a)
    b[0, :5] = 3
    assert names(ba.compare(a, b)) == ["unrelated"]
    assert names(ba.compare(a, np.broadcast_to(np.uint8([9, 0, 4]), a.shape))) == ["unrelated"]


@pytest.mark.parametrize(
    "op",
    [
        ba.GaussNoise(std_range=(0.03, 0.03)),
        ba.Affine(rotate=(2.0, 2.0)),
        ba.Affine(rotate=(8.0, 8.0)),
        ba.RandomResizedCrop(112, scale=(0.4, 0.5)),
    ],
)
def test_other_augmentations_are_not_explained(op):
    a = [np.ascontiguousarray(photo[:112, :112]) for photo in PHOTOS]
    b = op(a, seed=1, epoch=0, index=[0, 1])
    assert set(names(ba.compare(a, b))) <= {"unexplained", "unrelated"}


def test_what_makes_a_difference_is_said_in_numbers():
    whole = np.asarray(Image.fromarray(ALL[2]).resize((96, 96), Image.Resampling.BILINEAR))
    text = "is the middle of {}, about 88% of its height and 58% of its width, resized"
    report = ba.compare(whole, middle(ALL[2], 110))
    assert text_of(report, "zoom") == f"b {text.format('a')}"
    report = ba.compare(middle(ALL[2], 110), np.float32(whole) / 255)
    assert text_of(report, "zoom") == f"a {text.format('b')}"
    own = normalized(np.float32(PHOTOS[0]) / 255, np.float32([0.4, 0.41, 0.42]), np.float32(0.2))
    report = ba.compare(PHOTOS[0], own)
    assert "mean (0.4, 0.41, 0.42), std 0.2" in text_of(report, "normalization")
    report = ba.compare(own, PHOTOS[0])
    assert "mean (0.4, 0.41, 0.42), std 0.2" in text_of(report, "normalization")
    report = ba.compare(PHOTOS[0], jpeg(PHOTOS[0], 85))
    assert "b has gone through JPEG at quality 85, 4:2:0" in text_of(report, "jpeg")
    report = ba.compare(jpeg(PHOTOS[0], 85, 1), PHOTOS[0])
    assert "a has gone through JPEG at quality 85, 4:2:2" in text_of(report, "jpeg")
    report = ba.compare(jpeg(PHOTOS[0]), jpeg(PHOTOS[0], 95))
    assert "at quality 75, b at 95" in text_of(report, "jpeg")
    assert report.examples[0].left.any()
    report = ba.compare(PHOTOS[0], half_pixel(PHOTOS[0]))
    assert "+0.50 pixels further right and +0.50 further down" in text_of(report, "shift")
    report = ba.compare(PHOTOS[0], PHOTOS[0][8:-8, 12:-12])
    assert "b's top left is row 8, column 12 of a" in text_of(report, "crop")
    report = ba.compare(PHOTOS[0], normalized(np.float32(PHOTOS[0]) / 255))
    assert "a is 0 to 255; b is normalized by ImageNet's mean and std" in str(report)
    times_256 = np.rint(PHOTOS[0] * (256 / 255)).astype(np.uint8)
    report = ba.compare(np.float32(PHOTOS[0]) / 255, times_256)
    assert "a is 0 to 255/256 (divided by 256); b is 0 to 255" in text_of(report, "range")
    one, other = (normalized(np.float32(x) / 255) for x in (PHOTOS[0], PHOTOS[0] ^ 1))
    assert "by at most 1 of 255 levels" in text_of(ba.compare(one, other), "rounding")
    report = ba.compare(PHOTOS[0], np.rint(PHOTOS[0] * 0.75 + 20).astype(np.uint8))
    assert text_of(report, "values") == "b = 0.75 * a + 20"
    saturated = ba.ColorJitter(saturation=(1.2, 1.2))(ALL[0], seed=0, epoch=0, index=0)
    assert "only colors differ, by 6.4 levels" in text_of(ba.compare(ALL[0], saturated), "colors")
    erased = PHOTOS[0].copy()
    erased[10:30, 50:90] = 0
    text = "all but 1.84% of the pixels agree; those lie in rows 10 to 29, columns 50 to 89"
    assert text_of(ba.compare(PHOTOS[0], erased), "part") == text


def test_a_sky_is_like_any_other():
    """Two ramps agree but for their grain; a blob looks the same from all sides."""
    rng = np.random.default_rng(6)
    ramp = np.broadcast_to(np.arange(128)[None, :, None] + 60, (96, 128, 3))
    a, b = (ramp + rng.normal(0, 6, ramp.shape) for _ in range(2))
    assert names(ba.compare(a, b[:, ::-1])) == ["unrelated"]
    rows, columns = np.ogrid[-1:1:96j, -1:1:96j]
    blob = 150 * np.exp(-2 * (rows**2 + columns**2))[..., None] + np.zeros(3)
    a, b = (blob + rng.normal(0, 20, blob.shape) for _ in range(2))
    assert names(ba.compare(a, b)) == ["unrelated"]


def test_flat_areas_agree_but_not_their_edges():
    """Most pixels are equal; that alone does not mean that something was drawn."""
    rng = np.random.default_rng(0)
    squares = rng.integers(256, size=(5, 6, 3), dtype=np.uint8)
    image = Image.fromarray(squares.repeat(18, 0).repeat(18, 1))
    sides = [
        np.asarray(image.resize((40, 40), how))
        for how in (Image.Resampling.BILINEAR, Image.Resampling.NEAREST)
    ]
    assert (sides[0] == sides[1]).all(2).mean() > 0.5
    assert names(ba.compare(*sides)) == ["resize"]
    noise = np.zeros((40, 40, 3))
    noise[8:28, 10:30] = rng.integers(-150, 151, size=(20, 20, 3))
    noisy = np.clip(sides[0] + noise, 0, 255).astype(np.uint8)
    assert names(ba.compare(sides[0], noisy)) == ["part"]


def test_numbers_that_are_alike_are_not_called_others():
    a = [np.float32(photo) / np.float32(300) for photo in ALL]
    b = [image * 5 - np.float32(2.25) for image in a]
    assert text_of(ba.compare(a, b), "values") == "b = 5 * a + -2.25"


@pytest.mark.parametrize("quality", [30, 88, *deep([46, 60, 97])])
@pytest.mark.parametrize("subsampling", [0, 2])
def test_every_quality_is_found(quality, subsampling):
    text = text_of(ba.compare(ALL[2], jpeg(ALL[2], quality, subsampling)), "jpeg")
    assert f"at quality {quality}, 4:{'42'[subsampling // 2]}:" in text
    assert "equals it in every pixel" in text


def test_without_pillow(monkeypatch):
    """The blocks alone tell the quality."""
    stored = jpeg(PHOTOS[0])
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: (name != "PIL" and find(name)) or None
    )
    report = ba.compare(PHOTOS[0], stored)
    assert names(report) == ["jpeg"]
    assert text_of(report, "jpeg") == "b has gone through JPEG at quality 75"


def test_what_differs_from_sample_to_sample_is_said_so():
    a = [np.float32(photo) / 255 for photo in ALL]
    b = [(photo - photo.mean()) / photo.std() for photo in a]
    assert "others in other samples" in text_of(ba.compare(a, b), "values")
    b = [image[:, ::-1] if i % 2 else image for i, image in enumerate(ALL)]
    report = ba.compare(ALL, b)
    assert report.count == 4 and report.differing == (1, 3)
    assert "(2 of the first 2)" in str(report)
    b[0] = b[0][..., ::-1]
    assert "flip_horizontal (2 of the first 3)" in str(ba.compare(ALL, b))


TYPES = ["uint8", "uint16", "int64", "float32", "float64", "bool"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("part", [0, *deep(range(1, len(TYPES)))])
def test_images_of_any_shape(part):
    """All pairs of images, of one type and another."""
    rng = np.random.default_rng(3)
    shapes = [(1, 1), (1, 5), (2, 2, 3), (3, 3, 3), (9, 1, 1), (5, 7, 2), (17, 16, 4), (40, 9, 5)]
    images = [rng.integers(2, size=shape) for shape in shapes]
    images += [np.ones_like(image) for image in images[:3]]
    for i, pair in enumerate(itertools.product(images, images)):
        a, b = (image.astype(TYPES[(i + part) % len(TYPES)]) for image in pair)
        report = ba.compare(a, b)
        assert report.equal == (a.shape == b.shape and (a == b).all())
        assert report.equal or (str(report) and report.draw(side=16))


def test_moved():
    for down, right in ((5, 0), (-3, 7), (0, -9)):
        b = np.roll(PHOTOS[0], (down, right), (0, 1))
        text = text_of(ba.compare(PHOTOS[0], b), "offset")
        assert text == f"b is a moved {down} down and {right} right"


def test_large_images(monkeypatch):
    """Their middles tell it, unless they differ elsewhere alone."""
    monkeypatch.setattr(explain, "LARGE", 512)
    a = cv2.resize(PHOTOS[0], (588, 538), interpolation=cv2.INTER_CUBIC)
    b = a.copy()
    b[:3] = 7
    report = ba.compare(a, b)
    assert names(report) == ["part"] and "in rows 0 to 2," in text_of(report, "part")
    report = ba.compare(a, jpeg(a)[..., ::-1].transpose(2, 0, 1))
    assert names(report) == ["layout", "channels", "jpeg"]
    # Symmetric about the middle, from a whole block on.
    assert report.examples[0].left.shape == (506, 492, 3)


SOURCES = {
    "bilinear, antialiased": smooth,
    "bilinear, not antialiased": lambda x: opencv(x, cv2.INTER_LINEAR),
    "nearest": lambda x: pillow(x, Image.Resampling.NEAREST),
    "nearest, counted from corners": lambda x: opencv(x, cv2.INTER_NEAREST),
    "bicubic, antialiased": lambda x: pillow(x, Image.Resampling.BICUBIC),
    "lanczos, antialiased": lambda x: pillow(x, Image.Resampling.LANCZOS),
    "box, antialiased": lambda x: pillow(x, Image.Resampling.BOX),
    "the mean of each area": lambda x: opencv(x, cv2.INTER_AREA),
    "bilinear, align_corners=True": align_corners,
    "bilinear, counted from corners": lambda x: sample_at(
        x, np.arange(112) * len(x) / 112, np.arange(96) * x.shape[1] / 96
    ),
}


OTHERS = [name for name in SOURCES if name != "bilinear, antialiased"]


@pytest.mark.parametrize("name", OTHERS)
def test_with_the_source_each_filter_is_named(name):
    a, b = [smooth(photo) for photo in PHOTOS], [SOURCES[name](photo) for photo in PHOTOS]
    report = ba.compare(a, b, source=PHOTOS)
    assert names(report) == ["resize"]
    assert "a by bilinear, antialiased (but for 0" in text_of(report, "resize")
    assert f"b by {name} (but for 0" in text_of(report, "resize")


@pytest.mark.parametrize("name", [OTHERS[0], *deep(OTHERS[1:])])
def test_with_the_source_each_filter_is_named_through_other_channels_and_values(name):
    a, b = [smooth(photo) for photo in PHOTOS], [SOURCES[name](photo) for photo in PHOTOS]
    b = [normalized(np.float32(image[..., ::-1]) / 255) for image in b]
    report = ba.compare(a, b, source=PHOTOS)
    assert set(names(report)) == {"channels", "normalization", "dtype", "resize"}
    assert f"b by {name} (but for 0" in text_of(report, "resize")


def test_a_source_says_nothing_where_filters_agree():
    a = [smooth(photo) for photo in PHOTOS]
    report = ba.compare(a, [jpeg(image) for image in a], source=PHOTOS)
    assert names(report) == ["jpeg"]
    assert names(ba.compare(PHOTOS, [jpeg(x) for x in PHOTOS], source=PHOTOS)) == ["jpeg"]
    assert names(ba.compare(a, [image ^ 1 for image in a], source=PHOTOS)) == ["rounding"]
    sharp = [cv2.addWeighted(x, 2, cv2.GaussianBlur(x, (7, 7), 1), -1, 0) for x in a]
    report = ba.compare(a, sharp, source=PHOTOS)
    assert names(report) == ["resize"] and "source was" not in text_of(report, "resize")


def test_sources_are_found_by_key_and_place(tmp_path):
    a = {f"{i}": smooth(photo) for i, photo in enumerate(PHOTOS)}
    b = {f"{i}": opencv(photo, cv2.INTER_LINEAR) for i, photo in enumerate(PHOTOS)}
    for i, photo in enumerate(PHOTOS):
        Image.fromarray(photo).save(tmp_path / f"{i}.png")
    for source in ({"0": PHOTOS[0], "1": PHOTOS[1]}, PHOTOS, iter(PHOTOS), tmp_path):
        assert "not antialiased" in str(ba.compare(a, b, source=source).findings)
    found = ba.compare(list(a.values()), list(b.values()), source=tmp_path)
    assert "not antialiased" in str(found.findings)


def test_same_images_in_another_order():
    a = [(photo, f"label {i}") for i, photo in enumerate(ALL)]
    report = ba.compare(a, [a[i] for i in (2, 0, 3, 1)])
    assert report.order == (2, 0, 3, 1) and names(report) == ["order"]
    assert "b's 0 is a's 2, b's 1 is a's 0" in text_of(report, "order")
    assert "their labels move with them" in text_of(report, "order")
    report = ba.compare(a, [(a[i][0], a[k][1]) for k, i in enumerate((2, 0, 3, 1))])
    assert names(report) == ["order"] and report.fields == {}
    assert "their labels do not" in text_of(report, "order")
    report = ba.compare(a, [(a[i][0], "label 9") for i in (2, 0, 3, 1)])
    assert names(report) == ["order", "label"]
    assert "their labels do not" in text_of(report, "order")
    # Some of them: the rest is explained as ever.
    report = ba.compare(ALL, [ALL[i] for i in (2, 0, 3, 1)])
    assert "labels" not in text_of(report, "order")
    report = ba.compare(ALL, [ALL[1], ALL[0], ALL[2][..., ::-1], ALL[3]])
    assert names(report) == ["order", "channels"] and report.order is None


def test_labels():
    a = [(photo, i) for i, photo in enumerate(ALL)]
    b = [(photo, [0, 2, 1, 3][i]) for i, photo in enumerate(ALL)]
    report = ba.compare(a, b)
    assert not report and report.differing == () and report.fields == {"label": (1, 2)}
    assert "label differs in 2 of 4 samples, first in 1: 1 against 2" in str(report)
    assert ba.compare(a, ALL).equal
    b = [{"image": photo, "label": np.int64(i), "path": "x"} for i, photo in enumerate(ALL)]
    assert ba.compare(a, b).equal
    masks = [(photo, {"mask": photo[..., 0], "boxes": [[1, 2]]}) for photo in ALL]
    others = [
        {"image": x, "mask": x[..., 0] + (i == 3), "boxes": [[1, 2]]} for i, x in enumerate(ALL)
    ]
    assert ba.compare(masks, others).fields == {"mask": (3,)}


class Tensor:
    """What a tensor shows of itself."""

    def __init__(self, array):
        self.array, self.shape, self.asked = array, array.shape, []

    def detach(self):
        return self

    def cpu(self):
        return self

    def __array__(self, dtype=None, copy=None):
        return self.array

    def __len__(self):
        return len(self.array)

    def __getitem__(self, i):
        return Tensor(self.array[i])


class Places:
    """A data set that can only be asked by place."""

    def __init__(self, samples):
        self.samples = samples

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, i):
        return self.samples[i]


def test_samples_of_all_kinds():
    square = [np.ascontiguousarray(photo[:64, :64]) for photo in ALL]
    stack = np.stack(square)
    sides = {
        "list": square,
        "array": stack,
        "iterator": iter(square),
        "data set": Places(square),
        "PIL": [Image.fromarray(image) for image in square],
        "tensors": [Tensor(image) for image in square],
        "a tensor": Tensor(stack),
        "tuples": [(image, 3) for image in square],
        "dicts": [{"image": image, "mask": None} for image in square],
        "batches": [stack[:3], stack[3:]],
        "batches with labels": iter([(stack[:3], [0, 1, 2]), (stack[3:], np.array([3]))]),
        "dict": dict(enumerate(square)),
    }
    for side in sides.values():
        report = ba.compare(square, side)
        assert report.equal and report.count == 4, report
    labels = [(image, i) for i, image in enumerate(square)]
    batches = [(stack[:3], np.array([0, 1, 9])), (stack[3:], np.array([3]))]
    assert ba.compare(labels, batches).fields == {"label": (2,)}
    assert ba.compare(square[0], Image.fromarray(square[0])).equal
    assert names(ba.compare(square[0], Tensor(stack[0].transpose(2, 0, 1)))) == ["layout"]
    cube = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    assert names(ba.compare(cube, Tensor(cube.transpose(2, 0, 1)))) == ["layout"]


def test_sides_of_other_lengths():
    for a, b in ((ALL, ALL[:3]), (iter(ALL), iter(ALL[:3]))):
        report = ba.compare(a, b)
        assert not report.equal and report.count == 3 and report.differing == ()
        assert report.only_a == (3,) and report.only_b == ()
        assert "only a has 3" in str(report)
    endless = (photo for photo in itertools.cycle(ALL))
    assert ba.compare(ALL, endless).only_b == (4,)
    assert ba.compare(itertools.cycle(ALL), itertools.cycle(ALL), limit=9).count == 9


def test_by_key(tmp_path):
    a = {"x": ALL[0], "y": ALL[1], "z": ALL[2]}
    report = ba.compare(a, {"z": ALL[2], "w": ALL[3], "x": ALL[0][..., ::-1]})
    assert report.count == 2 and report.differing == ("x",)
    assert report.only_a == ("y",) and report.only_b == ("w",)
    assert "the first that differ are 'x'" in str(report)
    for folder in ("png", "jpg"):
        (tmp_path / folder / "one").mkdir(parents=True)
        for i, photo in enumerate(PHOTOS):
            Image.fromarray(photo).save(tmp_path / folder / "one" / f"{i}.{folder}", quality=75)
    report = ba.compare(tmp_path / "png", str(tmp_path / "jpg"))
    assert report.differing == ("one/0", "one/1") and names(report) == ["jpeg"]
    assert ba.compare(tmp_path / "png", PHOTOS).equal
    # Without suffixes two would be alike.
    Image.fromarray(PHOTOS[0]).save(tmp_path / "png" / "one" / "0.bmp")
    report = ba.compare(tmp_path / "png", tmp_path / "png")
    assert report.equal and report.count == 3
    assert len(ba.compare(tmp_path / "png", tmp_path / "jpg").only_a) == 3


def test_atol():
    a = np.float32(PHOTOS[0]) / 255
    b = a.astype(np.float64) + 1e-6
    report = ba.compare(a, b)
    assert not report.equal and names(report) == ["dtype"]
    assert ba.compare(a, b, atol=2e-6).equal
    report = ba.compare(a, b, atol=1e-7)
    assert not report.equal and names(report) == ["bits"]
    assert not ba.compare(a, a.transpose(2, 0, 1), atol=1.0).equal
    nan = np.where(a > 0.5, np.nan, a)
    assert ba.compare(nan, nan.astype(np.float32), atol=0).equal


TRAIN = [
    ba.RandomCrop(height=96, width=96, name="crop"),
    ba.HorizontalFlip(name="flip"),
    ba.ColorJitter(brightness=(0.7, 1.3), name="jitter"),
    ba.Normalize(),
    ba.ToCHW(),
]


def traces(pipeline, epoch=0, seed=7):
    images = [np.ascontiguousarray(photo[:160, :160]) for photo in ALL]
    return [pipeline.trace(x, seed=seed, epoch=epoch, index=i) for i, x in enumerate(images)]


def test_traces_name_the_first_stage():
    train = ba.Compose(TRAIN)
    assert ba.compare(traces(train), traces(train)).equal
    assert ba.compare(traces(train)[0], traces(train)[0]).equal
    report = ba.compare(traces(train)[0], traces(train, epoch=1)[0])
    assert report.examples[0].stage == "crop" and names(report)[0] == "stage"
    assert "they differ first after crop, with left=" in text_of(report, "stage")
    # The draws of the others stay where one op is replaced.
    other = ba.Compose(
        [*TRAIN[:2], ba.ColorJitter(brightness=(1.4, 1.5), name="jitter"), *TRAIN[3:]]
    )
    report = ba.compare(traces(train), traces(other))
    assert {example.stage for example in report.examples} == {"jitter"}
    assert "brightness=" in text_of(report, "stage")
    # What is shown and explained is the stage, not what became of it.
    assert report.examples[0].a.image.dtype == np.uint8
    report = ba.compare(traces(train), traces(ba.Compose([*TRAIN[:2], *TRAIN[3:]])))
    assert "where a has jitter and b has Normalize" in text_of(report, "stage")
    report = ba.compare(traces(train), traces(ba.Compose(TRAIN[:4])))
    assert "a alone has ToCHW" in text_of(report, "stage")
    one, other = (train.trace(x, seed=7, epoch=0, index=0) for x in (ALL[0], ALL[0][..., ::-1]))
    report = ba.compare([one], [other])
    assert names(report) == ["stage", "channels"] and report.examples[0].stage == "input"
    assert "before any op" in text_of(report, "stage")


def test_a_sample_that_stopped_at_a_stage():
    train = ba.Compose(TRAIN)
    stored = [trace[3].image for trace in traces(train)]
    report = ba.compare(traces(train), stored)
    assert "b equals a after jitter; Normalize, ToCHW did not happen" in text_of(report, "stage")
    assert {"stage", "layout", "normalization", "dtype"} == set(names(report))
    report = ba.compare(stored, traces(train))
    assert "a equals b after jitter" in text_of(report, "stage")
    assert "stage" not in names(ba.compare(traces(train), [x + 1 for x in stored]))


class Augmented(Places):
    """As the adapters' data sets: a sample's trace by epoch and place."""

    epoch = 3

    def __init__(self, pipeline):
        self.pipeline = pipeline
        super().__init__([trace[-1].image for trace in traces(pipeline, self.epoch)])

    def trace(self, epoch, index):
        return traces(self.pipeline, epoch)[index]


def test_data_sets_that_trace():
    train = ba.Compose(TRAIN)
    other = ba.Compose(
        [*TRAIN[:2], ba.ColorJitter(brightness=(1.4, 1.5), name="jitter"), *TRAIN[3:]]
    )
    report = ba.compare(Augmented(train), Augmented(other))
    assert report.examples[0].stage == "jitter"
    assert "a equals b after jitter" in str(
        ba.compare([trace[3].image for trace in traces(train, 3)], Augmented(train))
    )


def test_report():
    report = ba.compare(ALL, ALL)
    assert report.equal and bool(report) and repr(report) == str(report)
    assert str(report) == "a and b agree in all of 4 samples"
    assert report._repr_png_() is None
    report = ba.compare(ALL, [image[..., ::-1] for image in ALL])
    assert not report
    lines = str(report).splitlines()
    assert lines[:2] == ["a and b differ: 4 of 4 images", "the first that differ are 0:"]
    assert ba.digest(ALL[0]) in lines[2] and "256 x 256 x 3 uint8, 0 to 255" in lines[2]
    apart = np.abs(np.float64(ALL[0]) - ALL[0][..., ::-1])
    assert lines[4] == f"  at most {apart.max():g} apart, {apart.mean():.5g} on average"
    assert lines[6].startswith("  channels (4 of the first 4): b's channels are a's in the order")
    many = ba.compare([ALL[0]] * 20, [ALL[0][..., ::-1]] * 20)
    assert len(many.differing) == 20 and len(many.examples) == 8


def test_picture(tmp_path):
    made = [jpeg(image) for image in PHOTOS]
    report = ba.compare(PHOTOS, [normalized(np.float32(x[..., ::-1]) / 255) for x in made])
    report.save(tmp_path / "compare.png", side=128)
    picture = np.asarray(Image.open(tmp_path / "compare.png"))
    # The last column of the first row is what is left: nothing.
    left, column = 20, 160 + 14
    top = np.flatnonzero((picture[:, left : left + 128] != 255).any((1, 2)))
    row = next(y for y in top if (picture[y, left : left + 128] != 255).any(-1).all())
    assert (picture[row : row + 85, left + 3 * column : left + 3 * column + 128] == 0).all()
    assert picture[row : row + 85, left + 2 * column : left + 2 * column + 128].max() > 100
    assert report._repr_png_().startswith(b"\x89PNG")
    for image in (PHOTOS[0][8:-8], smooth(ALL[0]), PHOTOS[0][..., :1], np.float64(PHOTOS[0])):
        assert ba.compare(PHOTOS[0], image).draw(side=64).width > 600
    with pytest.raises(ValueError, match="side=8: 16 to 4096"):
        report.draw(side=8)
    with pytest.raises(ValueError, match="no images differ"):
        ba.compare(PHOTOS, PHOTOS).draw()


@pytest.mark.parametrize(
    ("a", "b", "options", "message"),
    [
        (3, ALL, {}, "a: int is not a data set"),
        ([3], ALL, {}, r"a\[0\]: int is not an array"),
        (ALL, [ALL[0], "x"], {}, r"b\[1\]: str is not an array"),
        (ALL, [{"photo": ALL[0]}], {}, r"b\[0\]: a dict of 'photo': a sample is"),
        ([], [], {}, "a and b: there are no samples"),
        ([ALL[0][0, 0]], ALL, {}, r"a\[0\]: shape \(3,\), dtype uint8"),
        ([ALL[0][:0]], ALL, {}, r"a\[0\]: shape \(0, 256, 3\)"),
        ([ALL[0].astype(complex)], ALL, {}, "dtype complex128"),
        ([Image.new("P", (8, 8))], ALL, {}, r"a\[0\]: PIL mode 'P'"),
        ({"x": [3]}, {"x": ALL[0]}, {}, r"a\['x'\]: int is not an array"),
        ({"x": ALL[0][None]}, {"x": ALL[0]}, {}, r"a\['x'\]: shape \(1, 256, 256, 3\)"),
        (ALL, ALL, {"atol": -1}, "atol=-1: from 0 on"),
        (ALL, ALL, {"atol": "x"}, "atol='x': a number"),
        (ALL, ALL, {"limit": 0}, "limit=0: 1 to"),
        (ALL, ALL[::-1], {"source": 3}, "source: int is not a data set"),
        ("no such folder", ALL, {}, "not a folder"),
    ],
)
def test_errors(a, b, options, message):
    with pytest.raises((TypeError, ValueError, NotADirectoryError), match=message):
        ba.compare(a, b, **options)
