"""Receipts: a sample's address and its pipeline's digest, as a text of 75 characters.

`ba1-` and 71 characters of base32 (RFC 4648, lower case, no padding) of 44 bytes, all numbers
little-endian: the pipeline's digest (8), seed (8), the stream's label (8), epoch (4), index (8; of
a key, its label), repeat (4), and the CRC-32 of these 40 bytes (4), which differs for any one wrong
character and for any two that are swapped next to each other.
"""

import base64
import struct
import zlib

from .. import _core
from .plain import shown

_PREFIX = "ba1-"
_FORM = struct.Struct("<QQQIQI")
_NAMES = ("pipeline", "seed", "stream", "epoch", "index", "repeat")
_LENGTH = 71


def write(pipeline: str, seed: int, stream: str | int, epoch: int, index: int, repeat: int) -> str:
    """The receipt of an address; `pipeline` is the digest, `stream` a name or its label."""
    stream_label = _core.label(stream) if isinstance(stream, str) else stream
    fields = _FORM.pack(int(pipeline, 16), seed, stream_label, epoch, index, repeat)
    sealed = fields + zlib.crc32(fields).to_bytes(4, "little")
    return _PREFIX + base64.b32encode(sealed).decode().rstrip("=").lower()


def read(text: str) -> dict[str, int]:
    """What a receipt says.

    Raises:
        ValueError: naming it, if a character is wrong.
    """
    small = text.strip().lower()
    if not small.startswith(_PREFIX) or len(small) != len(_PREFIX) + _LENGTH:
        raise ValueError(
            f"receipt={shown(text)}: {_PREFIX} and {_LENGTH} letters and digits are needed"
        )
    try:
        sealed = base64.b32decode(small[len(_PREFIX) :].upper() + "=")
    except ValueError:
        raise ValueError(f"receipt={shown(text)}: its characters are a-z and 2-7") from None
    fields, check = sealed[: _FORM.size], sealed[_FORM.size :]
    # The last character has bits to spare.
    canonical = base64.b32encode(sealed).decode().rstrip("=").lower() == small[len(_PREFIX) :]
    if zlib.crc32(fields).to_bytes(4, "little") != check or not canonical:
        raise ValueError(f"receipt={shown(text)}: a character is wrong, its checksum does not fit")
    return dict(zip(_NAMES, _FORM.unpack(fields), strict=True))
