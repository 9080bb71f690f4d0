import math

from ..detmath import sin_cos_deg
from ..warp import warp
from .affine import forward

SLACK = 2.0**-20


def sample(op, shape, dtype, draws):
    return {"angle": draws.range(op["limit"])}


def frame(output, angle, shape):
    """Height and width of the output, and the scale."""
    height, width = shape[:2]
    sin, cos = sin_cos_deg(angle)
    s, c = abs(sin), abs(cos)
    w, h = float(width), float(height)
    turned_w, turned_h = w * c + h * s, w * s + h * c
    if output == "fit":
        size = [max(1, math.ceil(n - SLACK)) for n in (turned_h, turned_w)]
        return size, 1.0
    if output == "shrink":
        part = min(w / turned_w, h / turned_h)
        return [height, width], 1.0 if part > 1.0 - SLACK else part
    if output == "same":
        return [height, width], 1.0
    long, short = max(w, h), min(w, h)
    if short <= 2.0 * s * c * long or abs(s - c) < 2.0**-40:
        a = short / 2.0
        inner_w, inner_h = (a / s, a / c) if w >= h else (a / c, a / s)
    else:
        q = c * c - s * s
        inner_w, inner_h = (w * c - h * s) / q, (h * c - w * s) / q
    inner = (math.floor(inner_h), height), (math.floor(inner_w), width)
    return [min(max(n, 1), most) for n, most in inner], 1.0


def inverse(op, params, shape):
    """From the output back to the input, and the output's height and width."""
    size, scale = frame(op["output"], params["angle"], shape)
    sin, cos = sin_cos_deg(params["angle"])
    a, b, d, e = (m / scale for m in (cos, -sin, sin, cos))
    (y, x), (to_y, to_x) = ((n / 2.0 for n in shape[:2]), (n / 2.0 for n in size))
    return [a, b, x - (a * to_x + b * to_y), d, e, y - (d * to_x + e * to_y)], size


def border(op):
    return "edge" if op["output"] == "crop" else op["border"]


def apply(op, params, image, noise):
    m, size = inverse(op, params, image.shape)
    return warp(image, m, size, op["interpolation"], border(op), op["fill"])


def mask(op, params, mask):
    m, size = inverse(op, params, mask.shape)
    return warp(mask, m, size, "nearest", border(op), [op["fill_mask"]])


def map(op, params, shape):
    return forward(inverse(op, params, shape)[0])
