"""Bad input: a ValueError or TypeError that says what, where and what is allowed; nothing is
written; and whatever is fed, no panic arrives."""

import ast
import collections.abc
import dataclasses
import inspect
import json
import pickle
import re
import subprocess
import sys
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import bitaug as ba
from bitaug import _core
from bitaug._diagnose.verify import targets
from bitaug._values import names
from tests.deep import drawn

AT = {"seed": 1, "epoch": 0, "index": 0}
IMAGE = np.arange(6 * 7 * 3, dtype=np.uint8).reshape(6, 7, 3)
BATCH = np.stack([IMAGE, IMAGE + 1, IMAGE + 2])
FLIP = ba.HorizontalFlip(p=1)
CROP = ba.RandomCrop(height=4, width=4)
NAN, INF, HUGE = float("nan"), float("inf"), 10**400
# As Python reads the name of a file that is not UTF-8.
HALF = "cat/\udcff.png"


@contextmanager
def refused(kind, *parts):
    with pytest.raises(kind) as caught:
        yield caught
    message = str(caught.value)
    assert all(part in message for part in parts), message


def fields(value):
    """The identity of a case: what it changes."""
    return "-".join(value) if isinstance(value, dict) else None


def canvas(shape=IMAGE.shape, dtype=np.uint8):
    return np.full(shape, 0xAB, dtype)


def untouched(array):
    return bool((array == 0xAB).all())


# What a declaration refuses -------------------------------------------------------------------

DECLARATIONS = [
    (ba.HorizontalFlip, {"p": 1.5}, ValueError, ["p=1.5", "0 to 1"]),
    (ba.HorizontalFlip, {"p": -0.1}, ValueError, ["p=-0.1", "0 to 1"]),
    (ba.HorizontalFlip, {"p": NAN}, ValueError, ["p=nan", "finite"]),
    (ba.HorizontalFlip, {"p": HUGE}, ValueError, ["p=1000", "finite"]),
    (ba.HorizontalFlip, {"p": "half"}, TypeError, ["p='half'", "a number"]),
    (ba.HorizontalFlip, {"p": True}, TypeError, ["p=True", "a number"]),
    (ba.HorizontalFlip, {"p": None}, TypeError, ["p=None", "a number"]),
    (ba.HorizontalFlip, {"name": ""}, ValueError, ['name=""', "letters, digits"]),
    (ba.HorizontalFlip, {"name": "a/b"}, ValueError, ['name="a/b"', "letters, digits"]),
    (ba.HorizontalFlip, {"name": "ä"}, ValueError, ['name="ä"', "letters, digits"]),
    (ba.HorizontalFlip, {"name": HALF}, ValueError, [f"name={HALF!r}", "UTF-8"]),
    (ba.HorizontalFlip, {"name": 5}, TypeError, ["name=5", "a str"]),
    (ba.RandomCrop, {"height": 0, "width": 4}, ValueError, ["height=0", "1 to 2^31-1, pixels"]),
    (ba.RandomCrop, {"height": -4, "width": 4}, ValueError, ["height=-4", "1 to 2^31-1, pixels"]),
    (ba.RandomCrop, {"height": 4.0, "width": 4}, TypeError, ["height=4.0", "an integer"]),
    (ba.RandomCrop, {"height": 4, "width": True}, TypeError, ["width=True", "an integer"]),
    (ba.RandomCrop, {"height": 4, "width": 2**31}, ValueError, ["width", "2147483648"]),
    (ba.RandomCrop, {"height": HUGE, "width": 4}, ValueError, ["height=1000", "finite"]),
    (ba.Pad, {"padding": -1}, ValueError, ["padding=-1", "0 to 2^31-1"]),
    (ba.Pad, {"padding": 2**31}, ValueError, ["padding=", "2^31"]),
    (ba.Pad, {"padding": (1, 2, 3)}, ValueError, ["padding=(1, 2, 3)", "2 or 4"]),
    (ba.Pad, {"padding": "12"}, TypeError, ["padding='12'", "a sequence"]),
    (
        ba.Pad,
        {"padding": 1, "border": "mirror"},
        ValueError,
        ["border='mirror'", "did you mean 'reflect101'?"],
    ),
    (ba.Pad, {"padding": 1, "fill": ()}, ValueError, ["fill=", "one or more"]),
    (ba.Pad, {"padding": 1, "fill": (0, INF)}, ValueError, ["fill=inf", "finite"]),
    (ba.Pad, {"padding": 1, "fill_mask": NAN}, ValueError, ["fill_mask=nan", "finite"]),
    (ba.Normalize, {"p": 0.5}, ValueError, ["p=1"]),
    (ba.Normalize, {"std": (0.1, 0.0, 0.1)}, ValueError, ["std="]),
    (ba.Normalize, {"mean": (0.5, 0.5)}, ValueError, ["mean", "std"]),
    (ba.Normalize, {"mean": "imagenet"}, TypeError, ["mean='imagenet'", "a sequence"]),
    (
        ba.RandomBrightnessContrast,
        {"brightness_limit": (0.2, -0.2)},
        ValueError,
        ["brightness_limit=(0.2, -0.2)", "lo <= hi"],
    ),
    (
        ba.RandomBrightnessContrast,
        {"brightness_limit": (0, 1.5)},
        ValueError,
        ["brightness_limit=(0, 1.5)", "-1 to 1"],
    ),
    (
        ba.RandomBrightnessContrast,
        {"contrast_limit": (NAN, 1)},
        ValueError,
        ["contrast_limit=nan", "finite"],
    ),
    (
        ba.RandomBrightnessContrast,
        {"brightness_limit": 0.2},
        TypeError,
        ["brightness_limit=0.2", "(-0.2, 0.2)", "(0.2, 0.2)"],
    ),
    (ba.Affine, {"rotate": 30}, TypeError, ["rotate=30", "(-30, 30)", "(30, 30)"]),
    (ba.GaussianBlur, {"blur_limit": 7}, TypeError, ["blur_limit=7", "(3, 7)", "(7, 7)"]),
    (ba.GaussianBlur, {"sigma_limit": 2}, TypeError, ["sigma_limit=2", "(0.1, 2)", "(2, 2)"]),
    (ba.RandomBrightnessContrast, {"contrast_limit": HUGE}, ValueError, ["finite"]),
    (ba.ColorJitter, {"brightness": 0.4}, TypeError, ["(0.6, 1.4)", "(0.4, 0.4)"]),
    (ba.ColorJitter, {"hue": 0.1}, TypeError, ["(-0.1, 0.1)", "(0.1, 0.1)"]),
    (ba.ColorJitter, {"contrast": (1.2, 0.8)}, ValueError, ["contrast=(1.2, 0.8)", "lo <= hi"]),
    (ba.ColorJitter, {"saturation": (-1, 1)}, ValueError, ["saturation=(-1, 1)"]),
    (ba.ColorJitter, {"hue": (0, 0.6)}, ValueError, ["hue=(0, 0.6)", "0.5"]),
    (ba.Affine, {"scale": (0, 1)}, ValueError, ["scale=(0, 1)"]),
    (ba.Affine, {"rotate": (30, -30)}, ValueError, ["rotate=(30, -30)", "lo <= hi"]),
    (ba.Affine, {"rotate": (NAN, 0)}, ValueError, ["rotate=nan", "finite"]),
    (ba.Affine, {"translate": (0.1, 0.1)}, TypeError, ["((-0.1, 0.1), (-0.1, 0.1))"]),
    (ba.Affine, {"shear": ((-90, 90), (0, 0))}, ValueError, ["shear="]),
    (ba.Rotate, {"limit": (30, -30)}, ValueError, ["limit=(30, -30)", "lo <= hi"]),
    (ba.Rotate, {"limit": (0, 361)}, ValueError, ["limit=(0, 361)", "-360 to 360"]),
    (ba.Rotate, {"output": "expand"}, ValueError, ["output='expand'", "'fit', 'shrink', 'crop'"]),
    (ba.Rotate, {"fill": 1e31}, ValueError, ["fill=[1e31]", "within -1e30 to 1e30"]),
    (ba.Affine, {"interpolation": "lanczos"}, ValueError, ["interpolation='lanczos'", "'bicubic'"]),
    (ba.PadIfNeeded, {}, ValueError, ["min_height=None", "width_divisor at least"]),
    (ba.PadIfNeeded, {"min_width": 0}, ValueError, ["min_width=0", "1 to 2^31-1"]),
    (ba.PadIfNeeded, {"min_width": 2**31}, ValueError, ["min_width=2147483648", "1 to 2^31-1"]),
    (ba.LetterBox, {"size": (0, 5)}, ValueError, ["size=(0, 5)", "1 to 2^31-1, pixels"]),
    (ba.LetterBox, {"size": 5, "position": "centre"}, ValueError, ["did you mean 'center'?"]),
    (ba.LetterBox, {"size": 5, "fill": ()}, ValueError, ["fill=[]", "one or more"]),
    (ba.RandomIoUCrop, {"options": ()}, ValueError, ["options=[]", "one or more", "within 0 to 1"]),
    (ba.RandomIoUCrop, {"options": (0.5, 1.5)}, ValueError, ["options=[0.5, 1.5]", "0 to 1"]),
    (ba.RandomIoUCrop, {"trials": 0}, ValueError, ["trials=0", "1 to 1000"]),
    (ba.RandomIoUCrop, {"scale": (0.3, 1.1)}, ValueError, ["scale=(0.3, 1.1)"]),
    (ba.RandomErasing, {"count_range": (0, 2)}, ValueError, ["count_range=(0, 2)", "1 to 1024"]),
    (ba.RandomErasing, {"scale": (0.3, 1.1)}, ValueError, ["scale=(0.3, 1.1)"]),
    (ba.Resize, {"height": 0, "width": 5}, ValueError, ["height=0", "1 to 2^31-1, pixels"]),
    (ba.Resize, {"height": 5, "width": 5, "antialias": 1}, TypeError, ["antialias=1", "True"]),
    (ba.Resize, {"height": 5, "width": 5, "interpolation": 3}, TypeError, ["interpolation=3"]),
    (ba.RandomResizedCrop, {"size": 224.0}, TypeError, ["size=224.0", "an integer"]),
    (ba.RandomResizedCrop, {"size": 9, "scale": (0, 1)}, ValueError, ["scale=(0, 1)"]),
    (ba.RandomResizedCrop, {"size": 9, "ratio": (2, 1)}, ValueError, ["ratio=(2, 1)"]),
    (ba.GaussianBlur, {"blur_limit": (2, 4)}, ValueError, ["blur_limit=", "odd"]),
    (ba.Blur, {"blur_limit": 7}, TypeError, ["blur_limit=7", "(3, 7)", "(7, 7)"]),
    (ba.Blur, {"blur_limit": (1, 3)}, ValueError, ["blur_limit=(1, 3)", "odd", "3 to 255"]),
    (ba.MedianBlur, {"blur_limit": (4, 8)}, ValueError, ["blur_limit=(4, 8)", "odd"]),
    (ba.MedianBlur, {"blur_limit": (3, 257)}, ValueError, ["blur_limit=(3, 257)", "3 to 255"]),
    (ba.GaussianBlur, {"sigma_limit": (-1, 1)}, ValueError, ["sigma_limit=(-1, 1)"]),
    (ba.GaussNoise, {"std_range": (0.2, 0.1)}, ValueError, ["std_range=(0.2, 0.1)"]),
    (ba.GaussNoise, {"mean_range": (-2, 0)}, ValueError, ["mean_range=(-2, 0)", "-1"]),
    (ba.CoarseDropout, {"num_holes_range": (3, 1)}, ValueError, ["num_holes_range=(3, 1)"]),
    (ba.CoarseDropout, {"hole_height_range": (0.5, 1.5)}, ValueError, ["hole_height_range="]),
    (ba.CoarseDropout, {"hole_width_range": (0, 3)}, ValueError, ["hole_width_range="]),
    (ba.Compose, {"transforms": FLIP}, TypeError, ["transforms=", "a sequence"]),
    (ba.Compose, {"transforms": "flip"}, TypeError, ["transforms='flip'", "a sequence"]),
    (ba.Compose, {"transforms": [FLIP, "flip"]}, TypeError, ["'flip'", "not a bitaug transform"]),
    (ba.Compose, {"transforms": [], "p": 2}, ValueError, ["Compose: p=2", "0 to 1"]),
    (ba.Compose, {"transforms": [], "bbox_params": "coco"}, TypeError, ["bbox_params='coco'"]),
    (ba.BboxParams, {"format": 3}, TypeError, ["format=3", "one of 'pascal_voc'"]),
    (ba.BboxParams, {"min_area": NAN}, ValueError, ["min_area=nan", "finite"]),
]


