"""Reading an image through coordinates, with interpolation: docs/spec/warp.md."""

import numpy as np

from .ops.pad import fill_as
from .pipeline import canonical

RUN = 256
TAPS = {"nearest": 1, "bilinear": 2, "bicubic": 4}
BITS = {
    ("bilinear", "uint8"): 8,
    ("bilinear", "uint16"): 16,
    ("bilinear", "float32"): 24,
    ("bicubic", "uint8"): 10,
    ("bicubic", "uint16"): 24,
    ("bicubic", "float32"): 24,
}


def fixed(v):
    return np.floor(v * 2.0**32 + 0.5).astype(np.int64)


def coordinates(inverse, size):
    """Q32 pixel indices X, Y of every output pixel."""
    y, x = (np.arange(n) for n in size)
    run = x - x % RUN
    rows = []
    for a, b, c in (inverse[:3], inverse[3:]):
        start = fixed(a * (run + 0.5) + (b * (y + 0.5))[:, None] + c - 0.5)
        rows.append(start + x % RUN * fixed(np.float64(a)))
    return rows


def resolve(border, i, n):
    """Positions within 0..n, -1 where the fill value is."""
    if border == "edge":
        return np.clip(i, 0, n - 1)
    if border == "wrap":
        return i % n
    if border == "reflect":
        m = i % (2 * n)
        return np.where(m < n, m, 2 * n - 1 - m)
    if border == "reflect101":
        m = i % max(2 * n - 2, 1)
        return np.where(m < n, m, 2 * n - 2 - m)
    return np.where((i >= 0) & (i < n), i, -1)


def projective(m, size):
    """The same of a projective map, whose nine numbers are scaled to depth 1 at the centre."""
    y, x = (np.arange(n) + 0.5 for n in size)
    a, b, c = ((m[i + 1] * y + m[i + 2])[:, None] for i in (0, 3, 6))
    r = 1.0 / np.maximum(m[6] * x + c, 2.0**-20)
    return [tied((m[0] * x + a) * r - 0.5), tied((m[3] * x + b) * r - 0.5)]


def tied(v):
    """Q32, ties to even."""
    return np.rint(np.clip(v, -(2.0**18), 2.0**18) * 2.0**32).astype(np.int64)


def warp(image, inverse, size, interpolation, border, fill):
    """Of an affine map, by its six numbers."""
    return read(image, coordinates(inverse, size), interpolation, border, fill)


def read(image, at, interpolation, border, fill):
    """The image at Q32 pixel indices X, Y."""
    bits = BITS.get((interpolation, image.dtype.name), 0)
    taps = TAPS[interpolation]
    fill = np.array([fill_as(v, image.dtype) for v in fill] * (image.shape[2] // len(fill)))
    t = [s + (1 << 31 - bits) for s in at]
    fx, fy = ((v >> 32 - bits & (1 << bits) - 1)[..., None] for v in t)
    before = (taps - 1) // 2
    x, y = ([(v >> 32) - before + i for i in range(taps)] for v in t)
    cols = [resolve(border, i, image.shape[1]) for i in x]
    rows = [resolve(border, i, image.shape[0]) for i in y]

    def tap(row, col):
        return np.where((row < 0)[..., None] | (col < 0)[..., None], fill, image[row, col])

    grid = [[tap(row, col) for col in cols] for row in rows]
    if interpolation == "nearest":
        return grid[0][0]
    mix = globals()[f"{interpolation}_{image.dtype.name}"]
    return mix(grid, fx, fy)


def bilinear_integer(grid, fx, fy, n):
    one = 1 << n
    (a, b), (c, d) = grid
    top = a * (one - fx) + b * fx
    bottom = c * (one - fx) + d * fx
    return top * (one - fy) + bottom * fy + (1 << 2 * n - 1) >> 2 * n


def bilinear_uint8(grid, fx, fy):
    return bilinear_integer(grid, fx, fy, 8).astype(np.uint8)


def bilinear_uint16(grid, fx, fy):
    return bilinear_integer(grid, fx, fy, 16).astype(np.uint16)


def unit(f):
    return f.astype(np.float32) * np.float32(2.0**-24)


def bilinear_float32(grid, fx, fy):
    def lerp(a, b, f):
        return a + (b - a) * f

    top, bottom = (lerp(a, b, unit(fx)) for a, b in grid)
    return canonical(lerp(top, bottom, unit(fy)))


def cubic_table():
    """Q14 weights at k / 1024."""
    k = np.arange(1024)
    f, ff, fff = k << 20, k * k << 10, k * k * k
    q31 = [2 * ff - f - fff, (1 << 31) - 5 * ff + 3 * fff, f + 4 * ff - 3 * fff, fff - ff]
    w = np.stack([v + (1 << 16) >> 17 for v in q31], axis=1)
    w[k, np.where(k <= 512, 1, 2)] += (1 << 14) - w.sum(axis=1)
    return w


CUBIC = cubic_table()


def dot(w, v):
    return w[0] * v[0] + w[1] * v[1] + w[2] * v[2] + w[3] * v[3]


def bicubic_uint8(grid, fx, fy):
    wx, wy = (np.moveaxis(CUBIC[f], -1, 0) for f in (fx, fy))
    rows = [dot(wx, row) + (1 << 7) >> 8 for row in grid]
    return np.clip(dot(wy, rows) + (1 << 19) >> 20, 0, 255).astype(np.uint8)


def cubic_q30(f):
    a = f << 5
    b = f * f + (1 << 18) >> 19
    c = b * f + (1 << 23) >> 24
    return [2 * b - a - c, (1 << 30) - 5 * b + 3 * c, a + 4 * b - 3 * c, c - b]


def bicubic_uint16(grid, fx, fy):
    wx, wy = cubic_q30(fx), cubic_q30(fy)
    rows = [dot(wx, row) + (1 << 17) >> 18 for row in grid]
    return np.clip(dot(wy, rows) + (1 << 41) >> 42, 0, 65535).astype(np.uint16)


def cubic_f32(f):
    f = unit(f)
    half, one, two = np.float32(0.5), np.float32(1), np.float32(2)
    three_halves = np.float32(1.5)
    return [
        f * (f * (one - half * f) - half),
        f * (f * (two - three_halves * f) + half),
        (f * f) * (half * f - half),
    ]


def bicubic_float32(grid, fx, fy):
    def cubic(w, p):
        return p[1] + ((w[0] * (p[0] - p[1]) + w[1] * (p[2] - p[1])) + w[2] * (p[3] - p[1]))

    wx, wy = cubic_f32(fx), cubic_f32(fy)
    return canonical(cubic(wy, [cubic(wx, row) for row in grid]))
