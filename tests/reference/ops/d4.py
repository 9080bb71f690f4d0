import numpy as np

ELEMENTS = ["e", "r90", "r180", "r270", "v", "hvt", "h", "t"]


def sample(op, shape, dtype, draws):
    return {"element": ELEMENTS[draws.below(8)]}


def moved(element, pixels):
    if element.startswith("r"):
        return np.rot90(pixels, int(element[1:]) // 90)
    transposed = np.swapaxes(pixels, 0, 1)
    return {
        "e": pixels,
        "v": pixels[::-1],
        "hvt": transposed[::-1, ::-1],
        "h": pixels[:, ::-1],
        "t": transposed,
    }[element]


def apply(op, params, image, noise):
    return moved(params["element"], image)


def mask(op, params, mask):
    return moved(params["element"], mask)


def map(op, params, shape):
    h, w = float(shape[0]), float(shape[1])
    return {
        "e": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        "r90": [0.0, 1.0, 0.0, -1.0, 0.0, w],
        "r180": [-1.0, 0.0, w, 0.0, -1.0, h],
        "r270": [0.0, -1.0, h, 1.0, 0.0, 0.0],
        "v": [1.0, 0.0, 0.0, 0.0, -1.0, h],
        "hvt": [0.0, -1.0, h, -1.0, 0.0, w],
        "h": [-1.0, 0.0, w, 0.0, 1.0, 0.0],
        "t": [0.0, 1.0, 0.0, 1.0, 0.0, 0.0],
    }[params["element"]]
