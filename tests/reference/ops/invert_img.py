import numpy as np

from ..colour import limit
from ..pipeline import canonical


def sample(op, shape, dtype, draws):
    return {}


def negative(image, white):
    """Of what is within 0..white."""
    out = image.dtype.type(white) - image
    return canonical(out) if image.dtype == np.float32 else out


def apply(op, params, image, noise):
    return negative(limit(image, op["white"]), op["white"])
