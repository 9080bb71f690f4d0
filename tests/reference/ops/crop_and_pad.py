from ..resample import nearest, resample, scaling
from .crop import window

SIDES = ("top", "right", "bottom", "left")


def sparing(before, after, n):
    """The same, but that one pixel of n is left: the larger cut is lessened, and then the other."""
    front, back = max(-before, 0), max(-after, 0)
    excess = max(front + back - (n - 1), 0)
    less = min(excess, max(front, back))
    if front > back:
        return before + less, after + excess - less
    return before + excess - less, after + less


def sample(op, shape, dtype, draws):
    height, width = shape[:2]
    added = []
    for k, n in enumerate((height, width, height, width)):
        if op["px"] is not None:
            added.append(draws.integer(op["px"][k]))
        else:
            added.append(int(draws.range(op["percent"][k]) * n))
            draws.next += 1
    top, right, bottom, left = added
    top, bottom = sparing(top, bottom, height)
    left, right = sparing(left, right, width)
    return dict(zip(SIDES, (top, right, bottom, left), strict=True))


def size(params, shape):
    top, right, bottom, left = (params[side] for side in SIDES)
    return shape[0] + top + bottom, shape[1] + left + right


def cut(op, params, image, fill):
    at = -params["top"], -params["left"]
    return window(op, *at, *size(params, image.shape), image, fill)


def apply(op, params, image, noise):
    made = cut(op, params, image, op["fill"])
    if not op["keep_size"]:
        return made
    return resample(made, *image.shape[:2], op["interpolation"], op["antialias"])


def mask(op, params, mask):
    made = cut(op, params, mask, [op["fill_mask"]])
    return nearest(made, *mask.shape[:2]) if op["keep_size"] else made


def map(op, params, shape):
    height, width = size(params, shape)
    place = [1.0, 0.0, float(params["left"]), 0.0, 1.0, float(params["top"])]
    if not op["keep_size"]:
        return place
    scale = scaling(0.0, 0.0, height, width, *shape[:2])
    return (place, (height, width)), (scale, shape)
