"""Pairs of images side by side, by Pillow."""

from collections.abc import Sequence
from typing import Any

from ..._look.pen import INK, LINE, MARGIN, SOFT, Image, ImageDraw, canvas, ending, font, visible
from ..._values.types import Array

COLUMNS = 3
SIDE, GAP = 150, 30
WIDTH = 2 * SIDE + 4
HEIGHT = SIDE + 3 * LINE + 10


def draw(
    title: str, rows: Sequence[tuple[Any, tuple[str, str], tuple[Array, Array]]], more: int
) -> Any:
    """Each pair with its kind and the names of both, in rows of three."""
    columns = min(COLUMNS, max(len(rows), 2))
    down = -(-len(rows) // columns)
    top = MARGIN + 2 * LINE
    bottom = 2 * LINE if more else 0
    size = (2 * MARGIN + columns * (WIDTH + GAP) - GAP, top + down * (HEIGHT + GAP) + bottom)
    sheet = canvas(*size)
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN, MARGIN), ending(title, size[0] - 2 * MARGIN, 15), INK, font(15))
    for i, (pair, names, images) in enumerate(rows):
        left = MARGIN + i % columns * (WIDTH + GAP)
        y = top + i // columns * (HEIGHT + GAP)
        for side, image in enumerate(images):
            pixels, _ = visible(image, False)
            tile = Image.fromarray(pixels)
            scale = SIDE / max(tile.size)
            tile = tile.resize([max(1, round(edge * scale)) for edge in tile.size])
            x = left + side * (SIDE + 4)
            sheet.paste(tile, (x + (SIDE - tile.width) // 2, y + (SIDE - tile.height) // 2))
        bits = f", {pair.distance} of 64 bits" if pair.kind in ("near", "mirrored") else ""
        pen.text((left, y + SIDE + 4), pair.kind + bits, INK, font(13))
        for line, name in enumerate(names):
            at = (left, y + SIDE + 6 + LINE * (line + 1))
            pen.text(at, ending(name, WIDTH, 11), SOFT, font(11))
    if more:
        pen.text((MARGIN, size[1] - MARGIN - LINE), f"and {more} more", SOFT, font(13))
    return sheet
