"""RandomGridShuffle: tiles of one size change places, and what lies in them with them."""

import itertools
import math

import numpy as np
import pytest

import bitaug as ba

AT = {"seed": 3, "epoch": 1, "index": 4}


def edges(n, count):
    return [i * n // count for i in range(count + 1)]


def tiles(shape, grid):
    """Slices of each, row by row."""
    rows, columns = (edges(n, count) for n, count in zip(shape, grid, strict=False))
    return [
        (slice(top, bottom), slice(left, right))
        for top, bottom in itertools.pairwise(rows)
        for left, right in itertools.pairwise(columns)
    ]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("grid", [(1, 1), (2, 3), (4, 4), (5, 7)])
def test_tiles_show_where_the_parameters_say(grid, dtype):
    """In the image, and in masks of any type."""
    op = ba.RandomGridShuffle(grid=grid)
    for channels in (1, 3, 5):
        image = (np.random.default_rng(0).random((23, 31, channels)) * 255).astype(dtype)
        mask = np.random.default_rng(1).integers(0, 2**60, (23, 31))
        for index in range(4):
            at = AT | {"index": index}
            shown = op.params(**at, shape=image.shape)["ops"][0]["params"]["tiles"]
            assert sorted(shown) == list(range(math.prod(grid)))
            out = op(image=image, mask=mask, **at)
            places = tiles(image.shape, grid)
            for place, tile in zip(places, shown, strict=True):
                assert np.array_equal(out["image"][place], image[places[tile]])
                assert np.array_equal(out["mask"][place], mask[places[tile]])


def test_every_order_of_a_size_is_as_likely():
    op, orders = ba.RandomGridShuffle(grid=(3, 2)), {}
    for index in range(2400):
        made = op.params(**AT | {"index": index}, shape=(5, 4, 1))["ops"][0]["params"]["tiles"]
        orders[tuple(made)] = orders.get(tuple(made), 0) + 1
    # Of rows of 1, 2 and 2 pixels: two tiles, and four.
    assert len(orders) == 2 * 24
    assert sum((count - 50) ** 2 / 50 for count in orders.values()) < 82.7  # 47 degrees: 0.1%


def test_points_and_boxes_move_with_their_tiles():
    op, image = ba.RandomGridShuffle(grid=2), np.zeros((20, 30, 3), np.uint8)
    params = op.params(**AT, shape=image.shape)
    params["ops"][0]["params"] = {"tiles": [3, 0, 1, 2]}
    boxes = [[2, 3, 10, 8], [16, 2, 29, 9], [10, 2, 20, 4], [0, 0, 30, 20]]
    points = [[0, 0], [14, 9], [15, 9], [29, 19], [-4, 5]]
    out = op.apply(params, image=image, bboxes=boxes, keypoints=points)
    assert out["bboxes"].tolist() == [
        [17, 3, 25, 8], [1, 12, 14, 19], [0, 2, 30, 14], [0, 0, 30, 20],
    ]  # fmt: skip
    assert out["keypoints"].tolist() == [[15, 0], [29, 9], [0, 19], [14, 9], [-4, 5]]


def test_refusals():
    with pytest.raises(ValueError, match=r"grid=\(3, 3\): at most \(2, 9\), the image's rows"):
        ba.RandomGridShuffle()(np.zeros((2, 9), np.uint8), **AT)
    with pytest.raises(ValueError, match=r"grid=\(65, 1\): two integers within 1 to 64"):
        ba.RandomGridShuffle(grid=(65, 1))
    op, image = ba.RandomGridShuffle(grid=(3, 1)), np.zeros((5, 4), np.uint8)
    params = op.params(**AT, shape=image.shape)
    for wrong in ([0, 1], [0, 1, 1], [1, 0, 2], [0, 1, 3]):
        params["ops"][0]["params"] = {"tiles": wrong}
        with pytest.raises(ValueError, match=r"tiles=.*: each of the 3 tiles once, at the place"):
            op.apply(params, image)
