"""Beta deviates from one word: docs/spec/mixing.md."""

from .detmath import exp, ln


def ln_integral(a, b, s, x):
    total = term = 1.0
    n = 0.0
    while term > total * 2.0**-56:
        term *= x * ((a + b + n) / (a + 1.0 + n))
        total += term
        n += 1.0
    return (a * s + b * ln(1.0 - x)) + ln(total / a)


def side(a, b, ln_b, u):
    target, half = ln(u) + ln_b, ln(0.5)
    s = min(half, (target + ln(a)) / a)
    for _ in range(10):
        x = exp(s)
        g = ln_integral(a, b, s, x)
        slope = exp((a * s + (b - 1.0) * ln(1.0 - x)) - g)
        s = min(half, s - (g - target) / slope)
    return exp(s)


def beta(alpha, u):
    a, b = alpha
    half = ln(0.5)
    left, right = ln_integral(a, b, half, 0.5), ln_integral(b, a, half, 0.5)
    most = max(left, right)
    ln_b = most + ln(exp(left - most) + exp(right - most))
    low = 0.5 if a == b else exp(left - ln_b)
    if u <= low:
        return side(a, b, ln_b, u)
    return 1.0 - side(b, a, ln_b, 1.0 - u)
