import math

from .random_resized_crop import apply, map, mask  # noqa: F401  the window is another


def sample(op, shape, dtype, draws):
    height, width = shape[:2]
    h = draws.integer([min(end, height) for end in op["min_max_height"]])
    w = min(max(math.floor(h * op["w2h_ratio"] + 0.5), 1), width)
    top = draws.below(height - h + 1)
    return {"top": top, "left": draws.below(width - w + 1), "height": h, "width": w}
