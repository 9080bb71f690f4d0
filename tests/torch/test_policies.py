"""Policies beside torchvision's: ops, magnitudes of every bin, pairs, and pixels."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import AutoAugmentPolicy, InterpolationMode, v2

import bitaug as ba

from ..reference.ops import rotate, shear
from ..reference.policies import NARROW, PAIRS

SHAPE = (61, 83, 3)
AT = {"seed": 5, "epoch": 0}
GEOMETRY = ["ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"]
# Of their own arithmetic, rounded where Pillow's is not: docs/spec/colour.md.
BOUNDS = {"Brightness": 1, "Contrast": 2, "Color": 2, "Sharpness": 1}


def magnitude(record):
    """What torchvision would call it; None if there is none."""
    params = record.get("params") or {}
    match record["op"]:
        case "Shear":
            return params["slope"]
        case "Affine":
            return params["translate_x"] + params["translate_y"]
        case "Rotate":
            return params["angle"]
        case "Solarize":
            return params["threshold"]
        case "Posterize":
            return params["bits"][0]
        case "Brightness" | "Color" | "Contrast" | "Sharpness":
            return params["factor"] - 1
    return None


def chosen(policy, index):
    """The records of the ops that are chosen, by their names."""
    (record,) = policy.params(**AT, index=index, shape=SHAPE)["ops"]
    return [(each["path"].rpartition("/")[2], each) for each in record["ops"]]


def drawn(policy, index):
    """The op's name and magnitude for each that is chosen."""
    return [(name, magnitude(record)) for name, record in chosen(policy, index)]


def whole(shift):
    """In pixels, where float32 leaves its magnitude below a whole number."""
    return int(float(shift) + 1e-4)


def check(found, space, bins, expected):
    """That these magnitudes are those of the expected bins, of each op and either sign."""
    assert set(found) == set(space)
    for name, (values, signed) in space.items():
        table = values(bins, *SHAPE[:2])
        if table is None:
            assert found[name] == {None}
            continue
        table = [float(table[i]) for i in expected]
        if name.startswith("Translate"):
            table = [whole(value) for value in table]
        want = sorted({*table, *(-value for value in table)} if signed else {*table})
        np.testing.assert_allclose(sorted(found[name]), want, rtol=0, atol=3e-6)


