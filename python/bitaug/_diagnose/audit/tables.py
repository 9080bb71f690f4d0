"""What came back, and where two passes differ."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

from .samples import Row

# Samples that are named or shown.
SHOWN = 4


@dataclasses.dataclass
class Table:
    """What came back.

    Attributes:
        name: of the question.
        epochs: the rows of each epoch, or of whatever else `passes` says.
        cut: whether an epoch had more.
    """

    name: str
    epochs: list[list[Row]]
    cut: bool = False
    passes: str = "epoch"


@dataclasses.dataclass(frozen=True)
class Pairs:
    """The samples that two passes have in common.

    Attributes:
        names: of the passes.
        differing, equal: the rows of both.
    """

    names: tuple[str, str]
    differing: list[tuple[Row, Row]]
    equal: list[tuple[Row, Row]]

    def __str__(self) -> str:
        """Those that differ, or else all, in words."""
        shown = self.differing or self.equal
        named = [repr(row.id) for row, _ in shown if row.id is not None]
        if not named:
            return f"{len(shown)} samples"
        rest = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
        return f"sample{'s' * (len(named) > 1)} {', '.join(named[:SHOWN])}{rest}"


def compare(a: Table, b: Table, i: int, j: int) -> Pairs | None:
    """Epoch i of one table beside epoch j of another; None if they cannot be compared."""
    one, other = a.epochs[i], b.epochs[j]
    names = (a.name, b.name)
    if a is b or i or j:
        names = (f"{a.name}, {a.passes} {i}", f"{b.name}, {b.passes} {j}")
    if any(row.id is None for row in [*one, *other]):
        # Of a part of an epoch it is not known whether the other has the same samples.
        whole = one and other and not a.cut and not b.cut
        return _as_sets(names, one, other) if whole else None
    left, right = _by_id(one), _by_id(other)
    common = [(left[key], right[key]) for key in left if key in right]
    if not common:
        return None
    differing = [(x, y) for x, y in common if x.digest != y.digest]
    return Pairs(names, differing, [(x, y) for x, y in common if x.digest == y.digest])


def _by_id(rows: Sequence[Row]) -> dict[Any, Row]:
    """By id, and by how often it came before."""
    seen: Counter[Any] = Counter()
    found = {}
    for row in rows:
        found[row.id, seen[row.id]] = row
        seen[row.id] += 1
    return found


def _as_sets(names: tuple[str, str], one: Sequence[Row], other: Sequence[Row]) -> Pairs:
    """Without ids: what is in one and not in the other, in whatever order."""
    left, right = (Counter(row.digest for row in rows) for rows in (one, other))
    missing, extra = left - right, right - left
    alone = [row for row in one if missing[row.digest]]
    new = [row for row in other if extra[row.digest]]
    both = [(row, row) for row in one if not missing[row.digest]]
    return Pairs(names, list(zip(alone, new, strict=False)), both)
