import math

import numpy as np

from ..colour import limit
from ..hits import halves
from . import brightness

PLANES = 1


def sample(op, shape, dtype, draws):
    count = 0 if op["elementwise"] else shape[2] if op["per_channel"] else 1
    return {"multipliers": [draws.range(op["multiplier"]) for _ in range(count)]}


def apply(op, params, image, noise):
    channels = image.shape[2]
    if not op["elementwise"]:
        factors = np.resize(params["multipliers"], channels).tolist()
        each = zip(factors, np.split(image, channels, 2), strict=True)
        parts = [brightness.apply(op, {"factor": f}, part, noise) for f, part in each]
        return np.concatenate(parts, 2)
    white, (lo, hi) = op["white"], op["multiplier"]
    domain = (*image.shape[:2], channels if op["per_channel"] else 1)
    h = halves(noise[0], int(np.prod(domain))).reshape(domain)
    image = limit(image, white)
    if image.dtype == np.float32:
        part = (h.astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-16)
        return limit(image * (np.float32(lo) + np.float32(hi - lo) * part), white)
    least, more = (math.floor(8192 * part + 0.5) for part in (lo, hi - lo))
    factors = least + (h * more >> 16)
    out = image.astype(np.int64) * factors + 4096 >> 13
    return np.minimum(out, int(white)).astype(image.dtype)
