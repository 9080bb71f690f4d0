"""GaussNoise: its distribution, computed over every word and sampled, and its independence.

Sampled bounds are 5 standard errors. The seeds are fixed, so each was met or missed once for all.
"""

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import norm

from tests.deep import deep
from tests.reference import normal
from tests.reference.ops import gauss_noise
from tests.reference.pipeline import run

NODE = {"op": "GaussNoise", "version": 1, "p": 1.0}
MAXIMUM = {np.uint8: 255, np.uint16: 65535, np.float32: 1}


def noisy(image, std, mean=0.0, per_channel=True, *, seed=1, epoch=0, index=0, **address):
    node = NODE | {"std_range": [std, std], "mean_range": [mean, mean], "per_channel": per_channel}
    return run(node, image, seed=seed, epoch=epoch, index=index, **address)


def flat(value, shape=(1024, 1024, 1), dtype=np.float32):
    return np.full(shape, value, dtype)


def field(shape=(1024, 1024, 1), std=0.1, **address):
    """Noise of standard deviation 1, free of the clamp up to 5."""
    return (noisy(flat(0.5, shape), std, **address).astype(np.float64) - 0.5) / std


def every_word():
    """All deviates with their weights; each tail by 256 even steps of its 32 bits."""
    h = np.arange(65536)
    tail = (h >= 0x7FF0) & (h < 0x8010)
    steps = (np.arange(256) << 24) + (1 << 23)
    h, r = np.concatenate([h[~tail], np.repeat(h[tail], 256)]), np.tile(steps, 32)
    r = np.concatenate([np.zeros(65536 - 32, int), r])
    weight = np.where(np.arange(h.size) < 65536 - 32, 1, 1 / 256) / 65536
    return h, normal.deviate(h, r), weight


@pytest.mark.parametrize(("maximum", "bound"), [(255, 8e-5), (65535, 4e-5)])
def test_distribution_function_of_the_noise(maximum, bound):
    """Of whole levels, against the normal distribution at the borders between them."""
    h, z, weight = every_word()
    rng = np.random.default_rng(0)
    for i in range(60):
        sigma = 255 ** rng.random() * (1 if i % 3 else maximum / 255)
        mean = rng.uniform(-maximum, maximum) if i % 4 else 0.0
        n = gauss_noise.levels(h, z, sigma, mean, maximum)
        level, place = np.unique(n, return_inverse=True)
        p = np.bincount(place, weight)
        assert np.abs(p.cumsum() - ndtr((level + 0.5 - mean) / sigma)).max() < bound
        centre = p @ level
        assert abs(centre - mean) < 1.5e-4 * sigma
        assert p @ (level - centre) ** 2 == pytest.approx(sigma**2 + 1 / 12, rel=2e-4)


def test_noise_is_near_the_exact_product():
    """Half a level, and what g, n and u round."""
    h, z, _ = every_word()
    for maximum in 255, 65535:
        for sigma, mean in (0.4, 0.3), (1, -7.2), (25, 0.5), (100, 99.9), (255, -255):
            g, j = normal.gain(sigma, maximum)
            unit = 2.0 ** (gauss_noise.FRACTION[maximum] - 16 - j)
            error = gauss_noise.levels(h, z, sigma, mean, maximum) - (z / 65536 * sigma + mean)
            assert np.abs(error).max() <= 0.5 + 7.88 * abs(g / 2**j - sigma) + 1.5 * unit


def test_opposite_words_and_means_give_opposite_noise():
    h = np.arange(65536)
    z = normal.deviate(h, 12345)
    for maximum in 255, 65535:
        for sigma, mean in (0, 0.5), (0.01, 0.5), (3, 0.25), (100, 20.3), (255, 255):
            up = gauss_noise.levels(h, z, sigma, mean, maximum)
            assert (gauss_noise.levels(h ^ 0xFFFF, -z, sigma, -mean, maximum) == -up).all()


@pytest.fixture(scope="module", params=[4, *deep([16])])
def sample(request):
    """2^20 noise values of each of so many samples."""
    return np.concatenate([field(index=i).ravel() for i in range(request.param)])


def test_moments(sample):
    n, square = sample.size, sample * sample
    assert abs(sample.mean()) < 5 / n**0.5
    assert abs(sample.var() - 1) < 5 * (2 / n) ** 0.5
    assert abs(np.mean(sample * square)) < 5 * (15 / n) ** 0.5
    assert abs(np.mean(square * square) - 3) < 5 * (96 / n) ** 0.5


def test_distribution_function_of_the_sample(sample):
    """Kolmogorov and Smirnov's distance: 2.5 / sqrt n is exceeded with probability 7e-6."""
    edges = norm.ppf(np.arange(1, 4096) / 4096)
    counts = np.searchsorted(np.sort(sample), edges) / sample.size
    assert np.abs(counts - np.arange(1, 4096) / 4096).max() < 2.5 / sample.size**0.5 + 4e-5


@pytest.mark.parametrize("beyond", [3, 3.5, 4, 4.5])
def test_tails_of_the_sample(sample, beyond):
    expected = ndtr(-beyond) * sample.size
    for count in np.sum(sample > beyond), np.sum(sample < -beyond):
        assert abs(count - expected) < 5 * expected**0.5


