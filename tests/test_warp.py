"""Affine and its kernel against exact evaluation, OpenCV, and what must hold exactly."""

import math
from fractions import Fraction

import cv2
import numpy as np
import pytest

import bitaug as ba
from tests.reference import warp
from tests.reference.ops import affine
from tests.reference.pipeline import run

BORDERS = {
    "constant": ("constant", cv2.BORDER_CONSTANT),
    "edge": ("edge", cv2.BORDER_REPLICATE),
    "reflect": ("symmetric", cv2.BORDER_REFLECT),
    "reflect101": ("reflect", cv2.BORDER_REFLECT_101),
    "wrap": ("wrap", cv2.BORDER_WRAP),
}
DTYPES = ["uint8", "uint16", "float32"]
INTERPOLATIONS = ["nearest", "bilinear", "bicubic"]
FILL = [10.0, 200.0, 0.0]


def node(interpolation, border, scale=1.0, rotate=0.0, translate=(0.0, 0.0), shear=(0.0, 0.0)):
    """An Affine whose ranges are single values."""
    fixed = {"scale": [scale] * 2, "rotate": [rotate] * 2}
    pairs = {"translate": [[v] * 2 for v in translate], "shear": [[v] * 2 for v in shear]}
    fill = {"fill": FILL, "fill_mask": 7.0}
    rest = {"interpolation": interpolation, "border": border}
    return {"op": "Affine", "version": 1, "p": 1.0, **fixed, **pairs, **rest, **fill}


def affined(image, *args, mask=None, **kwargs):
    return run(node(*args, **kwargs), image, seed=1, epoch=0, index=0, mask=mask)


def noise(dtype, shape=(150, 220, 3), seed=0):
    """A third of it black or white; float32 in 0..1."""
    rng = np.random.default_rng(seed)
    v = np.clip(rng.uniform(-0.25, 1.25, shape), 0, 1)
    return (
        v.astype(dtype) if dtype == "float32" else np.round(v * np.iinfo(dtype).max).astype(dtype)
    )


def torchvision(center, angle, translate, scale, shear):
    """Its inverse matrix, from the formula in its source: clockwise angles, shear against ours."""
    rot, sx, sy = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
    a = math.cos(rot - sy) / math.cos(sy)
    b = -math.cos(rot - sy) * math.tan(sx) / math.cos(sy) - math.sin(rot)
    c = math.sin(rot - sy) / math.cos(sy)
    d = -math.sin(rot - sy) * math.tan(sx) / math.cos(sy) + math.cos(rot)
    m = [v / scale for v in (d, -b, 0.0, -c, a, 0.0)]
    (cx, cy), (tx, ty) = center, translate
    m[2] += m[0] * (-cx - tx) + m[1] * (-cy - ty) + cx
    m[5] += m[3] * (-cx - tx) + m[4] * (-cy - ty) + cy
    return m


def inverse(shape, scale=1.0, rotate=0.0, translate=(0.0, 0.0), shear=(0.0, 0.0)):
    h, w = shape[:2]
    shift = translate[0] * w, translate[1] * h
    return torchvision((w / 2, h / 2), -rotate, shift, scale, [-v for v in shear])


def keys(f):
    """The weights of taps -1, 0, 1, 2 by the definition of the cubic convolution with a = -0.5."""

    def k(x):
        near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
        return np.where(x < 1, near, np.where(x < 2, far, 0))

    return [k(np.abs(f - i)) for i in (-1, 0, 1, 2)]


def exact(image, m, interpolation, border):
    """The image read through an affine map; and the coordinates."""
    h, w = image.shape[:2]
    y, x = np.mgrid[:h, :w] + 0.5
    at = [m[0] * x + m[1] * y + m[2] - 0.5, m[3] * x + m[4] * y + m[5] - 0.5]
    return exactly(image, at, interpolation, border), at


