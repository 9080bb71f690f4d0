"""What `compare` returns."""

import dataclasses
import itertools
import reprlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from ..._look.png import save_png
from ..._look.stage import Stage
from ..._look.table import short
from ..._look.trace import Trace
from ..._pipeline.address import check_names
from ..._values.fields import number
from ..._values.numbers import count as positive
from ..._values.plain import shown
from .difference import Difference
from .explain import explain
from .filters import filters
from .sides import Key, Sample, pairs, permutation, same, sources
from .values import Finding

# So many of the samples that differ are explained, so that one accident does not decide.
EXAMPLES = 8
# What the source of a resize says for sure where these can only hint at it.
HINTS = ("resize", "shift", "rounding", "colors", "unexplained", "unrelated")
WHY_PIPELINES = "the two sides run different pipelines"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Report:
    """How two sources of samples agree; true if they do. In a notebook it shows itself.

    Attributes:
        count: how many samples both have.
        differing: the keys or places of those whose images differ.
        only_a, only_b: the keys that one side alone has; of sides by place, the first place.
        fields: for labels and other fields that differ, the keys.
        order: if both have the same images in another order, for each of b's its place in a.
        examples: the first that differ.
        findings: what explains them, each kind once.
    """

    count: int
    differing: tuple[Key, ...]
    only_a: tuple[Key, ...]
    only_b: tuple[Key, ...]
    fields: dict[str, tuple[Key, ...]]
    order: tuple[int, ...] | None
    examples: tuple[Difference, ...]
    findings: tuple[Finding, ...]

    @property
    def equal(self) -> bool:
        """Whether all samples agree, and neither side has more."""
        return not (self.differing or self.only_a or self.only_b or self.fields)

    def __bool__(self) -> bool:
        return self.equal

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        if self.equal:
            return f"a and b agree in all of {self.count} samples"
        lines = [f"a and b differ: {len(self.differing)} of {self.count} images"]
        if not self.count:
            lines = ["a and b have no sample in common"]
        for name, only in (("a", self.only_a), ("b", self.only_b)):
            if only:
                lines.append(f"  only {name} has {_keys(only)}")
        if self.examples:
            first = self.examples[0]
            after = f", after {first.stage}" if first.stage else ""
            lines += [f"the first that differ are {first.key!r}{after}:", str(first)]
        if self.findings:
            lines.append("what explains it:")
        for finding in self.findings:
            lines.append(f"  {finding.name}{self.counted(finding)}: {finding.text}")
            if finding.why:
                lines.append(f"    {finding.why}")
        return "\n".join(lines)

    def counted(self, finding: Finding) -> str:
        """In how many of the examples a finding holds, in words; "" if it is not of examples."""
        count = sum(
            finding.name in [other.name for other in example.findings] for example in self.examples
        )
        return f" ({count} of the first {len(self.examples)})" if count else ""

    def draw(self, side: int = 224) -> Any:
        """The first samples that differ: a, b, their difference, and what is left of it once it is
        explained.

        Args:
            side: pixels that the longer side of each image is drawn with, 16 to 4096.

        Returns:
            A Pillow image (`pip install bitaug[draw]`).
        """
        from .picture import sheet

        title = f"{len(self.differing)} of {self.count} images differ"
        return sheet(title, self.findings, self.examples, side)

    def save(self, path: str | Path, side: int = 224) -> None:
        """Writes the drawing to a .png."""
        save_png(self.draw(side), path)

    def _repr_png_(self) -> bytes | None:
        if not self.examples:
            return None
        buffer = BytesIO()
        self.draw().save(buffer, "PNG")
        return buffer.getvalue()


def _keys(keys: tuple[Key, ...]) -> str:
    shown = ", ".join(map(repr, keys[:4]))
    return shown if len(keys) <= 4 else f"{shown} and {len(keys) - 4} more"


