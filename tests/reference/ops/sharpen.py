import math

import numpy as np

from ..colour import limit
from ..convolve import convolve
from .emboss import shown
from .gaussian_blur import heights


def sample(op, shape, dtype, draws):
    return {"alpha": draws.range(op["alpha"]), "lightness": draws.range(op["lightness"])}


def apply(op, params, image, noise):
    alpha, white = params["alpha"], op["white"]
    if op["method"] == "kernel":
        effect = [-1.0] * 4 + [8 + params["lightness"]] + [-1.0] * 4
        return shown(image, effect, alpha, white)
    image = limit(image, white)
    blurred = convolve(image, heights(op["kernel_size"], op["sigma"]))
    if image.dtype == np.float32:
        return limit(image + (image - blurred) * np.float32(alpha), white)
    k = 11 if image.dtype == np.uint8 else 20
    factor = math.floor(2**k * (1 + alpha) + 0.5)
    total = factor * image.astype(np.int64) + (2**k - factor) * blurred.astype(np.int64)
    return np.clip(total + 2 ** (k - 1) >> k, 0, int(white)).astype(image.dtype)
