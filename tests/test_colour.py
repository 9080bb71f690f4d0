"""Colour ops against an exact evaluation, and against Pillow and OpenCV."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageEnhance

import bitaug as ba
from tests.deep import deep
from tests.reference.colour import LUMA
from tests.reference.draws import Draws
from tests.reference.ops import color_jitter
from tests.reference.philox import Field
from tests.reference.pipeline import NOMINAL_MAX, run
from tests.reference.sum import channel_sums

TOP = {"uint8": 255, "uint16": 65535, "float32": 1}
WEIGHTS = np.array(LUMA) / 32768
FACTORS = np.concatenate([np.linspace(0, 8, 129), (np.arange(0, 2048, 31) + 0.49) / 1024])
SHIFTS = np.concatenate([np.linspace(-0.5, 0.5, 13), [1e-9, -1e-9, 0.3141, -0.4124]])


def rng():
    return np.random.default_rng(7)


def white(image):
    return NOMINAL_MAX[image.dtype]


def image_of(values, dtype):
    """Values in 0..1 as an image of the type."""
    return (values * TOP[dtype] + (0 if dtype == "float32" else 0.5)).astype(dtype)


def all_values(dtype):
    """Every value of uint8 and uint16, many of float32; one channel."""
    values = rng().random(8192) if dtype == "float32" else np.arange(TOP[dtype] + 1) / TOP[dtype]
    return image_of(values, dtype).reshape(1, -1, 1)


def colours(dtype):
    """A grid of 64^3 colours at uint8; a random one of 64 values per channel otherwise."""
    axes = np.linspace(0, 1, 64) if dtype == "uint8" else rng().random((3, 64))
    axes = np.broadcast_to(axes, (3, 64))
    return image_of(np.stack(np.meshgrid(*axes), axis=-1).reshape(512, 512, 3), dtype)


def error(out, exact):
    top = TOP[out.dtype.name]
    return np.abs(out - np.clip(exact, 0, top)).max()


def blend(image, factor, other):
    return image * factor + (1 - factor) * other


def exact_hue(image, shift):
    """To HSV, around, and back, as the textbooks have it."""
    r, g, b = (image[..., c] for c in range(3))
    high, low = image.max(axis=2), image.min(axis=2)
    d = np.where(high == low, 1, high - low)
    six = np.select([r == high, g == high], [(g - b) / d, 2 + (b - r) / d], 4 + (r - g) / d)
    six = (six + 6 * shift) % 6
    k = (np.array([5, 3, 1]) + six[..., None]) % 6
    return high[..., None] - (high - low)[..., None] * np.clip(np.minimum(k, 4 - k), 0, 1)


BOUNDS = {
    "brightness": {"uint8": 0.594, "uint16": 0.532, "float32": 1.3e-7},
    "contrast": {"uint8": 0.625, "uint16": 0.532, "float32": 1.5e-6},
    "saturation": {"uint8": 0.667, "uint16": 0.532, "float32": 1.5e-6},
    "hue": {"uint8": 0.563, "uint16": 0.532, "float32": 1.5e-6},
}


@pytest.mark.parametrize("dtype", TOP)
def test_brightness_is_exact_to_a_level(dtype):
    image = all_values(dtype)
    for factor in FACTORS:
        out = color_jitter.brightness(image, factor, white(image))
        assert error(out, image * factor) < BOUNDS["brightness"][dtype]


# A quarter of the factors and shifts each.
parts = pytest.mark.parametrize("part", [0, *deep([1, 2, 3])])


@parts
@pytest.mark.parametrize("dtype", TOP)
def test_contrast_is_exact_to_a_level(dtype, part):
    """All values, beside darker and brighter ones that move the mean; 1, 2 and 3 channels."""
    values, draws = all_values(dtype), np.random.default_rng(part)
    for factor in FACTORS[part::4]:
        rest = image_of(draws.random((1, 3 * 4096, 1)) ** draws.choice([0.1, 1, 10]), dtype)
        image = np.concatenate([values, rest[:, : 3 * 4096 - values.size % 6]], axis=1)
        for channels in (1, 2, 3):
            shaped = image.reshape(1, -1, channels).astype(np.float64)
            weights = WEIGHTS if channels == 3 else np.full(channels, 1 / channels)
            out = color_jitter.contrast(image.reshape(1, -1, channels), factor, white(image))
            exact = blend(shaped, factor, shaped.mean(axis=(0, 1)) @ weights)
            assert error(out, exact) < BOUNDS["contrast"][dtype]


@parts
@pytest.mark.parametrize("dtype", TOP)
def test_saturation_is_exact_to_a_level(dtype, part):
    image = colours(dtype)
    wide = image.astype(np.float64)
    gray = (wide @ WEIGHTS)[..., None]
    for factor in FACTORS[::6][part::4]:
        out = color_jitter.saturation(image, factor, white(image))
        assert error(out, blend(wide, factor, gray)) < BOUNDS["saturation"][dtype]


@parts
@pytest.mark.parametrize("dtype", TOP)
def test_hue_is_exact_to_a_level(dtype, part):
    image = colours(dtype)
    for shift in SHIFTS[part::4]:
        out = color_jitter.hue(image, shift, white(image))
        assert error(out, exact_hue(image.astype(np.float64), shift)) < BOUNDS["hue"][dtype]


@pytest.mark.parametrize("name", color_jitter.NEUTRAL)
def test_neutral_is_the_identity_where_it_is_computed(name):
    """So leaving a neutral sub-op out changes nothing."""
    sub_op, neutral = getattr(color_jitter, name), color_jitter.NEUTRAL[name]
    for dtype in ("uint8", "uint16"):
        image = colours(dtype)
        np.testing.assert_array_equal(sub_op(image, neutral, white(image)), image)


def test_uint8_fits_sixteen_bits():
    """The same from int16 lanes: rounded multiply-high, additions and shifts."""

    def hrs(a, b):
        out = (a * b + 16384) >> 15
        fits(a), fits(b), fits(out)
        return out

    def fits(x):
        assert np.min(x) >= -32768 and np.max(x) <= 32767

    values, factor = np.arange(256)[:, None], np.arange(16385)
    x = hrs((values - 128) * 256, factor) + factor
    fits(x + 8)
    np.testing.assert_array_equal(x[:, ::64], (values * factor[::64] + 64) >> 7)
    rest = np.arange(2048 - 16384, 2049)
    base = hrs((values - 128) * 256, rest) + rest
    fits(base), fits(((2048 - rest) * 255 >> 7) + base[0] + 8)
    turn = np.arange(0, 24576, 7)
    step = hrs(values << 7, turn)
    np.testing.assert_array_equal(step, (values * turn + 128) >> 8)
    fits(step + 16 * values)
    fits(6 * 16 * 255)


def jitter(**ranges):
    fields = {name: [neutral] * 2 for name, neutral in color_jitter.NEUTRAL.items()}
    return {"op": "ColorJitter", "version": 1, "p": 1.0} | fields | ranges


def gray(image):
    return run({"op": "ToGray", "version": 1, "p": 1.0}, image, seed=1, epoch=0, index=0)


def test_every_order_is_drawn_and_factors_stay_in_range():
    op = jitter(brightness=[0.5, 2.0], contrast=[0.1, 0.2], hue=[-0.5, 0.25])
    orders = set()
    for index in range(400):
        params = color_jitter.sample(op, (4, 4, 3), np.dtype("uint8"), Draws(3, 0, index))
        orders.add(tuple(params["order"]))
        for name in color_jitter.NEUTRAL:
            assert op[name][0] <= params[name] <= op[name][1]
        assert params["saturation"] == 1.0
    assert len(orders) == 24


def test_float32_leaves_no_value_outside_and_one_nan():
    image = np.array([[[np.nan, 0.5, -0.0], [np.inf, -np.inf, 0.25], [2.0, -1.0, 0.5]]])
    moved = jitter(brightness=[0.9, 0.9], saturation=[2.0, 2.0], hue=[0.2, 0.2])
    for node in (moved, jitter()):
        out = run(node, image.astype(np.float32), seed=1, epoch=0, index=0)
        nan = np.isnan(out)
        assert nan[0, 0, 0] and not nan[0, 1:].any()
        assert (out.view(np.uint32)[nan] == 0x7FC00000).all()
        assert (out[~nan] >= 0).all() and (out[~nan] <= 1).all() and not np.signbit(out).any()
    node = jitter(contrast=[0.5, 0.5])
    assert np.isnan(run(node, image.astype(np.float32), seed=1, epoch=0, index=0)).all()


# Against other libraries


# Pillow truncates, and blends with a rounded gray or a rounded mean of these: errors that grow with
# the factor. The second number is for factors up to 8.
ENHANCERS = {
    "Brightness": ("brightness", 1, 1),
    "Contrast": ("contrast", 2, 5),
    "Color": ("saturation", 2, 4),
    "Sharpness": (None, 1, 1),
}


@pytest.mark.parametrize("enhance", ENHANCERS)
def test_enhancers_are_pillows_but_for_rounding(enhance):
    name, near, far = ENHANCERS[enhance]
    images = [image_of(rng().random((90, 70, 3)) ** power, "uint8") for power in (0.3, 1, 3)]
    images += [colours("uint8")[::5, ::3], images[0][:2], images[0][:3, :3], images[0][:, :1]]
    for image in images:
        for factor in [*np.linspace(0, 2, 21), 0.01, 1.957, *np.linspace(2, 8, 13)]:
            op = getattr(ba, enhance)(factor=(factor, factor))
            ours = op(image, seed=1, epoch=0, index=0).astype(int)
            theirs = getattr(ImageEnhance, enhance)(Image.fromarray(image)).enhance(factor)
            difference = np.abs(ours - np.asarray(theirs)).max()
            assert difference <= (near if factor <= 2 else far), factor
            if name:
                jitter = ba.ColorJitter(**{name: (factor, factor)})
                np.testing.assert_array_equal(jitter(image, seed=1, epoch=0, index=0), ours)


def test_pillows_smooth_image_is_ours():
    for shape in [(64, 80, 3), (3, 3, 3), (3, 50, 3), (2, 50, 3)]:
        image = rng().integers(0, 256, shape, np.uint8)
        theirs = ImageEnhance.Sharpness(Image.fromarray(image)).enhance(0)
        ours = ba.Sharpness(factor=(0, 0))(image, seed=1, epoch=0, index=0)
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("dtype", TOP)
def test_enhancers_equal_the_jitters_sub_ops(dtype):
    """Where contrast has a mean of a chain's middle, too; a gray image has no colour."""
    image = image_of(rng().random((61, 47, 3)), dtype)
    at = {"seed": 1, "epoch": 0, "index": 0}
    for factor in (0.0, 0.3, 1.0, 1.7, 8.0):
        both = (factor, factor)
        steps = [ba.Brightness(factor=(1.3, 1.3)), ba.Contrast(factor=both), ba.Color(factor=both)]
        subs = [{"brightness": (1.3, 1.3)}, {"contrast": both}, {"saturation": both}]
        jitters = [ba.ColorJitter(**sub) for sub in subs]
        want = ba.Compose(jitters)(image, **at)
        np.testing.assert_array_equal(ba.Compose(steps)(image, **at), want)
        gray = np.ascontiguousarray(image[..., 0])
        np.testing.assert_array_equal(steps[2](gray, **at), gray)


