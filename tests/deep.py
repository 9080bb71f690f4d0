"""What ordinary runs leave out. A deep run (`./nox -s deep`) takes one case in N of it, from the
SEED-th on, and is told so as `SEED/N`."""

import os

import pytest

DEEP = os.environ.get("BITAUG_DEEP")


def deep(cases):
    """Cases for `parametrize` that are left out."""
    return [pytest.param(case, marks=pytest.mark.deep) for case in cases]


def drawn(ordinary):
    """How Hypothesis draws cases: so many and always the same, in a deep run many others."""
    import hypothesis  # which is not there where adapters are tested

    count = 20 * ordinary if DEEP else ordinary
    return hypothesis.settings(
        max_examples=count, derandomize=not DEEP, database=None, deadline=None
    )


def chosen(items):
    """Of pytest's items. Tests that draw their cases are in every run."""

    def left_out(item):
        return item.get_closest_marker("deep") is not None

    def draws(item):
        return getattr(getattr(item, "obj", None), "is_hypothesis_test", False)

    if not DEEP:
        return [item for item in items if not left_out(item)]
    seed, n = map(int, DEEP.split("/"))
    return [item for item in items if left_out(item) or draws(item)][seed % n :: n]
