"""The twin against the vectors that Rust is held to (tests/vectors.rs)."""

import re
from pathlib import Path

import numpy as np

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


def test_digests():
    """What is hashed; that its digest is XXH3-64 is checked in Rust."""
    written = [re.sub(r"\b[0-9a-f]{16}\b", "-", line, count=1) for line in lines("digests")]
    assert written == list(vectors.digest_lines(lambda data: "-"))
