import math

import numpy as np

from .. import detmath, normal
from ..colour import limit
from ..hits import halves
from .gauss_noise import deviates

PLANES = 3


def sample(op, shape, dtype, draws):
    return {name: draws.range(op[name]) for name in ("color_shift", "intensity")}


def counts(mean):
    """What is drawn by each of 16 bits, of a Poisson distribution of this mean."""
    found = np.full(65536, 255)
    start, p, total = 0, detmath.exp(-mean), 0.0
    for n in range(255):
        total += p
        end = min(max(math.floor(65536 * total + 0.5), start), 65536)
        found[start:end] = n
        start = end
        p *= mean / (n + 1)
    return found


def nearest(image, white):
    if image.dtype == np.float32:
        parts = np.where(np.isnan(image), np.float32(0), image) / np.float32(white)
        return np.floor(np.float32(255) * parts + np.float32(0.5)).astype(np.int64)
    return (510 * image.astype(np.int64) + int(white)) // (2 * int(white))


def more(values, d, white):
    """So many levels of bytes."""
    if values.dtype == np.float32:
        return limit(values + d.astype(np.float32) / np.float32(255) * np.float32(white), white)
    steps = (2 * int(white) * d + 255) // 510
    return np.clip(values.astype(np.int64) + steps, 0, int(white)).astype(values.dtype)


def turned(rgb, t):
    """The hue by t / 24576 turns, in sixteenths."""
    r, g, b = np.moveaxis(rgb, 2, 0)
    most, least = rgb.max(2), rgb.min(2)
    d = most - least
    j = np.where(r == most, 0, np.where(g == most, 1, 2))
    n = np.choose(j, [g - b, b - r, r - g])
    h = 16 * n + (d * ((t + 8192 * j) % 24576) + 128 >> 8)
    d = 16 * d
    h = np.where(h < 0, h + 6 * d, np.where(h >= 6 * d, h - 6 * d, h))
    x = [abs(h - 3 * d) - d, 2 * d - abs(h - 2 * d), 2 * d - abs(h - 4 * d)]
    return np.stack([np.clip(each, 0, d) for each in x], 2) + 16 * least[..., None]


def apply(op, params, image, noise):
    white = op["white"]
    values = limit(image, white)
    rgb = nearest(values, white)
    size, n = image.shape[:2], image.shape[0] * image.shape[1]
    s = rgb.max(2) + rgb.min(2)
    total, squares = int(s.sum()), int((s * s).sum())
    sigma = math.sqrt(float(n * squares - total * total)) / (2.0 * n)
    _, z = deviates(noise[:2], n)
    g, j = normal.gain(24576.0 * params["color_shift"] * params["intensity"], 65535)
    t = (np.sign(z) * (np.abs(z) * g + (1 << 15 + j) >> 16 + j)).reshape(size)
    k = counts(sigma * params["intensity"])[halves(noise[2], n)].reshape(size)
    x = turned(rgb, t)
    w, after = np.minimum(s, 510 - s), 255 * s + (510 - s) * k
    reach = np.minimum(after, 130050 - after)
    w, reach, s, after = (each[..., None] for each in (w, reach, s, after))
    divisor = 16320 * np.maximum(w, 1)
    made = (2 * (16 * after * w + (2 * x - 16 * s) * reach) + 8160 * w) // divisor
    made = np.where(w == 0, (after + 255) // 510, made)
    return more(values, made - rgb, white)
