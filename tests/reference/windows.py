"""Windows of k x k samples, as rust/core/kernels/window.rs."""

import numpy as np


def edge(i: np.ndarray, n: int) -> np.ndarray:
    return np.clip(i, 0, n - 1)


def side(op, shape, dtype, draws):
    lo, hi = op["blur_limit"]
    return {"kernel_size": lo + 2 * draws.below((hi - lo) // 2 + 1)}


def shifted(image, axis, k, border):
    """The image shifted by each step within a window, what lies beyond its edges by `border`."""
    n = image.shape[axis]
    for step in range(-(k // 2), k // 2 + 1):
        yield np.take(image, border(np.arange(n) + step, n), axis)


def window(image, k, border):
    """The samples of every window, along a first axis."""
    across = np.stack(list(shifted(image, 1, k, border)))
    return np.concatenate(list(shifted(across, 1, k, border)))