@pytest.mark.parametrize(("make", "options", "kind", "parts"), DECLARATIONS, ids=fields)
def test_declaration(make, options, kind, parts):
    with refused(kind, make.__name__, *parts):
        make(**options)


class Failing(collections.abc.Sequence):
    """A number, or a sequence, of somebody, who fails."""

    def __init__(self, error, number=True):
        self.error = error
        self.number = number

    def __repr__(self):
        return "<failing>"

    def fail(self, *_):
        raise self.error

    def __len__(self):
        return 2

    __getitem__ = fail


class FailingNumber(Failing):
    __index__ = __float__ = Failing.fail


def kind_of(cls, field):
    return cls.__dataclass_fields__[field].metadata["kind"]


NUMERIC = [
    (getattr(ba, name), fields, field.name)
    for name, _, examples in _core.registry(*IMAGE.shape)
    for fields in json.loads(examples)[:1]
    for field in dataclasses.fields(getattr(ba, name))
    if re.search('"integer"|"number"', json.dumps(field.metadata["kind"].schema))
] + [
    (ba.BboxParams, {}, "min_area"),
    (ba.KeypointParams, {"flip_pairs": [(0, 1)]}, "flip_pairs"),
    (ba.SomeOf, {"transforms": [FLIP]}, "n"),
    (ba.Compose, {"transforms": []}, "white"),
]


@pytest.mark.parametrize(("cls", "complete", "field"), NUMERIC)
def test_what_a_callers_object_raises_comes_through(cls, complete, field):
    schema = kind_of(cls, field).schema
    for kind in (Failing, FailingNumber):
        is_read = kind is FailingNumber or "array" in json.dumps(schema)
        with pytest.raises(RuntimeError if is_read else TypeError, match=r"mine|is needed"):
            cls(**{**complete, field: kind(RuntimeError("mine"))})
        for error in (TypeError("theirs"), ValueError("theirs")):
            with refused(TypeError, f"{cls.__name__}: {field}=<failing>", " needed"):
                cls(**{**complete, field: kind(error)})


def test_what_a_callers_thread_count_raises_comes_through():
    for shape in (IMAGE, BATCH):
        at = AT if shape is IMAGE else AT | {"index": [0, 1, 2]}
        with pytest.raises(RuntimeError, match="mine"):
            FLIP(shape, threads=FailingNumber(RuntimeError("mine")), **at)
        for error in (TypeError("theirs"), ValueError("theirs")):
            with refused(TypeError, "threads=<failing>: an integer is needed"):
                FLIP(shape, threads=FailingNumber(error), **at)


def test_numbers_of_all_types():
    for value in (Decimal("0.25"), Fraction(1, 4), np.float32(0.25), np.array(0.25)):
        assert ba.HorizontalFlip(p=value) == ba.HorizontalFlip(p=0.25)
        assert ba.GaussNoise(std_range=(0, value)) == ba.GaussNoise(std_range=(0, 0.25))
        assert ba.MixUp(alpha=value) == ba.MixUp(alpha=0.25)


@pytest.mark.parametrize("wrong", [b"ab", bytearray(b"ab"), memoryview(b"ab")])
def test_bytes_are_no_numbers(wrong):
    for call in (
        lambda: ba.LetterBox(wrong),
        lambda: ba.Pad(wrong),
        lambda: ba.Pad(2, fill=wrong),
        lambda: ba.GaussNoise(channels=wrong),
        lambda: ba.GaussNoise(std_range=wrong),
        lambda: ba.Posterize(num_bits=wrong),
        lambda: ba.Affine(translate=wrong),
        lambda: ba.KeypointParams(flip_pairs=[wrong]),
        lambda: ba.Compose(wrong),
        lambda: CROP.params(shape=wrong, **AT),
        lambda: ba.GroupedOrder(wrong, seed=1, stream="a"),
        lambda: ba.WeightedOrder(wrong, seed=1, stream="a"),
        lambda: ba.split(wrong, {"a": 1}, seed=1),
    ):
        with pytest.raises(TypeError, match=r"(is|are) needed"):
            call()
    if not isinstance(wrong, memoryview):
        for name in ("index", "epoch", "repeat"):
            with pytest.raises(TypeError, match=f"{name}: .* is not an integer"):
                FLIP(BATCH[:2], **AT | {"index": [0, 1], name: wrong})


@pytest.mark.parametrize(
    ("call", "needed"),
    [
        (lambda: ba.LetterBox(None), "LetterBox: size=None: an integer or a sequence"),
        (lambda: ba.Pad("2"), "Pad: padding='2': an integer or a sequence"),
        (lambda: ba.Pad(2, fill="mean"), "Pad: fill='mean': a number or a sequence"),
        (lambda: ba.Perspective(distortion="3"), "distortion='3': a number or a sequence"),
        (lambda: ba.GaussNoise(channels="r"), "channels='r': an integer or a sequence"),
        (lambda: ba.Posterize(num_bits="4"), "num_bits='4': a number or a sequence"),
        (lambda: ba.Affine(rotate="3"), "Affine: rotate='3': a sequence"),
    ],
)
def test_a_number_is_asked_for_where_it_is_allowed(call, needed):
    with refused(TypeError, needed):
        call()


def reshaped(value, number):
    """A field's value with another number in each of its places."""
    if isinstance(value, list | tuple):
        return [reshaped(each, number) for each in value] or [number]
    return number


def named(text):
    """A number as messages write it."""
    power = re.fullmatch(r"2\^(\d+)-1", text)
    return 2 ** int(power[1]) - 1 if power else int(text)


INTEGERS = [
    (cls, complete, field)
    for cls, complete, field in NUMERIC
    # Places may lie below 0, where the others hold them.
    if field != "version" and '"integer", "minimum"' in json.dumps(kind_of(cls, field).schema)
]


@pytest.mark.parametrize(("cls", "complete", "field"), INTEGERS)
def test_integers_are_told_the_bounds_of_their_field(cls, complete, field):
    """What a message allows at its ends is accepted."""

    def attempt(number):
        try:
            cls(**{**complete, field: reshaped(given, number)})
        except (TypeError, ValueError) as error:
            return str(error)
        return ""

    given = getattr(cls(**complete), field)
    if given is None and '"array"' in json.dumps(kind_of(cls, field).schema):
        given = (1,) if field == "channels" else (1, 1)
    for wrong in (-1, -(2**40), 2**63, 2**64, 2**70):
        message = attempt(wrong)
        if not message and wrong > 0:
            continue  # of channels, and of what is compared with channels
        for _ in range(3):
            # Of an end another field may allow less, and then says so.
            ends = r"(?:within|at least|from|or|:) (\d+)(?: to (2\^\d+-1|\d+))?"
            found = re.search(ends, message)
            assert f"{cls.__name__}: {field}" in message and found, message
            least, most = found[1], found[2] or found[1]
            message = attempt(named(least)) or attempt(named(most))
            if not message:
                break
        assert not message, message


# Every declaration, with what it needs.
COMPLETE = [
    (getattr(ba, name), {key: value for key, value in fields.items() if key != "version"})
    for name, _, examples in _core.registry(*IMAGE.shape)
    for fields in json.loads(examples)[:1]
] + [(ba.BboxParams, {}), (ba.Compose, {"transforms": []})]
WRONG = [
    -30, -0.5, 0, 0.1, 0.4, 0.7, 1.5, 2, 4, 5, 7, 20, 1e9, 10**9, 10**400, True, None, "linear",
    (0.1, 0.2), (0.2, 0.1), (-3, 4), (1, 2, 3), (5,), (), [[1, 2], 3], {"x": 1}, np.float64(0.3),
    np.arange(3), object(), 3 + 1j, np.zeros(10**5), list(range(10**5)), "x" * 10**5,
]  # fmt: skip


def suggestions(message, name):
    """What an error says to write for a field."""
    for found in re.finditer(rf"(?:write|or) {name}=", message):
        text = message[found.end() :]
        ends = (i for i in range(1, len(text) + 1) if text[:i].count("(") == text[:i].count(")"))
        yield ast.literal_eval(next(text[:i] for i in ends if text[i : i + 1] in " ,"))


@pytest.mark.parametrize(
    ("cls", "complete"), COMPLETE, ids=lambda value: getattr(value, "__name__", "")
)
def test_what_an_error_advises_is_accepted(cls, complete):
    advised = 0
    for field in dataclasses.fields(cls):
        for wrong in WRONG:
            try:
                cls(**{**complete, field.name: wrong})
                continue
            except (TypeError, ValueError) as error:
                message = str(error)
            assert cls.__name__ in message and len(message) < 1500
            assert field.name in message or "transforms" in message
            for better in suggestions(message, field.name):
                cls(**{**complete, field.name: better})
                advised += 1
    ambiguous = (
        ba.Affine, ba.ColorJitter, ba.GaussianBlur, ba.RandomBrightnessContrast, ba.Rotate,
    )  # fmt: skip
    assert advised > 5 or cls not in ambiguous


@pytest.mark.parametrize(
    ("make", "field", "value", "advice"),
    [
        (ba.GaussianBlur, "blur_limit", 5, [(3, 5), (5, 5)]),
        (ba.GaussianBlur, "blur_limit", 4, []),
        (ba.MedianBlur, "blur_limit", 5, [(3, 5), (5, 5)]),
        (ba.Blur, "blur_limit", 1, []),
        (ba.GaussianBlur, "sigma_limit", 2, [(0.1, 2), (2, 2)]),
        (ba.ColorJitter, "brightness", 1.5, [(0, 2.5), (1.5, 1.5)]),
        (ba.ColorJitter, "brightness", 7.5, [(7.5, 7.5)]),
        (ba.ColorJitter, "brightness", 20, []),
        (ba.ColorJitter, "hue", 0.7, []),
        (ba.RandomBrightnessContrast, "contrast_limit", 2, [(2, 2)]),
        (ba.RandomBrightnessContrast, "contrast_limit", -0.2, [(-0.2, 0.2), (-0.2, -0.2)]),
        (ba.Affine, "rotate", -30, [(-30, 30), (-30, -30)]),
        (ba.Rotate, "limit", 30, [(-30, 30), (30, 30)]),
        (ba.Rotate, "limit", 400, []),
        (ba.Affine, "translate", 0.1, [((-0.1, 0.1),) * 2, ((0.1, 0.1),) * 2]),
        (ba.Affine, "shear", (5, 10), [((-5, 5), (-10, 10)), ((5, 10),) * 2]),
    ],
)
def test_the_ranges_that_a_scalar_may_mean(make, field, value, advice):
    with pytest.raises(TypeError) as caught:
        make(**{field: value})
    assert list(suggestions(str(caught.value), field)) == advice
    if not advice:
        assert "lo <= hi within" in str(caught.value)


