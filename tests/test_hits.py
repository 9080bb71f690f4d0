"""SaltAndPepper, PixelDropout and MultiplicativeNoise: what they are defined to be, in shares."""

import itertools

import numpy as np
import pytest

import bitaug as ba

GRAY = np.full((400, 500, 3), 100, np.uint8)


def made(op, image=GRAY, index=0, epoch=0):
    return op(image, seed=9, epoch=epoch, index=index)


def near(count, total, share):
    """Within 4.5 standard deviations of what is expected."""
    return abs(count - total * share) <= 4.5 * np.sqrt(total * share * (1 - share)) + 1e-9


@pytest.mark.parametrize("amount", [0.0, 1e-4, 0.03, 0.5, 1.0])
@pytest.mark.parametrize("salt", [0.0, 0.3, 1.0])
def test_salt_and_pepper_are_hit_as_often_as_said(amount, salt):
    for per_channel in False, True:
        op = ba.SaltAndPepper(amount=amount, salt_vs_pepper=salt, per_channel=per_channel)
        out = made(op)
        whole = out[..., 0] if not per_channel else out
        assert set(np.unique(out)) <= {0, 100, 255}
        assert near((whole == 255).sum(), whole.size, amount * salt)
        assert near((whole == 0).sum(), whole.size, amount * (1 - salt))
        assert per_channel or (out == out[..., :1]).all()


def test_hits_are_independent():
    """Of neighbours, channels, samples and epochs: as many are hit together as chance has it."""
    op = ba.SaltAndPepper(amount=0.3, salt_vs_pepper=0, per_channel=True)
    hit = made(op) == 0
    pairs = [
        (hit[:, 1:], hit[:, :-1]),
        (hit[1:], hit[:-1]),
        (hit[..., 1], hit[..., 0]),
        (hit, made(op, index=1) == 0),
        (hit, made(op, epoch=1) == 0),
    ]
    for a, b in pairs:
        assert near((a & b).sum(), a.size, 0.09)


def test_the_same_pixels_of_every_type():
    op = ba.SaltAndPepper(amount=0.3)
    expected = made(op)
    assert (made(op, GRAY.astype(np.uint16) * 257) == expected.astype(np.uint16) * 257).all()
    assert (made(op, GRAY / np.float32(255)) == expected / np.float32(255)).all()


def test_dropout_fills_images_and_masks_alike():
    op = ba.PixelDropout(dropout_prob=0.2, fill=(1, 2, 3), fill_mask=77, p=1)
    mask = np.arange(1000, 1000 + 400 * 500).reshape(400, 500)
    sample = op(image=GRAY, mask=mask, seed=9, epoch=0, index=0)
    hit = sample["mask"] == 77
    assert near(hit.sum(), hit.size, 0.2)
    assert (sample["image"][hit] == [1, 2, 3]).all() and (sample["image"][~hit] == 100).all()
    assert (sample["mask"][~hit] == mask[~hit]).all()
    untouched = ba.PixelDropout(dropout_prob=0.2, p=1)
    assert (untouched(image=GRAY, mask=mask, seed=9, epoch=0, index=0)["mask"] == mask).all()


def test_dropout_per_channel():
    out = made(ba.PixelDropout(dropout_prob=0.2, per_channel=True, fill=(1, 2, 3), p=1))
    hit = out != 100
    assert all(near(hit[..., c].sum(), 200_000, 0.2) for c in range(3))
    assert (out[hit] == np.broadcast_to([1, 2, 3], out.shape)[hit]).all()
    assert near((hit[..., 0] & hit[..., 1]).sum(), 200_000, 0.04)


@pytest.mark.parametrize("per_channel", [False, True])
def test_elements_are_multiplied_evenly(per_channel):
    op = ba.MultiplicativeNoise(multiplier=(0.5, 1.5), elementwise=True, per_channel=per_channel)
    factors = made(op, np.full((300, 300, 3), 0.5, np.float32)).astype(np.float64) / 0.5
    assert per_channel or (factors == factors[..., :1]).all()
    # Kolmogorov and Smirnov.
    found = np.sort(factors[..., 0].ravel())
    gap = np.abs(found - 0.5 - (np.arange(found.size) + 0.5) / found.size).max()
    assert gap < 1.95 / np.sqrt(found.size)
    levels = made(op, np.full((300, 300, 3), 100, np.uint8))
    assert np.abs(levels - 100 * factors).max() <= 0.5 + 100 * 2**-13


def test_factors_are_those_of_brightness():
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    for factor in 0, 0.7, 1.0, 2.5:
        op = ba.MultiplicativeNoise(multiplier=factor)
        assert (made(op, image) == made(ba.Brightness(factor=(factor, factor)), image)).all()
    each = made(ba.MultiplicativeNoise(multiplier=(0.5, 1.0), per_channel=True))
    assert len({int(value) for value in each[0, 0]}) == 3 and (each == each[0, 0]).all()


@pytest.mark.parametrize("random_offset", [False, True])
def test_grids_have_a_hole_in_each_cell(random_offset):
    image = np.ones((100, 203), np.uint8)
    op = ba.GridDropout(
        ratio=0.4, unit_size_range=(20, 20), random_offset=random_offset, shift_xy=(3, 90), p=1
    )
    out = made(op, image)
    cuts = [np.arange(n + 1) * side // n for n, side in ((5, 100), (10, 203))]
    places = set()
    for top, bottom in itertools.pairwise(cuts[0]):
        for left, right in itertools.pairwise(cuts[1]):
            y, x = np.nonzero(out[top:bottom, left:right] == 0)
            assert np.ptp(y) == np.ptp(x) == 7 and len(y) == 64
            places.add((int(y.min()), int(x.min())))
    assert places == {(12, 3)} if not random_offset else len(places) > 30
