import numpy as np

from ..colour import limit

WEIGHTS = [[12878, 25199, 6193], [11436, 22479, 5505], [8913, 17498, 4293]]


def sample(op, shape, dtype, draws):
    return {}


def apply(op, params, image, noise):
    white = op["white"]
    v = limit(image, white)
    if image.dtype == np.float32:
        r, g, b = (v[..., c] for c in range(3))
        rows = [[np.float32(weight / 32768) for weight in row] for row in WEIGHTS]
        return limit(np.stack([x * r + y * g + z * b for x, y, z in rows], axis=-1), white)
    sums = (v.astype(np.int64) @ np.array(WEIGHTS).T + 16384) >> 15
    return np.minimum(sums, int(white)).astype(image.dtype)
