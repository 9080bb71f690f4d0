import numpy as np

from ..pipeline import canonical


def sample(op, shape, dtype, draws):
    return {}


def apply(op, params, image, noise):
    mean, std = np.array(op["mean"]), np.array(op["std"])
    scale = (1.0 / (std * op["white"])).astype(np.float32)
    bias = (-mean / std).astype(np.float32)
    return canonical(image.astype(np.float32) * scale + bias)
