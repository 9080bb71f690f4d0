from . import random_crop


def at(op, shape):
    sizes = zip(shape, (op["height"], op["width"]), strict=False)
    top, left = ((n - m) // 2 if n >= m else -((m - n) // 2) for n, m in sizes)
    return {"top": top, "left": left}


def sample(op, shape, dtype, draws):
    return {}


def apply(op, params, image, noise):
    return random_crop.apply(op, at(op, image.shape), image, noise)


def mask(op, params, mask):
    return random_crop.mask(op, at(op, mask.shape), mask)


def map(op, params, shape):
    return random_crop.map(op, at(op, shape), shape)
