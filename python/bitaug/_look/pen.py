"""Pictures of samples for people, by Pillow."""

from typing import Any

import numpy as np

from .._values.types import Array

try:
    from PIL import Image as Image
    from PIL import ImageDraw as ImageDraw
    from PIL import ImageFont as ImageFont
except ImportError:
    raise ImportError("Pillow is needed to draw: pip install bitaug[draw]") from None

INK, SOFT, MARK = "#1f2328", "#6e7781", "#d1242f"
GAP, MARGIN, LINE = 14, 20, 15
# Pixels of a picture: three bytes each.
LARGEST = 2**28


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
