"""Transpose, D4 and Rotate against NumPy, Pillow, OpenCV, and what must hold exactly."""

import cv2
import numpy as np
import pytest
from PIL import Image

import bitaug as ba
from tests.reference import warp
from tests.reference.ops import d4, rotate
from tests.test_warp import BORDERS, DTYPES, FILL, INTERPOLATIONS, noise

OUTPUTS = ["same", "fit", "shrink", "crop"]
OTHERS = Image.Transpose
PILLOW = {
    "r90": OTHERS.ROTATE_90,
    "r180": OTHERS.ROTATE_180,
    "r270": OTHERS.ROTATE_270,
    "v": OTHERS.FLIP_TOP_BOTTOM,
    "hvt": OTHERS.TRANSVERSE,
    "h": OTHERS.FLIP_LEFT_RIGHT,
    "t": OTHERS.TRANSPOSE,
}
# Beside and across the tiles that are transposed at a time.
SIZES = [(1, 1), (1, 70), (129, 1), (64, 64), (65, 63), (150, 220), (31, 257)]


def at(index=0):
    return {"seed": 1, "epoch": 0, "index": index}


def applied(op, image, **params):
    """The op with these parameters instead of those drawn."""
    drawn = op.params(**at(), shape=image.shape, dtype=image.dtype)
    drawn["ops"][0]["params"] = params
    return op.apply(drawn, image)


def turned(image, angle, output="same", **options):
    return ba.Rotate((angle, angle), output=output, **options)(image, **at())


def sizes_and_angles(count, least=1):
    rng = np.random.default_rng(8)
    special = [0.0, 45.0, 90.0, -135.0, 180.0, 270.0, 360.0, 1e-9, 89.999999]
    for i in range(count):
        size = rng.integers(least, rng.choice([least + 3, 90]), 2)
        yield tuple(size.tolist()), special[i] if i < len(special) else rng.uniform(-360, 360)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_symmetries_are_numpys(dtype, channels):
    for size in SIZES:
        image = noise(dtype, (*size, channels))
        got = ba.Transpose(p=1)(image, **at(), layout="HWC")
        np.testing.assert_array_equal(got, image.swapaxes(0, 1))
        for element in d4.ELEMENTS:
            drawn = ba.D4().params(**at(), shape=image.shape, dtype=dtype, layout="HWC")
            drawn["ops"][0]["params"] = {"element": element}
            got = ba.D4().apply(drawn, image, layout="HWC")
            np.testing.assert_array_equal(got, d4.moved(element, image))


def test_symmetries_are_pillows():
    image = noise("uint8", (50, 70, 3))
    for element, name in PILLOW.items():
        want = np.asarray(Image.fromarray(image).transpose(name))
        np.testing.assert_array_equal(applied(ba.D4(), image, element=element), want)
    want = np.asarray(Image.fromarray(image).transpose(OTHERS.TRANSPOSE))
    np.testing.assert_array_equal(ba.Transpose(p=1)(image, **at()), want)


def test_each_element_is_drawn():
    found = [
        ba.D4().params(**at(index), shape=(4, 4))["ops"][0]["params"]["element"]
        for index in range(400)
    ]
    counts = [found.count(element) for element in d4.ELEMENTS]
    assert sum(counts) == 400 and min(counts) > 25


def test_same_is_affines_rotation():
    image = noise("uint8")
    for angle in (-123.4, 30.0, 90.0, 7.7):
        want = ba.Affine(rotate=(angle, angle), fill=FILL)(image, **at())
        np.testing.assert_array_equal(turned(image, angle, fill=FILL), want)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_quarter_turns_that_fit_are_exact(dtype, interpolation):
    for size in (1, 1), (5, 8), (9, 4), (1, 6):
        image = noise(dtype, (*size, 3))
        for turns in range(-4, 5):
            for border in BORDERS:
                options = {"interpolation": interpolation, "border": border}
                got = turned(image, 90.0 * turns, "fit", **options)
                np.testing.assert_array_equal(got, np.rot90(image, turns))
            for output in OUTPUTS:
                if turns % 2 == 0:
                    got = turned(image, 90.0 * turns, output, interpolation=interpolation)
                    np.testing.assert_array_equal(got, np.rot90(image, turns))


