"""The evidence as a picture: samples that should differ, or should not, one above the other."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._look.pen import GAP, INK, LINE, MARGIN, SOFT, Image, ImageDraw, font, visible, wrapped
from .findings import Finding

SIDE, WIDTH = 96, 760


def sheet(findings: Sequence[Finding]) -> Any:
    """A picture, for Pillow's `save`."""
    blocks = [_block(finding) for finding in findings] or [_text(["nothing wrong was found"])]
    height = sum(block.height + GAP for block in blocks) - GAP + 2 * MARGIN
    found = Image.new("RGB", (WIDTH + 2 * MARGIN, height), "white")
    top = MARGIN
    for block in blocks:
        found.paste(block, (MARGIN, top))
        top += block.height + GAP
    return found


def _text(lines: list[str]) -> Any:
    block = Image.new("RGB", (WIDTH, LINE * len(lines) + 8), "white")
    pen = ImageDraw.Draw(block)
    for place, line in enumerate(lines):
        pen.text((0, place * LINE), line, INK if place == 0 else SOFT, font=font(12))
    return block


def _block(finding: Finding) -> Any:
    """A finding's words, and under them a row of samples for each of its probes."""
    where = f"{finding.part}: " if finding.part else ""
    cause = f" (cause {finding.cause})" if finding.cause else ""
    head = _text([f"{where}{finding.title}{cause}", *textwrap.wrap(finding.text, 116)])
    rows = max(map(len, finding.pictures), default=0)
    if not rows:
        return head
    cell = SIDE + 3 * LINE
    block = Image.new("RGB", (WIDTH, head.height + rows * cell), "white")
    block.paste(head, (0, 0))
    pen = ImageDraw.Draw(block)
    left = 190
    for row in range(rows):
        top = head.height + row * cell
        name = finding.probes[min(row, len(finding.probes) - 1)]
        for place, line in enumerate(wrapped(name, left - GAP, 11, 4)):
            pen.text((0, top + SIDE // 3 + place * LINE), line, INK, font=font(11))
        for column, pictures in enumerate(finding.pictures):
            x = left + column * (SIDE + 3 * GAP)
            picture = pictures[row]
            if picture is not None:
                block.paste(_tile(picture), (x, top))
            id = finding.ids[column]
            id = id[row] if isinstance(id, tuple) and len(id) == rows else id
            shown_id = wrapped(f"sample {id}", SIDE + 2 * GAP, 11, 1)[0]
            pen.text((x, top + SIDE + 2), shown_id, INK, font=font(11))
            digest = finding.digests[column][row]
            pen.text((x, top + SIDE + 2 + LINE), digest, SOFT, font=font(11))
    return block


def _tile(picture: Any) -> Any:
    pixels, _ = visible(np.asarray(picture), planar=False)
    tile = Image.fromarray(np.ascontiguousarray(pixels))
    scale = SIDE / max(tile.size)
    size = (max(1, round(tile.width * scale)), max(1, round(tile.height * scale)))
    return tile.resize(size, Image.Resampling.NEAREST)