def report(
    a: Any, b: Any, source: Any, atol: float | None, limit: int | None, layout: str | None
) -> Report:
    """What `compare` does."""
    check_names("", layout)
    if atol is not None and number(atol, "atol") < 0:
        raise ValueError(f"atol={shown(atol)}: from 0 on")
    stop = None if limit is None else positive(limit, "limit")
    original = None if source is None else sources(source, layout)
    both = Both([], [], [], [])
    only_a: list[Key] = []
    only_b: list[Key] = []
    differing: list[Key] = []
    examples: list[tuple[Key, Sample, Sample, Sample | None]] = []
    fields: dict[str, list[Key]] = {}
    for place, (key, one, other) in enumerate(itertools.islice(pairs(a, b, layout), stop)):
        if one is None or other is None:
            (only_a if other is None else only_b).append(key)
            continue
        both.add(key, one, other)
        for name in one.fields.keys() & other.fields.keys():
            if not same(one.fields[name], other.fields[name]):
                fields.setdefault(name, []).append(key)
        if not _agree(one, other, atol):
            differing.append(key)
            if len(examples) < EXAMPLES:
                examples.append((key, one, other, original and original(key, place)))
    if not both.keys and not only_a and not only_b:
        raise ValueError("a and b: there are no samples")
    moved = both.moved(set(differing))
    explained = tuple(_difference(*example, moved, atol is None) for example in examples)
    return Report(
        len(both.keys),
        tuple(differing),
        tuple(only_a),
        tuple(only_b),
        {name: tuple(fields[name]) for name in sorted(fields)},
        both.order(),
        explained,
        (*both.findings(moved, fields), *_grouped(explained)),
    )


@dataclasses.dataclass(frozen=True)
class Both:
    """What is kept of all samples that both sides have."""

    keys: list[Key]
    a: list[str]
    b: list[str]
    labels: list[tuple[Any, Any]]

    def add(self, key: Key, a: Sample, b: Sample) -> None:
        self.keys.append(key)
        self.a.append(a.digest)
        self.b.append(b.digest)
        self.labels.append((a.fields.get("label"), b.fields.get("label")))

    def order(self) -> tuple[int, ...] | None:
        found = permutation(self.a, self.b)
        return None if found is None else tuple(found)

    def moved(self, differing: set[Key]) -> dict[Key, int]:
        """Of b's images that differ, those that a has at another place, and that place."""
        order = self.order()
        places = {found: place for place, found in reversed(list(enumerate(self.a)))}
        return {
            key: order[i] if order else places[found]
            for i, (key, found) in enumerate(zip(self.keys, self.b, strict=True))
            if key in differing and found in places
        }

    def findings(self, moved: dict[Key, int], fields: dict[str, list[Key]]) -> Iterator[Finding]:
        goes_along = False
        if moved:
            here = {key: i for i, key in enumerate(self.keys)}
            shown = [f"b's {key!r} is a's {self.keys[moved[key]]!r}" for key in list(moved)[:4]]
            text = f"{len(moved)} images of b are a's at another place: {', '.join(shown)}"
            labels = [(self.labels[here[key]][1], self.labels[i][0]) for key, i in moved.items()]
            if not any(label is None for pair in labels for label in pair):
                goes_along = all(same(*pair) for pair in labels)
                text += f"; their labels {'move with them' if goes_along else 'do not'}"
            why = "one side is shuffled, sorted by another rule, or lacks some samples"
            yield Finding("order", text, why)
        for name, keys in sorted(fields.items()):
            if name == "label" and goes_along:
                continue
            text = (
                f"{name} differs in {len(keys)} of {len(self.keys)} samples, first in {keys[0]!r}"
            )
            if name == "label":
                pair = self.labels[self.keys.index(keys[0])]
                text += f": {reprlib.repr(pair[0])} against {reprlib.repr(pair[1])}"
            yield Finding(
                name, text, "labels come from another list, or in another order than images"
            )


def _agree(a: Sample, b: Sample, atol: float | None) -> bool:
    if a.digest == b.digest or atol is None or a.image.shape != b.image.shape:
        return a.digest == b.digest
    images = a.image.astype(np.float64), b.image.astype(np.float64)
    return bool(np.allclose(*images, rtol=0, atol=atol, equal_nan=True))


