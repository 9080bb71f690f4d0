"""Stages with their targets drawn in, one by one and side by side."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._values.types import Array
from .pen import (
    GAP,
    INK,
    LINE,
    MARGIN,
    MARK,
    SOFT,
    Image,
    ImageDraw,
    canvas,
    font,
    visible,
    wrapped,
)
from .stage import Stage
from .table import short

COLUMNS = 6

# Okabe and Ito's colours, which most people can tell apart.
PALETTE = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")


def _color(value: Any) -> str:
    """The same colour for the same value everywhere."""
    # Python's own hash of a text differs from process to process.
    number = int(value) if isinstance(value, int | np.integer) else sum(str(value).encode())
    return PALETTE[number % len(PALETTE)]


def tile_of(stage: Stage, side: int, box_format: str) -> tuple[Any, str]:
    pixels, note = visible(stage.image, stage.planar)
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # What is enlarged shows its pixels.
    enlarged = scale > 1
    resample = Image.Resampling.NEAREST if enlarged else Image.Resampling.LANCZOS
    tile = Image.fromarray(np.ascontiguousarray(pixels)).resize(size, resample)
    masks = [stage.sample["mask"]] if "mask" in stage.sample else []
    for mask in [*masks, *stage.sample.get("masks", ())]:
        _overlay(tile, mask)
    pen = ImageDraw.Draw(tile)
    across, down = size[0] / width, size[1] / height
    boxes = stage.sample.get("bboxes", ())
    labels = stage.sample.get("labels", range(len(boxes)))
    for box, label in zip(boxes, labels, strict=True):
        left, top, right, bottom = corners(box, box_format, height, width)
        color = _color(label)
        outline = (left * across, top * down, right * across - 1, bottom * down - 1)
        if outline[2] >= outline[0] and outline[3] >= outline[1]:
            pen.rectangle(outline, outline=color, width=2)
        at = (max(outline[0], 0) + 4, max(outline[1], 0) + 3)
        pen.rectangle(pen.textbbox(at, str(label), font=font(11)), fill=color)
        pen.text(at, str(label), INK, font=font(11))
    for point in stage.sample.get("keypoints", ()):
        x, y = (point[0] + 0.5) * across, (point[1] + 0.5) * down
        pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill=MARK, outline="white")
    return tile, note


def _overlay(tile: Any, mask: Array) -> None:
    """Lays a mask's values other than 0 over a tile, half transparent."""
    values = np.asarray(mask)
    values = values[..., 0] if values.ndim == 3 else values
    for value in np.unique(values)[:64]:
        if value:
            part = Image.fromarray(np.where(values == value, np.uint8(128), np.uint8(0)))
            tile.paste(_color(value), mask=part.resize(tile.size, Image.Resampling.NEAREST))


def corners(box: Array, box_format: str, height: int, width: int) -> tuple[float, ...]:
    """A box's left, top, right and bottom in pixels."""
    a, b, c, d = map(float, box[:4])
    if box_format == "coco":
        return a, b, a + c, b + d
    if box_format == "yolo":
        x, y = c / 2, d / 2
        return (a - x) * width, (b - y) * height, (a + x) * width, (b + y) * height
    if box_format == "albumentations":
        return a * width, b * height, c * width, d * height
    return a, b, c, d


def strip(stages: Sequence[Stage], box_format: str, side: int) -> Any:
    """The stages side by side, in rows of at most six."""
    if not 16 <= side <= 4096:
        raise ValueError(f"side={side!r}: 16 to 4096 pixels")
    cell = max(side, 120)
    caption = 6 * LINE + 8
    columns = min(COLUMNS, len(stages))
    rows = math.ceil(len(stages) / columns)
    sheet = canvas(
        2 * MARGIN + columns * (cell + GAP) - GAP,
        2 * MARGIN + rows * (side + caption + GAP) - GAP,
    )
    pen = ImageDraw.Draw(sheet)
    for i, stage in enumerate(stages):
        left = MARGIN + i % columns * (cell + GAP)
        top = MARGIN + i // columns * (side + caption + GAP)
        tile, note = tile_of(stage, side, box_format)
        if not stage.applied:
            tile = Image.blend(tile, Image.new("RGB", tile.size, "white"), 0.6)
        sheet.paste(tile, (left + (cell - tile.width) // 2, top + (side - tile.height) // 2))
        shape = " x ".join(map(str, stage.image.shape))
        said = short(stage.params) if stage.applied else "not applied"
        lines = [
            (wrapped(stage.path, cell, 13, 1), INK),
            (wrapped(said, cell, 11, 2), INK if stage.applied else SOFT),
            ([f"{shape}  {stage.image.dtype}"], SOFT),
            ([stage.digest], SOFT),
            ([note] if note else [], SOFT),
        ]
        y = top + side + 6
        for texts, color in lines:
            for text in texts:
                size = 13 if y == top + side + 6 else 11
                pen.text((left, y), text, color, font=font(size))
                y += LINE if text else 0
    return sheet