def test_contrast_is_a_link_of_a_chain():
    """Its mean is of what the links before it made, by one look-up or one after the other."""
    ops = [ba.Solarize(threshold_range=0.4, p=1), ba.Contrast(factor=(0.4, 0.4)), ba.Equalize(p=1)]
    ops += [ba.Posterize(num_bits=((3, 3), (5, 5), (8, 8)), p=1), ba.Contrast(factor=(2, 2))]
    at = {"seed": 1, "epoch": 0, "index": 0}
    for dtype in TOP:
        image = image_of(rng().random((61, 47, 3)), dtype)
        want = image
        for op in ops:
            want = op(want, **at)
        np.testing.assert_array_equal(ba.Compose(ops)(image, **at), want)


@parts
def test_hue_is_within_a_level_of_opencv(part):
    """Its float32 HSV, in degrees, there and back."""
    image = colours("uint8")
    for shift in SHIFTS[part::4]:
        hsv = cv2.cvtColor((image / 255).astype(np.float32), cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0] + 360 * shift) % 360
        theirs = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255
        assert np.abs(color_jitter.hue(image, shift, white(image)) - theirs).max() < 0.57


def shifted(image, hue, sat, val):
    op = ba.HueSaturationValue(
        hue_shift_limit=(hue, hue), sat_shift_limit=(sat, sat), val_shift_limit=(val, val)
    )
    return op(image, seed=1, epoch=0, index=0)