def test_quarter_turns_are_pillows():
    image = noise("uint8", (31, 31, 3))
    for angle in (90, 180, 270):
        want = np.asarray(Image.fromarray(image).rotate(angle))
        np.testing.assert_array_equal(turned(image, angle), want)
        wide = noise("uint8", (20, 33, 3))
        want = np.asarray(Image.fromarray(wide).rotate(angle, expand=True))
        np.testing.assert_array_equal(turned(wide, angle, "fit"), want)


def test_fit_is_pillows_expand_or_a_pixel_less():
    """Pillow keeps the parity of the sides, and adds to both ends for the least of angles."""
    differ = set()
    for (height, width), angle in sizes_and_angles(600):
        if 0 < abs(angle - 90 * round(angle / 90)) < 1e-5:
            continue
        got = turned(np.zeros((height, width), np.uint8), angle, "fit").shape
        want = Image.new("L", (width, height)).rotate(angle, expand=True).size[::-1]
        more = {theirs - ours for ours, theirs in zip(got, want, strict=True)}
        assert more <= {0, 1}, (height, width, angle)
        differ |= more
    assert differ == {0, 1}


def corners(height, width, angle, output):
    """The image's corners in the output, in coordinates of edges, and the output's size."""
    ends = [(x, y) for x in (0, width) for y in (0, height)]
    op = ba.Rotate((angle, angle), output=output)
    image = np.zeros((height, width), np.uint8)
    sample = op(image=image, keypoints=np.array(ends) - 0.5, **at())
    return sample["keypoints"] + 0.5, np.array(sample["image"].shape[::-1])


def test_fit_and_shrink_hold_all_of_the_image_and_no_more():
    for (height, width), angle in sizes_and_angles(300):
        points, size = corners(height, width, angle, "fit")
        assert (points >= -1e-6).all() and (points <= size + 1e-6).all()
        assert (size - np.ptp(points, axis=0) < 1).all()
        np.testing.assert_allclose(points.mean(0), size / 2, atol=1e-9)

        points, size = corners(height, width, angle, "shrink")
        assert size.tolist() == [width, height]
        assert (points >= -1e-3).all() and (points <= size + 1e-3).all()
        diagonal = np.hypot(*(points[3] - points[0])) / np.hypot(width, height)
        assert diagonal <= 1 + 1e-9
        assert diagonal > 1 - 1e-6 or (points.min(0) < 1e-3).any()
        np.testing.assert_allclose(points.mean(0), size / 2, atol=1e-9)
        scaled = np.hypot(*(points[2] - points[0])) / width
        assert scaled == pytest.approx(diagonal, abs=1e-9)  # one factor for both axes


def test_crop_reads_nothing_outside():
    """No tap that has a weight, of nearest and bilinear, at the bits of every type."""
    for (height, width), angle in sizes_and_angles(600, least=2):
        op = {"output": "crop"}
        m, size = rotate.inverse(op, {"angle": angle}, (height, width))
        for bits in (0, 8, 16, 24):
            for s, n in zip(warp.coordinates(m, size), (width, height), strict=True):
                t = s + (1 << 31 - bits)
                first, fraction = t >> 32, t >> 32 - bits & (1 << bits) - 1
                last = first + (fraction > 0)
                assert first.min() >= 0 and last.max() < n, (height, width, angle, bits)


def test_crop_is_the_largest_rectangle():
    """No other of whole pixels has more area than the one that is rounded down."""
    for (height, width), angle in sizes_and_angles(300, least=2):
        angle = (angle + 45) % 90 - 45
        s, c = abs(np.sin(np.radians(angle))), abs(np.cos(np.radians(angle)))
        h, w = turned(np.zeros((height, width), np.uint8), angle, "crop").shape
        ws = np.arange(1, width + 1)
        hs = np.minimum((width - ws * c) / max(s, 1e-300), (height - ws * s) / c)
        assert (ws * np.floor(hs.clip(0, height) + 1e-9)).max() < (w + 1) * (h + 1)
        assert w * c + h * s <= width + 1e-6 and w * s + h * c <= height + 1e-6


