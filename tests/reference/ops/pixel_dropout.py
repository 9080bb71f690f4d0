import numpy as np

from ..hits import hits
from .pad import fill_as

PLANES = 2


def sample(op, shape, dtype, draws):
    return {"dropout_prob": draws.range(op["dropout_prob"])}


def dropped(op, params, array, noise, fill):
    domain = (*array.shape[:2], array.shape[2] if op["per_channel"] else 1)
    found, _ = hits(noise, int(np.prod(domain)), params["dropout_prob"])
    fill = np.array([fill_as(value, array.dtype) for value in fill])
    return np.where(found.reshape(domain), fill, array).astype(array.dtype)


def apply(op, params, image, noise):
    return dropped(op, params, image, noise, op["fill"])


def mask(op, params, mask, noise):
    fill = op["fill_mask"]
    return mask if fill is None else dropped(op, params, mask, noise, [fill])
