from ..warp import warp
from .affine import forward


def sample(op, shape, dtype, draws):
    return {"slope": draws.range(op["slope"])}


def inverse(op, params):
    """From the output back to the input."""
    m = params["slope"]
    return [1.0, m, 0.0, 0.0, 1.0, 0.0] if op["axis"] == "x" else [1.0, 0.0, 0.0, m, 1.0, 0.0]


def apply(op, params, image, noise):
    size = image.shape[:2]
    return warp(image, inverse(op, params), size, op["interpolation"], op["border"], op["fill"])


def mask(op, params, mask):
    size = mask.shape[:2]
    return warp(mask, inverse(op, params), size, "nearest", op["border"], [op["fill_mask"]])


def map(op, params, shape):
    return forward(inverse(op, params))
