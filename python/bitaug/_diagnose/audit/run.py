"""One audit."""

from typing import Any

from . import ambient
from .between import between
from .examine import Examined
from .findings import Finding
from .parts import Part
from .report import Audit
from .settings import Settings


def run(given: Any, parts: dict[str, Any], settings: Settings) -> Audit:
    if (given is None) != bool(parts):
        raise TypeError("either one thing to audit, or parts by name, such as train= and val=")
    if "given" in parts:
        raise TypeError("given=: what is audited alone has no name: audit(loader)")
    named = {"": given} if given is not None else parts
    if parts and settings.reference is not None:
        raise TypeError("reference: it is for one thing to audit, not for parts")
    how = (settings.identify, settings.set_epoch, settings.samples)
    examined = [Examined(Part(name, each, *how), settings) for name, each in named.items()]
    findings: list[Finding] = []
    with ambient.kept():
        for one in examined:
            one.examine()
            findings += one.findings
    findings += between(examined)
    findings.sort(key=lambda finding: (finding.part, finding.cause))
    return Audit(tuple(findings), tuple(probe for one in examined for probe in one.probes))
