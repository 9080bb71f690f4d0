"""Recomputes what a folder holds and names each difference."""

import hashlib
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from .._images.files import as_path
from .._order.orders import Order
from .._pipeline.threads import thread_count
from .._values.digest import digest
from .._values.names import explained
from .._values.numbers import count, whole
from . import _job
from ._containers import Reader, Row
from ._encode import ENCODINGS
from ._inputs import dump
from ._job import Job
from ._run import MANIFEST, SUMS, Progress, read_sums, refuse_unfinished, skipped
from ._store import WORK, sha256
from ._work import ordered

At: TypeAlias = tuple[int, str]  # epoch and key


@explained
def check(
    output: str | Path,
    *,
    images: str | Path | None = None,
    masks: str | Path | None = None,
    boxes: str | Path | None = None,
    sample: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Proves that a folder which `run` has finished holds what its pipeline returns.

    Every sample is made again, from its image and the pipeline in `materialize.json`, and compared
    with the stored one, with its row in the manifest and with the file's SHA-256.

    Args:
        output: the folder.
        images, masks, boxes: where these are now, if not where they were.
        sample: check so many samples only, chosen at random by the job's seed, and read no other
            file; by default all.
        threads: so many, by default all cores.
        progress: called with the numbers of checked samples and of all that are to be.

    Returns:
        A line for each thing that is not as it was written: what it is, and how it differs.

    Raises:
        OSError, ValueError: if the folder was not finished, or its job cannot be read.
    """
    root = as_path(output, "output")
    for name, path in (("images", images), ("masks", masks), ("boxes", boxes)):
        if path is not None:
            as_path(path, name)
    refuse_unfinished(root)
    job = Job.load(root, {"images": images, "masks": masks, "boxes": boxes})
    threads = thread_count(threads, single=False)
    sums = read_sums(root)
    chosen = None if sample is None else _chosen(job, count(sample, "sample"))
    found = [*_files(root, sums, whole=chosen is None, threads=threads)]
    rows = _Rows(root)
    left_out = {(each.epoch, each.key) for each in skipped(root)}
    found += [*rows.damaged, *_keys(job, rows, left_out)]
    for key in dict.fromkeys(key for _, key in left_out if key in job.inputs.images):
        if job.inputs.broken(key) is None:
            found.append(f"{key}: it was skipped as it could not be read, and now it can be")
    wanted = [at for at in rows.places if at[1] in job.inputs.images and at[0] < job.epochs]
    if chosen is not None:
        wanted = [at for at in wanted if at in chosen]
    units = [list(unit) for _, unit in groupby(wanted, key=lambda at: rows.places[at][0])]
    done = 0
    for unit, differences in ordered(lambda unit: _unit(job, root, rows, unit), units, threads):
        found += differences
        done += unit
        if progress is not None:
            progress(done, len(wanted))
    return found


class _Rows:
    """The rows of a manifest: by epoch and key, the file that the image is in, and the place of
    the row. The rest stays on the disk."""

    def __init__(self, root: Path) -> None:
        self.path = root / MANIFEST
        self.places: dict[At, tuple[str, int]] = {}
        self.damaged: list[str] = []
        if not self.path.is_file():
            return
        place = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    row = json.loads(line)
                    at = whole(row["epoch"], "epoch", 0, 2**32 - 1), str(row["key"])
                    if at in self.places:
                        raise ValueError("there is one of the same sample above")
                    self.places[at] = str(row["path"]), place
                except (KeyError, TypeError, ValueError) as error:
                    self.damaged.append(f"{MANIFEST}: line {number} is not a row: {error}")
                place += len(line)

    def read(self, unit: list[At]) -> Iterator[Row]:
        with self.path.open("rb") as file:
            for at in unit:
                file.seek(self.places[at][1])
                row: Row = json.loads(file.readline())
                yield row


def _chosen(job: Job, size: int) -> set[At]:
    keys = list(job.inputs.images)
    order = Order(job.samples, seed=job.seed, stream="check")
    places = (divmod(index, len(keys)) for index in order[0, :size].tolist())
    return {(epoch, keys[place]) for epoch, place in places}


def _files(root: Path, sums: dict[str, str], whole: bool, threads: int) -> Iterator[str]:
    """What is missing, changed or extra among the files."""
    there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    for path in sorted({MANIFEST, _job.FILE} - sums.keys()):
        yield f"{path}: not in {SUMS}"
    for path in sorted(there - sums.keys() - {SUMS}):
        if not path.startswith(f"{WORK}/"):
            yield f"{path}: extra: no file of this run"
    hashed = [path for path in sums if path in there and (whole or path in (MANIFEST, _job.FILE))]
    hashes = ordered(lambda path: sha256(root / path), hashed, threads)
    found = dict(zip(hashed, hashes, strict=True))
    for path in sums:
        if path not in there:
            yield f"{path}: missing"
        elif path in found and found[path] != sums[path]:
            yield f"{path}: changed: its SHA-256 is not that in {SUMS}"


def _keys(job: Job, rows: _Rows, left_out: set[At]) -> Iterator[str]:
    for epoch, key in rows.places:
        if key not in job.inputs.images:
            yield f"{key}, epoch {epoch}: its image is missing"
        elif epoch >= job.epochs:
            yield f"{key}, epoch {epoch}: there are {job.epochs} epochs"
    for epoch in range(job.epochs):
        for key in job.inputs.images:
            if (epoch, key) not in rows.places and (epoch, key) not in left_out:
                yield f"{key}, epoch {epoch}: no row in {MANIFEST}: it was removed, or it is new"


def _unit(job: Job, root: Path, rows: _Rows, unit: list[At]) -> tuple[int, list[str]]:
    with job.format.reader(root) as reader:
        return len(unit), [
            f"{row['key']}, epoch {row['epoch']}: {difference}"
            for row in rows.read(unit)
            for difference in _sample(job, reader, row)
        ]


def _sample(job: Job, reader: Reader, row: Row) -> Iterator[str]:
    try:
        made, parts = job.make(row["epoch"], row["key"])
    except (OSError, TypeError, ValueError) as error:
        yield f"the source cannot be used: {error}"
        return
    made = json.loads(dump(made))
    for part, value in parts.items():
        wanted, stored = (made, row) if part == "image" else (made[part], row.get(part, {}))
        same_source = stored.get("source") == wanted["source"]
        if not same_source:
            yield f"the source of the {part} is not the one it was made from"
        fields = [
            name
            for name in wanted
            if name not in ("source", "mask", "boxes") and stored.get(name) != wanted[name]
        ]
        if fields and same_source:
            yield f"the row of the {part} in {MANIFEST} is changed: {', '.join(fields)}"
        try:
            data = reader.get(stored, part)
            if part == "boxes":
                same = data.decode() == value
            else:
                decode = ENCODINGS[job.format.blobs].decode
                same = digest(decode(data, wanted["shape"], wanted["dtype"])) == wanted["pixels"]
        except FileNotFoundError:
            continue  # it was named among the files
        # Decoders raise what they like at damaged bytes.
        except Exception as error:
            yield f"stored {part}: it cannot be read: {error}"
            continue
        sha = hashlib.sha256(data).hexdigest()
        if (len(data), sha) != (stored.get("size"), stored.get("sha256")):
            yield f"stored {part}: its SHA-256 is not that in its row"
        if same_source and not same:
            yield f"stored {part}: not what the pipeline returns"
