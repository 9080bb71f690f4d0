"""The twin and the package against the vectors that Rust is held to (tests/vectors.rs)."""

import re
from pathlib import Path

import numpy as np

import bitaug as ba
from tests.reference import vectors
from tests.reference.philox import philox

FOLDER = Path(__file__).parent / "vectors"


def lines(name):
    return (FOLDER / f"{name}.txt").read_text().splitlines()


def test_philox_known_answers():
    known = [
        [int(w, 16) for w in line.split()] for line in lines("philox4x32_10") if line[0] != "#"
    ]
    assert len(known) >= 3
    for words in known:
        assert [int(w) for w in philox(words[:4], words[4:6])] == words[6:]
    columns = np.array(known, np.uint64).T  # all at once
    assert (np.stack(philox(columns[:4], columns[4:6])) == columns[6:]).all()


def test_addresses():
    assert lines("addresses") == list(vectors.address_lines())


def test_draws():
    assert lines("draws") == list(vectors.draw_lines())


def test_orders():
    assert lines("order") == list(vectors.order_lines())


def test_digests():
    """What is hashed; that its digest is XXH3-64 is checked in Rust."""
    written = [re.sub(r"\b[0-9a-f]{16}\b", "-", line, count=1) for line in lines("digests")]
    assert written == list(vectors.digest_lines(lambda data: "-"))


def test_the_package_gives_these_addresses():
    for line in lines("addresses"):
        kind, *given = [word.strip('"') for word in line.split(" ")]
        if kind == "label":
            assert f"{ba.random.label(given[0]):016x}" == given[1]
        elif kind == "fold":
            key, word = int(given[0], 16), int(given[1], 16)
            assert f"{ba.random.fold(key, word, int(given[2])):016x}" == given[3]
        elif kind == "address":
            seed, epoch, index, repeat = (int(given[i]) for i in (0, 3, 4, 5))
            stream, path = given[1:3]
            rest = {"seed": seed, "stream": stream, "repeat": repeat}
            assert f"{ba.random.op_key(path, **rest):016x}" == given[7]
            rest |= {"epoch": epoch, "index": index}
            words = ba.random.words(path, 8, **rest)
            assert [f"{word:08x}" for word in words] == given[9:17]
            for element, word in zip(vectors.ELEMENTS, given[19:], strict=True):
                assert f"{ba.random.pixel_words(path, 1, first=element, **rest)[0]:08x}" == word


def test_the_package_gives_these_digests():
    arrays = [line.split(" ") for line in lines("digests") if line.startswith("content")]
    assert len(arrays) == len(vectors.ARRAYS)
    for array, (*_, digest) in zip(vectors.ARRAYS, arrays, strict=True):
        assert ba.digest(array) == digest
        assert ba.digest(array.astype(array.dtype.newbyteorder(">"))) == digest
