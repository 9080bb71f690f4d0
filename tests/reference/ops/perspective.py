import math

from ..maps import forward
from ..warp import projective, read


def sample(op, shape, dtype, draws):
    h, w = (float(n) for n in shape[:2])
    most = draws.range(op["distortion"])

    def corner(right, bottom):
        x, y = (draws.range([0.0, most]) * side for side in (w, h))
        return [w - x if right else x, h - y if bottom else y]

    sides = [(False, False), (True, False), (True, True), (False, True)]
    return {"corners": [corner(*each) for each in sides]}


def quadrilateral(corners, width, height):
    """From a rectangle of this width and height to the corners."""
    p0, p1, p2, p3 = corners
    sx, sy = (((a - b) + c) - d for a, b, c, d in zip(p0, p1, p2, p3, strict=True))
    ax, ay = (b - c for b, c in zip(p1, p2, strict=True))
    bx, by = (d - c for c, d in zip(p2, p3, strict=True))
    den = ax * by - bx * ay
    g, h = (sx * by - bx * sy) / den, (ax * sy - sx * ay) / den
    rows = [[(b - a) + g * b, (d - a) + h * d, a] for a, b, d in zip(p0, p1, p3, strict=True)]
    return [v for a, b, c in [*rows, [g, h, 1.0]] for v in (a / width, b / height, c)]


def adjugate(m):
    a, b, c, d, e, f, g, h, i = m
    return [
        e * i - f * h, c * h - b * i, b * f - c * e,
        f * g - d * i, a * i - c * g, c * d - a * f,
        d * h - e * g, b * g - a * h, a * e - b * d,
    ]  # fmt: skip


def inverted(m):
    adjoint = adjugate(m)
    determinant = m[0] * adjoint[0] + m[1] * adjoint[3] + m[2] * adjoint[6]
    return [v / determinant for v in adjoint]


def frame(there, output, shape):
    """Size, scale and shift of an output that holds all of the image."""
    h, w = (float(n) for n in shape[:2])
    corners = [forward(there, corner) for corner in ((0.0, 0.0), (w, 0.0), (w, h), (0.0, h))]
    hull = [(min(along), max(along)) for along in zip(*corners, strict=True)]
    if output == "fit":
        width, height = (max(1.0, math.ceil(hi - lo - 2.0**-20)) for lo, hi in hull)
        shift = [(lo + hi) / 2 - n / 2 for (lo, hi), n in zip(hull, (width, height), strict=True)]
        return (int(height), int(width)), 1.0, shift
    scale = 1.0
    for half, (lo, hi) in zip((w / 2, h / 2), hull, strict=True):
        part = half / max(half - lo, hi - half)
        scale = scale if part > 1 - 2.0**-20 else min(scale, part)
    return shape[:2], scale, [half - half / scale for half in (w / 2, h / 2)]


def inverse(op, params, shape):
    """From the output back to the input, depth 1 at the centre; the output's height and width."""
    corners, output = params["corners"], op["output"]
    size, scale, shift = shape[:2], 1.0, (0.0, 0.0)
    if output == "quad":
        top, right, bottom, left = (
            math.sqrt((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2)
            for a, b in zip(corners, corners[1:] + corners[:1], strict=True)
        )
        pairs = (left, right), (top, bottom)
        size = tuple(max(1, math.floor(max(pair) + 0.5)) for pair in pairs)
    back = quadrilateral(corners, float(size[1]), float(size[0]))
    there = back
    if op["direction"] == "in":
        there = inverted(back)
    else:
        back = adjugate(back)
    if output in ("fit", "shrink"):
        size, scale, shift = frame(there, output, shape)
    m = []
    for a, b, c in (back[:3], back[3:6], back[6:]):
        m += [a / scale, b / scale, (a * shift[0] + b * shift[1]) + c]
    depth = m[6] * (size[1] / 2) + (m[7] * (size[0] / 2) + m[8])
    return [v / depth for v in m], size


def moved(op, params, image, interpolation, fill):
    m, size = inverse(op, params, image.shape)
    return read(image, projective(m, size), interpolation, op["border"], fill)


def apply(op, params, image, noise):
    return moved(op, params, image, op["interpolation"], op["fill"])


def mask(op, params, mask):
    return moved(op, params, mask, "nearest", [op["fill_mask"]])


def map(op, params, shape):
    """Nine numbers."""
    return inverted(inverse(op, params, shape)[0])
