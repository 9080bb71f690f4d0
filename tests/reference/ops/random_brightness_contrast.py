import numpy as np

from ..pipeline import NOMINAL_MAX, canonical


def sample(op, shape, dtype, draws):
    return {
        "brightness": draws.range(op["brightness_limit"]),
        "contrast": draws.range(op["contrast_limit"]),
    }


def apply(op, params, image, noise):
    alpha, beta = 1.0 + params["contrast"], params["brightness"]
    if image.dtype == np.float32:
        v = image * np.float32(alpha) + np.float32(beta) + np.float32(0)
        v = np.where(v < 0, np.float32(0), np.where(v > 1, np.float32(1), v))
        return canonical(v)
    top = NOMINAL_MAX[image.dtype]
    v = np.floor(image.astype(np.float64) * alpha + beta * top + 0.5)
    return np.clip(v, 0, top).astype(image.dtype)