@pytest.mark.parametrize(
    ("make", "given", "same"),
    [
        (ba.RandomCrop, (5,), {"height": 5, "width": 5}),
        (ba.RandomCrop, (5, 5), {"height": 5, "width": 5}),
        (ba.RandomCrop, ((5, 6),), {"height": 5, "width": 6}),
        (ba.CenterCrop, ([5, 6],), {"height": 5, "width": 6}),
        (ba.CenterCrop, (np.int64(5),), {"height": 5, "width": 5}),
        (ba.Resize, ((5, 6),), {"height": 5, "width": 6}),
        (ba.Resize, (5, 5), {"height": 5, "width": 5}),
        (ba.Normalize, (0.5, 0.25), {"mean": 0.5, "std": 0.25}),
        (ba.Normalize, ((0.5, 0.4), (0.25, 0.5)), {"mean": (0.5, 0.4), "std": (0.25, 0.5)}),
        (ba.Pad, (4,), {"padding": 4}),
        (ba.LetterBox, (640,), {"size": 640}),
        (ba.LetterBox, ((480, 640),), {"size": (480, 640)}),
        (ba.CropNonEmptyMask, (5,), {"height": 5, "width": 5}),
        (ba.CropNonEmptyMask, ((5, 6),), {"height": 5, "width": 6}),
        (ba.HorizontalFlip, (0.25,), {"p": 0.25}),
        (ba.VerticalFlip, (1,), {"p": 1}),
        (ba.RandomRotate90, (0.25,), {"p": 0.25}),
        (ba.D4, (0.25,), {"p": 0.25}),
        (ba.Transpose, (1,), {"p": 1}),
        (ba.Rotate, ((-30, 20),), {"limit": (-30, 20)}),
        (ba.ToGray, (0.1,), {"p": 0.1}),
        (ba.BboxParams, ("coco",), {"format": "coco"}),
        (ba.KeypointParams, ([(0, 1)],), {"flip_pairs": [(0, 1)]}),
    ],
)
def test_by_position_where_the_meaning_is_one(make, given, same):
    made = make(*given)
    assert made == make(**same) and eval(repr(made), vars(ba)) == made


@pytest.mark.parametrize(
    ("make", "given", "choices"),
    [
        (ba.Resize, (224,), ["Resize(height=224, width=224)"]),
        (ba.RandomCrop, (32, 4), ["RandomCrop(height=32, width=4)"]),
        (ba.RandomCrop, (32, 32, 32), []),
        (ba.RandomCrop, (np.arange(2), np.arange(2)), []),
        (
            ba.ColorJitter,
            (0.4, 0.4, 0.4, 0.1),
            [
                "ColorJitter(brightness=(0.6, 1.4), contrast=(0.6, 1.4), saturation=(0.6, 1.4), "
                "hue=(-0.1, 0.1))"
            ],
        ),
        (ba.RandomResizedCrop, (9, 8), ["RandomResizedCrop(size=[9, 8])"]),
        (
            ba.RandomBrightnessContrast,
            (0.2,),
            [
                "RandomBrightnessContrast(brightness_limit=(-0.2, 0.2))",
                "RandomBrightnessContrast(contrast_limit=(-0.2, 0.2))",
                "RandomBrightnessContrast(p=0.2)",
            ],
        ),
        (
            ba.GaussianBlur,
            (3, (0.1, 2.0)),
            ["GaussianBlur(blur_limit=(3, 3), sigma_limit=(0.1, 2.0))"],
        ),
        (ba.ToFloat, (255,), []),
        (ba.Normalize, (0.5, 0.5, 255.0), []),
        (
            ba.Compose,
            (FLIP, CROP),
            ["Compose(transforms=[HorizontalFlip(p=1.0), RandomCrop(height=4, width=4)])"],
        ),
        (ba.RandomCrop, (1, 2, 3, 4), []),
        (ba.BboxParams, ("coco", 4), ["BboxParams(format='coco', min_area=4)"]),
        (ba.BboxParams, ("coco", 4, 0.5, "ids", 5), []),
        (ba.KeypointParams, ([(0, 1)], 5), []),
        (ba.RandomGamma, (90,), ["RandomGamma(gamma_limit=(90, 90))"]),
        (ba.Perspective, (0.2,), ["Perspective(distortion=0.2)"]),
        (ba.Blur, (3,), ["Blur(blur_limit=(3, 3))"]),
        (ba.TrivialAugmentWide, (31,), ["TrivialAugmentWide(num_magnitude_bins=31)"]),
        (ba.Posterize, (4,), ["Posterize(num_bits=4)"]),
    ],
)
def test_by_position_where_it_has_several(make, given, choices):
    with pytest.raises(TypeError, match="by position") as caught:
        make(*given)
    message = str(caught.value)
    assert [choice for choice in choices if choice not in message] == []
    assert bool(choices) == ("write " in message)
    for choice in choices:
        eval(choice, vars(ba))


@pytest.mark.parametrize("cls", ba.Transform._registry.values(), ids=ba.Transform._registry)
def test_by_position_is_what_the_op_does(cls):
    """Never what many have: a border, a fill, channels, or p alone of an op that has fields."""
    rest = {"channels", "border", "fill", "fill_mask", "p", "name", "version"}
    main = {field.name for field in dataclasses.fields(cls)} - rest
    for value in (90, 0.5, 3, 5, 31, 0.1):
        try:
            cls(value)
            continue
        except (TypeError, ValueError) as error:
            message = str(error)
        if "by position" in message and main:
            named = re.findall(r"(\w+)=", message.partition("; ")[2])
            assert named[0] in main and {*named} <= main | {"p"}, message


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda: ba.RandomCrop(width=4), ["RandomCrop", "height is missing"]),
        (lambda: ba.RandomResizedCrop(), ["RandomResizedCrop", "size is missing"]),
        (lambda: ba.Normalize(0.5, mean=0.5), ["mean", "by position and by name"]),
        (lambda: ba.HorizontalFlip(prob=0.5), ["prob=0.5", "did you mean p=?"]),
        (lambda: ba.HorizontalFlip(always_apply=True), ["write p=1"]),
        (lambda: ba.GaussianBlur(kernel_size=3), ["did you mean blur_limit=?"]),
        (lambda: ba.PadIfNeeded(pad_height_divisor=8), ["did you mean height_divisor=?"]),
        (lambda: ba.PadIfNeeded(min_heigth=8), ["did you mean min_height=?"]),
        (lambda: ba.LetterBox(new_shape=640), ["did you mean size=?"]),
        (lambda: ba.LetterBox(640, scaleup=False), ["did you mean upscale=?"]),
        (lambda: ba.RandomIoUCrop(sampler_options=[0]), ["did you mean options=?"]),
        (lambda: ba.RandomIoUCrop(min_scale=0.3), ["write scale, a range"]),
        (lambda: ba.RandomErasing(value=0), ["did you mean fill=?"]),
        (lambda: ba.RandomErasing(max_count=3), ["did you mean count_range=?"]),
        (lambda: ba.CoarseDropout(max_holes=8), ["did you mean num_holes_range=?"]),
        (lambda: ba.CoarseDropout(fill_value=0), ["did you mean fill=?"]),
        (lambda: ba.CoarseDropout(mask_fill_value=0), ["did you mean fill_mask=?"]),
        (lambda: ba.Affine(translate_percent=0.1), ["did you mean translate=?"]),
        (lambda: ba.Affine(degrees=0.1), ["did you mean rotate=?"]),
        (lambda: ba.Rotate(degrees=30), ["did you mean limit=?"]),
        (lambda: ba.Rotate((0, 9), expand=True), ['write output="fit"']),
        (lambda: ba.Rotate((0, 9), crop_border=True), ['write output="crop"']),
        (lambda: ba.Pad(4, border_mode=0), ["did you mean border=?"]),
        (lambda: ba.Pad(4, boarder="edge"), ["did you mean border=?"]),
        (lambda: ba.GaussNoise(var_limit=(10, 50)), ["std_range"]),
        (lambda: ba.RandomCrop(size=224), ["height= and width=", "RandomCrop(224)"]),
        (lambda: ba.Compose([], keypoint_params=1), ["keypoint_params=1", "KeypointParams"]),
        (lambda: ba.Compose([], additional_targets={}), ["did you mean targets=?"]),
        (lambda: ba.Compose([], is_check_shapes=False), ["leave it out"]),
        (lambda: ba.ToFloat(quux=1), ["quux=1", "there are p, name"]),
        (lambda: ba.ToFloat(**{"x" * 10**5: list(range(10**6))}), ["xxx...", "[0, 1, 2", "..."]),
        (lambda: ba.Resize((4, 4), interpolation=1), ["'bilinear' for OpenCV's 1", "'lanczos'"]),
        (lambda: ba.Affine(interpolation=3), ["'bicubic' for Pillow's 3"]),
        (lambda: ba.Affine(interpolation=Image.Resampling.BILINEAR), ["did you mean 'bilinear'?"]),
        (lambda: ba.Pad(4, border=4), ["'reflect101' for OpenCV's 4"]),
        (lambda: FLIP(IMAGE, sed=1), ["call()", "sed=1", "did you mean seed=?"]),
        (lambda: FLIP(IMAGE, **AT, num_workers=4), ["did you mean threads=?"]),
        (lambda: FLIP(image=IMAGE, **AT, class_labels=[]), ["did you mean labels=?"]),
        (lambda: FLIP(IMAGE, IMAGE, **AT), ["by position", "mask=, masks="]),
        (lambda: FLIP.params(shap=(5, 5)), ["params()", "did you mean shape=?"]),
        (lambda: FLIP.params(**AT), ["params()", "shape"]),
        (lambda: ba.augment(IMAGE, 1, worker=2), ["did you mean threads=?"]),
        (lambda: ba.augment(IMAGE), ["augment()", "seed"]),
        (lambda: ba.Order(9, seed=1, steam="a"), ["Order", "did you mean stream=?"]),
    ],
)
def test_what_is_called_otherwise_elsewhere(call, parts):
    with pytest.raises(TypeError) as caught:
        call()
    message = str(caught.value)
    assert all(part in message for part in parts), message
    assert len(message) < 1500


def test_the_words_of_border_and_interpolation():
    for word, ours in [
        ("reflect_101", "reflect101"),
        ("replicate", "edge"),
        ("REFLECT", "reflect"),
    ]:
        with refused(ValueError, f"border={word!r}: did you mean {ours!r}?"):
            ba.Pad(4, border=word)
    for word, ours in [("linear", "bilinear"), ("BICUBIC", "bicubic"), ("area", "box")]:
        with refused(ValueError, f"interpolation={word!r}: did you mean {ours!r}?"):
            ba.Resize((4, 4), interpolation=word)


@pytest.mark.parametrize("name", sorted(names.OPS))
def test_ops_of_other_libraries(name):
    """None of these may hide an op that is called so; what is advised works."""
    assert name not in vars(ba)
    with pytest.raises(AttributeError) as caught:
        getattr(ba, name)
    code = str(caught.value).partition("; write ")[2]
    assert isinstance(eval(code, {"ba": ba}), ba.Transform)


def test_names_that_are_nowhere():
    for name, part in [
        ("HorizontalFlipp", "did you mean HorizontalFlip"),
        ("horizontalflip", "did you mean HorizontalFlip"),
        ("shiftscalerotate", "ba.Affine("),
        ("SafeRotate", 'ba.Rotate((-90, 90), output="shrink", p=0.5)'),
        ("quux", "nothing of this name yet"),
        ("DataLoader", "write ba.torch.DataLoader"),
        ("collate_pad", "write ba.torch.collate_pad"),
        ("Augmented", "write ba.torch.Augmented"),
        ("pytorch", "write ba.torch"),
        ("tensorflow", "write ba.tf"),
        ("x" * 10**6, "..."),
    ]:
        message = str(names.missing(name, dir(ba)))
        assert part in message and "has no attribute" in message and len(message) < 500
    assert "; " not in str(names.missing("__path__", dir(ba)))
    assert not hasattr(ba, "__path_of_nothing__")


