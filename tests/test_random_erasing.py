"""RandomErasing: what is erased, where, and that its draws have fixed places."""

import math

import numpy as np
import pytest

import bitaug as ba
from tests.reference.draws import Draws
from tests.reference.ops import random_erasing

SHAPE = 40, 50, 3


def holes(index, **fields):
    node = {"scale": [0.1, 0.3], "ratio": [0.3, 3.3], "count_range": [1, 1]} | fields
    draws = Draws(7, 0, index)
    draws.word()
    return random_erasing.sample(node, SHAPE, None, draws)["holes"]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_erases_its_holes_and_nothing_else(dtype):
    image = (np.random.default_rng(0).random(SHAPE) * 200 + 20).astype(dtype)
    mask, at = np.ones(SHAPE[:2], np.int16), {"seed": 1, "epoch": 2, "index": 3}
    erase = ba.RandomErasing(count_range=3, scale=0.3, fill=(0, 200, 7.5), fill_mask=-1, p=1)
    params = erase.params(**at, shape=SHAPE, dtype=dtype)["ops"][0]["params"]
    covered = np.zeros(SHAPE[:2], bool)
    for top, left, height, width in params["holes"]:
        covered[top : top + height, left : left + width] = True
    given = {"image": image, "mask": mask, "bboxes": [[1, 2, 30, 40]], "keypoints": [[5, 6]]}
    out = erase(**given, **at)
    assert 0 < covered.sum() < covered.size
    assert ((out["mask"] == -1) == covered).all()
    assert (out["image"][~covered] == image[~covered]).all()
    assert (out["image"][covered] == (0, 200, 7.5 if dtype == "float32" else 8)).all()
    assert out["bboxes"].tolist() == [[1, 2, 30, 40]] and out["keypoints"].tolist() == [[5, 6]]
    untouched = ba.RandomErasing(p=1)(image=image, mask=mask, **at)["mask"]
    assert (untouched == 1).all()


def test_holes_have_the_area_and_the_ratio():
    """As torchvision draws them: uniform in the area, log-uniform in height / width."""
    drawn = np.array([found[0] for index in range(600) if (found := holes(index))])
    top, left, height, width = drawn.T
    area, ratio = height * width / 2000, height / width
    assert 0.09 < area.min() < 0.12 and 0.28 < area.max() < 0.31
    assert 0.28 < ratio.min() < 0.4 and 2.6 < ratio.max() < 3.6
    # More of them are flat than tall, as tall ones do not fit as often.
    assert 0.4 < (ratio > 1).mean() < 0.55
    assert top.min() == 0 and (top + height).max() == SHAPE[0]
    assert left.min() == 0 and (left + width).max() == SHAPE[1]
    assert abs((top / (SHAPE[0] - height)).mean() - 0.5) < 0.05


def test_several_share_the_area():
    for count in (1, 2, 5):
        found = [each for i in range(40) for each in holes(i, count_range=[count, count])]
        areas = [height * width * count / 2000 for _, _, height, width in found]
        assert len(found) > 38 * count and min(areas) > 0.08 and max(areas) < 0.35


def test_nothing_is_erased_where_nothing_fits():
    assert holes(0, ratio=[1e9, 1e9]) == holes(0, scale=[1, 1], ratio=[1, 1]) == []
    assert holes(0, scale=[0, 0]) == []
    image = np.full(SHAPE, 9, np.uint8)
    erase = ba.RandomErasing(scale=1, ratio=1, p=1)
    assert (erase(image, seed=1, epoch=0, index=0) == 9).all()


def test_draws_have_fixed_places():
    """Other areas or ratios, or more holes of the same share, leave the places where they are."""
    for index in range(20):
        one, other = (
            holes(index, ratio=[1, 1], scale=[scale, scale], count_range=[2, 2])
            for scale in (0.02, 0.0201)
        )
        assert [each[:2] for each in one] == [each[:2] for each in other]
        small = holes(index, ratio=[1, 1], scale=[0.02, 0.02], count_range=[2, 2])
        same = holes(index, ratio=[1, 1], scale=[0.03, 0.03], count_range=[3, 3])
        assert same[:2] == small
        side = math.floor(math.sqrt(20) + 0.5)
        assert [each[2:] for each in small] == [[side, side]] * 2
