"""What a pipeline does with one sample: a table of its draws, and every stage with its images."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, overload

from ._augment import digest
from ._files import save_png
from ._transform import Array, Transform, params_json


def listed(ops: Sequence[dict[str, Any]], depth: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """The records of `params` from top to bottom, with how deep they are nested."""
    for op in ops:
        yield depth, op
        yield from listed(op.get("ops", ()), depth + 1)


def short(value: Any) -> str:
    """A parameter for people: numbers with five digits that count."""
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, dict):
        return " ".join(f"{key}={short(item)}" for key, item in value.items())
    if isinstance(value, list):
        shown = [short(item) for item in value[:8]]
        return f"[{', '.join(shown)}{', ...' if len(value) > 8 else ''}]"
    return str(value)


def table(params: dict[str, Any]) -> str:
    """What `explain` returns."""
    stream = params["stream"]
    name = stream if isinstance(stream, str) else f"label {stream['label']}"
    height, width, channels = params["shape"]
    key = f" ({params['key']})" if "key" in params else ""
    index = f"index {params['index']}{key}"
    head = (
        f"pipeline {params['pipeline']}, image {height} x {width} x {channels} {params['dtype']}\n"
        f"seed {params['seed']}, stream {name}, epoch {params['epoch']}, {index}, "
        f"repeat {params['repeat']}\n"
    )
    if not params["applied"]:
        return head + "not applied\n"
    rows = [("path", "applied", "parameters")]
    for depth, op in listed(params["ops"]):
        told = {name: op[name] for name in ("turn", "key") if name in op}
        shown = f"{short(op.get('params', {}))} {' '.join(f'{k}={v}' for k, v in told.items())}"
        rows.append(("  " * depth + op["path"], "yes" if op["applied"] else "no", shown.strip()))
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    lines = [f"{path:{widths[0]}}  {applied:{widths[1]}}  {rest}" for path, applied, rest in rows]
    return head + "".join(line.rstrip() + "\n" for line in lines)


# Arrays have no one answer to whether they are equal: a stage equals itself alone.
@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Stage:
    """A sample after one op.

    Attributes:
        path: the op's address, "input" for what went in.
        op: the op's name, "" for what went in.
        applied: whether it was drawn; if not, the sample is that of the stage before.
        params: its parameters, as in `params`.
        sample: a dict with `image` and the targets that were given, as a call returns it.
        digest: the content digest of the image.
    """

    path: str
    op: str
    applied: bool
    params: dict[str, Any]
    sample: dict[str, Any]
    digest: str
    planar: bool

    @property
    def image(self) -> Array:
        """The image: H x W, H x W x C, or C x H x W after ToCHW or with layout="CHW"."""
        image: Array = self.sample["image"]
        return image

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.image.shape))
        applied = short(self.params) if self.applied else "not applied"
        return f"<{self.path}: {applied or '-'}; {shape} {self.image.dtype}, {self.digest}>"


class Trace(Sequence[Stage]):
    """Every stage of one sample, from the input on: a sequence of `Stage`.

    In a notebook it shows itself.

    Attributes:
        params: what was drawn, as `params` returns it.
        box_format: how the boxes in the stages' samples are written.
    """

    def __init__(self, stages: Sequence[Stage], params: dict[str, Any], box_format: str) -> None:
        self._stages = tuple(stages)
        self.params = params
        self.box_format = box_format

    @overload
    def __getitem__(self, key: int) -> Stage: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Stage, ...]: ...
    def __getitem__(self, key: int | slice) -> Stage | tuple[Stage, ...]:
        return self._stages[key]

    def __len__(self) -> int:
        return len(self._stages)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self._stages))

    def draw(self, side: int = 192) -> Any:
        """The stages side by side with their parameters, masks, boxes and points drawn in.

        Args:
            side: pixels that the longer side of each stage's image is drawn with, 16 to 4096.

        Returns:
            A Pillow image (`pip install bitaug[draw]`).
        """
        from . import _draw

        return _draw.strip(self, side)

    def save(self, path: str | Path, side: int = 192) -> None:
        """Writes the drawing to a .png."""
        save_png(self.draw(side), path)

    def _repr_png_(self) -> bytes:
        from io import BytesIO

        buffer = BytesIO()
        self.draw().save(buffer, "PNG")
        return buffer.getvalue()


def trace(
    pipeline: Transform,
    params: dict[str, Any],
    image: Array,
    labels: Sequence[Any] | None,
    targets: dict[str, Any],
    layout: str | None,
) -> Trace:
    """Runs the first step, the first two, ... of what `params` says."""
    text = params_json(params)
    planar = layout == "CHW"
    steps = 0

    def stage(path: str, op: str, applied: bool, values: dict[str, Any], sample: Any) -> Stage:
        return Stage(path, op, applied, values, sample, digest(sample["image"]), planar)

    sample = pipeline._sample(text, image, labels, targets, {}, layout, None, limit=0)
    stages = [stage("input", "", True, {}, sample)]
    for _, op in listed(params["ops"] if params["applied"] else ()):
        if "ops" in op:
            continue
        if op["applied"]:
            steps += 1
            planar = planar or op["op"] == "ToCHW"
            sample = pipeline._sample(text, image, labels, targets, {}, layout, None, limit=steps)
        stages.append(stage(op["path"], op["op"], op["applied"], op.get("params", {}), sample))
    box_params = getattr(pipeline, "bbox_params", None)
    return Trace(stages, params, box_params.format if box_params else "pascal_voc")