def test_what_other_names_lead_to_is_there():
    """The tables name fields, arguments and words that there are."""
    fields = {field.name for cls, _ in COMPLETE for field in dataclasses.fields(cls)}
    arguments = set(inspect.signature(FLIP.__call__).parameters)
    assert {ours for ours in names.FIELDS.values() if ours.isidentifier()} <= fields
    assert set(names.ARGUMENTS.values()) <= arguments
    assert not set(names.ARGUMENTS) & arguments
    words = [
        word
        for cls, _ in COMPLETE
        for field in dataclasses.fields(cls)
        for word in field.metadata["kind"].schema.get("enum", ())
    ]
    assert set(names.WORDS.values()) <= set(words) and not set(names.WORDS) & set(words)
    for op, table in names.FIELDS_OF.items():
        own = {field.name for field in dataclasses.fields(getattr(ba, op))}
        assert not own & set(table)
        assert {ours for ours in table.values() if ours.isidentifier()} <= own


@pytest.mark.parametrize(
    ("transforms", "parts"),
    [
        ([ba.Normalize(), ba.RandomBrightnessContrast()], ["RandomBrightnessContrast", "before"]),
        ([ba.Normalize(), ba.Compose([ba.ToFloat()])], ["ToFloat", "before Normalize"]),
        ([ba.ToCHW(), FLIP], ["HorizontalFlip", "ToCHW last"]),
        ([ba.ToCHW(), ba.ToCHW()], ["ToCHW", "last"]),
        ([ba.HorizontalFlip(name="a"), ba.VerticalFlip(name="a")], ['"a"', "rename"]),
        ([ba.Pad(padding=1), ba.VerticalFlip(name="Pad")], ['"Pad"', "rename"]),
    ],
)
def test_order(transforms, parts):
    with refused(ValueError, *parts):
        ba.Compose(transforms)


def test_what_changes_the_type_must_always_run():
    with refused(ValueError, "ToFloat", "must always run", "p=1"):
        ba.Compose([ba.ToFloat()], p=0.5)


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"format": "voc"}, ["format='voc'", "did you mean 'pascal_voc'?", "'yolo'"]),
        ({"min_area": -1}, ["min_area=-1", "at least 0"]),
        ({"min_visibility": 1.5}, ["min_visibility=1.5", "0 to 1"]),
    ],
)
def test_bbox_params(options, parts):
    with refused(ValueError, "BboxParams", *parts):
        ba.Compose([], bbox_params=ba.BboxParams(**options))


@pytest.mark.parametrize("name", ["image", "mask", "bboxes", "seed", "index", "out", "mix", ""])
def test_names_that_a_call_has_for_something_else(name):
    words = ["BboxParams: label_fields=", "a name that a call has for nothing else"]
    with refused(ValueError, *words):
        ba.Compose([], bbox_params=ba.BboxParams(label_fields=("labels", name)))
    own = ba.BboxParams(label_fields=("ids", "labels", "masks", "keypoints"))
    assert ba.Compose([], bbox_params=own).bbox_params == own


def test_messages_are_bounded():
    targets = ba.Compose([], targets={f"target{i}": "mask" for i in range(10**4)})
    for call in (
        lambda: targets(image=IMAGE, other=3, **AT),
        lambda: targets([{"image": IMAGE, "other": 3}], **AT | {"index": [0]}),
    ):
        with refused(TypeError, "other=3", " more") as caught:
            call()
        assert len(str(caught.value)) < 2000
    for call, shown in (
        (lambda: ba.Brightness(factor=(0, 1e308)), "factor=(0, 1e308)"),
        (lambda: ba.GaussianBlur(sigma_limit=(1, 1e308)), "sigma_limit=(1, 1e308)"),
        (lambda: ba.GridDistortion(distort_limit=(-1e-300, 5)), "distort_limit=(-1e-300, 5)"),
        (lambda: FLIP(image=IMAGE, bboxes=[[1e300, 0, 0, 1]], **AT), "[1e300, 0, 0, 1]"),
    ):
        with refused(ValueError, shown):
            call()


def test_an_index_may_be_a_key():
    for index in (1.5, [1.5], np.array([1.5]), -1):
        with refused((TypeError, ValueError), "index", "str"):
            FLIP(BATCH[:1], **AT | {"index": index})
    with pytest.raises(ValueError, match=r"seed=-1: an integer, 0 to \d+$"):
        FLIP(IMAGE, **AT | {"seed": -1})


def test_compose_nested_too_deep():
    nested = FLIP
    with refused(ValueError, "Compose: transforms: more than 32 transforms, one within the other"):
        for _ in range(300):
            nested = ba.Compose([nested])
    # What can be built can be written, read, drawn and replayed.
    assert len(re.findall("Compose", repr(nested))) == 31
    for again in (
        ba.from_json(nested.to_json()), ba.from_yaml(nested.to_yaml()),
        pickle.loads(pickle.dumps(nested)), eval(repr(nested), vars(ba)),
    ):  # fmt: skip
        assert again == nested and again.digest == nested.digest
    params = nested.params(seed=1, epoch=0, index=0, shape=(4, 4, 3), dtype="uint8")
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    made = nested(image, seed=1, epoch=0, index=0)
    assert np.array_equal(nested.apply(params, image), made)


# What a call refuses --------------------------------------------------------------------------

CALLS = [
    ({"seed": True}, TypeError, ["seed", "True", "0 to 18446744073709551615"]),
    ({"seed": np.True_}, TypeError, ["seed", "True"]),
    ({"seed": 1.0}, TypeError, ["seed", "1.0"]),
    ({"seed": np.float64(1)}, TypeError, ["seed", "1.0"]),
    ({"seed": "1"}, TypeError, ["seed", "'1'"]),
    ({"seed": [1]}, TypeError, ["seed", "[1]"]),
    ({"seed": -1}, ValueError, ["seed=-1", "0 to 18446744073709551615"]),
    ({"seed": 2**64}, ValueError, ["seed=18446744073709551616", "0 to 18446744073709551615"]),
    ({"epoch": -1}, ValueError, ["epoch=-1", "0 to 4294967295"]),
    ({"epoch": 2**32}, ValueError, ["epoch=4294967296", "0 to 4294967295"]),
    ({"epoch": 0.5}, TypeError, ["epoch", "0.5"]),
    ({"epoch": "0"}, TypeError, ["epoch", "'0'"]),
    ({"epoch": False}, TypeError, ["epoch", "False"]),
    ({"repeat": -1}, ValueError, ["repeat=-1", "0 to 4294967295"]),
    ({"repeat": 2**32}, ValueError, ["repeat=4294967296"]),
    ({"repeat": None}, TypeError, ["repeat", "None"]),
    ({"index": -1}, ValueError, ["index=-1", "0 to 18446744073709551615"]),
    ({"index": 2**64}, ValueError, ["index=18446744073709551616"]),
    ({"index": True}, TypeError, ["index", "True"]),
    ({"index": 1.0}, TypeError, ["index", "1.0"]),
    ({"index": np.datetime64(5, "s")}, TypeError, ["index"]),
    ({"index": b"key"}, TypeError, ["index", "b'key'"]),
    ({"index": [0]}, ValueError, ["images", "NHW"]),
    ({"stream": 5}, TypeError, ["stream=5", "a str"]),
    ({"stream": None}, TypeError, ["stream=None", "a str"]),
    ({"stream": HALF}, ValueError, [f"stream={HALF!r}", "UTF-8"]),
    ({"index": HALF}, ValueError, [f"index={HALF!r}", "UTF-8"]),
    ({"layout": HALF}, ValueError, [f"layout={HALF!r}", "UTF-8"]),
    ({"index": HALF, "image": IMAGE, "images": None}, ValueError, [f"index={HALF!r}"]),
    ({"layout": 5}, TypeError, ["layout=5", "a str"]),
    ({"layout": "HCW"}, ValueError, ["layout=HCW", "HW, HWC, CHW, NHW, NHWC, NCHW"]),
    ({"layout": "NHWC"}, ValueError, ["layout=NHWC", "[6, 7, 3]"]),
    ({"layout": "NHW"}, ValueError, ["index", "one per image"]),
    ({"threads": 0}, ValueError, ["threads=0", "1 to 1024"]),
    ({"threads": 1025}, ValueError, ["threads=1025", "1 to 1024"]),
    ({"threads": True}, TypeError, ["threads=True", "an integer"]),
    ({"threads": 2.0}, TypeError, ["threads=2.0", "an integer"]),
    ({"images": None}, TypeError, ["images=None", "an image"]),
    ({"images": "photo.png"}, TypeError, ["images", "str", "numpy.ndarray", "read the file"]),
    ({"images": Path("photo.png")}, TypeError, ["images", "Path", "read the file"]),
    ({"images": b"\x89PNG"}, TypeError, ["images", "bytes", "decode"]),
    ({"images": Image.new("L", (4, 4))}, TypeError, ["images", "Image", "np.asarray(image) makes"]),
    ({"images": Image.new("P", (4, 4))}, TypeError, ["images", 'image.convert("RGB")']),
    ({"images": IMAGE.tolist()}, TypeError, ["images[0]", "list", "np.asarray(image, dtype"]),
    ({"images": IMAGE.astype(object)}, TypeError, ["images", "object", "uint8, uint16 or float32"]),
    ({"images": IMAGE.astype(complex)}, TypeError, ["images", "complex128"]),
    ({"images": np.array([["a.png"]])}, TypeError, ["images", "<U5", "read the images first"]),
    ({"images": IMAGE.astype(np.float64)}, TypeError, ["float64", ".astype(np.float32)"]),
    ({"images": IMAGE.astype(np.float16)}, TypeError, ["float16", ".astype(np.float32)"]),
    ({"images": IMAGE.astype(np.longdouble)}, TypeError, [".astype(np.float32)"]),
    ({"images": IMAGE.astype(np.int64)}, TypeError, ["int64", ".astype(np.uint8)", "uint16"]),
    ({"images": IMAGE.astype(np.int8)}, TypeError, ["images", "int8", ".astype(np.uint8)"]),
    ({"images": IMAGE > 5}, TypeError, ["images", "bool", ".astype(np.uint8)"]),
    ({"images": IMAGE[0, 0]}, ValueError, ["images", "1 axes", "2 (HW), 3 (HWC) or 4 (NHWC)"]),
    ({"images": IMAGE[None, None]}, ValueError, ["images", "5 axes"]),
    ({"images": IMAGE[:0]}, ValueError, ["images", "[0, 7, 3]", "no pixels"]),
    ({"images": IMAGE[..., :0]}, ValueError, ["images", "[6, 7, 0]", "no pixels"]),
    ({"images": IMAGE.transpose(2, 0, 1)}, ValueError, ["[3, 6, 7]", 'layout="CHW"']),
    ({"images": BATCH}, ValueError, ["index", "one per image"]),
    ({"images": np.broadcast_to(IMAGE[:1, :1], (2**16, 2**15, 3))}, ValueError, ["65536 x 32768"]),
    ({"mask": IMAGE[..., 0]}, TypeError, ["mask", "image="]),
    ({"bboxes": [[0, 0, 1, 1]], "keypoints": []}, TypeError, ["bboxes, keypoints", "image="]),
    ({"labels": [1]}, TypeError, ["labels", "image="]),
    ({"image": IMAGE}, TypeError, ["images and image="]),
]


