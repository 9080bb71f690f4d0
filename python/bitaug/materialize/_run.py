"""A run: begins a folder or goes on with it, and finishes it."""

import contextlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .._images.files import Broken, as_path
from .._pipeline.threads import thread_count
from .._pipeline.transform import Transform
from .._values.fields import flag
from .._values.names import explained
from .._values.plain import shown
from ..ops.containers import with_white
from . import _job, _work
from ._encode import encode
from ._format import Format
from ._inputs import Inputs, dump
from ._job import Job
from ._store import (
    WORK,
    Journal,
    NewFile,
    drop_partial,
    drop_work,
    make_folder,
    sha256,
    size,
    sync_folder,
)

MANIFEST, SKIPPED, SUMS = "manifest.jsonl", "skipped.jsonl", "SHA256SUMS"
Progress = Callable[[int, int], None]


class Skipped(NamedTuple):
    """A sample that a run has left out.

    Attributes:
        epoch, key: which one it is.
        reason: why its image, or mask, could not be read.
    """

    epoch: int
    key: str
    reason: str


def refuse_unfinished(root: Path) -> None:
    if not root.is_dir():
        raise NotADirectoryError(f"{root}: not a folder")
    if not (root / SUMS).is_file():
        raise ValueError(f"{root}: there is no {SUMS}: it was not finished; run the same again")


@explained
def skipped(output: str | Path) -> list[Skipped]:
    """The samples that `run` with `skip_broken` has left out of a finished folder."""
    root = as_path(output, "output")
    refuse_unfinished(root)
    file = root / SKIPPED
    if not file.is_file():
        return []
    try:
        return [Skipped(**json.loads(line)) for line in file.read_bytes().splitlines()]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{file}: changed: {error}") from None


