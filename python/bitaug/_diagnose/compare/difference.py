"""Two samples that differ."""

import dataclasses
from typing import Any

import numpy as np

from ..._look.table import short
from .sides import Key, Sample
from .values import Finding


@dataclasses.dataclass(frozen=True, eq=False)
class Difference:
    """Two samples that differ, at the first stage that does.

    Attributes:
        key: the sample's key, or its place.
        stage: the address of the op after which they differ; "" if stages are not known.
        a, b: their images at that stage.
        findings: what turns one into the other.
        left: what is left of their difference then, in levels of 8 bits; None if nothing is known.
    """

    key: Key
    stage: str
    a: Sample
    b: Sample
    findings: tuple[Finding, ...]
    left: Any

    def __str__(self) -> str:
        lines = [
            f"  {name}  {side.digest}  {' x '.join(map(str, side.image.shape))} "
            f"{side.image.dtype}, {short(side.image.min().item())} to "
            f"{short(side.image.max().item())}"
            for name, side in (("a", self.a), ("b", self.b))
        ]
        if self.a.image.shape == self.b.image.shape:
            apart = np.abs(self.a.image.astype(np.float64) - self.b.image)
            lines.append(f"  at most {short(apart.max())} apart, {short(apart.mean())} on average")
        return "\n".join(lines)
