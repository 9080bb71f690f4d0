"""Separable convolution with a symmetric kernel, as rust/core/kernels/convolve.rs.

`heights` are the kernel's from the centre outwards, floats of any common scale.
"""

import math

import numpy as np

from .pipeline import canonical


def reflect101(i: np.ndarray, n: int) -> np.ndarray:
    i = np.abs(i) % max(2 * n - 2, 1)
    return np.minimum(i, 2 * n - 2 - i) if n > 1 else np.zeros_like(i)


def total(heights):
    side = 0.0
    for height in reversed(heights[1:]):
        side += height
    return heights[0] + 2.0 * side


def trimmed(weights):
    while len(weights) > 1 and weights[-1] == 0:
        weights = weights[:-1]
    return weights


def fixed(heights, bits):
    s = total(heights)
    weights = [math.floor(h / s * 2.0**bits + 0.5) for h in heights]
    weights[0] = 2**bits - 2 * sum(weights[1:])
    return trimmed(weights)


def fixed_uint8(heights):
    """The bits and the weights."""
    for bits in 18, 17, 16, 15:
        weights = fixed(heights, bits)
        if weights[0] < 2**15:
            break
    return bits, weights


def floats(heights):
    s = total(heights)
    return trimmed([np.float32(h / s) for h in heights])


def taps(image, axis):
    """A function of d: the image shifted by d pixels along the axis, reflected at its edges."""
    n = image.shape[axis]
    return lambda d: np.take(image, reflect101(np.arange(n) + d, n), axis)


def sums(image, axis, weights):
    at = taps(image, axis)
    out = image * weights[0]
    for d, weight in enumerate(weights[1:], 1):
        out += (at(-d) + at(d)) * weight
    return out


def shifted(value, shift):
    return (value + (1 << shift - 1)) >> shift


def convolve(image, heights):
    if image.dtype == np.float32:
        weights = floats(heights)
        for axis in 1, 0:
            at = taps(image, axis)
            out = image
            for d, weight in enumerate(weights[1:], 1):
                out = out + ((at(-d) + at(d)) - (image + image)) * weight
            image = out
        return canonical(image)
    if image.dtype == np.uint8:
        bits, weights = fixed_uint8(heights)
        shifts = bits - 6, bits + 6
    else:
        weights, shifts = fixed(heights, 31), (16, 46)
    rows = shifted(sums(image.astype(np.int64), 1, weights), shifts[0])
    return shifted(sums(rows, 0, weights), shifts[1]).astype(image.dtype)
