from ..colour import limit
from . import color_jitter
from .color_jitter import NEUTRAL


def sample(op, shape, dtype, draws):
    params = {}
    for name, neutral in NEUTRAL.items():
        changed, value = draws.bernoulli(op["distort_p"]), draws.range(op[name])
        params[name] = value if changed else neutral
    params["contrast_first"] = draws.bernoulli(0.5)
    reordered, order = draws.bernoulli(op["distort_p"]), draws.permutation(3)
    return params | {"order": order if reordered else [0, 1, 2]}


def apply(op, params, image, noise):
    names = ["brightness", "saturation", "hue"]
    names.insert(1 if params["contrast_first"] else 3, "contrast")
    image = limit(image, op["white"])
    for name in names:
        if params[name] != NEUTRAL[name]:
            image = getattr(color_jitter, name)(image, params[name], op["white"])
    return image[..., params["order"]]
