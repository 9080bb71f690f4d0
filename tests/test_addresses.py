"""Neighbouring addresses are independent and uniform.

Along each coordinate of an address (seed, stream, path, epoch, index, repeat, plane, word, element)
the words of 2^14 neighbours are put to chi-square tests: of their bytes, of the bytes of the
differences to the next neighbour, of pairs of nibbles of neighbours, of single bits, and of the
words of one address against each other. Each test would be failed by true random words with
probability 1e-6, all of them together with less than 1e-3; the addresses are fixed, so this was
decided once.
"""

import numpy as np
import pytest
from scipy.stats import chi2

from tests.reference.philox import Field, label, op_key, philox, pixel_key, stream_key

N = 1 << 14
U64 = np.uint64
LOW = U64(0xFFFFFFFF)
RARE = 1e-6


def halves(words):
    words = np.asarray(words, U64)
    return words & LOW, words >> U64(32)


def fold(key, word, tag):
    """fold over arrays."""
    out = philox([*halves(word), tag, 0], halves(key))
    return out[0] | out[1] << U64(32)


def words(seed=1, stream="train", path="GaussNoise", epoch=0, index=0, repeat=0, plane=None):
    """Block 0 of the parameter key, or of a plane's: four words for each address of an array."""
    stream, path = (label(v) if isinstance(v, str) else v for v in (stream, path))
    key = fold(seed, stream, 1)
    key = np.where(np.asarray(repeat) > 0, fold(key, repeat, 6), key)
    key = fold(key, path, 2)
    key = fold(key, 0, 3) if plane is None else fold(key, plane, 4)
    return np.stack(np.broadcast_arrays(*philox([0, epoch, *halves(index)], halves(key))), -1)


def labels(pattern, count=N):
    return np.array([label(pattern.format(i)) for i in range(count)], U64)


def elements(first):
    field = Field(pixel_key(op_key(stream_key(1, "train"), "GaussNoise"), 0), 0, 0)
    return field.at(first + np.arange(4 * N)).reshape(N, 4)


def parameter_words():
    key = fold(fold(fold(1, label("train"), 1), label("GaussNoise"), 2), 0, 3)
    return np.stack(philox([np.arange(N), 0, 0, 0], halves(key)), -1)


COUNT = np.arange(N, dtype=U64)
WALKS = {
    "seeds": lambda: words(seed=COUNT),
    "seeds, high half": lambda: words(seed=COUNT << U64(32)),
    "seeds, all bits": lambda: words(seed=~COUNT),
    "streams": lambda: words(stream=labels("fold{}")),
    "paths": lambda: words(path=labels("GaussNoise#{}")),
    "paths in containers": lambda: words(path=labels("OneOf#{}/GaussNoise")),
    "epochs": lambda: words(epoch=COUNT),
    "indices": lambda: words(index=COUNT),
    "indices, high half": lambda: words(index=COUNT << U64(32)),
    "indices, a power of two apart": lambda: words(index=COUNT << U64(18)),
    "keys as indices": lambda: words(index=labels("train/{:05}.png")),
    "repeats": lambda: words(repeat=COUNT),
    "planes": lambda: words(plane=COUNT),
    "frames": lambda: words(plane=COUNT << U64(32)),
    "seed and index together": lambda: words(seed=COUNT + U64(2), index=COUNT + U64(2)),
    "epoch and index opposed": lambda: words(epoch=COUNT, index=U64(N) - COUNT),
    "words": parameter_words,
    "elements": lambda: elements(0),
    "last elements": lambda: elements(2**34 - 4 * N),
}


def p_value(counts):
    """Of equally likely cells, two-sided: too even is as suspect as too uneven."""
    expected = counts.sum() / counts.size
    statistic = ((counts - expected) ** 2).sum() / expected
    return 2 * min(chi2.sf(statistic, counts.size - 1), chi2.cdf(statistic, counts.size - 1))


def bytes_of(table):
    """Every byte of every word, with the place it has, as one cell number."""
    table = np.ascontiguousarray(table.astype("<u4"))
    places = table.view(np.uint8).reshape(len(table), -1)
    return places.astype(int) + 256 * np.arange(places.shape[1])


def spread(cells, count):
    return p_value(np.bincount(np.ravel(cells), minlength=count))


def ordinary(table):
    """The p-values of a table of words, one row for each address."""
    table = table.astype(np.int64)
    width = table.shape[1]
    apart = table[1:] ^ table[:-1]
    yield "bytes", spread(bytes_of(table), 1024 * width)
    yield "bytes of differences", spread(bytes_of(apart), 1024 * width)
    for shift in 0, 12, 28:
        nibble = table >> shift & 15
        yield f"pairs at {shift}", spread(nibble[1:] * 16 + nibble[:-1], 256)
    for name, values in ("bits", table), ("bits of differences", apart):
        ones = np.stack([np.sum(values >> bit & 1, axis=0) for bit in range(32)])
        statistic = ((ones - len(values) / 2) ** 2).sum() / (len(values) / 4)
        yield name, 2 * min(chi2.sf(statistic, ones.size), chi2.cdf(statistic, ones.size))
    for i in range(width):
        for j in range(i):
            pair = (table[:, i] >> 28) * 16 + (table[:, j] & 15)
            yield f"words {i}, {j}", spread(pair, 256)


@pytest.mark.parametrize("name", WALKS)
def test_neighbours(name):
    for what, p in ordinary(WALKS[name]()):
        assert p > RARE, (what, p)


def test_coordinates_do_not_mirror_each_other():
    """Moving along one coordinate gives other words than moving along another."""
    walks = [name for name in WALKS if name not in ("words", "elements", "last elements")]
    tables = [WALKS[name]()[1:] for name in walks]  # number 0 is the same address in many
    for i, a in enumerate(tables):
        for j, b in enumerate(tables[:i]):
            assert spread(bytes_of(a ^ b), 4096) > RARE, (walks[i], walks[j])


def test_no_two_addresses_share_a_block():
    """128 bits of each of 300000 addresses: by chance two would meet once in 1e28."""
    tables = [WALKS[name]()[1:] for name in WALKS]
    blocks = np.concatenate(tables).astype(np.uint32)
    assert len(np.unique(blocks, axis=0)) == len(blocks)


@pytest.mark.parametrize(
    "poor",
    [
        lambda: np.stack([COUNT * U64(4) + U64(i) for i in range(4)], -1),
        lambda: words(index=COUNT) & U64(0xFFFFFFFE),
        lambda: np.stack([COUNT * U64(0x9E3779B9) & LOW] * 4, -1),
        lambda: np.repeat(words(index=COUNT[: N // 2]), 2, axis=0),
        lambda: words(index=COUNT) ^ words(index=COUNT)[:, :1],
    ],
)
def test_poor_words_are_noticed(poor):
    assert min(p for _, p in ordinary(poor())) < RARE


def test_the_twin_agrees():
    """The arrays above against the twin's single keys."""
    for seed, repeat, plane in (1, 0, 0), (2**64 - 1, 3, 1 << 32):
        own = op_key(stream_key(seed, "val", repeat), "Pad")
        field = Field(pixel_key(own, plane), 7, 2**40)
        block = words(seed, "val", "Pad", epoch=7, index=2**40, repeat=repeat, plane=plane)
        assert block.tolist() == field.at([0, 16, 32, 48]).tolist()