def exact_shift(image, hue, sat, val):
    """To HSV, moved, and back, of values in 0..1."""
    r, g, b = (image[..., c] for c in range(3))
    high, low = image.max(axis=2), image.min(axis=2)
    flat = high == low
    d = np.where(flat, 1, high - low)
    six = np.select([r == high, g == high], [(g - b) / d, 2 + (b - r) / d], 4 + (r - g) / d)
    part = np.where(flat, 0, np.clip((high - low) / np.where(flat, 1, high) + sat, 0, 1))
    value = np.clip(high + val, 0, 1)[..., None]
    k = (np.array([5, 3, 1]) + (six + 6 * hue)[..., None]) % 6
    return value - value * part[..., None] * np.clip(np.minimum(k, 4 - k), 0, 1)


HSV_SHIFTS = [(0.11, 0.12, -0.08), (-0.5, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
HSV_SHIFTS += [(0.3141, -0.31, 0.4), (-0.2, 0.7, -0.6), (1e-9, 0, 0), (0.5, 0.01, -0.003)]
# Levels of a difference among the darkest colours count for much.
DARK = np.stack(np.meshgrid(*[np.arange(16)] * 3), axis=-1).reshape(64, 64, 3)


@pytest.mark.parametrize("dtype", TOP)
def test_shifts_of_hue_saturation_and_value_are_exact_to_a_level(dtype):
    bound = {"uint8": 0.6, "uint16": 0.501, "float32": 1.5e-6}[dtype]
    images = [colours(dtype)[::3], image_of(DARK / 255, dtype)]
    if dtype == "uint16":
        # What is plainly of 12 bits is refused.
        images[1] = np.concatenate([images[1], np.full((1, 64, 3), 65535, np.uint16)])
    for image in images:
        for shifts in HSV_SHIFTS:
            exact = exact_shift(image / TOP[dtype], *shifts) * TOP[dtype]
            if dtype == "float32":
                # In float32 a tiny difference has a rounded place in its sector.
                exact = exact_shift(image.astype(np.float64), *shifts)
            assert error(shifted(image, *shifts), exact) < bound, shifts


def test_shifts_are_within_a_level_of_opencv():
    """Its float32 HSV: hue in degrees, saturation and value in 0..1. Its 8-bit HSV is further."""
    image = np.concatenate([colours("uint8")[::3], DARK.reshape(8, 512, 3).astype(np.uint8)])
    for hue, sat, val in HSV_SHIFTS:
        hsv = cv2.cvtColor((image / 255).astype(np.float32), cv2.COLOR_RGB2HSV)
        gray = hsv[..., 1] == 0
        hsv[..., 0] = (hsv[..., 0] + 360 * hue) % 360
        hsv[..., 1:] = np.clip(hsv[..., 1:] + np.float32([sat, val]), 0, 1)
        hsv[gray, 1] = 0
        theirs = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255
        assert np.abs(shifted(image, hue, sat, val) - theirs).max() < 0.6


def test_shifts_are_those_of_a_hsv_image_of_8_bits_but_for_its_rounding():
    """As others do it: hue in halves of degrees, saturation and value in levels."""
    image = colours("uint8")[::3]
    for hue, sat, val in [(20, 30, -20), (-13, -25, 11), (90, 0, 0)]:
        h, s, v = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV))
        moved = [(h.astype(int) + hue) % 180, np.clip(s + float(sat), 0, 255), v + float(val)]
        hsv = cv2.merge([np.clip(part, 0, 255).astype(np.uint8) for part in moved])
        theirs = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).astype(int)
        off = np.abs(shifted(image, hue / 180, sat / 255, val / 255) - theirs)
        some = image.min(axis=2) < image.max(axis=2)  # it colours gray
        assert off[some].max() <= 6 and off[some].mean() < 0.6


