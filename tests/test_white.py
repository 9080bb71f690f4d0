"""The value of white: what a pipeline says, and what images plainly are of another range."""

import cv2
import numpy as np
import pytest

import bitaug as ba

AT = {"seed": 1, "epoch": 0, "index": 0}
PHOTO = np.random.default_rng(0).integers(2, 256, (64, 48, 3)).astype(np.uint8)
LIFT = ba.RandomBrightnessContrast(brightness_limit=(0.1, 0.1), contrast_limit=(0, 0))
# Whatever is stated in parts of white.
NOMINAL = [
    LIFT,
    ba.ColorJitter(brightness=(0.5, 1.5)),
    ba.ToGray(),
    ba.GaussNoise(),
    ba.Solarize(),
    ba.Equalize(),
    ba.ToFloat(),
    ba.Normalize(),
]


def refused(call, *words):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    for word in words:
        assert word in str(caught.value), caught.value


def test_values_with_white_are_those_without_scaled():
    whole = ba.Compose([LIFT])(PHOTO / np.float32(255), **AT)
    for white, dtype in [(255, np.float32), (4095, np.uint16), (4095, np.float32)]:
        image = (PHOTO / np.float32(255) * white).astype(dtype)
        out = ba.Compose([LIFT], white=white)(image, **AT)
        assert out.dtype == dtype and out.max() == white
        assert np.abs(out / np.float32(white) - whole).max() < 1.5 / white + 1e-6
        unit = ba.Compose([ba.ToFloat()], white=white)(image, **AT)
        assert (unit == image.astype(np.float32) / np.float32(white)).all()
    bits = ba.Compose([ba.Normalize(mean=0.5, std=0.5)], white=4095)
    assert bits(np.array([[0, 4095]], np.uint16), **AT).tolist() == [[-1, 1]]


def test_white_is_that_of_uint16_and_float32_up_to_the_first_float():
    assert (ba.Compose([LIFT], white=9)(PHOTO, **AT) == LIFT(PHOTO, **AT)).all()
    image = PHOTO.astype(np.float32)
    both = ba.Compose([ba.ToFloat(), LIFT], white=255)(image, **AT)
    assert (both == LIFT(image / np.float32(255), **AT)).all()


def test_every_entry_takes_it():
    image = PHOTO.astype(np.uint16) * 16
    given = ba.Compose(ba.default_pipeline().transforms, white=4095)
    want = given(image, **AT)
    assert (ba.augment(image, seed=1, white=4095) == want).all()
    assert (ba.augment(image, seed=1, pipeline=given) == want).all()
    lifted = ba.augment(image, seed=1, pipeline=LIFT, white=4095)
    assert (lifted == ba.Compose([LIFT], white=4095)(image, **AT)).all()
    refused(lambda: ba.augment(image, seed=1, pipeline=given, white=1023), "white=1023", "4095")
    params = given.params(**AT, shape=image.shape, dtype=image.dtype)
    assert (given.apply(params, image) == want).all()
    assert given.trace(image, **AT)[-1].digest == ba.digest(want)


def test_documents_have_it_only_where_it_is_given():
    plain, given = ba.Compose([LIFT]), ba.Compose([LIFT], white=np.int64(4095))
    assert "white" not in plain.to_json() and plain.digest != given.digest
    assert given == ba.Compose([LIFT], white=4095.0) and given.white == 4095
    for text, read in [(given.to_json(), ba.from_json), (given.to_yaml(), ba.from_yaml)]:
        assert read(text) == given and read(text).digest == given.digest
    assert eval(repr(given), {"Compose": ba.Compose, type(LIFT).__name__: type(LIFT)}) == given
    refused(lambda: ba.Compose([ba.Compose([LIFT], white=2)]), "white")


@pytest.mark.parametrize("white", [0, -1, float("nan"), 1e-10, 1e10, "255", True])
def test_what_is_no_white(white):
    refused(lambda: ba.Compose([LIFT], white=white), "white")


@pytest.mark.parametrize("white", [4095.5, 65536])
def test_uint16_has_whole_numbers_up_to_65535(white):
    pipeline = ba.Compose([ba.HorizontalFlip()], white=white)
    refused(lambda: pipeline(PHOTO.astype(np.uint16), **AT), f"white={white}", "65535")
    assert pipeline(PHOTO.astype(np.float32), **AT).max() == PHOTO.max()


