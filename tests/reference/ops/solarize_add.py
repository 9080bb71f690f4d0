import math

import numpy as np

from ..colour import clamp, limit


def sample(op, shape, dtype, draws):
    return {"add": draws.range(op["add_range"])}


def apply(op, params, image, noise):
    white = op["white"]
    threshold, add = white * op["threshold"], white * params["add"]
    v = limit(image, white)
    if image.dtype == np.float32:
        return clamp(np.where(v < np.float32(threshold), v + np.float32(add), v), white)
    v = v.astype(np.int64)
    lifted = np.minimum(v + math.floor(add + 0.5), int(white))
    return np.where(v < threshold, lifted, v).astype(image.dtype)
