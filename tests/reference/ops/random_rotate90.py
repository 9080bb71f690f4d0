import numpy as np


def sample(op, shape, dtype, draws):
    return {"turns": draws.below(4)}


def apply(op, params, image, noise):
    return np.rot90(image, params["turns"])


def mask(op, params, mask):
    return np.rot90(mask, params["turns"])


def map(op, params, shape):
    h, w = float(shape[0]), float(shape[1])
    return [
        [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        [0.0, 1.0, 0.0, -1.0, 0.0, w],
        [-1.0, 0.0, w, 0.0, -1.0, h],
        [0.0, -1.0, h, 1.0, 0.0, 0.0],
    ][params["turns"]]
