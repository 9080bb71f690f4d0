import math

from ..resample import resample


def sample(op, shape, dtype, draws):
    return {"scale": draws.range(op["scale_range"])}


def apply(op, params, image, noise):
    height, width = image.shape[:2]
    small = [max(1, math.floor(side * params["scale"] + 0.5)) for side in (height, width)]
    there, back = op["downscale"], op["upscale"]
    image = resample(image, *small, there, there == "box")
    return resample(image, height, width, back, back == "box")
