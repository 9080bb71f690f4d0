"""What shows only where two parts are side by side."""

import itertools
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .causes import AS_IS, TWICE
from .report import Finding, finding
from .samples import Row
from .tables import SHOWN, Pairs

if TYPE_CHECKING:
    from .examine import Examined


def between(examined: list["Examined"]) -> Iterator[Finding]:
    """The causes that lie between two parts."""
    for one, other in itertools.combinations(examined, 2):
        if AS_IS in one.tables and AS_IS in other.tables:
            yield from _shared(one, other)
            yield from _duplicates(one, other)


def _shared(one: "Examined", other: "Examined") -> Iterator[Finding]:
    same = [each for each in one.part.objects if any(each is x for x in other.part.objects)]
    if not same:
        return
    names = f"{one.part.name}, {other.part.name}"
    have = f"{one.part.name} and {other.part.name} have the same {type(same[0]).__name__} in them"
    advice = "make a data set object for each part; or one not augmented, with Augmented around it"
    for each in (one, other):
        varying = each.differ((TWICE, 0), (TWICE, 1)) or each.differ((AS_IS, 0), (AS_IS, 1))
        fixed = each.equal((AS_IS, 0), (AS_IS, 1))
        if not each.part.varies and varying:
            text = (
                f"{have}, and {each.part.name} varies from pass to pass ({varying}): what augments "
                "the one augments the other."
            )
            yield finding(10, names, text, advice, varying)
            return
        if each.part.varies and each.settings.augmented and fixed:
            text = (
                f"{have}, and {each.part.name} never varies: what was set for the one holds for "
                "the other."
            )
            yield finding(10, names, text, advice, fixed)
            return


def _duplicates(one: "Examined", other: "Examined") -> Iterator[Finding]:
    """Equal images, or equal files behind different ones."""
    rows = one.tables[AS_IS].epochs[0], other.tables[AS_IS].epochs[0]
    images = _alike(*rows, lambda row: row.digest)
    pairs = images or _alike(*rows, _content)
    if not pairs:
        return
    what = "image" if images else "file"
    places = [f"{a.id!r} and {b.id!r}" for a, b in pairs[:SHOWN] if a.id is not None]
    text = (
        f"{len(pairs)} {what}{'s are' if len(pairs) > 1 else ' is'} in both, of the first "
        f"{len(rows[0])} and {len(rows[1])}{': ' * bool(places)}{', '.join(places)}. "
        f"{'They are the same samples, or got the same draws.' * bool(images)}"
    ).strip()
    advice = "split by key: ba.split(keys, fractions, seed=); and give each part its own stream="
    names = one.part.name, other.part.name
    yield finding(11, ", ".join(names), text, advice, Pairs(names, [], pairs))


def _alike(one: list[Row], other: list[Row], by: Callable[[Row], Any]) -> list[tuple[Row, Row]]:
    known = defaultdict(list)
    for row in other:
        known[by(row)].append(row)
    return [(row, known[key][0]) for row in one if (key := by(row)) is not None and key in known]


def _content(row: Row) -> bytes | None:
    """What the file holds whose path the sample tells, if it tells one."""
    for value in [row.id, *row.scalars.values()]:
        if isinstance(value, str | os.PathLike) and Path(value).is_file():
            return Path(value).read_bytes()
    return None
