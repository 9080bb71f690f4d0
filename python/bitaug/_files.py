"""Images in a folder: their keys, and how they are read."""

import os
import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ._transform import Array

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".npy", ".png", ".tif", ".tiff", ".webp")
_PARSER = threading.Lock()


def key(path: str | os.PathLike[str], root: str | os.PathLike[str]) -> str:
    """A file's key: its path relative to the root, with `/`, in NFC.

    Raises:
        ValueError: if it does not lie below the root.
    """
    relative = Path(path).absolute().relative_to(Path(root).absolute())
    return unicodedata.normalize("NFC", relative.as_posix())


def find(root: str | os.PathLike[str]) -> dict[str, Path]:
    """The images below a folder by their keys, in the order of these; links are followed.

    Raises:
        NotADirectoryError: if there is no such folder.
        ValueError: if there is no image in it, or two files have the same key.
    """
    if not Path(root).is_dir():
        raise NotADirectoryError(f"{os.fspath(root)}: not a folder")
    found: dict[str, Path] = {}
    for path in _walk(Path(root), ()):
        name = key(path, root)
        if name in found:
            raise ValueError(f"{name}: two files have this name, written in two ways of Unicode")
        found[name] = path
    if not found:
        suffixes = ", ".join(SUFFIXES)
        raise ValueError(f"{os.fspath(root)}: no image in it ({suffixes})")
    return dict(sorted(found.items()))


def _walk(folder: Path, above: tuple[str, ...]) -> Iterator[Path]:
    """`above` are the folders that lead here: a link to one of them has no end."""
    real = os.path.realpath(folder)
    if real in above:
        return
    for entry in folder.iterdir():
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walk(entry, (*above, real))
        elif entry.suffix.lower() in SUFFIXES:
            yield entry


def load_npy(file: str | os.PathLike[str] | BinaryIO, mmap_mode: Any = None) -> Array:
    """NumPy's `load`, for threads: it reads a header by Python's parser, of which some versions
    fail when threads change within it (CPython's issue 106905)."""
    with _PARSER:
        stored: Array = np.load(file, mmap_mode, allow_pickle=False)
    return stored


def read(path: str | os.PathLike[str]) -> Array:
    """An image file as an array: H x W x 3 of uint8; 16-bit grey is H x W of uint16, and a .npy
    file is what it holds. As with torchvision's ImageFolder and Keras' load_img, the orientation
    in EXIF is not applied. Needs Pillow.
    """
    if Path(path).suffix.lower() == ".npy":
        return load_npy(path)
    from PIL import Image

    with Image.open(path) as image:
        return pixels(image)


def pixels(image: Any) -> Array:
    """A Pillow image as an array, as `read` gives it."""
    wide = image.mode.startswith("I;16")
    return np.asarray(image if wide else image.convert("RGB"), np.uint16 if wide else np.uint8)