@pytest.mark.parametrize("bins", [4, 10, 31])
def test_rand_augment_has_torchvisions_magnitudes(bins):
    for which in {0, 1, bins // 2, bins - 1}:
        policy = ba.RandAugment(64, which, num_magnitude_bins=bins)
        found = {}
        for index in range(4):
            for name, value in drawn(policy, index):
                found.setdefault(name, set()).add(value)
        check(found, v2.RandAugment._AUGMENTATION_SPACE, bins, [which])


@pytest.mark.parametrize("bins", [6, 31])
def test_trivial_augment_wide_has_torchvisions_magnitudes(bins):
    policy = ba.TrivialAugmentWide(num_magnitude_bins=bins)
    found = {}
    for index in range(14 * 30 * bins):
        ((name, value),) = drawn(policy, index)
        found.setdefault(name, set()).add(value)
    check(found, v2.TrivialAugmentWide._AUGMENTATION_SPACE, bins, range(bins))


def test_translations_are_torchvisions_at_all_sides():
    """But for TrivialAugmentWide's 16 pixels, which are 15.999999 in some tables of float32."""
    space = v2.RandAugment._AUGMENTATION_SPACE["TranslateX"][0]
    for bins in (10, 31):
        for side in range(1, 1200):
            theirs = [int(value) for value in space(bins, side, side)]
            most = NARROW["TranslateX"](side)[1]
            assert [int(most * i / (bins - 1)) for i in range(bins)] == theirs, side
    space = v2.TrivialAugmentWide._AUGMENTATION_SPACE["TranslateX"][0]
    less = {}
    for bins in range(2, 80):
        for i, value in enumerate(space(bins, 9, 9)):
            if int(value) != int(32.0 * i / (bins - 1)):
                less[bins] = (i, int(value), 32.0 * i / (bins - 1))
    assert less == {bins: (bins // 2, 15, 16.0) for bins in (15, 27, 29, 31, 53, 57, 61)}


@pytest.mark.parametrize("policy", list(AutoAugmentPolicy), ids=lambda policy: policy.value)
def test_auto_augment_has_torchvisions_pairs(policy):
    """Those of the twin, to which the core is held; and all of them are drawn."""
    lines = PAIRS[policy.value].split("\n")[1:-1]
    pairs = [[part.split() for part in line.split(",")] for line in lines]
    ours = [[(name, int(p) / 10, int(bin)) for name, p, bin in pair] for pair in pairs]
    theirs = v2.AutoAugment(policy)._policies
    assert [
        [(name.replace("InvertImg", "Invert"), p, bin) for name, p, bin in pair] for pair in ours
    ] == [[(name, p, bin or 0) for name, p, bin in pair] for pair in theirs]
    seen = {}
    for index in range(400):
        found = chosen(ba.AutoAugment(policy.value), index)
        first, second = (name.partition(".") for name, _ in found)
        number = int(first[0].removesuffix("a"))
        assert second[0] == f"{number}b"
        seen[number] = [first[2], second[2]]
    assert seen == {i: [name for name, *_ in pair] for i, pair in enumerate(ours)}


def torchvisions(policy, name, value, image, fill):
    """Tensors for geometry, where Pillow's has 16 bits of a fraction; else Pillow."""
    if name in GEOMETRY:
        given = torch.from_numpy(image).permute(2, 0, 1).contiguous()
    else:
        given = Image.fromarray(image)
    name = name.replace("InvertImg", "Invert")
    fills = {torch.Tensor: [fill] * 3}
    out = policy._apply_image_or_video_transform(
        given, name, value or 0.0, InterpolationMode.NEAREST, fills
    )
    return out.permute(1, 2, 0).numpy() if name in GEOMETRY else np.asarray(out)


def between(name, value, shape):
    """Which pixels of a nearest read have their source as near to one pixel as to the next, but for
    the 2^-14 pixels that float32 coordinates may be off."""
    if name == "Rotate":
        params = {"angle": value}
        m, _ = rotate.inverse({"output": "same"}, params, shape)
    elif name.startswith("Shear"):
        m = shear.inverse({"axis": name[-1].lower()}, {"slope": value})
    else:
        return np.zeros(shape[:2], bool)
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    sources = m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5]
    return np.any([np.abs(at - np.round(at)) < 2.0**-14 for at in sources], axis=0)


@pytest.mark.parametrize("shape", [SHAPE, (480, 640, 3)], ids=str)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (ba.RandAugment(1, 9, fill=77), v2.RandAugment()),
        (ba.RandAugment(1, 30, fill=77), v2.RandAugment()),
        (ba.TrivialAugmentWide(fill=77), v2.TrivialAugmentWide()),
    ],
    ids=["magnitude 9", "magnitude 30", "wide"],
)
def test_pixels_are_torchvisions(ours, theirs, shape):
    rng = np.random.default_rng(0)
    seen = set()
    for index in range(300 if shape == SHAPE else 100):
        image = (255 * rng.random(shape) ** rng.choice([0.3, 1, 3])).astype(np.uint8)
        (record,) = ours.params(**AT, index=index, shape=shape)["ops"][0]["ops"]
        name, value = record["path"].rpartition("/")[2], magnitude(record)
        want = torchvisions(theirs, name, value, image, 77).astype(int)
        difference = np.abs(ours(image, **AT, index=index) - want).max(axis=2)
        if name in GEOMETRY:
            difference[between(name, value, shape)] = 0
        assert difference.max() <= BOUNDS.get(name, 0), (name, value)
        seen.add(name)
    assert len(seen) == 14
