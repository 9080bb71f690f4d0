"""What an audit says: its findings with their evidence, and what was asked."""

import dataclasses
import json
import os
from collections.abc import Iterator

from ..._look.png import save_png
from .findings import Finding, Probe, wrapped


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
        lines = [wrapped(f"  {line}") for line in self._not_asked()]
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

        save_png(sheet(self.findings), path)
