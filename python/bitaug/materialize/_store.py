"""Files that are there whole or not at all, and the record of what was finished.

A file is written under another name, brought to the disk, and then renamed. Its row is recorded
after that; where a run ends in between, the next one finds a file without a row, makes it again
and keeps what is there if it is equal.

The folder that is given may be a link. In it no link is followed: one in the place of a file is
replaced, one in the place of a folder is refused, so that nothing is written or removed elsewhere.
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import stat
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self

from ._inputs import dump

WORK = ".materialize"
_JOURNAL = f"{WORK}/journal"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Says which file did not fit, and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise OSError(
            error.errno,
            f"{error.strerror}; what is finished is kept: make room and run the same again",
            os.fspath(path),
        ) from None


def sync_folder(folder: Path) -> None:
    """Brings the names in a folder to the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with explained(folder):
            os.fsync(handle)
    finally:
        os.close(handle)


def size(root: Path, path: str) -> int | None:
    """The bytes of a file that lies in the folder, and not behind a link; None if none does."""
    inner = PurePosixPath(path)
    if inner.is_absolute() or ".." in inner.parts:
        return None
    try:
        if any(not stat.S_ISDIR(_mode(root / above)) for above in [*inner.parents][:-1]):
            return None
        found = (root / inner).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _mode(path: Path) -> int:
    return path.lstat().st_mode


def make_folder(root: Path, path: str) -> None:
    """Makes a folder in the folder, and those that lead to it.

    Raises:
        OSError: naming a link, or whatever else is in the place of one.
    """
    for inner in [*reversed(PurePosixPath(path).parents), PurePosixPath(path)][1:]:
        folder = root / inner
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
        if not stat.S_ISDIR(_mode(folder)):
            what = "a link" if folder.is_symlink() else "no folder"
            raise OSError(f"{folder}: {what}; a folder is written there: remove it")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class NewFile:
    """A file that gets its name when all of it is on the disk; for `with`.

    Attributes:
        path: relative to the folder, with `/`.
        size, sha256: of what was written, once it is closed.
    """

    def __init__(self, root: Path, path: str) -> None:
        self.path = path
        self.size = 0
        self._root = root
        self._final = root / path
        self._temporary = root / WORK / uuid.uuid4().hex
        self._hash = hashlib.sha256()

    def __enter__(self) -> Self:
        with explained(self._final):
            self._file = self._temporary.open("xb")
        return self

    def write(self, data: bytes) -> int:
        with explained(self._final):
            self._file.write(data)
        self._hash.update(data)
        self.size += len(data)
        return len(data)

    def tell(self) -> int:
        return self.size

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.sha256 = self._hash.hexdigest()
        try:
            with explained(self._final):
                if kind is None:
                    self._file.flush()
                    os.fsync(self._file.fileno())
                # A full disk may be noticed as late as this.
                self._file.close()
                if kind is None and not self._is_there():
                    make_folder(self._root, str(PurePosixPath(self.path).parent))
                    self._temporary.replace(self._final)
        finally:
            with contextlib.suppress(OSError):
                self._file.close()
            self._temporary.unlink(missing_ok=True)

    def _is_there(self) -> bool:
        there = size(self._root, self.path) == self.size
        return there and sha256(self._final) == self.sha256


class Journal:
    """The records of finished units; each is a line with its checksum, so that a half line is
    known for one. Only where each begins is kept in memory."""

    def __init__(self, root: Path) -> None:
        self._path = root / _JOURNAL
        self._file = self._path.open("a+b")
        self._places: dict[int, int] = {}
        self._file.seek(0)
        end = 0
        for line in self._file:
            record = self._parse(line)
            if record is None:
                break
            self._places[record["unit"]] = end
            end += len(line)
        self._file.truncate(end)

    @staticmethod
    def _parse(line: bytes) -> dict[str, Any] | None:
        checksum, _, text = line.partition(b" ")
        if not line.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(text):
            return None
        record: dict[str, Any] = json.loads(text)
        return record

    def append(self, record: dict[str, Any]) -> None:
        text = dump(record).encode() + b"\n"
        with explained(self._path):
            self._file.seek(0, os.SEEK_END)
            place = self._file.tell()
            self._file.write(b"%08x " % zlib.crc32(text) + text)
            self._file.flush()
            os.fsync(self._file.fileno())
        self._places[record["unit"]] = place

    def __contains__(self, unit: int) -> bool:
        return unit in self._places

    def __getitem__(self, unit: int) -> dict[str, Any]:
        self._file.seek(self._places[unit])
        record = self._parse(self._file.readline())
        if record is None:
            raise OSError(f"{self._path}: changed while it was in use")
        return record

    def close(self) -> None:
        # What could not be written is no longer wanted.
        with contextlib.suppress(OSError):
            self._file.close()


def drop_partial(root: Path) -> None:
    """Removes what earlier runs left unfinished, and what is no journal."""
    for path in (root / WORK).glob("*"):
        if path != root / _JOURNAL or size(root, _JOURNAL) is None:
            path.unlink(missing_ok=True)


def drop_work(root: Path) -> None:
    if (root / WORK).exists():
        shutil.rmtree(root / WORK)