def exactly(image, at, interpolation, border):
    """The image read at pixel indices in float64, unrounded."""
    h, w = image.shape[:2]
    if interpolation == "nearest":
        at, first, weights = [v + 0.5 for v in at], 0, lambda f: [1.0]
    elif interpolation == "bilinear":
        first, weights = 0, lambda f: [1 - f, f]
    else:
        first, weights = -1, keys
    axes = []
    for v, n in zip(at, (w, h), strict=True):
        reach = int(np.abs(v).max()) + n + 4
        extra = {"constant_values": -1} if border == "constant" else {}
        source = np.pad(np.arange(n), reach, mode=BORDERS[border][0], **extra)
        i = np.floor(v).astype(int)
        axes.append([(source[i + first + k + reach], p) for k, p in enumerate(weights(v - i))])
    extended = np.concatenate([image, np.zeros_like(image[:1])]).astype(float)
    extended = np.concatenate([extended, np.zeros_like(extended[:, :1])], axis=1)
    extended[-1, :] = extended[:, -1] = FILL  # row and column -1
    out = 0
    for row, q in axes[1]:
        out += np.asarray(q)[..., None] * sum(
            np.asarray(p)[..., None] * extended[row, col] for col, p in axes[0]
        )
    return out


MAPS = [
    {"rotate": 17.3},
    {"scale": 0.37, "rotate": -123.4, "translate": (0.1, -0.23)},
    {"scale": 2.9, "shear": (25.0, -13.0)},
    {"scale": 1.05, "rotate": 3.1, "translate": (0.013, 0.031), "shear": (4.0, 2.0)},
    {"scale": 0.05, "rotate": 71.0},
    {"translate": (0.5 / 220, 0.5 / 150)},
]
# How far the value before the last rounding is from exact, by docs/spec/warp.md.
BEFORE_ROUNDING = {
    ("bilinear", "uint8"): 0.9962,
    ("bilinear", "uint16"): 1.004,
    ("bicubic", "uint8"): 0.59,
    ("bicubic", "uint16"): 0.02,
    ("bilinear", "float32"): 4e-7,
    ("bicubic", "float32"): 1e-6,
}


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize(("interpolation", "dtype"), BEFORE_ROUNDING)
def test_against_exact(interpolation, dtype, border):
    for seed, parameters in enumerate(MAPS):
        image = noise(dtype, seed=seed)
        out = affined(image, interpolation, border, **parameters)
        want, _ = exact(image, inverse(image.shape, **parameters), interpolation, border)
        bound = BEFORE_ROUNDING[interpolation, dtype]
        if dtype == "float32":
            assert np.abs(out - want).max() <= bound * (1 if border != "constant" else 200)
            continue
        want = np.clip(want, 0, np.iinfo(dtype).max)
        assert np.abs(out - want).max() <= 0.5 + bound
        assert np.abs(out - np.floor(want + 0.5)).max() <= 1


@pytest.mark.parametrize("border", BORDERS)
def test_nearest_is_the_nearest_pixel(border):
    for seed, parameters in enumerate(MAPS[:-1]):
        image = noise("uint16", seed=seed)
        out = affined(image, "nearest", border, **parameters)
        want, at = exact(image, inverse(image.shape, **parameters), "nearest", border)
        ties = np.min([np.abs(v - np.round(v)) for v in at], axis=0) < 2.0**-24
        assert ties.sum() < 5
        assert (out == want)[~ties].all()


def test_ties_of_nearest_go_up():
    image = np.arange(8, dtype=np.uint8).reshape(1, 8, 1)
    m = [1.0, 0.0, 0.5, 0.0, 1.0, 0.0]
    out = warp.warp(image, m, (1, 7), "nearest", "edge", [0.0])
    assert out[0, :, 0].tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_coordinates_are_as_exact_as_stated():
    """In a row of 30000 pixels and far down a column, against rational arithmetic."""
    rng = np.random.default_rng(5)
    for size in (3, 30000), (30000, 3), (700, 700):
        for _ in range(20):
            m = [float(v) for v in rng.uniform(-3, 3, 6) * [1, 1, 1000, 1, 1, 1000]]
            rows = warp.coordinates(m, size)
            for y, x in zip(
                rng.integers(0, size[0], 50), rng.integers(0, size[1], 50), strict=True
            ):
                point = Fraction(2 * int(x) + 1, 2), Fraction(2 * int(y) + 1, 2)
                for (a, b, c), row in zip((m[:3], m[3:]), rows, strict=True):
                    want = Fraction(a) * point[0] + Fraction(b) * point[1] + Fraction(c)
                    want -= Fraction(1, 2)
                    extent = abs(a) * size[1] + abs(b) * size[0] + abs(c)
                    error = abs(Fraction(int(row[y, x]), 2**32) - want)
                    assert error <= 2.0**-25 + extent * 2.0**-50


