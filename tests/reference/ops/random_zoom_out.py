import math

from .crop import window


def sample(op, shape, dtype, draws):
    part = draws.range(op["side_range"])
    height, width = (math.floor(n * part) for n in shape[:2])
    left = draws.below(width - shape[1] + 1)
    top = draws.below(height - shape[0] + 1)
    return {"height": height, "width": width, "top": top, "left": left}


def zoomed(params, image, fill):
    at = -params["top"], -params["left"], params["height"], params["width"]
    return window({"border": "constant"}, *at, image, fill)


def apply(op, params, image, noise):
    return zoomed(params, image, op["fill"])


def mask(op, params, mask):
    return zoomed(params, mask, [op["fill_mask"]])


def map(op, params, shape):
    return [1.0, 0.0, float(params["left"]), 0.0, 1.0, float(params["top"])]
