import math

import numpy as np

from ..convolve import convolve
from ..detmath import exp
from ..lattice import Lattice, nodes
from ..warp import read

PLANES = 1


def sample(op, shape, dtype, draws):
    return {"alpha": draws.range(op["alpha"]), "sigma": draws.range(op["sigma"])}


def grids(sigma):
    """Distances between coarse and fine nodes, and the blur's width in coarse ones."""
    g = 1
    while 1.5 * (2 * g) <= sigma:
        g *= 2
    if g == 1:
        return 1, 1, sigma
    return g, g // 2, math.sqrt((sigma / g) * (sigma / g) - 0.25)


def subdivided(n, axis, count):
    """One step along an axis: the first `count` nodes from the second coarse one on."""
    n = np.moveaxis(n, axis, 0)
    fine = np.empty((2 * (len(n) - 2), *n.shape[1:]), np.int64)
    fine[::2] = n[:-2] + 6 * n[1:-1] + n[2:] + 4 >> 3
    fine[1::2] = n[1:-1] + n[2:] + 1 >> 1
    return np.moveaxis(fine[:count], 0, axis)


def lattice(params, shape, noise):
    alpha, sigma = params["alpha"], params["sigma"]
    g, h, s = grids(sigma)
    r = math.ceil(4 * s)
    rows, columns = (nodes(n, g) + 2 + 2 * r for n in shape[:2])
    words = noise[0].words(rows * columns).astype(np.int64).reshape(rows, columns)
    heights = [1.0] + [exp(-(d * d / (2.0 * s * s))) for d in range(1, r + 1)]
    both = []
    for half in (words & 0xFFFF, words >> 16):
        uniform = ((2 * half + 1 - 65536) * 2.0**-16).astype(np.float32)
        v = convolve(uniform[..., None], heights)[r : rows - r, r : columns - r, 0]
        n = np.floor(v.astype(np.float64) * (alpha / g) * 65536 + 0.5).astype(np.int64)
        if g == 1:
            n = n[1:-1, 1:-1]
        else:
            n = subdivided(n, 1, nodes(shape[1], h))
            n = subdivided(n, 0, nodes(shape[0], h))
        both.append(n)
    return Lattice(*both, h, shape[:2], sigma)


def apply(op, params, image, noise):
    at = lattice(params, image.shape, noise).coordinates()
    return read(image, at, op["interpolation"], op["border"], op["fill"])


def mask(op, params, mask, noise):
    at = lattice(params, mask.shape, noise).coordinates()
    return read(mask, at, "nearest", op["border"], [op["fill_mask"]])


def map(op, params, shape, noise):
    return lattice(params, shape, noise)
