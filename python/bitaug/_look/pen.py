"""Pictures of samples for people, by Pillow."""

import math
from typing import Any

import numpy as np

from .._pipeline.transform import Array
from .trace import Stage, Trace, short

try:
    from PIL import Image as Image
    from PIL import ImageDraw as ImageDraw
    from PIL import ImageFont as ImageFont
except ImportError:
    raise ImportError("Pillow is needed to draw: pip install bitaug[draw]") from None

INK, SOFT, MARK = "#1f2328", "#6e7781", "#d1242f"
GAP, MARGIN, LINE = 14, 20, 15
COLUMNS = 6
# Pixels of a picture: three bytes each.
LARGEST = 2**28
# Okabe and Ito's colours, which most people can tell apart.
PALETTE = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")


def canvas(width: int, height: int) -> Any:
    """A white picture."""
    if width * height > LARGEST:
        raise ValueError(
            f"a picture of {width} x {height} pixels: at most {LARGEST} pixels; "
            "draw fewer samples or epochs, or a smaller side"
        )
    return Image.new("RGB", (width, height), "white")


def visible(image: Array, planar: bool) -> tuple[Array, str]:
    """Any image as H x W x 3 bytes, and what had to be done for it."""
    note = ""
    if image.ndim == 2:
        image = image[..., None]
    elif planar:
        image = np.moveaxis(image, 0, -1)
    channels = image.shape[2]
    if channels not in (1, 3, 4):
        note = f"channel 0 of {channels}"
    image = image[..., : 3 if channels in (3, 4) else 1]
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    elif image.dtype == np.float32:
        image = np.nan_to_num(image, posinf=np.inf, neginf=-np.inf)
        finite = image[np.isfinite(image)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        if low < 0 or high > 1:
            note = f"{low:.3g} to {high:.3g}, shown as 0 to 1"
            image = (image.astype(np.float64) - low) / (high - low or 1.0)
        image = (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    return np.broadcast_to(image, (*image.shape[:2], 3)), note


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


def font(size: int) -> Any:
    # Pillow's own, so that nothing has to be installed
    return ImageFont.load_default(size)


def ending(text: str, width: int, size: int) -> str:
    """As much of a text's end as there is room for: names differ there."""
    # No letter is narrower than a pixel.
    shown = text if len(text) <= width else "…" + text[-width:]
    while font(size).getlength(shown) > width:
        shown = "…" + shown.removeprefix("…")[1:]
    return shown


def wrapped(text: str, width: int, size: int, lines: int) -> list[str]:
    """The text in at most so many lines of so many pixels."""
    letters, found, line = font(size), [], ""
    for word in text.split():
        longer = f"{line}  {word}".strip()
        if line and letters.getlength(longer) > width:
            found.append(line)
            line = word
        else:
            line = longer
    found.append(line)
    if len(found) > lines:
        found[lines - 1 :] = [found[lines - 1] + " ..."]
    return found


def strip(trace: Trace, side: int) -> Any:
    """The stages side by side, in rows of at most six."""
    if not 16 <= side <= 4096:
        raise ValueError(f"side={side!r}: 16 to 4096 pixels")
    cell = max(side, 120)
    caption = 6 * LINE + 8
    columns = min(COLUMNS, len(trace))
    rows = math.ceil(len(trace) / columns)
    sheet = canvas(
        2 * MARGIN + columns * (cell + GAP) - GAP,
        2 * MARGIN + rows * (side + caption + GAP) - GAP,
    )
    pen = ImageDraw.Draw(sheet)
    for i, stage in enumerate(trace):
        left = MARGIN + i % columns * (cell + GAP)
        top = MARGIN + i // columns * (side + caption + GAP)
        tile, note = tile_of(stage, side, trace.box_format)
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