SIGNED = PHOTO / np.float32(127.5) - 1
RANGES = {
    "bytes": (PHOTO.astype(np.float32), "white=255"),
    "twice as bright": (PHOTO / np.float32(127), "white=its white"),
    "one of them": (np.eye(40, dtype=np.float32) * 255, "white=255"),
    "signed": (SIGNED, "(image + 1) / 2"),
    "standardized": (SIGNED * np.float32(2), "black 0"),
    "12 bits of 16": (PHOTO.astype(np.uint16) * 16, "white=4095"),
    "8 bits of 16": (PHOTO.astype(np.uint16), "white=255"),
    "16 bits of floats": (PHOTO.astype(np.float32) * 257, "white=65535"),
}


@pytest.mark.parametrize("op", NOMINAL, ids=lambda op: type(op).__name__)
@pytest.mark.parametrize("name", RANGES)
def test_another_range_is_refused_whole(name, op):
    image, advice = RANGES[name]
    if image.ndim == 2:
        image = np.repeat(image[..., np.newaxis], 3, axis=2)
    pipeline = ba.Compose([ba.HorizontalFlip(), op])
    place = type(op).__name__
    refused(lambda: pipeline(image, **AT), place, advice, f"{float(np.abs(image).max()):g}"[:5])
    out = [np.full(image.shape, 7, image.dtype)] * 2
    good = np.full_like(image, 0)
    at = {"seed": 1, "epoch": 0, "index": [3, 4]}
    refused(lambda: pipeline([good, image], **at, out=out), "sample 1", "4")
    assert (out[0] == 7).all()
    mask = np.zeros(image.shape[:2], np.uint8)
    refused(lambda: pipeline(image=image, mask=mask, **AT), place, advice)
    # whatever the memory looks like
    refused(lambda: pipeline(image[::-1, ::-1], **AT), place)
    refused(lambda: pipeline(image.transpose(2, 0, 1), layout="CHW", **AT), place)


def test_what_the_message_says_is_accepted():
    for image, white in [(PHOTO.astype(np.float32), 255), (PHOTO.astype(np.uint16) * 16, 4095)]:
        ba.Compose([LIFT], white=white)(image, **AT)
    ba.Compose([ba.ToFloat(), LIFT], white=255)(PHOTO.astype(np.float32), **AT)
    ba.Compose([LIFT], white=65535)(PHOTO.astype(np.uint16) * 16, **AT)
    LIFT(PHOTO.astype(np.float32) / 255, **AT)
    LIFT((SIGNED + 1) / 2, **AT)


