import math

from .. import detmath
from ..convolve import convolve


def sample(op, shape, dtype, draws):
    lo, hi = op["blur_limit"]
    size = lo + 2 * draws.below((hi - lo) // 2 + 1)
    sigma = draws.range(op["sigma_limit"])
    return {"kernel_size": size if hi else 2 * math.floor(3.5 * sigma) + 1, "sigma": sigma}


def heights(size, sigma):
    side = range(1, size // 2 + 1)
    return [1.0] + [detmath.exp(-(d * d / (2.0 * sigma * sigma))) for d in side]


def apply(op, params, image, noise):
    return convolve(image, heights(params["kernel_size"], params["sigma"]))
