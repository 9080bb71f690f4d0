import math

import numpy as np

from ..colour import limit
from .brightness import sample as sample


def apply(op, params, image, noise):
    out = limit(image, op["white"])
    height, width = out.shape[:2]
    if height < 3 or width < 3:
        return out
    v, f = out[1:-1, 1:-1], params["factor"]
    places = [(y, x) for y in range(3) for x in range(3) if (y, x) != (1, 1)]
    around = [out[y : y + height - 2, x : x + width - 2] for y, x in places]
    out = out.copy()
    if out.dtype == np.float32:
        total = around[0]
        for other in around[1:]:
            total = total + other
        smooth = (total + np.float32(5) * v) * np.float32(1 / 13)
        out[1:-1, 1:-1] = limit(smooth + (v - smooth) * np.float32(f), op["white"])
        return out
    k = 11 if out.dtype == np.uint8 else 20
    v = v.astype(np.int64)
    smooth = (sum(other.astype(np.int64) for other in around) + 5 * v + 6) // 13
    factor = math.floor(2**k * f + 0.5)
    blend = (factor * v + (2**k - factor) * smooth + 2 ** (k - 1)) >> k
    out[1:-1, 1:-1] = np.clip(blend, 0, int(op["white"]))
    return out
