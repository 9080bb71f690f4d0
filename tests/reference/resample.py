"""Separable resampling; docs/spec/resample.md."""

import math

import numpy as np

from . import detmath
from .pipeline import canonical

SUPPORT = {"box": 0.5, "bilinear": 1.0, "bicubic": 2.0, "lanczos": 3.0}
VERTICAL_FIRST = ("box", "bilinear")
LONG = 256


def sinc(x):
    x = x * math.pi
    return 1.0 if x == 0.0 else detmath.sin(x) / x


def lanczos(x):
    return sinc(x) * sinc(x / 3.0) if abs(x) < 3.0 else 0.0


def kernel(name, x):
    """The filter's value at each x."""
    if name == "box":
        return np.where((x > -0.5) & (x <= 0.5), 1.0, 0.0)
    if name == "lanczos":
        return np.frompyfunc(lanczos, 1, 1)(x).astype(float)
    x = np.abs(x)
    if name == "bilinear":
        return np.where(x < 1.0, 1.0 - x, 0.0)
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))


def taps(name, n, out, antialias):
    """First sample and number of samples of each output, and their raw weights, padded with zeros."""
    scale = n / out
    stretch = max(scale, 1.0) if antialias else 1.0
    support, step = SUPPORT[name] * stretch, 1.0 / stretch
    center = (np.arange(out) + 0.5) * scale
    low = np.floor(center - support + 0.5).astype(np.int64)
    high = np.floor(center + support + 0.5).astype(np.int64)
    if antialias:
        low, high = np.maximum(low, 0), np.minimum(high, n)
    at = low[:, None] + np.arange((high - low).max())
    raw = np.where(at < high[:, None], kernel(name, (at - center[:, None] + 0.5) * step), 0.0)
    start, last = np.clip(low, 0, n - 1), np.clip(high - 1, 0, n - 1)
    weights = np.zeros_like(raw)  # beyond the edge, the edge's weight
    place = np.clip(at, start[:, None], last[:, None]) - start[:, None]
    for tap in range(raw.shape[1]):
        np.add.at(weights, (np.arange(out), place[:, tap]), raw[:, tap])
    return start, last - start + 1, weights


def fixed(weights, bits):
    """Integers that sum to 2^bits: every partial sum is rounded, not every weight."""
    sums = np.cumsum(weights, axis=1)
    edges = np.floor(sums / sums[:, -1:] * 2.0**bits + 0.5).astype(np.int64)
    return np.diff(edges, axis=1, prepend=0)


def table(name, n, out, antialias, dtype):
    start, count, weights = taps(name, n, out, antialias)
    if dtype == np.float32:
        return start, count, (weights / np.cumsum(weights, axis=1)[:, -1:]).astype(np.float32), None
    bits = 14 if dtype == np.uint8 and count.max() <= LONG else 22
    return start, count, fixed(weights, bits), bits


def vertical(image, out, name, antialias):
    n = image.shape[0]
    if n == out:
        return image
    start, count, weights, bits = table(name, n, out, antialias, image.dtype)
    total = np.zeros((out, *image.shape[1:]), weights.dtype)
    for tap in range(count.max()):
        rows = tap < count
        total[rows] += weights[rows, tap, None, None] * image[start[rows] + tap]
    if bits is None:
        return canonical(total)
    rounded = (total + (1 << bits - 1)) >> bits
    return np.clip(rounded, 0, np.iinfo(image.dtype).max).astype(image.dtype)


def horizontal(image, *args):
    return vertical(image.swapaxes(0, 1), *args).swapaxes(0, 1)


def nearest(image, height, width):
    h, w = image.shape[:2]
    rows = (2 * np.arange(height) + 1) * h // (2 * height)
    cols = (2 * np.arange(width) + 1) * w // (2 * width)
    return image[rows[:, None], cols]


def resample(image, height, width, name, antialias):
    if name == "nearest":
        return nearest(image, height, width)
    if name in VERTICAL_FIRST:
        return horizontal(vertical(image, height, name, antialias), width, name, antialias)
    return vertical(horizontal(image, width, name, antialias), height, name, antialias)