def test_without_a_shift_nothing_changes():
    for dtype in TOP:
        image = colours(dtype)[::4]
        np.testing.assert_array_equal(shifted(image, 0, 0, 0), image)
        tiny = 0 if dtype == "float32" else 1e-12  # computed
        np.testing.assert_array_equal(shifted(image, tiny, 0, 0), image)


def test_gray_images_have_a_value_alone():
    gray = colours("uint8")[::5, :, 0]
    want = np.clip(gray + 0.3 * 255, 0, 255) + 0.5
    np.testing.assert_array_equal(shifted(gray, 0, 0, 0.3), want.astype(np.uint8))
    for sat, hue in [(0.1, 0), (0, 0.1)]:
        with pytest.raises(ValueError, match="shift_limit needs 3 channels, the image has 1"):
            shifted(gray, hue, sat, 0)


def test_sepia_is_within_a_level_of_opencv():
    weights = [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]
    for image in (colours("uint8"), image_of(rng().random((64, 80, 3)), "uint8")):
        theirs = cv2.transform(image, np.array(weights)).astype(int)
        ours = ba.ToSepia(p=1)(image, seed=1, epoch=0, index=0)
        assert np.abs(ours - theirs).max() <= 1
        exact = np.clip(image @ np.array(weights).T, 0, 255)
        wide = ba.ToSepia(p=1)(image.astype(np.uint16) * 257, seed=1, epoch=0, index=0)
        assert np.abs(wide / 257 - exact).max() < 0.014
        floats = ba.ToSepia(p=1)(image / np.float32(255), seed=1, epoch=0, index=0)
        assert np.abs(floats * 255 - exact).max() < 0.012


