import numpy as np

from ..pipeline import canonical
from ..windows import edge, side, window

sample = side


def apply(op, params, image, noise):
    middle = params["kernel_size"] ** 2 // 2
    # NumPy has NaN above infinity.
    median = np.partition(window(image, params["kernel_size"], edge), middle, axis=0)[middle]
    return canonical(median + np.float32(0)) if image.dtype == np.float32 else median
