import math

import numpy as np

from ..colour import clamp, limit
from .color_jitter import hexagon, hrs, sector

SHIFTS = ("hue_shift", "sat_shift", "val_shift")


def sample(op, shape, dtype, draws):
    return {name: draws.range(op[f"{name}_limit"]) for name in SHIFTS}


def apply(op, params, image, noise):
    white = op["white"]
    image = limit(image, white)
    shifts = [params[name] for name in SHIFTS]
    if not any(shifts):
        return image
    if image.shape[2] == 1:
        return shifted(image.repeat(3, axis=2), shifts, white)[..., :1]
    return shifted(image, shifts, white)


def rounded(value: float) -> int:
    return math.floor(value + 0.5)


def shifted(image, shifts, white):
    return {"uint8": bytes8, "uint16": words16, "float32": floats}[image.dtype.name](
        image, *shifts, white
    )


def turns(hue, side):
    return [(rounded(6 * side * hue) + 2 * side * j) % (6 * side) for j in range(3)]


def bytes8(image, hue, sat, val, white):
    d, low, numerator, turn = sector(image.astype(np.int64), turns(hue, 4096))
    high = low + d
    value = np.clip(16 * high + rounded(16 * 255.0 * val), 0, 4080)
    by_high, inverse_high = division(high)
    by_d, inverse_d = division(d)
    part = np.minimum(2 * hrs((d * by_high) << 7, inverse_high), 32767)
    part = np.clip(part + np.clip(rounded(32768.0 * sat), -32767, 32767), 0, 32767)
    base = 8 * value
    above = np.where(d == 0, 0, hrs(base, part))
    x = hexagon(hrs((numerator * by_d) << 5, inverse_d) + turn, np.full_like(d, 4096))
    base, above = base[..., None], above[..., None]
    return ((base - above + hrs(above, np.minimum(8 * x, 32767)) + 64) >> 7).astype(np.uint8)


def division(values):
    """P and R of the specification."""
    normal = [0] + [2 ** (8 - i.bit_length()) for i in range(1, 256)]
    inverse = [0] + [min(32767, rounded(2**22 / (i * normal[i]))) for i in range(1, 256)]
    return np.array(normal)[values], np.array(inverse)[values]


def words16(image, hue, sat, val, white):
    one = 1 << 30
    d, low, numerator, turn = sector(image.astype(np.int64), turns(hue, one))
    high = low + d
    value = np.clip((high << 12) + rounded(4096.0 * white * val), 0, int(white) << 12)
    some = np.maximum(d, 1)
    part = np.clip(d * one // np.maximum(high, 1) + rounded(float(one) * sat), 0, one)
    above = np.where(d == 0, 0, (value * part + one // 2) >> 30)
    place = np.sign(numerator) * (np.abs(numerator) * one // some)
    x = hexagon(place + turn, np.full_like(d, one))
    value, above = value[..., None], above[..., None]
    return ((value - above + ((above * x + one // 2) >> 30) + 2048) >> 12).astype(np.uint16)


def floats(image, hue, sat, val, white):
    one = np.float32(1)
    starts = [6.0 * (hue - math.floor(hue)) + 2.0 * j for j in range(3)]
    starts = [np.float32(start if start < 6 else start - 6) for start in starts]
    d, _, numerator, turn = sector(image, starts)
    high = image.max(axis=2)
    flat = d == 0
    some = np.where(flat, one, d)
    value = limit(high + np.float32(white * val), white)
    part = clamp(d / np.where(flat, one, high) + np.float32(sat), 1.0)
    above = value * np.where(flat, np.float32(0), part)
    x = hexagon(np.where(flat, np.float32(0), numerator / some + turn), np.ones_like(d))
    value, above = value[..., None], above[..., None]
    return limit((value - above) + above * x, white)
