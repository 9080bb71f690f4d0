import math

from .coarse_dropout import apply, mask  # noqa: F401  the holes differ, not what they do


def hole(op, shape, count, draws):
    height, width = shape[:2]
    sides = []
    for _ in range(10):
        area = float(height * width) * draws.range(op["scale"]) / count
        ratio = draws.log_range(op["ratio"])
        h = math.floor(math.sqrt(area * ratio) + 0.5)
        w = math.floor(math.sqrt(area / ratio) + 0.5)
        if h < height and w < width:
            sides.append((h, w))
    if not sides or 0 in sides[0]:
        draws.next += 4
        return None
    h, w = sides[0]
    return [draws.below(height - h + 1), draws.below(width - w + 1), h, w]


def sample(op, shape, dtype, draws):
    count = draws.integer(op["count_range"])
    holes = [hole(op, shape, count, draws) for _ in range(count)]
    return {"holes": [each for each in holes if each]}
