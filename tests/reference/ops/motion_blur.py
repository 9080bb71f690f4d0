import math

from .. import detmath, taps
from ..windows import side


def sample(op, shape, dtype, draws):
    params = side(op, shape, dtype, draws)
    params["angle"] = draws.range(op["angle_range"])
    params["direction"] = draws.range(op["direction_range"])
    shift = [draws.range((-1.0, 1.0)) for _ in "xy"]
    return params | {"shift": shift if op["allow_shifted"] else [0.0, 0.0]}


def cells(k, angle, direction, shift):
    half = k // 2
    t0 = -half * (1 - direction) if direction > 0 else -half
    t1 = half * (1 - abs(direction)) if direction < 0 else half
    sin, cos = detmath.sin_cos_deg(angle)
    for j in range(k):
        t = t0 + j * ((t1 - t0) / (k - 1))
        x = half + cos * t + shift[0] * half / 2
        y = half - sin * t + shift[1] * half / 2
        yield tuple(min(max(math.floor(at + 0.5), 0), k - 1) for at in (y, x))


def apply(op, params, image, noise):
    k = params["kernel_size"]
    found = cells(k, params["angle"], params["direction"], params["shift"])
    return taps.mean(image, k, found)
