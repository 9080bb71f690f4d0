"""Finds the tables of the normal deviate (docs/spec/normal.md), rust/core/random/normal/tables.rs.

    python tools/fit_normal.py            # writes the file
    python tools/fit_normal.py --check    # fails if the file differs

Needs only NumPy and the standard library; exact z from statistics.NormalDist.inv_cdf (AS 241,
about 1e-16).
"""

import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np

TABLES = Path(__file__).parents[1] / "rust/core/random/normal/tables.rs"
quantile = np.frompyfunc(lambda p: -NormalDist().inv_cdf(p), 1, 1)


def upper(p):
    """z with upper tail probability p."""
    return quantile(np.asarray(p, dtype=float)).astype(float)


def segment(i):
    """The t of segment i, and F, their fractions of it. Segments 0 and 32 are not used."""
    x = np.arange(i << 10, (i + 1) << 10)
    shift = 5 if i < 4 else 3 if i >= 32 else 0
    x = x[x % (1 << shift) == 0]
    return (x & 0x7FFF if i >= 32 else x) >> shift, (x << 6) & 0xFFFF


def fit_body():
    """Per segment: (B, S, Q) of least max |z error|, then mean square, that keep z monotone."""
    base, slope, curve = (np.zeros(64, dtype=int) for _ in range(3))
    last = 1 << 16
    for i in [*range(1, 4), *range(33, 64), *range(4, 32)]:  # t ascending
        t, f = segment(i)
        z = upper((t + 0.5) / 65536) * 16384
        x = f / 65536
        q0, s0, _ = np.polyfit(x, z, 2)  # z ~ B - x (S - 8 Q x)
        best = None
        for q in range(max(0, int(q0 / 8) - 12), min(255, int(q0 / 8) + 12) + 1):
            bend = f * (8 * q) >> 16
            s = np.arange(round(-s0 + 8 * q - q0) - 24, round(-s0 + 8 * q - q0) + 25)[:, None]
            drop = f * (s - bend) >> 16  # one row per slope
            gap = z + drop  # wants to be B
            b = np.floor((gap.max(1) + gap.min(1)) / 2 + 0.5).astype(int)
            err = b[:, None] - gap
            steps = np.diff(drop, axis=1).min(1) >= 0
            fits = (
                steps
                & (b - drop[:, 0] <= last)
                & (s[:, 0] >= 8 * q)
                & (s[:, 0] < 65536)
                & (b < 65536)
            )
            for j in np.flatnonzero(fits):
                score = (np.abs(err[j]).max().round(6), (err[j] ** 2).mean())
                if best is None or score < best[0]:
                    best = score, b[j], s[j, 0], q, b[j] - drop[j, -1]
        _, base[i], slope[i], curve[i], last = best
    return base, slope, curve


def fit_tail():
    """Knots at 2^e (1 + j / 8), j < 8; each lowered by half the error of the lines beside it."""
    x = np.array([2.0**e * (1 + j / 8) for e in range(38) for j in range(8)][:298])
    z = upper(x / 2.0**49)
    mid = (z[1:] + z[:-1]) / 2 - upper(
        (x[1:] + x[:-1]) / 2.0**50
    )  # z is convex: lines lie above it
    mid = np.append(mid[0], mid)  # mid[i]: the line that ends at knot i
    return np.floor((z - (mid + np.append(mid[1:], 0)) / 4)[:297] * 65536 + 0.5).astype(int)


def text():
    base, slope, curve = fit_body()
    edge = np.floor(upper((np.arange(16, 32) + 0.5) / 65536) * 16384 + 0.5).astype(int)
    tables = [
        ("BASE", "u16", base, "Body, per segment: z at its start, Q14."),
        ("SLOPE", "u16", slope, "Body, per segment: the first-order fall over it, Q14."),
        ("CURVE", "u8", curve, "Body, per segment: the second-order rise over it, Q11."),
        ("EDGE", "u16", edge, "z of t = 16..31, Q14, rounded from exact."),
        ("TAIL", "u32", fit_tail(), "Tail: knots of z at x = 2^e (1 + j / 8), entry 8 e + j, Q16."),
    ]
    out = "//! Tables of the normal deviate, written by tools/fit_normal.py. Do not edit.\n"
    for name, kind, values, doc in tables:
        out += f"\n/// {doc}\n#[rustfmt::skip]\npub const {name}: [{kind}; {len(values)}] = [\n"
        for i in range(0, len(values), 16):
            out += "    " + " ".join(f"{v}," for v in values[i : i + 16]) + "\n"
        out += "];\n"
    return out


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(TABLES.read_text() != text())
    TABLES.parent.mkdir(exist_ok=True)
    TABLES.write_text(text())
