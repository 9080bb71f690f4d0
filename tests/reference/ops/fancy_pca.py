import itertools
import math

import numpy as np

from ..colour import clamp, limit
from ..sum import channel_sums

IMAGENET = (
    [0.2175, 0.0188, 0.0045],
    [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]],
)


def sample(op, shape, dtype, draws):
    return {"deviates": [op["alpha"] * draws.normal() for _ in range(shape[2])]}


def covariance(image, white):
    n, channels = image.shape[0] * image.shape[1], image.shape[2]
    centred = image.astype(np.float64) - channel_sums(image) / n
    pairs = [(c, d) for c in range(channels) for d in range(c, channels)]
    products = np.stack([centred[..., c] * centred[..., d] for c, d in pairs], axis=-1)
    found = np.zeros((channels, channels))
    for (c, d), total in zip(pairs, channel_sums(products), strict=True):
        found[c, d] = found[d, c] = total / n / (white * white)
    return found


def eigen(matrix):
    """Eigenvalues, and for each row the components of the eigenvectors."""
    a = [list(map(float, row)) for row in matrix]
    n = len(a)
    v = [[float(i == j) for j in range(n)] for i in range(n)]
    for p, q in list(itertools.combinations(range(n), 2)) * 12:
        if a[p][q] == 0:
            continue
        r = (a[q][q] - a[p][p]) / (2.0 * a[p][q])
        t = (-1.0 if r < 0 else 1.0) / (abs(r) + math.sqrt(1.0 + r * r))
        c = 1.0 / math.sqrt(1.0 + t * t)
        s = t * c
        for row in a + v:
            row[p], row[q] = c * row[p] - s * row[q], s * row[p] + c * row[q]
        for i in range(n):
            x, y = a[p][i], a[q][i]
            a[p][i], a[q][i] = c * x - s * y, s * x + c * y
    order = sorted(range(n), key=lambda k: -a[k][k])
    signs = [-1.0 if max((row[k] for row in v), key=abs) < 0 else 1.0 for k in range(n)]
    values = [a[k][k] for k in order]
    return values, [[signs[k] * row[k] for k in order] for row in v]


def apply(op, params, image, noise):
    white = op["white"]
    v = limit(image, white)
    values, vectors = IMAGENET if op["axes"] == "imagenet" else eigen(covariance(v, white))
    shifts = []
    for row in vectors:
        total = 0.0
        for component, value, deviate in zip(row, values, params["deviates"], strict=True):
            total += component * (deviate * value)
        shifts.append(white * total)
    if image.dtype == np.float32:
        return clamp(v + np.array(shifts).astype(np.float32), white)
    whole = np.array([math.floor(shift + 0.5) for shift in shifts])
    return np.clip(v.astype(np.int64) + whole, 0, int(white)).astype(image.dtype)
