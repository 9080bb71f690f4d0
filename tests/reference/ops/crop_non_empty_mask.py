import numpy as np

from . import random_crop
from .random_crop import apply, map, mask  # noqa: F401  the window is placed, the rest is the same


def counts(op, values):
    """Which pixels of a mask count."""
    channels = [c for c in range(values.shape[2]) if c not in op["ignore_channels"]]
    return ~np.isin(values[..., channels], [0, *op["ignore_values"]]).all(axis=2)


def sample_seeing(op, shape, dtype, draws, seen):
    shown = np.any([counts(op, values) for values in seen["masks"]], axis=0)
    ys, xs = np.nonzero(shown)
    if not len(ys):
        draws.next += 6
        return random_crop.sample(op, shape, dtype, draws)
    k = draws.below(len(ys))
    dx, dy = draws.below(op["width"]), draws.below(op["height"])
    return {
        "top": min(max(int(ys[k]) - dy, 0), shape[0] - op["height"]),
        "left": min(max(int(xs[k]) - dx, 0), shape[1] - op["width"]),
    }
