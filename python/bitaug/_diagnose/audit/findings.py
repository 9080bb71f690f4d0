"""What a probe has shown, and what is wrong by it."""

import dataclasses
import textwrap
from typing import Any

from ..._values.types import Array
from .tables import SHOWN, Pairs

TITLES = {
    0: "None of the twelve causes",
    1: "A random generator is copied into the workers",
    2: "Workers are seeded alike in each epoch",
    3: "Epochs have the same order",
    4: "The epoch does not reach persistent workers",
    5: "Draws depend on the worker",
    6: "Draws come from a stream",
    7: "One draw for a whole batch",
    8: "A race in a parallel map",
    9: "Augmented once, then kept",
    10: "Parts share one data set object",
    11: "Duplicates across parts, workers or ranks",
    12: "Prepared in another way",
}


def wrapped(line: str) -> str:
    indent = " " * (2 + len(line) - len(line.lstrip()))
    return textwrap.fill(line, 100, subsequent_indent=indent, break_on_hyphens=False)


# Arrays have no one answer to whether they are equal: a finding equals itself alone.
@dataclasses.dataclass(frozen=True, eq=False)
class Finding:
    """One thing that is wrong.

    Attributes:
        cause: 1 to 12, as docs/audit.md numbers them; 0 for what is wrong with the data or
            where a probe failed.
        part: the name of what was audited, or of the two that are at odds.
        text: what is wrong, in plain words.
        advice: what to do.
        probes: the probes whose answers show it.
        ids: samples that show it.
        digests: of these samples' images, a tuple for each, in the order of the probes.
        pictures: the same images, made small; None where there are none.
    """

    cause: int
    part: str
    text: str
    advice: str
    probes: tuple[str, ...] = ()
    ids: tuple[Any, ...] = ()
    digests: tuple[tuple[str, ...], ...] = ()
    pictures: tuple[tuple[Array | None, ...], ...] = dataclasses.field(default=(), repr=False)

    @property
    def title(self) -> str:
        """The cause in a few words."""
        return TITLES[self.cause]

    def __str__(self) -> str:
        where = f"{self.part}: " if self.part else ""
        cause = f" (cause {self.cause})" if self.cause else ""
        lines = [f"{where}{self.title}{cause}", f"  {self.text}", f"  Do: {self.advice}"]
        if self.probes:
            lines.append(f"  Probes: {'; '.join(self.probes)}")
        for id, digests in zip(self.ids, self.digests, strict=False):
            lines.append(f"    {id}: {'  '.join(digests)}")
        return "\n".join(map(wrapped, lines))


@dataclasses.dataclass(frozen=True)
class Probe:
    """One question.

    Attributes:
        part: the name of what was asked.
        name: what was asked.
        asked: whether it was.
        reason: why not, or that it failed.
    """

    part: str
    name: str
    asked: bool
    reason: str = ""


def finding(cause: int, part: str, text: str, advice: str, pairs: Pairs | None) -> Finding:
    """A finding whose evidence is what differs between two passes, or is equal if nothing does."""
    if pairs is None:
        return Finding(cause, part, text, advice)
    shown = (pairs.differing or pairs.equal)[:SHOWN]
    return Finding(
        cause,
        part,
        text,
        advice,
        pairs.names,
        tuple(x.id if x.id == y.id else (x.id, y.id) for x, y in shown),
        tuple((x.digest, y.digest) for x, y in shown),
        tuple((x.small, y.small) for x, y in shown),
    )
