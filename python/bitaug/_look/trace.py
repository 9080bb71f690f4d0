"""Every stage of one sample, with its images."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, overload

from .._values.digest import digest
from .png import save_png
from .stage import Stage
from .table import listed


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
        from .strip import strip

        return strip(self, self.box_format, side)

    def save(self, path: str | Path, side: int = 192) -> None:
        """Writes the drawing to a .png."""
        save_png(self.draw(side), path)

    def _repr_png_(self) -> bytes:
        from io import BytesIO

        buffer = BytesIO()
        self.draw().save(buffer, "PNG")
        return buffer.getvalue()


def trace(
    params: dict[str, Any],
    after: Callable[[int], dict[str, Any]],
    planar: bool,
    box_format: str,
) -> Trace:
    """Every stage of what `params` says.

    Args:
        after: gives the sample after so many of the ops that are applied.
        planar: whether the input's channels come first.
        box_format: how the boxes are written.
    """
    steps = 0

    def stage(path: str, op: str, applied: bool, values: dict[str, Any], sample: Any) -> Stage:
        return Stage(path, op, applied, values, sample, digest(sample["image"]), planar)

    sample = after(0)
    stages = [stage("input", "", True, {}, sample)]
    for _, op in listed(params["ops"] if params["applied"] else ()):
        if "ops" in op:
            continue
        if op["applied"]:
            steps += 1
            planar = planar or op["op"] == "ToCHW"
            sample = after(steps)
        stages.append(stage(op["path"], op["op"], op["applied"], op.get("params", {}), sample))
    return Trace(stages, params, box_format)