@pytest.mark.parametrize("dtype", MAXIMUM)
@pytest.mark.parametrize("mean", [0.0, 0.1003])
def test_mean_and_deviation_are_fractions_of_white(dtype, mean):
    maximum = MAXIMUM[dtype]
    image = flat(round(0.4 * maximum) if maximum > 1 else 0.4, (512, 512, 3), dtype)
    noise = (noisy(image, 0.08, mean, index=5).astype(float) - image) / maximum
    deviation = (0.08**2 + (1 / 12 / maximum**2 if maximum > 1 else 0)) ** 0.5
    assert abs(noise.mean() - mean) < 5 * deviation / noise.size**0.5
    assert noise.std() == pytest.approx(deviation, abs=5 * deviation / (2 * noise.size) ** 0.5)


@pytest.mark.parametrize(("std", "mean"), [(0.3, 0.0), (0.1, -0.2), (1.0, 0.5)])
def test_clamped_values_have_their_probability(std, mean):
    """Every level of uint8 against the rounded and clamped normal distribution."""
    values = np.arange(0, 256, 15)
    image = np.tile(np.repeat(values, 4096).astype(np.uint8)[:, None, None], (1, 2, 1))
    out = noisy(image, std, mean, index=9)
    for value in values:
        got = out[image == value]
        z = (np.arange(255) + 0.5 - value - 255 * mean) / (255 * std)
        p = np.diff(np.concatenate([[0], ndtr(z), [1]]))
        count = np.bincount(got, minlength=256)
        assert (np.abs(count - p * got.size) < 5 * (p * got.size) ** 0.5 + 5).all()


def test_clamping_is_symmetric():
    """The same noise on black, grey and white: cut off below, not at all, and above."""
    for dtype, maximum in (np.uint8, 255), (np.uint16, 65535):
        black, white = (noisy(flat(v, (64, 64, 3), dtype), 0.1, index=2) for v in (0, maximum))
        grey = noisy(flat(maximum // 2 + 1, (64, 64, 3), dtype), 0.1, index=2)
        noise = grey.astype(int) - (maximum // 2 + 1)
        assert (black == np.maximum(noise, 0)).all()
        assert (white == maximum + np.minimum(noise, 0)).all()
    black, white = (noisy(flat(v), 0.1, index=2) for v in (0, 1))
    assert min(black.min(), white.min()) >= 0
    assert max(black.max(), white.max()) <= 1
    for clamped in black == 0, white == 1:
        assert abs(clamped.mean() - 0.5) < 5 * 0.5 / clamped.size**0.5


def test_nothing_is_the_identity():
    rng = np.random.default_rng(0)
    for dtype, maximum in MAXIMUM.items():
        image = (rng.random((33, 65, 3)) * maximum).astype(dtype)
        for per_channel in True, False:
            assert (noisy(image, 0.0, per_channel=per_channel) == image).all()


def test_a_mean_alone_shifts():
    image = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    assert (noisy(image, 0.0, 20 / 255) == np.minimum(image.astype(int) + 20, 255)).all()
    assert (noisy(image, 0.0, -20.4 / 255) == np.maximum(image.astype(int) - 20, 0)).all()


def test_what_is_not_finite():
    image = np.array([np.nan, np.inf, -np.inf], np.float32).reshape(1, 3, 1)
    image.view(np.uint32)[0, 0] = 0xFFC12345
    assert noisy(image, 0.1).view(np.uint32).ravel().tolist() == [0x7FC00000, 0x3F800000, 0]


def correlation(a, b):
    return np.corrcoef(a.ravel(), b.ravel())[0, 1]


def test_neighbours_are_independent():
    """Along rows (two elements share a word), columns and channels: values and sizes."""
    for shape in (1024, 1024, 1), (512, 512, 4):
        values = field(shape, index=7)
        for noise in values, np.abs(values):
            for axis in range(3 if shape[2] > 1 else 2):
                for step in 1, 2, 16, 64, 128:
                    if step < shape[axis]:
                        a = np.delete(noise, np.s_[:step], axis)
                        b = np.delete(noise, np.s_[-step:], axis)
                        assert abs(correlation(a, b)) < 5 / a.size**0.5, (shape, axis, step)


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 2},
        {"seed": 1 << 63},
        {"epoch": 1},
        {"index": 1},
        {"index": 1 << 32},
        {"repeat": 1},
        {"stream": "val"},
    ],
)
def test_addresses_are_independent(other):
    a, b = field(), field(**other)
    for f in (lambda v: v), np.abs, np.sign:
        assert abs(correlation(f(a), f(b))) < 5 / a.size**0.5


def test_two_of_them_are_independent():
    node = NODE | {"std_range": [0.1, 0.1], "mean_range": [0.0, 0.0], "per_channel": True}
    both = {"op": "Compose", "version": 1, "p": 1.0, "transforms": [node, node]}
    first = noisy(flat(0.5), 0.1)
    second = run(both, flat(0.5), seed=1, epoch=0, index=0) - first
    assert abs(correlation(first, second)) < 5 / first.size**0.5


def test_channels_share_or_do_not():
    shared = field((256, 256, 3), per_channel=False)
    assert (shared == shared[..., :1]).all()
    # the same elements as an image of one channel
    assert (shared[..., 0] == field((256, 256, 1))[..., 0]).all()
    apart = field((256, 256, 3))
    for a, b in (0, 1), (0, 2), (1, 2):
        assert abs(correlation(apart[..., a], apart[..., b])) < 5 / 256
