from .crop import window
from .pad_if_needed import before

ABSENT = {"border": "constant"}


def place(op, axis, n, length, draws):
    if length <= n:
        return draws.below(n - length + 1)
    return -before(op.get("position", "center"), axis, length - n, draws)


def sample(op, shape, dtype, draws):
    sizes = zip(shape, (op["height"], op["width"]), strict=False)
    top, left = (place(op, axis, n, length, draws) for axis, (n, length) in enumerate(sizes))
    return {"top": top, "left": left}


def cut(op, params, image, fill):
    at = params["top"], params["left"], op["height"], op["width"]
    return window({**ABSENT, **op}, *at, image, fill)


def apply(op, params, image, noise):
    return cut(op, params, image, op.get("fill", [0.0]))


def mask(op, params, mask):
    return cut(op, params, mask, [op.get("fill_mask", 0.0)])


def map(op, params, shape):
    return [1.0, 0.0, -float(params["left"]), 0.0, 1.0, -float(params["top"])]