def opencv(image, m, border):
    """The same map in pixel indices."""
    a, b, c, d, e, f = m
    matrix = np.array([[a, b, (a + b) / 2 + c - 0.5], [d, e, (d + e) / 2 + f - 0.5]])
    size = image.shape[1::-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(
        image, matrix, size, flags=flags, borderMode=BORDERS[border][1], borderValue=FILL
    )


@pytest.mark.parametrize("border", BORDERS)
def test_against_opencv(border):
    """Before 5.0 OpenCV has 5 bits of sub-pixel position where this has 8, then float32."""
    limit = 1 if int(cv2.__version__.split(".")[0]) >= 5 else 9
    for seed, parameters in enumerate(MAPS):
        image = noise("uint8", seed=seed)
        out = affined(image, "bilinear", border, **parameters)
        want = opencv(image, inverse(image.shape, **parameters), border)
        assert np.abs(out.astype(int) - want).max() <= limit


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_whole_pixels_move_unchanged(dtype, interpolation, border):
    image = noise(dtype, (32, 32, 3))
    for turns in range(-4, 5):
        out = affined(image, interpolation, border, rotate=90.0 * turns)
        assert np.array_equal(out, np.rot90(image, turns)), turns
    wide = noise(dtype, (16, 64, 3))
    assert np.array_equal(affined(wide, interpolation, border), wide)
    out = affined(wide, interpolation, border, rotate=180.0)
    assert np.array_equal(out, wide[::-1, ::-1])
    out = affined(wide, interpolation, border, translate=(3 / 64, -5 / 16))
    assert np.array_equal(out[:11, 3:], wide[5:, :61])
    values = np.array(FILL).astype(dtype)
    if border == "constant":
        assert (out[11:] == values).all() and (out[:, :3] == values).all()
    else:
        padded = np.pad(wide, [(0, 5), (3, 0), (0, 0)], mode=BORDERS[border][0])
        assert np.array_equal(out, padded[5:, :64])


def test_map_is_torchvisions_with_angle_and_shear_negated():
    rng = np.random.default_rng(3)
    for _ in range(200):
        scale, rotate = rng.uniform(0.2, 3), rng.uniform(-360, 360)
        shift, shear = rng.uniform(-50, 50, 2), rng.uniform(-60, 60, 2)
        params = {"scale": scale, "rotate": rotate, "translate_x": shift[0]}
        params |= {"translate_y": shift[1], "shear_x": shear[0], "shear_y": shear[1]}
        want = torchvision((110, 75), -rotate, shift, scale, -shear)
        got = affine.inverse(params, (150, 220))
        assert got == pytest.approx(want, rel=1e-12, abs=1e-10)
        forward = np.linalg.inv([[*want[:3]], [*want[3:]], [0, 0, 1]])[:2].ravel()
        assert affine.map({}, params, (150, 220)) == pytest.approx(forward, rel=1e-9, abs=1e-9)


def center_of(image):
    y, x = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    v = image[..., 0] / image[..., 0].sum()
    return np.array([(v * x).sum(), (v * y).sum()])


def test_directions_and_the_forward_map():
    """A blob right of the centre: where it goes, and that the map, image and mask agree."""
    y, x = np.mgrid[:100, :140]
    blob = np.exp(-((x - 95.0) ** 2 + (y - 50.0) ** 2) / 20)[..., None].astype(np.float32)
    middle = np.array([70.0, 50.0])
    for parameters, toward in [
        ({"rotate": 40.0}, (-1, -1)),  # counter-clockwise: up, and back to the middle
        ({"rotate": -40.0}, (-1, 1)),
        ({"scale": 1.5}, (1, 0)),
        ({"translate": (0.1, 0.2)}, (1, 1)),
        ({"shear": (0.0, 20.0)}, (0, 1)),
        ({"shear": (20.0, 0.0), "translate": (0.0, -0.3)}, (0, -1)),
    ]:
        fields = node("bilinear", "constant", **parameters) | {"fill": [0.0], "fill_mask": 0.0}
        mask = (blob > 0.5).astype(np.uint16)
        image, mask = run(fields, blob, seed=1, epoch=0, index=0, mask=mask)
        moved = center_of(image)
        params = {name: fields[name][0] for name in ("scale", "rotate")}
        for i, axis in enumerate("xy"):
            params[f"translate_{axis}"] = fields["translate"][i][0] * (140, 100)[i]
            params[f"shear_{axis}"] = fields["shear"][i][0]
        a, b, c, d, e, f = affine.map({}, params, (100, 140))
        start = center_of(blob)
        want = [a * start[0] + b * start[1] + c, d * start[0] + e * start[1] + f]
        assert moved == pytest.approx(want, abs=0.01)
        assert moved == pytest.approx(center_of(mask), abs=0.3)
        assert np.sign(np.round(moved - start)).tolist() == list(toward), parameters
        assert parameters.get("rotate") is None or (np.sign(moved - middle) != 0).all()


def test_masks_are_read_as_nearest():
    image = noise("uint16", (40, 50, 1))
    for border in BORDERS:
        fields = node("bicubic", border, scale=0.7, rotate=33.0) | {"fill": [0.0]}
        _, mask = run(fields, image, seed=1, epoch=0, index=0, mask=image)
        nearest = fields | {"interpolation": "nearest", "fill": [7.0]}
        assert np.array_equal(mask, run(nearest, image, seed=1, epoch=0, index=0))


def test_fill_is_blended_by_weight():
    image = np.full((4, 4, 3), 100, np.uint8)
    out = affined(image, "bilinear", "constant", translate=(1 / 8, 0.0))  # half a pixel
    assert out[:, 0].tolist() == [[55, 150, 50]] * 4
    assert (out[:, 1:] == 100).all()


def test_constants_stay():
    for dtype, value in ("uint8", 255), ("uint16", 65535), ("uint8", 1), ("float32", 0.3):
        image = np.full((30, 40, 3), value, dtype)
        for interpolation in INTERPOLATIONS:
            out = affined(
                image, interpolation, "reflect", scale=0.83, rotate=29.0, shear=(9.0, 4.0)
            )
            assert (out == image).all()


def test_nan_and_infinity():
    image = np.zeros((9, 9, 1), np.float32)
    image[4, 4], image[0, 0] = -np.float32(np.nan), np.inf
    fields = node("bilinear", "edge", rotate=10.0) | {"fill": [0.0]}
    out = run(fields, image, seed=1, epoch=0, index=0)
    bits = out.view(np.uint32)[np.isnan(out)]
    assert len(bits) >= 4 and (bits == 0x7FC00000).all()


@pytest.mark.parametrize(
    "places",
    [
        [ba.HorizontalFlip(p=1), ba.RandomCrop(height=12, width=11)],
        [ba.RandomCrop(height=12, width=11), ba.HorizontalFlip(p=1)],
    ],
)
def test_a_flip_and_a_crop_before_a_warp(places):
    """Wherever the window lies, at an edge too, it is not taken for the mirror image of all."""
    image = np.random.default_rng(3).integers(0, 256, (12, 16, 3)).astype(np.uint8)
    whole = ba.Compose([*places, ba.Affine(rotate=(20, 20), border="reflect")])
    indices, lefts = list(range(40)), set()
    for index in indices:
        params = whole.params(seed=1, epoch=0, index=index, shape=image.shape)
        lefts |= {op["params"]["left"] for op in params["ops"] if "left" in op["params"]}
    assert lefts == {0, 1, 2, 3, 4, 5}
    stepwise = whole._pipeline.samples(
        [image] * 40, None, 1, 0, indices, "train", 0, None, 1, False, None, False, fuse=False
    )[0]
    fused = whole([image] * 40, seed=1, epoch=0, index=indices)
    np.testing.assert_array_equal(np.stack(fused), np.stack(stepwise))
