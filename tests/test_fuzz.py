"""The fuzzers themselves: whatever goes wrong is found; and a few of their cases."""

import os
import threading

import pytest

from tests.fuzz import run


def fails(random, note):
    """Raises, or ends its process, by its seed."""
    number = random.randrange(4)
    note(f"number {number}")
    if number == 1:
        raise KeyError("a")
    if number == 2:
        os._exit(3)


def hangs(random, note):
    threading.Event().wait()


def test_what_fails_is_found():
    found = list(run.findings(fails, range(12)))
    wanted = {"number 1": "KeyError: 'a'", "number 2": "the process ended with 3"}
    assert {note for _, (note,), _ in found} == wanted.keys()
    assert all(text.startswith(wanted[note]) for _, (note,), text in found)
    assert [seed for seed, *_ in found] == sorted({seed for seed, *_ in found})


def test_what_hangs_is_found():
    assert list(run.findings(hangs, [7], patience=1)) == [(7, [], "no end after 1 s")]


@pytest.mark.parametrize("kind", run.KINDS)
def test_a_few_cases(kind):
    assert list(run.findings(run.KINDS[kind], range(360, 380))) == []
