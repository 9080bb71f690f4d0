from . import random_resized_crop
from .bbox_safe_random_crop import sample_seeing  # noqa: F401  the window is the same


def sized(op):
    return {**op, "size": [op["height"], op["width"]]}


def apply(op, params, image, noise):
    return random_resized_crop.apply(sized(op), params, image, noise)


def mask(op, params, mask):
    return random_resized_crop.mask(sized(op), params, mask)


def map(op, params, shape):
    return random_resized_crop.map(sized(op), params, shape)