@pytest.mark.parametrize(("changes", "kind", "parts"), CALLS, ids=fields)
def test_call(changes, kind, parts):
    out = canvas()
    arguments = {**AT, "out": out, **changes}
    with refused(kind, *parts):
        FLIP(arguments.pop("images", IMAGE), **arguments)
    assert untouched(out)


def test_call_of_a_channels_first_batch():
    batch = BATCH.transpose(0, 3, 1, 2)
    with refused(ValueError, "[3, 3, 6, 7]", 'layout="NCHW"'):
        FLIP(batch, seed=1, epoch=0, index=[1, 2, 3])


def test_missing_arguments_are_no_accident():
    turn, out = ba.RandomRotate90(), canvas()
    calls = [
        lambda **at: ba.HorizontalFlip()(IMAGE, out=out, **at),
        lambda **at: turn(BATCH, **at | ({"index": [1, 2, 3]} if "index" in at else {})),
        lambda **at: turn(image=IMAGE, mask=IMAGE, **at),
        lambda **at: turn.params(shape=IMAGE.shape, **at),
        lambda **at: turn.explain(shape=IMAGE.shape, **at),
        lambda **at: turn.trace(IMAGE, **at),
        lambda **at: FLIP.receipt(**at),
    ]
    for name, why in [("seed", "reproduced"), ("epoch", "repeat"), ("index", "same augment")]:
        for call in calls:
            with refused(TypeError, f"{name} is missing", why):
                call(**{key: value for key, value in AT.items() if key != name})
        assert untouched(out)


BATCHES = [
    ({"index": [7, 8]}, ValueError, ["index=2 values", "images: 3"]),
    ({"index": [7, 8, -9]}, ValueError, ["index[2]=-9"]),
    ({"index": [7, True, 9]}, TypeError, ["index[1]", "True"]),
    ({"index": [7, 8, 9.0]}, TypeError, ["index[2]", "9.0"]),
    ({"index": {7, 8, 9}}, TypeError, ["index", "{"]),
    ({"index": {7: 1, 8: 1, 9: 1}}, TypeError, ["index", "{"]),
    ({"index": b"abc"}, TypeError, ["index", "b'abc'"]),
    ({"index": ["a", HALF, "b"]}, ValueError, [f"index={HALF!r}", "UTF-8"]),
    ({"index": np.array([7, 8, 9.5])}, TypeError, ["index", "float64"]),
    ({"index": np.array([7, 8, 9], object)}, TypeError, ["index", "object"]),
    ({"index": np.array([True, False, True])}, TypeError, ["index", "bool"]),
    ({"index": np.array([[7, 8, 9]])}, TypeError, ["index", "2 axes"]),
    ({"index": np.array([7, 8, -9])}, ValueError, ["index[2]=-9"]),
    ({"index": 7}, ValueError, ["index", "one per image"]),
    ({"index": "key"}, ValueError, ["index", "one per image"]),
    ({"epoch": [0, 1]}, ValueError, ["epoch=2 values", "images: 3"]),
    ({"epoch": [0, 1, "2"]}, TypeError, ["epoch[2]", "'2'"]),
    ({"epoch": [0, 1, 2**32]}, ValueError, ["epoch[2]=4294967296"]),
    ({"repeat": [0]}, ValueError, ["repeat=1 values", "images: 3"]),
    ({"images": [IMAGE, IMAGE, IMAGE.astype(int)]}, TypeError, ["images[2]", "int64"]),
    ({"images": [IMAGE, None, IMAGE]}, TypeError, ["images[1]", "NoneType"]),
    ({"images": [IMAGE, IMAGE[:0], IMAGE]}, ValueError, ["images[1]", "no pixels"]),
    ({"images": [IMAGE, BATCH, IMAGE]}, ValueError, ["images[1]", "batch"]),
    ({"images": [IMAGE, IMAGE, IMAGE[:3]]}, ValueError, ["sample 2 (index 9)", "RandomCrop"]),
    (
        {"images": [IMAGE, IMAGE, IMAGE[:3]], "index": ["a", "b", "cat/1.png"]},
        ValueError,
        ['sample 2 (index "cat/1.png"): RandomCrop: '],
    ),
    (
        {"images": [IMAGE, IMAGE, IMAGE[:3]], "index": np.array(["a", "b", "é"])},
        ValueError,
        ['sample 2 (index "é"): RandomCrop: '],
    ),
    ({"images": [], "index": 3, "out": None}, ValueError, ["one index for no images"]),
]


@pytest.mark.parametrize(("changes", "kind", "parts"), BATCHES, ids=fields)
def test_batch(changes, kind, parts):
    out = [canvas((4, 4, 3)) for _ in range(3)]
    arguments = {"seed": 1, "epoch": 0, "index": [7, 8, 9], "out": out, **changes}
    with refused(kind, *parts):
        CROP(arguments.pop("images", list(BATCH)), **arguments)
    assert all(map(untouched, out))


@pytest.mark.parametrize("images", [[], [IMAGE, IMAGE[:5]]], ids=["none", "two sizes"])
def test_what_does_not_stack(images):
    with refused(ValueError, "stack"):
        FLIP(images, seed=1, epoch=0, index=range(len(images)), stack=True)


@pytest.mark.parametrize(
    ("transforms", "place"),
    [
        ([ba.RandomCrop(4), ba.RandomCrop(5)], "RandomCrop#2"),
        ([ba.RandomCrop(4), ba.RandomCrop(5, name="last")], "last (RandomCrop)"),
        ([ba.Compose([ba.RandomCrop(4)]), ba.Compose([ba.CenterCrop(5)])], "Compose#2/CenterCrop"),
        ([ba.RandomCrop(4), ba.Pad(1, fill=(1, 2))], "Pad"),
        ([ba.Pad(1), ba.Pad(1, fill=(1, 2))], "Pad#2"),
        ([ba.Pad(1, name="x" * 255), ba.Pad(1, fill=(1, 2), name="y" * 255)], "yyy"),
    ],
)
def test_an_error_names_the_path_of_its_op(transforms, place):
    pipeline = ba.Compose(transforms)
    with pytest.raises(ValueError, match=r".") as caught:
        pipeline(IMAGE, **AT)
    message = str(caught.value)
    assert message.startswith(place if place == "yyy" else f"{place}: ") and len(message) < 500


def test_a_refused_order_names_the_path():
    with refused(ValueError, "second (ToFloat): works on 0 to"):
        ba.Compose([ba.ToFloat(), ba.Normalize(), ba.ToFloat(name="second")])


def test_the_channels_an_op_needs():
    with refused(ValueError, "Normalize", "3", "4"):
        ba.Normalize()(np.zeros((5, 5, 4), np.uint8), **AT)
    with refused(ValueError, "Pad", "fill", "1 or 3 values"):
        ba.Pad(padding=1, fill=(1, 2))(IMAGE, **AT)


@pytest.mark.parametrize(
    "transform", [ba.ToGray, lambda p: ba.ColorJitter(hue=(0, 0.1), p=p)], ids=["gray", "hue"]
)
@pytest.mark.parametrize("channels", [1, 4])
def test_colour_needs_three_channels(transform, channels):
    with refused(ValueError, "3", str(channels)):
        transform(p=1)(np.zeros((5, 5, channels), np.uint8), **AT)


# What `out` must be ---------------------------------------------------------------------------


def test_out_of_another_shape_or_type():
    for out, kind, parts in [
        (canvas((6, 7)), ValueError, ["[6, 7]", "[6, 7, 3]"]),
        (canvas((7, 6, 3)), ValueError, ["[7, 6, 3]", "[6, 7, 3]"]),
        (canvas(dtype=np.uint16), TypeError, ["uint16", "uint8"]),
        (canvas().view(np.int8), TypeError, ["int8"]),
        (canvas(dtype=object), TypeError, ["object"]),
        ([canvas()], TypeError, ["list", "numpy.ndarray"]),
        (bytearray(126), TypeError, ["bytearray", "numpy.ndarray"]),
    ]:
        before = repr(out)
        with refused(kind, "out", *parts):
            FLIP(IMAGE, out=out, **AT)
        assert repr(out) == before


def test_out_that_cannot_be_written():
    frozen = canvas()
    frozen.flags.writeable = False
    swapped = np.zeros((6, 7, 3), ">u2")
    skewed = np.frombuffer(bytearray(6 * 7 * 3 * 2 + 1), np.uint8)[1:].view(np.uint16)
    shared = np.lib.stride_tricks.as_strided(canvas((6, 7)), (6, 7, 3), (7, 1, 0))
    for image, out, parts in [
        (IMAGE, frozen, ["read-only"]),
        (IMAGE, shared, ["overlap"]),
        (IMAGE.astype(np.uint16), swapped, ["native"]),
        (IMAGE.astype(np.uint16), skewed.reshape(6, 7, 3), ["aligned"]),
    ]:
        before = out.tobytes()
        with refused(ValueError, "out", *parts):
            FLIP(image, out=out, **AT)
        assert out.tobytes() == before


def test_out_that_overlaps_an_input():
    memory = np.arange(2 * IMAGE.size, dtype=np.uint8)
    image, before = memory[: IMAGE.size].reshape(IMAGE.shape), memory.copy()
    for start in (0, 5):
        out = memory[start : start + IMAGE.size].reshape(IMAGE.shape)
        with refused(ValueError, "out", "overlaps an input"):
            FLIP(image, out=out, **AT)
        with refused(ValueError, "out", "overlaps an input"):
            FLIP.apply(FLIP.params(shape=IMAGE.shape, **AT), image, out=out)
    mask = memory[-42:].reshape(6, 7)
    with refused(ValueError, "out", "overlaps an input"):
        FLIP(image=IMAGE[..., 0], mask=mask, out=mask, **AT)
    assert (memory == before).all()


def test_out_of_a_list():
    many = {"seed": 1, "epoch": 0, "index": [0, 1]}
    one, two = canvas(), canvas()
    memory = canvas(2 * IMAGE.size)
    for out, kind, parts in [
        (canvas((2, *IMAGE.shape)), ValueError, ["not a list"]),
        ((one, two), ValueError, ["not a list"]),
        ([one], ValueError, ["1 arrays for 2"]),
        ([one, canvas((6, 6, 3))], ValueError, ["out[1]", "[6, 6, 3]"]),
        ([one, one], ValueError, ["out[1]", "overlaps", "another output"]),
        ([one, None], TypeError, ["out[1]", "NoneType"]),
        (
            [memory[n : n + 126].reshape(6, 7, 3) for n in (0, 99)],
            ValueError,
            ["out[1]", "overlaps"],
        ),
    ]:
        with refused(kind, "out", *parts):
            FLIP([IMAGE, IMAGE], out=out, **many)
    assert all(map(untouched, (one, two, memory)))


def test_out_of_no_images_overlaps_nothing():
    none = np.zeros((4, *IMAGE.shape), np.uint8)[:0]
    many = {"seed": 1, "epoch": 0, "index": []}
    assert FLIP(none, out=none, **many) is none


class Other(np.ndarray):
    """Its copies are of another shape and type."""

    def astype(self, *args, **options):
        return np.zeros((1,), np.uint8)


@pytest.mark.parametrize("dtype", [np.uint16, ">u2"])
def test_subclasses_are_read_as_the_arrays_they_are(dtype):
    plain = np.arange(6 * 7 * 3).reshape(6, 7, 3).astype(dtype)
    flipped = FLIP(plain.astype(np.uint16), **AT)
    mask = np.ma.masked_array(plain, plain > 5)
    for image in (plain.view(Other), mask):
        out = FLIP(image, **AT)
        assert type(out) is np.ndarray and (out == flipped).all()
        sample = FLIP(image=plain, mask=image, **AT)
        assert (sample["mask"] == flipped).all()
        assert ba.digest(image) == ba.digest(plain)
    gray = plain[..., 0]
    assert (FLIP(gray.view(np.matrix), **AT) == flipped[..., 0]).all()


