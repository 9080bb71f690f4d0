"""What is wrong with the values themselves, alone and beside a reference."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ... import _core
from ..compare import compare
from . import samples
from .answers import Answers
from .findings import Finding, finding
from .questions import AS_IS
from .samples import Row
from .tables import SHOWN, Pairs


def facts(one: Answers) -> Iterator[Finding]:
    """Passes without samples; constant, missing and misplaced values."""
    passes = one.tables[AS_IS].epochs if AS_IS in one.tables else []
    rows = passes[0] if passes else []
    # A function may make what is gone through once.
    if not all(passes[:1] if one.part.fresh else passes):
        text = f"The {'second' if rows else 'first'} pass has no samples."
        advice = "a generator can be gone through once: give the function that makes it"
        yield Finding(0, one.part.name, text, advice, (AS_IS,))
    if len(rows) > 1 and len({row.digest for row in rows}) == 1:
        text = f"All of the first {len(rows)} samples are the same image: the index is ignored."
        yield _of(one, rows, 0, text, "load or choose the image in __getitem__, by its index")
    wrong = [row for row in rows if row.wrong]
    if wrong:
        text = (
            f"{len(wrong)} of {len(rows)} samples have NaN or infinite values; the first, "
            f"{wrong[0].id!r}, {wrong[0].wrong} of {math.prod(wrong[0].shape)}."
        )
        yield _of(one, wrong, 0, text, "look for a division by zero, or a file that is broken")
    finite = [row for row in rows if not math.isnan(row.low)]
    if finite:
        yield from _range(one, finite)


def _of(one: Answers, rows: list[Row], cause: int, text: str, advice: str) -> Finding:
    shown = rows[:SHOWN]
    return Finding(
        cause, one.part.name, text, advice, (AS_IS,),
        tuple(row.id for row in shown),
        tuple((row.digest,) for row in shown),
        tuple((row.small,) for row in shown),
    )  # fmt: skip


def _range(one: Answers, rows: list[Row]) -> Iterator[Finding]:
    low, high = min(row.low for row in rows), max(row.high for row in rows)
    allowed = one.settings.value_range
    if allowed is not None:
        out = [row for row in rows if row.low < allowed[0] or row.high > allowed[1]]
        if out:
            text = (
                f"Values are {low:.5g} to {high:.5g} in {len(out)} of {len(rows)} samples; "
                f"{allowed[0]:g} to {allowed[1]:g} was said."
            )
            yield _of(one, out, 0, text, "scale or clip them")
    elif low < 0 or not all(row.dtype.startswith("float") for row in rows):
        return  # Normalised, or of a type that says what its range is.
    elif 0 < high <= 1.001 / 255:
        text = f"Values are {low:.3g} to {high:.3g}: divided by 255 twice."
        yield _of(one, rows, 12, text, "scale once: ba.ToFloat() takes the type into account")
    elif 64 < high <= 255.3:
        text = (
            f"Values are {low:.5g} to {high:.5g} as {rows[0].dtype}: nothing has scaled them to 0 "
            "to 1."
        )
        advice = "scale by 1/255, or say that the model does it: value_range=(0, 255)"
        yield _of(one, rows, 0, text, advice)


def beside(one: Answers, given: list[Row], reference: list[Row]) -> Iterator[Finding]:
    """Where the audited part and its reference do not agree, and what explains it."""
    if any(row.id is None for row in [*given, *reference]):
        # In the order they come, if nothing tells which is which.
        pairs = list(zip(given, reference, strict=False))
    else:
        other = {row.id: row for row in reference}
        pairs = [(row, other[row.id]) for row in given if row.id in other]
    if not pairs:
        text = "No sample of the reference has the id of one audited."
        yield Finding(12, one.part.name, text, "let both tell the same ids: identify=")
        return
    for rows in (given, reference):
        path = samples.label_path(rows)
        for row in rows:
            row.label = None if path is None else row.scalars.get(path)
    keyed = {i if a.id is None else a.id: (a, b) for i, (a, b) in enumerate(pairs)}
    report = compare(
        {key: _sample(pair, 1) for key, pair in keyed.items()},
        {key: _sample(pair, 0) for key, pair in keyed.items()},
    )
    if report:
        return
    keys = dict.fromkeys([*report.differing, *report.fields.get("label", ())])
    found = Pairs(("audited", "reference"), [keyed[key] for key in keys], [])
    text = "; ".join(f"{each.text}{report.counted(each)}" for each in report.findings)
    text = (
        f"{len(keys)} of {len(keyed)} samples differ. Where a is the reference and b what is "
        f"audited: {text}."
    )
    why = "; ".join(each.why for each in report.findings)
    yield finding(12, one.part.name, text, f"prepare both in one way; what makes it: {why}", found)


def _sample(pair: tuple[Row, Row], which: int) -> dict[str, Any]:
    """One of two rows as `compare` takes it."""
    row, labels = pair[which], (pair[0].label, pair[1].label)
    image = np.atleast_2d(np.asarray(row.image))
    # Of a video, and of what nothing tells to be else, frames lie one below the other.
    while image.ndim > 3 or (image.ndim == 3 and _core.likely_layout(image.shape) is None):
        image = image.reshape(image.shape[0] * image.shape[1], *image.shape[2:])
    sample = {"image": image}
    return sample if None in labels else sample | {"label": row.label}
