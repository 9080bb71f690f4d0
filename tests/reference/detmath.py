"""Line by line the twin of rust/core/maths/detmath.rs, on Python floats.

The vectors: `python -m tests.reference.detmath > tests/vectors/detmath.txt`.
"""

import math
import random
import struct

HALF_PI = 1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21
LN_2_PARTS = 0.6931471803691238, 1.9082149292705877e-10
FRAC_2_PI = 0.6366197723675814
LN_2 = 0.6931471805599453
LOG2_E = 1.4426950408889634
SQRT_2 = 1.4142135623730951
RADIAN = 0.01745329238474369, 1.3519960527851425e-10

SIN = [(-1.0) ** i / math.factorial(2 * i + 1) for i in range(1, 9)]
COS = [(-1.0) ** i / math.factorial(2 * i) for i in range(2, 9)]
EXP = [1.0 / math.factorial(i) for i in range(2, 14)]
ATANH = [2.0 / i for i in range(3, 22, 2)]


def floor(x):
    return float(math.floor(x))


def divide(a, b):
    """a / b where Python would raise; a is neither zero nor NaN then."""
    return a / b if b != 0.0 else math.copysign(math.inf, a) * math.copysign(1.0, b)


def to_bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def from_bits(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def horner(x, c):
    total = 0.0
    for term in reversed(c):
        total = total * x + term
    return total


def power_of_two(k):
    return from_bits(int(k + 1023.0) << 52)


def scale(v, k):
    half = floor(k * 0.5)
    return v * power_of_two(half) * power_of_two(k - half)


def turn(n, a, b):
    r = a + b
    tail = b - (r - a)
    z = r * r
    h = 0.5 * z
    w = 1.0 - h
    s = r + (r * (z * horner(z, SIN)) + tail * w)
    c = w + (((1.0 - w) - h) + (z * (z * horner(z, COS)) - r * tail))
    return [(s, c), (c, 0.0 - s), (0.0 - s, 0.0 - c), (0.0 - c, s)][int(n - 4.0 * floor(n * 0.25))]


def sin_cos(x):
    if math.isnan(x) or abs(x) > 1048576.0:
        return math.nan, math.nan
    n = floor(x * FRAC_2_PI + 0.5)
    a = x - n * HALF_PI[0]
    b = n * HALF_PI[1]
    r = a - b
    return turn(n, r, ((a - r) - b) - n * HALF_PI[2])


def sin(x):
    return sin_cos(x)[0]


def cos(x):
    return sin_cos(x)[1]


def tan(x):
    return divide(*sin_cos(x))


def sin_cos_deg(x):
    if math.isnan(x) or abs(x) > 1125899906842624.0:
        return math.nan, math.nan
    n = floor(x / 90.0 + 0.5)
    r = x - n * 90.0
    return turn(n, r * RADIAN[0], r * RADIAN[1])


def sin_deg(x):
    return sin_cos_deg(x)[0]


def cos_deg(x):
    return sin_cos_deg(x)[1]


def tan_deg(x):
    return divide(*sin_cos_deg(x))


def exp_small(r):
    return 1.0 + (r + r * (r * horner(r, EXP)))


def exp(x):
    if math.isnan(x):
        return math.nan
    if x > 710.0:
        return math.inf
    if x < -746.0:
        return 0.0
    k = floor(x * LOG2_E + 0.5)
    return scale(exp_small((x - k * LN_2_PARTS[0]) - k * LN_2_PARTS[1]), k)


def exp2(x):
    if math.isnan(x):
        return math.nan
    if x > 1025.0:
        return math.inf
    if x < -1076.0:
        return 0.0
    k = floor(x + 0.5)
    return scale(exp_small((x - k) * LN_2), k)


def ln(x):
    if math.isnan(x) or x < 0.0:
        return math.nan
    if x == 0.0:
        return -math.inf
    if x == math.inf:
        return x
    subnormal = x < 2.2250738585072014e-308
    bits = to_bits(x * 18014398509481984.0 if subnormal else x)
    k = float(bits >> 52) - (1077.0 if subnormal else 1023.0)
    m = from_bits(bits & 0x000F_FFFF_FFFF_FFFF | 1023 << 52)
    if m > SQRT_2:
        m *= 0.5
        k += 1.0
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    r = z * horner(z, ATANH)
    return k * LN_2_PARTS[0] - ((s * (f - r) - k * LN_2_PARTS[1]) - f)


def pow(x, y):
    return 1.0 if x == 1.0 or y == 0.0 else exp(y * ln(x))


FUNCTIONS = {f.__name__: f for f in (sin, cos, tan, sin_deg, cos_deg, tan_deg, exp, exp2, ln, pow)}


def vectors():
    """Lines of tests/vectors/detmath.txt."""
    rng = random.Random(0)
    edge = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        5e-324,
        1e-300,
        1.7976931348623157e308,
        math.inf,
        -math.inf,
        math.nan,
    ]
    near_pi = [math.pi / 4, math.pi / 2, math.pi, 3 * math.pi / 2, 2 * math.pi, -math.pi / 2, 355.0]
    angles = near_pi + [1e6, -1e6, 1048576.0, 1048577.0] + [rng.uniform(-7, 7) for _ in range(16)]
    angles += [rng.uniform(-1e6, 1e6) for _ in range(8)]
    degrees = [15.0 * i for i in range(-25, 26)] + [
        -44.99999999999999,
        45.00000000000001,
        1e9,
        1e15,
        2e15,
    ]
    degrees += [rng.uniform(-360, 360) for _ in range(16)]
    powers = [-1076.0, -1075.0, -1074.5, -1074.0, -1022.5, 1023.5, 1024.0, 1025.0]
    powers += [-746.0, -745.2, -745.1, -708.5, 709.7, 709.8, 710.0]
    powers += [rng.uniform(-750, 750) for _ in range(12)] + [rng.uniform(-2, 2) for _ in range(12)]
    logs = [
        SQRT_2,
        1.4142135623730954,
        0.7071067811865475,
        0.7071067811865476,
        2.2e-308,
        1e-310,
        2.0,
        1024.0,
    ]
    logs += [1.0 + 2.0**-52, 1.0 - 2.0**-53, 10.0] + [rng.uniform(0, 4) for _ in range(12)]
    logs += [math.ldexp(rng.uniform(1, 2), rng.randrange(-1022, 1024)) for _ in range(12)]
    pairs = [
        (x, y)
        for x in (0.0, 0.5, 1.0, math.inf, -1.0, math.nan)
        for y in (0.0, 1.0, -2.5, math.inf, math.nan)
    ]
    pairs += [(rng.random(), rng.uniform(0.2, 5)) for _ in range(16)]
    inputs = dict.fromkeys(("sin", "cos", "tan"), edge + angles)
    inputs |= dict.fromkeys(("sin_deg", "cos_deg", "tan_deg"), edge + degrees)
    inputs |= dict.fromkeys(("exp", "exp2"), edge + powers) | {"ln": edge + logs}
    cases = [(name, (x,)) for name, xs in inputs.items() for x in xs] + [
        ("pow", pair) for pair in pairs
    ]
    yield "# name, arguments, result: bits of float64. Written by tests/reference/detmath.py"
    for name, args in cases:
        yield " ".join([name, *(f"{to_bits(v):016x}" for v in (*args, FUNCTIONS[name](*args)))])


if __name__ == "__main__":
    print(*vectors(), sep="\n")
