"""An order is as good as a true shuffle.

Statistics of many orders are put to chi-square tests that a true shuffle fails with probability
1e-6 (numpy's own is put to them too, so the tests themselves are tested); all is fixed, so this was
decided once. A network of two or three rounds fails them.
"""

import functools
import itertools
from math import factorial

import numpy as np
import pytest
from scipy.stats import chi2, poisson

import bitaug as ba
from tests.reference import order as twin

RARE = 1e-6


def package(n, epochs, seed=1):
    """One order a row."""
    order = ba.Order(n, seed=seed, stream="shuffle")
    return np.stack([order[epoch, :] for epoch in range(epochs)])


def true(n, epochs, seed=1):
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(n) for _ in range(epochs)])


def cut(rounds, n, epochs, seed=1):
    """The twin with fewer rounds."""
    places = np.tile(np.arange(n), epochs)
    found = twin.permuted(seed, n, np.repeat(np.arange(epochs), n), places, rounds=rounds)
    return found.astype(np.int64).reshape(epochs, n)


def p_value(statistic, freedom):
    """Two-sided: too even is as suspect as too uneven."""
    return 2 * min(chi2.sf(statistic, freedom), chi2.cdf(statistic, freedom))


def spread(counts, expected=None):
    expected = counts.sum() / counts.size if expected is None else expected
    return p_value(((counts - expected) ** 2 / expected).sum(), counts.size - 1)


def permutations(make, n):
    """All n! permutations are equally likely."""
    taken = make(n, 60 * factorial(n))
    numbers = (taken * n ** np.arange(n)).sum(1)
    every = [sum(i * n**k for k, i in enumerate(p)) for p in itertools.permutations(range(n))]
    return spread(np.array([(numbers == number).sum() for number in every]))


def places(make, n):
    """Every index is at every position equally often. Rows and columns have fixed sums, so that
    the statistic is smaller by 1 - 1/n, with (n - 1)^2 degrees of freedom."""
    epochs = 1500
    taken = make(n, epochs)
    counts = np.bincount((taken + n * np.arange(n)).ravel(), minlength=n * n)
    statistic = ((counts - epochs / n) ** 2).sum() / (epochs / n)
    return p_value(statistic * (n - 1) / n, (n - 1) ** 2)


def fixed_points(make, n):
    """As many as in a Poisson distribution of mean 1."""
    return points((make(n, 1000) == np.arange(n)).sum(1))


def common_points(make, n):
    """Epochs are independent: an order agrees with the next one in Poisson(1) positions."""
    taken = make(n, 1001)
    return points((taken[1:] == taken[:-1]).sum(1))


def points(counts):
    observed = np.bincount(np.minimum(counts, 5), minlength=6)
    likely = np.append(poisson.pmf(range(5), 1), poisson.sf(4, 1))
    return spread(observed, len(counts) * likely)


def neighbours(make, n):
    """The distance between the indices at two positions is any but 0 equally often. The positions
    are one apart, or as far as leaves half their bits as they are."""
    cells = 64
    worst = 1.0
    for apart in 1, 2, 1 << (n - 1).bit_length() // 2, n // 3:
        counts = 0
        for taken in make(n, 8):
            distance = (np.roll(taken, -apart) - taken) % n
            counts = counts + np.bincount((distance - 1) * cells // (n - 1), minlength=cells)
        expected = np.bincount(np.arange(n - 1) * cells // (n - 1)) / (n - 1) * counts.sum()
        worst = min(worst, spread(counts, expected))
    return worst


def epochs(make, n):
    """Where a sample stands in an epoch tells nothing of the next one: pairs in 16 x 16 cells."""
    taken = make(n, 9) * 16 // n
    counts = sum(np.bincount(16 * a + b, minlength=256) for a, b in itertools.pairwise(taken))
    return spread(counts)


def inversions(make, n):
    """Half of all pairs are in their order, give or take sqrt(n (n - 1) (2 n + 5) / 72)."""
    taken = make(n, 400)
    counts = np.triu(taken[:, :, None] > taken[:, None, :], 1).sum((1, 2))
    deviations = (counts - n * (n - 1) / 4) / (n * (n - 1) * (2 * n + 5) / 72) ** 0.5
    return p_value((deviations**2).sum(), len(counts))


CASES = [
    *((permutations, n) for n in (2, 3, 4, 5)),
    *((places, n) for n in (3, 5, 6, 7, 9, 11, 16, 17, 20, 32, 33, 40, 64)),
    *((fixed_points, n) for n in (8, 16, 32, 33, 64, 200, 256, 1000)),
    *((common_points, n) for n in (8, 16, 32, 33, 64, 200, 256, 1000)),
    *((neighbours, n) for n in (4096, 5000, 1 << 14)),
    *((epochs, n) for n in (1 << 12, 5000, 1 << 15)),
    *((inversions, n) for n in (16, 33, 64)),
]
NAMES = [f"{test.__name__}, {n}" for test, n in CASES]


@pytest.mark.parametrize(("test", "n"), CASES, ids=NAMES)
def test_an_order_is_random(test, n):
    assert test(package, n) > RARE


@pytest.mark.parametrize(("test", "n"), CASES, ids=NAMES)
def test_a_true_shuffle_passes(test, n):
    assert test(true, n) > RARE


def stuck(n, epochs):
    """Every epoch has the order of the first."""
    return np.repeat(package(n, 1), epochs, 0)


@pytest.mark.parametrize(
    ("test", "n", "poor"),
    [
        *((permutations, n, rounds) for n in (4, 5) for rounds in (2, 3)),
        *((places, n, rounds) for n in (5, 9, 17, 33) for rounds in (2, 3)),
        *((fixed_points, n, rounds) for n in (8, 16, 32, 64, 256) for rounds in (2, 3)),
        *((common_points, n, rounds) for n in (8, 32) for rounds in (2, 3)),
        *((neighbours, 4096, rounds) for rounds in (2, 3)),
        *((inversions, n, 2) for n in (16, 33, 64)),
        (epochs, 4096, 1),
        (epochs, 4096, stuck),
        (common_points, 32, stuck),
    ],
)
def test_poor_orders_are_noticed(test, n, poor):
    """Orders of as many rounds, or poor in another way."""
    make = poor if callable(poor) else functools.partial(cut, poor)
    assert test(make, n) < RARE
