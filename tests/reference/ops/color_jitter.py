import math

import numpy as np

from ..colour import LUMA, limit, luma
from ..sum import channel_sums

NEUTRAL = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}


def sample(op, shape, dtype, draws):
    names = list(NEUTRAL)
    order = [names[i] for i in draws.permutation(4)]
    return {"order": order} | {name: draws.range(op[name]) for name in names}


def apply(op, params, image, noise):
    white = op["white"]
    image = limit(image, white)
    for name in params["order"]:
        if params[name] != NEUTRAL[name]:
            image = globals()[name](image, params[name], white)
    return image


def rounded(value: float) -> int:
    return math.floor(value + 0.5)


def linear(image, factor, offset, white):
    """v * factor + offset, in the type's own units."""
    if image.dtype == np.float32:
        return limit(image * np.float32(factor) + np.float32(offset), white)
    v = image.astype(np.int64)
    if image.dtype == np.uint8:
        x = (v * rounded(2048 * factor) + 64) >> 7
        return np.clip((x + offset + 8) >> 4, 0, 255).astype(np.uint8)
    x = v * rounded(2**20 * factor) + offset
    return np.clip((x + 2**19) >> 20, 0, int(white)).astype(np.uint16)


def brightness(image, factor, white):
    return linear(image, factor, 0, white)


def contrast(image, factor, white):
    channels = image.shape[2]
    weights = LUMA if channels == 3 else [1] * channels
    count = sum(weights) * image.shape[0] * image.shape[1]
    if image.dtype == np.float32:
        total = 0.0
        for weight, channel in zip(weights, channel_sums(image), strict=True):
            total += weight * channel
        return linear(image, factor, (1.0 - factor) * (total / count), white)
    total = sum(w * int(s) for w, s in zip(weights, image.sum((0, 1), np.int64), strict=True))
    one, unit = (2**11, 128) if image.dtype == np.uint8 else (2**20, 1)
    rest = one - rounded(one * factor)
    return linear(image, factor, (2 * rest * total + unit * count) // (2 * unit * count), white)


def saturation(image, factor, white):
    if image.dtype == np.float32:
        return linear(image, factor, np.float32(1.0 - factor) * luma(image)[..., None], white)
    v = image.astype(np.int64)
    if image.dtype == np.uint8:
        rest = 2048 - rounded(2048 * factor)
        gray = hrs((v - 128) * 256, np.array(LUMA)).sum(axis=2, keepdims=True)
        return linear(image, factor, hrs(gray, rest) + rest, white)
    f = rounded(2**20 * factor)
    x = (v * f << 15) + (2**20 - f) * (v @ np.array(LUMA))[..., None]
    return np.clip((x + 2**34) >> 35, 0, int(white)).astype(np.uint16)


def hrs(a, b):
    return (a * b + 16384) >> 15


def hue(image, shift, white):
    if image.dtype == np.float32:
        turns = [6.0 * (shift - math.floor(shift)) + 2.0 * j for j in range(3)]
        turns = [np.float32(turn if turn < 6 else turn - 6) for turn in turns]
        d, low, numerator, turn = sector(image, turns)
        return limit(hexagon(numerator + d * turn, d) + low[..., None], white)
    third = 8192 if image.dtype == np.uint8 else 2**21
    turns = [(rounded(3 * third * shift) + third * j) % (3 * third) for j in range(3)]
    d, low, numerator, turn = sector(image.astype(np.int64), turns)
    if image.dtype == np.uint8:
        x = hexagon(16 * numerator + ((d * turn + 128) >> 8), 16 * d)
        return ((x + 16 * low[..., None] + 8) >> 4).astype(np.uint8)
    x = hexagon((numerator << 20) + d * turn, d << 20)
    return ((x + (low[..., None] << 20) + 2**19) >> 20).astype(np.uint16)


def sector(image, turns):
    """Largest less smallest value, smallest value, place in the sector, and its turn."""
    r, g, b = (image[..., c] for c in range(3))
    high, low = image.max(axis=2), image.min(axis=2)
    which = [r == high, g == high]
    numerator = np.select(which, [g - b, b - r], r - g)
    return high - low, low, numerator, np.select(which, turns[:2], turns[2])


def hexagon(place, side):
    """How far each channel is above the smallest."""
    two = side + side
    three = two + side
    six = three + three
    place = np.where(place < 0, place + six, np.where(place >= six, place - six, place))
    x = [
        np.abs(place - three) - side,
        two - np.abs(place - two),
        two - np.abs(place - (two + two)),
    ]
    x, side = np.stack(x, axis=-1), side[..., None]
    return np.where(x < 0, side - side, np.where(x > side, side, x))
