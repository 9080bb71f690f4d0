from .random_crop import apply, map, mask  # noqa: F401  the window is placed, the rest is the same


def sample(op, shape, dtype, draws):
    return {"top": (shape[0] - op["height"]) // 2, "left": (shape[1] - op["width"]) // 2}