# Targets --------------------------------------------------------------------------------------


class Broken:
    """A sequence that fails at its second entry."""

    def __len__(self):
        return 2

    def __getitem__(self, place):
        return {0: "a"}[place]


TARGETS = [
    ({"mask": IMAGE[:5, :, 0]}, ValueError, ["mask", "[5, 7]", "6 x 7"]),
    ({"mask": IMAGE[0, 0]}, ValueError, ["mask", "[3]", "6 x 7"]),
    ({"mask": IMAGE[..., :0]}, ValueError, ["mask", "[6, 7, 0]"]),
    ({"mask": IMAGE[..., 0].astype(complex)}, TypeError, ["mask", "complex128"]),
    ({"mask": IMAGE[..., 0].astype(object)}, TypeError, ["mask", "object"]),
    ({"mask": "mask.png"}, TypeError, ["mask", "str"]),
    ({"masks": [IMAGE[..., 0], IMAGE[1:]]}, ValueError, ["masks[1]", "[5, 7, 3]"]),
    ({"mask": IMAGE, "masks": [IMAGE[..., 0], IMAGE[1:]]}, ValueError, ["masks[1]", "[5, 7, 3]"]),
    ({"masks": [None]}, TypeError, ["masks[0]", "NoneType"]),
    ({"bboxes": [[0, 0, 1, 1], [3, 0, 2, 1]]}, ValueError, ["bboxes", "[1]", "[3, 0, 2, 1]"]),
    ({"bboxes": [[0, 3, 1, 1]]}, ValueError, ["bboxes", "[0]", "[0, 3, 1, 1]", "negative"]),
    ({"bboxes": [[0, 0, 1, NAN]]}, ValueError, ["bboxes", "[0, 0, 1, NaN]", "finite"]),
    ({"bboxes": [[-INF, 0, 1, 1]]}, ValueError, ["bboxes", "-inf", "finite"]),
    ({"bboxes": [0, 0, 1, 1]}, ValueError, ["bboxes", "(4,)", "n x 4"]),
    ({"bboxes": [[0, 0, 1]]}, ValueError, ["bboxes", "(1, 3)", "n x 4"]),
    ({"bboxes": [[0, 0, 1, 1], [0, 0]]}, ValueError, ["bboxes", "several lengths", "n x 4"]),
    ({"labels": 3, "bboxes": [[0, 0, 1, 1]]}, TypeError, ["labels: int", "a list or an array"]),
    ({"masks": 3}, TypeError, ["masks=3", "a sequence"]),
    ({"bboxes": [["a", 0, 1, 1]]}, TypeError, ["bboxes", "numbers"]),
    ({"bboxes": [[0, 0, 1, None]]}, TypeError, ["bboxes", "object", "numbers"]),
    ({"bboxes": [[0, 0, 1, 1j]]}, TypeError, ["bboxes", "complex128", "numbers"]),
    ({"keypoints": [[1, 2], [3]]}, ValueError, ["keypoints", "several lengths", "n x 2"]),
    ({"keypoints": [1, 2]}, ValueError, ["keypoints", "(2,)", "n x 2"]),
    ({"keypoints": "1, 2"}, TypeError, ["keypoints", "numbers"]),
    ({"labels": ["cat"]}, ValueError, ["labels", "1 for 0 boxes"]),
    ({"labels": [1], "bboxes": [[0, 0, 1, 1]] * 2}, ValueError, ["labels", "1 for 2 boxes"]),
    *[
        ({"labels": labels, "bboxes": [[0, 0, 1, 1]] * 2}, TypeError, ["labels", kind, "a list"])
        for labels, kind in [
            ({"a": 1, "b": 2}, "dict"),
            ({1, 2}, "set"),
            ("ab", "str"),
            (3, "int"),
            (np.array(3), "ndarray"),
            ((label for label in "ab"), "generator"),
        ]
    ],
    ({"labels": Broken(), "bboxes": [[0, 0, 1, 1]] * 2}, KeyError, ["1"]),
    ({"bboxes": [[0, 0, 1, 1, 2**53 + 1]]}, ValueError, ["bboxes: 9007199254740993", "labels="]),
    ({"bboxes": [[0.5, 0, 1, 3, 2**53 + 1]]}, ValueError, ["bboxes: 9007199254740993"]),
    ({"bboxes": [[0.5, 0, 1, 3, np.uint64(2**64 - 1)]]}, ValueError, ["18446744073709551615"]),
    ({"keypoints": np.array([[0, 0, -(2**62) - 1]])}, ValueError, ["-4611686018427387905"]),
    ({"image": BATCH}, ValueError, ["image", "batch"]),
    ({"image": [IMAGE]}, TypeError, ["image", "list"]),
    ({"index": [0, 1]}, ValueError, ["index", "one image"]),
    ({"threads": "2"}, TypeError, ["threads='2'"]),
]


@pytest.mark.parametrize(("changes", "kind", "parts"), TARGETS, ids=fields)
def test_targets(changes, kind, parts):
    out = canvas()
    with refused(kind, *parts):
        FLIP(**{"image": IMAGE, "out": out, **AT, **changes})
    assert untouched(out)


def test_the_one_mask_is_named_as_given():
    with refused(ValueError, "mask: shape"):
        FLIP(image=IMAGE, mask=IMAGE[1:], masks=[IMAGE], **AT)


@pytest.mark.parametrize(
    ("form", "box"),
    [
        ("coco", [0, 0, -1, 1]),
        ("yolo", [0.5, 0.5, 0.1, -0.1]),
        ("albumentations", [0.5, 0, 0.4, 1]),
    ],
)
def test_reversed_boxes_of_any_format(form, box):
    pipeline = ba.Compose([FLIP], bbox_params=ba.BboxParams(format=form))
    with refused(ValueError, "bboxes", "[0]", "negative"):
        pipeline(image=IMAGE, bboxes=[box], **AT)


# Documents ------------------------------------------------------------------------------------

NODE = json.loads(CROP.to_json())["pipeline"]


def document(**changes):
    whole = {"bitaug": 1, "writer": "bitaug 0.1.0", "pipeline": NODE, **changes}
    return json.dumps({key: value for key, value in whole.items() if value is not ...})


def node(**changes):
    changed = {**NODE, **changes}
    return document(pipeline={key: value for key, value in changed.items() if value is not ...})


DOCUMENTS = [
    ("", ["document"]),
    ("{", ["document"]),
    ("[]", ["document", "object"]),
    (document(bitaug=2), ["format 2", "format 1"]),
    (document(bitaug=...), ["bitaug", "format"]),
    (document(pipeline=...), ["pipeline"]),
    (document(pipeline=5), ["5"]),
    (document(more=1), ["more"]),
    (node(op="RandomCorp"), ["RandomCorp", "RandomCrop"]),
    (node(op=3), ["op=3", "name"]),
    (node(op=...), ["op"]),
    (node(version=2), ["RandomCrop", "version=2", "1"]),
    (node(version=0), ["RandomCrop", "version=0", "1"]),
    (node(version="1"), ["RandomCrop", "version", '"1"', "integer"]),
    (node(version=...), ["RandomCrop", "version"]),
    (node(p=1.01), ["RandomCrop", "p=1.01", "0 to 1"]),
    (node(p="1"), ["RandomCrop", "p=", '"1"', "0 to 1"]),
    (node(p=None), ["RandomCrop", "p=null", "0 to 1"]),
    (node(p=...), ["RandomCrop", "p"]),
    (node(height=...), ["RandomCrop", "height"]),
    (node(height=-1), ["RandomCrop", "-1"]),
    (node(height=4.5), ["RandomCrop", "4.5"]),
    (node(height=0), ["RandomCrop", "height", "0"]),
    (node(hight=4), ["RandomCrop", "hight=4", "did you mean height=?"]),
    (node(name="a b"), ["RandomCrop", 'name="a b"', "letters"]),
    (document(pipeline={"op": "Compose", "version": 2, "p": 1, "transforms": []}), ["version=2"]),
    (document(pipeline={"op": "Compose", "version": 1, "p": 1}), ["Compose", "transforms"]),
    (
        document(pipeline={"op": "Compose", "version": 1, "p": 1, "transforms": [NODE, 7]}),
        ["7"],
    ),
    (
        document(
            pipeline={
                "op": "Compose",
                "version": 1,
                "p": 1,
                "transforms": [
                    {"op": "Compose", "version": 3, "p": 1, "transforms": []},
                ],
            }
        ),
        ["Compose", "version=3"],
    ),
    (
        document(pipeline={"op": "Compose", "version": 1, "p": 1, "transforms": [], "o": 1}),
        ["Compose", "o"],
    ),
]


@pytest.mark.parametrize(("text", "parts"), DOCUMENTS)
def test_document(text, parts):
    with refused(ValueError, *parts):
        ba.from_json(text)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"height": -1}, "RandomCrop: height=-1: an integer within 1 to 2^31-1, pixels"),
        ({"height": "x"}, 'RandomCrop: height="x": an integer within 1 to 2^31-1, pixels'),
        ({"height": [1, 2]}, "RandomCrop: height=(1, 2): an integer within 1 to 2^31-1, pixels"),
        ({"height": None}, "RandomCrop: height=null: an integer within 1 to 2^31-1, pixels"),
    ],
)
def test_a_document_is_told_place_value_and_what_is_allowed(fields, message):
    with refused(ValueError, message):
        ba.from_json(node(**fields))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"targets": 3}, "Compose: targets: 3 is not an object"),
        ({"targets": {"a": "b"}}, 'Compose: targets: a="b": one of "image", "mask", "map"'),
        ({"mix_fields": 3}, "Compose: mix_fields: 3 is not a list"),
        ({"mix_fields": [3]}, "Compose: mix_fields: [0]=3: a text"),
        ({"keypoint_params": 3}, "KeypointParams: 3 is not an object"),
        (
            {"keypoint_params": {"flip_pairs": [[1, -2]]}},
            "flip_pairs[0][1]=-2: an integer within 0 to 2^32-1",
        ),
        ({"bbox_params": 3}, "BboxParams: 3 is not an object"),
    ],
)
def test_what_a_document_says_of_targets(fields, message):
    compose = json.loads(ba.Compose([]).to_json())["pipeline"]
    with refused(ValueError, message):
        ba.from_json(document(pipeline={**compose, **fields}))


def test_documents_that_are_no_json():
    deep = "[" * 100000
    for call in (lambda: ba.from_json(deep), lambda: ba.from_yaml("[" * 3000)):
        with refused(ValueError, "document: lists and dicts, one within the other, deeper"):
            call()
    with refused(ValueError, "document: not JSON: ", "line 1 column 2"):
        ba.from_json("{")


def test_the_mark_that_editors_write_first(tmp_path):
    text = "\ufeff" + CROP.to_json()
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    (tmp_path / "b.yaml").write_text("\ufeff" + CROP.to_yaml(), encoding="utf-8")
    (tmp_path / "c.json").write_bytes(b"\xff\xfe")
    assert ba.from_json(text) == ba.from_yaml(text) == CROP
    assert ba.load(tmp_path / "a.json") == ba.load(tmp_path / "b.yaml") == CROP
    with refused(ValueError, "c.json: not UTF-8 at byte 0"):
        ba.load(tmp_path / "c.json")


def test_document_of_another_kind():
    for text in (None, 5, {"bitaug": 1}, b"{}"):
        with refused(TypeError, "text=", "a str"):
            ba.from_json(text)


