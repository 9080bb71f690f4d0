import math

import numpy as np

from ..warp import read, tied


def sample(op, shape, dtype, draws):
    return {"strength": draws.range(op["distort_limit"])}


class Lens:
    def __init__(self, op, params, shape):
        self.size, k = shape[:2], params["strength"]
        h, w = (float(n) for n in self.size)
        self.center = w / 2, h / 2
        if op["mode"] == "camera":
            self.weights, self.bend = (1 / (w * w), 1 / (h * h)), (k, k)
        else:
            self.weights, self.bend = (4 / (w * w + h * h),) * 2, (k, 0.0)
        self.end = math.sqrt(self.square(*self.center))

    def square(self, dx, dy):
        a, b = self.weights
        return dx * dx * a + dy * dy * b

    def factor(self, q):
        k1, k2 = self.bend
        return (q * k2 + k1) * q + 1

    def inverse(self, point):
        dx, dy = (v - c for v, c in zip(point, self.center, strict=True))
        f = self.factor(self.square(dx, dy))
        return [dx * f + self.center[0], dy * f + self.center[1]]

    def coordinates(self):
        y, x = (np.arange(n) + 0.5 for n in self.size)
        return [tied(v - 0.5) for v in self.inverse((x, y[:, None]))]

    def distance(self, rho):
        end, (k1, k2) = self.end, self.bend

        def seen(r):
            q = r * r
            return r * ((q * k2 + k1) * q + 1)

        if rho > seen(end):
            slope = (5 * (end * end) * k2 + 3 * k1) * (end * end) + 1
            return end + (rho - seen(end)) / slope
        low, high = 0.0, end
        for _ in range(52):
            middle = (low + high) / 2
            if seen(middle) < rho:
                low = middle
            else:
                high = middle
        return (low + high) / 2

    def forward(self, point):
        dx, dy = (v - c for v, c in zip(point, self.center, strict=True))
        rho = math.sqrt(self.square(dx, dy))
        if rho == 0:
            return point
        part = self.distance(rho) / rho
        return [dx * part + self.center[0], dy * part + self.center[1]]

    def parts(self, length):
        return 16


def moved(op, params, image, interpolation, fill):
    at = Lens(op, params, image.shape).coordinates()
    return read(image, at, interpolation, op["border"], fill)


def apply(op, params, image, noise):
    return moved(op, params, image, op["interpolation"], op["fill"])


def mask(op, params, mask):
    return moved(op, params, mask, "nearest", [op["fill_mask"]])


def map(op, params, shape):
    return Lens(op, params, shape)
