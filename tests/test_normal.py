"""The normal deviates: their distribution is computed here, not sampled."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from tests.reference import normal

ROOT = Path(__file__).parents[1]
T = np.arange(16, 32768)
BODY = normal.magnitude(T) / 2**14


def tail_probability(z):
    """P(deviate >= z), z in Q16 of the tail: how many of its x reach z, by bisection."""
    low, high = np.zeros(np.shape(z), np.int64), np.full(np.shape(z), 2**36)
    while (low < high).any():
        mid = low + high >> 1
        reaches = normal.tail_magnitude(mid >> 32, mid & 0xFFFFFFFF) >= z
        low, high = np.where(reaches & (low < high), mid + 1, low), np.where(reaches, high, mid)
    return low / 2.0**48


def test_body_errors():
    """|z| of every t against the exact inverse."""
    error = BODY + ndtri((T + 0.5) / 65536)
    assert np.abs(error).max() < 1.0e-3
    assert np.abs(error[:16]).max() <= 0.50001 / 2**14  # the edge
    assert (np.diff(BODY) <= 0).all()


def test_tail_errors():
    """|z| over 37 octaves of x, 64 points each."""
    x = np.concatenate([np.arange(64, 128) << e >> 6 for e in range(36)])
    z = normal.tail_magnitude(x >> 32, x & 0xFFFFFFFF) / 2**16
    exact = -ndtri((x + 0.5) / 2.0**48)
    assert np.abs(z - exact).max() < 2.7e-4


def test_distribution_function_of_the_body():
    """On both sides of every step; the steps themselves are 2^-16 high."""
    values, first, count = np.unique(-BODY, return_index=True, return_counts=True)
    above, upto = T[first] / 65536, (T[first] + count) / 65536
    exact = ndtr(values)
    error = np.maximum(np.abs(exact - above), np.abs(exact - upto))
    error[values == 0] = abs(0.5 - above[values == 0])
    assert error.max() < 3.7e-5


def test_distribution_function_of_the_tail():
    """At every value that the tail can take: relative to the probability left."""
    z = np.arange(normal.tail_magnitude(15, 2**32 - 1) + 1, 6 << 16)
    assert np.abs(tail_probability(z) / ndtr(-z / 2**16) - 1).max() < 1.2e-3


@pytest.mark.parametrize("z", [3.5, 4.0, 4.5, 5.0, 6.0, 7.0])
def test_tail_probabilities(z):
    assert tail_probability(np.array(int(z * 65536))) == pytest.approx(ndtr(-z), rel=1.2e-3)


def test_moments():
    x = np.arange(1 << 20) << 16 | 1 << 15  # even steps through the tail
    tail = normal.tail_magnitude(x >> 32, x & 0xFFFFFFFF) / 2**16
    for power, exact in (2, 1), (4, 3):
        moment = (np.sum(BODY**power) + 16 * np.mean(tail**power)) / 32768
        assert moment == pytest.approx(exact, rel=1e-5)


def test_odd_and_rising():
    h = np.arange(65536)
    z = normal.deviate(h, 1 << 31)
    assert (z[::-1] == -z).all()  # deviate(~h) = -deviate(h)
    assert (np.diff(np.roll(z, 32768)) >= 0).all()  # in the order of h as int16


def test_noise_is_the_rounded_product():
    z = normal.deviate(np.arange(65536), 12345)
    for maximum, sigma in (
        (255, 0.4),
        (255, 25),
        (255, 255),
        (65535, 3),
        (65535, 6553.5),
        (65535, 65535),
    ):
        g, j = gain = normal.gain(sigma, maximum)
        assert abs(g / 2**j - sigma) <= 0.5 / 2**j
        exact = np.abs(z) / 65536 * (g / 2**j)
        assert (normal.noise(z, gain) == np.sign(z) * np.floor(exact + 0.5)).all()


def test_tables_are_those_the_search_finds():
    subprocess.run([sys.executable, ROOT / "tools/fit_normal.py", "--check"], check=True)


def test_vectors_are_current():
    assert (ROOT / "tests/vectors/normal.txt").read_text().splitlines() == list(normal.vectors())
