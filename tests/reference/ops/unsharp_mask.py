import math

import numpy as np

from ..colour import limit
from ..convolve import convolve
from ..windows import side
from .gaussian_blur import heights
from .pad import fill_as


def sample(op, shape, dtype, draws):
    params = side(op, shape, dtype, draws)
    params["sigma"] = draws.range(op["sigma_limit"])
    return params | {"alpha": draws.range(op["alpha"])}


def apply(op, params, image, noise):
    k, sigma, white = params["kernel_size"], params["sigma"], op["white"]
    kernel = heights(k, sigma or 0.3 * ((k - 1) / 2.0 - 1.0) + 0.8)
    v = limit(image, white)
    b = convolve(v, kernel)
    threshold = fill_as(white * op["threshold"], image.dtype)
    if image.dtype == np.float32:
        white, alpha = np.float32(white), np.float32(params["alpha"])
        mask = np.where(abs(v - b) > threshold, white, np.float32(0))
        share = convolve(mask, kernel) / white
        sharp = limit(v + alpha * (v - b), white)
        return limit(v * (np.float32(1) - share) + sharp * share, white)
    difference = abs(v.astype(np.int64) - b)
    mask = np.where(difference > threshold, int(white), 0).astype(image.dtype)
    soft = convolve(mask, kernel).astype(np.int64)
    bits, f = (11, 8) if image.dtype == np.uint8 else (20, 16)
    alpha = math.floor(2**bits * params["alpha"] + 0.5)
    v, b, whole = v.astype(np.int64), b.astype(np.int64), int(white) << f
    more = alpha * (v - b) + (1 << bits - f - 1) >> bits - f
    sharp = np.clip((v << f) + more, 0, whole)
    return ((whole * v + (sharp - (v << f)) * soft + whole // 2) // whole).astype(image.dtype)
