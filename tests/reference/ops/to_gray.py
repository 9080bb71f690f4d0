import numpy as np

from ..colour import limit, luma


def sample(op, shape, dtype, draws):
    return {}


def apply(op, params, image, noise):
    image = limit(image, op["white"])
    gray = limit(METHODS[op.get("method")](image), op["white"])
    return np.repeat(gray[..., None], image.shape[2], axis=2)


def average(image):
    count = image.shape[2]
    if image.dtype != np.float32:
        total = image.sum(axis=2, dtype=np.int64)
        return ((2 * total + count) // (2 * count)).astype(image.dtype)
    total = np.zeros(image.shape[:2], np.float32)
    for c in range(count):
        total = total + image[..., c]
    return total / np.float32(count)


def largest(image):
    return image.max(axis=2)


def desaturation(image):
    if image.dtype == np.float32:
        return (image.max(axis=2) + image.min(axis=2)) * np.float32(0.5)
    ends = image.max(axis=2).astype(np.int64) + image.min(axis=2)
    return ((ends + 1) >> 1).astype(image.dtype)


METHODS = {None: luma, "average": average, "max": largest, "desaturation": desaturation}
