"""What shows only where two parts are side by side."""

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .answers import Answers
from .findings import Finding, finding
from .parts import Part
from .questions import AS_IS, TWICE
from .samples import Row, leaves
from .tables import SHOWN, Pairs


def between(examined: Sequence[Answers]) -> Iterator[Finding]:
    """The causes that lie between two parts."""
    for one, other in itertools.combinations(examined, 2):
        if AS_IS in one.tables and AS_IS in other.tables:
            yield from _shared(one, other)
            yield from _duplicates(one, other)


def _shared(one: Answers, other: Answers) -> Iterator[Finding]:
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


def _duplicates(one: Answers, other: Answers) -> Iterator[Finding]:
    """Equal images, or equal files behind different ones."""
    parts = one.part, other.part
    rows = one.tables[AS_IS].epochs[0], other.tables[AS_IS].epochs[0]
    images = _alike(*([(row.digest, row) for row in each] for each in rows))
    files = (
        [(_content(part, row), row) for row in each] for part, each in zip(parts, rows, strict=True)
    )
    pairs = images or _alike(*files)
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


def _alike(one: list[tuple[Any, Row]], other: list[tuple[Any, Row]]) -> list[tuple[Row, Row]]:
    """The rows of one that have a partner in the other, by what is beside them."""
    known = {key: row for key, row in reversed(other) if key is not None}
    return [(row, known[key]) for key, row in one if key in known]


def _content(part: Part, row: Row) -> bytes | None:
    """What the file of a sample holds, if the sample or the data set tells which it is."""
    values = [row.id, *row.scalars.values()]
    # torchvision's folders list their files with their classes.
    listed = getattr(part.dataset(part.first), "samples", None)
    if isinstance(listed, list) and isinstance(row.id, int):
        values += [leaf for _, leaf in leaves(listed[row.id])]
    for value in values:
        if isinstance(value, str | os.PathLike) and Path(value).is_file():
            return Path(value).read_bytes()
    return None
