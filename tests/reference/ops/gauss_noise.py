import math

import numpy as np

from .. import normal
from ..colour import clamp

PLANES = 2
FRACTION = {255: 18, 65535: 5}  # product bits that are cut off


def sample(op, shape, dtype, draws):
    return {"std": draws.range(op["std_range"]), "mean": draws.range(op["mean_range"])}


def deviates(noise, count):
    """16 bits of each element, and their deviates in Q16."""
    body, tail = noise
    words = body.words((count + 1) // 2).astype(np.int64)
    h = np.stack([words & 0xFFFF, words >> 16], 1).ravel()[:count]
    r = np.zeros(count, np.int64)
    asks = np.flatnonzero((h >= 0x7FF0) & (h < 0x8010))
    r[asks] = tail.at(asks).astype(np.int64)
    return h, normal.deviate(h, r)


def levels(h, z, sigma, mean, maximum):
    """Noise in whole levels; sigma and mean in levels."""
    g, j = normal.gain(sigma, maximum)
    q = FRACTION[maximum]
    k = 16 + j - q
    u = math.floor(abs(mean) * 2.0**k + 0.5) * (-1 if mean < 0 else 1)
    n = np.abs(z) * g >> q
    return np.where(h < 0x8000, n, ~n) + u + (1 << k - 1) >> k


def apply(op, params, image, noise):
    white = op["white"]
    std, mean = params["std"] * white, params["mean"] * white
    height, width, channels = image.shape
    domain = (height, width, channels if op["per_channel"] else 1)
    h, z = deviates(noise, math.prod(domain))
    if image.dtype == np.float32:
        n = z.astype(np.float32) * np.float32(std / 65536) + np.float32(mean)
        return clamp(image + n.reshape(domain), white)
    n = levels(h, z, std, mean, np.iinfo(image.dtype).max)
    return np.clip(image + n.reshape(domain), 0, int(white)).astype(image.dtype)
