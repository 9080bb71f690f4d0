import math

import numpy as np

from ..pipeline import canonical
from ..sum import channel_sums


def sample(op, shape, dtype, draws):
    return {}


def apply(op, params, image, noise):
    kind = op.get("normalization")
    if kind:
        return own(image, kind, op["white"])
    mean, std = np.array(op["mean"]), np.array(op["std"])
    scale = (1.0 / (std * op["white"])).astype(np.float32)
    bias = (-mean / std).astype(np.float32)
    return canonical(image.astype(np.float32) * scale + bias)


def own(image, kind, white):
    """By the image's own values."""
    each = kind.endswith("per_channel")
    spread = deviation if kind.startswith("image") else extent
    origin, size = spread(image, each)
    size = size + 1e-4 * (white / 255.0)
    scale, bias = (1.0 / size).astype(np.float32), (-origin / size).astype(np.float32)
    out = canonical(image.astype(np.float32) * scale + bias)
    if spread is deviation:
        out = canonical(
            np.where(out < -20, np.float32(-20), np.where(out > 20, np.float32(20), out))
        )
    return out


def deviation(image, each):
    def means(sums):
        count = float(image.shape[0] * image.shape[1])
        if each:
            return sums / count
        total = 0.0
        for value in sums:
            total += value
        return np.array([total / (count * image.shape[2])])

    origin = means(channel_sums(image))
    squares = (image.astype(np.float64) - origin) ** 2
    return origin, np.sqrt(means(channel_sums(squares)))


def extent(image, each):
    values = image.reshape(-1, image.shape[2] if each else 1).astype(np.float64)
    known = ~np.isnan(values)
    least = np.where(known, values, math.inf).min(axis=0)
    most = np.where(known, values, -math.inf).max(axis=0)
    size = most - least
    return np.where(np.isfinite(size), least, math.nan), size
