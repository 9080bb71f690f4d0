"""Where the bytes of samples go: files of their own, stacked arrays, or tar files."""

import contextlib
import json
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, Self

import numpy as np

from .._images.files import load_npy, opened
from ._encode import suffix
from ._inputs import dump
from ._store import NewFile

Row = dict[str, Any]
# of a part of a sample: the file's path, and where it is in the file if there are others
Place = dict[str, Any]


class Writer(contextlib.ExitStack):
    """Writes the samples of one unit, in their order; for `with`.

    Args:
        root: the folder.
        epoch, shard: of the unit.
        count: how many samples it has.
        encoding: of images and masks.

    Attributes:
        files: what was written.
    """

    def __init__(self, root: Path, epoch: int, shard: int, count: int, encoding: str) -> None:
        super().__init__()
        self.root, self.count, self.encoding = root, count, encoding
        self.epoch, self.shard = f"epoch-{epoch:04}", f"{shard:06}"
        self.files: list[NewFile] = []

    def open(self, path: str) -> NewFile:
        """A new file, whole when the unit is."""
        file = self.enter_context(NewFile(self.root, path))
        self.files.append(file)
        return file

    def add(self, row: Row, blobs: dict[str, bytes]) -> dict[str, Place]:
        """Writes a sample; the place of each of its parts."""
        raise NotImplementedError


class Reader(contextlib.ExitStack):
    """Reads samples, each shard's in their order; for `with`."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root
        self._opened: dict[str, Any] = {}

    def opened(self, path: str, load: Callable[[Path], Any]) -> Any:
        """What `load` returns for the file, which is asked once."""
        if path not in self._opened:
            self._opened[path] = load(self.file(path))
        return self._opened[path]

    def file(self, path: str) -> Path:
        """Where a file of the folder is.

        Raises:
            ValueError: if it is not within.
        """
        inner = PurePosixPath(path)
        if inner.is_absolute() or ".." in inner.parts:
            raise ValueError(f"{path}: not in the folder")
        found = self._root / inner
        # Whatever waits for a writer is no file.
        opened(found).close()
        return found

    def get(self, place: Place, part: str) -> bytes:
        """The bytes of a part of a sample."""
        raise NotImplementedError


FOLDERS = {"image": "images", "mask": "masks", "boxes": "boxes"}


class FileWriter(Writer):
    """A file for each part: epoch-0000/images/KEY.npy, epoch-0000/masks/KEY.npy ..."""

    def add(self, row: Row, blobs: dict[str, bytes]) -> dict[str, Place]:
        places = {}
        for part, blob in blobs.items():
            path = f"{self.epoch}/{FOLDERS[part]}/{row['key']}{suffix(part, self.encoding)}"
            with NewFile(self.root, path) as file:
                file.write(blob)
            self.files.append(file)
            places[part] = {"path": path}
        return places


class FileReader(Reader):
    def get(self, place: Place, part: str) -> bytes:
        return self.file(place["path"]).read_bytes()


class StackWriter(Writer):
    """An array for each part, in which a sample is a row: epoch-0000/images-000000.npy ..."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._kinds: dict[str, tuple[list[int], str]] = {}
        self._arrays: dict[str, NewFile] = {}
        self._boxes: list[bytes] = []
        self._added = 0

    def add(self, row: Row, blobs: dict[str, bytes]) -> dict[str, Place]:
        places = {}
        for part, blob in blobs.items():
            path = f"{self.epoch}/{FOLDERS[part]}-{self.shard}{suffix(part, 'npy')}"
            if part == "boxes":
                self._boxes.append(blob)
                if len(self._boxes) == self.count:
                    self.open(path).write(b"[" + b",\n".join(self._boxes) + b"]\n")
            else:
                entry = row if part == "image" else row[part]
                self._array(path, part, entry, row["key"]).write(blob)
            places[part] = {"path": path, "member": self._added}
        self._added += 1
        return places

    def _array(self, path: str, part: str, entry: Row, key: str) -> NewFile:
        kind = entry["shape"], entry["dtype"]
        first = self._kinds.setdefault(part, kind)
        if kind != first:
            shapes = [f"{' x '.join(map(str, shape))} {dtype}" for shape, dtype in (kind, first)]
            raise ValueError(
                f"{key}: {part}: {shapes[0]}, but the first is {shapes[1]}; arrays of "
                "several shapes are not stacked: leave the shard size out, or take webdataset"
            )
        if part not in self._arrays:
            head = BytesIO()
            shape, dtype = kind
            np.lib.format.write_array_header_1_0(
                head,
                {
                    "descr": np.dtype(dtype).newbyteorder("<").str,
                    "fortran_order": False,
                    "shape": (self.count, *shape),
                },
            )
            self._arrays[part] = self.open(path)
            self._arrays[part].write(head.getvalue())
        return self._arrays[part]


class StackReader(Reader):
    def get(self, place: Place, part: str) -> bytes:
        if part == "boxes":
            stored = self.opened(place["path"], lambda path: json.loads(path.read_bytes()))
            return dump(stored[place["member"]]).encode()
        stored = self.opened(place["path"], lambda path: load_npy(path, "r"))
        row: bytes = stored[place["member"]].tobytes()
        return row


class TarWriter(Writer):
    """A tar file as webdataset reads it: epoch-0000/shard-000000.tar. A sample's members differ
    after the first dot, so the dots of its key are escaped."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._path = f"{self.epoch}/shard-{self.shard}.tar"

    def __enter__(self) -> Self:
        file: Any = self.open(self._path)
        self._tar = self.enter_context(tarfile.open(None, "w", file, format=tarfile.PAX_FORMAT))
        return self

    def add(self, row: Row, blobs: dict[str, bytes]) -> dict[str, Place]:
        folder, slash, name = f"{self.epoch}/{row['key']}".rpartition("/")
        stem = folder + slash + name.replace("%", "%25").replace(".", "%2E")
        places = {}
        for part, blob in blobs.items():
            kind = "" if part == "image" else f".{part}"
            member = f"{stem}{kind}{suffix(part, self.encoding)}"
            places[part] = {"path": self._path, "member": member}
            self._member(member, blob)
        self._member(f"{stem}.json", dump(row).encode())
        return places

    def _member(self, name: str, data: bytes) -> None:
        # Its other fields are fixed: no owner, no time.
        info = tarfile.TarInfo(name)
        info.size = len(data)
        self._tar.addfile(info, BytesIO(data))


class TarReader(Reader):
    def get(self, place: Place, part: str) -> bytes:
        tar = self.opened(place["path"], self._load)
        data: bytes = tar.extractfile(place["member"]).read()
        return data

    def _load(self, path: Path) -> tarfile.TarFile:
        return self.enter_context(tarfile.open(path, "r:"))
