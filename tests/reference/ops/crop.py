import numpy as np

from ..warp import resolve
from .pad import fill_as


def sample(op, shape, dtype, draws):
    return {}


def window(op, top, left, height, width, image, fill):
    """The window at a place, of an image that the border continues."""
    rows = resolve(op["border"], np.arange(top, top + height), image.shape[0])[:, None]
    cols = resolve(op["border"], np.arange(left, left + width), image.shape[1])
    outside = np.array([fill_as(v, image.dtype) for v in fill], image.dtype)
    return np.where(((rows < 0) | (cols < 0))[..., None], outside, image[rows, cols])


def cut(op, image, fill):
    left, top, right, bottom = (op[name] for name in ("x_min", "y_min", "x_max", "y_max"))
    return window(op, top, left, bottom - top, right - left, image, fill)


def apply(op, params, image, noise):
    return cut(op, image, op["fill"])


def mask(op, params, mask):
    return cut(op, mask, [op["fill_mask"]])


def map(op, params, shape):
    return [1.0, 0.0, -float(op["x_min"]), 0.0, 1.0, -float(op["y_min"])]