def test_crop_is_cut_to_the_images_size():
    for size in (20, 51), (51, 20), (7, 7):
        image = noise("uint8", (*size, 3))
        least = min(size)
        for angle in (90.0, -270.0):
            quarter = np.rot90(image)
            top, left = ((n - least) // 2 for n in quarter.shape[:2])
            got = turned(image, angle, "crop", interpolation="nearest")
            assert got.shape == (least, least, 3)
            if (max(size) - least) % 2 == 0:
                window = quarter[top : top + least, left : left + least]
                np.testing.assert_array_equal(got, window)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_crop_reads_as_with_edge(interpolation):
    image = noise("uint8", (40, 60, 3))
    want = turned(image, 33.0, "crop", interpolation=interpolation, border="edge")
    for border in BORDERS:
        got = turned(image, 33.0, "crop", interpolation=interpolation, border=border, fill=9)
        np.testing.assert_array_equal(got, want)
    # and so puts no value into masks that they could not hold
    crop = ba.Rotate((33, 33), output="crop", fill_mask=-1)
    crop(image=image, mask=np.zeros((40, 60), np.uint8), **at())
    with pytest.raises(ValueError, match="fill_mask"):
        ba.Rotate((33, 33), fill_mask=-1)(image=image, mask=np.zeros((40, 60), np.uint8), **at())


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_against_opencv(output, border):
    """Its own matrix of a rotation about the centre, in pixel indices."""
    limit = 1 if int(cv2.__version__.split(".")[0]) >= 5 else 9
    for seed, angle in enumerate((17.3, -123.4, 45.0, 2.5)):
        image = noise("uint8", (90, 130, 3), seed)
        height, width = image.shape[:2]
        got = turned(image, angle, output, border=border, fill=FILL)
        points, size = corners(height, width, angle, output)
        scale = np.hypot(*(points[2] - points[0])) / width
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, scale)
        matrix[:, 2] += (size - [width, height]) / 2
        mode = BORDERS["edge" if output == "crop" else border][1]
        want = cv2.warpAffine(
            image, matrix, size.tolist(), flags=cv2.INTER_LINEAR, borderMode=mode, borderValue=FILL
        )
        assert got.shape == want.shape
        assert np.abs(got.astype(int) - want).max() <= limit


@pytest.mark.parametrize("output", OUTPUTS)
def test_there_and_back(output):
    """F(g(p)) = p, to 1e-9 pixels."""
    rng = np.random.default_rng(2)
    for (height, width), angle in sizes_and_angles(200):
        drawn = {"output": output}, {"angle": angle}, (height, width)
        (g, size), f = rotate.inverse(*drawn), rotate.map(*drawn)
        for p in rng.uniform(0, 1, (5, 2)) * size[::-1]:
            x, y = (m[0] * p[0] + m[1] * p[1] + m[2] for m in (g[:3], g[3:]))
            back = [m[0] * x + m[1] * y + m[2] for m in (f[:3], f[3:])]
            np.testing.assert_allclose(back, p, rtol=0, atol=1e-9)


def test_a_size_that_one_angle_decides_is_known():
    batch = np.zeros((3, 20, 30, 3), np.uint8)
    index = [0, 1, 2]
    for output, shape in ("fit", (28, 35, 3)), ("crop", (13, 27, 3)):
        fixed = ba.Rotate((15, 15), output=output)(batch, **at(index))
        assert isinstance(fixed, np.ndarray) and fixed.shape[1:] == shape
        assert isinstance(ba.Rotate((10, 15), output=output)(batch, **at(index)), list)
    assert isinstance(ba.Rotate(output="shrink")(batch, **at(index)), np.ndarray)
    assert ba.Transpose(p=1)(batch, **at(index)).shape == (3, 30, 20, 3)
    assert isinstance(ba.Transpose()(batch, **at(index)), list)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 3)])
def test_smallest_images(output, size):
    image = np.full((*size, 3), 200, np.uint8)
    for angle in (0.0, 1e-7, 30.0, 45.0, 90.0, 137.0):
        out = turned(image, angle, output, interpolation="bicubic", border="edge")
        assert min(out.shape) >= 1 and (out == 200).all()


def test_what_is_too_large_is_refused():
    long = np.zeros((1, 1 << 17), np.uint8)
    for limit in (45, 45), (44, 46):  # a size that is known, and one that is drawn
        with pytest.raises(
            ValueError, match=r"Rotate: size=9\d+ x 9\d+ x 1: fewer than 2147483648"
        ):
            ba.Rotate(limit, output="fit")(long, **at())
    with pytest.raises(ValueError, match=r"Rotate: map=.*2\^30"):
        turned(long, 45.0, "shrink")
    assert turned(long, 45.0, "crop").shape == (1, 1)
    image = np.zeros((4, 5), np.uint8)
    with pytest.raises(ValueError, match="Rotate: params: angle=361"):
        applied(ba.Rotate(), image, angle=361.0)
    with pytest.raises(ValueError, match=r"D4: .*element.*r45.*r90"):
        applied(ba.D4(), image, element="r45")
