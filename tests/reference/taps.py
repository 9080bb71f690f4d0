"""Sums of a few samples around each, as rust/core/kernels/taps.rs.

Taps are (y, x, weight) of a k x k window.
"""

import math

import numpy as np

from .colour import limit
from .convolve import reflect101
from .pipeline import canonical


def samples(image, k, taps):
    """The samples of each tap."""
    height, width = image.shape[:2]
    for y, x, _ in taps:
        rows = reflect101(np.arange(height) + y - k // 2, height)
        yield image[rows][:, reflect101(np.arange(width) + x - k // 2, width)]


def fixed(k, taps, bits):
    weights = [math.floor(2.0**bits * weight + 0.5) for _, _, weight in taps]
    total = 0.0
    for _, _, weight in taps:
        total += weight
    off = [(y - k // 2) ** 2 + (x - k // 2) ** 2 for y, x, _ in taps]
    nearest = off.index(min(off))
    weights[nearest] += math.floor(2.0**bits * total + 0.5) - sum(weights)
    return weights


def mean(image, k, cells):
    taps = [(y, x, 1.0) for y, x in sorted(set(cells))]
    n = len(taps)
    if image.dtype == np.float32:
        return canonical(floats(image, k, taps) / np.float32(n))
    total = sum(each.astype(np.int64) for each in samples(image, k, taps))
    return ((2 * total + n) // (2 * n)).astype(image.dtype)


def floats(image, k, taps):
    total = np.zeros_like(image)
    for (*_, weight), values in zip(taps, samples(image, k, taps), strict=True):
        total = total + np.float32(weight) * values
    return total


def weighted(image, k, weights, white=None):
    """Of values in range if white is given; the weights of all of the window, row by row."""
    taps = [(i // k, i % k, weight) for i, weight in enumerate(weights) if weight != 0]
    if white is not None:
        image = limit(image, white)
    if image.dtype == np.float32:
        total = floats(image, k, taps)
        return canonical(total) if white is None else limit(total, white)
    bits = 30
    if image.dtype == np.uint8:
        size = 0.0
        for *_, weight in taps:
            size += abs(weight)
        bits = max(bits for bits in range(23) if 2.0**bits * size < 2.0**23)
    total = sum(
        weight * values.astype(np.int64)
        for weight, values in zip(fixed(k, taps, bits), samples(image, k, taps), strict=True)
    )
    most = np.iinfo(image.dtype).max if white is None else int(white)
    return np.clip(total + 2 ** (bits - 1) >> bits, 0, most).astype(image.dtype)
