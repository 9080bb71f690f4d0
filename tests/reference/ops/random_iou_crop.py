import math

import numpy as np


def trial(op, height, width, draws):
    w, h = (math.floor(n * draws.range(op["scale"])) for n in (width, height))
    left, top = (math.floor((n - side) * draws.unit()) for n, side in ((width, w), (height, h)))
    return {"top": top, "left": left, "height": h, "width": w}


def centered(window, boxes):
    """Which boxes have their centre strictly inside."""
    left, top = window["left"], window["top"]
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    inside = (left < x) & (x < left + window["width"])
    return inside & (top < y) & (y < top + window["height"])


def area(boxes):
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def overlaps(window, boxes):
    """The intersections over union."""
    left, top, w, h = (window[name] for name in ("left", "top", "width", "height"))
    low = np.maximum(boxes[:, :2], [left, top])
    common = area(np.hstack([low, np.minimum(boxes[:, 2:], [left + w, top + h])]))
    return common / (area(boxes) + float(w * h) - common)


def sample_seeing(op, shape, dtype, draws, seen):
    height, width = shape[:2]
    whole = {"top": 0, "left": 0, "height": height, "width": width}
    boxes = seen["boxes"][area(seen["boxes"]) > 0]
    if not len(boxes):
        return whole
    least, most = op["ratio"]
    for _ in range(16):
        option = op["options"][draws.below(len(op["options"]))]
        if option >= 1:
            return whole
        for window in [trial(op, height, width, draws) for _ in range(op["trials"])]:
            w, h = window["width"], window["height"]
            if w >= 1 and h >= 1 and least <= w / h <= most:
                inside = boxes[centered(window, boxes)]
                if len(inside) and overlaps(window, inside).max() >= option:
                    return window
    return whole


def apply(op, params, image, noise):
    top, left = params["top"], params["left"]
    return image[top : top + params["height"], left : left + params["width"]]


def mask(op, params, mask):
    return apply(op, params, mask, [])


def keep(op, params, boxes):
    return centered(params, boxes)


def map(op, params, shape):
    return [1.0, 0.0, -float(params["left"]), 0.0, 1.0, -float(params["top"])]
