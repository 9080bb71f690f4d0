from ..detmath import sin_cos_deg, tan_deg
from ..warp import warp


def sample(op, shape, dtype, draws):
    return {
        "scale": draws.range(op["scale"]),
        "rotate": draws.range(op["rotate"]),
        "translate_x": draws.range(op["translate"][0]) * float(shape[1]),
        "translate_y": draws.range(op["translate"][1]) * float(shape[0]),
        "shear_x": draws.range(op["shear"][0]),
        "shear_y": draws.range(op["shear"][1]),
    }


def inverse(params, shape):
    """From the output back to the input."""
    sin, cos = sin_cos_deg(params["rotate"])
    u, v = tan_deg(params["shear_x"]), tan_deg(params["shear_y"])
    k = 1.0 + u * v
    p, q = cos + sin * v, cos * u + sin * k
    t, w = cos * v - sin, cos * k - sin * u
    a, b, d, e = (m / params["scale"] for m in (w, -q, -t, p))
    x, y = shape[1] / 2.0, shape[0] / 2.0
    to_x, to_y = x + params["translate_x"], y + params["translate_y"]
    return [a, b, x - (a * to_x + b * to_y), d, e, y - (d * to_x + e * to_y)]


def apply(op, params, image, noise):
    size = image.shape[:2]
    return warp(image, inverse(params, size), size, op["interpolation"], op["border"], op["fill"])


def mask(op, params, mask):
    size = mask.shape[:2]
    return warp(mask, inverse(params, size), size, "nearest", op["border"], [op["fill_mask"]])


def forward(inverse):
    a, b, c, d, e, f = inverse
    determinant = a * e - b * d
    a, b, d, e = (v / determinant for v in (e, -b, -d, a))
    return [a, b, -(a * c + b * f), d, e, -(d * c + e * f)]


def map(op, params, shape):
    return forward(inverse(params, shape))
