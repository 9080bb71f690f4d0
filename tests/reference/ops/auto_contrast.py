import math

import numpy as np

from ..colour import limit
from ..tones import histogram, levels, most

GRAY = [19595, 38470, 7471]


def sample(op, shape, dtype, draws):
    return {}


def gray(image):
    """H x W x 1, of an image within 0..white."""
    if image.dtype == np.float32:
        r, g, b = (image[..., c : c + 1] * np.float32(GRAY[c] / 65536) for c in range(3))
        return r + g + b
    return ((image.astype(np.int64) @ np.array(GRAY) + 32768) >> 16)[..., None].astype(image.dtype)


def take_away(h, cut):
    """From the first on."""
    for i in np.flatnonzero(h):
        taken = min(cut, int(h[i]))
        h[i] -= taken
        cut -= taken


def ends(op, values):
    """Least and greatest of what is within 0..white; equal if there is none."""
    if op["ignore"] is None and op["cutoff"] == [0, 0]:
        values = values[~np.isnan(values)] if values.dtype == np.float32 else values
        return (values.min(), values.max()) if values.size else (0, 0)
    top = most(values, op["white"])
    h = histogram(levels(values, op["white"]))
    if op["ignore"] is not None:
        h[math.floor(top * op["ignore"] + 0.5)] = 0
    low, high = (int(int(h.sum()) * percent // 100) for percent in op["cutoff"])
    take_away(h, low)
    take_away(h[::-1], high)
    there = np.flatnonzero(h)
    if not there.size:
        return 0, 0
    first, last = int(there[0]), int(there[-1])
    if values.dtype == np.float32:
        level = op["white"] / 65535
        return np.float32(first * level), np.float32(last * level)
    return first, last


def stretch(v, low, high, white):
    if high <= low:
        return v
    if v.dtype == np.float32:
        return limit((v - low) / (high - low) * np.float32(white), white)
    scale = white / (int(high) - int(low))
    moved = v.astype(np.float64) * scale + -int(low) * scale
    return np.clip(np.trunc(moved), 0, white).astype(v.dtype)


def apply(op, params, image, noise):
    white = op["white"]
    v = limit(image, white)
    if op["preserve_tone"] and v.shape[2] == 3:
        return stretch(v, *ends(op, limit(gray(v), white)), white)
    channels = [v[..., c] for c in range(v.shape[2])]
    return np.stack([stretch(c, *ends(op, c), white) for c in channels], 2)