def test_names_of_other_libraries_in_documents():
    pad = json.loads(ba.Pad(4).to_json())["pipeline"]
    boxes = {"format": "voc", "min_area": 0, "min_visibility": 0}
    for pipeline, *parts in [
        ({**pad, "border_mode": 4}, "Pad: border_mode=4", "did you mean border=?"),
        ({**pad, "border": "reflect_101"}, "did you mean 'reflect101'?"),
        ({**pad, "op": "Erasing"}, "op='Erasing'", "ba.RandomErasing("),
        ({**pad, "op": "x" * 10**4}, "op='xxx", "..."),
        ({**pad, "x" * 10**4: "y" * 10**4}, "xxx", "..."),
        ({**pad, "padding": list(range(10**3))}, "Pad"),
        ({**pad, "border": "z" * 10**4}, "Pad: border='zzz", "..."),
        ({**pad, "name": "é" * 10**4}, "Pad", "letters, digits"),
        ({**pad, "p": "y" * 10**4}, "Pad: p=", "0 to 1"),
    ]:
        nested = {"op": "Compose", "version": 1, "p": 1, "transforms": [pad, pipeline]}
        for tree in (pipeline, nested):
            with pytest.raises(ValueError, match=r".") as caught:
                ba.from_json(document(pipeline=tree))
            message = str(caught.value)
            assert all(part in message for part in parts) and len(message) < 1500, message[:999]
            with pytest.raises(ValueError, match=r".") as again:
                ba.from_yaml(document(pipeline=tree))
            assert len(str(again.value)) < 2500
    for change in ({}, {"clip": True, "format": "coco"}):
        tree = {"op": "Compose", "version": 1, "p": 1, "transforms": []}
        with refused(ValueError, "BboxParams", "pascal_voc" if not change else "always clipped"):
            ba.from_json(document(pipeline={**tree, "bbox_params": boxes | change}))


# Params ---------------------------------------------------------------------------------------


def edited(path, value):
    params = CROP.params(shape=IMAGE.shape, **AT)
    *way, last = path
    place = params
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return params


TOP = ("ops", 0, "params", "top")
EDITS = [
    (("stream",), 3, ValueError, ["params: stream=3: a name, or an object of a label"]),
    (("seed",), -1, ValueError, ["params: seed=-1: an integer within 0 to 2^64-1"]),
    (("shape",), [1, 2], ValueError, ["params: shape=[1,2]: a list of 3"]),
    (("dtype",), "i", ValueError, ['params: dtype="i": one of "uint8", "uint16", "float32"']),
    (("applied",), 1, ValueError, ["params: applied=1: true or false"]),
    (("ops", 0), 3, ValueError, ["params: ops[0]=3: an object"]),
    (("ops", 0, "params"), 3, ValueError, ["RandomCrop: params: 3 is not an object"]),
    (TOP, -1, ValueError, ["RandomCrop: top, left=-1", "within 0 to 2"]),
    (TOP, 3, ValueError, ["RandomCrop", "top", "3", "within 0 to 2"]),
    (TOP, 2**63, ValueError, ["RandomCrop", "top", "9223372036854775808"]),
    (TOP, -1, ValueError, ["RandomCrop", "-1"]),
    (TOP, 0.5, ValueError, ["RandomCrop", "0.5"]),
    (TOP, "0", ValueError, ["RandomCrop", '"0"']),
    (TOP, NAN, ValueError, ["params"]),
    (TOP, HUGE, ValueError, ["params"]),
    (TOP, 1j, TypeError, ["params", "1j", "plain"]),
    (TOP, ..., ValueError, ["RandomCrop", "top"]),
    (("ops", 0, "params"), ..., ValueError, ["RandomCrop", "params"]),
    (("ops", 0, "params", "up"), 1, ValueError, ["RandomCrop", "up"]),
    (("ops", 0, "path"), "Crop", ValueError, ["path=Crop", "RandomCrop"]),
    (("ops", 0, "op"), "Crop", ValueError, ["op=Crop", "RandomCrop"]),
    (("ops", 0, "version"), 9, ValueError, ["version=9", "1"]),
    (("ops", 0, "applied"), 1, ValueError, ["params", "1"]),
    (("ops", 0, "key"), "0" * 16, ValueError, ["RandomCrop", "key", "none"]),
    (("ops", 0), ..., ValueError, ["ops=0 ops", "1 ops"]),
    (("ops",), {}, ValueError, ["params"]),
    (("shape",), [6, 7, 4], ValueError, ["[6, 7, 4]", "[6, 7, 3]"]),
    (("dtype",), "uint16", ValueError, ["uint16", "uint8"]),
    (("dtype",), "int3", ValueError, ["params", "int3"]),
    (("pipeline",), "0" * 16, ValueError, ["pipeline", CROP.digest]),
    (("seed",), -1, ValueError, ["params", "-1"]),
    (("epoch",), 2**32, ValueError, ["params", "4294967296"]),
    (("extra",), 1, ValueError, ["params", "extra"]),
]


@pytest.mark.parametrize(("path", "value", "kind", "parts"), EDITS)
def test_params(path, value, kind, parts):
    out = canvas((4, 4, 3))
    with refused(kind, *parts):
        CROP.apply(edited(path, value), IMAGE, out=out)
    assert untouched(out)


def test_params_of_another_kind():
    circle = {}
    circle["circle"] = circle
    for params in (None, "x", []):
        with refused(TypeError, f"params={params!r}"):
            CROP.apply(params, IMAGE)
    with refused(ValueError, "params"):
        CROP.apply(circle, IMAGE)
    with refused(TypeError, "image"):
        CROP.apply(CROP.params(shape=IMAGE.shape, **AT))


@pytest.mark.parametrize("transform", [ba.ToFloat(), ba.Normalize()])
def test_what_gives_floats_cannot_be_switched_off(transform):
    params = transform.params(shape=IMAGE.shape, **AT)
    for record in (params, params["ops"][0]):
        record["applied"] = False
        with refused(ValueError, type(transform).__name__, "applied"):
            transform.apply(params, IMAGE)
        record["applied"] = True


@pytest.mark.parametrize(
    ("changes", "kind", "parts"),
    [
        ({"shape": 5}, TypeError, ["shape=5"]),
        ({"shape": (5,)}, ValueError, ["shape=(5,)", "2 or 3"]),
        ({"shape": (5, -1)}, ValueError, ["shape=-1"]),
        ({"shape": (5.0, 5)}, TypeError, ["shape=5.0"]),
        ({"shape": (0, 5)}, ValueError, ["shape=0 x 5 x 1", "at least one pixel"]),
        ({"shape": (2**16, 2**15)}, ValueError, ["65536 x 32768", "fewer than 2147483648"]),
        ({"shape": (2**40, 2**40)}, ValueError, ["size=1099511627776 x", "fewer than"]),
        ({"shape": (2**32, 2**32, 1)}, ValueError, ["size=4294967296 x 4294967296", "fewer than"]),
        ({"shape": (12, 64, 64)}, ValueError, ["shape", "[12, 64, 64]", 'layout="CHW"']),
        ({"shape": (64, 64, 3), "layout": "NHW"}, ValueError, ["layout=NHW", "HW, HWC, CHW"]),
        ({"layout": 5}, TypeError, ["layout=5", "a str"]),
        ({"shape": (2**64, 1)}, ValueError, ["shape=18446744073709551616"]),
        ({"dtype": "float64"}, TypeError, ["float64", "uint8, uint16 or float32"]),
        ({"dtype": "pixel"}, TypeError, ["dtype='pixel'", "uint8, uint16 or float32"]),
        ({"dtype": HALF}, TypeError, [f"dtype={HALF!r}", "uint8, uint16 or float32"]),
        ({"index": HALF}, ValueError, [f"index={HALF!r}", "UTF-8"]),
        ({"stream": HALF}, ValueError, [f"stream={HALF!r}", "UTF-8"]),
        ({"seed": -1}, ValueError, ["seed=-1"]),
        ({"index": [1, 2]}, ValueError, ["index", "one"]),
        ({"stream": b"train"}, TypeError, ["stream=b'train'"]),
    ],
)
def test_params_of_nothing(changes, kind, parts):
    with refused(kind, *parts):
        FLIP.params(**{**AT, "shape": (6, 7, 3), **changes})


# The other functions --------------------------------------------------------------------------


def test_augment():
    for images, changes, kind, parts in [
        (IMAGE, {"seed": -1}, ValueError, ["seed=-1"]),
        (IMAGE, {"layout": 5}, TypeError, ["layout=5"]),
        (BATCH, {"index": 5}, ValueError, ["index", "one per image"]),
        (list(BATCH), {"index": [1]}, ValueError, ["index=1 values"]),
        ([IMAGE, IMAGE.astype(int)], {}, TypeError, ["images[1]", "int64"]),
        (None, {}, TypeError, ["images"]),
        (IMAGE, {"shuffle": True}, TypeError, ["shuffle"]),
    ]:
        with refused(kind, *parts):
            ba.augment(images, **{"seed": 1, "pipeline": FLIP, **changes})


def test_digest():
    for value, part in [
        (IMAGE.astype(object), "object"),
        (IMAGE.astype(complex), "complex128"),
        (np.array(["a"]), "<U1"),
        ([1, 2], "list"),
    ]:
        with refused(TypeError, part):
            ba.digest(value)


def test_random():
    where = {"seed": 1, "stream": "train", "epoch": 0, "index": 0}
    words = ba.random.words
    for call, kind, part in [
        (lambda: ba.random.philox([1, 2, 3], [1, 2]), ValueError, "(3,)"),
        (lambda: ba.random.philox([1, 2, 3, 2**32], [1, 2]), ValueError, "counter"),
        (lambda: ba.random.philox([1, 2, 3, 4], [1.0, 2]), TypeError, "key"),
        (lambda: ba.random.fold(-1, 2, 3), ValueError, "key=-1"),
        (lambda: ba.random.fold(1, True, 3), TypeError, "word"),
        (lambda: ba.random.fold(1, 2, 2**32), ValueError, "tag"),
        (lambda: ba.random.label(5), TypeError, "text=5"),
        (lambda: ba.random.label(HALF), ValueError, rf"text={HALF!r}: a str that UTF-8 can hold"),
        (lambda: ba.random.op_key(HALF, seed=1, stream="a"), ValueError, f"path={HALF!r}"),
        (lambda: words("a", 4, **{**where, "stream": HALF}), ValueError, f"stream={HALF!r}"),
        (lambda: words("a", 4, **{**where, "index": HALF}), ValueError, f"index={HALF!r}"),
        (lambda: ba.random.pixel_words("a", 1, **{**where, "index": [HALF]}), ValueError, "index="),
        (lambda: words("a", 4, **{**where, "epoch": 2**32}), ValueError, "epoch"),
        (lambda: words("a", 4, **{**where, "seed": -1}), ValueError, "seed"),
        (lambda: words("a", 4, **{**where, "index": -1}), ValueError, "index"),
        (lambda: words("a", -1, **where), ValueError, "n=-1"),
        (lambda: words("a", 1.5, **where), TypeError, "n=1.5"),
        (lambda: words("a", 2**62, **where), ValueError, "n="),
        (lambda: words("a", 2**64, **where), ValueError, "n="),
        (lambda: ba.random.pixel_words("a", -1, **where), ValueError, "n=-1"),
        (lambda: ba.random.pixel_words("a", 2**34 + 1, **where), ValueError, "2^34"),
        (lambda: ba.random.pixel_words("a", 1, plane=-1, **where), ValueError, "plane"),
        (lambda: ba.random.pixel_words("a", 1, first=True, **where), TypeError, "first=True"),
        (lambda: ba.random.pixel_words("a", 1, first=1.0, **where), TypeError, "first=1.0"),
        (lambda: words("a", 1, **{**where, "epoch": [0]}), TypeError, "epoch=[0]"),
        (lambda: words("a", 1, **{**where, "epoch": np.array([0])}), TypeError, "epoch=array([0])"),
        (lambda: ba.random.fold(1, 2, [3]), TypeError, "tag=[3]"),
    ]:
        with refused(kind, part):
            call()


