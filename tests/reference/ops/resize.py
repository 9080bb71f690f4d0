from ..resample import nearest, resample, scaling


def sample(op, shape, dtype, draws):
    return {}


def apply(op, params, image, noise):
    return resample(image, op["height"], op["width"], op["interpolation"], op["antialias"])


def mask(op, params, mask):
    return nearest(mask, op["height"], op["width"])


def map(op, params, shape):
    return scaling(0.0, 0.0, *shape[:2], op["height"], op["width"])
