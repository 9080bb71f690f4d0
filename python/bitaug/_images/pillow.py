"""Pillow's images as arrays: upright, with all of their bits, or refused with what to do."""

import re
import sys
from typing import Any

import numpy as np

from .._values.types import Array

# Modes of Pillow whose values an array takes as they are.
MODES = ("L", "RGB", "RGBA", "I;16")
# What others are converted to, to keep their values or, of a palette, its colors.
_CONVERTED = {"1": "L", "LA": "RGBA", "P": "RGB", "PA": "RGBA", "RGBa": "RGBA"} | dict.fromkeys(
    ("CMYK", "HSV", "RGBX", "YCbCr"), "RGB"
)


def pixels(image: Any) -> Array:
    """A Pillow image as H x W x 3 of uint8, without alpha; 16-bit gray as H x W of uint16."""
    refuse_halved(image)
    if image.mode in ("I", "F"):
        # To RGB, Pillow would cut them off at 0 and 255.
        raise ValueError(
            f"mode {image.mode}, of 32 bits: 8 or 16 are needed, or a .npy file of {_kept(image)}"
        )
    return values(image if image.mode.startswith("I;16") else image.convert("RGB"))


def values(image: Any) -> Array:
    """A Pillow image's own values, upright: H x W of L and I;16, H x W x C of RGB and RGBA.

    Raises:
        ValueError: if its mode is another, or Pillow has not all of its bits; with what to do.
    """
    refuse_halved(image)
    wide = image.mode.startswith("I;16")
    if not wide and image.mode not in MODES:
        raise ValueError(
            f"PIL mode {image.mode!r}: one of {', '.join(MODES)}; convert it first, as by "
            f"{_kept(image)}"
        )
    return np.asarray(upright(image), np.uint16 if wide else np.uint8)


def as_stored(image: Any) -> Array:
    """A Pillow image's values as they are, of a palette its numbers."""
    refuse_halved(image)
    return np.asarray(image)


def _kept(image: Any) -> str:
    """The code that makes an array or an image of a mode that is refused."""
    if image.mode in _CONVERTED:
        return f'image.convert("{_CONVERTED[image.mode]}")'
    if image.mode != "I":
        return "np.asarray(image)"
    low, high = image.getextrema()
    # float32 holds whole numbers up to 2^24.
    return f"np.asarray(image).astype(np.{'uint16' if 0 <= low <= high < 2**16 else 'float32'})"


def code(image: Any) -> str:
    """The code that makes an array of an image which a pipeline takes."""
    if image.mode not in MODES and not image.mode.startswith("I;16"):
        found = _kept(image)
    elif orientation(image) != 1:
        found = "PIL.ImageOps.exif_transpose(image)"
    else:
        found = "image"
    return found if found.startswith("np.") else f"np.asarray({found})"


def refuse_halved(image: Any) -> None:
    """Of images in color with 16 bits a channel Pillow keeps 8, and only their heads tell it."""
    if image.mode[:2] in ("I", "I;", "F"):
        return
    halved = max(getattr(image, "tag_v2", {}).get(258, (8,))) > 8  # TIFF's BitsPerSample
    for codec, _, _, given in getattr(image, "tile", ()):
        raw, *rest = given if isinstance(given, tuple) else (given,)
        halved |= re.fullmatch("(L|LA|RGB[AaX]*|CMYK);16[BLN]", str(raw)) is not None
        halved |= codec == "ppm" and rest[-1:] > [255]
    if halved:
        # OpenCV's channels are blue, green, red, and alpha last.
        order = "[2, 1, 0, 3]" if image.mode[-1].upper() == "A" else "::-1"
        raise ValueError(
            f"PIL mode {image.mode!r} of 16 bits a channel, of which Pillow keeps 8; to keep all, "
            f'cv2.imread("a.png", cv2.IMREAD_UNCHANGED)[..., {order}] reads it, and a .npy file '
            f'holds that; if 8 are enough, image.convert("{image.mode}")'
        )


def orientation(image: Any) -> int:
    """How a Pillow image is to be turned, as in EXIF: 1 (not at all) to 8."""
    try:
        found = image.getexif().get(0x0112, 1)
    # Damaged EXIF says nothing, and Pillow raises what it likes at it; the pixels are whole.
    except Exception:
        return 1
    return found if found in range(1, 9) else 1


def upright(image: Any) -> Any:
    """A Pillow image, turned as its orientation says."""
    # A TIFF file is turned by Pillow itself then.
    image.load()
    turn = orientation(image)
    if turn == 1:
        return image
    from PIL.Image import Transpose

    return image.transpose(
        {
            2: Transpose.FLIP_LEFT_RIGHT,
            3: Transpose.ROTATE_180,
            4: Transpose.FLIP_TOP_BOTTOM,
            5: Transpose.TRANSPOSE,
            6: Transpose.ROTATE_270,
            7: Transpose.TRANSVERSE,
            8: Transpose.ROTATE_90,
        }[turn]
    )


def refuse_turned(image: Any) -> None:
    """Refuses an image that is to be turned, while others belong to it.

    Raises:
        ValueError: with what to do.
    """
    # What follows may load it, and then nothing tells any more.
    refuse_halved(image)
    turn = orientation(image)
    if turn != 1:
        raise ValueError(
            f"EXIF orientation {turn}, and targets: they may be those of the picture "
            "as it is stored or as it is shown; PIL.Image.fromarray(np.asarray(image)) is the "
            "first, PIL.ImageOps.exif_transpose(image) the second: take that, or store it instead"
        )


def is_pil(value: Any) -> bool:
    pil = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(value, pil.Image)
