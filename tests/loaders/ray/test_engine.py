"""Materialize by Ray: the files of the local engine, also when a worker is killed."""

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import bitaug as ba
from bitaug._images.files import Broken
from bitaug.materialize import check, run
from tests import WATCHDOG
from tests.materialized import CROP, TRAIN, photos, rows, tree


@pytest.mark.parametrize(
    ("pipeline", "options"),
    [
        (TRAIN, {"format": "npy"}),
        (TRAIN, {"format": "npy", "shard_size": 3}),
        (TRAIN, {"format": "webdataset", "shard_size": 3}),
        (CROP, {"format": "png"}),
    ],
)
def test_the_same_files(tmp_path, pipeline, options):
    folder, seen = photos(tmp_path), []
    targets = {"masks": tmp_path / "masks", "boxes": tmp_path / "boxes.json"}
    for engine in "local", "ray":
        made = run(
            pipeline, folder, tmp_path / engine, seed=42, epochs=3, engine=engine,
            progress=lambda *counts: seen.append(counts), **targets, **options,
        )  # fmt: skip
        assert made == 21
    assert tree(tmp_path / "local") == tree(tmp_path / "ray")
    assert seen == 2 * [(done, 21) for done in range(22)]


def test_the_same_samples_in_parquet(tmp_path):
    folder = photos(tmp_path)
    for engine in "local", "ray":
        run(TRAIN, folder, tmp_path / engine, seed=42, format="parquet", engine=engine)
    assert rows(tmp_path / "local") == rows(tmp_path / "ray")


def descendants():
    """The processes that this one started, and those that they did, with their command lines."""
    parents, commands = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name, in brackets, may hold anything.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            commands[int(folder.name)] = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
    for process in parents:
        above = process
        while above in parents and above != os.getpid():
            above = parents[above]
        if above == os.getpid():
            yield process, commands[process]


def kill_a_worker(killed):
    """One that is at work on a unit."""
    end = time.monotonic() + WATCHDOG
    while not killed and time.monotonic() < end:
        for process, command in descendants():
            if b"ray::write_unit" in command:
                os.kill(process, signal.SIGKILL)
                killed.append(process)
                return


def test_a_killed_worker(tmp_path):
    """Its unit is made again; nothing else is."""
    folder, noise, killed = tmp_path / "photos", ba.GaussNoise(), []
    folder.mkdir()
    for i in range(48):
        np.save(folder / f"{i:02}.npy", np.full((700, 700, 3), 5 * i, np.uint8))
    run(noise, folder, tmp_path / "local", seed=42)
    killer = threading.Thread(target=kill_a_worker, args=(killed,))
    killer.start()
    run(noise, folder, tmp_path / "ray", seed=42, engine="ray")
    killer.join()
    assert killed
    assert tree(tmp_path / "local") == tree(tmp_path / "ray")


def test_an_error_is_that_of_the_local_engine(tmp_path):
    """With no word of Ray, and the run can be gone on with by the other engine."""
    folder = photos(tmp_path)
    whole = (folder / "pale.png").read_bytes()
    (folder / "pale.png").write_bytes(b"broken".ljust(len(whole)))
    for engine in "local", "ray":
        with pytest.raises(OSError, match=r"pale\.png: it cannot be read") as error:
            run(CROP, folder, tmp_path / "made", seed=1, epochs=2, engine=engine)
        assert type(error.value) is Broken
    (folder / "pale.png").write_bytes(whole)
    run(CROP, folder, tmp_path / "made", seed=1, epochs=2, engine="ray")
    assert check(tmp_path / "made") == []
