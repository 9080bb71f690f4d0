"""What an audit says: its findings with their evidence, and what was asked."""

import dataclasses
import json
import os
import textwrap
from collections.abc import Iterator
from typing import Any

from ..._images.files import save_png
from ..._pipeline.transform import Array
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


def _wrapped(line: str) -> str:
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
        return "\n".join(map(_wrapped, lines))


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


@dataclasses.dataclass(frozen=True, eq=False)
class Audit:
    """The findings of `bitaug.audit`: true, and as long, as there are any.

    Attributes:
        findings: what is wrong.
        probes: what was asked, and what was not and why.
    """

    findings: tuple[Finding, ...]
    probes: tuple[Probe, ...]

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    @property
    def causes(self) -> tuple[int, ...]:
        """The numbers of the causes found, each once, in ascending order."""
        return tuple(sorted({finding.cause for finding in self.findings}))

    def __str__(self) -> str:
        asked = sum(probe.asked for probe in self.probes)
        count = len(self.findings)
        found = f"{count} finding{'s' * (count != 1)}" if count else "nothing wrong was found"
        parts = [f"{found}; {asked} probes were asked", *map(str, self.findings)]
        lines = [_wrapped(f"  {line}") for line in self._not_asked()]
        if lines:
            parts.append("\n".join(["not asked", *lines]))
        return "\n\n".join(parts)

    def _not_asked(self) -> Iterator[str]:
        """The probes that were not, once for all parts for which it is the same."""
        names: dict[tuple[str, str], list[str]] = {}
        for probe in self.probes:
            if not probe.asked:
                names.setdefault((probe.part, probe.reason), []).append(probe.name)
        parts: dict[tuple[str, str], list[str]] = {}
        for (part, reason), found in names.items():
            parts.setdefault((reason, ", ".join(found)), []).append(part)
        for (reason, probes), of in parts.items():
            where = f"{', '.join(of)}: " if any(of) else ""
            yield f"{where}{reason}: {probes}"

    def to_json(self) -> str:
        """All but the pictures, as JSON."""
        findings = []
        for finding in self.findings:
            fields = {
                field.name: getattr(finding, field.name) for field in dataclasses.fields(finding)
            }
            del fields["pictures"]
            findings.append(fields | {"title": finding.title})
        probes = [dataclasses.asdict(probe) for probe in self.probes]
        return json.dumps({"findings": findings, "probes": probes}, default=str, indent=2)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Draws the samples that show each finding, one above the other as the probes gave them,
        to a .png. Needs Pillow."""
        from .sheet import sheet

        save_png(sheet(self), path)


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
