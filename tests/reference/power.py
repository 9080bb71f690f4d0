"""Powers of float32 by knots: docs/spec/tones.md."""

import numpy as np

from . import detmath

OCTAVES, KNOTS = 24, 128


def knots(exponent: float) -> np.ndarray:
    octaves = [detmath.pow(2.0**e, exponent) for e in range(-OCTAVES, 0)]
    parts = [detmath.pow(1 + j / KNOTS, exponent) for j in range(KNOTS)]
    values = [octave * part for octave in octaves for part in parts]
    return np.array([*values, 1.0], np.float32)


def power(x: np.ndarray, exponent: float) -> np.ndarray:
    """x^exponent of float32 in 0 to 1."""
    table = knots(exponent)
    mantissa, e = np.frexp(np.where(x > 0, x, np.float32(1)))  # x = mantissa 2^e, from 1/2 on
    place = (mantissa * np.float32(2) - np.float32(1)) * np.float32(KNOTS)
    j = np.floor(place)
    t = (place - j).astype(np.float32)
    i = np.clip((e - 1 + OCTAVES) * KNOTS + j.astype(np.int64), 0, len(table) - 2)
    between = table[i] + (table[i + 1] - table[i]) * t
    dark = x * np.float32(2.0**OCTAVES) * table[0]
    return np.where(x >= 1, np.float32(1), np.where(x >= 2.0**-OCTAVES, between, dark))
