def sample(op, shape, dtype, draws):
    return {}


def apply(op, params, image, noise):
    return image[::-1]


def mask(op, params, mask):
    return mask[::-1]


def map(op, params, shape):
    return [1.0, 0.0, 0.0, 0.0, -1.0, float(shape[0])]
