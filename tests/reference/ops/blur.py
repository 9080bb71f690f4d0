import numpy as np

from ..convolve import convolve, reflect101
from ..windows import shifted, side

sample = side


def apply(op, params, image, noise):
    k = params["kernel_size"]
    if image.dtype == np.float32:
        return convolve(image, [1.0] * (k // 2 + 1))
    total = image.astype(np.int64)
    for axis in 0, 1:
        total = sum(shifted(total, axis, k, reflect101))
    n = k * k
    return ((2 * total + n) // (2 * n)).astype(image.dtype)
