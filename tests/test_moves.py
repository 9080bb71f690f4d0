"""Image, masks, boxes and points of every op that moves pixels go to the same places.

The ops, their configurations and the draws come from the registry: an op that is added takes part.
"""

import functools

import numpy as np

from bitaug import _core
from bitaug._pipeline.transform import build
from tests.pipelines import examples, seeing
from tests.reference.pipeline import module

HEIGHT, WIDTH = 90, 120
DRAWS = range(4)
RADIUS = 6
# Far enough from the edges for most to be seen whole.
CENTERS = [(x, y) for y in (14, 45, 75) for x in (16, 60, 103)]
BOXES = [(12, 10, 40, 31), (50, 33, 92, 62), (81, 61, 111, 84), (5, 40, 8, 78)]


def at(index):
    return {"seed": 11, "epoch": 0, "index": index}


def filled_with_black(node):
    """The op, showing nothing outside the image."""
    black = {"border": "constant", "fill": [0.0], "fill_mask": 0.0}
    return node | {name: value for name, value in black.items() if node.get(name) is not None}


def folds(node):
    """Whether a place may have several images: then no map says where it goes."""
    return node["op"] == "ElasticTransform" and node["alpha"][1] > 1.5 * node["sigma"][0] ** 2


def bends(transform):
    """Whether straight lines are bent: then corners are not all that there is to a shape."""
    bending = ("ElasticTransform", "GridDistortion", "OpticalDistortion")
    return type(transform).__name__ in bending


def tears(transform):
    """Whether neighbours may come to lie apart."""
    return type(transform).__name__ == "RandomGridShuffle"


def moves(transform):
    """Whether it shows a pixel of a mask at another place."""
    ids = np.arange(1000, 1000 + HEIGHT * WIDTH, dtype=np.int32).reshape(HEIGHT, WIDTH)
    image = np.zeros((*ids.shape, 3), np.uint8)
    for index in DRAWS:
        mask = transform(image=image, mask=ids, bboxes=BOXES, **at(index))["mask"]
        if mask.shape != ids.shape or ((mask != ids) & (mask >= 1000)).any():
            return True
    return False


@functools.cache
def moving():
    nodes = [filled_with_black(node) for node in examples(HEIGHT, WIDTH, 3) if not folds(node)]
    return [transform for transform in map(build, nodes) if moves(transform)]


def names(transforms):
    return {type(transform).__name__ for transform in transforms}


def test_what_moves_takes_part():
    """And nothing else: what the twin has a map of."""
    maps = {op for op, *_ in _core.registry(1, 1, 3) if hasattr(module(op), "map")}
    assert names(moving()) == maps and maps >= {"Affine", "Pad", "RandomIoUCrop"}


def moved(transform, points, index, image=None, mask=None):
    """Points in coordinates of edges, and the image and the mask."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8) if image is None else image
    mask = np.zeros((HEIGHT, WIDTH), np.int32) if mask is None else mask
    given = np.asarray(points, np.float64).reshape(-1, 2) - 0.5
    sample = transform(image=image, mask=mask, bboxes=BOXES, keypoints=given, **at(index))
    return sample["keypoints"] + 0.5, sample["image"], sample["mask"]


def test_a_pixel_of_a_mask_comes_from_where_the_map_says():
    """Output pixel q shows the input's pixel around g(q): F of that pixel's square holds q."""
    ids = 1 + np.arange(HEIGHT * WIDTH, dtype=np.int32).reshape(HEIGHT, WIDTH)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    # A little within, as what is torn is torn between pixels.
    ends = 1e-9, 1 - 1e-9
    corners = np.stack([np.stack([x + i, y + j], -1) for i in ends for j in ends], 2)
    for transform in moving():
        for index in DRAWS:
            points, _, mask = moved(transform, corners, index, mask=ids)
            squares = points.reshape(HEIGHT * WIDTH, 4, 2)
            slack = 0.1 if bends(transform) else 1e-6
            low, high = squares.min(1) - slack, squares.max(1) + slack
            q = np.argwhere(mask)[:, ::-1] + 0.5
            source = mask[mask > 0] - 1
            assert len(q) and (low[source] <= q).all() and (q <= high[source]).all(), transform


def discs(values):
    """An image of nothing but discs around the centres of pixels."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    image = np.zeros((HEIGHT, WIDTH), np.int32)
    for value, (cx, cy) in zip(values, CENTERS, strict=True):
        image[(x - cx) ** 2 + (y - cy) ** 2 <= RADIUS**2] = value
    return image


