"""Separable convolution with a symmetric kernel, as rust/core/kernels/convolve.rs.

`heights` are the kernel's from the centre outwards, floats of any common scale.
"""

import math

import numpy as np

from .pipeline import canonical


def reflect101(i: np.ndarray, n: int) -> np.ndarray:
    i = np.abs(i) % max(2 * n - 2, 1)
    return np.minimum(i, 2 * n - 2 - i) if n > 1 else np.zeros_like(i)


def tails(heights):
    """The sum of heights[d:] for each d, then 0, and the sum over both sides."""
    tails = [0.0]
    for height in reversed(heights):
        tails.append(tails[-1] + height)
    tails.reverse()
    return tails, heights[0] + 2.0 * tails[1]


def trimmed(weights):
    while len(weights) > 1 and weights[-1] == 0:
        weights = weights[:-1]
    return weights


def fixed(heights, bits):
    sums, total = tails(heights)
    rounded = [math.floor(t / total * 2.0**bits + 0.5) for t in sums]
    weights = [a - b for a, b in zip(rounded, rounded[1:], strict=False)]
    weights[0] = 2**bits - 2 * rounded[1]
    return trimmed(weights)


def bits_uint8(heights):
    centre = heights[0] / tails(heights)[1]
    return next((b for b in (18, 17, 16) if centre * 2.0**b < 32767.0), 15)


def floats(heights):
    total = tails(heights)[1]
    return trimmed([np.float32(h / total) for h in heights])


def taps(image, axis):
    """A function of d: the image shifted by d pixels along the axis, reflected at its edges."""
    n = image.shape[axis]
    return lambda d: np.take(image, reflect101(np.arange(n) + d, n), axis)


def sums(image, axis, weights):
    at = taps(image, axis)
    total = image * weights[0]
    for d, weight in enumerate(weights[1:], 1):
        total += (at(-d) + at(d)) * weight
    return total


def shifted(value, shift):
    return (value + (1 << shift - 1)) >> shift


def convolve(image, heights):
    if image.dtype == np.float32:
        weights = floats(heights)
        for axis in 1, 0:
            at = taps(image, axis)
            total = image
            for d, weight in enumerate(weights[1:], 1):
                total = total + ((at(-d) + at(d)) - (image + image)) * weight
            image = total
        return canonical(image)
    if image.dtype == np.uint8:
        bits = bits_uint8(heights)
        shifts = bits - 6, bits + 6
    else:
        bits, shifts = 31, (16, 46)
    weights = fixed(heights, bits)
    rows = shifted(sums(image.astype(np.int64), 1, weights), shifts[0])
    return shifted(sums(rows, 0, weights), shifts[1]).astype(image.dtype)
