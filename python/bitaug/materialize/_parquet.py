"""Samples as rows of Parquet files, by PyArrow. Its version decides the bytes of the files; what
they hold is the same."""

import io
from pathlib import Path
from typing import Any, Self

from ._containers import Place, Reader, Row, Writer
from ._inputs import dump
from ._store import NewFile

_GROUP = 1 << 25  # bytes of images, about, that are held in memory


def pyarrow() -> Any:
    """The package."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ImportError("PyArrow is needed for Parquet: pip install bitaug[parquet]") from None
    return pyarrow


class _Sink(io.RawIOBase):
    """A new file as PyArrow wants one."""

    def __init__(self, file: NewFile) -> None:
        super().__init__()
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._file.write(bytes(data))

    def tell(self) -> int:
        return self._file.tell()


class ParquetWriter(Writer):
    """A file of rows: epoch-0000/shard-000000.parquet."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._path = f"{self.epoch}/shard-{self.shard}.parquet"
        self._rows: list[Row] = []
        self._held = self._added = 0
        self._parquet: Any = None

    def __enter__(self) -> Self:
        self._sink = _Sink(self.open(self._path))
        return self

    def add(self, row: Row, blobs: dict[str, bytes]) -> dict[str, Place]:
        texts = {name: dump(value) for name, value in row.items() if isinstance(value, dict)}
        arrays = {part: blob for part, blob in blobs.items() if part != "boxes"}
        boxes = {"boxes": blobs["boxes"].decode()} if "boxes" in blobs else {}
        self._rows.append({**row, **texts, **arrays, **boxes})
        self._held += sum(map(len, blobs.values()))
        place = {"path": self._path, "member": self._added}
        self._added += 1
        if self._held >= _GROUP or self._added == self.count:
            self._flush()
        return {part: dict(place) for part in blobs}

    def _flush(self) -> None:
        pa = pyarrow()
        table = pa.Table.from_pylist(self._rows)
        if self._parquet is None:
            self._parquet = self.enter_context(pa.parquet.ParquetWriter(self._sink, table.schema))
        self._parquet.write_table(table)
        self._rows, self._held = [], 0


class ParquetReader(Reader):
    def __init__(self, root: Path) -> None:
        super().__init__(root)
        # The one that was read last; samples are asked for in their order.
        self._group: tuple[Any, Any] = None, None

    def get(self, place: Place, part: str) -> bytes:
        file = self.opened(place["path"], self._load)
        group, row = 0, place["member"]
        while row >= file.metadata.row_group(group).num_rows:
            row -= file.metadata.row_group(group).num_rows
            group += 1
        if self._group[0] != (place["path"], group):
            self._group = (place["path"], group), file.read_row_group(group)
        value: bytes | str = self._group[1][part][row].as_py()
        return value.encode() if isinstance(value, str) else value

    def _load(self, path: Path) -> Any:
        return self.enter_context(pyarrow().parquet.ParquetFile(path))
