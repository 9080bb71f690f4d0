from ..resample import nearest, resample
from .pad_if_needed import corner, framed

BORDER = {"border": "constant"}


def fitting(op, shape):
    """Height and width of the image within the output: halves are rounded up."""
    (h, w), (height, width) = shape[:2], op["size"]
    a, b = (height, h) if height * w <= width * h else (width, w)
    if not op["upscale"]:
        a = min(a, b)
    return [max(1, (2 * n * a + b) // (2 * b)) for n in (h, w)]


def rest(op, shape):
    height, width = fitting(op, shape)
    return op["size"][0] - height, op["size"][1] - width


def sample(op, shape, dtype, draws):
    return corner(op["position"], rest(op, shape), draws)


def apply(op, params, image, noise):
    small = resample(image, *fitting(op, image.shape), op["interpolation"], op["antialias"])
    return framed(BORDER, params, rest(op, image.shape), small, op["fill"])


def mask(op, params, mask):
    small = nearest(mask, *fitting(op, mask.shape))
    return framed(BORDER, params, rest(op, mask.shape), small, [op["fill_mask"]])


def map(op, params, shape):
    (h, w), (height, width) = shape[:2], fitting(op, shape)
    return [width / w, 0.0, float(params["left"]), 0.0, height / h, float(params["top"])]
