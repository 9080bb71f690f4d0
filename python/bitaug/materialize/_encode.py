"""Arrays as the bytes of files."""

from collections.abc import Callable
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np

from .._images.files import load_npy
from .._values.types import Array


class Encoding(NamedTuple):
    suffix: str
    encode: Callable[[Array], bytes]
    # of the bytes, and the array's shape and dtype
    decode: Callable[[bytes, list[int], str], Array]


def little(array: Array) -> Array:
    """In C order and little-endian, so that a file has the same bytes from every machine."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<"))


def _to_npy(array: Array) -> bytes:
    file = BytesIO()
    np.lib.format.write_array(file, little(array), version=(1, 0), allow_pickle=False)
    return file.getvalue()


def _from_npy(data: bytes, shape: list[int], dtype: str) -> Array:
    return load_npy(BytesIO(data))


def _to_png(array: Array) -> bytes:
    from PIL import Image

    array = little(array)
    channels = array.shape[2] if array.ndim == 3 else 1
    allowed = {"uint8": (1, 3, 4), "uint16": (1,)}.get(array.dtype.name, ())
    if array.ndim > 3 or channels not in allowed:
        shape = " x ".join(map(str, array.shape))
        raise ValueError(
            f"png cannot hold {array.dtype.name} of {shape}: uint8 of H x W or H x W x 1, 3 or 4, "
            "or uint16 of H x W or H x W x 1; npy holds everything"
        )
    pixels = array[..., 0] if array.ndim == 3 and channels == 1 else array
    file = BytesIO()
    # Fixed, so that Pillow's version alone decides the bytes; higher levels cost twice the time for
    # 2% of the size.
    Image.fromarray(pixels).save(file, "PNG", compress_level=4)
    return file.getvalue()


def _from_png(data: bytes, shape: list[int], dtype: str) -> Array:
    from PIL import Image

    with Image.open(BytesIO(data)) as image:
        return np.asarray(image).astype(dtype).reshape(shape)


def _to_raw(array: Array) -> bytes:
    return little(array).tobytes()


def _from_raw(data: bytes, shape: list[int], dtype: str) -> Array:
    return np.frombuffer(data, np.dtype(dtype).newbyteorder("<")).reshape(shape)


ENCODINGS = {
    "npy": Encoding(".npy", _to_npy, _from_npy),
    "png": Encoding(".png", _to_png, _from_png),
    # rows of a stacked array
    "raw": Encoding("", _to_raw, _from_raw),
}


def suffix(part: str, encoding: str) -> str:
    return ".json" if part == "boxes" else ENCODINGS[encoding].suffix


def encode(parts: dict[str, Any], encoding: str) -> dict[str, bytes]:
    """The bytes of a sample's parts; boxes are text already."""
    to_bytes = ENCODINGS[encoding].encode
    return {
        part: value.encode() if isinstance(value, str) else to_bytes(value)
        for part, value in parts.items()
    }
