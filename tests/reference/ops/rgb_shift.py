import math

import numpy as np

from ..colour import clamp, limit

CHANNELS = "rgb"


def sample(op, shape, dtype, draws):
    return {f"{c}_shift": draws.range(op[f"{c}_shift_limit"]) for c in CHANNELS}


def apply(op, params, image, noise):
    white = op["white"]
    shifts = [white * params[f"{c}_shift"] for c in CHANNELS]
    v = limit(image, white)
    if image.dtype == np.float32:
        return clamp(v + np.array(shifts).astype(np.float32), white)
    whole = np.array([math.floor(shift + 0.5) for shift in shifts])
    return np.clip(v.astype(np.int64) + whole, 0, int(white)).astype(image.dtype)
