import math

from .random_crop import apply, map, mask  # noqa: F401  the window is placed, the rest is the same
from .random_iou_crop import area


def showing(op, start, end, length, n):
    """First and last place of a window that shows enough."""
    shown = (end - start) * (1 - op["erosion_factor"])
    first = max(math.ceil(start + shown) - length, 0)
    last = min(math.floor(end - shown), n - length)
    if first <= last:
        return first, last
    middle = min(max(math.floor((start + end - length) / 2), 0), n - length)
    return middle, middle


def sample_seeing(op, shape, dtype, draws, seen):
    boxes = seen["boxes"][area(seen["boxes"]) > 0]
    (height, width), rows, columns = shape[:2], op["height"], op["width"]
    chosen = draws.below(max(len(boxes), 1))
    x, y = (0, width - columns), (0, height - rows)
    if len(boxes):
        left, top, right, bottom = boxes[chosen].tolist()
        x = showing(op, left, right, columns, width)
        y = showing(op, top, bottom, rows, height)
    left = draws.integer(x)
    return {"top": draws.integer(y), "left": left}
