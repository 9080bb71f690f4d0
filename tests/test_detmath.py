"""detmath's twin against mpmath; that Rust equals the twin is a Rust test over the same vectors."""

import math
import random
from pathlib import Path

import mpmath
import pytest

from tests.reference import detmath

VECTORS = Path(__file__).parent / "vectors/detmath.txt"
mpmath.mp.prec = 160
N = 2000


def degrees(f):
    return lambda x: f(x * mpmath.pi / 180)


def spread(rng, *bounds):
    return [(rng.uniform(-b, b),) for b in bounds for _ in range(N)]


def positive(rng):
    near = [(rng.uniform(0.5, 2),) for _ in range(N)]
    return near + [(math.ldexp(rng.uniform(1, 2), rng.randrange(-1074, 1023)),) for _ in range(N)]


def fractions(rng):
    return [(rng.random(), rng.uniform(0.1, 5)) for _ in range(N)]


def one(*_):
    return 1.0


@pytest.mark.parametrize(
    ("name", "exact", "inputs", "bound"),
    [
        ("sin", mpmath.sin, lambda rng: spread(rng, 7, 1e6), one),
        ("cos", mpmath.cos, lambda rng: spread(rng, 7, 1e6), one),
        ("tan", mpmath.tan, lambda rng: spread(rng, 7, 1e6), lambda x: 3.0),
        ("sin_deg", degrees(mpmath.sin), lambda rng: spread(rng, 50, 360, 1e9), lambda x: 1.5),
        ("cos_deg", degrees(mpmath.cos), lambda rng: spread(rng, 50, 360, 1e9), lambda x: 1.5),
        ("tan_deg", degrees(mpmath.tan), lambda rng: spread(rng, 50, 360, 1e9), lambda x: 3.0),
        ("exp", mpmath.exp, lambda rng: spread(rng, 1, 700), one),
        ("exp2", lambda x: mpmath.mpf(2) ** x, lambda rng: spread(rng, 1, 1000), one),
        ("ln", mpmath.log, positive, one),
        ("pow", mpmath.power, fractions, lambda x, y: 1 + 2 * abs(y * math.log(x))),
    ],
)
def test_error_in_ulp(name, exact, inputs, bound):
    for args in inputs(random.Random(name)):
        want = exact(*map(mpmath.mpf, args))
        error = abs(detmath.FUNCTIONS[name](*args) - want) / math.ulp(float(want))
        assert error < bound(*args), args


def test_close_to_zeros_of_sine():
    """Cancellation in the reduction costs nothing: the argument nearest to n pi/2."""
    for n in range(1, 600_000, 401):
        x = float(n * mpmath.pi / 2)
        got, want = (
            (detmath.sin(x), mpmath.sin(x)) if n % 2 == 0 else (detmath.cos(x), mpmath.cos(x))
        )
        assert abs(got - want) < math.ulp(float(want)), n


def test_familiar_angles():
    assert [detmath.sin_deg(x) for x in (0.0, 30.0, 90.0, 150.0, 180.0, 270.0)] == [
        0,
        0.5,
        1,
        0.5,
        0,
        -1,
    ]
    assert [detmath.cos_deg(x) for x in (0.0, 60.0, 90.0, 120.0, 180.0, 270.0)] == [
        1,
        0.5,
        0,
        -0.5,
        -1,
        0,
    ]
    assert [detmath.tan_deg(x) for x in (0.0, 45.0, 135.0, 180.0)] == [0, 1, -1, 0]
    assert (detmath.tan_deg(90.0), detmath.tan_deg(270.0)) == (math.inf, -math.inf)


def test_what_is_outside():
    nan, inf = math.nan, math.inf
    for name in ("sin", "cos", "tan", "sin_deg", "cos_deg", "tan_deg"):
        assert all(math.isnan(detmath.FUNCTIONS[name](x)) for x in (nan, inf, -inf, 2e15))
    assert (detmath.exp(inf), detmath.exp(-inf), detmath.exp2(inf), detmath.exp2(-inf)) == (
        inf,
        0,
        inf,
        0,
    )
    assert (detmath.ln(0.0), detmath.ln(-0.0), detmath.ln(inf)) == (-inf, -inf, inf)
    assert math.isnan(detmath.ln(-1.0)) and math.isnan(detmath.pow(-1.0, 2.0))
    assert (detmath.pow(0.0, 2.0), detmath.pow(0.0, -2.0), detmath.pow(nan, 0.0)) == (0, inf, 1)


def test_vectors_are_current():
    assert VECTORS.read_text().splitlines() == list(detmath.vectors())
