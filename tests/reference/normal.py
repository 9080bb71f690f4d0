"""The twin of rust/core/random/normal.rs over arrays; docs/spec/normal.md.

The vectors: `python -m tests.reference.normal > tests/vectors/normal.txt`.
"""

import math
import random
import re
from ast import literal_eval
from pathlib import Path

import numpy as np

from tests.reference.detmath import to_bits

SOURCE = (Path(__file__).parents[2] / "rust/core/random/normal/tables.rs").read_text()


def table(name):
    return np.array(literal_eval(re.search(rf"const {name}: [^=]* = (\[[^\]]*\])", SOURCE)[1]))


BASE, SLOPE, CURVE, EDGE, TAIL = map(table, ("BASE", "SLOPE", "CURVE", "EDGE", "TAIL"))


def magnitude(t):
    """|z| in Q14 for t in 16..32767."""
    t = np.asarray(t)
    x = np.where(t < 128, t << 5, np.where(t < 4096, t << 3 | 0x8000, t))
    i, f = x >> 10, x << 6 & 0xFFFF
    body = BASE[i] - (f * (SLOPE[i] - (f * (8 * CURVE[i]) >> 16)) >> 16)
    return np.where(t < 32, EDGE[np.clip(t - 16, 0, 15)], body)


def tail_magnitude(t, r):
    """|z| in Q16 for t in 0..15 and 32 bits r."""
    x = np.asarray(t, np.int64) << 33 | np.asarray(r, np.int64) << 1 | 1
    e = np.frexp(x.astype(float))[1].astype(np.int64) - 1  # x has at most 37 bits: exact
    x = x << 36 - e
    i = 8 * e + (x >> 33 & 7)
    return TAIL[i] - ((TAIL[i] - TAIL[i + 1]) * (x >> 17 & 0xFFFF) >> 16)


def deviate(h, r):
    """Deviates in Q16 of 16-bit words h and tail words r (used where t < 16)."""
    h, r = np.asarray(h, np.int64), np.asarray(r, np.int64)
    t = np.where(h < 0x8000, 0x7FFF - h, h - 0x8000)
    z = np.where(t < 16, tail_magnitude(t & 15, r), magnitude(np.maximum(t, 16)) << 2)
    return np.where(h < 0x8000, z, -z)


def gain(sigma, maximum):
    """g, j of an integer image whose nominal maximum is 255 or 65535."""
    limit = {255: 32767.5, 65535: 65535.5}[maximum]
    j = max(j for j in range(15) if sigma * 2.0**j < limit)
    return math.floor(sigma * 2.0**j + 0.5), j


def noise(z, gain):
    """sigma z in whole levels."""
    g, j = gain
    z = np.asarray(z, np.int64)
    return np.sign(z) * (np.abs(z) * g + (1 << 15 + j) >> 16 + j)


def float_noise(v, z, sigma):
    """v + sigma z for float32 v."""
    return np.asarray(v, np.float32) + np.asarray(z).astype(np.float32) * np.float32(sigma / 65536)


def fnv(data):
    """FNV-1a, 64 bits."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def vectors():
    """Lines of tests/vectors/normal.txt."""
    rng = random.Random(0)
    everything = deviate(np.arange(65536), 0x9E3779B9)
    hs = [0, 1, 0x7FFF, 0x8000, 0xFFFF] + [
        0x7FFF - t + d for t in (16, 32, 64, 96, 128, 256, 4096, 5120) for d in (-1, 0, 1)
    ]
    hs += [0x7FFF - t for t in range(16)] + [0x8000 + t for t in range(16)]
    cases = [(h, rng.getrandbits(32)) for h in hs + [rng.getrandbits(16) for _ in range(64)]]
    cases += [(0x7FFF, r) for r in (0, 1, 2, 3, 0xFFFF, 2**31, 2**32 - 1)]
    cases += [
        (0x7FFF - rng.randrange(16), rng.getrandbits(32) >> rng.randrange(32)) for _ in range(64)
    ]
    yield (
        "# all FNV-1a64 | z h r -> Q16 | uint8, uint16 sigma z -> noise | "
        "float32 sigma z v -> v + sigma z."
    )
    yield (
        "# all: of the decimal deviates of every h with tail word 9e3779b9, each with a newline. "
        "z, noise: decimal."
    )
    yield (
        "# The rest: hex; sigma: bits of float64; v and result: bits of float32. "
        "Written by tests/reference/normal.py"
    )
    yield f"all {fnv(''.join(f'{z}' + chr(10) for z in everything).encode()):016x}"
    for h, r in cases:
        yield f"z {h:04x} {r:08x} {deviate(h, r)}"
    zs = [0, 1, -1, int(TAIL[0]), -int(TAIL[0])]
    for sigma in (
        0.0,
        0.004,
        0.5,
        1.0,
        1.999,
        1.99997,
        2.0,
        12.75,
        25.0,
        100.0,
        127.99,
        128.0,
        255.0,
    ):
        for z in zs + [everything[rng.randrange(65536)] for _ in range(8)]:
            yield f"uint8 {to_bits(sigma):016x} {z} {noise(z, gain(sigma, 255))}"
            yield f"uint16 {to_bits(sigma * 257):016x} {z} {noise(z, gain(sigma * 257, 65535))}"
            v = np.float32(rng.random())
            noisy = float_noise(v, z, sigma / 255)
            bits = f"{v.view(np.uint32):08x} {noisy.view(np.uint32):08x}"
            yield f"float32 {to_bits(sigma / 255):016x} {z} {bits}"


if __name__ == "__main__":
    print(*vectors(), sep="\n")
