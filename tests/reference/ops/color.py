from ..colour import limit
from . import color_jitter
from .brightness import sample as sample


def apply(op, params, image, noise):
    image = limit(image, op["white"])
    if params["factor"] == 1 or image.shape[2] == 1:
        return image
    return color_jitter.saturation(image, params["factor"], op["white"])
