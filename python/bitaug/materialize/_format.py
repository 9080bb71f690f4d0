"""The formats of outputs, by their names."""

from pathlib import Path
from typing import Any, ClassVar

from .._values.numbers import count
from . import _parquet
from ._containers import (
    FileReader,
    FileWriter,
    Reader,
    StackReader,
    StackWriter,
    TarReader,
    TarWriter,
    Writer,
)

_KINDS: dict[str, tuple[type[Writer], type[Reader]]] = {
    "file": (FileWriter, FileReader),
    "stack": (StackWriter, StackReader),
    "webdataset": (TarWriter, TarReader),
    "parquet": (_parquet.ParquetWriter, _parquet.ParquetReader),
}


class Format:
    """How samples are stored.

    Args:
        name: npy, png, webdataset or parquet.
        encoding: of images and masks within shards, npy or png.
        shard_size: how many samples share a file; None for the format's own, which is 1000 or, of
            npy and png, a file for each.

    Attributes:
        blobs: the encoding of images and masks as they are handed to the writer.
        reader: the reader's class.
    """

    ENCODINGS: ClassVar = {
        "npy": ("npy",),
        "png": ("png",),
        "webdataset": ("npy", "png"),
        "parquet": ("npy", "png"),
    }

    def __init__(
        self, name: str, encoding: str | None = None, shard_size: int | None = None
    ) -> None:
        if name not in self.ENCODINGS:
            raise ValueError(f"format={name!r}: {', '.join(self.ENCODINGS)}")
        allowed = self.ENCODINGS[name]
        if encoding is not None and encoding not in allowed:
            raise ValueError(f"encoding={encoding!r}: {' or '.join(allowed)} with format={name!r}")
        if shard_size is not None:
            shard_size = count(shard_size, "shard_size")
            if name == "png":
                raise ValueError(
                    f"shard_size={shard_size}: each PNG is a file of its own; "
                    "format='webdataset' with encoding='png' has many in one"
                )
        together = name in ("webdataset", "parquet")
        self.name, self.encoding = name, encoding or allowed[0]
        self.shard_size = shard_size or (1000 if together else None)
        kind = name if together else "stack" if shard_size else "file"
        # A stacked array has one header, its rows have none.
        self.blobs = "raw" if kind == "stack" else self.encoding
        self._writer, self.reader = _KINDS[kind]
        if kind == "parquet":
            _parquet.pyarrow()

    def fields(self) -> dict[str, Any]:
        """What a new one of its kind is made of."""
        return {"format": self.name, "encoding": self.encoding, "shard_size": self.shard_size}

    def writer(self, root: Path, epoch: int, shard: int, count: int) -> Writer:
        """For the samples of one unit."""
        return self._writer(root, epoch, shard, count, self.blobs)
