import math

from .random_iou_crop import apply, area, map, mask  # noqa: F401  the window is another
from .random_shortest_size import sized


def kept(boxes, rate):
    """What is to stay of the boxes, if anything is."""
    boxes = boxes[area(boxes) > 0]
    if not len(boxes):
        return None
    left, top = boxes[:, :2].min(0).tolist()
    right, bottom = boxes[:, 2:].max(0).tolist()
    x, y = (right - left) * rate / 2, (bottom - top) * rate / 2
    left, top, right, bottom = left + x, top + y, right - x, bottom - y
    return (left, top, right, bottom) if left < right and top < bottom else None


def sample_seeing(op, shape, dtype, draws, seen):
    (height, width), rate = shape[:2], op["erosion_rate"]
    stays = kept(seen["boxes"], rate)
    if stays:
        left, top = (draws.integer((0, math.floor(v))) for v in stays[:2])
        ends = zip(stays[2:], (width, height), strict=True)
        right, bottom = (draws.integer((math.ceil(v), n)) for v, n in ends)
        return {"top": top, "left": left, "height": bottom - top, "width": right - left}
    draws.next += 8
    h = draws.integer((max(math.floor(height * (1 - rate)), 1), height))
    w = sized(h, height, shape)["width"]
    top = draws.below(height - h + 1)
    return {"top": top, "left": draws.below(width - w + 1), "height": h, "width": w}
