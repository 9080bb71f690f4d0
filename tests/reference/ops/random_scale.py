import math

from . import resize


def scaled(factor, shape):
    height, width = (max(1, math.floor(n * factor + 0.5)) for n in shape[:2])
    return {"height": height, "width": width}


def sample(op, shape, dtype, draws):
    return scaled(draws.range(op["scale"]), shape)


def apply(op, params, image, noise):
    return resize.apply({**op, **params}, {}, image, noise)


def mask(op, params, mask):
    return resize.mask({**op, **params}, {}, mask)


def map(op, params, shape):
    return resize.map({**op, **params}, {}, shape)
