import math

import numpy as np

from ..pipeline import canonical


def sample(op, shape, dtype, draws):
    return {"size": draws.integer(op["size"])}


def window(side, shape):
    """Which of a square is looked at."""
    a = side // 2
    dy, dx = np.mgrid[-a : side - a, -a : side - a]
    if shape == "cross":
        return (dy == 0) | (dx == 0)
    if shape == "ellipse":
        reach = [math.floor(math.sqrt(a * a - d * d) + 0.5) for d in range(a + 1)]
        return abs(dx) <= np.take(reach, abs(dy))
    return dy <= a


def apply(op, params, image, noise):
    side, dtype = params["size"], image.dtype
    ends = (-np.inf, np.inf) if dtype == np.float32 else (0, np.iinfo(dtype).max)
    largest = op["operation"] == "dilation"
    pick, worst = (np.maximum, ends[0]) if largest else (np.minimum, ends[1])
    a, (height, width) = side // 2, image.shape[:2]
    around = [(a, side - 1 - a), (a, side - 1 - a), (0, 0)]
    padded = np.pad(image, around, constant_values=worst)
    made = np.full_like(image, worst)
    for y, x in np.argwhere(window(side, op["shape"])):
        made = pick(made, padded[y : y + height, x : x + width])
    return canonical(made + np.float32(0)) if dtype == np.float32 else made
