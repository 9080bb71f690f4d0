"""Elements that are hit with a probability, as rust/core/kernels/hits.rs."""

import math

import numpy as np


def halves(field, count):
    """16 bits of each element."""
    words = field.words((count + 1) // 2).astype(np.int64)
    return np.stack([words & 0xFFFF, words >> 16], 1).ravel()[:count]


def hits(noise, count, below, above=0.0):
    """Of each element, whether it is hit from below, and from above."""
    body, tail = noise
    u = halves(body, count) << 32 | tail.words(count).astype(np.int64)
    low, high = math.floor(below * 2.0**48), math.floor(above * 2.0**48)
    return u < low, u >= max(2**48 - high, low)
