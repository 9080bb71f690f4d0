"""How the units of a job are made: alone, in threads, or by Ray."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from .._images.files import Broken
from ._encode import encode
from ._job import Job, Unit

T = TypeVar("T")
R = TypeVar("R")
Record = dict[str, Any]


def ordered(work: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """What `work` returns for each item, in their order, with few of them held at a time."""
    if threads == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        running: deque[Any] = deque()
        try:
            for item in items:
                running.append(pool.submit(work, item))
                if len(running) == 2 * threads:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def write_unit(
    job: Job,
    root: Path,
    number: int,
    threads: int,
    skip: bool,
    tick: Callable[[], None] = lambda: None,
) -> Record:
    """Makes and writes the samples of a unit; its record: files, and a row for each sample; those
    that are broken and skipped, too, if there are any."""
    unit = job.unit(number)
    ticks = 0

    def once() -> None:
        nonlocal ticks
        ticks += 1
        tick()

    try:
        return _written(job, root, unit, threads, once)
    except Broken:
        if not skip:
            raise
    # How many samples there are is written before them: what is broken has to be known.
    reasons = zip(unit.keys, ordered(job.inputs.broken, unit.keys, threads), strict=True)
    skipped = {key: reason for key, reason in reasons if reason is not None}
    before = ticks

    def again() -> None:
        nonlocal before
        before -= 1
        if before < 0:
            once()

    kept = unit._replace(keys=tuple(key for key in unit.keys if key not in skipped))
    record = _written(job, root, kept, threads, again)
    for _ in range(len(unit.keys) - ticks):
        tick()
    rows = [{"epoch": unit.epoch, "key": key, "reason": why} for key, why in skipped.items()]
    return record | {"skipped": rows}


def _written(job: Job, root: Path, unit: Unit, threads: int, tick: Callable[[], None]) -> Record:
    if not unit.keys:
        return {"unit": unit.number, "files": [], "rows": []}

    def made(key: str) -> tuple[Any, dict[str, bytes]]:
        row, parts = job.make(unit.epoch, key)
        try:
            return row, encode(parts, job.format.blobs)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None

    rows = []
    with job.format.writer(root, unit.epoch, unit.shard, len(unit.keys)) as writer:
        for row, blobs in ordered(made, unit.keys, threads):
            places = writer.add(row, blobs)
            for part, blob in blobs.items():
                places[part] |= {"size": len(blob), "sha256": hashlib.sha256(blob).hexdigest()}
            row |= {part: places[part] | row[part] for part in ("mask", "boxes") if part in places}
            rows.append(places["image"] | row)
            tick()
    files = [[file.path, file.size, file.sha256] for file in writer.files]
    return {"unit": unit.number, "files": files, "rows": rows}


def by_threads(
    job: Job, root: Path, units: list[int], threads: int, skip: bool, tick: Callable[[], None]
) -> Iterator[Record]:
    """Units side by side, and the samples of each where there are fewer units than threads."""
    outer = min(threads, len(units))
    inner = threads // outer
    return ordered(lambda number: write_unit(job, root, number, inner, skip, tick), units, outer)


def ray_package() -> Any:
    try:
        import ray
    except ImportError:
        raise ImportError("Ray is needed for engine='ray': pip install ray") from None
    return ray


def by_ray(job: Job, root: Path, units: list[int], skip: bool) -> Iterator[Record]:
    """Each unit is a task of a Ray cluster whose machines share the folders; a task whose worker
    dies is run again."""
    ray = ray_package()
    if not ray.is_initialized():
        ray.init()
    shared, task = ray.put(job), ray.remote(write_unit)
    ahead = 2 * max(1, int(ray.cluster_resources().get("CPU", 1)))
    running: deque[Any] = deque()
    try:
        for number in units:
            running.append(task.remote(shared, root, number, 1, skip))
            if len(running) == ahead:
                yield ray.get(running.popleft())
        while running:
            yield ray.get(running.popleft())
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        raise OSError(f"Ray: {error}; what is finished is kept: run the same again") from error
    finally:
        for waiting in running:
            ray.cancel(waiting, force=True)
