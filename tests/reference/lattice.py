"""A field of displacements at the nodes of a lattice: docs/spec/warp.md."""

import math

import numpy as np

UNIT = 2.0**-16


def nodes(n, h):
    return -(-(n - 1) // h) + 1


class Lattice:
    """`x` and `y`: Q16 displacements at nodes a distance h apart, rows of columns; `smooth`: a
    length over which they are nearly straight."""

    def __init__(self, x, y, h, size, smooth):
        self.field, self.h, self.size = np.stack([x, y], -1).astype(np.int64), h, size
        self.smooth = smooth
        self.count = self.field.shape[1::-1]

    def coordinates(self):
        """Q32 pixel indices X, Y of every pixel."""
        h, k = self.h, self.h.bit_length() - 1
        padded = np.pad(self.field, [(0, 1), (0, 1), (0, 0)], mode="edge")
        y, x = (np.arange(n) for n in self.size)
        i, u, j, v = x >> k, (x & h - 1)[:, None], y >> k, (y & h - 1)[:, None, None]
        row = [padded[j + d][:, i] * (h - u) + padded[j + d][:, i + 1] * u for d in (0, 1)]
        d = row[0] * (h - v) + row[1] * v << 16 - 2 * k
        return [(x << 32) + d[..., 0], (y[:, None] << 32) + d[..., 1]]

    def cell(self, point):
        """The four nodes around a point, and where it lies between them."""
        cells, parts = [], []
        for v, count in zip(point, self.count, strict=True):
            t = min(max((v - 0.5) / self.h, 0.0), float(count - 1))
            i = max(min(math.floor(t), count - 2), 0)
            cells.append((i, min(i + 1, count - 1)))
            parts.append(t - i)
        (x, xx), (y, yy) = cells
        f = self.field.astype(np.float64)
        return f[y, x], f[y, xx], f[yy, x], f[yy, xx], *parts

    def displacement(self, point):
        a, b, c, d, u, v = self.cell(point)
        return ((a * (1 - u) + b * u) * (1 - v) + (c * (1 - u) + d * u) * v) * UNIT

    def parts(self, length):
        return min(max(math.ceil(4 * length / self.smooth), 8), 64)

    def inverse(self, point):
        return np.asarray(point) + self.displacement(point)

    def slope(self, point):
        a, b, c, d, u, v = self.cell(point)
        ends = zip(point, self.count, strict=True)
        x, y = (float(0 <= (p - 0.5) / self.h <= count - 1) for p, count in ends)
        scale = UNIT / self.h
        dx = ((b - a) * (1 - v) + (d - c) * v) * scale * x
        dy = ((c - a) * (1 - u) + (d - b) * u) * scale * y
        return 1.0 + dx[0], dy[0], dx[1], 1.0 + dy[1]

    def forward(self, point):
        p = np.asarray(point, np.float64)
        y = p - self.displacement(p)
        for step in range(13):
            rx, ry = (p - y) - self.displacement(y)
            error = max(abs(rx), abs(ry))
            if error <= 2.0**-16 or step == 12:
                break
            a, b, c, e = self.slope(y)
            det = max(a * e - b * c, 0.125)
            steps = (e * rx - b * ry) / det, (a * ry - c * rx) / det
            y = y + np.clip(steps, -8.0, 8.0)
        if error <= 2.0**-8:
            return y
        return self.nearest(p, y)

    def nearest(self, p, otherwise):
        reach = np.abs(self.field).max() * UNIT + 1
        near = [
            [i + 0.5 for i in range(n) if math.ceil(v - reach - 0.5) <= i <= v + reach - 0.5]
            for v, n in zip(p, self.size[::-1], strict=True)
        ]
        best, least = otherwise, math.inf
        for y in near[1]:
            for x in near[0]:
                dx, dy = self.inverse((x, y)) - p
                if dx * dx + dy * dy < least:
                    best, least = np.array([x, y]), dx * dx + dy * dy
        return best
