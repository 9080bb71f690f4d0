"""CoarseDropout: what holes cover, where they lie, and that their draws have fixed places."""

import numpy as np
import pytest

from tests.reference.draws import Draws
from tests.reference.ops import coarse_dropout
from tests.reference.pipeline import run

SHAPE = 40, 50, 3


def node(**fields):
    return {
        "op": "CoarseDropout",
        "version": 1,
        "p": 1.0,
        "num_holes_range": [2, 4],
        "hole_height_range": [0.1, 0.3],
        "hole_width_range": [3, 9],
        "fill": [0.0],
        "fill_mask": None,
    } | fields


def holes(index, **fields):
    draws = Draws(7, 0, index)
    draws.word()
    return np.array(coarse_dropout.sample(node(**fields), SHAPE, None, draws)["holes"])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_covers_holes_and_nothing_else(dtype):
    image = (np.random.default_rng(0).random(SHAPE) * 200 + 20).astype(dtype)
    mask = np.ones((*SHAPE[:2], 1), np.int16)
    fields = node(fill=[0.0, 300.0, 7.5], fill_mask=-1.0)
    out, holed = run(fields, image, seed=1, epoch=2, index=3, mask=mask)
    covered = (holed != 1)[:, :, 0]
    assert 0 < covered.sum() < covered.size
    assert (holed[covered] == -1).all()
    assert (out[~covered] == image[~covered]).all()
    fill = {"uint8": [0, 255, 8], "uint16": [0, 300, 8], "float32": [0, 300, 7.5]}[dtype]
    assert (out[covered] == fill).all()


def test_covers_all_of_a_hole():
    one = node(num_holes_range=[1, 1], hole_height_range=[5, 5], hole_width_range=[7, 7])
    out = run(one, np.ones(SHAPE, np.uint8), seed=1, epoch=2, index=3)
    assert (out == 0).sum() == 5 * 7 * 3


def test_masks_stay_without_a_fill():
    image, mask = np.ones(SHAPE, np.uint8), np.ones((*SHAPE[:2], 1), np.uint8)
    out, same = run(node(), image, seed=1, epoch=2, index=3, mask=mask)
    assert (out == 0).any() and (same == mask).all()


def test_holes_lie_inside_and_everywhere():
    drawn = np.concatenate([holes(index) for index in range(1200)])
    top, left, height, width = drawn.T
    assert set(height) == set(range(4, 12)) and set(width) == set(range(3, 10))
    assert top.min() == 0 and (top + height).max() == SHAPE[0]
    assert left.min() == 0 and (left + width).max() == SHAPE[1]
    narrow = left[width == 3]
    counts = np.bincount(narrow, minlength=48)
    expected = len(narrow) / 48
    assert ((counts - expected) ** 2 / expected).sum() < 82.7  # chi-squared, 47 degrees: 0.1%


def test_the_number_of_holes_is_uniform():
    counts = np.bincount([len(holes(index)) for index in range(1000)])
    assert len(counts) == 5 and (counts[2:] > 270).all()


def test_larger_than_the_image():
    for extent in [500, 900], [1.0, 1.0]:
        drawn = holes(0, hole_height_range=extent, hole_width_range=extent)
        assert (drawn == [0, 0, *SHAPE[:2]]).all()


def test_smaller_than_a_pixel():
    assert (holes(0, hole_height_range=[1e-9, 1e-9])[:, 2] == 1).all()


def test_draws_have_fixed_places():
    """More holes, or heights of another kind, leave the other draws where they are."""
    for index in range(20):
        three, five = (holes(index, num_holes_range=[n, n]) for n in (3, 5))
        assert (three == five[:3]).all()
        pixels = holes(index, num_holes_range=[3, 3], hole_height_range=[5, 8])
        assert (pixels[:, [1, 3]] == three[:, [1, 3]]).all()
