import numpy as np

from ..colour import limit
from .invert_img import negative


def sample(op, shape, dtype, draws):
    return {"threshold": draws.range(op["threshold_range"])}


def apply(op, params, image, noise):
    white = op["white"]
    threshold = white * params["threshold"]
    if image.dtype == np.float32:
        threshold = np.float32(threshold)
    image = limit(image, white)
    return np.where(image >= threshold, negative(image, white), image)