def center(weights):
    y, x = np.mgrid[: weights.shape[0], : weights.shape[1]] + 0.5
    return np.array([(weights * x).sum(), (weights * y).sum()]) / weights.sum()


def centroid(polygon):
    """That of its area; of a disc that is bent it is not where the middle of the disc goes."""
    after = np.roll(polygon, -1, 0)
    areas = polygon[:, 0] * after[:, 1] - polygon[:, 1] * after[:, 0]
    return ((polygon + after) * areas[:, None]).sum(0) / (3 * areas.sum())


def test_discs_land_where_the_map_says():
    """In the image and in a mask, all that are seen whole."""
    mask = discs(range(1, len(CENTERS) + 1))
    image = np.repeat(discs([200] * len(CENTERS)).astype(np.uint8)[..., None], 3, 2)
    angles = np.arange(0, 2 * np.pi, np.pi / 32)
    circle = np.stack([np.cos(angles), np.sin(angles)], 1)
    seen = set()
    for transform in moving():
        for index in DRAWS:
            for value, (x, y) in enumerate(CENTERS, 1):
                middle = np.array([x + 0.5, y + 0.5])
                rings = [middle + radius * circle for radius in (RADIUS, RADIUS + 1.5)]
                points, got, picked = moved(transform, rings, index, image, mask)
                edge, around = np.split(points, 2)
                low, high = around.min(0), around.max(0)
                shifted = rings[1] + (around.mean(0) - middle)
                if tears(transform) and not np.allclose(around, shifted):
                    continue
                outside = (low < 2).any() or (high > np.array(picked.shape[::-1]) - 2).any()
                if outside or (high - low).min() < RADIUS:
                    continue  # cut off, or made so small that few pixels are left
                seen.add(type(transform))
                # Nothing of the others comes so near.
                (left, top), (right, bottom) = low.astype(int), high.astype(int) + 1
                light = np.zeros(picked.shape)
                light[top:bottom, left:right] = got[top:bottom, left:right].sum(-1, dtype=int)
                enlarged = max(1, (high - low).max() / (2 * RADIUS + 3))
                picks = getattr(transform, "interpolation", None) == "nearest"
                # What is nearest is at most half a pixel off.
                for found, slack in (light, 0.55 if picks else 0.25), (picked == value, 0.55):
                    error = np.abs(center(found) - centroid(edge)).max()
                    assert error <= slack * enlarged, (transform, index, error)
    assert len(seen) >= 10


def test_a_box_holds_what_is_drawn_in_it_and_touches_it():
    for transform in moving():
        for index in DRAWS:
            for box in BOXES:
                left, top, right, bottom = box
                mask = np.zeros((HEIGHT, WIDTH), np.int32)
                mask[top:bottom, left:right] = 1
                image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
                sample = transform(image=image, mask=mask, bboxes=[box], **at(index))
                y, x = np.nonzero(sample["mask"])
                if not len(sample["bboxes"]):
                    # Some drop a box of which a part is left, by a rule of their own.
                    seeing_boxes = type(transform).__name__ in seeing()
                    assert not len(x) or seeing_boxes, (transform, index)
                    continue
                if not len(x):
                    continue  # less than a pixel of it is left
                seen = np.array([x.min(), y.min(), x.max(), y.max()]) + 0.5
                held = np.array(sample["bboxes"][0])
                # No pixel's centre is beyond a side; where the box is not cut, it is near it.
                gap = (seen - held) * [1, 1, -1, -1]
                assert (gap >= (-0.1 if bends(transform) else -1e-6)).all(), (transform, index, gap)
                size = np.array([0, 0, *sample["mask"].shape[::-1]])
                cut = np.abs(held - size) < 1e-6
                slack = 1.5 * max(1, np.prod(sample["mask"].shape) / (HEIGHT * WIDTH))
                assert cut.any() or (gap <= slack).all(), (transform, index, gap)
