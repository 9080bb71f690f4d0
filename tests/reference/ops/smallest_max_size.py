from . import random_scale
from .random_shortest_size import sized


def sample(op, shape, dtype, draws):
    return {}


def size(op, shape):
    (h, w), (height, width) = shape[:2], op["size"]
    a, b = (height, h) if height * w >= width * h else (width, w)
    return sized(a if op["upscale"] else min(a, b), b, shape)


def apply(op, params, image, noise):
    return random_scale.apply(op, size(op, image.shape), image, noise)


def mask(op, params, mask):
    return random_scale.mask(op, size(op, mask.shape), mask)


def map(op, params, shape):
    return random_scale.map(op, size(op, shape), shape)