def params_of(op, index, shape=(4, 4, 3)):
    (step,) = ba.Compose([op]).params(seed=1, epoch=0, index=index, shape=shape)["ops"]
    return step["params"]


def test_each_channel_is_shifted_by_its_own_part_of_white():
    for dtype in TOP:
        image = colours(dtype)[::9]
        op = ba.RGBShift(r_shift_limit=(-0.5, 0.5), b_shift_limit=(1, 1))
        shifts = params_of(op, 3)
        added = TOP[dtype] * np.array([shifts[f"{c}_shift"] for c in "rgb"])
        out = op(image, seed=1, epoch=0, index=3)
        bound = 1.3e-7 if dtype == "float32" else 0.5 + 1e-9
        assert error(out, image + added) <= bound
        assert (out[..., 2] == TOP[dtype]).all()


def test_photometric_distortion_is_the_jitters_sub_ops_and_a_shuffle():
    op = ba.RandomPhotometricDistort(hue=(-0.2, 0.2))
    at = {"seed": 1, "epoch": 0}
    image = image_of(rng().random((31, 47, 3)), "uint8")
    seen = set()
    for index in range(60):
        params = params_of(op, index, image.shape)
        steps = [[name, params[name]] for name in ("brightness", "saturation", "hue")]
        steps.insert(1 if params["contrast_first"] else 3, ["contrast", params["contrast"]])
        want = image
        for name, value in steps:
            want = ba.ColorJitter(**{name: (value, value)})(want, **at, index=0)
        want = want[..., params["order"]]
        np.testing.assert_array_equal(op(image, **at, index=index), want)
        changed = [params[name] != neutral for name, neutral in color_jitter.NEUTRAL.items()]
        seen |= {*zip("bcsh", changed, strict=True), ("order", *params["order"])}
        seen.add(("first", params["contrast_first"]))
    assert len(seen) == 8 + 6 + 2
    never, always = (ba.RandomPhotometricDistort(distort_p=p) for p in (0, 1))
    np.testing.assert_array_equal(never(image, **at, index=0), image)
    for index in range(20):
        params = params_of(always, index)
        assert all(params[name] != neutral for name, neutral in color_jitter.NEUTRAL.items())


