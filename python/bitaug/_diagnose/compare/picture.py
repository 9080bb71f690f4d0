"""A report's picture: what differs, and what is left of it once it is explained."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._look.pen import GAP, INK, LINE, MARGIN, SOFT, font, visible, wrapped
from ..._values.plain import shown
from ..._values.types import Array
from .difference import Difference
from .sides import Sample
from .values import Finding

# After _draw, which says what to install where there is no Pillow.
from PIL import Image, ImageDraw  # isort: skip

ROWS, CAPTION = 4, 3 * LINE + 16


def sheet(
    title: str, findings: Sequence[Finding], examples: Sequence[Difference], side: int
) -> Any:
    """Some samples that differ, one below the other."""
    if not 16 <= side <= 4096:
        raise ValueError(f"side={shown(side)}: 16 to 4096 pixels")
    if not examples:
        raise ValueError("no images differ: there is nothing to draw")
    examples = examples[:ROWS]
    cell = max(side, 160)
    width = 2 * MARGIN + 4 * (cell + GAP) - GAP
    said = [
        line
        for finding in findings
        for line in wrapped(f"{finding.name}: {finding.text}", width - 2 * MARGIN, 13, 2)
    ]
    top = MARGIN + 26 + len(said) * (LINE + 3) + GAP
    rows = [_columns(example, side) for example in examples]
    heights = [max(tile.height for tile, _ in row if tile is not None) for row in rows]
    picture = Image.new("RGB", (width, top + sum(heights) + len(rows) * CAPTION), "white")
    pen = ImageDraw.Draw(picture)
    pen.text((MARGIN, MARGIN), title, INK, font=font(17))
    for i, line in enumerate(said):
        pen.text((MARGIN, MARGIN + 28 + i * (LINE + 3)), line, INK, font=font(13))
    for row, height in zip(rows, heights, strict=True):
        for column, (tile, caption) in enumerate(row):
            left = MARGIN + column * (cell + GAP)
            if tile is not None:
                picture.paste(tile, (left, top))
            for k, text in enumerate(caption):
                at = (left, top + height + 6 + k * LINE)
                pen.text(at, text, SOFT if k else INK, font=font(11))
        top += height + CAPTION
    return picture


def _tile(pixels: Array, side: int) -> Any:
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    resample = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS
    return Image.fromarray(np.ascontiguousarray(pixels)).resize(size, resample)


def _columns(example: Difference, side: int) -> list[tuple[Any, list[str]]]:
    """The tiles of a row, with what is written below them."""
    sides = (example.a, example.b)
    shown = [_shown(sample) for sample in sides]
    columns: list[tuple[Any, list[str]]] = [
        (_tile(pixels, side), [f"{name} {example.key!r}", sample.digest, note])
        for name, sample, (pixels, note) in zip("ab", sides, shown, strict=True)
    ]
    apart = None
    if shown[0][0].shape == shown[1][0].shape:
        apart = np.abs(shown[0][0].astype(np.float64) - shown[1][0])
    left = None if example.left is None else np.abs(example.left)
    seen = left if apart is None else apart
    # The same for both, so that they can be compared.
    scale = 1 if seen is None else _scale(float(seen.max()))
    columns.append(_amplified(apart, scale, side, ["|a - b|, as shown", "their sizes differ"]))
    columns.append(_amplified(left, scale, side, ["left once explained", "nothing explains it"]))
    return columns


def _shown(side: Sample) -> tuple[Array, str]:
    known = (np.uint8, np.uint16, np.float32)
    image = side.image if side.image.dtype in known else side.image.astype(np.float32)
    return visible(image, side.planar)


def _scale(most: float) -> int:
    """The power of two that lets a difference be seen."""
    scale = 1
    while scale < 64 and most * scale * 2 <= 255:
        scale *= 2
    return scale


def _amplified(
    apart: Array | None, scale: int, side: int, texts: list[str]
) -> tuple[Any, list[str]]:
    """The tile of a difference in levels, if there is one."""
    if apart is None:
        return None, texts
    pixels = np.clip(apart * scale, 0, 255).astype(np.uint8)
    if pixels.shape[2] not in (1, 3):
        pixels = pixels.max(2, keepdims=True)
    most = float(apart.max())
    said = f"at most {most:.3g} levels, x {scale}" if most >= 0.005 else "nothing"
    return _tile(np.broadcast_to(pixels, (*pixels.shape[:2], 3)), side), [texts[0], said]
