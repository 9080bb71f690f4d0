import math

import numpy as np


def sample(op, shape, dtype, draws):
    count = draws.integer(op["channel_drop_range"])
    return {"dropped": draws.permutation(shape[2])[:count]}


def apply(op, params, image, noise):
    out = image.copy()
    for c in params["dropped"]:
        fill = op["fill"][c % len(op["fill"])]
        out[..., c] = fill if image.dtype == np.float32 else math.floor(fill + 0.5)
    return out
