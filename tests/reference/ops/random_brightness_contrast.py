import numpy as np

from ..colour import clamp


def sample(op, shape, dtype, draws):
    return {
        "brightness": draws.range(op["brightness_limit"]),
        "contrast": draws.range(op["contrast_limit"]),
    }


def apply(op, params, image, noise):
    white = op["white"]
    alpha, beta = 1.0 + params["contrast"], params["brightness"] * white
    if image.dtype == np.float32:
        return clamp(image * np.float32(alpha) + np.float32(beta) + np.float32(0), white)
    v = np.floor(image.astype(np.float64) * alpha + beta + 0.5)
    return np.clip(v, 0, white).astype(image.dtype)
