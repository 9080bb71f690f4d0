"""Drawings as files."""

import os
from pathlib import Path
from typing import Any

from .._images.files import replacing


def png(path: str | os.PathLike[str], where: str = "path") -> Path:
    """Where a picture is written to.

    Raises:
        ValueError: if its name says that it is of another kind.
    """
    if Path(path).suffix.lower() != ".png":
        raise ValueError(f"{where}={os.fspath(path)!r}: a name that ends in .png is needed")
    return Path(path)


def save_png(image: Any, path: str | os.PathLike[str]) -> None:
    """Writes a Pillow image to a .png."""
    with replacing(png(path)) as file:
        image.save(file, "PNG", optimize=True)
