import math

import numpy as np

from .. import detmath
from ..colour import limit
from ..power import power


def sample(op, shape, dtype, draws):
    return {"gamma": draws.range(op["gamma_limit"]) / 100}


def apply(op, params, image, noise):
    gamma, white = params["gamma"], op["white"]
    if image.dtype == np.uint8:
        table = [math.floor(255 * detmath.pow(v / 255, gamma) + 0.5) for v in range(256)]
        return np.array(table, np.uint8)[image]
    v = limit(image, white)
    if gamma == 1:
        return v
    p = power(v.astype(np.float32) / np.float32(white), gamma)
    if image.dtype == np.float32:
        return limit(p * np.float32(white), white)
    return np.floor(p.astype(np.float64) * white + 0.5).astype(np.uint16)