def test_what_may_be_of_the_range_is_accepted():
    random = np.random.default_rng(1)
    for low in (random.random((64, 64, 3), np.float32), (random.random((64, 64, 3)) > 0.5)):
        for size in (100, 128, 150, 256):
            image = cv2.resize(low.astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
            assert image.min() < 0 and image.max() > 1
            assert LIFT(image, **AT).max() == 1
    black = np.zeros((40, 40, 3))
    for dtype in (np.uint16, np.float32):
        LIFT(black.astype(dtype), **AT)
    night = black.astype(np.uint16)
    night[1, 2] = 4096  # in a row that a quick look leaves out
    LIFT(night, **AT)
    dim = (black + 1e-3).astype(np.float32)
    dim[3, 3] = [np.nan, np.inf, -np.inf]
    assert np.isnan(LIFT(dim, **AT)[3, 3, 0])


def test_floats_that_reach_no_further_than_1_are_not_of_a_larger_white():
    image = PHOTO / np.float32(255)
    lift = ba.Compose([ba.RandomBrightnessContrast(p=1)], white=255)
    for pipeline in (lift, ba.Compose([ba.ToFloat(), ba.Normalize()], white=255),
                     ba.Compose([ba.HorizontalFlip(), ba.GaussNoise(p=1)], white=16)):  # fmt: skip
        refused(lambda: pipeline(image, **AT), "leave white out", "multiply")  # noqa: B023
    lift(image * 255, **AT)
    ba.Compose(lift.transforms)(image, **AT)
    ba.Compose(lift.transforms, white=2)(image, **AT)
    # Black with a little noise, in levels, and as a resize leaves it, is no photo of 0 to 1.
    noise = (np.random.default_rng(0).random(PHOTO.shape) < 0.1).astype(np.float32)
    for dark in (noise, noise * np.float32(0.4), image * np.float32(1.02 / image.max())):
        lift(dark, **AT)


def test_samples_of_two_ranges_are_not_mixed():
    image = PHOTO / np.float32(255)
    for mix in (ba.MixUp(p=1), ba.CutMix(p=1), ba.Mosaic(size=(16, 16), p=1)):
        refused(lambda: mix(image, partners=[image * 255] * 3, **AT), "partner", "255", "range")  # noqa: B023
        refused(lambda: mix(image * 255, partners=[image] * 3, **AT), "partner", "sample's")  # noqa: B023
        refused(lambda: ba.Compose([mix], white=255)(image, partners=[image * 255] * 3, **AT),  # noqa: B023
                "partner", "ranges")  # fmt: skip
        mix(image * 255, partners=[image * 200] * 3, **AT)
        mix(PHOTO.astype(np.uint16), partners=[PHOTO.astype(np.uint16) * 257] * 3, **AT)


def test_what_only_moves_takes_any_range():
    for image, _ in RANGES.values():
        moved = ba.Compose([ba.VerticalFlip(p=1), ba.Pad(padding=1, border="edge")])
        assert moved(image, **AT).max() == image.max()
    never = ba.Compose([ba.RandomBrightnessContrast(p=0), ba.HorizontalFlip()])
    never(PHOTO.astype(np.float32), **AT)


def test_only_the_channels_that_are_worked_on_are_looked_at():
    depth = np.dstack([PHOTO / np.float32(255), np.full(PHOTO.shape[:2], 900, np.float32)])
    refused(lambda: LIFT(depth, **AT), "900")
    lift = ba.RandomBrightnessContrast(channels=(0, 1, 2))
    assert (lift(depth, **AT)[..., 3] == 900).all()
    refused(lambda: ba.Compose([lift, LIFT])(depth, **AT), "RandomBrightnessContrast#2", "900")


LEVELS = [
    ({"mean": 123.675, "std": 58.395}, "mean=0.485000, std=0.229000"),
    ({"mean": (103.939, 116.779, 123.68), "std": (1, 1, 1)}, "std=(0.003922, 0.003922, 0.003922)"),
    ({"mean": (123.675, 116.28, 103.53)}, "std=(0.229000, 0.224000, 0.225000)"),
    ({"mean": 0, "std": 255}, "mean=0.000000, std=1.000000"),
    ({"mean": 31785, "std": 15000}, "divided by the value of white"),
    ({"mean": 2000, "std": 500}, "divided by the value of white"),
    ({"mean": 0.4, "std": 5e-324}, "std"),
    ({"mean": 1e300, "std": 0.2}, "mean"),
    ({"mean": 0.4, "std": 58.4}, "std"),
]


@pytest.mark.parametrize(("fields", "advice"), LEVELS)
def test_normalize_in_levels(fields, advice):
    refused(lambda: ba.Normalize(**fields), "parts of white", advice)
    refused(lambda: ba.Compose([ba.ToFloat(), ba.Normalize(**fields)]), advice)


def test_a_second_normalize():
    refused(lambda: ba.Compose([ba.Normalize(), ba.Normalize()]), "m1 + m2 s1", "s1 s2")
    refused(lambda: ba.Compose([ba.Normalize(), ba.Compose([ba.Normalize()])]), "m1 + m2 s1")


def test_no_field_makes_finite_pixels_infinite():
    image = PHOTO / np.float32(255)
    for transform in [
        ba.RandomBrightnessContrast(contrast_limit=(255, 255)),
        ba.Normalize(mean=1, std=1e-9),
        ba.ColorJitter(brightness=(8, 8), contrast=(8, 8), saturation=(8, 8)),
        ba.GaussianBlur(blur_limit=(3, 3), sigma_limit=(5e-324, 5e-324)),
        ba.GaussianBlur(blur_limit=(3, 3), sigma_limit=(1e308, 1e308)),
    ]:
        assert np.isfinite(transform(image, **AT)).all()
        for white in (1e-9, 1e9):
            scaled = image * np.float32(white)
            assert np.isfinite(ba.Compose([transform], white=white)(scaled, **AT)).all()
    refused(lambda: ba.RandomBrightnessContrast(contrast_limit=(-1, 1e308)), "contrast_limit")
    for fill in (1e39, -3.4e38, 1e31):
        refused(lambda: ba.Pad(padding=1, fill=fill), "fill")  # noqa: B023
    for op in FILLED[:2]:
        out = ba.Compose([op(fill=-1e30), ba.Resize((64, 64), interpolation="lanczos")])
        assert np.isfinite(out(image, **AT)).all()


FILLED = [
    lambda **fill: ba.Pad(padding=1, **fill),
    lambda **fill: ba.Affine(rotate=(30, 30), **fill),
    lambda **fill: ba.CoarseDropout(p=1, **fill),
]
HOLDS = {
    "uint8": ([0, 255], [-100, -1, 256, 0.5]),
    "int8": ([-128, 127], [-129, 128]),
    "uint16": ([0, 65535], [-1, 65536]),
    "int16": ([-32768, 32767], [32768]),
    "int32": ([-(2**31), 2**31 - 1], [2**31]),
    "uint32": ([2**32 - 1], [-1, 2**32]),
    "int64": ([-100, -(2.0**63)], [2.0**63, 1.5]),
    "uint64": ([2.0**63], [-1, 2.0**64]),
    "bool": ([0, 1], [2, -1, 0.5]),
    "float16": ([0.1, -65504], [65520]),
    "float32": ([0.1, -3e38], [3.5e38]),
    "float64": ([1e300], []),
}


@pytest.mark.parametrize("dtype", HOLDS)
@pytest.mark.parametrize("op", FILLED)
def test_masks_get_what_their_type_holds(op, dtype):
    held, beyond = HOLDS[dtype]
    mask = np.zeros(PHOTO.shape[:2], dtype)
    for value in held:
        out = op(fill_mask=value)(image=PHOTO, mask=mask, **AT)["mask"]
        assert np.array([value]).astype(dtype) in out
    for value in beyond:
        pipeline = op(fill_mask=value)
        refused(lambda: pipeline(image=PHOTO, mask=mask, **AT), "fill_mask")  # noqa: B023
        refused(lambda: pipeline(image=PHOTO, masks=[mask], **AT), "fill_mask")  # noqa: B023


@pytest.mark.parametrize("op", FILLED)
def test_images_are_filled_with_what_their_type_holds(op):
    for dtype, most in [(np.uint8, 255), (np.uint16, 65535)]:
        image = PHOTO.astype(dtype)
        for value in (-0.4, 0, 123.675, most, most + 0.4):
            assert int(value + 0.5) in op(fill=value)(image, **AT)
        for value in (-100, -0.6, most + 0.6, 1e30):
            for fill in (value, (0, value, 0)):
                refused(lambda: op(fill=fill)(image, **AT), "fill")  # noqa: B023
    assert op(fill=-1000)(PHOTO.astype(np.float32), **AT).min() == -1000


@pytest.mark.parametrize("op", FILLED)
def test_a_fill_of_another_range(op):
    """In a pipeline that works in parts of white; what only moves takes any."""
    unit = PHOTO / np.float32(255)
    for value in (127, (124, 116, 104), -5):
        for transforms in ([op(fill=value), ba.Normalize()], [op(fill=value), LIFT]):
            refused(lambda: ba.Compose(transforms)(unit, **AT), "fill", "white is 1")  # noqa: B023
        after = ba.Compose([ba.ToFloat(), op(fill=value)])
        refused(lambda: after(PHOTO, **AT), "fill", "white is 1")  # noqa: B023
        ba.Compose([op(fill=value)])(unit, **AT)
        ba.Compose([ba.Normalize(), op(fill=value)])(unit, **AT)
    ba.Compose([op(fill=(124, 116, 104)), LIFT], white=255)(PHOTO.astype(np.float32), **AT)
    scan = PHOTO.astype(np.uint16) * 16
    dark = ba.Compose([op(fill=60000), LIFT], white=4095)
    refused(lambda: dark(scan, **AT), "fill=60000", "white is 4095")


def test_whole_numbers_that_floats_cannot_hold():
    for value in (2**53 + 1, 2**63 - 1, 2**64 - 1):
        refused(lambda: ba.Pad(padding=1, fill_mask=value), str(value), "exactly")  # noqa: B023
    mask = np.zeros(PHOTO.shape[:2], np.int64)
    out = ba.Pad(padding=1, fill_mask=2**53)(image=PHOTO, mask=mask, **AT)["mask"]
    assert out.max() == 2**53


@pytest.mark.parametrize("value", [np.ma.masked, np.timedelta64(1), np.datetime64(1, "s")])
def test_what_is_no_number(value):
    refused(lambda: ba.HorizontalFlip(p=value), "p", "a number")
    refused(lambda: ba.CoarseDropout(hole_height_range=value), "hole_height_range")


def test_a_fill_that_is_not_used_is_not_looked_at():
    ba.Pad(padding=1, border="edge", fill=300, fill_mask=-100)(
        image=PHOTO, mask=PHOTO[..., 0], **AT
    )
    ba.CoarseDropout(p=1)(image=PHOTO, mask=PHOTO[..., 0], **AT)
