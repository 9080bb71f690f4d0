import numpy as np

MODES = {"edge": "edge", "reflect": "symmetric", "reflect101": "reflect", "wrap": "wrap"}


def sample(op, shape, dtype, draws):
    return {}


def fill_as(value, dtype):
    """A fill value as a sample: integers floor(v + 0.5), clamped."""
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return dtype.type(value)
    info = np.iinfo(dtype)
    return dtype.type(min(max(int(np.floor(value + 0.5)), info.min), info.max))


def pad(op, image, fill):
    left, top, right, bottom = op["padding"]
    widths = [(top, bottom), (left, right), (0, 0)]
    if op["border"] != "constant":
        return np.pad(image, widths, mode=MODES[op["border"]])
    h, w, c = image.shape
    out = np.empty((top + h + bottom, left + w + right, c), image.dtype)
    out[:] = [fill_as(v, image.dtype) for v in fill]
    out[top : top + h, left : left + w] = image
    return out


def apply(op, params, image, noise):
    return pad(op, image, op["fill"])


def mask(op, params, mask):
    return pad(op, mask, [op["fill_mask"]])


def map(op, params, shape):
    return [1.0, 0.0, float(op["padding"][0]), 0.0, 1.0, float(op["padding"][1])]
