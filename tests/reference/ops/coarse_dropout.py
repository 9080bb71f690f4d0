import math

from .pad import fill_as


def extent(bounds, size, draws):
    if all(isinstance(bound, int) for bound in bounds):
        return min(draws.integer(bounds), size)
    fraction = draws.range(bounds)
    draws.word()
    return min(max(math.floor(fraction * size), 1), size)


def hole(op, shape, draws):
    height = extent(op["hole_height_range"], shape[0], draws)
    width = extent(op["hole_width_range"], shape[1], draws)
    top = draws.below(shape[0] - height + 1)
    return [top, draws.below(shape[1] - width + 1), height, width]


def sample(op, shape, dtype, draws):
    count = draws.integer(op["num_holes_range"])
    return {"holes": [hole(op, shape, draws) for _ in range(count)]}


def covered(array, holes, fill):
    out = array.copy()
    for top, left, height, width in holes:
        out[top : top + height, left : left + width] = [fill_as(v, array.dtype) for v in fill]
    return out


def apply(op, params, image, noise):
    return covered(image, params["holes"], op["fill"])


def mask(op, params, mask):
    return mask if op["fill_mask"] is None else covered(mask, params["holes"], [op["fill_mask"]])
