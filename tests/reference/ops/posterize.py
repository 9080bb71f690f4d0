import numpy as np

from ..colour import limit
from ..pipeline import canonical


def sample(op, shape, dtype, draws):
    return {"bits": [draws.integer(limits) for limits in op["num_bits"]]}


def apply(op, params, image, noise):
    white = op["white"]
    count = 1 << np.array(params["bits"])  # of levels that are left: for all channels, or each
    v = limit(image, white)
    if image.dtype == np.float32:
        count, white = count.astype(np.float32), np.float32(white)
        q = np.minimum(np.floor(v / white * count), count - 1)
        return canonical(q * (white / count))
    levels = int(white) + 1
    q = v.astype(np.int64) * count // levels
    return (-(-q * levels // count)).astype(image.dtype)
