"""Curves, given and found from histograms: against Pillow, OpenCV, exact formulas; and fused."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

import bitaug as ba

AT = {"seed": 1, "epoch": 0, "index": 0}
PHOTOS = [
    cv2.imread(str(path))[::3, ::3, ::-1]
    for path in sorted((Path(__file__).parents[1] / "demo/photos").glob("*.png"))[:3]
]


def images():
    """Photos, noise, narrow ranges, few values, constants, a pixel."""
    rng = np.random.default_rng(0)
    yield from (np.ascontiguousarray(photo) for photo in PHOTOS)
    for low, high in [(0, 256), (100, 131), (0, 2), (254, 256)]:
        yield rng.integers(low, high, (61, 47, 3), np.uint8)
    yield rng.integers(0, 256, (90, 70, 1), np.uint8).repeat(3, 2)
    yield rng.choice(np.array([0, 7, 200, 255], np.uint8), (40, 40, 3), p=[0.7, 0.1, 0.1, 0.1])
    for value in (0, 100, 255):
        yield np.full((9, 8, 3), value, np.uint8)
    yield rng.integers(0, 256, (1, 1, 3), np.uint8)
    yield rng.integers(0, 256, (1, 400, 3), np.uint8)


IMAGES = list(images())


def forms(dtype):
    """The images in another type; those that would be refused, as too dark for 16 bits, are not."""
    if dtype == "uint8":
        return IMAGES
    if dtype == "float32":
        return [image / np.float32(255) for image in IMAGES]
    return [image.astype(np.uint16) * 257 for image in IMAGES if not 0 < image.max() < 16]


def equal_to_pillow(op, pillow):
    for image in IMAGES:
        for form in (image, np.ascontiguousarray(image[..., 0])):
            want = np.asarray(pillow(Image.fromarray(form)))
            assert (op(form, **AT) == want).all(), (op, form.shape)


def test_invert():
    equal_to_pillow(ba.InvertImg(p=1), ImageOps.invert)


@pytest.mark.parametrize("level", [0, 1, 64, 127, 128, 200, 255, 256])
def test_solarize(level):
    op = ba.Solarize(threshold_range=level / 255, p=1)
    equal_to_pillow(op, lambda image: ImageOps.solarize(image, level))
    if level == 128:
        equal_to_pillow(ba.Solarize(p=1), ImageOps.solarize)


@pytest.mark.parametrize("bits", range(1, 9))
def test_posterize(bits):
    op = ba.Posterize(num_bits=bits, p=1)
    equal_to_pillow(op, lambda image: ImageOps.posterize(image, bits))
    assert not ba.Posterize(num_bits=0, p=1)(IMAGES[0], **AT).any()


def test_equalize():
    equal_to_pillow(ba.Equalize(p=1), ImageOps.equalize)


CUTS = [(0, 0), (1, 1), (2.5, 0), (0, 7.3), (10, 20), (49.9, 49.9), (60, 60), (100, 0)]


@pytest.mark.parametrize("tone", [False, True])
@pytest.mark.parametrize("ignore", [None, 0, 7, 255])
@pytest.mark.parametrize("cutoff", CUTS)
def test_autocontrast(cutoff, ignore, tone):
    part = None if ignore is None else ignore / 255
    op = ba.AutoContrast(cutoff=cutoff, ignore=part, preserve_tone=tone, p=1)
    equal_to_pillow(op, lambda image: ImageOps.autocontrast(image, cutoff, ignore, None, tone))


def test_equalize_as_opencv():
    off = total = 0
    for image in IMAGES:
        ours = ba.Equalize(mode="cv", p=1)(image, **AT).astype(int)
        for c in range(3):
            theirs = cv2.equalizeHist(np.ascontiguousarray(image[..., c]))
            off += np.count_nonzero(ours[..., c] != theirs)
            total += theirs.size
            assert np.abs(ours[..., c] - theirs).max() <= 1
    assert off < total / 500  # it rounds a float32 product


@pytest.mark.parametrize("mode", ["pil", "cv"])
def test_equalize_by_luma_keeps_colour_differences(mode):
    """As through YCrCb and back, were nothing rounded."""
    for image in IMAGES[:4]:
        ours = ba.Equalize(mode=mode, by_channels=False, p=1)(image, **AT).astype(int)
        luma = (image.astype(int) @ [9798, 19235, 3735] + 16384 >> 15).astype(np.uint8)
        spread = ba.Equalize(mode=mode, p=1)(luma, **AT).astype(int)
        assert (ours == np.clip(image + (spread - luma)[..., None], 0, 255)).all()
    gray = IMAGES[0][..., 0]
    alike = ba.Equalize(mode=mode, by_channels=False, p=1)(gray, **AT)
    assert (alike == ba.Equalize(mode=mode, p=1)(gray, **AT)).all()


@pytest.mark.parametrize("mode", ["pil", "cv"])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_equalize_makes_all_levels_alike(mode, dtype):
    values = np.random.default_rng(0).random((300, 200, 1)) ** 1.5
    image = (values * 65535).astype(dtype) if dtype == np.uint16 else values.astype(dtype)
    out = ba.Equalize(mode=mode, p=1)(image, **AT) / (65535 if dtype == np.uint16 else 1)
    ranks = values.ravel().argsort().argsort() / (values.size - 1)
    assert np.abs(out.ravel() - ranks).max() < 0.003
    assert out.min() == 0 and out.max() == 1


def exact_gamma(image, gamma, white):
    x = image.astype(np.longdouble) / white
    return white * np.power(x, np.longdouble(gamma))


GAMMAS = [0.1, 0.45, 0.8, 1.0, 1.2, 2.2, 5.0, 10.0]


def gamma_op(gamma):
    return ba.RandomGamma(gamma_limit=100 * gamma)


@pytest.mark.parametrize("gamma", GAMMAS)
def test_gamma(gamma):
    op = ba.RandomGamma(gamma_limit=(100 * gamma, 100 * gamma))
    (gamma,) = [step["params"]["gamma"] for step in op.params(**AT, shape=(1, 1))["ops"]]
    every = np.arange(256, dtype=np.uint8)[None]
    exact = exact_gamma(every, gamma, 255)
    assert (op(every, **AT) == np.floor(exact + np.longdouble(0.5))).all()
    # The straight lines between the knots, and float32.
    bend = gamma * abs(gamma - 1) * 2.0**-17
    for white, most in [(None, 65535), (4095, 4095)]:
        every = np.arange(most + 1, dtype=np.uint16)[None]
        exact = exact_gamma(every, gamma, most)
        error = np.abs(ba.Compose([op], white=white)(every, **AT) - exact)
        assert error.max() < 0.5 + most * (bend + 1.2e-7)
    x = np.append(np.geomspace(2.0**-24, 1, 100_000), [0.0]).astype(np.float32)[None]
    error = np.abs(op(x, **AT) - exact_gamma(x, gamma, 1))
    assert error.max() < bend + 1.2e-7
    dark = np.geomspace(1e-40, 2.0**-24, 1000).astype(np.float32)[None]
    assert np.abs(op(dark, **AT) - exact_gamma(dark, gamma, 1)).max() <= 2.0 ** (-24 * gamma)


def test_gamma_of_one_changes_nothing():
    op = ba.RandomGamma(gamma_limit=(100, 100))
    for dtype in ("uint8", "uint16", "float32"):
        assert all((op(image, **AT) == image).all() for image in forms(dtype))


WHITES = [
    ba.InvertImg(p=1),
    ba.Solarize(threshold_range=(0.3, 0.3), p=1),
    ba.SolarizeAdd(add_range=(0.2, 0.2)),
    ba.Posterize(num_bits=3, p=1),
    ba.RandomGamma(gamma_limit=(150, 150)),
    ba.AutoContrast(p=1),
    ba.AutoContrast(cutoff=4, ignore=1, p=1),
    ba.AutoContrast(preserve_tone=True, p=1),
    ba.Equalize(mode="cv", p=1),
    ba.Equalize(mode="cv", by_channels=False, p=1),
]


@pytest.mark.parametrize("op", WHITES, ids=repr)
def test_white_takes_the_place_of_the_types(op):
    """255 in a wider type is as uint8, but for where float32 rounds; no value is beyond it."""
    image = IMAGES[0]
    want = op(image, **AT).astype(int)
    given = ba.Compose([op], white=255)
    wide = given(image.astype(np.uint16), **AT)
    assert (wide == want).all()
    # Levels that it does not round to; nearby lumas are told apart, and become different.
    floats = given(image.astype(np.float32), **AT)
    bound = 1.01 if getattr(op, "by_channels", True) else 4
    assert np.abs(floats - want).max() < bound and floats.max() <= 255
    above = image.astype(np.uint16)
    above[0, 0] = 300
    below = above.copy()
    below[0, 0] = 255
    assert (given(above, **AT) == given(below, **AT)).all()


def test_solarize_add():
    op = ba.SolarizeAdd(add_range=110 / 255, threshold=128 / 255)
    every = np.arange(256, dtype=np.uint8)[None]
    want = np.where(every < 128, np.minimum(every.astype(int) + 110, 255), every)
    assert (op(every, **AT) == want).all()


def test_each_channel_its_bits():
    op = ba.Posterize(num_bits=[(1, 1), (8, 8), (3, 3)], p=1)
    out = op(np.full((1, 1, 3), 255, np.uint8), **AT)
    assert out.tolist() == [[[128, 255, 224]]]
    assert (
        op
        == ba.Posterize(num_bits=np.array([[1, 1], [8, 8], [3, 3]]), p=1)
        == eval(repr(op), {"Posterize": ba.Posterize})
    )
    with pytest.raises(ValueError, match="num_bits is for 3 channels, the image has 1"):
        op(np.zeros((2, 2), np.uint8), **AT)
    some = ba.Posterize(num_bits=((2, 2), (1, 1)), channels=(2, 0), p=1)
    assert some(np.full((1, 1, 4), 255, np.uint8), **AT).tolist() == [[[128, 255, 192, 255]]]


CHAINS = [
    "IS", "SA", "AS", "EA", "AE", "TE", "ET", "PGE", "SLGAPEI", "ITSTA", "CGA", "KLS", "UIE", "GU",
]  # fmt: skip
LINKS = {
    "A": ba.AutoContrast(p=1),
    "C": ba.AutoContrast(cutoff=(3, 10), ignore=1, p=1),
    "E": ba.Equalize(p=1),
    "G": ba.RandomGamma(gamma_limit=(50, 200)),
    "I": ba.InvertImg(p=1),
    "K": ba.InvertImg(channels=(2, 0), p=1),
    "L": ba.SolarizeAdd(),
    "P": ba.Posterize(num_bits=[(2, 5), (3, 6), (4, 8)], p=1),
    "S": ba.Solarize(threshold_range=(0.2, 0.9), p=1),
    "T": ba.AutoContrast(preserve_tone=True, p=1),
    "U": ba.Equalize(by_channels=False, p=1),
}


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("chain", CHAINS)
def test_a_chain_is_its_steps(chain, dtype):
    """In one call, where links become one look-up, and one after the other."""
    ops = [LINKS[letter] for letter in chain]
    pipeline = ba.Compose(ops)
    for image in forms(dtype):
        params = pipeline.params(**AT, shape=image.shape, dtype=dtype)
        whole = pipeline.apply(params, image)
        stages = [stage.image for stage in pipeline.trace(image, **AT)]
        assert (whole == stages[-1]).all() and whole.dtype == dtype
        assert (pipeline(image, **AT) == whole).all()


REFUSED = [
    (
        lambda: ba.Solarize(threshold_range=128),
        ["threshold_range=(128, 128)", "(128/255, 128/255)"],
    ),
    (lambda: ba.SolarizeAdd(add_range=(0, 110)), ["add_range=(0, 110)", "(0/255, 110/255)"]),
    (lambda: ba.SolarizeAdd(threshold=128), ["threshold=128", "128/255"]),
    (lambda: ba.AutoContrast(ignore=255), ["ignore=255", "255/255"]),
    (lambda: ba.AutoContrast(cutoff=(0, 101)), ["cutoff=(0, 101)", "percent"]),
    (lambda: ba.RandomGamma(gamma_limit=(0.8, 1.2)), ["(0.8, 1.2)", "percent", "(80, 120)"]),
    (lambda: ba.RandomGamma(gamma_limit=120), ["gamma_limit=(120, 120)"]),
    (lambda: ba.RandomGamma(gamma_limit=(120, 80)), ["lo <= hi within 10 to 1000"]),
    (lambda: ba.Posterize(num_bits=9), ["num_bits=(9, 9)", "0 to 8"]),
    (lambda: ba.Posterize(num_bits=[3, 4, 5]), ["num_bits=", "2 values"]),
    (lambda: ba.Posterize(num_bits=[]), ["num_bits=()"]),
    (lambda: ba.Equalize(mode="pillow"), ["did you mean 'pil'?"]),
]


@pytest.mark.parametrize(("make", "words"), REFUSED)
def test_what_is_refused(make, words):
    with pytest.raises((TypeError, ValueError)) as caught:
        make()
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "op", [ba.AutoContrast(preserve_tone=True), ba.Equalize(by_channels=False)]
)
def test_colour_needs_three_channels(op):
    with pytest.raises(ValueError, match="needs 1 or 3 channels, the image has 4"):
        op(np.zeros((5, 5, 4), np.uint8), **AT)


def test_edited_params_are_checked():
    for op, field, value in [
        (ba.RandomGamma(), "gamma", 20.0),
        (ba.Solarize(p=1), "threshold", -1.0),
        (ba.SolarizeAdd(), "add", 1.5),
        (ba.Posterize(p=1), "bits", [9]),
        (ba.Posterize(p=1), "bits", [4, 4]),
    ]:
        params = json.loads(json.dumps(op.params(**AT, shape=(4, 4, 3))))
        params["ops"][0]["params"][field] = value
        with pytest.raises(ValueError, match=field):
            op.apply(params, np.zeros((4, 4, 3), np.uint8))


GRIDS = [(8, 8), (1, 1), (4, 3), (16, 16), (2, 7)]


def clahe(limit, grid):
    return ba.CLAHE(clip_limit=(limit, limit), tile_grid_size=grid)


def gray_images():
    """Photos and noise whose sides grids divide and do not, down to less than a tile."""
    rng = np.random.default_rng(0)
    photo = cv2.cvtColor(np.ascontiguousarray(PHOTOS[0]), cv2.COLOR_RGB2GRAY)
    yield from (photo, np.ascontiguousarray(photo[:96, :112]), photo // 5 + 100)
    for shape in [(64, 64), (57, 100), (1, 1), (1, 33), (33, 2)]:
        yield rng.integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("limit", [0.5, 1, 2, 4, 40, 256])
def test_clahe_is_opencvs_but_for_rounding(limit):
    off = total = 0
    for grid in GRIDS:
        theirs = cv2.createCLAHE(clipLimit=limit, tileGridSize=grid[::-1])
        for image in gray_images():
            difference = np.abs(clahe(limit, grid)(image, **AT).astype(int) - theirs.apply(image))
            assert difference.max() <= 1, (grid, image.shape)
            off += np.count_nonzero(difference)
            total += image.size
    assert off < total / 20


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_clahe_of_colours_is_that_of_their_luma(dtype):
    op = clahe(4, (3, 5))
    for image in forms(dtype)[:4]:
        if dtype == "float32":
            levels = np.floor(image.astype(np.float32) * np.float32(65535) + np.float32(0.5))
        else:
            levels = image
        luma = levels.astype(int) @ [9798, 19235, 3735] + 16384 >> 15
        if dtype == "uint8":
            moved = op(luma.astype(np.uint8), **AT).astype(int)
        else:
            moved = op(luma.astype(np.uint16), **AT).astype(int)
        top = 255 if dtype == "uint8" else 65535
        want = np.clip(levels.astype(int) + (moved - luma)[..., None], 0, top)
        out = op(image, **AT)
        if dtype == "float32":
            want = want.astype(np.float32) / np.float32(65535)
        assert (out == want).all()


def test_clahe_of_wide_types_is_near_that_of_bytes():
    """Between levels it goes straight, where bytes have steps: 2 levels on average."""
    for image in list(gray_images())[:3]:
        op = clahe(3, (8, 8))
        bytes8 = op(image, **AT).astype(int)
        wide = op(image.astype(np.uint16) * 257, **AT) / 257
        floats = op(image / np.float32(255), **AT) * 255
        assert np.abs(wide - bytes8).mean() < 2.5 and np.abs(wide - bytes8).max() < 12
        assert np.abs(wide - floats).max() < 1 / 257
    ends = np.array([[0, 65535]], np.uint16).repeat(8, 0).repeat(8, 1)
    assert (clahe(256, (1, 1))(ends, **AT)[0, [0, -1]] == [0, 65535]).all()


def test_clahe_has_a_white_of_its_own():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 4096, (40, 50), np.uint16)
    wide = clahe(4, (2, 2))(np.round(image / 4095 * 65535).astype(np.uint16), **AT)
    ours = ba.Compose([clahe(4, (2, 2))], white=4095)(image, **AT)
    assert np.abs(ours - wide / 65535 * 4095).max() <= 0.51 and ours.max() <= 4095


def test_tone_curves():
    """The cubic of low and high, of every byte, and of floats."""
    every = np.arange(256, dtype=np.uint8)[None]
    for index in range(20):
        at = {"seed": 1, "epoch": 0, "index": index}
        op = ba.Compose([ba.RandomToneCurve(scale=0.3)])
        (step,) = op.params(**at, shape=every.shape)["ops"]
        (low,), (high,) = step["params"]["low"], step["params"]["high"]
        t = every / 255
        exact = 3 * (1 - t) ** 2 * t * low + 3 * (1 - t) * t**2 * high + t**3
        off = op(every, **at) - 255 * exact
        assert np.abs(off).max() < 0.5 + 1e-9
        assert np.abs(op(t.astype(np.float32), **at) - exact).max() < 1e-6
        wide = op((257 * every.astype(np.uint16)), **at) - 65535 * exact
        assert np.abs(wide).max() < 0.5 + 1e-6
    spread = [
        step["params"]["low"][0]
        for index in range(400)
        for step in ba.Compose([ba.RandomToneCurve()]).params(
            seed=1, epoch=0, index=index, shape=(1, 1)
        )["ops"]
    ]
    assert abs(np.mean(spread) - 0.25) < 0.02 and abs(np.std(spread) - 0.1) < 0.01
