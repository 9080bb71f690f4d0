import numpy as np

from ..colour import limit

BASES = [
    """16 11 10 16 24 40 51 61  12 12 14 19 26 58 60 55  14 13 16 24 40 57 69 56
    14 17 22 29 51 87 80 62  18 22 37 56 68 109 103 77  24 35 55 64 81 104 113 92
    49 64 78 87 103 121 120 101  72 92 95 98 112 100 103 99""",
    """17 18 24 47 99 99 99 99  18 21 26 66 99 99 99 99  24 26 56 99 99 99 99 99
    47 66 99 99 99 99 99 99"""
    + " 99" * 32,
]
SHARES = {"4:4:4": (1, 1), "4:2:2": (1, 2), "4:2:0": (2, 2)}


def sample(op, shape, dtype, draws):
    return {"quality": draws.integer(op["quality_range"])}


def table(base, quality):
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    entries = np.array(base.split(), np.int64).reshape(8, 8)
    return np.clip((entries * scale + 50) // 100, 1, 255)


def descale(x, n):
    return x + (1 << n - 1) >> n


def odd(p, q, r, s):
    z1, z2, z3, z4 = p + s, q + r, p + r, q + s
    z5 = 9633 * (z3 + z4)
    u3, u4 = z5 - 16069 * z3, z5 - 3196 * z4
    return (
        2446 * p - 7373 * z1 + u3,
        16819 * q - 20995 * z2 + u4,
        25172 * r - 20995 * z2 + u3,
        12299 * s - 7373 * z1 + u4,
    )


def forward(blocks, axis, n, ends):
    """Along an axis of blocks; `ends` makes the first and the middle coefficient."""
    x = np.moveaxis(blocks, axis, 0)
    a, b = [x[i] + x[7 - i] for i in range(4)], [x[i] - x[7 - i] for i in range(4)]
    e0, e3, e1, e2 = a[0] + a[3], a[0] - a[3], a[1] + a[2], a[1] - a[2]
    z = 4433 * (e2 + e3)
    x7, x5, x3, x1 = (descale(v, n) for v in odd(b[3], b[2], b[1], b[0]))
    x2, x6 = descale(z + 6270 * e3, n), descale(z - 15137 * e2, n)
    return np.moveaxis(np.stack([ends(e0 + e1), x1, x2, x3, ends(e0 - e1), x5, x6, x7]), 0, axis)


def inverse(blocks, axis, n):
    y = np.moveaxis(blocks, axis, 0)
    z = 4433 * (y[2] + y[6])
    t2, t3 = z - 15137 * y[6], z + 6270 * y[2]
    t0, t1 = y[0] + y[4] << 13, y[0] - y[4] << 13
    e = t0 + t3, t1 + t2, t1 - t2, t0 - t3
    o = odd(y[7], y[5], y[3], y[1])[::-1]
    pairs = list(zip(e, o, strict=True))
    x = [a + b for a, b in pairs] + [a - b for a, b in reversed(pairs)]
    return np.moveaxis(descale(np.stack(x), n), 0, axis)


def quantised(plane, q):
    """Through blocks of 8 x 8 and back."""
    height, width = plane.shape
    plane = np.pad(plane, [(0, -height % 8), (0, -width % 8)], "edge").astype(np.int64) - 128
    rows, columns = plane.shape
    blocks = plane.reshape(rows // 8, 8, columns // 8, 8)
    blocks = forward(blocks, 3, 11, lambda v: v << 2)
    blocks = forward(blocks, 1, 15, lambda v: descale(v, 2))
    q = q[None, :, None]
    blocks = np.sign(blocks) * ((abs(blocks) + 4 * q) // (8 * q)) * q
    blocks = inverse(inverse(blocks, 1, 11), 3, 18)
    return np.clip(blocks.reshape(rows, columns) + 128, 0, 255)[:height, :width]


def shrunk(plane, down, across):
    height, width = plane.shape
    # Columns are repeated before biases are added.
    wide = -(-width // across)
    plane = np.pad(plane, [(0, -height % down), (0, across * (wide + 8) - width)], "edge")
    total = sum(plane[y::down, x::across] for y in range(down) for x in range(across))
    bias = {1: 0, 2: np.arange(wide + 8) % 2, 4: 1 + np.arange(wide + 8) % 2}[down * across]
    return (total + bias) // (down * across), wide


def grown(plane, down, across, height, width):
    if across == 1:
        return plane
    if plane.shape[1] <= 2:
        return plane.repeat(down, 0).repeat(2, 1)[:height, :width]
    if down == 2:
        above = np.pad(plane, [(1, 0), (0, 0)], "edge")[:-1]
        below = np.pad(plane, [(0, 1), (0, 0)], "edge")[1:]
        plane = np.stack([3 * plane + above, 3 * plane + below], 1).reshape(-1, plane.shape[1])
    left = np.pad(plane, [(0, 0), (1, 0)], "edge")[:, :-1]
    right = np.pad(plane, [(0, 0), (0, 1)], "edge")[:, 1:]
    bits, a, b = (4, 8, 7) if down == 2 else (2, 1, 2)
    both = np.stack([3 * plane + left + a, 3 * plane + right + b], 2) >> bits
    return both.reshape(len(plane), -1)[:height, :width]


def compress(image, quality, subsampling):
    luma, chroma = (table(base, quality) for base in BASES)
    if image.shape[2] == 1:
        return quantised(image[..., 0], luma)[..., None].astype(np.uint8)
    r, g, b = np.moveaxis(image.astype(np.int64), 2, 0)
    y = 19595 * r + 38470 * g + 7471 * b + 32768 >> 16
    cb = -11059 * r - 21709 * g + 32768 * b + 8421375 >> 16
    cr = 32768 * r - 27439 * g - 5329 * b + 8421375 >> 16
    down, across = SHARES[subsampling]
    y = quantised(y, luma)
    others = []
    for plane in cb, cr:
        small, wide = shrunk(plane, down, across)
        small = quantised(small[:, : wide + -wide % 8], chroma)[:, :wide]
        others.append(grown(small, down, across, *y.shape) - 128)
    cb, cr = others
    red = y + (91881 * cr + 32768 >> 16)
    green = y + (-22554 * cb - 46802 * cr + 32768 >> 16)
    blue = y + (116130 * cb + 32768 >> 16)
    return np.clip(np.stack([red, green, blue], 2), 0, 255).astype(np.uint8)


def apply(op, params, image, noise):
    def made(image):
        return compress(image, params["quality"], op["subsampling"])

    if image.dtype == np.uint8:
        return made(image)
    values = limit(image, op["white"])
    if image.dtype == np.uint16:
        white = int(op["white"])
        small = (510 * values.astype(np.int64) + white) // (2 * white)
        out = (2 * white * made(small).astype(np.int64) + 255) // 510
        return out.astype(np.uint16)
    white, nan = np.float32(op["white"]), np.isnan(values)
    parts = np.where(nan, np.float32(0), values) / white
    small = np.floor(np.float32(255) * parts + np.float32(0.5))
    out = made(small.astype(np.uint8)).astype(np.float32) / np.float32(255) * white
    return np.where(nan, values, out)
