import math

import numpy as np

from ..warp import fixed, read


def sample(op, shape, dtype, draws):
    def cells():
        return [1.0 + draws.range(op["distort_limit"]) for _ in range(op["num_steps"])]

    return {"columns": cells(), "rows": cells()}


class Axis:
    def __init__(self, length, cells):
        self.length, self.n = float(length), len(cells)
        ends = [0.0]
        for cell in cells:
            ends.append(ends[-1] + cell)
        scale = self.length / ends[-1]
        self.ends = [end * scale for end in ends]

    def back(self, at):
        i = min(max(math.floor(at * self.n / self.length), 0), self.n - 1)
        slope = (self.ends[i + 1] - self.ends[i]) / (self.length / self.n)
        return self.ends[i] + (at - i * self.length / self.n) * slope

    def there(self, at):
        i = max([i for i in range(self.n) if self.ends[i] <= at], default=0)
        stretch = self.length / self.n / (self.ends[i + 1] - self.ends[i])
        return i * self.length / self.n + (at - self.ends[i]) * stretch

    def coordinates(self):
        return fixed(np.array([self.back(i + 0.5) - 0.5 for i in range(int(self.length))]))


class Grid:
    def __init__(self, params, shape):
        self.axes = Axis(shape[1], params["columns"]), Axis(shape[0], params["rows"])

    def coordinates(self):
        x, y = (axis.coordinates() for axis in self.axes)
        return np.broadcast_arrays(x, y[:, None])

    def inverse(self, point):
        return [axis.back(v) for axis, v in zip(self.axes, point, strict=True)]

    def forward(self, point):
        return [axis.there(v) for axis, v in zip(self.axes, point, strict=True)]

    def parts(self, length):
        return 1


def apply(op, params, image, noise):
    at = Grid(params, image.shape).coordinates()
    return read(image, at, op["interpolation"], "edge", [0.0])


def mask(op, params, mask):
    return read(mask, Grid(params, mask.shape).coordinates(), "nearest", "edge", [0.0])


def map(op, params, shape):
    return Grid(params, shape)
