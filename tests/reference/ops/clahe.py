import numpy as np

from ..colour import luma
from ..convolve import reflect101
from ..tones import levels, most, of_levels


def sample(op, shape, dtype, draws):
    return {"clip_limit": draws.range(op["clip_limit"])}


def apply(op, params, image, noise):
    white, limit = op["white"], params["clip_limit"]
    top, level = most(image, white), levels(image, white)
    some = (level < 0).any(axis=2)
    known = np.maximum(level, 0).astype(np.uint16)
    gray = (luma(known) if image.shape[2] == 3 else known[..., 0]).astype(np.int64)
    if image.dtype == np.uint8:
        moved = spread(gray, limit, op["tile_grid_size"])
    else:
        parts = np.where(some, -1, (2 * 65535 * gray + top) // (2 * top))
        parts = spread_parts(parts, limit, op["tile_grid_size"])
        moved = (2 * top * parts + 65535) // (2 * 65535)
    out = np.clip(level + (moved - gray)[..., None], 0, top)
    like = np.where(some[..., None], np.nan, image) if image.dtype == np.float32 else image
    return of_levels(out, like.astype(image.dtype), white)


def tiles(shape, grid):
    """Height and width of a tile."""
    fit = not any(length % count for length, count in zip(shape, grid, strict=True))
    return [length // count + (not fit) for length, count in zip(shape, grid, strict=True)]


def sums(level, limit, grid):
    """Of each tile the counts below or at each level, clipped; and a tile's pixels."""
    h, w = tiles(level.shape, grid)
    rows, columns = (
        reflect101(np.arange(n * k), size)
        for n, k, size in zip(grid, (h, w), level.shape, strict=True)
    )
    padded, area = level[np.ix_(rows, columns)], h * w
    clip = max(1, int(limit * area / 256))
    found = np.zeros((*grid, 256), np.int64)
    for i in range(grid[0]):
        for j in range(grid[1]):
            tile = padded[i * h : (i + 1) * h, j * w : (j + 1) * w].ravel()
            counts = np.bincount(tile[tile >= 0], minlength=256)
            above = int(np.maximum(counts - clip, 0).sum())
            counts = np.minimum(counts, clip) + above // 256
            if rest := above % 256:
                counts[:: 256 // rest][:rest] += 1
            found[i, j] = counts.cumsum()
    return found, area


def places(length, side, count, one):
    """Of each pixel the tiles before and after, and the weight of the latter."""
    m = 2 * np.arange(length) - side
    before = m // (2 * side)
    part = (one * (m - 2 * side * before) + side) // (2 * side)
    return np.clip(before, 0, count - 1), np.clip(before + 1, 0, count - 1), part


def between(shape, grid, one, table):
    """The sum of what `table(rows, columns)` of the nearest tiles gives, times their weights."""
    h, w = tiles(shape, grid)
    up, down, below = (each[:, None] for each in places(shape[0], h, grid[0], one))
    left, right, after = (each[None] for each in places(shape[1], w, grid[1], one))
    above = table(up, left) * (one - after) + table(up, right) * after
    under = table(down, left) * (one - after) + table(down, right) * after
    return above * (one - below) + under * below


def spread(level, limit, grid):
    counts, area = sums(level, limit, grid)
    table = np.minimum((510 * counts + area) // (2 * area), 255)
    mixed = between(level.shape, grid, 1 << 12, lambda i, j: table[i, j, level])
    return (mixed + (1 << 23)) >> 24


def spread_parts(value, limit, grid):
    """Of values in 65535ths; what -1 becomes means nothing."""
    counts, area = sums(value >> 8, limit, grid)
    table = np.minimum((2 * 65535 * counts + area) // (2 * area), 65535)
    table = np.concatenate([np.zeros((*grid, 1), np.int64), table], axis=2)
    level, part = np.maximum(value, 0) >> 8, np.maximum(value, 0) & 255

    def line(i, j):
        return table[i, j, level] * (255 - part) + table[i, j, level + 1] * part

    mixed = between(value.shape, grid, 1 << 16, line)
    return (mixed + (255 << 31)) // (255 << 32)