@pytest.mark.parametrize(
    "wrong", [True, np.True_, 1.0, "1", None, [1], np.array(1.0), np.array([1])]
)
def test_numbers_of_orders(wrong):
    order = ba.Order(9, seed=1, stream="train")
    for name, call in [
        ("epoch=", lambda: order[wrong, 0]),
        ("n=", lambda: ba.Order(wrong, seed=1, stream="train")),
        ("seed=", lambda: ba.Order(9, seed=wrong, stream="train")),
        ("batch_size=", lambda: order.batches(0, wrong)),
        ("rank=", lambda: order.shard(wrong, 2)),
    ]:
        with refused(TypeError, name, "an integer is needed"):
            call()


def test_a_step_larger_than_the_order():
    order = ba.Order(9, seed=1, stream="train")
    for step in (9, 2**70):
        assert order[0, 4::step].tolist() == [order[0, 4]]
        assert order[0, 4::-step].tolist() == [order[0, 4]]


HUGE_CALLS = [
    "ba.HorizontalFlip()(huge, seed=1, epoch=0, index=0)",
    "ba.random.words('a', 2**33, seed=1, stream='b', epoch=0, index=0)",
    "ba.random.words('a', 2**34, seed=1, stream='b', epoch=0, index=range(9))",
    "ba.random.pixel_words('a', 2**34 - 1, first=1, seed=1, stream='b', epoch=0, index=0)",
]


@pytest.mark.parametrize("call", HUGE_CALLS)
def test_more_memory_than_there_is(call):
    code = f"""
import resource
import numpy as np, bitaug as ba
resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
huge = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (2**15, 2**15, 3))
try:
    {call}
except MemoryError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "refused\n", done.stderr


def test_a_batch_of_more_images_than_could_be_listed():
    """In a process of its own, which it would end."""
    code = """
import numpy as np, bitaug as ba
endless = np.broadcast_to(np.zeros((6, 7, 3), np.uint8), (2**45, 6, 7, 3))
for index in (0, [0, 1]):
    try:
        ba.HorizontalFlip()(endless, seed=1, epoch=0, index=index)
    except ValueError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 2 and "one per image" in lines[0], done.stderr
    assert f"as many as there are images: {2**45}" in lines[1]


# Anything at all ------------------------------------------------------------------------------

fuzz = settings(drawn(100), suppress_health_check=[HealthCheck.too_slow])
# Nothing between what is quick and what is refused for its size.
numbers = st.sampled_from([-(2**70), -(2**63), -1, 0, 1, 2, 3, 9, 2**31, 2**53, 2**64, 2**70])
floats = st.sampled_from([-1e300, -1.0, -0.0, 0.25, 1.0, 1.5, 7.0, 1e10, 1e300, NAN, INF])
texts = st.sampled_from(["", "a", "edge", "uint8", "Compose", "0" * 16, "\x00", "é", "\ud800"])
scalars = st.one_of(st.none(), st.booleans(), numbers, floats, texts)
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def examples(height, width, channels):
    """A complete node for each of the registry's examples."""
    for name, version, fields in _core.registry(height, width, channels):
        for example in json.loads(fields):
            yield {"op": name, "version": version, "p": 1.0, **example}


NODES = [*examples(*IMAGE.shape), json.loads(ba.Compose([CROP, FLIP]).to_json())["pipeline"]]


def places(tree):
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in list(items):
        yield tree, key
        if isinstance(value, dict | list):
            yield from places(value)


@st.composite
def altered(draw, trees):
    """A copy of one of the trees with a value replaced, removed or added."""
    tree = json.loads(json.dumps(draw(st.sampled_from(trees))))
    for _ in range(draw(st.integers(1, 2))):
        spots = list(places(tree))
        if not spots:
            break
        place, key = draw(st.sampled_from(spots))
        action = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if action == "remove":
            del place[key]
        elif action == "add" and isinstance(place, dict):
            place[draw(texts)] = draw(junk)
        else:
            place[key] = draw(junk)
    return tree


def attempt(call):
    """The result, or None where it is refused as it should be."""
    try:
        return call()
    except (ValueError, TypeError):
        return None


@fuzz
@given(altered(NODES) | junk)
def test_any_node(tree):
    pipeline = attempt(lambda: _core.Pipeline(json.dumps(tree)))
    if pipeline is None:
        return
    again = ba.from_json(pipeline.to_json())
    assert again.digest == pipeline.digest()
    attempt(lambda: again(IMAGE, **AT))


@fuzz
@given(
    altered([json.loads(ba.Compose([CROP, FLIP]).to_json())]).map(json.dumps)
    | st.text('[]{}:,"op0e\x00')
)
def test_any_document(text):
    attempt(lambda: ba.from_json(text))


def drawn():
    for tree in NODES:
        pipeline = ba.from_json(document(pipeline=tree))
        params = pipeline.params(shape=IMAGE.shape, **AT, **targets(IMAGE.shape))
        yield [pipeline.to_json(), params]


DRAWN = list(drawn())


@fuzz
@given(st.data())
def test_any_params(data):
    text, params = data.draw(st.sampled_from(DRAWN))
    pipeline = ba.from_json(text)
    params = data.draw(altered([params]))
    image = IMAGE.copy()
    result = attempt(lambda: pipeline.apply(params, image))
    assert result is None or result.ndim == 3
    assert (image == IMAGE).all()


@fuzz
@given(
    changes=st.dictionaries(
        st.sampled_from(["seed", "epoch", "index", "repeat", "stream", "layout", "threads"]), junk
    ),
    images=st.sampled_from([IMAGE, IMAGE[..., 0], BATCH, list(BATCH), BATCH[:0], []]),
    stack=st.booleans(),
)
def test_any_arguments(changes, images, stack):
    attempt(lambda: FLIP(images, **{**AT, "stack": stack, **changes}))


DTYPES = ["u1", "u2", ">u2", "f4", ">f4", "f8", "i1", "?", "O", "S2", "M8[s]", "u1,u2"]
STEPS = [slice(None), slice(None, None, -1), slice(None, None, 2), slice(1, None)]


@st.composite
def arrays(draw):
    shape = draw(st.lists(st.integers(0, 4), max_size=5))
    array = (
        np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(draw(st.sampled_from(DTYPES)))
    )
    array = array[tuple(draw(st.sampled_from(STEPS)) for _ in shape)]
    array = np.asarray(array).transpose(draw(st.permutations(range(len(shape)))))
    if draw(st.booleans()):
        array = np.broadcast_to(array[..., :1], array.shape) if array.shape else array
    return array


@fuzz
@given(
    image=arrays(),
    mask=st.none() | arrays(),
    layout=st.sampled_from([None, "HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"]),
    many=st.booleans(),
    tree=st.sampled_from(NODES),
)
def test_any_array(image, mask, layout, many, tree):
    pipeline = ba.from_json(document(pipeline=tree))
    before = image.tobytes()
    index = range(len(image) if image.ndim else 1) if many else 0
    at = {"seed": 1, "epoch": 0, "index": index, "layout": layout}
    attempt(lambda: pipeline(image, **at))
    attempt(lambda: pipeline(image=image, mask=mask, **at))
    assert image.tobytes() == before


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ba.HorizontalFlip()(IMAGE, stack=1, **AT), ["stack=1", "True or False"]),
        (lambda: ba.augment(IMAGE, seed=1, pipeline=3), ["pipeline=3", "transform"]),
        (lambda: ba.digest(None), ["array: NoneType", "numpy.ndarray"]),
        (lambda: ba.ToGray().apply(None, IMAGE), ["params=None", "params()"]),
        (
            lambda: ba.ToGray()(image=IMAGE, masks=np.array(-1), **AT),
            ["masks=array(-1)", "a sequence of masks"],
        ),
        (lambda: ba.load(3), ["path=3", "a path"]),
        (lambda: ba.load("a.json", costum=3), ["load(): costum=3", "did you mean custom=?"]),
        (lambda: ba.from_json("", costum=3), ["from_json(): costum=3", "did you mean custom=?"]),
        (lambda: ba.from_yaml("", costum=3), ["from_yaml(): costum=3", "did you mean custom=?"]),
        (lambda: ba.save(FLIP), ["save()", "'path'"]),
        (lambda: ba.leaks("a", "b", flip=True), ["leaks(): flip=True", "did you mean flips=?"]),
        (lambda: ba.compare(1, 2, atl=3), ["compare(): atl=3", "did you mean atol=?"]),
        (lambda: ba.fit_statistics(1, thread=3), ["fit_statistics(): thread=3", "threads=?"]),
        (lambda: ba.split([], sed=3), ["split(): sed=3", "did you mean seed=?"]),
        (lambda: ba.json_schema(3), ["json_schema(): too many arguments by position"]),
        (lambda: ba.Statistics.from_json(None), ["text=None: a str is needed"]),
        (lambda: ba.Statistics.from_json("", a=1), ["from_json(): a=1: no such argument"]),
        (lambda: ba.materialize.run(FLIP, 3, "a", seed=1), ["images=3: a path is needed"]),
        (lambda: ba.materialize.run(FLIP, ".", 3, seed=1), ["output=3: a path is needed"]),
        (lambda: ba.materialize.run(FLIP, ".", "a", seed=1, masks=3), ["masks=3: a path"]),
        (lambda: ba.materialize.run(FLIP, ".", "a", seed=1, boxes=3), ["boxes=3: a path"]),
        (
            lambda: ba.materialize.run(FLIP, ".", "a", sed=1),
            ["run(): sed=1", "did you mean seed=?"],
        ),
        (lambda: ba.materialize.check(3), ["output=3: a path is needed"]),
        (lambda: ba.materialize.skipped(3), ["output=3: a path is needed"]),
        (lambda: FLIP(IMAGE, partners=3, **AT), ["partners=3: all samples of the data set"]),
        (lambda: ba.save(ba.ToGray(), 3), ["path=3", "a path"]),
    ],
)
def test_arguments_of_functions(call, words):
    with refused(TypeError, *words):
        call()


@pytest.mark.parametrize(
    "text", ["!!{} 3", "a: !{} b", "*{}", '{{"{0}": 1, "{0}": 2}}', "{0}: 1\n{0}: 2"]
)
def test_a_document_of_long_names_is_refused_briefly(text):
    with pytest.raises(ValueError, match="document") as caught:
        ba.from_yaml(text.format("x" * 5000))
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize(
    "call",
    [
        lambda huge: ba.split([huge, huge], {"a": 1}, seed=1),
        lambda huge: ba.split(["a"], huge, seed=1),
        lambda huge: ba.from_receipt(huge, ba.HorizontalFlip()),
        lambda huge: ba.Order(4, seed=1, stream="train")[huge],
        lambda huge: ba.huggingface.Augment(ba.Pad(4), seed=1, stream="a", sead=huge),
        lambda huge: ba.webdataset.Augment(ba.Pad(4), seed=1, stream="a", key=huge),
        lambda huge: ba.webdataset.Augment(ba.Pad(4), seed=1, stream="a", fields=huge),
    ],
)
def test_a_huge_value_is_shown_in_part(call):
    with pytest.raises((TypeError, ValueError)) as caught:
        call("x" * 10**6)
    assert "xxx...xxx" in str(caught.value) and len(str(caught.value)) < 500
