"""What becomes of boxes: rust/core/targets/map.rs.

A map is six floats if it is affine, nine if it is projective, else an object with
`forward(point)` and `parts(length)`, the points into which a side of that length is divided, or
with `around(box)`, the points around which the box lies then.
"""

import numpy as np

NEAR = 2.0**-10


def forward(m, point):
    """By nine floats."""
    x, y = point
    u, v, w = (m[i] * x + m[i + 1] * y + m[i + 2] for i in (0, 3, 6))
    w = max(w, 2.0**-20)
    return u / w, v / w


def polygon(m, corners):
    """The images of the corners of what is left once it is cut near the horizon."""
    depths = [m[6] * x + m[7] * y + m[8] for x, y in corners]
    for i, a in enumerate(corners):
        b, da, db = corners[(i + 1) % 4], depths[i], depths[(i + 1) % 4]
        if da >= NEAR:
            yield forward(m, a)
        if (da >= NEAR) != (db >= NEAR):
            t = (NEAR - da) / (db - da)
            yield forward(m, [p + (q - p) * t for p, q in zip(a, b, strict=True)])


def outline(field, corners):
    for i, a in enumerate(corners):
        b = corners[(i + 1) % 4]
        parts = field.parts(abs(b[0] - a[0]) + abs(b[1] - a[1]))
        for k in range(parts):
            yield field.forward([p + (q - p) * (k / parts) for p, q in zip(a, b, strict=True)])


def around(m, box):
    """The least upright box around what becomes of a box."""
    left, top, right, bottom = map(float, box)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    if hasattr(m, "around"):
        points = m.around((left, top, right, bottom))
    elif not isinstance(m, list):
        points = list(outline(m, corners))
    elif len(m) == 9:
        points = list(polygon(m, corners))
    else:
        a, b, c, d, e, f = m
        points = [(a * x + b * y + c, d * x + e * y + f) for x, y in corners]
    if not points:
        return [0.0] * 4
    xs, ys = zip(*points, strict=True)
    return [min(xs), min(ys), max(xs), max(ys)]


def moved(boxes, m):
    return np.reshape([around(m, box) for box in boxes], (-1, 4)).astype(np.float64)