def test_colours_vary_along_their_own_axes():
    """As numpy's eigh has them, but for the sign; and those of ImageNet."""
    mixing = rng().normal(size=(3, 3)) / 12
    image = np.clip(0.5 + rng().normal(size=(80, 90, 3)) @ mixing, 0, 1)
    for dtype in TOP:
        pixels = image_of(image, dtype)
        values = pixels.reshape(-1, 3) / TOP[dtype]
        eigenvalues, vectors = np.linalg.eigh(np.cov(values.T.astype(np.float64), bias=True))
        eigenvalues, vectors = eigenvalues[::-1], vectors[:, ::-1]
        largest = np.abs(vectors).argmax(axis=0)
        vectors = vectors * np.sign(vectors[largest, range(3)])
        for index in range(5):
            op = ba.FancyPCA(alpha=5)
            deviates = np.array(params_of(op, index, pixels.shape)["deviates"])
            shift = TOP[dtype] * vectors @ (deviates * eigenvalues)
            bound = 2e-6 if dtype == "float32" else 0.5 + 1e-6
            out = op(pixels, seed=1, epoch=0, index=index)
            assert error(out, pixels + shift) < bound
    op = ba.FancyPCA(axes="imagenet", alpha=1)
    deviates = params_of(op, 0)["deviates"]
    gray = np.full((1, 1, 3), 0.5, np.float32)
    r, g, b = op(gray, seed=1, epoch=0, index=0)[0, 0]
    x, y, z = np.array(deviates) * [0.2175, 0.0188, 0.0045]
    want = np.array([-0.5675 * x + 0.7192 * y + 0.4009 * z, -0.5808 * x - 0.0045 * y - 0.814 * z])
    np.testing.assert_allclose([r, g], np.clip(0.5 + want, 0, 1), atol=1e-6)
    assert b != g


@pytest.mark.parametrize("mode", ["blackbody", "cied"])
@pytest.mark.parametrize("method", ["uniform", "gaussian"])
def test_colour_temperatures(mode, method):
    """Their shares below and above daylight; red light below it, blue above."""
    op = ba.PlanckianJitter(mode=mode, sampling_method=method)
    drawn = np.array([params_of(op, index)["temperature"] for index in range(600)])
    assert abs((drawn < 6000).mean() - 0.4) < 0.06
    assert (3000 if mode == "blackbody" else 4000) <= drawn.min() and drawn.max() <= 15000
    near = np.abs(drawn[drawn > 6000] - 6000).mean() / 9000
    assert abs(near - (0.5 if method == "uniform" else 0.266)) < 0.04
    gray = np.full((2, 2, 3), 100, np.uint8)
    for index, kelvin in enumerate(drawn[:20]):
        r, g, b = op(gray, seed=1, epoch=0, index=index)[0, 0].astype(int)
        assert g == 100
        if abs(kelvin - 6500) > 800:
            assert (r > b) == (kelvin < 6500)
    # A knot of the published table, and the middle between two.
    red, green, blue = {
        "blackbody": ([0.4223, 0.4135], [0.4648, 0.4651], [0.5844, 0.5990]),
        "cied": ([0.4023, 0.3928], [0.4709, 0.4713], [0.5763, 0.5914]),
    }[mode]
    pipeline = ba.Compose([op])
    params = pipeline.params(seed=1, epoch=0, index=0, shape=gray.shape)
    for kelvin, part in [(9000.0, 1), (9250.0, 0.5)]:
        params["ops"][0]["params"]["temperature"] = kelvin
        r, g, b = (part * each[0] + (1 - part) * each[1] for each in (red, green, blue))
        want = np.floor(100 * np.array([r / g, 1, b / g]) + 0.5)
        np.testing.assert_array_equal(pipeline.apply(params, gray)[0, 0], want)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_gray_is_opencv(dtype):
    image = image_of(rng().random((512, 512, 3)), dtype)
    theirs = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    np.testing.assert_array_equal(gray(image), np.stack([theirs] * 3, axis=-1))


