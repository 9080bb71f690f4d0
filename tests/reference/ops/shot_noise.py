import math

import numpy as np

from .. import detmath
from ..colour import limit
from ..hits import halves
from .iso_noise import more, nearest

PLANES = 1


def sample(op, shape, dtype, draws):
    return {"scale": draws.range(op["scale_range"])}


def outcomes(level, scale):
    """What each of 16 bits makes of a level."""
    mean = detmath.pow(level / 255.0, 2.2) / scale
    found = np.empty(65536, np.int64)
    k, start, p, total = 0, 0, detmath.exp(-mean), 0.0
    while start < 65536:
        total += p
        end = math.floor(65536 * total + 0.5)
        if end > start:
            light = k * scale
            bright = light >= 1
            found[start:end] = (
                255 if bright else math.floor(255 * detmath.pow(light, 1 / 2.2) + 0.5)
            )
            start = end
        k += 1
        p *= mean / k
    return found


def apply(op, params, image, noise):
    white = op["white"]
    values = limit(image, white)
    q = nearest(values, white)
    h = halves(noise[0], image.size).reshape(image.shape)
    made = np.empty_like(q)
    for level in np.unique(q):
        at = q == level
        made[at] = outcomes(int(level), params["scale"])[h[at]]
    return more(values, made - q, white)
