import numpy as np

from ..colour import limit, luma
from ..tones import histogram, levels, most, of_levels


def sample(op, shape, dtype, draws):
    return {}


def table(mode, h, top, coarse):
    """What each level becomes; None if all stay."""
    there = np.flatnonzero(h)
    if not there.size:
        return None
    total = int(h.sum())
    if mode == "cv":
        first = there[0]
        d = total - int(h[first])
        h = h.copy()
        h[first] = 0
        factor, half, divisor = 2 * top, d, 2 * d
        sums = np.cumsum(h)
    else:
        d = total - int(h[there[-1]])
        factor, half, divisor = (1, d // top // 2, d // top) if coarse else (top, d // 2, d)
        sums = np.cumsum(h) - h
    if divisor == 0:
        return None
    return np.minimum((factor * sums + half) // divisor, top)


def apply(op, params, image, noise):
    white = op["white"]
    top, level = most(image, white), levels(image, white)
    coarse = image.dtype == np.uint8
    if op["by_channels"] or image.shape[2] == 1:
        out = limit(image, white)
        for c in range(image.shape[2]):
            t = table(op["mode"], histogram(level[..., c]), top, coarse)
            if t is not None:
                out[..., c] = of_levels(t[level[..., c]], image[..., c], white)
        return out
    some = (level < 0).any(axis=2)
    gray = np.where(some, -1, luma(np.maximum(level, 0).astype(np.uint16)).astype(np.int64))
    t = table(op["mode"], histogram(gray), top, coarse)
    if t is None:
        return limit(image, white)
    moved = np.clip(level + (t[gray] - gray)[..., None], 0, top)
    like = np.where(some[..., None], np.nan, image) if image.dtype == np.float32 else image
    return of_levels(moved, like.astype(image.dtype), white)
