import numpy as np


def tiles(op, shape):
    """Top, left, height and width of each, row by row."""
    rows, cols = ([i * n // count for i in range(count + 1)] for n, count in zip(
        shape, op["grid"], strict=False))  # fmt: skip
    return [
        (top, left, rows[i + 1] - top, cols[j + 1] - left)
        for i, top in enumerate(rows[:-1])
        for j, left in enumerate(cols[:-1])
    ]


def sample(op, shape, dtype, draws):
    sizes = [tile[2:] for tile in tiles(op, shape)]
    listed = draws.permutation(len(sizes))
    waiting = {size: iter([t for t in listed if sizes[t] == size]) for size in set(sizes)}
    return {"tiles": [next(waiting[size]) for size in sizes]}


def apply(op, params, image, noise):
    places, out = tiles(op, image.shape), np.empty_like(image)
    for (to_top, to_left, height, width), tile in zip(places, params["tiles"], strict=True):
        top, left = places[tile][:2]
        part = image[top : top + height, left : left + width]
        out[to_top : to_top + height, to_left : to_left + width] = part
    return out


def mask(op, params, mask):
    return apply(op, params, mask, [])


class Pieces:
    def __init__(self, op, params, shape):
        places = tiles(op, shape)
        self.moves = [
            (left, top, left + width, top + height, place[1] - left, place[0] - top)
            for place, (top, left, height, width) in zip(
                places, (places[tile] for tile in params["tiles"]), strict=True
            )
        ]

    def around(self, box):
        """Of the pieces, and of the corners that lie outside."""
        left, top, right, bottom = box
        points = []
        for low_x, low_y, high_x, high_y, x, y in self.moves:
            ends = [(max(left, low_x), max(top, low_y)), (min(right, high_x), min(bottom, high_y))]
            if ends[0][0] < ends[1][0] and ends[0][1] < ends[1][1]:
                points += [(end[0] + x, end[1] + y) for end in ends]
        for x, y in (left, top), (right, top), (right, bottom), (left, bottom):
            if not any(m[0] <= x <= m[2] and m[1] <= y <= m[3] for m in self.moves):
                points.append((x, y))
        return points


def map(op, params, shape):
    return Pieces(op, params, shape)
