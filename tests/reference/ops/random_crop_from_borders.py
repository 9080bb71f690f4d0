import math

from .random_iou_crop import apply, map, mask  # noqa: F401  the window is another


def axis(op, first, second, n, draws):
    """Where what is left starts, and how long it is."""
    before, after = (draws.integer((0, math.floor(n * op[part]))) for part in (first, second))
    start = min(before, n - 1)
    return start, n - start - min(after, n - 1 - start)


def sample(op, shape, dtype, draws):
    left, width = axis(op, "crop_left", "crop_right", shape[1], draws)
    top, height = axis(op, "crop_top", "crop_bottom", shape[0], draws)
    return {"top": top, "left": left, "height": height, "width": width}