@pytest.mark.parametrize("dtype", TOP)
def test_gray_is_the_rounded_luma(dtype):
    image = colours(dtype)
    exact = (image.astype(np.float64) @ WEIGHTS)[..., None]
    assert error(gray(image), exact) <= (1.3e-7 if dtype == "float32" else 0.5)
    assert gray(image).shape == image.shape


@pytest.mark.parametrize("dtype", TOP)
def test_other_grays(dtype):
    bound = 1.3e-7 if dtype == "float32" else 0.5
    for channels in (2, 3, 5):
        image = image_of(rng().random((40, 50, channels)), dtype)
        wide = image.astype(np.float64)
        ends = (wide.max(axis=2) + wide.min(axis=2)) / 2
        grays = {"average": wide.mean(axis=2), "max": wide.max(axis=2), "desaturation": ends}
        for method, exact in grays.items():
            out = ba.ToGray(method=method, p=1)(image, seed=1, epoch=0, index=0, layout="HWC")
            assert out.shape == image.shape
            assert error(out, exact[..., None]) <= bound, method
    usual = ba.ToGray(method="weighted_average", p=1)
    assert usual == ba.ToGray(p=1) and "method" not in usual.to_json()
    assert '"max"' in ba.ToGray(method="max").to_json()


@pytest.mark.parametrize("dtype", TOP)
@pytest.mark.parametrize("kind", ["image", "min_max"])
@pytest.mark.parametrize("each", [False, True])
def test_an_image_is_normalized_by_its_own_values(kind, each, dtype):
    image = image_of(rng().random((40, 50, 3)) ** [1, 2, 3] * 0.7 + 0.1, dtype)
    wide = image.astype(np.float64)
    axes = (0, 1) if each else (0, 1, 2)
    least = 1e-4 * TOP[dtype] / 255
    if kind == "image":
        exact = (wide - wide.mean(axes)) / (wide.std(axes) + least)
    else:
        exact = (wide - wide.min(axes)) / (np.ptp(wide, axis=axes) + least)
    op = ba.Normalize(normalization=kind + "_per_channel" * each)
    at = {"seed": 1, "epoch": 0, "index": 0}
    out = op(image, **at)
    assert out.dtype == np.float32 and np.abs(out - exact).max() < 2e-6
    planar = ba.Compose([ba.HorizontalFlip(p=1), op, ba.ToCHW()])(image, **at)
    np.testing.assert_array_equal(planar.transpose(1, 2, 0), out[:, ::-1])


def test_what_is_far_from_the_mean_or_all_alike():
    at = {"seed": 1, "epoch": 0, "index": 0}
    image = np.zeros((100, 100), np.uint8)
    assert not ba.Normalize(normalization="image")(image, **at).any()
    assert not ba.Normalize(normalization="min_max")(image, **at).any()
    image[3, 4] = 255
    assert ba.Normalize(normalization="image")(image, **at)[3, 4] == 20
    planar = ba.Compose([ba.Normalize(normalization="image"), ba.ToCHW()])(image, **at)
    assert planar[0, 3, 4] == 20
    holes = np.array([[0.25, np.nan, 0.75]], np.float32)
    out = ba.Normalize(normalization="min_max")(holes, **at)
    np.testing.assert_allclose(out, [[0, np.nan, 1]], atol=1e-6)
    assert ba.Normalize(normalization="standard") == ba.Normalize()


# The order of sums


def test_one_order_of_sums():
    """rust/core/maths/sum.rs is held to the same bits."""
    bits = Field(1, 0, 2).words(90_000).astype(np.uint32) & np.uint32(0xBFFFFFFF)
    sums = channel_sums(bits.view(np.float32).reshape(300, 100, 3))
    expected = [0xC0282B1FBAF1198A, 0xC0491726D287D5C9, 0xC04119972DB169B3]
    assert sums.view(np.uint64).tolist() == expected
