from . import random_scale
from .letter_box import fitting


def sample(op, shape, dtype, draws):
    return {}


def size(op, shape):
    height, width = fitting(op, shape)
    return {"height": height, "width": width}


def apply(op, params, image, noise):
    return random_scale.apply(op, size(op, image.shape), image, noise)


def mask(op, params, mask):
    return random_scale.mask(op, size(op, mask.shape), mask)


def map(op, params, shape):
    return random_scale.map(op, size(op, shape), shape)
