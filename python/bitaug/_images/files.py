"""Files: the images in a folder, their keys, how they are read; and how what is made is written.

What is read is a regular file, links to it followed: to open a pipe would wait for its writer.
What is written takes the place of whatever has its name: a link is replaced, not followed.
"""

import contextlib
import os
import stat
import threading
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np

from .._values.plain import shown
from .._values.types import Array
from .pillow import pixels, refuse_turned

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".npy", ".png", ".tif", ".tiff", ".webp")
_PARSER = threading.Lock()


def as_path(value: Any, where: str) -> Path:
    """What is given as a path."""
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{where}={shown(value)}: a path is needed")
    return Path(value)


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


class Broken(OSError):
    """A file that cannot be read.

    Attributes:
        reason: what is wrong with it, in one line.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: it cannot be read: {reason}")
        self.path, self.reason = path, reason

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        return type(self), (self.path, self.reason)


_SPECIAL = {
    stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device", stat.S_IFDIR: "a folder",
}  # fmt: skip


def opened(path: str | os.PathLike[str]) -> BinaryIO:
    """A regular file, for reading.

    Raises:
        OSError: naming what is none.
    """
    kind = stat.S_IFMT(Path(path).stat().st_mode)
    if kind != stat.S_IFREG:
        raise OSError(f"{os.fspath(path)}: {_SPECIAL.get(kind, 'no file')}; a file is needed")
    # Should a pipe have taken its place, it is read as empty, not waited for.
    at_once = getattr(os, "O_NONBLOCK", 0)
    return open(path, "rb", opener=lambda name, flags: os.open(name, flags | at_once))


def read(
    path: str | os.PathLike[str], convert: Callable[[Any], Array] | None = None, still: bool = False
) -> Array:
    """An image file as an array: what `convert`, by default `pixels`, makes of Pillow's image, and
    a .npy file is what it holds. Needs Pillow.

    It is turned as its orientation in EXIF says; `still`: one that would be turned is refused,
    as what belongs to it may have been drawn before or after that.
    """
    with opened(path) as file:
        if Path(path).suffix.lower() == ".npy":
            return load_npy(file)
        from PIL import Image, UnidentifiedImageError

        try:
            image = Image.open(file)
        except UnidentifiedImageError:
            raise ValueError("no image that Pillow knows") from None
        with image:
            if still:
                refuse_turned(image)
            return (convert or pixels)(image)


def label(path: str | os.PathLike[str], layout: str | None) -> str | None:
    """The layout of what `read` gives: only arrays can have another than pictures have."""
    return layout if Path(path).suffix.lower() == ".npy" else None


def decoded(path: Path, reader: Callable[[Path], Array] = read) -> Array:
    """What the reader returns.

    Raises:
        Broken: naming the file, if it cannot be read.
    """
    try:
        return reader(path)
    except ImportError:
        raise ImportError("Pillow is needed to read images: pip install bitaug[draw]") from None
    # Decoders raise what they like at a broken file, and few of them say which it is.
    except Exception as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        said = " ".join(said.removeprefix(f"{os.fspath(path)}: ").split())[:500]
        raise Broken(os.fspath(path), said or type(error).__name__) from None


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to write into, which takes the place of what has the name once it is whole.

    Raises:
        OSError: naming the path.
    """
    temporary = Path(path).with_name(f".{uuid.uuid4().hex}")
    try:
        with temporary.open("xb") as file:
            yield file
        temporary.replace(path)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None
    finally:
        temporary.unlink(missing_ok=True)
