"""A report's picture: what differs, and what is left of it once it is explained."""

from typing import Any

import numpy as np

from .._draw import GAP, INK, LINE, MARGIN, SOFT, _font, _wrapped, visible
from .._transform import Array
from ._report import Difference, Report
from ._sides import Sample

# After _draw, which says what to install where there is no Pillow.
from PIL import Image, ImageDraw  # isort: skip

ROWS = 4


def sheet(report: Report, side: int) -> Any:
    """Some samples that differ, one below the other."""
    if not 16 <= side <= 4096:
        raise ValueError(f"side={side!r}: 16 to 4096 pixels")
    if not report.examples:
        raise ValueError("no images differ: there is nothing to draw")
    examples = report.examples[:ROWS]
    cell = max(side, 160)
    width = 2 * MARGIN + 4 * (cell + GAP) - GAP
    said = [
        line
        for finding in report.findings
        for line in _wrapped(f"{finding.name}: {finding.text}", width - 2 * MARGIN, 13, 2)
    ]
    top = MARGIN + 26 + len(said) * (LINE + 3) + GAP
    row = side + 2 * LINE + 30
    picture = Image.new("RGB", (width, top + len(examples) * row), "white")
    pen = ImageDraw.Draw(picture)
    title = f"{len(report.differing)} of {report.count} images differ"
    pen.text((MARGIN, MARGIN), title, INK, font=_font(17))
    for i, line in enumerate(said):
        pen.text((MARGIN, MARGIN + 28 + i * (LINE + 3)), line, INK, font=_font(13))
    for i, example in enumerate(examples):
        for column, (pixels, caption) in enumerate(_columns(example)):
            left, y = MARGIN + column * (cell + GAP), top + i * row
            if pixels is not None:
                picture.paste(_tile(pixels, side), (left, y))
            for k, text in enumerate(caption):
                color = SOFT if k else INK
                pen.text((left, y + side + 6 + k * LINE), text, color, font=_font(11))
    return picture


def _tile(pixels: Array, side: int) -> Any:
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    resample = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS
    return Image.fromarray(np.ascontiguousarray(pixels)).resize(size, resample)


def _columns(example: Difference) -> list[tuple[Array | None, list[str]]]:
    """The images of a row, with what is written below them."""
    shown = [_shown(side) for side in (example.a, example.b)]
    captions = [
        [f"{name} {example.key!r}", " ".join(filter(None, (side.digest, note)))]
        for name, side, (_, note) in zip("ab", (example.a, example.b), shown, strict=True)
    ]
    columns: list[tuple[Array | None, list[str]]] = [
        (pixels, caption) for (pixels, _), caption in zip(shown, captions, strict=True)
    ]
    if shown[0][0].shape == shown[1][0].shape:
        apart = np.abs(shown[0][0].astype(np.float64) - shown[1][0])
        columns.append(_amplified(apart, "|a - b|, as shown"))
    else:
        columns.append((None, ["|a - b|", "their sizes differ"]))
    if example.left is None:
        columns.append((None, ["left once explained", "nothing known explains it"]))
    else:
        columns.append(_amplified(np.abs(example.left), "left once explained"))
    return columns


def _shown(side: Sample) -> tuple[Array, str]:
    known = (np.uint8, np.uint16, np.float32)
    image = side.image if side.image.dtype in known else side.image.astype(np.float32)
    return visible(image, side.planar)


def _amplified(apart: Array, text: str) -> tuple[Array, list[str]]:
    """A difference in levels, made as bright as it can be by a power of two."""
    most = float(apart.max())
    scale = 2 ** max(0, int(np.floor(np.log2(255 / most)))) if 0 < most < 255 else 1
    pixels = np.clip(apart * min(scale, 128), 0, 255).astype(np.uint8)
    if pixels.shape[2] not in (1, 3):
        pixels = pixels.max(2, keepdims=True)
    said = f"at most {most:.3g} levels" + (f", shown x {min(scale, 128)}" if most else "")
    return np.broadcast_to(pixels, (*pixels.shape[:2], 3)), [text, said]