@explained
def run(
    pipeline: Transform,
    images: str | Path,
    output: str | Path,
    *,
    seed: int,
    epochs: int = 1,
    stream: str = "train",
    format: str = "npy",
    encoding: str | None = None,
    shard_size: int | None = None,
    masks: str | Path | None = None,
    boxes: str | Path | None = None,
    layout: str | None = None,
    white: float | None = None,
    skip_broken: bool = False,
    engine: str = "local",
    threads: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Writes what a pipeline makes of a folder of images, to be read instead of computed.

    Each sample is what the pipeline returns when called with the image, the seed, the stream, the
    epoch, and its relative path as `index`. A run that was ended, however, goes on where it
    stopped when it is called again with the same arguments; the finished folder is the same.

    Args:
        pipeline: any bitaug transform.
        images: the folder.
        output: a folder, new or empty, or of an earlier run; not within `images`.
        seed: 0 to 2^64-1.
        epochs: how many; they are 0, 1, ...
        stream: names an independent source of randomness, such as "train" or "val".
        format: `npy`, `png`, `webdataset` (tar files) or `parquet`.
        encoding: how webdataset and parquet hold images and masks, `npy` (default) or `png`.
        shard_size: so many samples in a file; of `npy`, as rows of one array. By default 1000 for
            webdataset and parquet, and a file for each of npy and png.
        masks: a folder with a mask for each image, of the same relative path; that of cat/a.jpg
            may also be cat/a.png or cat/a.jpg.png.
        boxes: a JSON file, `{"cat/a.png": {"bboxes": [[...]], "labels": [...]}}`, as the
            pipeline's `bbox_params` says.
        layout: HW, HWC or CHW, of images in .npy files, where their axes could be misread.
        white: the value that stands for white in uint16 and float32 images, as for Compose.
        skip_broken: leave out images that cannot be read, or whose masks cannot, and write them
            to `skipped.jsonl`, which `skipped` reads. A run that has failed at one goes on with
            it; without it one that has skipped some does not.
        engine: `local`, or `ray` for tasks of a Ray cluster; it changes no byte.
        threads: so many, by default all cores; changes no byte.
        progress: called with the numbers of finished and of all samples, from any thread.

    Returns:
        How many samples were made, without those that an earlier run had finished.

    Raises:
        OSError: naming a file that could not be read or written, or a link where it would write;
            what is finished is kept.
        TypeError, ValueError: naming the argument or image, the value and what is allowed; also if
            the output is another job's.

    Examples:
        >>> import bitaug as ba, bitaug.materialize, numpy as np, pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> (folder / "photos").mkdir()
        >>> photo = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
        >>> np.save(folder / "photos" / "a.npy", photo)
        >>> crop = ba.RandomCrop(height=8, width=8)
        >>> ba.materialize.run(crop, folder / "photos", folder / "made", seed=42, epochs=3)
        3
        >>> stored = np.load(folder / "made" / "epoch-0002" / "images" / "a.npy.npy")
        >>> bool((stored == crop(photo, seed=42, epoch=2, index="a.npy")).all())
        True
        >>> ba.materialize.check(folder / "made")
        []
    """
    if engine not in ("local", "ray"):
        raise ValueError(f"engine={shown(engine)}: local or ray")
    if engine == "ray":
        _work.ray_package()
    count, skip = thread_count(threads, single=False), flag(skip_broken, "skip_broken")
    paths = {"images": images, "masks": masks, "boxes": boxes}
    for name, path in (*paths.items(), ("output", output)):
        if path is not None or name in ("images", "output"):
            as_path(path, name)
    if progress is not None and not callable(progress):
        raise TypeError(f"progress={shown(progress)}: a function is needed")
    job = Job(
        with_white(pipeline, white),
        Inputs.find(images, masks, boxes, layout),
        seed,
        stream,
        epochs,
        Format(format, encoding, shard_size),
    )
    if skip and job.pipeline._pipeline.mixes():
        raise ValueError(
            "skip_broken=True: the pipeline mixes samples, and what cannot be read would be "
            "missing in others too: mend or remove it, as a run without skip_broken names it"
        )
    root = Path(output).absolute()
    _apart(root, paths)
    if not (root / _job.FILE).exists():
        _possible(root, job, skip)
    root.mkdir(parents=True, exist_ok=True)
    with _alone(root):
        _begin(root, job, paths)
        if _is_finished(root, job.samples):
            left_out = skipped(root)
            if left_out and not skip:
                raise ValueError(
                    f"{root}: it was finished without {len(left_out)} samples that could not be "
                    f"read, the first {left_out[0].key}: {left_out[0].reason}; skip_broken=True "
                    "takes it as it is"
                )
            drop_work(root)
            return 0
        (root / SUMS).unlink(missing_ok=True)
        drop_partial(root)
        with contextlib.closing(Journal(root)) as journal:
            units = [n for n in range(job.units) if not _is_kept(root, journal, n, skip)]
            left = sum(len(job.unit(n).keys) for n in units)
            tick = _counter(progress, job.samples - left, job.samples)
            for record in _records(engine, job, root, units, count, skip, tick):
                left -= len(record.get("skipped", ()))
                journal.append(record)
            _finish(root, job, journal)
        drop_work(root)
    return left


def _records(
    engine: str,
    job: Job,
    root: Path,
    units: list[int],
    threads: int,
    skip: bool,
    tick: Callable[[], None],
) -> Iterator[_work.Record]:
    if not units:
        return
    if engine == "local":
        yield from _work.by_threads(job, root, units, threads, skip, tick)
        return
    for record in _work.by_ray(job, root, units, skip):
        for _ in [*record["rows"], *record.get("skipped", ())]:
            tick()
        yield record


def _counter(progress: Progress | None, done: int, total: int) -> Callable[[], None]:
    if progress is None:
        return lambda: None
    lock = threading.Lock()

    def tick() -> None:
        nonlocal done
        with lock:
            done += 1
            progress(done, total)

    progress(done, total)
    return tick


def _apart(root: Path, paths: dict[str, Any]) -> None:
    for name in ("images", "masks"):
        folder = paths[name]
        if folder is not None and root.resolve().is_relative_to(Path(folder).resolve()):
            raise ValueError(f"output={os.fspath(root)!r}: it lies in the folder of the {name}")


def _possible(root: Path, job: Job, skip: bool) -> None:
    """Refuses what cannot be begun, before anything is written."""
    if root.exists() and any(path.name != WORK for path in root.iterdir()):
        raise ValueError(f"output={os.fspath(root)!r}: not empty, and no {_job.FILE} in it")
    for key in job.inputs.images:
        try:
            made = job.make(0, key)[1]
        except Broken:
            if not skip:
                raise
            continue
        # Can the format hold what comes out?
        encode(made, job.format.blobs)
        return
    raise ValueError(f"images: none of {len(job.inputs.images)} can be read")


def _begin(root: Path, job: Job, paths: dict[str, Any]) -> None:
    """Writes the job, or compares it with the one that is there."""
    if (root / _job.FILE).exists():
        different = ", ".join(_job.differences(_job.read(root), job))
        if different:
            raise ValueError(
                f"{root}: it was begun with {different}; give the same, or another output"
            )
        make_folder(root, WORK)
        return
    make_folder(root, WORK)
    _refuse_same(root, job)
    with NewFile(root, _job.FILE) as file:
        file.write(job.document(root, paths).encode())


def _refuse_same(root: Path, job: Job) -> None:
    """Refuses names that are one where the system does not tell capitals from small letters."""
    if not (root / WORK.upper()).exists():
        return
    seen: dict[str, str] = {}
    for key in job.inputs.images:
        if seen.setdefault(key.casefold(), key) != key:
            raise ValueError(
                f"{key}: {seen[key.casefold()]} would have the same name in {root}, which does not "
                "tell capitals from small letters; rename it"
            )


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Keeps a second run out, where the system can; a run that is killed lets go."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"{root}: another run is writing here") from None
        yield
    finally:
        os.close(handle)


def _is_finished(root: Path, samples: int) -> bool:
    """Whether all files are there, and as large as the manifest says; `check` looks into them."""
    if size(root, SUMS) is None or size(root, MANIFEST) is None:
        return False
    if any(size(root, path) is None for path in read_sums(root)):
        return False
    # Of files of several samples it is known what they hold at least, if it is not compressed.
    least: dict[str, int] = {}
    rows = len(skipped(root))
    with (root / MANIFEST).open("rb") as manifest:
        try:
            for row in map(json.loads, manifest):
                rows += 1
                for part in (row, *(row[name] for name in ("mask", "boxes") if name in row)):
                    if "member" not in part and size(root, part["path"]) != part["size"]:
                        return False
                    least[part["path"]] = least.get(part["path"], 0) + part["size"]
        except (KeyError, TypeError, ValueError):
            return False
    if rows != samples:
        return False
    packed = [path for path in least if not path.endswith(".parquet")]
    return all((size(root, path) or 0) >= least[path] for path in packed)


def _is_kept(root: Path, journal: Journal, unit: int, skip: bool) -> bool:
    if unit not in journal:
        return False
    record = journal[unit]
    if "skipped" in record and not skip:
        return False
    return all(size(root, path) == wanted for path, wanted, _ in record["files"])


def _finish(root: Path, job: Job, journal: Journal) -> None:
    with NewFile(root, MANIFEST) as manifest:
        for unit in range(job.units):
            for row in journal[unit]["rows"]:
                manifest.write(dump(row).encode() + b"\n")
    made = [manifest]
    left_out = [row for unit in range(job.units) for row in journal[unit].get("skipped", ())]
    (root / SKIPPED).unlink(missing_ok=True)
    if left_out:
        with NewFile(root, SKIPPED) as file:
            for row in left_out:
                file.write(dump(row).encode() + b"\n")
        made.append(file)
    for folder, _, _ in os.walk(root):
        sync_folder(Path(folder))
    # The last: where it is, all is.
    with NewFile(root, SUMS) as sums:
        for unit in range(job.units):
            for path, _, found in journal[unit]["files"]:
                sums.write(_sum_line(path, found))
        for file in made:
            sums.write(_sum_line(file.path, file.sha256))
        sums.write(_sum_line(_job.FILE, sha256(root / _job.FILE)))
    sync_folder(root)


_ESCAPES = {"\\": r"\\", "\n": r"\n", "\r": r"\r"}
_LETTERS = {escape: letter for letter, escape in _ESCAPES.items()}


def _sum_line(path: str, found: str) -> bytes:
    """As sha256sum writes it: a line that begins with a backslash has escapes in its name."""
    escaped = "".join(_ESCAPES.get(letter, letter) for letter in path)
    mark = "" if escaped == path else "\\"
    return f"{mark}{found}  {escaped}\n".encode()


def read_sums(root: Path) -> dict[str, str]:
    """The SHA-256 of each file of a finished folder.

    Raises:
        ValueError: naming a line that is not one.
    """
    sums = {}
    for number, line in enumerate((root / SUMS).read_bytes().decode().split("\n")[:-1], 1):
        match = re.fullmatch(r"(\\?)([0-9a-f]{64})  (.+)", line, re.DOTALL)
        if not match:
            raise ValueError(f"{root / SUMS}: line {number} is not a sum and a name")
        mark, found, path = match.groups()
        if mark:
            path = re.sub(r"\\.", lambda escape: _LETTERS[escape[0]], path)
        sums[path] = found
    return sums
