"""Receipts: a sample's address and its pipeline's digest, as a text of 75 characters.

`ba1-` and 71 characters of base32 (RFC 4648, lower case, no padding) of 44 bytes, all numbers
little-endian: the pipeline's digest (8), seed (8), the stream's label (8), epoch (4), index (8; of
a key, its label), repeat (4), and the CRC-32 of these 40 bytes (4), which differs for any one wrong
character and for any two that are swapped next to each other.
"""

import base64
import struct
import zlib
from typing import Any

from .._pipeline.transform import StreamLabel, Transform
from .._values.fields import shown
from .._values.fields import text as text_kind
from ..random import label

_PREFIX = "ba1-"
_FORM = struct.Struct("<QQQIQI")
_LENGTH = 71


def write(pipeline: str, seed: int, stream: str | int, epoch: int, index: int, repeat: int) -> str:
    """The receipt of an address; `pipeline` is the digest, `stream` a name or its label."""
    stream_label = label(stream) if isinstance(stream, str) else stream
    fields = _FORM.pack(int(pipeline, 16), seed, stream_label, epoch, index, repeat)
    sealed = fields + zlib.crc32(fields).to_bytes(4, "little")
    return _PREFIX + base64.b32encode(sealed).decode().rstrip("=").lower()


class Sample:
    """One sample of a pipeline, known by its receipt.

    Attributes:
        pipeline: the transform.
        seed, epoch, index, repeat: int; of a key, `index` is its label.
        stream: the label of the stream's name (`ba.random.label`).
        receipt: the text.
    """

    def __init__(self, pipeline: Transform, address: dict[str, int], receipt: str) -> None:
        self.pipeline = pipeline
        self.receipt = receipt
        self.seed, self.stream = address["seed"], StreamLabel(address["stream"])
        self.epoch, self.index = address["epoch"], address["index"]
        self.repeat = address["repeat"]

    def __repr__(self) -> str:
        return f"ba.from_receipt({self.receipt!r}, pipeline)"

    @property
    def address(self) -> dict[str, Any]:
        """The arguments seed, stream, epoch, index and repeat of a call."""
        names = ("seed", "stream", "epoch", "index", "repeat")
        return {name: getattr(self, name) for name in names}

    def __call__(self, images: Any = None, /, **arguments: Any) -> Any:
        """The sample of this image: arguments and result as in the pipeline's call for one image,
        without the address."""
        return self.pipeline(*([] if images is None else [images]), **arguments, **self.address)

    def params(self, **arguments: Any) -> dict[str, Any]:
        """As the pipeline's `params`, without the address."""
        return self.pipeline.params(**arguments, **self.address)

    def explain(self, **arguments: Any) -> str:
        """As the pipeline's `explain`, without the address."""
        return self.pipeline.explain(**arguments, **self.address)

    def trace(self, image: Any, /, **arguments: Any) -> Any:
        """As the pipeline's `trace`, without the address."""
        return self.pipeline.trace(image, **arguments, **self.address)


def from_receipt(text: str, pipeline: Transform) -> Sample:
    """The sample that a receipt stands for.

    Args:
        text: what `receipt` returned; capitals are read like small letters.
        pipeline: the one that it was written for.

    Raises:
        ValueError: if a character is wrong, or if the receipt is another pipeline's.

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> train = ba.Compose([ba.RandomCrop(height=8, width=8), ba.HorizontalFlip()])
        >>> image = np.arange(100, dtype=np.uint8).reshape(10, 10)
        >>> text = train.receipt(seed=42, epoch=3, index=17)
        >>> text
        'ba1-sruh2amdcyjtwkqaaaaaaaaaaaexecgfu2k6pxqdaaaaaeiaaaaaaaaaaaaaaaaa7pykb2a'
        >>> again = ba.from_receipt(text, train)(image)
        >>> bool((again == train(image, seed=42, epoch=3, index=17)).all())
        True
    """
    if not isinstance(pipeline, Transform):
        raise TypeError(f"pipeline={shown(pipeline)}: a transform is needed")
    fields = _read(text_kind(text, "receipt"))
    names = ("pipeline", "seed", "stream", "epoch", "index", "repeat")
    address = dict(zip(names, _FORM.unpack(fields), strict=True))
    digest = f"{address.pop('pipeline'):016x}"
    if digest != pipeline.digest:
        raise ValueError(
            f"receipt={shown(text)}: it is of the pipeline {digest}, not of this one, "
            f"{pipeline.digest}"
        )
    return Sample(pipeline, address, text)


def _read(text: str) -> bytes:
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
    return fields
