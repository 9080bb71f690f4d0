import math

from ..resample import scaling
from . import resize


def sample(op, shape, dtype, draws):
    height, width = shape[:2]
    attempts = [(draws.range(op["scale"]), draws.log_range(op["ratio"])) for _ in range(10)]
    for share, ratio in attempts:
        area = float(height * width) * share
        w = math.floor(math.sqrt(area * ratio) + 0.5)
        h = math.floor(math.sqrt(area / ratio) + 0.5)
        if 1 <= w <= width and 1 <= h <= height:
            top = draws.below(height - h + 1)
            return {"top": top, "left": draws.below(width - w + 1), "height": h, "width": w}
    h, w = height, width
    least, most = op["ratio"]
    if width / height < least:
        h = min(max(math.floor(width / least + 0.5), 1), height)
    elif width / height > most:
        w = min(max(math.floor(height * most + 0.5), 1), width)
    return {"top": (height - h) // 2, "left": (width - w) // 2, "height": h, "width": w}


def sized(op):
    height, width = op["size"]
    return {**op, "height": height, "width": width}


def window(params, image):
    top, left = params["top"], params["left"]
    return image[top : top + params["height"], left : left + params["width"]]


def apply(op, params, image, noise):
    return resize.apply(sized(op), params, window(params, image), noise)


def mask(op, params, mask):
    return resize.mask(sized(op), params, window(params, mask))


def map(op, params, shape):
    place = [params[name] for name in ("top", "left", "height", "width")]
    return scaling(*place, *op["size"])
