"""Images in a folder: their keys, and how they are read; and the names of pictures."""

import os
import threading
import unicodedata
from collections.abc import Callable, Iterator
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
        ValueError: if there is no image in it, two files have the same key, or one has a name that
            is not UTF-8.
    """
    if not Path(root).is_dir():
        raise NotADirectoryError(f"{os.fspath(root)}: not a folder")
    found: dict[str, Path] = {}
    for path in _walk(Path(root), ()):
        name = key(path, root)
        try:
            name.encode()
        except UnicodeEncodeError:
            where = f"{os.fspath(root)}: {name!a}"
            raise ValueError(f"{where}: a name that is not UTF-8; rename it") from None
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
        stored = np.load(file, mmap_mode, allow_pickle=False)
    if not isinstance(stored, np.ndarray):
        stored.close()
        raise ValueError("several arrays, as in an .npz file; one is needed")
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


def label(path: str | os.PathLike[str], layout: str | None) -> str | None:
    """The layout of what `read` gives: only arrays can have another than pictures have."""
    return layout if Path(path).suffix.lower() == ".npy" else None


def decoded(path: Path, reader: Callable[[Path], Array] = read) -> Array:
    """What the reader returns.

    Raises:
        OSError: naming the file, if it cannot be read.
    """
    try:
        return reader(path)
    except ImportError:
        raise ImportError("Pillow is needed to read images: pip install bitaug[draw]") from None
    # Decoders raise what they like at a broken file, and few of them say which it is.
    except Exception as error:
        raise OSError(f"{path}: it cannot be read: {error}") from None


def png(path: str | os.PathLike[str], where: str = "path") -> Path:
    """Where a picture is written to.

    Raises:
        ValueError: if its name says that it is of another kind.
    """
    if Path(path).suffix.lower() != ".png":
        raise ValueError(f"{where}={os.fspath(path)!r}: a name that ends in .png is needed")
    return Path(path)


def pixels(image: Any) -> Array:
    """A Pillow image as an array, as `read` gives it."""
    if image.mode in ("I", "F"):
        # To RGB, Pillow would cut them off at 0 and 255.
        raise ValueError(f"mode {image.mode}, of 32 bits; 8 or 16 are needed, or a .npy file")
    wide = image.mode.startswith("I;16")
    return np.asarray(image if wide else image.convert("RGB"), np.uint16 if wide else np.uint8)
