import itertools
import math

from .coarse_dropout import covered

PLANES = 1


def sample(op, shape, dtype, draws):
    ends = op["unit_size_range"]
    return {"unit_size": None if ends is None else draws.integer(ends)}


def cells(side, count):
    cuts = [i * side // count for i in range(count + 1)]
    return list(itertools.pairwise(cuts))


def holes(op, params, shape, field):
    height, width = shape[:2]
    unit = params["unit_size"]
    numbers = op["holes_number_xy"] or [s // (unit or max(2, s // 10)) for s in (width, height)]
    x, y = (max(1, min(n, s // 2)) for n, s in zip(numbers, (width, height), strict=True))
    columns, rows = cells(width, x), cells(height, y)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            word = int(field.at([i * x + j])[0])
            found = []
            axes = zip(
                (row, column), (word & 0xFFFF, word >> 16), op["shift_xy"][::-1], strict=True
            )
            for (start, end), bits, shift in axes:
                cell = end - start
                length = min(max(math.floor(cell * op["ratio"]), 1), cell - 1)
                room = cell - length
                offset = bits * (room + 1) >> 16 if op["random_offset"] else min(shift, room)
                found.append((start + offset, length))
            (top, h), (left, w) = found
            yield top, left, h, w


def apply(op, params, image, noise):
    return covered(image, holes(op, params, image.shape, noise[0]), op["fill"])


def mask(op, params, mask, noise):
    fill = op["fill_mask"]
    return mask if fill is None else covered(mask, holes(op, params, mask.shape, noise[0]), [fill])
