"""Files: the images in a folder, their keys, how they are read; and how what is made is written.

What is read is a regular file, links to it followed: to open a pipe would wait for its writer.
What is written takes the place of whatever has its name: a link is replaced, not followed.
"""

import contextlib
import os
import re
import stat
import threading
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np

from .._pipeline.transform import Array

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".npy", ".png", ".tif", ".tiff", ".webp")
# Modes of Pillow whose values an array takes as they are.
MODES = ("L", "RGB", "RGBA", "I;16")
# What others are converted to, to keep their values or, of a palette, its colors.
_CONVERTED = {"1": "L", "LA": "RGBA", "P": "RGB", "PA": "RGBA", "RGBa": "RGBA"} | dict.fromkeys(
    ("CMYK", "HSV", "RGBX", "YCbCr"), "RGB"
)
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


def save_png(image: Any, path: str | os.PathLike[str]) -> None:
    """Writes a Pillow image to a .png."""
    with replacing(png(path)) as file:
        image.save(file, "PNG", optimize=True)


def png(path: str | os.PathLike[str], where: str = "path") -> Path:
    """Where a picture is written to.

    Raises:
        ValueError: if its name says that it is of another kind.
    """
    if Path(path).suffix.lower() != ".png":
        raise ValueError(f"{where}={os.fspath(path)!r}: a name that ends in .png is needed")
    return Path(path)


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
