"""Separable resampling; docs/spec/resample.md."""

from functools import cache

import numpy as np

from . import detmath
from .pipeline import canonical

SUPPORT = {"box": 0.5, "bilinear": 1.0, "bicubic": 2.0, "lanczos": 3.0}
VERTICAL_FIRST = ("box", "bilinear")
SHORT = 64.0  # the widest support whose weights have 14 bits


def lanczos(x):
    t = x * 1.0471975511965979
    if t == 0.0:
        return 1.0
    sine = detmath.sin(t)
    u = sine / t
    return u * u * (1.0 - sine * sine / 0.75) if abs(x) < 3.0 else 0.0


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


def stretch(n, out, antialias):
    return max(n / out, 1.0) if antialias else 1.0


@cache
def taps(name, n, out, antialias):
    """First sample and number of samples of each output, and their weights, padded with zeros."""
    factor = stretch(n, out, antialias)
    support, step = SUPPORT[name] * factor, 1.0 / factor
    center = (np.arange(out) + 0.5) * (n / out)
    low = np.floor(center - support + 0.5).astype(np.int64)
    high = np.floor(center + support + 0.5).astype(np.int64)
    if antialias:
        low, high = np.maximum(low, 0), np.minimum(high, n)
    start, last = np.clip(low, 0, n - 1), np.clip(high - 1, 0, n - 1)
    weights = np.zeros((out, (last - start).max() + 1))
    for tap in range((high - low).max()):
        j = low + tap
        value = np.where(j < high, kernel(name, (j - center + 0.5) * step), 0.0)
        weights[np.arange(out), np.clip(j, start, last) - start] += value
    return start, last - start + 1, weights


def fixed(weights, bits):
    """Integers that sum to 2^bits: every partial sum is rounded, not every weight."""
    sums = np.cumsum(weights, axis=1)
    edges = np.floor(sums / sums[:, -1:] * 2.0**bits + 0.5).astype(np.int64)
    return np.diff(edges, axis=1, prepend=0)


def down(image, out, name, antialias, bits):
    n = image.shape[0]
    if n == out:
        return image
    start, count, weights = taps(name, n, out, antialias)
    if bits is None:
        weights = (weights / np.cumsum(weights, axis=1)[:, -1:]).astype(np.float32)
    else:
        weights = fixed(weights, bits)
    total = np.zeros((out, *image.shape[1:]), weights.dtype)
    for tap in range(weights.shape[1]):
        rows = tap < count
        total[rows] += weights[rows, tap, None, None] * image[start[rows] + tap]
    if bits is None:
        return canonical(total)
    rounded = (total + (1 << bits - 1)) >> bits
    return np.clip(rounded, 0, np.iinfo(image.dtype).max).astype(image.dtype)


def across(image, *args):
    return down(image.swapaxes(0, 1), *args).swapaxes(0, 1)


def centers(n, out):
    """The sample below each output's centre; the centres are a running sum."""
    steps = np.full(out, n / out)
    steps[0] *= 0.5
    return np.minimum(np.cumsum(steps).astype(np.int64), n - 1)


def nearest(image, height, width):
    h, w = image.shape[:2]
    return image[centers(h, height)[:, None], centers(w, width)]


def resample(image, height, width, name, antialias):
    if name == "nearest":
        return nearest(image, height, width)
    h, w = image.shape[:2]
    factor = max(stretch(h, height, antialias), stretch(w, width, antialias))
    short = image.dtype == np.uint8 and SUPPORT[name] * factor <= SHORT
    bits = None if image.dtype == np.float32 else 14 if short else 22
    rows, cols = (height, name, antialias, bits), (width, name, antialias, bits)
    if name in ("box", "bilinear"):
        return across(down(image, *rows), *cols)
    return down(across(image, *cols), *rows)


def scaling(top, left, h, w, height, width):
    """The coordinate map."""
    right, down = width / w, height / h
    return [right, 0.0, -(left * right), 0.0, down, -(top * down)]
