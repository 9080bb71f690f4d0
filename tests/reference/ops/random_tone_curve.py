import numpy as np

from ..colour import limit


def sample(op, shape, dtype, draws):
    params = {"low": [], "high": []}
    for _ in range(shape[2] if op["per_channel"] else 1):
        for name, middle in [("low", 0.25), ("high", 0.75)]:
            height = middle + op["scale"] * draws.normal()
            params[name].append(min(max(height, 0.0), 1.0))
    return params


def apply(op, params, image, noise):
    white = op["white"]
    low, high = np.array(params["low"]), np.array(params["high"])
    c1 = 3.0 * low
    c2 = 3.0 * high - 2.0 * c1
    c3 = (1.0 + c1) - 3.0 * high
    v = limit(image, white)
    if image.dtype == np.float32:
        c1, c2, c3 = (c.astype(np.float32) for c in (c1, c2, c3))
        white = np.float32(white)
        t = v / white
        return limit(white * (t * (c1 + t * (c2 + t * c3))), white)
    t = v / np.float64(white)
    y = white * (t * (c1 + t * (c2 + t * c3)))
    return np.clip(np.floor(y + 0.5), 0, white).astype(image.dtype)