def _difference(
    key: Key, a: Sample, b: Sample, source: Sample | None, moved: dict[Key, int], types: bool
) -> Difference:
    if key in moved:
        return Difference(key, "", a, b, (), None)
    stage, before, one, other = _first_stage(a, b)
    explanation = explain(one, other, types)
    found, left = list(explanation.findings), explanation.left
    named = None if source is None or stage else filters(source, one, other)
    if named is not None:
        found = [finding for finding in found if finding.name not in HINTS] + [named[0]]
        left = named[1]
    return Difference(key, stage, one, other, (*before, *found), left)


def _first_stage(a: Sample, b: Sample) -> tuple[str, list[Finding], Sample, Sample]:
    """The first stage after which two samples differ, what is known of it, and its images."""
    if a.trace is None and b.trace is None:
        return "", [], a, b
    if a.trace is not None and b.trace is not None:
        return _traced(a, b, a.trace(), b.trace())
    name, other, digest = ("a", "b", b.digest) if a.trace else ("b", "a", a.digest)
    stages = a.trace() if a.trace else b.trace() if b.trace else ()
    for i, stage in enumerate(stages[:-1]):
        if stage.digest == digest:
            rest = ", ".join(later.path for later in stages[i + 1 :] if later.applied)
            text = f"{other} equals {name} after {stage.path}; {rest} did not happen there"
            why = f"{other} was stored before the end of the pipeline, or runs a shorter one"
            return stage.path, [Finding("stage", text, why)], a, b
    return "", [], a, b


def _traced(
    a: Sample, b: Sample, left: Trace, right: Trace
) -> tuple[str, list[Finding], Sample, Sample]:
    steps = [[stage for stage in trace if stage.applied] for trace in (left, right)]
    for one, other in itertools.zip_longest(*steps):
        if one is None or other is None:
            path, which = (one or other).path, "ab"[one is None]
            text = f"{which} alone has {path}"
            return path, [Finding("stage", text, WHY_PIPELINES)], a, b
        if one.digest == other.digest:
            continue
        if one.path != other.path:
            text = f"they differ first where a has {one.path} and b has {other.path}"
            return one.path, [Finding("stage", text, WHY_PIPELINES)], a, b
        return one.path, [_stage_finding(one, other)], _sample(one), _sample(other)
    return "", [], a, b


def _stage_finding(a: Stage, b: Stage) -> Finding:
    text = f"they differ first after {a.path}"
    if not a.op:
        return Finding("stage", f"{text}: before any op", "they start from other images")
    names = sorted(a.params.keys() | b.params.keys())
    values = {name: (a.params.get(name), b.params.get(name)) for name in names}
    other = [
        f"{name}={short(x)} in a, {short(y)} in b" for name, (x, y) in values.items() if x != y
    ]
    if other:
        why = "another seed, stream, epoch, index or repeat, or another pipeline"
        return Finding("stage", f"{text}, with {'; '.join(other)}", why)
    why = "per-pixel draws of another address, or an unsound machine: python -m bitaug verify"
    return Finding("stage", f"{text}, with equal parameters", why)


def _sample(stage: Stage) -> Sample:
    return Sample(stage.image, stage.planar, {}, None, stage.digest)


def _grouped(examples: tuple[Difference, ...]) -> list[Finding]:
    """Each kind of finding once, with the first sample's numbers."""
    kinds: dict[str, list[Finding]] = {}
    for finding in itertools.chain.from_iterable(example.findings for example in examples):
        kinds.setdefault(finding.name, []).append(finding)
    return [
        found[0]
        if all(_alike(found[0].numbers, other.numbers) for other in found)
        else dataclasses.replace(found[0], text=f"{found[0].text}; others in other samples")
        for found in kinds.values()
    ]


def _alike(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return len(a) == len(b) and np.allclose(a, b, rtol=0.02, atol=0.02)
