from ..colour import limit
from . import color_jitter


def sample(op, shape, dtype, draws):
    return {"factor": draws.range(op["factor"])}


def apply(op, params, image, noise):
    return color_jitter.brightness(limit(image, op["white"]), params["factor"], op["white"])
